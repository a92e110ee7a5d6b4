//! How the editor looks: a frame from the model and the painted preview. Changes nothing, and tells
//! everything without colour.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Clear, Paragraph, Wrap};

use super::document::in_words;
use super::draft::presets;
use super::input::Input;
use super::keys::{self, Hint};
use super::model::{DEPTHS, Model, Tab};
use super::panel::{Panel, What};
use super::rows::{Place, SIDES};
use crate::base::text::Text;
use crate::base::width::{cut, width};
use crate::layout::Side;

/// The line as it will be.
pub struct Preview {
    pub rows: Vec<Line<'static>>,
    /// What is wrong with the config, one sentence each.
    pub warnings: Vec<String>,
}

/// The smallest terminal in which everything has its place.
const LEAST: (u16, u16) = (70, 20);

const BOLD: Style = Style::new().add_modifier(Modifier::BOLD);
const DIM: Style = Style::new().add_modifier(Modifier::DIM);
const CHOSEN: Style = Style::new().add_modifier(Modifier::REVERSED);

/// Draws the editor.
pub fn draw(frame: &mut Frame, model: &Model, preview: &Preview) {
    let area = frame.area();
    if area.width < LEAST.0 || area.height < LEAST.1 {
        return too_small(frame, area);
    }
    let most = if area.height < 30 { 4 } else { 8 };
    let rows = preview.rows.len().clamp(1, most) as u16;
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
    frame.render_widget(title(model, head.width), head);
    draw_preview(frame, line, model, preview);
    frame.render_widget(said_line(model, preview, said.width), said);
    frame.render_widget(tab_line(model), tabs);
    match model.panels.last() {
        Some(Panel::Help) => {
            let whole = Rect { y: line.y, height: body.bottom() - line.y, ..body };
            frame.render_widget(Clear, whole);
            frame.render_widget(Paragraph::new(help()), whole);
        }
        _ => draw_body(frame, body, model, preview),
    }
    frame.render_widget(one_line(&about(model), detail.width, DIM), detail);
    frame.render_widget(hint_line(keys::hints(model)), keys);
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
    let state = if model.draft.is_changed() { " (changed, not saved)" } else { "" };
    let room = usize::from(columns).saturating_sub(" bridgeline configure  ".len() + state.len());
    let path = end_of(&shown(&model.catalog.file), room);
    Line::from(vec![
        Span::styled(" bridgeline configure", BOLD),
        Span::raw(format!("  {path}")),
        Span::styled(state, BOLD),
    ])
}

fn draw_preview(frame: &mut Frame, area: Rect, model: &Model, preview: &Preview) {
    let scene = &model.scene;
    let session = model.catalog.sessions.get(scene.session).map_or("", String::as_str);
    let hidden = if scene.columns + 2 > usize::from(area.width) { ", cut by this terminal" } else { "" };
    let trying = if model.is_trying() { " (Enter to choose)" } else { "" };
    let depth = match scene.depth {
        0 => String::new(),
        depth => format!(", color {}", DEPTHS[depth]),
    };
    let title = format!(" {}: {} columns{hidden}{depth}{trying} ", shown(session), scene.columns);
    let title = cut(&title, usize::from(area.width).saturating_sub(4));
    let rows = Paragraph::new(preview.rows.clone());
    frame.render_widget(rows.block(Block::bordered().title(title).border_style(DIM)), area);
}

/// What came of the last action, else what is wrong with the config, else what counts more than the file.
fn said_line(model: &Model, preview: &Preview, columns: u16) -> Line<'static> {
    let room = columns;
    match (&model.message, preview.warnings.as_slice(), model.catalog.notices.first()) {
        (Some(message), _, _) => one_line(message, room, BOLD),
        (None, [warning, rest @ ..], _) => {
            let more =
                if rest.is_empty() { String::new() } else { format!(" (! shows {} more)", rest.len()) };
            let warning = cut(
                &format!("warning: {}", shown(warning)),
                usize::from(room).saturating_sub(more.len() + 1),
            );
            one_line(&format!("{warning}{more}"), room, Style::new())
        }
        (None, [], Some(notice)) => one_line(notice, room, DIM),
        (None, [], None) => Line::default(),
    }
}

