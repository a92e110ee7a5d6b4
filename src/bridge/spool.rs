//! Events that wait to be merged into their bridge because another process held its lock for too long.

use std::io;
use std::path::Path;
use std::time::SystemTime;

use super::event::{Event, Whole};
use super::record::Record;
use super::{bound, metrics};
use crate::base::abridge::abridge;
use crate::base::json::{self, Object};
use crate::store::{Absent, KeyedFile, SessionId, Spool};

const FOLDER: &str = "spool";

/// The waiting events.
pub const SPOOLED: KeyedFile = KeyedFile::State(FOLDER);

/// Maximum size of an event in bytes; longer ones are abridged. A tool's answer is of no use later.
const MAX_WHOLE: usize = 16 << 10;

/// The waiting events of a session.
pub fn of(state: &Path, session: &SessionId) -> Spool {
    Spool::new(state.join(FOLDER), session)
}

/// Leaves an event for the next hook.
///
/// # Errors
/// It could not be written.
pub fn leave(spool: &Spool, event: &Event, now: SystemTime) -> io::Result<()> {
    let payload = event.to_string();
    let payload = if payload.len() > MAX_WHOLE { abridge(&payload) } else { payload };
    let Whole { kind, fingerprint, files } = event.whole();
    let (kind, fingerprint) = (json::quote(kind.into()), json::quote(&fingerprint));
    let files: Vec<String> = files.iter().map(|file| json::quote(file)).collect();
    let files = files.join(",");
    let left = format!("{{\"kind\":{kind},\"fingerprint\":{fingerprint},\"files\":[{files}],\"event\":{payload}}}");
    spool.leave(&left, now)
}

/// Merges the waiting events into the record, the oldest first. Returns whether there were any. `percent` is the
/// context left according to the bridge.
///
/// The record lists them until their files are removed: if this process is killed before that, the next one does not
/// count them twice.
pub fn take(spool: &Spool, record: &mut Record, percent: Option<f64>) -> bool {
    let known = std::mem::take(&mut record.ours.spooled);
    for name in spool.names() {
        if !known.contains(&name) {
            match spool.read(&name) {
                Ok((text, at)) => _ = apply(record, &text, percent, at),
                Err(Absent::Invalid(_)) => {}
                // It may be readable next time, or another process has taken it.
                Err(Absent::Missing | Absent::Unavailable(_)) => continue,
            }
        }
        record.ours.spooled.push(name);
    }
    !record.ours.spooled.is_empty()
}

/// `None` if it is not a spooled event.
fn apply(record: &mut Record, text: &str, percent: Option<f64>, at: SystemTime) -> Option<()> {
    let left = Object::parse(text)?;
    let event = Event::parse(left.raw("event")?)?;
    // Older versions left only the fingerprint.
    let kind = left.string("kind").and_then(|kind| kind.parse().ok()).unwrap_or(event.kind);
    let files = left.raw("files").and_then(json::array).map(|files| files.into_iter().filter_map(json::string));
    let files = files.map_or_else(|| event.modified_files(), |files| files.map(bound::path).collect());
    let event = event.with_whole(Whole { kind, fingerprint: left.string("fingerprint")?, files });
    let last = record.last.clone();
    metrics::apply(record, &event, percent, at);
    record.last = record.last.take().max(last);
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::tests::Folder;
    use std::time::{Duration, UNIX_EPOCH};

    fn at(second: u64) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(second)
    }

    #[test]
    fn events_are_the_same_later_and_are_counted_once() {
        let folder = Folder::new();
        let spool = super::of(&folder.path(""), &SessionId::new("s").unwrap());
        let edit = |n: usize| {
            let content = json::quote(&format!("{}{n}", "x".repeat(99_999)));
            format!(
                r#"{{"hook_event_name":"PostToolUse","tool_name":"Write","tool_input":{{"content":{content},"file_path":"/f{n}"}}}}"#
            )
        };
        let payloads = [edit(1), edit(1), edit(2), r#"{"hook_event_name":"Stop"}"#.to_owned()];
        let mut at_once = Record::default();
        for (payload, second) in payloads.iter().zip(1..) {
            let event = Event::parse(payload).unwrap();
            metrics::apply(&mut at_once, &event, None, at(second));
            leave(&spool, &event, at(second)).unwrap();
        }
        let left: usize = spool.names().iter().map(|name| spool.read(name).unwrap().0.len()).sum();
        assert!(left < 20_000, "{left}");

        let mut later = Record::default();
        assert!(take(&spool, &mut later, None));
        let names = std::mem::take(&mut later.ours.spooled);
        assert_eq!((names.len(), &later), (4, &at_once));

        // Not removed, or not all of them.
        later.ours.spooled = names.clone();
        let counted = later.clone();
        assert!(take(&spool, &mut later, None));
        assert_eq!(later, counted);
        spool.remove(&names[1..]);
        leave(&spool, &Event::parse(&edit(3)).unwrap(), at(2) + Duration::from_millis(1)).unwrap();
        assert!(take(&spool, &mut later, None));
        assert_eq!((later.tool_count, later.ours.spooled.len(), &later.last), (4, 2, &counted.last));
        spool.remove(&later.ours.spooled);
        assert!(!take(&spool, &mut later, None));
        assert_eq!((later.tool_count, &later.ours.spooled), (4, &Vec::new()));
    }

    #[test]
    fn what_an_abridged_event_no_longer_shows_is_kept() {
        let folder = Folder::new();
        let spool = super::of(&folder.path(""), &SessionId::new("s").unwrap());
        let lines = "+x\n".repeat(3000);
        let patch = format!("*** Begin Patch\n*** Add File: a\n{lines}*** Add File: b\n{lines}*** End Patch");
        let patch = format!(
            r#"{{"hook_event_name":"PostToolUse","turn_id":"t","cwd":"/w","tool_name":"apply_patch","tool_input":{{"command":{}}}}}"#,
            json::quote(&patch)
        );
        let content = json::quote(&format!("Output: {lines}{lines}\nExit Code: 3"));
        let failure = format!(
            r#"{{"hook_event_name":"AfterTool","tool_name":"run_shell_command","tool_input":{{}},"tool_response":{{"llmContent":{content}}}}}"#
        );
        let mut at_once = Record::default();
        for (payload, second) in [&patch, &failure].into_iter().zip(1..) {
            let event = Event::parse(payload).unwrap();
            metrics::apply(&mut at_once, &event, None, at(second));
            leave(&spool, &event, at(second)).unwrap();
        }
        let counted = |record: &Record| (record.tool_count, record.files.len(), record.ours.failures);
        assert_eq!(counted(&at_once), (1, 2, Some(1)));
        let mut later = Record::default();
        assert!(take(&spool, &mut later, None));
        assert_eq!(counted(&later), counted(&at_once));
        assert_eq!((later.files, later.recent), (at_once.files, at_once.recent));
    }

    #[test]
    fn what_makes_no_sense_goes_and_counts_nothing() {
        let folder = Folder::new();
        let spool = super::of(&folder.path(""), &SessionId::new("s").unwrap());
        for (text, second) in ["", "[]", "{}", r#"{"event":{}}"#].iter().zip(1..) {
            spool.leave(text, at(second)).unwrap();
        }
        let mut record = Record::default();
        assert!(take(&spool, &mut record, None));
        assert_eq!(std::mem::take(&mut record.ours.spooled).len(), 4);
        assert_eq!(record, Record::default());
    }
}
