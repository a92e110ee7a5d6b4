//! A page on the screen. It works without colours.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout};
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use super::questions::Question;
use crate::tools::configure::draw::{BOLD, CHOSEN, DIM, hint_lines, wrapped};

/// Draws a page with the cursor at a choice. `step` is its number, `steps` the number of pages.
pub fn draw(frame: &mut Frame, page: &Question, at: usize, (step, steps): (usize, usize)) {
    let [main, foot] = Layout::vertical([Constraint::Min(1), Constraint::Length(1)]).areas(frame.area());
    let columns = usize::from(main.width);
    let mut lines = vec![Line::styled(format!("bridgeline setup  {step} of {steps}"), DIM)];
    lines.extend(wrapped(page.title, columns).into_iter().map(|line| Line::styled(line, BOLD)));
    lines.extend(wrapped(page.text, columns).into_iter().map(Line::raw));
    lines.push(Line::default());
    let mut end = 0;
    for (number, choice) in page.choices.iter().enumerate() {
        let (mark, style) = if number == at { (">", CHOSEN) } else { (" ", Style::new()) };
        let mut mark = Span::styled(format!("{mark} {}", number + 1), style);
        for line in &choice.lines {
            let spans = [mark, Span::raw(" ")].into_iter().chain(line.spans.iter().cloned());
            lines.push(spans.collect());
            mark = Span::raw("   ");
        }
        if number == at {
            end = lines.len();
        }
    }
    lines.drain(..end.saturating_sub(usize::from(main.height)));
    frame.render_widget(Paragraph::new(lines), main);
    frame
        .render_widget(Paragraph::new(hint_lines("`↑↓` move  `Enter` accept  `Esc` back  `q` quit", foot.width)), foot);
}
