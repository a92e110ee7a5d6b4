//! Painted text, read back: the escape sequences that `paint` writes, and those with which tmux tells of a
//! screen.

use super::Run;
use crate::theme::{Color, Style};

/// The lines of a painted text, in runs of one style. Links are passed over.
pub fn lines(painted: &str) -> Vec<Vec<Run<'_>>> {
    // A style goes on behind the end of a line.
    let mut style = Style::PLAIN;
    painted.trim_end_matches('\n').split('\n').map(|painted| line(painted, &mut style)).collect()
}

fn line<'a>(painted: &'a str, style: &mut Style) -> Vec<Run<'a>> {
    let mut runs = Vec::new();
    for (at, part) in painted.split('\x1b').enumerate() {
        let text = match part.strip_prefix('[').and_then(|part| part.split_once('m')) {
            _ if at == 0 => part,
            Some((codes, text)) => {
                *style = styled(*style, codes);
                text
            }
            // The address of a link, and then the backslash that ends it.
            None => part.strip_prefix('\\').unwrap_or(""),
        };
        if !text.is_empty() {
            runs.push(Run { text, style: *style });
        }
    }
    runs
}

/// ECMA-48, "SGR".
pub(super) fn styled(mut style: Style, codes: &str) -> Style {
    let ansi = |code| Some(Color { rgb: None, xterm: None, ansi: code });
    let mut codes = codes.split(';').map(|code| code.parse::<u8>().unwrap_or(0));
    while let Some(code) = codes.next() {
        match code {
            1 => style.bold = true,
            2 => style.dim = true,
            3 => style.italic = true,
            4 => style.underline = true,
            7 => style.reverse = true,
            9 => style.strikethrough = true,
            22 => (style.bold, style.dim) = (false, false),
            23 => style.italic = false,
            24 => style.underline = false,
            27 => style.reverse = false,
            29 => style.strikethrough = false,
            30..=37 => style.fg = ansi(code - 30),
            90..=97 => style.fg = ansi(code - 90 + 8),
            40..=47 => style.bg = ansi(code - 40),
            100..=107 => style.bg = ansi(code - 100 + 8),
            38 => style.fg = extended(&mut codes).or(style.fg),
            48 => style.bg = extended(&mut codes).or(style.bg),
            39 => style.fg = None,
            49 => style.bg = None,
            _ => style = Style::PLAIN,
        }
    }
    style
}

/// `5;n` of the palette, or `2;r;g;b`.
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

    const fn ansi(ansi: u8) -> Option<Color> {
        Some(Color { rgb: None, xterm: None, ansi })
    }

    #[test]
    fn what_is_painted_comes_back() {
        let check = |painted: &str, expected: &[(&str, Style)]| {
            let lines = lines(painted);
            let runs: Vec<(&str, Style)> = lines[0].iter().map(|run| (run.text, run.style)).collect();
            assert_eq!(runs, expected, "{painted:?}");
        };
        let plain = Style::PLAIN;
        let xterm = Some(Color { rgb: None, xterm: Some(208), ansi: 0 });
        let rgb = Some(Color { rgb: Some((1, 2, 3)), xterm: None, ansi: 0 });
        check("a", &[("a", plain)]);
        check("\x1b[2ma\x1b[0mb", &[("a", Style { dim: true, ..plain }), ("b", plain)]);
        check("\x1b[1;97ma", &[("a", Style { bold: true, fg: ansi(15), ..plain })]);
        check("\x1b[38;2;1;2;3;48;5;208ma", &[("a", Style { fg: rgb, bg: xterm, ..plain })]);
        check("\x1b[33;100ma", &[("a", Style { fg: ansi(3), bg: ansi(8), ..plain })]);
        check(
            "\x1b[1;7;32ma\x1b[22;27mb\x1b[39mc",
            &[
                ("a", Style { bold: true, reverse: true, fg: ansi(2), ..plain }),
                ("b", Style { fg: ansi(2), ..plain }),
                ("c", plain),
            ],
        );
        check("\x1b]8;;https://example.org\x1b\\ab\x1b]8;;\x1b\\c", &[("ab", plain), ("c", plain)]);
    }

    #[test]
    fn a_style_goes_on_in_the_next_line() {
        let lines = lines("\x1b[31ma\nb\x1b[0m\n\n");
        assert_eq!(lines.len(), 2);
        assert_eq!(lines[1][0].style.fg, ansi(1));
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
                let painted = paint(&row, look, depth);
                let text: String = lines(&painted)[0].iter().map(|run| run.text).collect();
                assert_eq!(text, "word".repeat(row.len()), "{name} {depth:?}");
            }
        }
    }
}
