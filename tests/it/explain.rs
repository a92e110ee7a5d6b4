//! `bridgeline explain`: what each segment shows, its sources, and why it is hidden.

use serde_json::{Value, json};

use crate::support::{Call, NOW, RICH, Sandbox, fixture, fixtures, plain};

const CONFIG: &str = "home/.config/bridgeline/config.toml";

#[track_caller]
fn explain(call: Call) -> Value {
    let printed = call.run().painted();
    serde_json::from_str(&printed).unwrap_or_else(|err| panic!("{err}: {printed}"))
}

/// For a payload on stdin.
#[track_caller]
fn explained(sandbox: &Sandbox, payload: &Value, args: &[&str]) -> Value {
    explain(sandbox.call(&["explain", "--json"]).args(args).stdin(payload.to_string()))
}

#[track_caller]
fn segment<'a>(explained: &'a Value, name: &str) -> &'a Value {
    let mut rows = explained["rows"].as_array().unwrap().iter();
    let find = |row: &'a Value| row["segments"].as_array().unwrap().iter().find(|part| part["name"] == name);
    rows.find_map(find).unwrap_or_else(|| panic!("{name}: {explained:#}"))
}

#[track_caller]
fn value<'a>(explained: &'a Value, of: &str, name: &str) -> &'a Value {
    let values = segment(explained, of)["values"].as_array().unwrap();
    values.iter().find(|value| value["name"] == name).unwrap_or_else(|| panic!("{name}: {explained:#}"))
}

#[test]
fn each_value_says_where_it_comes_from_and_how_old_it_is() {
    let sandbox = Sandbox::new();
    let payload = sandbox.rich();
    sandbox.set_modified(&format!("tmp/ecc-metrics-{RICH}.json"), NOW - 7);
    let explained = explained(&sandbox, &payload, &["--preset", "full", "--width", "300"]);
    let check = |of: &str, name: &str, source: &str, age: Value| {
        let value = value(&explained, of, name);
        assert_eq!((&value["source"], &value["age_s"]), (&json!(source), &age), "{value}");
        assert!(value["text"].is_string(), "{value}");
    };
    check("model", "name", "payload", json!(0));
    check("context", "used", "payload", json!(0));
    check("tools", "tools", "bridge", json!(7));
    check("files", "files", "bridge", json!(7));
    check("task", "title", "task files", Value::Null);
    check("git", "branch", "HEAD", Value::Null);
    check("clock", "time", "clock", Value::Null);
    check("host", "host", "environment", Value::Null);
    let bridge = sandbox.text(&format!("tmp/ecc-metrics-{RICH}.json"));
    assert_eq!(value(&explained, "tools", "tools")["path"], json!(bridge));
    // The host's own cost wins over that of the bridge.
    assert_eq!(value(&explained, "cost", "usd")["source"], "payload");
    let mut without = payload.clone();
    without["cost"] = Value::Null;
    without["rate_limits"] = Value::Null;
    let explained = self::explained(&sandbox, &without, &["--preset", "full", "--width", "300"]);
    let cost = value(&explained, "cost", "usd");
    assert_eq!((&cost["source"], &cost["text"]), (&json!("bridge"), &json!("~$1.20")));
}

#[test]
fn a_fact_of_git_says_how_long_it_took() {
    let sandbox = Sandbox::new();
    std::fs::create_dir_all(sandbox.path("work/garden")).unwrap();
    assert!(sandbox.git("work/garden", &["init", "-q", "-b", "main"]));
    sandbox.file("work/garden/new", "x");
    let payload = json!({"model": "M", "workspace": {"current_dir": sandbox.text("work/garden")}});
    let of = |sandbox: &Sandbox| explained(sandbox, &payload, &["--set", "rows = 'git'"]);
    let before = of(&sandbox);
    assert_eq!(value(&before, "git", "changes")["text"], Value::Null);
    assert_eq!(value(&before, "git", "branch")["text"], "main");
    sandbox.call(&["refresh", "git", &sandbox.text("work/garden")]).refreshing().run().painted();
    let after = of(&sandbox);
    let changes = value(&after, "git", "changes");
    assert_eq!((&changes["source"], &changes["text"]), (&json!("git"), &json!("?1")));
    assert_eq!(changes["age_s"], 0);
    assert!(changes["took_ms"].is_u64(), "{changes}");
}

