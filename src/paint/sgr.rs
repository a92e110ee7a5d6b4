//! Parses the style codes of terminals: the user's command may print some, and tests read screens.

use crate::theme::{Color, Style};

/// Codes of the attributes, in the order of [`Style::ATTRIBUTES`].
pub const ATTRIBUTES: [u8; 6] = [1, 2, 3, 4, 7, 9];

/// A style changed by these codes: ECMA-48, "SGR".
pub fn styled(mut style: Style, codes: &str) -> Style {
    let ansi = |code| Some(Color { rgb: None, xterm: None, ansi: code });
    let mut codes = codes.split(';').map(|code| code.parse::<u8>().unwrap_or(0));
    while let Some(code) = codes.next() {
        match code {
            22 => (style.bold, style.dim) = (false, false),
            30..=37 => style.fg = ansi(code - 30),
            90..=97 => style.fg = ansi(code - 90 + 8),
            40..=47 => style.bg = ansi(code - 40),
            100..=107 => style.bg = ansi(code - 100 + 8),
            38 => style.fg = extended(&mut codes).or(style.fg),
            48 => style.bg = extended(&mut codes).or(style.bg),
            39 => style.fg = None,
            49 => style.bg = None,
            0 | 21 => style = Style::PLAIN,
            // An attribute, or 20 more than one to end it; other codes are ignored.
            _ => match ATTRIBUTES.iter().position(|set| code % 20 == *set && code < 40) {
                Some(at) => *Style::ATTRIBUTES[at].1(&mut style) = code < 20,
                None => style = Style::PLAIN,
            },
        }
    }
    style
}

/// A colour: `5;n` of the palette, or `2;r;g;b`.
fn extended(codes: &mut impl Iterator<Item = u8>) -> Option<Color> {
    let of = |rgb, xterm| Some(Color { rgb, xterm, ansi: 0 });
    match codes.next()? {
        5 => of(None, Some(codes.next()?)),
        2 => of(Some((codes.next()?, codes.next()?, codes.next()?)), None),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::paint;
    use super::*;
    use crate::base::text::Link;
    use crate::segment::{Ground, Role, Span};
    use crate::theme::{Depth, Look, names};

    #[test]
    fn codes_make_a_style() {
        let check = |before: Style, codes: &str, expected: Style| {
            assert_eq!(styled(before, codes), expected, "{codes}");
        };
        let plain = Style::PLAIN;
        let ansi = |ansi| Some(Color { rgb: None, xterm: None, ansi });
        let xterm = Some(Color { rgb: None, xterm: Some(208), ansi: 0 });
        let rgb = Some(Color { rgb: Some((1, 2, 3)), xterm: None, ansi: 0 });
        check(plain, "2", Style { dim: true, ..plain });
        check(plain, "1;97", Style { bold: true, fg: ansi(15), ..plain });
        check(plain, "38;2;1;2;3;48;5;208", Style { fg: rgb, bg: xterm, ..plain });
        check(plain, "33;100", Style { fg: ansi(3), bg: ansi(8), ..plain });
        let loud = Style { bold: true, reverse: true, fg: ansi(2), ..plain };
        check(plain, "1;7;32", loud);
        check(loud, "22;27", Style { fg: ansi(2), ..plain });
        check(loud, "39", Style { fg: None, ..loud });
        check(loud, "0", plain);
        check(loud, "", plain);
    }

    /// The text that a terminal shows of a row: without styles and links.
    fn seen(painted: &str) -> String {
        let behind = |part: &str| match part.strip_prefix('[') {
            Some(codes) => codes.split_once('m').unwrap().1.to_owned(),
            None if part.starts_with("]8;;") => String::new(),
            None => part.strip_prefix('\\').unwrap().to_owned(),
        };
        let (first, rest) = painted.split_once('\x1b').unwrap_or((painted, "[m"));
        first.to_owned() + &rest.split('\x1b').map(behind).collect::<String>()
    }

    #[test]
    fn no_escape_is_left_of_any_theme() {
        for name in names() {
            let look: &Look = &crate::theme::find(name, None).look;
            for depth in [Depth::None, Depth::Ansi16, Depth::Ansi256, Depth::True] {
                let span = |role: &Role| Span {
                    link: Link::new("https://example.org"),
                    ground: Ground::Band(*role),
                    ..Span::fixed(*role, "word")
                };
                let row: Vec<Span> = Role::ALL.iter().map(span).collect();
                assert_eq!(seen(&paint(&row, look, depth)), "word".repeat(row.len()), "{name} {depth:?}");
            }
        }
    }
}
