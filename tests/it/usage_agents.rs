//! `bridgeline usage` over sessions of Codex, Gemini CLI and OpenCode, captured and generated.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::support::Sandbox;

/// The captures are of this day: 2026-11-27T12:00:00Z.
const NOON: u64 = 1_795_780_800;

/// A home with a fixture in one of its folders.
fn home(fixture: &str, folder: &str) -> Sandbox {
    let sandbox = Sandbox::new();
    copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(fixture), &sandbox.path(folder));
    sandbox
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let to = to.join(entry.file_name());
        if entry.path().is_dir() { copy(&entry.path(), &to) } else { _ = fs::copy(entry.path(), to).unwrap() }
    }
}

#[track_caller]
fn report(sandbox: &Sandbox, args: &[&str]) -> Value {
    let args = [&["usage", "--format", "json", "--timezone", "UTC"], args].concat();
    let call = sandbox.call(&args).env("BRIDGELINE_NOW", format!("{NOON}000"));
    serde_json::from_str(&call.run().painted()).unwrap()
}

fn total(sandbox: &Sandbox) -> u64 {
    report(sandbox, &[])["total"]["total_tokens"].as_u64().unwrap()
}

/// The values of these keys in each row.
fn values(report: &Value, keys: &[&str]) -> Vec<Vec<Value>> {
    let rows = report["rows"].as_array().unwrap().iter();
    rows.map(|row| keys.iter().map(|key| row[key].clone()).collect()).collect()
}

#[test]
fn codex_counts_what_it_recorded() {
    let sandbox = home("usage-codex", "home/.codex");
    let rows = values(&report(&sandbox, &["--session"]), &["session", "agent", "title", "project", "total_tokens"]);
    let row = |id: &str, title: Value, project: &str, tokens: u64| {
        vec![json!(id), json!("codex"), title, json!(project), json!(tokens)]
    };
    let expected = [
        row("01a21ae5-15fd-7563-9faa-0f3a5c3aba10", json!("hello from two"), "/home/user/work2", 40_035),
        row("01a21ae2-e3d0-70d0-bcdb-9b17341dbe83", json!("please fix it"), "/home/user/work", 193_295),
        // A fork of it.
        row("01a21ae7-4991-7c40-9c86-297ec5d76ef7", json!("please fix it"), "/home/user/work", 21_050),
        // With a subagent's 5,077.
        row("01a21ae8-71fc-71f0-bb37-80bdd2051988", Value::Null, "/home/user/work", 55_380 + 5_077),
    ];
    assert_eq!(rows, expected);
    let models = values(&report(&sandbox, &["--model"]), &["model", "messages", "total_tokens", "cost_usd"]);
    let expected = [
        json!(["gpt-5.5", 16, 254_380, 0.704_4]).as_array().unwrap().clone(),
        json!(["gpt-6.2-sol", 5, 60_457, 0.071_77]).as_array().unwrap().clone(),
    ];
    assert_eq!(models, expected);
}

#[test]
fn a_thread_that_is_archived_or_removed_stays_counted_once() {
    let sandbox = home("usage-codex", "home/.codex");
    let counted = total(&sandbox);
    assert_eq!(counted, 314_837);
    copy(&sandbox.path("home/.codex/sessions"), &sandbox.path("home/.codex/archived_sessions"));
    assert_eq!(total(&sandbox), counted);
    fs::remove_dir_all(sandbox.path("home/.codex")).unwrap();
    assert_eq!(total(&sandbox), counted);
}

#[test]
fn codex_is_found_where_it_was_moved_to() {
    let sandbox = home("usage-codex", "work/codex");
    let call = sandbox.call(&["usage", "--format", "json"]).env("BRIDGELINE_NOW", format!("{NOON}000"));
    let report: Value =
        serde_json::from_str(&call.env("CODEX_HOME", sandbox.text("work/codex")).run().painted()).unwrap();
    assert_eq!(report["total"]["total_tokens"], 314_837);
}

/// Each in pieces, cut anywhere, with an update of the index after each piece.
#[test]
fn what_grows_while_it_is_read_is_counted_once() {
    for (fixture, folder, expected) in
        [("usage-codex", "home/.codex", 314_837), ("usage-gemini", "home/.gemini", 118_440)]
    {
        let sandbox = home(fixture, folder);
        let files = sandbox.files(folder);
        let transcripts = files.iter().filter(|name| name.contains("rollout-") || name.contains("/chats/"));
        let contents: Vec<_> = transcripts.map(|name| (name, fs::read(sandbox.path(name)).unwrap())).collect();
        let mut before = 0;
        for part in 1..=7 {
            for (name, content) in &contents {
                fs::write(sandbox.path(name), &content[..content.len() * part / 7]).unwrap();
            }
            let now = total(&sandbox);
            assert!(now >= before, "{fixture}: {now} after {before}");
            before = now;
        }
        assert_eq!(before, expected, "{fixture}");
    }
}

