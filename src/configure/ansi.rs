//! Rows as they are printed, in the terms of the screen: exactly the escape sequences that `paint`
//! writes, and no others.

use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line, Span};

/// The lines of a text with its colours. Links are passed over.
pub fn lines(painted: &str) -> Vec<Line<'static>> {
    painted.trim_end_matches('\n').split('\n').map(line).collect()
}

fn line(painted: &str) -> Line<'static> {
    let mut spans = Vec::new();
    let mut style = Style::default();
    let mut parts = painted.split('\x1b');
    let mut push = |text: &str, style| {
        if !text.is_empty() {
            spans.push(Span::styled(text.to_owned(), style));
        }
    };
    push(parts.next().unwrap_or(""), style);
    for part in parts {
        let text = match part.strip_prefix('[').and_then(|part| part.split_once('m')) {
            Some((codes, text)) => {
                style = styled(style, codes);
                text
            }
            // The address of a link, and then the backslash that ends it.
            None => part.strip_prefix('\\').unwrap_or(""),
        };
        push(text, style);
    }
    Line::from(spans)
}

/// ECMA-48, "SGR".
fn styled(mut style: Style, codes: &str) -> Style {
    let mut codes = codes.split(';').map(|code| code.parse::<u8>().unwrap_or(0));
    while let Some(code) = codes.next() {
        style = match code {
            1 => style.add_modifier(Modifier::BOLD),
            2 => style.add_modifier(Modifier::DIM),
            3 => style.add_modifier(Modifier::ITALIC),
            4 => style.add_modifier(Modifier::UNDERLINED),
            7 => style.add_modifier(Modifier::REVERSED),
            9 => style.add_modifier(Modifier::CROSSED_OUT),
            30..=37 => style.fg(Color::Indexed(code - 30)),
            90..=97 => style.fg(Color::Indexed(code - 90 + 8)),
            40..=47 => style.bg(Color::Indexed(code - 40)),
            100..=107 => style.bg(Color::Indexed(code - 100 + 8)),
            38 => extended(&mut codes).map_or(style, |color| style.fg(color)),
            48 => extended(&mut codes).map_or(style, |color| style.bg(color)),
            _ => Style::default(),
        };
    }
    style
}

/// `5;n` of the palette, or `2;r;g;b`.
fn extended(codes: &mut impl Iterator<Item = u8>) -> Option<Color> {
    match codes.next()? {
        5 => Some(Color::Indexed(codes.next()?)),
        2 => Some(Color::Rgb(codes.next()?, codes.next()?, codes.next()?)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layout::{Ground, Piece};
    use crate::paint::{self, Depth};
    use crate::segment::{Role, Span as Words};
    use crate::text::Link;

    #[test]
    fn what_is_painted_comes_back() {
        let check = |painted: &str, expected: &[(&str, Style)]| {
            let line = line(painted);
            let spans: Vec<(&str, Style)> =
                line.spans.iter().map(|span| (span.content.as_ref(), span.style)).collect();
            assert_eq!(spans, expected, "{painted:?}");
        };
        let plain = Style::default();
        check("a", &[("a", plain)]);
        check("\x1b[2ma\x1b[0mb", &[("a", plain.add_modifier(Modifier::DIM)), ("b", plain)]);
        check("\x1b[1;97ma", &[("a", plain.add_modifier(Modifier::BOLD).fg(Color::Indexed(15)))]);
        check("\x1b[38;2;1;2;3;48;5;208ma", &[("a", plain.fg(Color::Rgb(1, 2, 3)).bg(Color::Indexed(208)))]);
        check("\x1b[33;100ma", &[("a", plain.fg(Color::Indexed(3)).bg(Color::Indexed(8)))]);
        check("\x1b]8;;https://example.org\x1b\\ab\x1b]8;;\x1b\\c", &[("ab", plain), ("c", plain)]);
        assert_eq!(lines("a\nb\n").len(), 2);
    }

    #[test]
    fn no_escape_is_left_of_any_theme() {
        for name in paint::names() {
            let look = paint::find(name, None).look;
            for depth in [Depth::None, Depth::Ansi16, Depth::Ansi256, Depth::True] {
                let piece = |role: &Role| Piece {
                    span: Words { link: Link::new("https://example.org"), ..Words::fixed(*role, "word") },
                    ground: Ground::Band(*role),
                };
                let row: Vec<Piece> = Role::ALL.iter().map(piece).collect();
                let line = line(&paint::paint(&row, &look, depth));
                let text: String = line.spans.iter().map(|span| span.content.as_ref()).collect();
                assert_eq!(text, "word".repeat(row.len()), "{name} {depth:?}");
            }
        }
    }
}
