//! The rows of the subagent panel.

use std::fmt::Write;
use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use snapbox::{assert_data_eq, str};
use unicode_width::UnicodeWidthStr;

use crate::support::{NOW, Sandbox, plain};

fn panel(columns: u64) -> Value {
    json!({
        "session_id": "s",
        "cwd": "/work",
        "columns": columns,
        "tasks": [
            {
                "id": "agent-1", "agentType": "Explore", "type": "local_agent", "status": "running",
                "label": "reading how the beds are watered", "startTime": (NOW - 125) * 1000,
                "model": "claude-opus-5", "effort": "high", "contextWindowSize": 200_000, "tokenCount": 148_213
            },
            {"id": "bash-1", "type": "local_bash", "status": "running", "description": "run the tests", "label": "run the tests"},
            {"id": "flow-1", "status": "paused", "label": "review", "effort": 2},
            {"id": "mate-1", "name": "mate", "agentType": "reviewer", "status": "completed", "startTime": NOW - 9,
                "model": "us.anthropic.claude-sonnet-4-5-20250929-v1:0", "label": "\u{1b}]0;x\u{7}triage\nfindings"}
        ]
    })
}

fn rows(input: impl Into<Vec<u8>>, depth: &str) -> Vec<(String, String)> {
    let sandbox = Sandbox::new();
    let printed = sandbox.call(&["subagents"]).stdin(input).env("FORCE_COLOR", depth).run().painted();
    let row = |line: &str| {
        let row: Value = serde_json::from_str(line).unwrap();
        assert_eq!(row.as_object().unwrap().len(), 2, "{row}");
        (row["id"].as_str().unwrap().to_owned(), row["content"].as_str().unwrap().to_owned())
    };
    printed.lines().map(row).collect()
}

#[test]
fn each_task_has_a_row() {
    let rows = rows(panel(120).to_string(), "3");
    let rows: Vec<(&str, String)> = rows.iter().map(|(id, content)| (id.as_str(), plain(content))).collect();
    let expected = [
        ("agent-1", "Explore │ reading how the beds are watered │ 148k 74% │ 2m │ Opus 5 high"),
        ("bash-1", "run the tests"),
        ("flow-1", "paused │ review │ 2"),
        ("mate-1", "mate reviewer completed │ ]0;xtriage findings │ Sonnet 4.5"),
    ];
    assert_eq!(rows, expected.map(|(id, content)| (id, content.to_owned())));
}

#[test]
fn no_row_is_wider_than_the_panel() {
    for columns in 1..=100 {
        for (_, content) in rows(panel(columns).to_string(), "3") {
            let content = plain(&content);
            assert!(!content.is_empty() && content.width() <= columns as usize, "{columns}: {content}");
        }
    }
}

#[test]
fn what_is_no_panel_prints_nothing() {
    for input in ["", "{", "[]", "null", "{}", r#"{"tasks":7}"#, r#"{"tasks":[{"name":"x"},{"id":7},null]}"#] {
        assert_eq!(rows(input, "3"), [], "{input}");
    }
}

#[test]
fn colours_are_those_of_the_theme_and_can_be_off() {
    let painted = |depth: &str| rows(panel(120).to_string(), depth)[0].1.clone();
    assert!(painted("3").contains("\u{1b}[38;2;"));
    assert!(!painted("0").contains('\u{1b}'));
}

#[test]
fn every_captured_panel_has_its_rows() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/subagents/claude-code-2.1.332");
    let mut shown = String::new();
    for number in 1..=4 {
        let panel = fs::read(folder.join(format!("panel-{number}.json"))).unwrap();
        for (id, content) in rows(panel, "0") {
            writeln!(shown, "{number} {id} {content}").unwrap();
        }
    }
    assert_data_eq!(
        shown,
        str![[r#"
1 a66c0af3e3bc9ba1a general-purpose │ Write the plan for the garden │ Opus 4.8
1 ac882cb756b25ed0e Explore │ Explore the sources │ Opus 4.8
2 a66c0af3e3bc9ba1a general-purpose │ Write the plan for the garden │ 151k 15% │ Opus 4.8
2 ac882cb756b25ed0e Explore │ Explore the sources │ 10k 1% │ Opus 4.8
3 a66c0af3e3bc9ba1a general-purpose │ Write the plan for the garden │ 151k 15% │ Opus 4.8
3 ac882cb756b25ed0e Explore completed │ Explore the sources │ 16k 2% │ Opus 4.8
4 a66c0af3e3bc9ba1a general-purpose completed │ Write the plan for the garden │ 26k 3% │ Opus 4.8
4 ac882cb756b25ed0e Explore completed │ Explore the sources │ 16k 2% │ Opus 4.8

"#]]
    );
}

#[test]
fn ones_own_name_of_a_model_is_shown() {
    let sandbox = Sandbox::new();
    sandbox.file("home/.config/bridgeline/config.toml", "[model_names]\n'claude-opus-5' = 'Big'\n");
    let printed = sandbox.call(&["subagents"]).stdin(panel(120).to_string()).run().painted();
    assert!(printed.contains("Big"), "{printed}");
}