#[test]
fn gemini_counts_each_message_once() {
    let sandbox = home("usage-gemini", "home/.gemini");
    let rows = values(&report(&sandbox, &["--session"]), &["session", "agent", "project", "total_tokens", "cost_usd"]);
    let expected = json!(["216d9d23-88df-4a39-ba8b-2d7b8d4c4002", "gemini", "/home/user/work", 118_440, 0.150_68]);
    assert_eq!(rows, [expected.as_array().unwrap().clone()]);
    let total = &report(&sandbox, &[])["total"];
    assert_eq!((&total["input_tokens"], &total["cache_read_tokens"]), (&json!(48_000), &json!(67_000)));
}

#[test]
fn older_chats_of_gemini_are_one_document() {
    let sandbox = Sandbox::new();
    let message = |id: &str| {
        json!({"id": id, "type": "gemini", "timestamp": "2026-11-20T10:00:00Z", "model": "gemini-2.5-pro",
            "tokens": {"input": 100, "output": 5, "cached": 40, "thoughts": 3, "tool": 0, "total": 108}})
    };
    let path = "home/.gemini/tmp/0a1b/chats/session-2026-11-20T10-00-aaaa.json";
    let write = |ids: &[&str]| {
        let messages: Vec<_> = ids.iter().map(|id| message(id)).collect();
        let chat = json!({"sessionId": "s1", "messages": messages});
        sandbox.file(path, serde_json::to_string_pretty(&chat).unwrap());
    };
    write(&["a"]);
    sandbox.file("home/.gemini/tmp/0a1b/.project_root", "/srv/shed\n");
    assert_eq!(total(&sandbox), 108);
    write(&["a", "b"]);
    assert_eq!(total(&sandbox), 216);
    // A torn line is read once it is complete.
    let whole = sandbox.read(path);
    sandbox.file(path, &whole[..whole.len() / 2]);
    assert_eq!(total(&sandbox), 216);
    write(&["a", "b", "c"]);
    assert_eq!(total(&sandbox), 324);
    let row = values(&report(&sandbox, &["--session"]), &["session", "project"]);
    assert_eq!(row, [vec![json!("s1"), json!("/srv/shed")]]);
}

#[test]
fn agents_are_told_apart() {
    let sandbox = home("usage-codex", "home/.codex");
    copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/usage-gemini"), &sandbox.path("home/.gemini"));
    let claude = r#"{"type":"assistant","timestamp":"2026-11-27T10:00:00Z","requestId":"r","cwd":"/home/user/work","message":{"id":"m","model":"claude-opus-4-8","usage":{"output_tokens":1000}}}"#;
    sandbox.file("config/projects/-home-user-work/s.jsonl", format!("{claude}\n"));
    let tokens = |args: &[&str]| report(&sandbox, args)["total"]["total_tokens"].as_u64().unwrap();
    assert_eq!(tokens(&[]), 314_837 + 118_440 + 1_000);
    assert_eq!(tokens(&["--agent", "codex"]), 314_837);
    assert_eq!(tokens(&["--agent", "claude-code", "--agent", "gemini"]), 118_440 + 1_000);
    assert_eq!(tokens(&["--agent", "opencode"]), 0);
    // One folder is one project.
    let projects = values(&report(&sandbox, &["--project"]), &["project", "agent"]);
    assert_eq!(
        projects,
        [vec![json!("/home/user/work"), Value::Null], vec![json!("/home/user/work2"), json!("codex")]]
    );
    let bad = sandbox.call(&["usage", "--agent", "cursor"]).run();
    assert_eq!(bad.code, Some(2), "{bad:?}");
}

/// A rendered Codex session: cost by the index, and a block of its own.
#[test]
fn a_codex_session_costs_what_the_index_knows() {
    let sandbox = home("usage-codex", "home/.codex");
    let at = |seconds: u64| format!("{seconds}000");
    let render = |payload: &str, agent: &str, fields: &str| {
        let config = sandbox.file("home/.config/bridgeline/config.toml", format!("rows = [\"{fields}\"]\n"));
        assert!(config.exists());
        let call = sandbox.call(&["--agent", agent]).env("BRIDGELINE_NOW", at(NOON - 9 * 3600));
        call.env("NO_COLOR", "1").stdin(payload).run().painted()
    };
    report(&sandbox, &[]);
    let usage = sandbox.call(&["usage"]).env("BRIDGELINE_NOW", at(NOON - 9 * 3600)).run();
    assert_eq!(usage.code, Some(0));
    let codex = r#"{"thread":{"id":"01a21ae2-e3d0-70d0-bcdb-9b17341dbe83"},"app":{}}"#;
    assert_eq!(render(codex, "codex", "cost").trim(), "~$0.57");
    assert!(render(codex, "codex", "block").contains("0.78"), "{}", render(codex, "codex", "block"));
    let claude = r#"{"session_id":"x","model":{"display_name":"Opus"}}"#;
    assert_eq!(render(claude, "claude-code", "block cost").trim(), "");
    assert!(render(claude, "claude-code", "today").contains("0.78"));
}

