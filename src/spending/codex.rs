//! The rollouts of Codex: a file of lines for each thread, subagents and forks included. See `docs/usage.md` for what
//! is counted.

use std::collections::HashMap;
use std::path::Path;

use super::thread::{MAX_DIR, MAX_ID, Thread, short};
use super::tokens::Tokens;
use super::transcript::line::{Marks, MessageLine, epoch_ms};
use crate::agent::{CODEX, ROLLOUT};
use crate::base::env::Env;
use crate::base::json::Object;
use crate::store::{self, Found, Trust};

/// Lines that matter.
pub(super) const MARKS: Marks =
    Marks(&["\"session_meta\"", "\"turn_context\"", "\"token_", "\"thread_settings_applied\""]);

/// All rollouts, those of archived threads included.
pub(super) fn files(env: &Env) -> Vec<Found> {
    /// Folders for year, month and day.
    const DEPTH: usize = 3;
    let is_rollout = |name: &str| name.starts_with(ROLLOUT) && name.ends_with(".jsonl");
    let home = CODEX.settings.folder(env).into_iter();
    let folders = home.flat_map(|home| ["sessions", "archived_sessions"].map(|name| home.join(name)));
    folders.flat_map(|folder| store::files_below(&folder, DEPTH, is_rollout)).collect()
}

/// The names of threads, by id.
pub(super) fn titles(env: &Env) -> HashMap<String, String> {
    /// Maximum size of the file with the names, in bytes.
    const MAX_TITLES: u64 = 64 << 20;
    let path = CODEX.settings.folder(env).map(|home| home.join("session_index.jsonl"));
    let text = path.and_then(|path| store::read_text(&path, Trust::Lenient, MAX_TITLES).ok()).unwrap_or_default();
    let lines = text.lines().filter_map(Object::parse);
    lines.filter_map(|line| Some((line.text("id")?, line.text("thread_name")?))).collect()
}

/// The id of a rollout's thread, at the end of the file's name. Empty if there is none.
pub(super) fn thread_id(rollout: &Path) -> &str {
    /// Length of a UUID.
    const LENGTH: usize = 36;
    let name = rollout.file_stem().and_then(|name| name.to_str()).unwrap_or_default();
    name.len().checked_sub(LENGTH).and_then(|at| name.get(at..)).unwrap_or_default()
}

/// Reads a line. Returns the response that it counts.
pub(super) fn take(thread: &mut Thread, text: &str) -> Option<MessageLine> {
    let line = Object::parse(text)?;
    let payload = line.object("payload")?;
    match line.string("type")?.as_str() {
        "session_meta" => take_meta(thread, &payload),
        "turn_context" => thread.model = short(payload.text("model"), MAX_ID),
        "token_usage_record" => return record(thread, &line, &payload),
        "event_msg" => match payload.string("type")?.as_str() {
            "token_count" => return count(thread, &line, &payload.object("info")?),
            "thread_settings_applied" => take_settings(thread, &payload.object_or_empty("thread_settings")),
            _ => {}
        },
        _ => {}
    }
    None
}

/// The first one is the thread's own. Later ones are of threads whose lines were copied.
fn take_meta(thread: &mut Thread, meta: &Object) {
    let own = short(meta.text("id"), MAX_ID);
    if !thread.lineage.is_empty() {
        thread.lineage = own;
        return;
    }
    let root = short(meta.text("session_id"), MAX_ID);
    thread.session = if root.is_empty() { own.clone() } else { root };
    thread.dir = short(meta.text("cwd"), MAX_DIR);
    // If the history stays in the parent's file, nothing is copied.
    let parent = meta.text("forked_from_id").filter(|_| !meta.has("history_base"));
    thread.lineage = parent.filter(|id| id.len() <= MAX_ID).unwrap_or(own);
}

fn take_settings(thread: &mut Thread, settings: &Object) {
    const USUAL: [&str; 4] = ["default", "auto", "standard", "normal"];
    let tier = settings.text("service_tier").filter(|tier| !USUAL.contains(&tier.as_str()));
    thread.tier = short(tier, MAX_ID);
}

/// A response by its id, as in newer files.
fn record(thread: &mut Thread, line: &Object, record: &Object) -> Option<MessageLine> {
    thread.has_records = true;
    let id = record.text("response_id")?;
    message(thread, line, &id, counts(&record.object("usage")?))
}

