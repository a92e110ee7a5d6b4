//! Every parser, in this process: its result for mutated text is valid input for the next step.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, UNIX_EPOCH};

use bridgeline::agent;
use bridgeline::base::env::Env;
use bridgeline::base::json::Object;
use bridgeline::base::text::Text;
use bridgeline::bridge::event::Event;
use bridgeline::bridge::record::Record;
use bridgeline::bridge::{cost, metrics};
use bridgeline::config::{Config, Flags, Invocation, Layers, layer};
use bridgeline::line;
use bridgeline::session::subagents::SubagentPanel;
use bridgeline::session::tasks;
use bridgeline::snapshot::{Given, Snapshot};
use bridgeline::spending::prices::Prices;
use bridgeline::store::MAX_STATE;
use unicode_width::UnicodeWidthStr;

use crate::mutate::mutate;
use crate::support::random::Random;
use crate::support::{NOW, plain};

/// A text, and the parser for it.
type Parser = fn(&str, &mut Random);

#[test]
fn parsers() {
    let kinds = kinds();
    crate::for_a_while("parsers", |random| {
        let (parser, corpus) = random.one_of(&kinds);
        let (input, other): (&Vec<u8>, &Vec<u8>) = (random.one_of(corpus), random.one_of(corpus));
        let input = mutate(input, other, random);
        parser(&String::from_utf8_lossy(&input), random);
    });
}

/// Each parser with its input.
fn kinds() -> Vec<(Parser, Vec<Vec<u8>>)> {
    let configs = texts(&[
        "rows = [\"model | fill | cost\", \"git task\"]\nwidth = 80\n[segments.cost]\nformat = \"[{icon} ]{usd}\"\nthresholds = [\"5 warning\"]\n",
        "preset = \"powerline\"\ntheme = \"nord\"\n[segments.own]\nkind = \"text\"\nformat = \"x\"\n",
    ]);
    vec![
        (status_line, below("tests/fixtures/status", "json")),
        (config, configs),
        (events, below("tests/fixtures/hook", "json")),
        (bridge, texts(&[BRIDGE])),
        (panel, texts(&[PANEL])),
        (rows_of_cost, texts(&["{\"session_id\":\"s\",\"estimated_cost_usd\":1.5,\"input_tokens\":3}\n"])),
        (prices, texts(&["[models]\n\"glm-4.6\" = { input = 0.6, output = 2.2 }\n"])),
        (task_list, below("tests/fixtures/tasks", "json")),
        (text, texts(&["\u{1b}[31mred\u{1b}[0m", "a\u{202e}b", "日本語 👩\u{200d}👩"])),
    ]
}

const BRIDGE: &str = r#"{"session_id":"s","total_cost_usd":1.5,"tool_count":3,"files_modified_count":5,"files_modified":["/a"],"recent_tools":[{"tool":"Bash","hash":"x"}],"first_timestamp":"2026-11-23T02:00:00.000Z","last_timestamp":"2026-11-23T03:00:00.000Z","context_remaining_pct":42,"bridgeline":{"seq":2,"mode":"plan","state":"waiting","since_ms":5,"tool":{"name":"Edit","target":"a.rs","at_ms":4},"agents":[{"id":"1","type":"Explore","since_ms":3}],"compactions":1,"failures":2,"tasks":[{"id":"1","subject":"a","activeForm":"b","status":"in_progress","blockedBy":["2"]}],"costs_read":9}}"#;

const PANEL: &str = r#"{"columns":100,"tasks":[{"id":"a1","name":"review","type":"local_agent","agentType":"Explore","status":"running","label":"x","startTime":1795402835,"model":"claude-haiku-4-5-20251001","tokenCount":1200}]}"#;

fn texts(texts: &[&str]) -> Vec<Vec<u8>> {
    texts.iter().map(|text| text.as_bytes().to_vec()).collect()
}