#[cfg(not(feature = "opencode"))]
#[test]
fn an_unreadable_database_is_reported() {
    let sandbox = Sandbox::new();
    sandbox.file("home/.local/share/opencode/opencode.db", "x");
    sandbox.file("home/.config/bridgeline/config.toml", "[budget]\nday = 20\n");
    for args in [&["usage"][..], &["usage", "check"], &["usage", "export"]] {
        let printed = sandbox.call(args).run();
        assert_eq!(printed.code, Some(0));
        assert!(printed.stderr.contains("opencode.db"), "{args:?}: {}", printed.stderr);
    }
}

#[cfg(feature = "opencode")]
mod opencode {
    use rusqlite::Connection;

    use super::*;

    const DATABASE: &str = "home/.local/share/opencode/opencode.db";
    const CAPTURED: &str = include_str!("../fixtures/usage-opencode/opencode.sql");

    /// The captured database, held open, so that writes are in its log.
    fn captured(sandbox: &Sandbox) -> Connection {
        sandbox.file(DATABASE, "");
        let database = Connection::open(sandbox.path(DATABASE)).unwrap();
        database
            .execute_batch("PRAGMA foreign_keys = OFF; PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0;")
            .unwrap();
        database.execute_batch(CAPTURED).unwrap();
        database
    }

    fn add(database: &Connection, id: &str, session: &str, updated: u64, output: u64) {
        let data = json!({"role": "assistant", "modelID": "gpt-5.4", "cost": 0, "time": {"created": updated},
            "tokens": {"input": 0, "output": output, "reasoning": 1, "cache": {"read": 0, "write": 0}}});
        let insert = "INSERT OR REPLACE INTO message VALUES (?1, ?2, ?3, ?3, ?4)";
        database.execute(insert, (id, session, i64::try_from(updated).unwrap(), data.to_string())).unwrap();
    }

    const SESSION: &str = "ses_de50f34c6ffe458Tbrak66Z8d7";
    const LATER: u64 = 1_795_748_400_000;

    #[test]
    fn the_hosts_costs_count() {
        let sandbox = Sandbox::new();
        let database = captured(&sandbox);
        let check = || {
            let rows = values(&report(&sandbox, &["--session"]), &["agent", "title", "project", "total_tokens"]);
            let row =
                |tokens: u64| vec![json!("opencode"), json!("stand-in title"), json!("/home/user/work"), json!(tokens)];
            assert_eq!(rows, [row(12_345), row(73_435)]);
            assert_eq!(report(&sandbox, &[])["total"]["cost_usd"], 0.039_82);
        };
        check();
        database.close().unwrap();
        check();
        // Nothing is left next to it.
        assert_eq!(sandbox.files("home/.local/share/opencode").len(), 1);
    }

    #[test]
    fn what_is_new_in_the_log_is_counted_once() {
        let sandbox = Sandbox::new();
        let database = captured(&sandbox);
        assert_eq!(total(&sandbox), 85_780);
        add(&database, "msg_a", SESSION, LATER, 9);
        assert_eq!(total(&sandbox), 85_790);
        // In the same millisecond, and a message that grows.
        add(&database, "msg_b", SESSION, LATER, 9);
        add(&database, "msg_a", SESSION, LATER + 5, 19);
        assert_eq!(total(&sandbox), 85_810);
        // Of a subagent, by our prices.
        let child = "INSERT INTO session SELECT 'ses_child', project_id, workspace_id, id, slug, directory, path, 'x', version,
            share_url, 0, 0, 0, NULL, NULL, 0, 0, 0, 0, 0, 0, NULL, NULL, agent, model, time_created, time_updated, NULL, NULL
            FROM session WHERE id = ?1";
        database.execute(child, [SESSION]).unwrap();
        add(&database, "msg_c", "ses_child", LATER + 6, 999_999);
        let rows = values(&report(&sandbox, &["--session"]), &["session", "total_tokens"]);
        assert_eq!(rows[1], [json!(SESSION), json!(73_435 + 30 + 1_000_000)]);
        let models = values(&report(&sandbox, &["--model"]), &["model", "cost_usd"]);
        assert_eq!(models[0], [json!("gpt-5.4"), json!(15.000_45)]);
        database.close().unwrap();
        assert_eq!(total(&sandbox), 1_085_810);
        fs::remove_file(sandbox.path(DATABASE)).unwrap();
        assert_eq!(total(&sandbox), 1_085_810);
    }

    #[test]
    fn what_is_no_such_database_is_named() {
        let sandbox = Sandbox::new();
        let check = |content: &[u8]| {
            sandbox.file(DATABASE, content);
            let printed = sandbox.call(&["usage"]).run();
            assert_eq!(printed.code, Some(1));
            assert!(printed.stderr.contains("opencode.db"), "{}", printed.stderr);
        };
        check(&[b'x'; 9000]);
        drop(captured(&Sandbox::new()));
        let other = Sandbox::new();
        captured(&other).close().unwrap();
        let mut whole = fs::read(other.path(DATABASE)).unwrap();
        check(&whole[..whole.len() / 2]);
        // Damage anywhere never causes a panic.
        for at in (100..whole.len()).step_by(97) {
            whole[at] ^= 0x55;
        }
        sandbox.file(DATABASE, whole);
        assert!(matches!(sandbox.call(&["usage"]).run().code, Some(0 | 1)));
    }
}