fn tab_line(model: &Model) -> Line<'static> {
    let mut spans = vec![Span::raw(" ")];
    for (number, (tab, name)) in Tab::ALL.iter().enumerate() {
        let style = if *tab == model.tab { CHOSEN } else { Style::new() };
        let (open, close) = if *tab == model.tab { ("[", "]") } else { (" ", " ") };
        spans.push(Span::styled(format!("{open}{} {name}{close}", number + 1), style));
        spans.push(Span::raw(" "));
    }
    // What is about the whole file does not belong to what is open below it.
    let is_whole = |panel: &Panel| panel.at().is_none() && !matches!(panel, Panel::Input { .. });
    let from = model.panels.iter().rposition(|panel| is_whole(panel) || matches!(panel, Panel::Save { .. }));
    let panels = &model.panels[from.unwrap_or(0)..];
    let path = panels.iter().map(panel_name).fold(String::new(), |path, name| path + " > " + &name);
    spans.push(Span::styled(path, BOLD));
    Line::from(spans)
}

fn panel_name(panel: &Panel) -> String {
    match panel {
        Panel::Segment { name, .. } => shown(name),
        Panel::Choice { key, .. } | Panel::Checks { key, .. } | Panel::List { key, .. } => (*key).to_owned(),
        Panel::Add { .. } => "add a segment".to_owned(),
        Panel::Input { what: What::Value { key, .. }, .. } => (*key).to_owned(),
        Panel::Input { what: What::Element { is_new: true, .. }, .. } => "add".to_owned(),
        Panel::Input { what: What::Element { .. }, .. } => "change".to_owned(),
        Panel::Input { what: What::Name { .. }, .. } => "name".to_owned(),
        Panel::Save { .. } => "what will be written".to_owned(),
        Panel::Leave => "leave".to_owned(),
        Panel::Help => "keys".to_owned(),
        Panel::Warnings => "warnings".to_owned(),
    }
}

fn draw_body(frame: &mut Frame, area: Rect, model: &Model, preview: &Preview) {
    let columns = usize::from(area.width);
    let (lines, at) = match model.panels.last() {
        Some(Panel::Input { input, about, problem, .. }) => {
            return draw_input(frame, area, input, about, problem.as_deref());
        }
        Some(Panel::Segment { name, at }) => options(model, name, *at, columns),
        Some(Panel::Choice { table, key, words, at }) => {
            let now = model.draft.value(table, key).map(|value| in_words(table, key, value));
            let is_now = |word: &str| now.as_deref().unwrap_or("\"\"").trim_matches('"') == word;
            choices(
                words.iter().map(|(word, about)| (word.as_str(), about.as_str(), is_now(word))),
                *at,
                columns,
            )
        }
        Some(Panel::Checks { table, key, words, at }) => {
            let now = model.draft.list(table, key);
            let word = |word: &&'static str| (*word, "", now.iter().any(|now| now == word));
            choices(words.iter().map(word), *at, columns)
        }
        Some(Panel::List { table, key, at }) => elements(&model.draft.list(table, key), *at, columns),
        Some(Panel::Add { at }) => {
            let all = model.draft.addable();
            choices(all.iter().map(|(name, about)| (name.as_str(), about.as_str(), false)), *at, columns)
        }
        Some(Panel::Save { at }) => diff(model, *at, columns),
        Some(Panel::Leave) => (vec![Line::raw(" Your changes are not saved.")], 0),
        Some(Panel::Help) => return,
        Some(Panel::Warnings) => {
            let all = preview.warnings.iter().chain(&model.catalog.notices);
            let lines: Vec<Line> = all.map(|warning| Line::raw(format!(" {}", shown(warning)))).collect();
            let lines = if lines.is_empty() { vec![Line::raw(" Nothing is wrong.")] } else { lines };
            return frame.render_widget(Paragraph::new(lines).wrap(Wrap { trim: false }), area);
        }
        None => match model.tab {
            Tab::Theme => {
                let all = model.themes();
                let theme = |(name, about): &'_ (String, String)| {
                    (name.clone(), about.clone(), model.draft.is_chosen("theme", name))
                };
                let all: Vec<_> = all.iter().map(theme).collect();
                choices(
                    all.iter().map(|(name, about, now)| (name.as_str(), about.as_str(), *now)),
                    model.at(),
                    columns,
                )
            }
            Tab::Preset => choices(
                presets().map(|(name, about)| (name, about, model.draft.preset() == name)),
                model.at(),
                columns,
            ),
            Tab::Rows => rows(model, columns),
            Tab::Line => options(model, "", model.at(), columns),
        },
    };
    // The line of the cursor is in sight, in the middle where there is more.
    let height = usize::from(area.height);
    let top = at.saturating_sub(height / 2).min(lines.len().saturating_sub(height));
    let lines: Vec<Line> = lines.into_iter().skip(top).take(height).collect();
    frame.render_widget(Paragraph::new(lines), area);
}

