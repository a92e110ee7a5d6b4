//! Where the transcripts of subagents are.

use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use super::place::CHUNK;
use crate::base::json::Object;
use crate::store::{self, Trust};

/// Most subagents whose transcripts are looked at, the newest first.
pub(super) const MAX_SUBAGENTS: usize = 200;

/// The transcripts of a session's subagents, the newest [`MAX_SUBAGENTS`]: below the folder that
/// is named as the session's transcript, or beside it, where older clients put them.
pub fn subagents(transcript: &Path) -> Vec<PathBuf> {
    let Some(session) = transcript.file_stem().and_then(|stem| stem.to_str()) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    let mut folders = vec![transcript.with_extension("").join("subagents")];
    for _ in 0..=2 {
        found.extend(folders.iter().flat_map(|folder| list(folder, is_subagent)));
        // What is no folder lists nothing.
        let below = folders.iter().flat_map(|folder| list(folder, |name| !name.contains(".json")));
        folders = newest(below.collect());
    }
    if let Some(folder) = transcript.parent() {
        let beside = newest(list(folder, is_subagent));
        found.extend(beside.into_iter().filter(|path| session_of(path).as_deref() == Some(session)));
    }
    newest(found)
}

fn list(folder: &Path, wanted: impl FnMut(&str) -> bool) -> Vec<PathBuf> {
    store::list(folder, wanted).iter().map(|name| folder.join(name)).collect()
}

fn is_subagent(name: &str) -> bool {
    name.starts_with("agent-") && name.ends_with(".jsonl")
}

/// By name, and not more than [`MAX_SUBAGENTS`].
fn newest(mut paths: Vec<PathBuf>) -> Vec<PathBuf> {
    if paths.len() > MAX_SUBAGENTS {
        paths.sort_by_cached_key(|path| std::cmp::Reverse(store::stamp(path)));
        paths.truncate(MAX_SUBAGENTS);
    }
    paths.sort();
    paths
}

/// The session that the first line of a transcript names. `None` when that is very long.
fn session_of(path: &Path) -> Option<String> {
    let (file, _) = store::open(path, Trust::Lenient).ok()?;
    let mut line = Vec::new();
    BufReader::new(file.take(CHUNK as u64)).read_until(b'\n', &mut line).ok()?;
    Object::parse(&String::from_utf8_lossy(&line))?.string("sessionId")
}
