//! With any input on stdin, and anything missing around it, there is a line, and the exit status is 0.

use serde_json::json;
use snapbox::{assert_data_eq, str};

use crate::support::{Call, Sandbox};

const MINUTES: u64 = 60;

/// A sandbox where three sessions have been rendered, the last one in the working directory.
fn with_sessions() -> Sandbox {
    let sandbox = Sandbox::new();
    for (id, model, cwd) in [("one", "First", "/one"), ("two", "Second", "/two")] {
        sandbox.render(&json!({"session_id": id, "model": model, "cwd": cwd})).run().line();
    }
    let here = sandbox.text("work");
    sandbox.render(&json!({"session_id": "here", "model": "Third", "cwd": here})).run().line();
    sandbox
}

/// The output for something that is not a payload, five minutes after the sessions.
#[track_caller]
fn line(sandbox: &Sandbox, stdin: impl Into<Vec<u8>>, vars: &[(&str, &str)]) -> String {
    let call = sandbox.call(&[]).stdin(stdin).later(5 * MINUTES);
    vars.iter().fold(call, |call, (name, value)| call.env(name, value)).run().line()
}

fn utf16(text: &str) -> Vec<u8> {
    "\u{feff}".encode_utf16().chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect()
}

#[test]
fn what_is_no_payload_is_the_place_where_we_are() {
    let sandbox = Sandbox::new();
    sandbox.file("work/.git/HEAD", "ref: refs/heads/main\n");
    let no_payloads: &[&[u8]] = &[
        b"",
        b" \r\n\t",
        b"null",
        b"[]",
        b"7",
        b"\"text\"",
        b"{}",
        b"{\"unknown\":1}",
        b"{\"model\":}",
        b"{\"model\":\"M\"",
        b"}{",
        b"Error: no such session",
        b"\x00\x01\x02\xfe\xff\x1b[2J",
        b"[{\"model\":\"M\"}]",
        &utf16(r#"{"model":"M"}"#),
        &[b'{'; 200_000],
        &[0xff; 3_000_000],
    ];
    for stdin in no_payloads {
        let start = &stdin[..stdin.len().min(20)];
        assert_eq!(line(&sandbox, *stdin, &[]), "work ⎇ main", "{:?}", String::from_utf8_lossy(start));
    }
}

#[test]
fn what_surrounds_or_spoils_a_payload_costs_no_more_than_itself() {
    let check = |stdin: &[u8], expected: &str| {
        let sandbox = Sandbox::new();
        assert_eq!(line(&sandbox, stdin, &[]), expected, "{:.60}", String::from_utf8_lossy(stdin));
    };
    let deep = format!(r#"{{"deep":{}{},"model":"M"}}"#, "[".repeat(100_000), "]".repeat(100_000));
    check(b"{\"model\":\"M\"}", "M │ work");
    check(b"\xef\xbb\xbf{\"model\":\"M\"}", "M │ work");
    check(b"\r\n{\r\n\"model\":\r\n\"M\"}\r\n", "M │ work");
    check(b"{\"model\":\"M\"} and more {", "M │ work");
    check(b"{\"model\":\"M\"}{\"model\":\"N\"}", "M │ work");
    check(b"{\"model\":\"a\xffb\"}", "a\u{fffd}b │ work");
    check(br#"{"model":"a\ud83db"}"#, "a\u{fffd}b │ work");
    check(br#"{"\ud83d":1e400,"model":"M","cost":{"total_cost_usd":1e400}}"#, "M │ work");
    check(br#"{"model":"L","model":"M"}"#, "M │ work");
    check(br#"{"model":"{\"}","cwd":"/a/]"}"#, "{\"} │ ]");
    check(deep.as_bytes(), "M │ work");
}

#[test]
fn the_last_good_line_of_the_session_is_found_by_id_then_variable_then_directory() {
    let sandbox = with_sessions();
    let check = |stdin: &str, vars: &[(&str, &str)], expected: &str| {
        assert_eq!(line(&sandbox, stdin, vars), expected, "{stdin} {vars:?}");
    };
    let two = [("CLAUDE_CODE_SESSION_ID", "two")];
    check(r#"{"session_id":"one","model":{"disp"#, &[], "First │ one (5m old)");
    check(r#"{"session_id":"one","model":{"disp"#, &two, "First │ one (5m old)");
    check(r#"{ "session_id" : "one", "cost": nonsense }"#, &two, "First │ one (5m old)");
    check("", &two, "Second │ two (5m old)");
    check(r#"{"session_id":"on"#, &two, "Second │ two (5m old)");
    check("", &[], "Third │ work (5m old)");
    check("null", &[], "Third │ work (5m old)");
    check(r#"{"session_id":"new","#, &[], "work");
    check(r#"{"session_id":"../one","#, &[], "work");
}

#[test]
fn the_last_good_line_is_dimmed_and_tells_its_age() {
    let sandbox = with_sessions();
    let call = |seconds| sandbox.call(&["--theme", "mono"]).later(seconds);
    let printed = |seconds| call(seconds).run().painted();
    assert_data_eq!(
        printed(0).replace('\x1b', "ESC"),
        str![[r#"
ESC[2mThird │ work (0s old)ESC[0m

"#]]
    );
    assert!(printed(90_000).contains("(1d1h old)"));
    // A clock that was set back by an hour.
    let back = call(0).env("BRIDGELINE_NOW", "1795399300000").run().line();
    assert_eq!(back, "Third │ work (old)");
    let narrow = call(300).args(&["--width", "16"]).run().line();
    assert_eq!(narrow, "Third… (5m old)");
}

#[test]
fn a_payload_cut_at_any_byte_gives_a_line() {
    let sandbox = Sandbox::new();
    let id = r#"{"session_id":"s""#;
    let payload =
        format!(r#"{id},"model":{{"display_name":"Modell Ü 😀"}},"cost":{{"total_cost_usd":1.5}},"cwd":"/x"}}"#);
    let whole = sandbox.call(&[]).stdin(payload.clone()).run().line();
    for end in 0..payload.len() {
        let expected = if end < id.len() { "work".to_owned() } else { format!("{whole} (5m old)") };
        assert_eq!(line(&sandbox, &payload.as_bytes()[..end], &[]), expected, "cut at {end}");
    }
}

#[test]
fn of_several_sessions_in_a_directory_the_newest_is_taken() {
    let sandbox = Sandbox::new();
    for (id, written) in [("b", 200), ("c", 300), ("a", 100)] {
        sandbox.render(&json!({"session_id": id, "model": id, "cwd": sandbox.text("home")})).run().line();
        sandbox.set_modified(&format!("state/sessions/{id}.json"), written);
    }
    let line = sandbox.call(&[]).cwd(sandbox.path("home")).run().line();
    assert_eq!(line, "c │ ~ (0s old)");
}

#[test]
fn two_mebibytes_are_refused_and_the_last_good_line_is_printed() {
    let sandbox = with_sessions();
    let payload = format!(r#"{{"session_id":"one","model":"New","x":"{}"}}"#, "y".repeat(2 << 20));
    assert_eq!(line(&sandbox, payload, &[]), "First │ one (5m old)");
}

#[test]
fn a_payload_is_complete_with_its_last_brace() {
    let sandbox = Sandbox::new();
    let render = || sandbox.render(&json!({"model": "M", "cwd": "/x"}));
    // A render that waited for the end of the input would print another line, since that does not come.
    assert_eq!(render().never_closed().run().line(), "M │ x");
    // The program waits a second for stdin; on a busy machine, not all bytes arrive within it in every run.
    assert!((0..5).any(|_| render().byte_by_byte().run().line() == "M │ x"));
}

#[test]
fn a_stdin_that_delivers_nothing_more_is_given_up() {
    let sandbox = with_sessions();
    assert_eq!(sandbox.call(&[]).never_closed().run().line(), "Third │ work (0s old)");
    let half = sandbox.call(&[]).stdin(r#"{"session_id":"one""#).never_closed();
    assert_eq!(half.run().line(), "First │ one (0s old)");
}

#[test]
fn a_reader_that_has_gone_is_nobody_to_tell() {
    let unread = Sandbox::new().render(&json!({"model": "M"})).run_unread();
    assert_eq!((unread.code, unread.stderr.as_str()), (Some(0), ""));
}

#[test]
#[cfg(unix)]
fn closed_ends_are_survived() {
    let sandbox = Sandbox::new();
    assert_eq!(sandbox.redirected("<&-").run().line(), "work");
    for redirection in [">&-", ">&- 2>&-", "<&- >&- 2>&-"] {
        let call = sandbox.redirected(redirection).stdin(json!({"model": "M"}).to_string());
        assert_eq!(call.run().painted(), "", "{redirection}");
    }
}

#[test]
fn a_missing_or_spoiled_surrounding_costs_only_itself() {
    let sandbox = Sandbox::new();
    let payload = sandbox.rich();
    let render = || sandbox.render(&payload).args(&["--width", "200"]);
    let whole = render().run().line();
    let check = |call: Call, expected: &str| assert_eq!(call.run().line(), expected);
    let homeless = || render().without("HOME").without("USERPROFILE");
    check(homeless(), &whole);
    check(homeless().without("BRIDGELINE_STATE_DIR"), &whole);
    check(render().env("HOME", "relative"), &whole);
    check(render().env("BRIDGELINE_STATE_DIR", sandbox.file("a-file", "x")), &whole);
    check(render().env("BRIDGELINE_STATE_DIR", sandbox.path("a-file/below")), &whole);
    let gone = sandbox.path("gone");
    let without_counts = whole.replace("47 tools 5 files ", "");
    check(render().env("TMPDIR", &gone).env("TEMP", &gone), &without_counts);
    let without_task = whole.replace("▸ Painting the door 1/2 │ ", "");
    check(render().env("CLAUDE_CONFIG_DIR", &gone), &without_task);
    assert_eq!(sandbox.read("a-file"), "x");
}

#[test]
#[cfg(unix)]
fn a_working_directory_that_was_removed_is_unknown() {
    let sandbox = Sandbox::new();
    let removed = sandbox.path("work/removed");
    std::fs::create_dir(&removed).unwrap();
    let call = sandbox.call_under(&["/bin/sh", "-c", "rmdir \"$PWD\" && exec \"$0\""], &[]);
    assert_eq!(call.with_programs().cwd(&removed).run().line(), "bridgeline");
    assert!(!removed.exists());
}
