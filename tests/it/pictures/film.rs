//! The moving picture: a session from start to end, sent to the program moment by moment, and its output.

use bridgeline::paint::StyledRun;
use bridgeline::paint::svg::{self, SvgRow};
use bridgeline::segment::Role;
use bridgeline::theme::{self, Depth, Look, Style};
use serde_json::{Value, json};
use snapbox::{Data, assert_data_eq};

use super::{path, source};
use crate::support::{Sandbox, drawn};

pub(super) const NAME: &str = "session";

const TITLE: &str =
    "The statusline during a session: tasks, tool calls, a permission request, subagents, context and cost";

const COLUMNS: usize = 88;

/// Rows of a moment: what happens, a thin line, and the output.
const ROWS: usize = 6;

/// Pixels from one moment to the next, with a blank row between them as a margin.
const STEP: usize = (ROWS + 1) * 20;

/// Moments in order. Their events and payloads are recorded, with changes that make them one story.
fn moments() -> Vec<Value> {
    serde_json::from_str(&source("tests/fixtures/session.json")).unwrap()
}

/// Copies the values of one into the other.
fn merge(into: &mut Value, from: &Value) {
    match (into, from) {
        (Value::Object(into), Value::Object(from)) => {
            from.iter().for_each(|(key, value)| merge(into.entry(key.as_str()).or_insert(Value::Null), value));
        }
        (into, from) => *into = from.clone(),
    }
}

/// A message of the agent: the name of a recorded file, and changes.
fn sent(sandbox: &Sandbox, folder: &str, recorded: &Value, changes: &Value) -> String {
    let name = recorded[0].as_str().unwrap();
    let file = format!("tests/fixtures/{folder}/claude-code-2.1.332/{name}.json");
    let mut sent: Value = serde_json::from_str(&source(&file)).unwrap();
    merge(&mut sent, &recorded[1]);
    merge(&mut sent, changes);
    merge(&mut sent, &json!({ "session_id": NAME }));
    let project = json!(sandbox.text("work/garden")).to_string();
    sent.to_string().replace("/home/dev/work", project.trim_matches('"'))
}

/// Sends a moment to the program, and returns its output.
fn printed(sandbox: &Sandbox, moment: &Value) -> String {
    let second = moment["at"].as_u64().unwrap();
    for event in moment["events"].as_array().unwrap() {
        let event = sent(sandbox, "hook", event, &json!({"permission_mode": "acceptEdits"}));
        sandbox.call(&["hook"]).stdin(event).later(second).run().assert_quiet("a hook");
    }
    let duration = json!({"cost": {"total_duration_ms": second * 1000}});
    let status = sent(sandbox, "status", &moment["status"], &duration);
    let args = ["--preset", "hud", "--color", "truecolor", "--width", &COLUMNS.to_string()];
    sandbox.call(&args).stdin(status).later(second).run().painted()
}

/// The rows of a moment, and a blank one.
fn rows<'a>(says: &'a str, rule: &'a str, printed: &'a str, look: &Look) -> Vec<SvgRow<'a>> {
    let is_typed = says.starts_with(['$', '>']);
    let says = StyledRun { text: says, style: Style { bold: is_typed, dim: !is_typed, ..Style::PLAIN } };
    let rule = StyledRun { text: rule, style: look.style(Role::Separator) };
    let mut rows = vec![vec![says], vec![rule]];
    rows.extend(drawn::lines(printed));
    assert!(rows.len() <= ROWS, "{printed}");
    rows.resize(ROWS + 1, Vec::new());
    rows.into_iter().map(|runs| SvgRow { runs, depth: Depth::True }).collect()
}

/// The rule that scrolls through the moments, each shown for its time.
fn keyframes(moments: &[Value]) -> String {
    let shown_ms: Vec<u64> = moments.iter().map(|moment| moment["shown_ms"].as_u64().unwrap()).collect();
    let all_ms: u64 = shown_ms.iter().sum();
    let frame = |at: usize| {
        let percent = shown_ms[..at].iter().sum::<u64>() as f64 * 100.0 / all_ms as f64;
        format!("{percent:.2}%{{transform:translateY(-{}px)}}", at * STEP)
    };
    let frames: String = (0..moments.len()).map(frame).collect();
    format!(
        "@keyframes film{{{frames}}}\n\
         @media (prefers-reduced-motion:no-preference){{#film{{animation:film {all_ms}ms step-end infinite}}}}"
    )
}

/// All moments are stacked, and the picture is as high as one of them. Readers who turn animation off see the last.
#[test]
fn the_moving_picture_is_what_is_printed_during_a_session() {
    let sandbox = Sandbox::new();
    sandbox.file("work/garden/.git/HEAD", "ref: refs/heads/feature/login\n");
    let (moments, rule) = (moments(), "─".repeat(COLUMNS));
    let printed: Vec<String> = moments.iter().map(|moment| printed(&sandbox, moment)).collect();
    let look = &theme::find(theme::DEFAULT, None).look;
    let shown = moments.iter().zip(&printed);
    let all: Vec<SvgRow> =
        shown.flat_map(|(moment, printed)| rows(moment["says"].as_str().unwrap(), &rule, printed, look)).collect();
    // The drawing of a picture begins after three lines: its size, its title and its background.
    let still = svg::picture(&all[..ROWS], look, COLUMNS, TITLE);
    let head: String = still.split_inclusive('\n').take(3).collect();
    let film = svg::picture(&all, look, COLUMNS, "");
    let film: String = film.strip_suffix("</svg>\n").unwrap().split_inclusive('\n').skip(3).collect();
    let (keyframes, last) = (keyframes(&moments), (moments.len() - 1) * STEP);
    let moving = format!(
        "{head}<style>\n{keyframes}\n</style>\n<g id=\"film\" transform=\"translate(0 -{last})\">\n{film}</g>\n</svg>\n"
    );
    assert_data_eq!(moving, Data::read_from(&path(NAME), None));
}
