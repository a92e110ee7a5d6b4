//! Format strings: `"{bar:10} {used} used[ of {size}]"`. A name in braces is replaced by the value of
//! that field; `:n` gives it at most `n` columns. A part in brackets is left out unless every name in it
//! has a value; without one outside of brackets there is no segment. A backslash takes the next character
//! as it is.

use super::{Role, Span};

/// A part of a format string.
#[derive(Debug, PartialEq)]
enum Token<'a> {
    Literal(&'a str),
    Field { name: &'a str, columns: Option<usize> },
    Open,
    Close,
}

/// Fills a format string. `append` adds the spans of a name, in at most so many columns, and returns
/// `false` for a name without a value. `None` when a name outside of brackets has no value, or when
/// everything in brackets is absent and there is nothing else.
pub fn fill(
    format: &str,
    literal: Role,
    mut append: impl FnMut(&str, Option<usize>, &mut Vec<Span>) -> bool,
) -> Option<Vec<Span>> {
    let mut spans: Vec<Span> = Vec::with_capacity(6);
    // The whole, then one entry per open bracket.
    let mut open = vec![Part::default()];
    for token in Tokens(format) {
        let part = open.last_mut().expect("the whole is a part");
        match token.expect("formats are checked when they are read") {
            Token::Literal(_) | Token::Field { .. } if part.absent => {}
            Token::Literal(text) => spans.push(Span::new(literal, text)),
            Token::Field { name, columns } => match append(name, columns, &mut spans) {
                true => part.present = true,
                false => part.absent = true,
            },
            Token::Open => open.push(Part { from: spans.len(), ..Part::default() }),
            Token::Close => {
                let part = open.pop().expect("checked");
                let around = open.last_mut().expect("checked");
                around.optional = true;
                match part.present && !part.absent {
                    true => around.present = true,
                    false => spans.truncate(part.from),
                }
            }
        }
    }
    let whole = open.pop().expect("the whole is a part");
    let says_something = whole.present || !whole.optional;
    (says_something && !whole.absent).then(|| trimmed(spans))
}

/// State of a part in brackets, or of the whole.
#[derive(Default)]
struct Part {
    /// Index of its first span.
    from: usize,
    /// A name in it has a value.
    present: bool,
    /// A name in it has none.
    absent: bool,
    /// There are brackets in it.
    optional: bool,
}

/// Without the spaces at either end, which stood next to something absent.
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

/// Checks a format string.
///
/// # Errors
/// The first mistake: a name for which `is_field` is false, or unmatched braces or brackets.
pub fn check(format: &str, is_field: impl Fn(&str) -> bool) -> Result<(), Mistake> {
    let mut depth = 0usize;
    for token in Tokens(format) {
        match token? {
            Token::Field { name, .. } if !is_field(name) => {
                return Err(Mistake::Unknown(name.to_owned()));
            }
            Token::Open => depth += 1,
            Token::Close => depth = depth.checked_sub(1).ok_or(Mistake::Unmatched(']'))?,
            Token::Literal(_) | Token::Field { .. } => {}
        }
    }
    if depth > 0 { Err(Mistake::Unmatched('[')) } else { Ok(()) }
}

/// The names that a format string uses.
pub fn fields(format: &str) -> impl Iterator<Item = &str> {
    Tokens(format).filter_map(|token| match token {
        Ok(Token::Field { name, .. }) => Some(name),
        _ => None,
    })
}

/// A mistake in a format string.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mistake {
    /// The segment has no field of this name.
    Unknown(String),
    /// A brace or bracket without its other half.
    Unmatched(char),
    /// The text after the colon is not a number of columns.
    Columns(String),
}

struct Tokens<'a>(&'a str);

impl<'a> Iterator for Tokens<'a> {
    type Item = Result<Token<'a>, Mistake>;

    fn next(&mut self) -> Option<Self::Item> {
        let rest = self.0;
        let first = rest.chars().next()?;
        let (token, length) = match first {
            '[' => (Ok(Token::Open), 1),
            ']' => (Ok(Token::Close), 1),
            '{' => match rest.bytes().position(|byte| byte == b'}') {
                Some(end) => (field(&rest[1..end]), end + 1),
                None => (Err(Mistake::Unmatched('{')), rest.len()),
            },
            '}' => (Err(Mistake::Unmatched('}')), rest.len()),
            '\\' => {
                let length = rest[1..].chars().next().map_or(0, char::len_utf8);
                (Ok(Token::Literal(&rest[1..=length])), 1 + length)
            }
            _ => {
                let is_special = |byte| matches!(byte, b'{' | b'}' | b'[' | b']' | b'\\');
                let end = rest.bytes().position(is_special).unwrap_or(rest.len());
                (Ok(Token::Literal(&rest[..end])), end)
            }
        };
        self.0 = &rest[length..];
        Some(token)
    }
}

fn field(inside: &str) -> Result<Token<'_>, Mistake> {
    let Some((name, columns)) = inside.split_once(':') else {
        return Ok(Token::Field { name: inside, columns: None });
    };
    match columns.parse() {
        Ok(columns @ 1..=400) => Ok(Token::Field { name, columns: Some(columns) }),
        _ => Err(Mistake::Columns(columns.to_owned())),
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
        let spans = fill(format, Role::Label, append)?;
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
    fn mistakes() {
        let check = |format: &str, expected: Result<(), Mistake>| {
            assert_eq!(super::check(format, |name| ["a", "b"].contains(&name)), expected, "{format}");
        };
        check("{a}[ {b:12}]", Ok(()));
        check(r"\{x\}", Ok(()));
        check("{x}", Err(Mistake::Unknown("x".to_owned())));
        check("{}", Err(Mistake::Unknown(String::new())));
        check("{a", Err(Mistake::Unmatched('{')));
        check("a}", Err(Mistake::Unmatched('}')));
        check("[{a}", Err(Mistake::Unmatched('[')));
        check("{a}]", Err(Mistake::Unmatched(']')));
        check("{a:b}", Err(Mistake::Columns("b".to_owned())));
        check("{a:0}", Err(Mistake::Columns("0".to_owned())));
    }

    #[test]
    fn literals_and_values_have_their_own_roles() {
        let append = |_: &str, _, spans: &mut Vec<Span>| {
            spans.push(Span::fixed(Role::Cost, "v"));
            true
        };
        let spans = fill("n {a}", Role::Label, append).unwrap();
        assert_eq!(spans.iter().map(|span| span.role).collect::<Vec<_>>(), [Role::Label, Role::Cost]);
    }

    proptest! {
        #[test]
        fn any_text_is_checked_and_what_passes_can_be_filled(format in "[a-c{}\\[\\]:0-9 \\\\é]{0,24}") {
            if super::check(&format, |name| ["a", "b", "c"].contains(&name)).is_ok() {
                _ = filled(&format);
            }
        }
    }
}
