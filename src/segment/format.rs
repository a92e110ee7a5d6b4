//! Format strings: `"{bar:10} {used} used[ of {size}]"`. A name in braces is replaced by the value that the
//! segment has for it; `:n` limits it to `n` columns. A part in brackets is left out unless every name in it
//! has a value; without a value outside of brackets the segment is hidden. A backslash escapes the next character.

use std::borrow::Cow;

use crate::base::text::Text;

/// A format string.
#[derive(Debug, Clone, PartialEq)]
pub struct Format {
    /// As in config.
    pub source: Cow<'static, str>,
    pub parts: Cow<'static, [Part]>,
}

/// A part of a format string.
#[derive(Debug, Clone, PartialEq)]
pub enum Part {
    Literal(Text),
    /// A name, and the columns that its value may take.
    Field(Cow<'static, str>, Option<usize>),
    /// In brackets.
    Optional(Cow<'static, [Part]>),
}

impl Format {
    /// Reads a format string.
    ///
    /// # Errors
    /// Braces or brackets that do not match, or columns that are not a number.
    pub fn parse(source: &str) -> Result<Self, FormatMistake> {
        let parts = parts(&mut { source }, false)?;
        Ok(Format { source: Cow::Owned(source.to_owned()), parts: parts.into() })
    }

    /// The names that it uses, in order.
    pub fn fields(&self) -> Vec<&str> {
        let mut names = Vec::new();
        add_fields(&self.parts, &mut names);
        names
    }
}

fn add_fields<'a>(parts: &'a [Part], names: &mut Vec<&'a str>) {
    for part in parts {
        match part {
            Part::Literal(_) => {}
            Part::Field(name, _) => names.push(name),
            Part::Optional(parts) => add_fields(parts, names),
        }
    }
}

/// A mistake in a format string.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FormatMistake {
    /// An unmatched brace or bracket.
    Unmatched(char),
    /// The text after the colon is not a number of columns.
    Columns(String),
}

/// Parts up to the end, or in brackets up to the closing one, which is consumed too.
fn parts(rest: &mut &str, in_brackets: bool) -> Result<Vec<Part>, FormatMistake> {
    let mut parts = Vec::new();
    while let Some(first) = rest.chars().next() {
        let behind = &rest[first.len_utf8()..];
        match first {
            '[' => {
                *rest = behind;
                parts.push(Part::Optional(self::parts(rest, true)?.into()));
            }
            ']' if in_brackets => {
                *rest = behind;
                return Ok(parts);
            }
            '{' => {
                let (inside, behind) = behind.split_once('}').ok_or(FormatMistake::Unmatched('{'))?;
                parts.push(field(inside)?);
                *rest = behind;
            }
            ']' | '}' => return Err(FormatMistake::Unmatched(first)),
            _ => {
                let (literal, behind) = match first {
                    '\\' => behind.split_at(behind.chars().next().map_or(0, char::len_utf8)),
                    _ => rest.split_at(rest.find(['{', '}', '[', ']', '\\']).unwrap_or(rest.len())),
                };
                parts.push(Part::Literal(Text::new(literal)));
                *rest = behind;
            }
        }
    }
    if in_brackets { Err(FormatMistake::Unmatched('[')) } else { Ok(parts) }
}

fn field(inside: &str) -> Result<Part, FormatMistake> {
    let (name, columns) = match inside.split_once(':') {
        None => (inside, None),
        Some((name, columns)) => match columns.parse() {
            Ok(number @ 1..=400) => (name, Some(number)),
            _ => return Err(FormatMistake::Columns(columns.to_owned())),
        },
    };
    Ok(Part::Field(Cow::Owned(name.to_owned()), columns))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mistakes() {
        let check = |format: &str, expected: Result<&[&str], FormatMistake>| {
            let parsed = Format::parse(format);
            assert_eq!(parsed.as_ref().map(Format::fields), expected.as_ref().map(|names| names.to_vec()));
        };
        check("{a}[ {b:12}]", Ok(&["a", "b"]));
        check(r"\{x\}", Ok(&[]));
        check("{}", Ok(&[""]));
        check("{a", Err(FormatMistake::Unmatched('{')));
        check("a}", Err(FormatMistake::Unmatched('}')));
        check("[{a}", Err(FormatMistake::Unmatched('[')));
        check("{a}]", Err(FormatMistake::Unmatched(']')));
        check("{a:b}", Err(FormatMistake::Columns("b".to_owned())));
        check("{a:0}", Err(FormatMistake::Columns("0".to_owned())));
    }
}
