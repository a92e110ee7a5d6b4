//! Format strings filled with the values of a segment, and conditions evaluated on them.

use super::condition::{Condition, ORDERS, Test};
use super::format::{Format, Part};
use super::{Role, Span, Value};

impl Format {
    /// Fills the format string. `append` adds the spans of a name, in at most the given columns, and returns `false`
    /// for a name without a value. `None` if a name outside of brackets has no value, or everything in brackets is
    /// absent and there is nothing else.
    pub fn fill(
        &self, literal: Role, mut append: impl FnMut(&str, Option<usize>, &mut Vec<Span>) -> bool,
    ) -> Option<Vec<Span>> {
        let mut spans = Vec::with_capacity(6);
        let has_value = fill(&self.parts, literal, &mut append, &mut spans)?;
        let has_brackets = || self.parts.iter().any(|part| matches!(part, Part::Optional(_)));
        (has_value || !has_brackets()).then(|| trimmed(spans))
    }
}

/// Adds the spans of parts, and returns `true` if a name in them has a value. `None` if one has none.
fn fill(
    parts: &[Part], literal: Role, append: &mut impl FnMut(&str, Option<usize>, &mut Vec<Span>) -> bool,
    spans: &mut Vec<Span>,
) -> Option<bool> {
    let mut has_value = false;
    for part in parts {
        match part {
            Part::Literal(text) => spans.push(Span { text: text.clone(), ..Span::fixed(literal, "") }),
            Part::Field(name, columns) => {
                has_value = append(name, *columns, spans);
                if !has_value {
                    return None;
                }
            }
            Part::Optional(parts) => {
                let before = spans.len();
                match fill(parts, literal, append, spans) {
                    Some(true) => has_value = true,
                    _ => spans.truncate(before),
                }
            }
        }
    }
    Some(has_value)
}

/// Without the spaces at either end, which were next to something absent.
fn trimmed(mut spans: Vec<Span>) -> Vec<Span> {
    while spans.last().is_some_and(Span::is_blank) {
        spans.pop();
    }
    let blank = spans.iter().take_while(|span| span.is_blank()).count();
    spans.drain(..blank);
    if let Some(first) = spans.first_mut() {
        first.text.trim_start();
    }
    if let Some(last) = spans.last_mut() {
        last.text.trim_end();
    }
    spans
}

impl Condition {
    /// Evaluates the condition. An unknown value is neither more nor less than anything.
    pub fn holds(&self, value: impl FnOnce(&str) -> Option<Value>) -> bool {
        let value = value(&self.field);
        let number = value.as_ref().and_then(|value| value.number);
        let equals = |text: &str| match (number, text.parse::<f64>()) {
            (Some(number), Ok(wanted)) => number == wanted,
            _ => value.as_ref().is_some_and(|value| value.as_text() == text),
        };
        match &self.test {
            Test::Present => value.is_some(),
            Test::Absent => value.is_none(),
            Test::Equal(text) => equals(text),
            Test::Unequal(text) => !equals(text),
            Test::Ordered(order, bound) => number.is_some_and(|number| ORDERS[*order].1(&number, bound)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn filled(format: &str) -> Option<String> {
        let append = |name: &str, columns: Option<usize>, spans: &mut Vec<Span>| {
            let text = match name {
                "a" => "A".to_owned(),
                "long" => "abcdef".chars().take(columns.unwrap_or(6)).collect(),
                _ => return false,
            };
            spans.push(Span::new(Role::Model, text));
            true
        };
        let spans = Format::parse(format).unwrap().fill(Role::Label, append)?;
        Some(spans.iter().map(|span| span.text.as_str()).collect())
    }

    #[test]
    fn formats() {
        let check = |format: &str, expected: Option<&str>| {
            assert_eq!(filled(format).as_deref(), expected, "{format}");
        };
        check("{a}", Some("A"));
        check("x {a} y", Some("x A y"));
        check("{long:3}{a}", Some("abcA"));
        check("{none}", None);
        check("{a} {none}", None);
        check("{a}[ {none}]", Some("A"));
        check("[{none} ]{a}", Some("A"));
        check("[x {none} ][y {a}]", Some("y A"));
        check("[x {none}][ y {a}]", Some("y A"));
        check("[{a}[ {none}]]", Some("A"));
        check("[{none}[ {a}]]", None);
        check("[{none}]", None);
        check("words", Some("words"));
        check("words[ {none}]", None);
        check(r"\{a\} \[{a}\] \\", Some(r"{a} [A] \"));
        check("日本 {a}", Some("日本 A"));
        check("", Some(""));
    }

    #[test]
    fn literals_and_values_have_their_own_roles() {
        let append = |_: &str, _, spans: &mut Vec<Span>| {
            spans.push(Span::fixed(Role::Cost, "v"));
            true
        };
        let spans = Format::parse("n {a}").unwrap().fill(Role::Label, append).unwrap();
        assert_eq!(spans.iter().map(|span| span.role).collect::<Vec<_>>(), [Role::Label, Role::Cost]);
    }

    proptest! {
        #[test]
        fn any_text_is_read_and_what_is_a_format_can_be_filled(text in "[a-c{}\\[\\]:0-9 \\\\é]{0,24}") {
            if Format::parse(&text).is_ok() {
                _ = filled(&text);
            }
        }
    }

    #[test]
    fn conditions() {
        let used = || Some(Value::number(45.0, "45%"));
        let branch = || Some(Value::fixed("main"));
        let check = |text: &str, value: Option<Value>, expected: Option<bool>| {
            let condition = Condition::parse(text);
            assert_eq!(condition.map(|condition| condition.holds(|_| value)), expected, "{text}");
        };
        check("used < 50", used(), Some(true));
        check("used<45", used(), Some(false));
        check("used <= 45", used(), Some(true));
        check("used > 45.5", used(), Some(false));
        check("used >= 45", used(), Some(true));
        check("used = 45", used(), Some(true));
        check("used != 45", used(), Some(false));
        check("branch = main", branch(), Some(true));
        check("branch != main", branch(), Some(false));
        check("branch < 5", branch(), Some(false));
        check("used < 50", None, Some(false));
        check("used", used(), Some(true));
        check("!used", used(), Some(false));
        check("!used", None, Some(true));
        check("used != 45", None, Some(true));
        check("used < many", used(), None);
        check("", None, None);
        check("a b", None, None);
        check("= 5", None, None);
        check("!=5", None, None);
    }
}