/// The files below a folder of the project with this extension.
fn below(folder: &str, extension: &str) -> Vec<Vec<u8>> {
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)];
    let mut files: Vec<PathBuf> = Vec::new();
    while let Some(folder) = folders.pop() {
        for path in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            match path.is_dir() {
                true => folders.push(path),
                false if path.extension().is_some_and(|found| found == extension) => files.push(path),
                false => {}
            }
        }
    }
    files.sort();
    assert!(!files.is_empty(), "{folder}");
    files.iter().map(|path| fs::read(path).unwrap()).collect()
}

fn sandbox() -> Env {
    let vars = [("HOME", "/home/ada"), ("TZ", "UTC"), ("HOSTNAME", "shed"), ("USER", "ada")];
    Env::fixed(UNIX_EPOCH + Duration::from_secs(NOW), vars.map(|(name, value)| (name, OsString::from(value))))
}

/// The rows of a session: they fit, and have only text and colours.
fn assert_line(payload: &str, bridge: Option<&str>, config: &str, random: &mut Random) {
    let env = sandbox();
    let columns = 1 + random.index(200);
    let (layer, _) = layer::parse(config);
    let flags = Flags { layer, width: Some(columns), agent: None };
    let config = Config::load(&Invocation::new(env.clone(), flags), None);
    let Some(status) = agent::read(payload) else { return };
    let given = Given { bridge: bridge.map(str::to_owned), ..Given::default() };
    let snapshot = Snapshot::given(status, &env, given);
    let painted = line::painted(&line::rows(&snapshot, &config), &config);
    for row in plain(&painted).lines() {
        assert!(row.width() <= columns, "{columns}: {row:?}");
    }
}

fn status_line(payload: &str, random: &mut Random) {
    let preset = random.one_of(&["default", "full", "powerline", "hud", "classic", "minimal"]);
    assert_line(payload, None, &format!("preset = \"{preset}\"\n"), random);
}

fn config(source: &str, random: &mut Random) {
    let flags = Flags::default();
    let layers = Layers::of_text(Path::new("/home/ada/config.toml"), source, &flags);
    let _ = Config::new(layers, &Invocation::new(sandbox(), flags), || None);
    assert_line(r#"{"session_id":"s","model":{"display_name":"M"},"cost":{"total_cost_usd":3}}"#, None, source, random);
}

/// One event after another: the record stays small, and is read back as it was written.
fn events(payload: &str, _: &mut Random) {
    let Some(event) = Event::parse(payload) else { return };
    let mut record = Record::default();
    for _ in 0..3 {
        metrics::apply(&mut record, &event, None, UNIX_EPOCH + Duration::from_secs(NOW));
    }
    let mut object = Object::default();
    record.write("s", &mut object);
    let text = object.to_string();
    assert!((text.len() as u64) < MAX_STATE / 2, "{}", text.len());
    assert_eq!(Record::read(&Object::parse(&text).unwrap()), record);
}

fn bridge(text: &str, random: &mut Random) {
    if let Some(mut object) = Object::parse(text) {
        let record = Record::read(&object);
        record.write("s", &mut object);
        assert_eq!(Record::read(&Object::parse(&object.to_string()).unwrap()), record);
    }
    let payload = r#"{"session_id":"s","model":{"display_name":"M"}}"#;
    assert_line(payload, Some(text), "preset = \"full\"\n", random);
}

fn panel(payload: &str, _: &mut Random) {
    let _ = SubagentPanel::parse(payload);
}

fn rows_of_cost(text: &str, _: &mut Random) {
    let _ = cost::newest_row(text, "s");
}

fn prices(text: &str, _: &mut Random) {
    let (prices, _) = Prices::with_override(Some(text));
    let _ = prices.of("glm-4.6");
}

fn task_list(text: &str, _: &mut Random) {
    let list = tasks::from_array(&format!("[{text}]"));
    let _ = tasks::Tasks::of(&list);
}

fn text(text: &str, _: &mut Random) {
    plain(Text::new(text).as_str());
}
