//! `bridgeline subagents`: the agent's subagent panel on stdin becomes one `{"id","content"}` per row on stdout.
//!
//! Promise: prints what is known and exits 0; the agent draws rows that are not printed itself.

use std::time::SystemTime;

use super::{guarded, print};
use crate::base::text::Text;
use crate::base::{format, json, stdin, width};
use crate::config::{Config, Invocation};
use crate::layout::{self, Decor, GroupStyle, Item, Side};
use crate::paint;
use crate::segment::{Form, Role, Span};
use crate::session::subagents::{SubagentPanel, SubagentRow, SubagentStatus};

/// Thresholds of danger, warning and notice, in percent of the subagent's window.
const LEVELS: [(f64, Role); 3] =
    [(85.0, Role::ContextDanger), (70.0, Role::ContextWarning), (50.0, Role::ContextNotice)];

/// Reads stdin and prints the rows.
pub fn run(call: &Invocation) {
    print(&guarded(|| lines(call)).unwrap_or_default());
}

fn lines(call: &Invocation) -> String {
    let delivery = stdin::payload();
    let Some(panel) = delivery.complete.then(|| SubagentPanel::parse(&delivery.text)).flatten() else {
        return String::new();
    };
    let config = Config::load(call, None);
    let columns = panel.columns.unwrap_or(config.width);
    // The panel draws its own bands around rows.
    let decor = Decor { style: GroupStyle::Plain, ..config.decor.clone() };
    let line = |row: &SubagentRow| {
        let pieces = layout::row(items(row, &config, call.env.now), columns, &decor);
        let content = paint::paint(&pieces, &config.theme.look, config.depth);
        // The agent draws a row for which we have nothing.
        (!pieces.is_empty()).then(|| {
            let [id, content] = [&row.id, &content].map(|text| json::harmless(&json::quote(text)));
            format!("{{\"id\":{id},\"content\":{content}}}\n")
        })
    };
    panel.rows.iter().filter_map(line).collect()
}

/// The segments of a row. The agent draws a mark before them.
fn items(row: &SubagentRow, config: &Config, now: SystemTime) -> Vec<Item<'static>> {
    let state = match &row.status {
        SubagentStatus::Running => None,
        SubagentStatus::Waiting(status) => Some((Role::StateWaiting, status)),
        SubagentStatus::Over(status) => Some((Role::State, status)),
    };
    // The time of the end is unknown.
    let is_over = matches!(row.status, SubagentStatus::Over(_));
    let began = row.began.filter(|_| !is_over);
    let age = began.and_then(|began| now.duration_since(began).ok());
    let kind = row.kind.as_ref().filter(|kind| row.name.as_ref() != Some(*kind));
    let text = |role| move |text: &String| shortened(role, text);
    let whole = |role, text: String| vec![Form::new(0, vec![Span::new(role, text)])];
    let parts = [
        (0, 95, row.name.as_ref().map(text(Role::Agents))),
        (0, 80, kind.map(text(Role::Agents))),
        (0, 85, state.map(|(role, status)| whole(role, status.clone()))),
        (1, 90, row.label.as_ref().map(text(Role::ActivityTarget))),
        (2, 70, row.tokens.map(|tokens| usage(tokens, row.window))),
        (3, 60, age.map(|age| whole(Role::Duration, format::duration(age.as_secs())))),
        (4, 50, row.model.as_ref().map(|model| shortened(Role::Model, &config.model_name(model)))),
        (4, 40, row.effort.as_ref().map(|effort| whole(Role::Effort, effort.clone()))),
    ];
    let item = |(group, priority, forms): (_, _, Option<_>)| Item::new(Side::Left, group, priority, forms?);
    parts.into_iter().filter_map(item).collect()
}

/// Text that can be cut to fewer columns.
fn shortened(role: Role, text: &str) -> Vec<Form> {
    let whole = Text::new(text);
    let cut = |columns: usize| width::cut(whole.as_str(), columns);
    let forms = [(0, whole.as_str().to_owned()), (10, cut(40)), (30, cut(24)), (55, cut(12))];
    forms.into_iter().map(|(rank, text)| Form::new(rank, vec![Span::new(role, text)])).collect()
}

/// Tokens, and the share of the window that they fill.
fn usage(tokens: u64, window: Option<u64>) -> Vec<Form> {
    let count = Span::new(Role::Tokens, format::compact(tokens as f64));
    let Some(window) = window else { return vec![Form::new(0, vec![count])] };
    let percent = tokens as f64 / window as f64 * 100.0;
    let role = LEVELS.iter().find(|(at, _)| percent >= *at).map_or(Role::Context, |(_, role)| *role);
    let share = Span::new(role, format::percent(percent));
    let both = vec![count, Span::fixed(Role::Text, " "), share.clone()];
    vec![Form::new(0, both), Form::new(45, vec![share])]
}
