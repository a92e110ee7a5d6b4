//! The frame of the editor: the preview, and below it the open tab or panel. It changes nothing, and works without
//! colours.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Position, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Clear, Paragraph, Wrap};

use super::action::Action;
use super::draw::{BOLD, CHOSEN, DIM, NARROW, hint_lines, one_line};
use super::keys;
use super::model::{Model, Open, TABS};
use super::panel::page::Page;
use super::panel::typed::Typed;
use super::state::DEPTHS;
use crate::base::width::{cut, cut_start, width};
use crate::tools::report::clean;

/// The smallest supported terminal, in columns and rows.
const LEAST: (u16, u16) = (40, 15);

/// Rows below which only the most important parts are shown.
const LOW: u16 = 20;

/// The parts of the screen from the top: title, preview, message, tabs, the open tab or panel, a sentence about its
/// item, its keys, and the keys that always work.
fn areas(area: Rect, model: &Model) -> [Rect; 8] {
    let most = match area.height {
        ..LOW => 2,
        LOW..30 => 4,
        _ => 8,
    };
    let rows = model.state.preview.rows.len().clamp(1, most) as u16;
    let keys = hint_lines(model.top().panel.hints(), area.width).len() as u16;
    let said = u16::from(area.height >= LOW);
    let fixed = [1, rows + 2, said, 1].map(Constraint::Length);
    let below = [1, keys, 1].map(Constraint::Length);
    Layout::vertical(fixed.into_iter().chain([Constraint::Min(1)]).chain(below)).areas(area)
}

/// The area for the lines of the open tab or panel.
fn list(area: Rect, model: &Model) -> Rect {
    let [_, line, _, _, body, ..] = areas(area, model);
    let panel = &model.top().panel;
    match (panel.typed(), panel.page()) {
        (Some(typed), _) => typed_areas(body, typed, model)[3],
        (_, Some(Page::Help)) => Rect { y: line.y, height: body.bottom() - line.y, ..body },
        _ => body,
    }
}

/// Draws the editor.
pub fn draw(frame: &mut Frame, model: &Model) {
    let area = frame.area();
    if area.width < LEAST.0 || area.height < LEAST.1 {
        return too_small(frame, area);
    }
    let [head, line, said, tabs, body, detail, keys, common] = areas(area, model);
    let Open { panel, at, .. } = model.top();
    frame.render_widget(title(model, head.width), head);
    draw_preview(frame, line, model);
    frame.render_widget(said_line(model, said.width), said);
    frame.render_widget(tab_line(model, tabs.width), tabs);
    if let Some(typed) = panel.typed() {
        draw_typed(frame, body, typed, model);
    }
    draw_lines(frame, list(area, model), model);
    let about = one_line(&panel.about(&model.state, *at), detail.width, DIM);
    let is_said = said.is_empty() && model.state.message.is_some();
    frame.render_widget(if is_said { said_line(model, detail.width) } else { about }, detail);
    frame.render_widget(Paragraph::new(hint_lines(panel.hints(), keys.width)), keys);
    if !model.is_typing() {
        let hints = if area.width < 80 { keys::COMMON_NARROW } else { keys::COMMON };
        frame.render_widget(Paragraph::new(hint_lines(hints, common.width)), common);
    }
}

/// The action of a click at a position on a screen of that size. `None` if nothing can be clicked there.
pub fn click(area: Rect, model: &Model, at: Position) -> Option<Action> {
    let [_, _, _, tabs, ..] = areas(area, model);
    if tabs.contains(at) {
        let ends = tab_labels(model, area.width).scan(0, |end, (label, _)| {
            *end += width(&label) + 1;
            Some(*end)
        });
        return ends.enumerate().find(|(_, end)| usize::from(at.x) < *end).map(|(tab, _)| Action::Tab(tab));
    }
    let list = list(area, model);
    let (_, top) = lines(list, model);
    let [column, line, columns] = [at.x.checked_sub(list.x)?, at.y.checked_sub(list.y)?, list.width].map(usize::from);
    list.contains(at).then_some(Action::Click { line: line + top, column, columns })
}

fn too_small(frame: &mut Frame, area: Rect) {
    let text = format!(
        "The editor needs {} x {} characters, but this terminal has {} x {}. Enlarge it, or quit with Ctrl-C; \
         press it twice if there are unsaved changes.",
        LEAST.0, LEAST.1, area.width, area.height
    );
    frame.render_widget(Paragraph::new(text).wrap(Wrap { trim: true }), area);
}