#[test]
fn what_is_shown_is_what_a_render_shows() {
    let sandbox = Sandbox::new();
    let payload = sandbox.rich();
    for preset in ["default", "full", "two-row", "classic"] {
        for width in ["30", "60", "120"] {
            let args = ["--preset", preset, "--width", width];
            let rows = sandbox.render(&payload).args(&args).run().rows();
            let explained = explained(&sandbox, &payload, &args);
            let shown = explained["rows"].as_array().unwrap().iter().filter(|row| row["hidden"].is_null());
            let shown: Vec<&str> = shown.map(|row| row["text"].as_str().unwrap()).collect();
            assert_eq!(shown, rows, "{preset} {width}");
        }
    }
}

#[test]
fn why_a_segment_is_short_or_left_out() {
    let sandbox = Sandbox::new();
    let payload = sandbox.rich();
    let fate = |explained: &Value, name: &str| {
        let part = segment(explained, name);
        (part["fate"].as_str().unwrap().to_owned(), part["reason"].as_str().unwrap_or_default().to_owned())
    };
    let wide = explained(&sandbox, &payload, &["--width", "200"]);
    assert_eq!(fate(&wide, "context"), ("shown".to_owned(), String::new()));
    let narrow = explained(&sandbox, &payload, &["--width", "40"]);
    let (is, why) = fate(&narrow, "context");
    assert!(is == "shortened" && why.contains("of 5: no room for more"), "{is} {why}");
    let (is, why) = fate(&narrow, "effort");
    assert_eq!((is.as_str(), why.as_str()), ("dropped", "no room: low priority (31)"));
    // Its text is in the line.
    let context = segment(&narrow, "context")["text"].as_str().unwrap();
    assert!(narrow["rows"][0]["text"].as_str().unwrap().contains(context));
}

