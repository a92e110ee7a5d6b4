//! The frame of the editor: the preview above, and below it what is open. Changes nothing, and tells everything
//! without colour.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Clear, Paragraph, Wrap};

use super::draw::{BOLD, CHOSEN, DIM, end_of, hint_line, one_line, shown};
use super::keys;
use super::model::{Model, Open, TABS};
use super::panel::page::Page;
use super::panel::typed::Typed;
use super::state::DEPTHS;
use crate::base::width::{cut, width};

/// The smallest terminal in which everything has its place.
const LEAST: (u16, u16) = (70, 20);

/// Draws the editor.
pub fn draw(frame: &mut Frame, model: &Model) {
    let area = frame.area();
    if area.width < LEAST.0 || area.height < LEAST.1 {
        return too_small(frame, area);
    }
    let most = if area.height < 30 { 4 } else { 8 };
    let rows = model.state.preview.rows.len().clamp(1, most) as u16;
    let [head, line, said, tabs, body, detail, keys, common] = Layout::vertical([
        Constraint::Length(1),
        Constraint::Length(rows + 2),
        Constraint::Length(1),
        Constraint::Length(1),
        Constraint::Min(1),
        Constraint::Length(1),
        Constraint::Length(1),
        Constraint::Length(1),
    ])
    .areas(area);
    let Open { panel, at, .. } = model.top();
    frame.render_widget(title(model, head.width), head);
    draw_preview(frame, line, model);
    frame.render_widget(said_line(model, said.width), said);
    frame.render_widget(tab_line(model), tabs);
    match (panel.typed(), panel.page()) {
        (Some(typed), _) => draw_typed(frame, body, typed),
        (None, Some(Page::Help)) => {
            let whole = Rect { y: line.y, height: body.bottom() - line.y, ..body };
            frame.render_widget(Clear, whole);
            draw_lines(frame, whole, model);
        }
        (None, _) => draw_lines(frame, body, model),
    }
    frame.render_widget(one_line(&panel.about(&model.state, *at), detail.width, DIM), detail);
    frame.render_widget(hint_line(panel.hints()), keys);
    if !model.is_typing() {
        frame.render_widget(hint_line(keys::COMMON), common);
    }
}

fn too_small(frame: &mut Frame, area: Rect) {
    let text = format!(
        "The editor needs {} x {} characters, and this terminal has {} x {}. Make it larger, or leave with Ctrl-C; \
         twice, if something is not saved.",
        LEAST.0, LEAST.1, area.width, area.height
    );
    frame.render_widget(Paragraph::new(text).wrap(Wrap { trim: true }), area);
}

fn title(model: &Model, columns: u16) -> Line<'static> {
    let state = if model.state.draft.is_changed() { " (changed, not saved)" } else { "" };
    let room = usize::from(columns).saturating_sub(" bridgeline configure  ".len() + state.len());
    let path = end_of(&shown(&model.state.catalog.file), room);
    Line::from(vec![
        Span::styled(" bridgeline configure", BOLD),
        Span::raw(format!("  {path}")),
        Span::styled(state, BOLD),
    ])
}

fn draw_preview(frame: &mut Frame, area: Rect, model: &Model) {
    let scene = &model.state.scene;
    let session = model.state.catalog.sessions.get(scene.session).map_or("", String::as_str);
    let hidden = if scene.columns + 2 > usize::from(area.width) { ", cut by this terminal" } else { "" };
    let trying = if model.is_trying() { " (Enter to choose)" } else { "" };
    let depth = match scene.depth {
        0 => String::new(),
        depth => format!(", color {}", DEPTHS[depth]),
    };
    let title = format!(" {}: {} columns{hidden}{depth}{trying} ", shown(session), scene.columns);
    let title = cut(&title, usize::from(area.width).saturating_sub(4));
    let rows = Paragraph::new(model.state.preview.rows.clone());
    frame.render_widget(rows.block(Block::bordered().title(title).border_style(DIM)), area);
}

/// The result of the last action, else what is wrong with the config, else what overrides the file.
fn said_line(model: &Model, columns: u16) -> Line<'static> {
    let state = &model.state;
    match (&state.message, state.preview.warnings.as_slice(), state.catalog.notices.first()) {
        (Some(message), _, _) => one_line(message, columns, BOLD),
        (None, [warning, rest @ ..], _) => {
            let more = match rest.len() {
                0 => String::new(),
                more => format!(" (! shows {more} more)"),
            };
            let room = usize::from(columns).saturating_sub(more.len() + 1);
            let warning = cut(&format!("warning: {}", shown(warning)), room);
            one_line(&format!("{warning}{more}"), columns, Style::new())
        }
        (None, [], Some(notice)) => one_line(notice, columns, DIM),
        (None, [], None) => Line::default(),
    }
}

fn tab_line(model: &Model) -> Line<'static> {
    let mut spans = vec![Span::raw(" ")];
    for (tab, (name, _)) in TABS.iter().enumerate() {
        let is_open = tab == model.tab;
        let (open, close, style) = if is_open { ("[", "]", CHOSEN) } else { (" ", " ", Style::new()) };
        spans.push(Span::styled(format!("{open}{} {name}{close}", tab + 1), style));
        spans.push(Span::raw(" "));
    }
    // A page about the whole file does not belong to the panels below it.
    let from = model.panels.iter().rposition(|open| open.panel.page().is_some());
    let panels = &model.panels[from.unwrap_or(0)..];
    let path = panels.iter().map(|open| format!(" > {}", shown(&open.title))).collect::<String>();
    spans.push(Span::styled(path, BOLD));
    Line::from(spans)
}

/// The lines of what is on top. That of the cursor is in sight, in the middle where there are more.
fn draw_lines(frame: &mut Frame, area: Rect, model: &Model) {
    let Open { panel, at, .. } = model.top();
    let (mut lines, at) = panel.lines(&model.state, *at, usize::from(area.width));
    if panel.page() == Some(Page::Warnings) {
        return frame.render_widget(Paragraph::new(lines).wrap(Wrap { trim: false }), area);
    }
    let height = usize::from(area.height);
    let top = at.saturating_sub(height / 2).min(lines.len().saturating_sub(height));
    lines.drain(..top);
    frame.render_widget(Paragraph::new(lines), area);
}

fn draw_typed(frame: &mut Frame, area: Rect, typed: &Typed) {
    let [what, text, wrong] =
        Layout::vertical([Constraint::Length(2), Constraint::Length(1), Constraint::Min(1)]).areas(area);
    frame.render_widget(Paragraph::new(format!(" {}", typed.about)).wrap(Wrap { trim: false }), what);
    // As it will be shown: what it would hide is left out, and what stands before the cursor is in sight.
    let room = usize::from(text.width).saturating_sub(4);
    let (before, after) = typed.input.parts();
    let before = end_of(&shown(before), room);
    let line = format!("{before}{}", cut(&shown(after), room.saturating_sub(width(&before))));
    frame.render_widget(Line::from(vec![Span::styled(" > ", BOLD), Span::raw(line)]), text);
    frame.set_cursor_position((text.x + 3 + width(&before) as u16, text.y));
    if let Some(problem) = &typed.problem {
        let problem = Paragraph::new(format!(" {}", shown(problem))).wrap(Wrap { trim: false });
        frame.render_widget(problem.style(BOLD), wrong);
    }
}

#[cfg(test)]
mod tests;
