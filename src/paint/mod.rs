//! Spans, a theme and a colour depth become bytes for the terminal. Nothing before this knows a
//! colour, and nothing after it changes text.

mod look;
mod theme;
mod theme_file;

use std::fmt::{self, Write};

use owo_colors::{AnsiColors, DynColor, DynColors, XtermColors};

pub use look::{Background, Color, Depth, Look, Style};
pub use theme::{DEFAULT, Theme, find, names};

use crate::segment::{Role, Span};

/// The row as it is printed, without a line break. Every style that is begun is ended.
pub fn paint(row: &[Span], look: &Look, depth: Depth) -> String {
    let mut out = String::with_capacity(row.len() * 24);
    let mut open = Style::PLAIN;
    for span in row.iter().filter(|span| !span.text.as_str().is_empty()) {
        let style = if depth == Depth::None { Style::PLAIN } else { look.style(span.role) };
        if style != open {
            if open != Style::PLAIN {
                out.push_str(RESET);
            }
            if style != Style::PLAIN {
                _ = write!(out, "{}", Sgr(style, depth));
            }
            open = style;
        }
        out.push_str(span.text.as_str());
    }
    if open != Style::PLAIN {
        out.push_str(RESET);
    }
    out
}

const RESET: &str = "\x1b[0m";

/// The sequence that begins a style: attributes, then colours, as the Node statusline wrote them.
struct Sgr(Style, Depth);

impl fmt::Display for Sgr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Sgr(style, depth) = self;
        let flags = [
            (style.bold, "1"),
            (style.dim, "2"),
            (style.italic, "3"),
            (style.underline, "4"),
            (style.reverse, "7"),
            (style.strikethrough, "9"),
        ];
        let mut between = "";
        f.write_str("\x1b[")?;
        for (_, code) in flags.iter().filter(|(set, _)| *set) {
            write!(f, "{between}{code}")?;
            between = ";";
        }
        if let Some(color) = style.fg {
            f.write_str(between)?;
            at_depth(color, *depth).fmt_raw_ansi_fg(f)?;
            between = ";";
        }
        if let Some(color) = style.bg {
            f.write_str(between)?;
            at_depth(color, *depth).fmt_raw_ansi_bg(f)?;
        }
        f.write_str("m")
    }
}

/// A colour as finely as the terminal and the theme have it.
fn at_depth(color: Color, depth: Depth) -> DynColors {
    const NAMED: [AnsiColors; 16] = [
        AnsiColors::Black,
        AnsiColors::Red,
        AnsiColors::Green,
        AnsiColors::Yellow,
        AnsiColors::Blue,
        AnsiColors::Magenta,
        AnsiColors::Cyan,
        AnsiColors::White,
        AnsiColors::BrightBlack,
        AnsiColors::BrightRed,
        AnsiColors::BrightGreen,
        AnsiColors::BrightYellow,
        AnsiColors::BrightBlue,
        AnsiColors::BrightMagenta,
        AnsiColors::BrightCyan,
        AnsiColors::BrightWhite,
    ];
    let ansi = DynColors::Ansi(NAMED[usize::from(color.ansi & 15)]);
    let xterm = color.xterm.map_or(ansi, |index| DynColors::Xterm(XtermColors::from(index)));
    match (depth, color.rgb) {
        (Depth::None | Depth::Ansi16, _) => ansi,
        (Depth::Ansi256, _) | (Depth::True, None) => xterm,
        (Depth::True, Some((r, g, b))) => DynColors::Rgb(r, g, b),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::segment::Role;

    fn look() -> Look {
        let mut look = Look::plain();
        let orange = Color { rgb: Some((255, 135, 0)), xterm: Some(208), ansi: 3 };
        look.roles[Role::Model as usize] = Style { dim: true, ..Style::PLAIN };
        look.roles[Role::Task as usize] =
            Style { bold: true, fg: Some(Color { rgb: None, xterm: None, ansi: 15 }), ..Style::PLAIN };
        look.roles[Role::Context as usize] = Style { fg: Some(orange), bg: Some(orange), ..Style::PLAIN };
        look
    }

    #[test]
    fn styles_at_every_depth() {
        let check = |role, depth, expected: &str| {
            assert_eq!(paint(&[Span::fixed(role, "x")], &look(), depth), expected, "{role:?} {depth:?}");
        };
        check(Role::Model, Depth::True, "\x1b[2mx\x1b[0m");
        check(Role::Task, Depth::True, "\x1b[1;97mx\x1b[0m");
        check(Role::Task, Depth::Ansi16, "\x1b[1;97mx\x1b[0m");
        check(Role::Task, Depth::None, "x");
        check(Role::Context, Depth::True, "\x1b[38;2;255;135;0;48;2;255;135;0mx\x1b[0m");
        check(Role::Context, Depth::Ansi256, "\x1b[38;5;208;48;5;208mx\x1b[0m");
        check(Role::Context, Depth::Ansi16, "\x1b[33;43mx\x1b[0m");
        check(Role::Text, Depth::True, "x");
    }

    #[test]
    fn neighbours_of_one_style_share_it() {
        let row =
            [Span::fixed(Role::Model, "a"), Span::fixed(Role::Model, "b"), Span::fixed(Role::Text, "c")];
        assert_eq!(paint(&row, &look(), Depth::True), "\x1b[2mab\x1b[0mc");
    }
}
