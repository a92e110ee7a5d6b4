//! Rows as they are printed, in the terms of the screen.

use crate::theme;
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line, Span};

use crate::paint::{self, painted};

/// The lines of a text with its colours.
pub fn lines(text: &str) -> Vec<Line<'static>> {
    let span = |run: &paint::Run| Span::styled(run.text.to_owned(), style(run.style));
    painted::lines(text).iter().map(|line| Line::from_iter(line.iter().map(span))).collect()
}

fn style(style: theme::Style) -> Style {
    let flags = [
        (style.bold, Modifier::BOLD),
        (style.dim, Modifier::DIM),
        (style.italic, Modifier::ITALIC),
        (style.underline, Modifier::UNDERLINED),
        (style.reverse, Modifier::REVERSED),
        (style.strikethrough, Modifier::CROSSED_OUT),
    ];
    let modifier = flags.into_iter().filter(|(set, _)| *set).map(|(_, modifier)| modifier).collect();
    Style { fg: style.fg.map(color), bg: style.bg.map(color), add_modifier: modifier, ..Style::default() }
}

fn color(color: theme::Color) -> Color {
    match color.rgb {
        Some((r, g, b)) => Color::Rgb(r, g, b),
        None => Color::Indexed(color.xterm.unwrap_or(color.ansi)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn styles_are_those_of_the_text() {
        let line = &lines("\x1b[1;9;97ma\x1b[0m\x1b[38;2;1;2;3;48;5;208mb")[0];
        let bold = Style::new().add_modifier(Modifier::BOLD | Modifier::CROSSED_OUT);
        assert_eq!(line.spans[0], Span::styled("a", bold.fg(Color::Indexed(15))));
        let colored = Style::new().fg(Color::Rgb(1, 2, 3)).bg(Color::Indexed(208));
        assert_eq!(line.spans[1], Span::styled("b", colored));
    }
}
