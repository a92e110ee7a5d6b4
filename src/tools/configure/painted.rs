//! Rows of the line, converted for the screen.

use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line, Span};

use crate::paint::{self, StyledRun};
use crate::segment;
use crate::theme::{self, Depth, Look};

/// A row in its colours.
pub fn line(row: &[segment::Span], look: &Look, depth: Depth) -> Line<'static> {
    let runs = paint::runs(row, look, depth);
    runs.iter().map(|StyledRun { text, style }| Span::styled((*text).to_owned(), self::style(*style, depth))).collect()
}

/// A style at a depth.
pub fn style(style: theme::Style, depth: Depth) -> Style {
    use Modifier as M;
    let modifiers = [M::BOLD, M::DIM, M::ITALIC, M::UNDERLINED, M::REVERSED, M::CROSSED_OUT];
    let modifier = style.set(modifiers).collect();
    let color = |color| self::color(color, depth);
    Style { fg: style.fg.map(color), bg: style.bg.map(color), add_modifier: modifier, ..Style::default() }
}

/// A colour at a depth that has colours.
pub fn color(color: theme::Color, depth: Depth) -> Color {
    match (depth, color.rgb, color.xterm) {
        (Depth::True, Some((r, g, b)), _) => Color::Rgb(r, g, b),
        (Depth::True | Depth::Ansi256, _, Some(index)) => Color::Indexed(index),
        _ => Color::Indexed(color.ansi & 15),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::segment::{Role, Span as Painted};

    #[test]
    fn colours_are_those_of_the_depth() {
        let orange = theme::Color { rgb: Some((255, 135, 0)), xterm: Some(208), ansi: 3 };
        let check = |depth, expected| assert_eq!(color(orange, depth), expected, "{depth:?}");
        check(Depth::True, Color::Rgb(255, 135, 0));
        check(Depth::Ansi256, Color::Indexed(208));
        check(Depth::Ansi16, Color::Indexed(3));
    }

    #[test]
    fn styles_are_those_of_the_row() {
        let row = [("1;9;97", "a"), ("38;2;1;2;3;48;5;208", "b")];
        let row = row.map(|(codes, text)| Painted::coloured(Role::Model, (codes.to_owned(), text)));
        let line = line(&row, &Look::plain(), Depth::True);
        let bold = Style::new().add_modifier(Modifier::BOLD | Modifier::CROSSED_OUT);
        assert_eq!(line.spans[0], Span::styled("a", bold.fg(Color::Indexed(15))));
        let colored = Style::new().fg(Color::Rgb(1, 2, 3)).bg(Color::Indexed(208));
        assert_eq!(line.spans[1], Span::styled("b", colored));
    }
}
