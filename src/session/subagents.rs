//! The subagent panel: the object on the stdin of Claude Code's `subagentStatusLine` command, up to
//! 2.1.332 (<https://code.claude.com/docs/en/statusline>). It asks for a row for each subagent.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::base::json::Object;

/// The panel.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SubagentPanel {
    /// Columns of a row; `None` when unknown.
    pub columns: Option<usize>,
    /// Rows, in the order of the agent.
    pub rows: Vec<SubagentRow>,
}

/// A subagent or another task in the background. Every field but the id may be missing.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SubagentRow {
    /// The agent's id, used in the reply.
    pub id: String,
    /// `None` for most: only some agents are given a name.
    pub name: Option<String>,
    /// Kind of agent, such as `Explore`. `None` for tasks that are not agents.
    pub kind: Option<String>,
    /// Current activity, in a few words.
    pub label: Option<String>,
    pub status: SubagentStatus,
    /// Time of its start.
    pub began: Option<SystemTime>,
    /// Id of its model.
    pub model: Option<String>,
    /// Reasoning effort, as a word or a budget of tokens.
    pub effort: Option<String>,
    /// Tokens in its context window.
    pub tokens: Option<u64>,
    /// Size of that window in tokens.
    pub window: Option<u64>,
}

/// Status of a subagent.
#[derive(Debug, Clone, Default, PartialEq)]
pub enum SubagentStatus {
    /// At work.
    #[default]
    Running,
    /// Pending or paused, in the agent's word.
    Waiting(String),
    /// Over, in the agent's word.
    Over(String),
}

impl SubagentPanel {
    /// Reads the panel. `None` if it is not a JSON object. Rows without an id cannot be answered and are left out.
    pub fn parse(payload: &str) -> Option<Self> {
        let payload = Object::parse(payload)?;
        let columns = payload.count("columns").filter(|columns| *columns > 0);
        let rows = payload.objects("tasks").iter().filter_map(SubagentRow::read).collect();
        Some(SubagentPanel { columns: columns.and_then(|columns| columns.try_into().ok()), rows })
    }
}

impl SubagentRow {
    fn read(task: &Object) -> Option<Self> {
        /// Milliseconds from 1973 on; a smaller number is seconds.
        const FIRST_MS: u64 = 100_000_000_000;
        let began = task.count("startTime").filter(|time| *time > 0);
        let began = began.map(|time| if time < FIRST_MS { time * 1000 } else { time });
        Some(SubagentRow {
            id: task.string("id").filter(|id| !id.is_empty())?,
            name: task.text("name"),
            kind: task.text("agentType"),
            label: task.text("label").or_else(|| task.text("description")),
            status: match task.string("status").as_deref() {
                None | Some("running") => SubagentStatus::Running,
                Some(status @ ("pending" | "paused")) => SubagentStatus::Waiting(status.to_owned()),
                Some(status) => SubagentStatus::Over(status.to_owned()),
            },
            began: began.and_then(|ms| UNIX_EPOCH.checked_add(Duration::from_millis(ms))),
            model: task.text("model"),
            effort: task.text("effort").or_else(|| Some(task.count("effort")?.to_string())),
            tokens: task.count("tokenCount").filter(|tokens| *tokens > 0),
            window: task.count("contextWindowSize").filter(|size| *size > 0),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panel_is_read_and_odd_fields_cost_themselves() {
        let panel = SubagentPanel::parse(
            r#"{"columns":100,"tasks":[
            {"id":"a","name":"scout","agentType":"Explore","status":"running","label":"scanning","startTime":1800000000000,"model":"claude-opus-5","effort":2,"tokenCount":500,"contextWindowSize":200000},
            {"id":"b","status":"failed","description":"tests","startTime":"x","tokenCount":0,"effort":"high"},
            {"name":"nobody"},7,{"id":""}]}"#,
        )
        .unwrap();
        assert_eq!(panel.columns, Some(100));
        let first = SubagentRow {
            id: "a".into(),
            name: Some("scout".into()),
            kind: Some("Explore".into()),
            label: Some("scanning".into()),
            status: SubagentStatus::Running,
            began: Some(UNIX_EPOCH + Duration::from_secs(1_800_000_000)),
            model: Some("claude-opus-5".into()),
            effort: Some("2".into()),
            tokens: Some(500),
            window: Some(200_000),
        };
        let second = SubagentRow {
            id: "b".into(),
            label: Some("tests".into()),
            status: SubagentStatus::Over("failed".into()),
            effort: Some("high".into()),
            ..SubagentRow::default()
        };
        assert_eq!(panel.rows, [first, second]);
        assert_eq!(SubagentPanel::parse("[]"), None);
        let in_seconds = SubagentPanel::parse(r#"{"tasks":[{"id":"a","startTime":1800000000}]}"#).unwrap();
        assert_eq!(in_seconds.rows[0].began, panel.rows[0].began);
        assert_eq!(SubagentPanel::parse("{}"), Some(SubagentPanel::default()));
    }
}