#[test]
fn why_a_segment_is_absent() {
    let check = |config: &str, bridge: Option<&str>, name: &str, expected: &str| {
        let sandbox = Sandbox::new();
        sandbox.file(CONFIG, config);
        if let Some(bridge) = bridge {
            sandbox.file("tmp/ecc-metrics-s.json", bridge);
        }
        let payload = json!({
            "session_id": "s", "model": "M", "cost": {"total_cost_usd": 1.5},
            "context_window": {"used_percentage": 5}, "workspace": {"current_dir": sandbox.text("work")},
        });
        let explained = explained(&sandbox, &payload, &[]);
        let part = segment(&explained, name);
        assert_eq!(part["fate"], "absent", "{part}");
        let reason = part["reason"].as_str().unwrap();
        assert!(reason.contains(expected), "{config}: {reason}");
        assert_eq!((&part["form"], &part["forms"]), (&json!(0), &json!(0)));
    };
    check("rows = 'model vim'", None, "vim", "nothing to show in the payload");
    check(
        "rows = 'model context'\n[segments.context]\nhide_when = 'used < 10'",
        None,
        "context",
        "hidden while `used < 10`",
    );
    check("rows = 'model tools'", None, "tools", "no hook has written a bridge");
    check("rows = 'model state'", Some(r#"{"tool_count": 1}"#), "state", "payload or the Node hooks");
    check("rows = 'model agents'", Some(r#"{"bridgeline": {"seq": 1}}"#), "agents", "payload or the bridge");
    check("rows = 'model tools'", Some("nonsense"), "tools", "is not a JSON object");
    check("rows = 'model tools'", Some(""), "tools", "cannot be used");
    check("rows = 'model task'", None, "task", "no open task");
    check("rows = 'model git'", None, "git", "not a git repository");
    check("rows = 'model mine'\n[segments.mine]\nkind = 'env'\nvariable = 'SHED'", None, "mine", "SHED is not set");
    check("rows = 'model env'", None, "env", "no variable is configured");
    check("rows = 'model text'", None, "text", "no format is set");
    check("rows = 'model cost'\n[segments.cost]\nformat = '{usd} {budget}'", None, "cost", "no budget: ");
}

#[test]
fn rows_that_are_not_shown_say_why() {
    let sandbox = Sandbox::new();
    sandbox.file(CONFIG, "rows = ['env', 'model', 'dir']\n");
    let hidden = |payload: &Value| -> Vec<Value> {
        let explained = explained(&sandbox, payload, &[]);
        explained["rows"].as_array().unwrap().iter().map(|row| row["hidden"].clone()).collect()
    };
    let nothing = json!("none of its segments has a value");
    let payload = json!({"model": "M", "workspace": {"current_dir": sandbox.text("work")}});
    assert_eq!(hidden(&payload), [nothing.clone(), Value::Null, Value::Null]);
    let payload = fixture(&fixtures().into_iter().find(|name| name.starts_with("kimi/")).unwrap());
    assert_eq!(sandbox.render(&payload).run().rows().len(), 1);
    assert_eq!(hidden(&payload), [nothing, Value::Null, json!("kimi shows at most 1")]);
}

#[test]
fn the_session_that_is_meant() {
    let sandbox = Sandbox::new();
    let payload = |id: &str, folder: &str| json!({"session_id": id, "model": id, "workspace": {"current_dir": sandbox.text(folder)}});
    let fails = |args: &[&str], expected: &str| {
        let printed = sandbox.call(args).run();
        assert_eq!(printed.code, Some(1), "{printed:?}");
        assert!(printed.stderr.contains(expected), "{}", printed.stderr);
    };
    fails(&["explain"], "no session for this directory in");
    fails(&["explain", "--session", "last"], "session last: not found in");
    fails(&["explain", "--session", "../x\u{1b}[2J"], "session ../x[2J: not found");
    sandbox.render(&payload("here", "work")).run().line();
    sandbox.render(&payload("elsewhere", "home")).run().line();
    sandbox.set_modified("state/sessions/here.json", NOW - 100);
    sandbox.set_modified("state/sessions/elsewhere.json", NOW - 50);
    let session = |args: &[&str]| explain(sandbox.call(&["explain", "--json"]).args(args).later(5));
    assert_eq!(session(&[])["session"], "here");
    assert_eq!(session(&[])["payload_age_s"], 5);
    assert_eq!(session(&["--session", "last"])["session"], "elsewhere");
    assert_eq!(session(&["--session", "elsewhere"])["session"], "elsewhere");
    let on_stdin = sandbox.call(&["explain"]).stdin("nonsense").run();
    assert_eq!((on_stdin.code, on_stdin.stdout.as_str()), (Some(1), ""));
    assert!(on_stdin.stderr.contains("an agent's payload"), "{}", on_stdin.stderr);
}

#[test]
fn nothing_is_written_and_the_keys_are_those_of_the_document() {
    let sandbox = Sandbox::new();
    let payload = sandbox.rich();
    let before = sandbox.files(".");
    let explained = explained(&sandbox, &payload, &[]);
    assert_eq!(sandbox.files("."), before);
    let document = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/doctor.md")).unwrap();
    let (_, document) = document.split_once("## `explain`").unwrap();
    let check = |value: &Value, expected: &[&str]| {
        let mut keys: Vec<&str> = value.as_object().unwrap().keys().map(String::as_str).collect();
        keys.sort_unstable();
        assert_eq!(keys, expected);
        assert!(keys.iter().all(|key| document.contains(key)), "{keys:?}");
    };
    check(
        &explained,
        &[
            "agent", "columns", "columns_by", "mistakes", "payload_age_s", "rows", "schema", "session", "theme",
            "theme_by", "version",
        ],
    );
    assert_eq!((&explained["schema"], &explained["version"]), (&json!("bridgeline.explain"), &json!(1)));
    check(&explained["rows"][0], &["columns", "hidden", "segments", "text"]);
    let part = segment(&explained, "git");
    check(part, &["fate", "form", "forms", "kind", "name", "reason", "text", "values"]);
    check(&part["values"][0], &["age_s", "name", "path", "source", "text", "took_ms"]);
}

#[test]
fn each_segment_has_one_line_and_hostile_texts_come_out_harmless() {
    let sandbox = Sandbox::new();
    sandbox.file(
        CONFIG,
        "rows = ['model vim | mine']\n[segments.mine]\nkind = 'env'\nvariable = 'E'\n[segments.x]\ny = 1\n",
    );
    let evil = "a\u{1b}]0;owned\u{7}\u{9b}2J\u{202e}\nb";
    let payload = json!({"model": evil, "session_id": evil, "version": "1"});
    let call = |args: &[&str]| sandbox.call(args).env("E", evil).stdin(payload.to_string());
    let shown = plain(&call(&["explain"]).run().painted());
    let lines: Vec<&str> = shown.lines().collect();
    assert_eq!(lines.len(), 1 + 1 + 2 + 3 + 1, "{shown}");
    assert!(lines[0].starts_with("session a]0;owned2J b of claude-code, payload 0s old"), "{shown}");
    assert!(lines[4].starts_with("  shown     model       a]0;owned2J b"), "{shown}");
    assert!(lines[5].starts_with("  absent    vim "), "{shown}");
    assert!(lines[6].starts_with("  shown     mine "), "{shown}");
    assert!(lines[7].contains("bridgeline config check"), "{shown}");
    plain(&call(&["explain", "--json"]).run().painted());
    assert!(call(&["explain", "--color", "256"]).run().painted().contains("\u{1b}[38;5;"));
}
