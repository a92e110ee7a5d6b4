//! The files that the binary leaves after the render of each payload, after each hook event by itself, and after all
//! events of a session.

use std::collections::BTreeMap;
use std::fmt::Write;

use serde_json::Value;

use super::{Golden, TRANSCRIPTS, digest, read};
use crate::support::{Sandbox, fixtures, recorded};

/// Events in the order of a session, as far as there is one.
const LIFE: [&str; 18] = [
    "SessionStart", "UserPromptSubmit", "PreToolUse", "PermissionRequest", "Notification", "SubagentStart",
    "PostToolUse", "PostToolUseFailure", "PostToolBatch", "TaskCreated", "TaskCompleted", "SubagentStop", "PreCompact",
    "PostCompact", "StopFailure", "Stop", "Interrupt", "SessionEnd",
];

/// All files in the folders that the program writes to, with their bytes, but without the path of the sandbox.
fn left(sandbox: &Sandbox) -> String {
    let mut text = String::new();
    let mut seen: BTreeMap<String, String> = BTreeMap::new();
    for name in ["tmp", "state", "config/metrics", "home"].into_iter().flat_map(|folder| sandbox.files(folder)) {
        let content = sandbox.read(&name).replace(&sandbox.text(""), "/sandbox/");
        let content = VARYING.iter().fold(content, |content, (begin, ends)| masked(&content, begin, ends));
        match seen.get(&content) {
            _ if content.is_empty() => writeln!(text, "-- {name}: empty").unwrap(),
            Some(twin) => writeln!(text, "-- {name}: as {twin}").unwrap(),
            None => {
                let end = if content.ends_with('\n') { "" } else { "⏎ missing\n" };
                write!(text, "-- {name}:\n{content}{end}").unwrap();
            }
        }
        seen.entry(content).or_insert(name);
    }
    text
}

/// The files after a hook, without the process that started it and everything that depends on that.
fn left_by_hook(sandbox: &Sandbox) -> String {
    masked(&masked(&left(sandbox), "\"pid\":", &[',', '}']), "\"listed\":[", &[']'])
}

/// Text that differs each time, after this and up to one of these: the file number of a transcript, and the length of
/// rows that contain the path of the sandbox.
const VARYING: [(&str, &[char]); 2] = [("\"file\":[", &[']']), ("\"costs_read\":", &[',', '}'])];

fn masked(content: &str, begin: &str, ends: &[char]) -> String {
    let Some((before, rest)) = content.split_once(begin) else { return content.to_owned() };
    let end = rest.find(ends).unwrap();
    format!("{before}{begin}…{}", masked(&rest[end..], begin, ends))
}

#[test]
fn every_render_leaves_its_files() {
    let mut golden = Golden::new("rendered.txt");
    for name in fixtures() {
        let sandbox = Sandbox::new();
        let payload = read("status", &name);
        let printed = sandbox.call(&[]).stdin(payload.as_str()).run().painted();
        // The cache has the payload as received.
        let left = left(&sandbox).replace(payload.trim_end(), "(the payload)");
        golden.entry(&name, &format!("{printed}{left}"));
    }
    golden.check();
}

#[test]
fn every_event_leaves_its_files() {
    let mut golden = Golden::new("hooked.txt");
    for name in recorded("hook") {
        let sandbox = Sandbox::new();
        let told = sandbox.call(&["hook"]).stdin(read("hook", &name)).run().painted();
        golden.entry(&name, &format!("{told}{}", left_by_hook(&sandbox)));
    }
    golden.check();
}

/// An event, its name, and its position in its session.
struct Step {
    at: usize,
    name: String,
    payload: Value,
}

/// The recorded events, by version and session.
fn sessions() -> BTreeMap<(String, String), Vec<Step>> {
    let mut sessions: BTreeMap<_, Vec<Step>> = BTreeMap::new();
    for name in recorded("hook") {
        let payload: Value = serde_json::from_str(&read("hook", &name)).unwrap();
        let text = |key: &str| payload[key].as_str().unwrap().to_owned();
        let at = LIFE.iter().position(|event| *event == text("hook_event_name"));
        let at = at.unwrap_or_else(|| panic!("{name}: where in a session does it happen?"));
        let version = name.split('/').next().unwrap().to_owned();
        sessions.entry((version, text("session_id"))).or_default().push(Step { at, name, payload });
    }
    sessions.values_mut().for_each(|steps| steps.sort_by_key(|step| step.at));
    sessions
}

/// The transcript of that session, if one was recorded.
fn transcript(session: &str) -> Option<String> {
    let texts = TRANSCRIPTS.iter().map(|name| read("transcript", name));
    texts.into_iter().find(|text| text.contains(&format!("\"sessionId\": \"{session}\"")))
}

#[test]
fn every_session_leaves_its_files() {
    let mut golden = Golden::new("sessions.txt");
    for ((version, session), steps) in sessions() {
        let sandbox = Sandbox::new();
        let transcript = transcript(&session);
        let path = format!("config/projects/-home-dev-work/{session}.jsonl");
        if let Some(text) = &transcript {
            sandbox.file(&path, text);
        }
        let mut body = String::new();
        for (n, Step { name, mut payload, .. }) in steps.into_iter().enumerate() {
            if transcript.is_some() {
                payload["transcript_path"] = sandbox.text(&path).into();
            }
            let call = sandbox.call(&["hook"]).stdin(payload.to_string()).later(7 * n as u64);
            let told = call.run().painted();
            let (_, event) = name.split_once('/').unwrap();
            writeln!(
                body,
                "{} {event}{}{told}",
                digest(&left_by_hook(&sandbox)),
                if told.is_empty() { "" } else { ": " }
            )
            .unwrap();
        }
        golden.entry(&format!("{version} {session}"), &format!("{body}{}", left_by_hook(&sandbox)));
    }
    golden.check();
}