fn draw_input(frame: &mut Frame, area: Rect, input: &Input, about: &str, problem: Option<&str>) {
    let [what, text, wrong] =
        Layout::vertical([Constraint::Length(2), Constraint::Length(1), Constraint::Min(1)]).areas(area);
    frame.render_widget(Paragraph::new(format!(" {about}")).wrap(Wrap { trim: false }), what);
    // As it will be shown: what it would hide is left out, and what stands before the cursor is in sight.
    let room = usize::from(text.width).saturating_sub(4);
    let before = end_of(&shown(input.before()), room);
    let after = shown(&input.text()[input.before().len()..]);
    let line = format!("{before}{}", cut(&after, room.saturating_sub(width(&before))));
    frame.render_widget(Line::from(vec![Span::styled(" > ", BOLD), Span::raw(line)]), text);
    frame.set_cursor_position((text.x + 3 + width(&before) as u16, text.y));
    if let Some(problem) = problem {
        frame.render_widget(
            Paragraph::new(format!(" {}", shown(problem))).wrap(Wrap { trim: false }).style(BOLD),
            wrong,
        );
    }
}

/// Words with what they are and whether they are chosen; the cursor is on one of them.
fn choices<'a>(
    words: impl Iterator<Item = (&'a str, &'a str, bool)>,
    at: usize,
    columns: usize,
) -> (Vec<Line<'static>>, usize) {
    let line = |(index, (word, about, is_chosen)): (usize, (&str, &str, bool))| {
        let mark = if is_chosen { "*" } else { " " };
        let word = if word.is_empty() { "-".to_owned() } else { shown(word) };
        on_cursor(index == at, &format!("{mark} {} {}", padded(&word, 22), shown(about)), columns)
    };
    (words.enumerate().map(line).collect(), at)
}

fn options(model: &Model, table: &str, at: usize, columns: usize) -> (Vec<Line<'static>>, usize) {
    const KEY: usize = 14;
    const SOURCE: usize = 16;
    let line = |(index, option): (usize, super::options::Opt)| {
        let value = model.draft.value(table, option.key);
        let value = value.map_or_else(|| "-".to_owned(), |value| in_words(table, option.key, value));
        let value = padded(&shown(&value), columns.saturating_sub(KEY + SOURCE + 5));
        let source = model.draft.source(table, option.key);
        on_cursor(index == at, &format!("{} {value} {source}", padded(option.key, KEY)), columns)
    };
    (model.options(table).into_iter().enumerate().map(line).collect(), at)
}

fn elements(list: &[String], at: usize, columns: usize) -> (Vec<Line<'static>>, usize) {
    if list.is_empty() {
        return (vec![Line::styled("   nothing yet; a adds the first", DIM)], 0);
    }
    let line = |(index, text): (usize, &String)| {
        on_cursor(index == at, &format!("{} {}", index + 1, shown(text)), columns)
    };
    (list.iter().enumerate().map(line).collect(), at)
}

fn on_cursor(is_there: bool, text: &str, columns: usize) -> Line<'static> {
    let (mark, style) = if is_there { (" > ", CHOSEN) } else { ("   ", Style::new()) };
    let text = padded(text, columns.saturating_sub(4));
    Line::from(vec![Span::raw(mark), Span::styled(text, style)])
}

/// The rows, each side in lines of its own.
fn rows(model: &Model, columns: usize) -> (Vec<Line<'static>>, usize) {
    let rows = model.draft.rows();
    if rows.is_empty() {
        return (vec![Line::styled("   no row yet; a adds a segment", DIM)], 0);
    }
    let (mut lines, mut cursor) = (Vec::new(), 0);
    for row in 0..rows.len() {
        let mut next = 0;
        let mut number = format!("{}", row + 1);
        if rows.segments(row) == 0 {
            let mark = if row == model.place.row { ">" } else { " " };
            lines.push(Line::raw(format!(" {mark}{number} [nothing here yet: a adds a segment]")));
            if row == model.place.row {
                cursor = lines.len() - 1;
            }
            continue;
        }
        for side in SIDES.into_iter().filter(|side| !rows.side(row, *side).is_empty()) {
            let name = match side {
                Side::Left => "left",
                Side::Centre => "centre",
                Side::Right => "right",
            };
            let mark = if row == model.place.row { ">" } else { " " };
            let head = format!(" {mark}{number:<2} {name:<7}");
            let indent = " ".repeat(width(&head));
            let mut spans = vec![Span::styled(head, DIM)];
            let mut used = indent.len();
            for (group, names) in rows.side(row, side).iter().enumerate() {
                for (index, segment) in names.iter().enumerate() {
                    let between = if group > 0 && index == 0 { " │ " } else { "" };
                    let is_there = model.place == (Place { row, at: next });
                    next += 1;
                    let segment = shown(segment);
                    let text = if is_there { format!("[{segment}]") } else { format!(" {segment} ") };
                    let wide = width(between) + width(&text);
                    if used + wide > columns {
                        lines
                            .push(Line::from(std::mem::replace(&mut spans, vec![Span::raw(indent.clone())])));
                        used = indent.len();
                    }
                    used += wide;
                    spans.push(Span::styled(between, DIM));
                    spans.push(Span::styled(text, if is_there { CHOSEN } else { Style::new() }));
                    if is_there {
                        cursor = lines.len();
                    }
                }
            }
            lines.push(Line::from(spans));
            number = String::new();
        }
    }
    (lines, cursor)
}

