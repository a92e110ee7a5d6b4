//! The files that a render writes: its cache, the host's cost, and the context in the bridge of the Node hooks. They
//! are complete and private, and written no more often than needed.

use std::collections::BTreeSet;
use std::fs;
use std::time::{Duration, UNIX_EPOCH};

use serde_json::{Value, json};

use crate::support::{NOW, Sandbox};

const CACHE: &str = "state/sessions/s.json";
const COST: &str = "tmp/harness-cost-s.json";
const BRIDGE: &str = "tmp/ecc-metrics-s.json";

fn payload() -> Value {
    json!({"session_id": "s", "model": "M", "cwd": "/x", "cost": {"total_cost_usd": 1.5},
        "context_window": {"remaining_percentage": 57.5}})
}

#[test]
fn a_render_keeps_its_payload_its_line_and_the_hosts_cost() {
    let sandbox = Sandbox::new();
    let line = sandbox.render(&payload()).run().line();
    let cache = sandbox.json(CACHE);
    assert_eq!(cache["line"], json!(line));
    assert_eq!(cache["payload"], payload());
    assert_eq!((&cache["cwd"], &cache["at_ms"]), (&json!("/x"), &json!(NOW * 1000)));
    assert_eq!(sandbox.read(COST), format!(r#"{{"ts":{NOW},"cost_usd":1.5}}"#));
    let register = ["./state/register.json", "./state/register.json.lock"].map(str::to_owned);
    let files = [format!("./{CACHE}"), format!("./{COST}")].into_iter().chain(register);
    assert_eq!(sandbox.files("."), files.collect());
}

#[test]
#[cfg(unix)]
fn files_and_folders_are_for_their_owner_only() {
    use std::os::unix::fs::MetadataExt;
    let sandbox = Sandbox::new();
    sandbox.render(&payload()).run().line();
    let mode = |name: &str| fs::metadata(sandbox.path(name)).unwrap().mode() & 0o777;
    assert_eq!((mode(CACHE), mode(COST)), (0o600, 0o600));
    assert_eq!((mode("state"), mode("state/sessions")), (0o700, 0o700));
}

#[test]
fn what_says_the_same_is_written_again_only_when_it_gets_old() {
    let sandbox = Sandbox::new();
    sandbox.file(BRIDGE, r#"{"tool_count":1}"#);
    let then = UNIX_EPOCH + Duration::from_secs(1_000_000_000);
    let written = |seconds, payload: &Value| {
        let files = [CACHE, COST, BRIDGE];
        for file in files.iter().filter(|file| sandbox.path(file).exists()) {
            sandbox.set_modified(file, 1_000_000_000);
        }
        sandbox.render(payload).later(seconds).run().line();
        files.map(|file| fs::metadata(sandbox.path(file)).unwrap().modified().unwrap() != then)
    };
    let mut dearer = payload();
    dearer["cost"]["total_cost_usd"] = json!(1.6);
    let mut fuller = dearer.clone();
    fuller["context_window"]["remaining_percentage"] = json!(57);
    assert_eq!(written(0, &payload()), [true, true, true]);
    assert_eq!(written(1, &payload()), [false, false, false]);
    assert_eq!(written(19, &payload()), [false, false, false]);
    assert_eq!(written(31, &payload()), [true, false, false]);
    assert_eq!(written(32, &dearer), [true, true, false]);
    assert_eq!(written(33, &fuller), [true, false, true]);
    assert_eq!(written(200, &fuller), [true, true, false]);
}

#[test]
fn the_context_goes_back_into_a_bridge_of_the_node_hooks_and_nothing_else_changes() {
    let check = |before: &str, after: &str| {
        let sandbox = Sandbox::new();
        sandbox.file(BRIDGE, before);
        sandbox.render(&payload()).run().line();
        assert_eq!(sandbox.read(BRIDGE), after);
    };
    check(
        r#"{"session_id":"s","z":[1e400, {"a" :1}],"x\ud83d":"\udc00","context_remaining_pct":null,"tool_count":3.0}"#,
        r#"{"session_id":"s","z":[1e400, {"a" :1}],"x\ud83d":"\udc00","context_remaining_pct":57.5,"tool_count":3.0}"#,
    );
    check(r#"{"tool_count":3}"#, r#"{"tool_count":3,"context_remaining_pct":57.5}"#);
    for untouched in [
        r#"{ "context_remaining_pct" : 57.50 }"#,
        r#"{ "context_remaining_pct":null, "bridgeline":{} }"#,
        "[1]",
        "null",
        "{\"half\":",
    ] {
        check(untouched, untouched);
    }
    let deep = format!(r#"{}{}"#, "[".repeat(100_000), "]".repeat(100_000));
    check(&format!(r#"{{"deep":{deep}}}"#), &format!(r#"{{"deep":{deep},"context_remaining_pct":57.5}}"#));
}

#[test]
fn an_unknown_context_or_cost_is_not_written() {
    let sandbox = Sandbox::new();
    let bridge = r#"{"context_remaining_pct":50}"#;
    sandbox.file(BRIDGE, bridge);
    let mut payload = payload();
    payload["context_window"] = json!({"remaining_percentage": null});
    payload["cost"] = Value::Null;
    sandbox.render(&payload).run().line();
    assert_eq!(sandbox.read(BRIDGE), bridge);
    assert!(!sandbox.path(COST).exists());
}

#[test]
fn no_bridge_is_begun_by_a_render() {
    let sandbox = Sandbox::new();
    sandbox.render(&payload()).run().line();
    assert!(!sandbox.path(BRIDGE).exists());
}

#[test]
fn without_a_session_of_its_own_nothing_is_written_anywhere() {
    let ids = [json!(null), json!(""), json!("default"), json!("../s"), json!("a/b"), json!("a\\b"), json!(7)];
    for id in ids {
        let sandbox = Sandbox::new();
        let mut payload = payload();
        payload["session_id"] = id.clone();
        sandbox.render(&payload).run().line();
        assert_eq!(sandbox.files("."), BTreeSet::new(), "{id}");
    }
}

#[test]
fn an_id_is_spelled_in_file_names_as_node_spells_it() {
    let check = |id: &str, spelled: &str| {
        let sandbox = Sandbox::new();
        let mut payload = payload();
        payload["session_id"] = json!(id);
        sandbox.render(&payload).run().line();
        let expected = [
            format!("./state/sessions/{spelled}.json"),
            format!("./tmp/harness-cost-{spelled}.json"),
            "./state/register.json".to_owned(),
            "./state/register.json.lock".to_owned(),
        ];
        assert_eq!(sandbox.files("."), expected.into(), "{id}");
    };
    check("a.b c", "a_b_c");
    check("ü😀", "___");
    check(&"x".repeat(200), &"x".repeat(64));
}