fn title(model: &Model, columns: u16) -> Line<'static> {
    let state = if model.state.draft.is_changed() { " (changed, not saved)" } else { "" };
    let room = usize::from(columns).saturating_sub(" bridgeline configure  ".len() + state.len());
    let path = cut_start(&clean(&model.state.catalog.file), room);
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
    let title = format!(" {}: {} columns{hidden}{depth}{trying} ", clean(session), scene.columns);
    let title = cut(&title, usize::from(area.width).saturating_sub(4));
    let rows = Paragraph::new(model.state.preview.rows.clone());
    frame.render_widget(rows.block(Block::bordered().title(title).border_style(DIM)), area);
}

/// The result of the last action, else mistakes in the config, else notices of what overrides the file.
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
            let warning = cut(&format!("warning: {}", clean(warning)), room);
            one_line(&format!("{warning}{more}"), columns, Style::new())
        }
        (None, [], Some(notice)) => one_line(notice, columns, DIM),
        (None, [], None) => Line::default(),
    }
}

/// The names of the tabs, the open one in brackets.
fn tab_labels(model: &Model, columns: u16) -> impl Iterator<Item = (String, Style)> {
    let is_narrow = usize::from(columns) < NARROW;
    let tab = model.tab;
    TABS.iter().enumerate().map(move |(index, (name, _))| {
        let name = if is_narrow { (*name).to_owned() } else { format!("{} {name}", index + 1) };
        match (index == tab, is_narrow) {
            (true, _) => (format!("[{name}]"), CHOSEN),
            (false, true) => (name, Style::new()),
            (false, false) => (format!(" {name} "), Style::new()),
        }
    })
}

fn tab_line(model: &Model, columns: u16) -> Line<'static> {
    // A page about the whole file does not belong to the panels below it.
    let from = model.panels.iter().rposition(|open| open.panel.page().is_some());
    let panels = &model.panels[from.unwrap_or(0)..];
    let path = panels.iter().map(|open| format!(" > {}", clean(&open.title))).collect::<String>();
    // If there is no room for them, only the open tab is named.
    let wide: usize = tab_labels(model, columns).map(|(label, _)| width(&label) + 1).sum();
    let has_room = path.is_empty() || wide + width(&path) <= usize::from(columns);
    let labels = tab_labels(model, columns).enumerate().filter(|(tab, _)| has_room || *tab == model.tab);
    let labels = labels.flat_map(|(_, (label, style))| [Span::raw(" "), Span::styled(label, style)]);
    labels.chain([Span::styled(path, BOLD)]).collect()
}

/// The lines of the open tab or panel, and the index of the first visible one. The cursor is in the middle if there are
/// more.
fn lines(area: Rect, model: &Model) -> (Vec<Line<'static>>, usize) {
    let Open { panel, at, .. } = model.top();
    let (lines, at) = panel.lines(&model.state, *at, usize::from(area.width));
    let height = usize::from(area.height);
    let top = at.saturating_sub(height / 2).min(lines.len().saturating_sub(height));
    (lines, top)
}

fn draw_lines(frame: &mut Frame, area: Rect, model: &Model) {
    frame.render_widget(Clear, area);
    let (mut lines, top) = lines(area, model);
    lines.drain(..top);
    frame.render_widget(Paragraph::new(lines), area);
}

/// The parts of a text input: description, text, message, and the list below.
fn typed_areas(area: Rect, typed: &Typed, model: &Model) -> [Rect; 4] {
    let about = if area.height < 8 { 1 } else { 2 };
    let said = if typed.problem.is_some() { 3 } else { u16::from(model.state.preview.typed.is_some()) };
    let rows = [about, 1, said].map(Constraint::Length);
    Layout::vertical(rows.into_iter().chain([Constraint::Min(0)])).areas(area)
}

fn draw_typed(frame: &mut Frame, area: Rect, typed: &Typed, model: &Model) {
    let [what, text, said, _] = typed_areas(area, typed, model);
    frame.render_widget(Paragraph::new(format!(" {}", typed.about)).wrap(Wrap { trim: false }), what);
    // As it will be shown, without unsafe characters, and with the text before the cursor visible.
    let room = usize::from(text.width).saturating_sub(4);
    let (before, after) = typed.input.parts();
    let before = cut_start(&clean(before), room);
    let line = format!("{before}{}", cut(&clean(after), room.saturating_sub(width(&before))));
    frame.render_widget(Line::from(vec![Span::styled(" > ", BOLD), Span::raw(line)]), text);
    frame.set_cursor_position((text.x + 3 + width(&before) as u16, text.y));
    match (&typed.problem, &model.state.preview.typed) {
        (Some(problem), _) => {
            let problem = Paragraph::new(format!(" {}", clean(problem))).wrap(Wrap { trim: false });
            frame.render_widget(problem.style(BOLD), said);
        }
        (None, Some(result)) => {
            let result = [Span::styled(" = ", BOLD)].into_iter().chain(result.spans.iter().cloned());
            frame.render_widget(result.collect::<Line>(), said);
        }
        (None, None) => {}
    }
}

#[cfg(test)]
mod tests;