/// What will be written, long lines in several; and where the line of that number begins.
fn diff(model: &Model, at: usize, columns: usize) -> (Vec<Line<'static>>, usize) {
    let (mut lines, mut top) = (Vec::new(), 0);
    for (number, (sign, text)) in model.draft.diff().into_iter().enumerate() {
        if number == at {
            top = lines.len();
        }
        let style = if sign == ' ' { DIM } else { BOLD };
        for (index, part) in parts(&shown(&text), columns.saturating_sub(4)).into_iter().enumerate() {
            let sign = if index == 0 { sign } else { ' ' };
            lines.push(Line::styled(format!(" {sign} {part}"), style));
        }
    }
    (lines, top)
}

/// A text in parts of at most so many columns; one at least.
fn parts(text: &str, columns: usize) -> Vec<String> {
    let mut parts = vec![String::new()];
    for c in text.chars() {
        let last = parts.last_mut().expect("there is one");
        if width(last) + width(c.encode_utf8(&mut [0; 4])) > columns {
            parts.push(c.to_string());
        } else {
            last.push(c);
        }
    }
    parts
}

fn help() -> Vec<Line<'static>> {
    let line = |(keys, about): &Hint| {
        Line::from(vec![Span::styled(format!(" {} ", padded(keys, 21)), BOLD), Span::raw(*about)])
    };
    keys::ALL.iter().map(line).collect()
}

/// What the cursor is on, in a sentence.
fn about(model: &Model) -> String {
    if let Some((table, at)) = model.shown_options() {
        return model.options(table).get(at).map_or_else(String::new, |option| option.about.to_owned());
    }
    match model.panels.last() {
        Some(Panel::List { table, key, .. }) => super::options::element(table, key).to_owned(),
        Some(Panel::Choice { words, at, .. }) => {
            words.get(*at).map_or_else(String::new, |(_, about)| about.clone())
        }
        Some(Panel::Add { at }) => model.draft.addable().swap_remove(*at).1,
        None if model.tab == Tab::Theme => model.themes().swap_remove(model.at()).1,
        None if model.tab == Tab::Preset => {
            presets().nth(model.at()).map_or_else(String::new, |(_, about)| about.to_owned())
        }
        None if model.tab == Tab::Rows => {
            let name = model.draft.rows().name(model.place).map(str::to_owned).unwrap_or_default();
            let kind = model.draft.stack().kind(&name);
            kind.map_or_else(String::new, |kind| format!("{name}: {}", kind.about))
        }
        _ => String::new(),
    }
}

fn hint_line(hints: &[Hint]) -> Line<'static> {
    let spans = hints.iter().flat_map(|(keys, about)| {
        [Span::styled(format!(" {keys}"), BOLD), Span::styled(format!(" {about} "), DIM)]
    });
    Line::from(spans.collect::<Vec<_>>())
}

fn one_line(text: &str, columns: u16, style: Style) -> Line<'static> {
    Line::styled(cut(&format!(" {}", shown(text).trim_start()), usize::from(columns)), style)
}

/// Text from outside, made harmless.
fn shown(text: &str) -> String {
    Text::new(text).as_str().to_owned()
}

/// Text in just so many columns.
fn padded(text: &str, columns: usize) -> String {
    let text = cut(text, columns);
    let blanks = columns.saturating_sub(width(&text));
    text + &" ".repeat(blanks)
}

/// The end of a text in at most so many columns.
fn end_of(text: &str, columns: usize) -> String {
    if width(text) <= columns {
        return text.to_owned();
    }
    let starts = text.char_indices().map(|(at, _)| at);
    let end = starts.map(|at| &text[at..]).find(|end| width(end) < columns).unwrap_or("");
    format!("…{end}")
}

#[cfg(test)]
mod tests;