/// The last response. Counts that change nothing are repeats; the one right after a compaction has only the size of the
/// context.
fn count(thread: &mut Thread, line: &Object, info: &Object) -> Option<MessageLine> {
    let total = counts(&info.object("total_token_usage")?);
    let before = std::mem::replace(&mut thread.total, total);
    if thread.has_records || total == before {
        return None;
    }
    let last = info.object("last_token_usage").map(|last| counts(&last));
    let last = last.unwrap_or_else(|| std::array::from_fn(|at| total[at].saturating_sub(before[at])));
    // A fork has copies of its parent's lines, possibly with another time.
    let id = format!("{} {} {total:?} {last:?}", thread.lineage, thread.model);
    message(thread, line, &id, last)
}

/// Input (including the cache), cache writes, cache reads, and output.
fn counts(usage: &Object) -> [u64; 4] {
    let names = ["input_tokens", "cache_write_input_tokens", "cached_input_tokens", "output_tokens"];
    names.map(|name| usage.count(name).unwrap_or(0))
}

/// `None` if nothing was used.
fn message(thread: &Thread, line: &Object, id: &str, counts: [u64; 4]) -> Option<MessageLine> {
    let [input, cache_write_5m, cache_read, output] = counts;
    let input = input.saturating_sub(cache_write_5m).saturating_sub(cache_read);
    let tokens = Tokens { input, output, cache_write_5m, cache_write_1h: 0, cache_read };
    let Thread { model, tier, .. } = thread;
    let is_fast = matches!(tier.as_str(), "fast" | "priority");
    // Any other tier has its own prices.
    let model = if is_fast || tier.is_empty() { model.clone() } else { format!("{model}[{tier}]") };
    let mut message = MessageLine::of_tokens(id, model, tokens, epoch_ms(line))?;
    message.usage.fast = is_fast;
    Some(message)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spending::messages::SessionKey;
    use crate::spending::transcript::keys::MessageKey;

    const AT: &str = "2026-11-27T02:00:00.000Z";

    fn line(kind: &str, payload: &str) -> String {
        format!(r#"{{"timestamp":"{AT}","type":"{kind}","payload":{payload}}}"#)
    }

    fn meta(rest: &str) -> String {
        line("session_meta", &format!(r#"{{{rest},"cwd":"/srv/garden"}}"#))
    }

    fn model(name: &str) -> String {
        line("turn_context", &format!(r#"{{"model":"{name}"}}"#))
    }

    fn usage([input, write, read, output]: [u64; 4]) -> String {
        format!(
            r#"{{"input_tokens":{input},"cached_input_tokens":{read},"cache_write_input_tokens":{write},"output_tokens":{output},"reasoning_output_tokens":{output},"total_tokens":{}}}"#,
            input + output
        )
    }

    fn count(total: [u64; 4], last: [u64; 4]) -> String {
        let (total, last) = (usage(total), usage(last));
        let info = format!(r#"{{"total_token_usage":{total},"last_token_usage":{last}}}"#);
        line("event_msg", &format!(r#"{{"type":"token_count","info":{info},"rate_limits":null}}"#))
    }

    fn record(id: &str, counts: [u64; 4]) -> String {
        line("token_usage_record", &format!(r#"{{"response_id":"{id}","usage":{}}}"#, usage(counts)))
    }

    fn read(lines: &[String]) -> (Thread, Vec<MessageLine>) {
        let mut thread = Thread::default();
        let found = lines.iter().filter_map(|line| take(&mut thread, line)).collect();
        (thread, found)
    }

    /// Key, model, and input, cache writes and reads, output of each response.
    fn responses(lines: &[String]) -> Vec<(MessageKey, String, [u64; 4])> {
        let response = |line: MessageLine| {
            let Tokens { input, cache_write_5m, cache_read, output, .. } = line.usage.tokens;
            assert_eq!(line.at_ms, Some(1_795_744_800_000));
            (line.key, line.model, [input, cache_write_5m, cache_read, output])
        };
        read(lines).1.into_iter().map(response).collect()
    }

    fn counted(lines: &[String]) -> Vec<[u64; 4]> {
        responses(lines).into_iter().map(|(.., counts)| counts).collect()
    }

    #[test]
    fn a_response_counts_once_in_files_with_and_without_records() {
        let (first, second) = ([100, 10, 60, 7], [200, 0, 150, 8]);
        let sum = [300, 10, 210, 15];
        let expected = [[30, 10, 60, 7], [50, 0, 150, 8]];
        // Repeats, and the size of the context after a compaction.
        let older = [count(first, first), count(first, first), count(sum, second), count(sum, [0; 4])];
        assert_eq!(counted(&older), expected);
        let newer = [
            record("a", first),
            count(first, first),
            count(sum, second),
            record("b", second),
            count(sum, second),
            record("c", [0; 4]),
        ];
        assert_eq!(counted(&newer), expected);
        let sums_only = older.map(|line| line.replace("last_token_usage", "x"));
        assert_eq!(counted(&sums_only), expected);
        let failed = line("event_msg", r#"{"type":"token_count","info":null}"#);
        assert_eq!(counted(&[failed, count([9; 4], [0; 4])]), [[0; 4]; 0]);
    }

    #[test]
    fn a_response_is_of_the_model_and_tier_before_it() {
        let tier = |name: &str| {
            let settings = format!(r#"{{"type":"thread_settings_applied","thread_settings":{{{name}}}}}"#);
            line("event_msg", &settings)
        };
        let lines = [
            model("gpt-5.5"),
            record("a", [1; 4]),
            model("gpt-6.2-sol"),
            tier(r#""service_tier":"priority""#),
            record("b", [1; 4]),
            tier(r#""service_tier":"flex""#),
            record("c", [1; 4]),
            tier(r#""service_tier":"default""#),
            record("d", [1; 4]),
        ];
        let found: Vec<_> = read(&lines).1.into_iter().map(|line| (line.model, line.usage.fast)).collect();
        let expected =
            [("gpt-5.5", false), ("gpt-6.2-sol", true), ("gpt-6.2-sol[flex]", false), ("gpt-6.2-sol", false)];
        assert_eq!(found, expected.map(|(model, fast)| (model.to_owned(), fast)));
    }

    #[test]
    fn the_first_meta_is_the_threads_own() {
        let (own, parent) = (r#""id":"c","session_id":"p""#, r#""id":"p","session_id":"p""#);
        let (thread, _) = read(&[meta(own), meta(parent).replace("garden", "shed")]);
        assert_eq!((thread.session.as_str(), thread.dir.as_str()), ("p", "/srv/garden"));
        let (thread, _) = read(&[meta(r#""id":"c""#)]);
        assert_eq!(thread.session, "c");
        let key = SessionKey::new(&CODEX, "-srv-garden", "c");
        assert_eq!((thread.key(&CODEX, "file"), Thread::default().key(&CODEX, "file").id.as_str()), (key, "file"));
    }

    /// Older forks begin with their parent's lines, at whatever time.
    #[test]
    fn copied_lines_are_known_by_the_thread_they_were_written_for() {
        let parent = [meta(r#""id":"p""#), model("m"), count([5; 4], [5; 4]), count([9; 4], [4; 4])];
        let parents = responses(&parent);
        let check = |own: &str, copied: &[String]| {
            let mut lines = vec![meta(&format!(r#""id":"c",{own}"#))];
            lines.extend(copied.iter().cloned());
            lines.push(count([12; 4], [3; 4]));
            let found = responses(&lines);
            assert_eq!(found[..2], parents, "{own}");
            assert!(found.len() == 3 && !parents.contains(&found[2]), "{own}");
        };
        check(r#""forked_from_id":"p""#, &parent[1..]);
        check(r#""parent_thread_id":"p""#, &parent);
        // One that has only lines of its own counts by itself.
        let base = r#""id":"c","forked_from_id":"p","history_base":{"thread_id":"p"}"#;
        let own = responses(&[meta(base), model("m"), count([5; 4], [5; 4])]);
        assert_ne!(own[0].0, parents[0].0);
    }

    #[test]
    fn a_thread_is_named_by_its_file() {
        let id = "01a21ae2-e3d0-70d0-bcdb-9b17341dbe83";
        let name = format!("/x/rollout-2026-11-27T02-43-26-{id}.jsonl");
        assert_eq!(thread_id(Path::new(&name)), id);
        assert_eq!(thread_id(Path::new("/x/rollout-1.jsonl")), "");
    }
}
