//! The transcripts of a session's subagents.

use std::cmp::Reverse;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use super::bookmark::CHUNK;
use crate::base::json::Object;
use crate::store::{self, Found, Trust};

/// Maximum number of subagents whose transcripts are read, newest first.
pub(super) const MAX_SUBAGENTS: usize = 200;

/// The transcripts of a session's subagents, the newest [`MAX_SUBAGENTS`] by name: in the folder with the session's
/// name, or next to its transcript, where older versions put them.
pub fn subagents(transcript: &Path) -> Vec<PathBuf> {
    let is_subagent = |name: &str| name.starts_with("agent-") && name.ends_with(".jsonl");
    let mut found = store::files_below(&transcript.with_extension("").join("subagents"), 2, is_subagent);
    if let (Some(folder), Some(session)) = (transcript.parent(), transcript.file_stem()) {
        let beside = newest(store::files_below(folder, 0, is_subagent)).into_iter();
        found.extend(beside.filter(|found| session_of(&found.path).is_some_and(|id| *id == *session)));
    }
    let mut paths: Vec<_> = newest(found).into_iter().map(|found| found.path).collect();
    paths.sort();
    paths
}

fn newest(mut found: Vec<Found>) -> Vec<Found> {
    found.sort_by_key(|found| Reverse(found.modified));
    found.truncate(MAX_SUBAGENTS);
    found
}

/// The session named in the first line of a transcript. `None` if that line is very long.
fn session_of(path: &Path) -> Option<String> {
    let (file, _) = store::open(path, Trust::Lenient).ok()?;
    let mut line = Vec::new();
    BufReader::new(file.take(CHUNK as u64)).read_until(b'\n', &mut line).ok()?;
    Object::parse(&String::from_utf8_lossy(&line))?.string("sessionId")
}
