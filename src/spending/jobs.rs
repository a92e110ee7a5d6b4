//! The transcripts that have changed.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use super::index::{Extent, FileState, Index};
use super::messages::SessionKey;
use super::thread::Thread;
use super::transcript::keys::hash;
use super::{codex, gemini, opencode};
use crate::agent::{Agent, CLAUDE_CODE, CODEX, GEMINI, OPENCODE};
use crate::base::env::Env;
use crate::store::{self, Found};

/// The folders of Claude Code's configuration: those in `CLAUDE_CONFIG_DIR`, separated by commas, else the two default
/// ones.
fn roots(env: &Env) -> Vec<PathBuf> {
    let home = env.home();
    let Some(listed) = env.var("CLAUDE_CONFIG_DIR") else {
        let config = env.path("XDG_CONFIG_HOME").or_else(|| home.as_ref().map(|home| home.join(".config")));
        let older = home.map(|home| home.join(".claude"));
        return config.map(|config| config.join("claude")).into_iter().chain(older).collect();
    };
    let mut roots: Vec<PathBuf> = Vec::new();
    for name in listed.split(',').map(str::trim) {
        let below_home = name.strip_prefix("~/").and_then(|rest| Some(home.as_ref()?.join(rest)));
        let root = below_home.unwrap_or_else(|| PathBuf::from(name));
        let root = if root.ends_with("projects") { root.parent().unwrap_or(&root).to_owned() } else { root };
        if root.is_absolute() && !roots.contains(&root) {
            roots.push(root);
        }
    }
    roots
}

/// A transcript that has changed.
pub(super) struct Job<'a> {
    pub(super) found: &'a Found,
    pub(super) session: SessionKey,
    pub(super) kind: TranscriptKind,
    pub(super) state: FileState,
    /// Title of the session, if it is stored elsewhere.
    pub(super) title: Option<&'a String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TranscriptKind {
    /// The session's own.
    Main,
    Subagent,
    /// A subagent's in early versions, whose lines name the session.
    OldSubagent,
    /// A Codex thread's.
    Rollout,
    /// A Gemini CLI session's.
    Chat,
    /// All OpenCode sessions'.
    Database,
}

impl TranscriptKind {
    /// The agent that writes it.
    pub(super) fn agent(self) -> &'static Agent {
        match self {
            TranscriptKind::Rollout => &CODEX,
            TranscriptKind::Chat => &GEMINI,
            TranscriptKind::Database => &OPENCODE,
            TranscriptKind::Main | TranscriptKind::Subagent | TranscriptKind::OldSubagent => &CLAUDE_CODE,
        }
    }
}

/// The transcripts that were checked: little of each, since there are thousands.
#[derive(Default)]
pub(super) struct Listing {
    all: FoundTranscripts,
    /// Indexes of those that have changed, the newest first.
    pub(super) changed: Vec<u32>,
    /// Number of bytes that are new in them.
    pub(super) bytes: u64,
    /// Hashes of the ids of sessions of Claude Code, each with the index of a transcript; sorted.
    by_session: OnceLock<Vec<(u64, u32)>>,
    /// Titles of threads of Codex.
    titles: HashMap<String, String>,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum TranscriptSource {
    /// Claude Code. The path of its folder `projects` has so many components.
    Projects(usize),
    Other(TranscriptKind),
}

pub(super) type FoundTranscripts = Vec<(Found, TranscriptSource)>;

/// All transcripts; with [`Extent::Recent`], without those of Claude Code's subagents.
pub(super) fn find(extent: Extent, env: &Env) -> FoundTranscripts {
    let depth = if extent == Extent::All { DEPTH } else { 1 };
    let mut all = Vec::new();
    for projects in roots(env).iter().map(|root| root.join("projects")) {
        let source = TranscriptSource::Projects(projects.iter().count());
        let found = store::files_below(&projects, depth, is_transcript);
        all.extend(found.into_iter().map(|found| (found, source)));
    }
    let databases = if cfg!(feature = "opencode") { opencode::files(env) } else { Vec::new() };
    let others = [
        (codex::files(env), TranscriptKind::Rollout),
        (gemini::files(env), TranscriptKind::Chat),
        (databases, TranscriptKind::Database),
    ];
    for (found, kind) in others {
        all.extend(found.into_iter().map(|found| (found, TranscriptSource::Other(kind))));
    }
    all
}

/// Deeper than any agent nests.
const DEPTH: usize = 12;

fn is_transcript(name: &str) -> bool {
    name.ends_with(".jsonl")
}

impl Listing {
    /// Of the transcripts from [`find`]; with [`Extent::Recent`], also of subagents.
    pub(super) fn new(all: FoundTranscripts, index: &mut Index, extent: Extent, env: &Env) -> Self {
        /// Nanoseconds of a day.
        const DAY: u64 = 86_400 * 1_000_000_000;
        let count = all.len();
        let mut listing = Listing { all, ..Listing::default() };
        let mut is_titled = false;
        for at in 0..count {
            let is_changed = listing.check(at, index);
            let (found, source) = &listing.all[at];
            let source = *source;
            let is_due = is_changed || found.modified + DAY > index.now;
            match source {
                TranscriptSource::Projects(_) if is_due && extent == Extent::Recent => {
                    for found in store::files_below(&found.path.with_extension(""), DEPTH, is_transcript) {
                        listing.all.push((found, source));
                        listing.check(listing.all.len() - 1, index);
                    }
                }
                TranscriptSource::Projects(_) => {}
                TranscriptSource::Other(kind) => is_titled |= is_changed && kind == TranscriptKind::Rollout,
            }
        }
        if is_titled {
            listing.titles = codex::titles(env);
        }
        let Listing { all, changed, .. } = &mut listing;
        changed.sort_by_key(|at| Reverse(all[*at as usize].0.modified));
        listing
    }

    /// Returns `true` if the transcript has changed.
    fn check(&mut self, at: usize, index: &mut Index) -> bool {
        let bytes = index.new_bytes(&self.all[at].0);
        self.changed.extend(bytes.map(|_| at as u32));
        self.bytes += bytes.unwrap_or(0);
        bytes.is_some()
    }

    /// A transcript by its index.
    pub(super) fn job(&self, at: u32, index: &Index) -> Job<'_> {
        let (found, source) = &self.all[at as usize];
        let state = index.file(&found.path);
        let (session, kind) = match *source {
            TranscriptSource::Projects(components) => session(&found.path, components),
            TranscriptSource::Other(kind) => {
                // Its content names the session, if it can: see `Thread::key`.
                let name = found.path.file_stem().unwrap_or_default().to_string_lossy();
                (Thread::default().key(kind.agent(), &name), kind)
            }
        };
        Job { found, session, kind, state, title: self.titles.get(codex::thread_id(&found.path)) }
    }

    /// Paths of all transcripts of a session of Claude Code.
    pub(super) fn of_session(&self, id: &str) -> impl Iterator<Item = &PathBuf> {
        let by_session = self.by_session.get_or_init(|| {
            let id = |(found, source): &(Found, TranscriptSource)| match *source {
                TranscriptSource::Projects(components) => Some(hash(session(&found.path, components).0.id.as_bytes())),
                TranscriptSource::Other(_) => None,
            };
            let mut ids: Vec<_> = (0..).zip(&self.all).filter_map(|(at, it)| Some((id(it)?, at))).collect();
            ids.sort_unstable();
            ids
        });
        let id = hash(id.as_bytes());
        let from = by_session.partition_point(|(other, _)| *other < id);
        let own = by_session[from..].iter().take_while(move |(other, _)| *other == id);
        own.map(|(_, at)| &self.all[*at as usize].0.path)
    }
}

/// The session of a transcript, by its path behind the components of the folder `projects`:
/// `<project>/<session>.jsonl`, or anything in the folder `<project>/<session>`.
fn session(path: &Path, components: usize) -> (SessionKey, TranscriptKind) {
    let parts: Vec<_> = path.iter().skip(components).map(|part| part.to_string_lossy()).collect();
    let key =
        |project: &str, name: &str| SessionKey::new(&CLAUDE_CODE, project, name.strip_suffix(".jsonl").unwrap_or(name));
    match parts.as_slice() {
        [project, file] if file.starts_with("agent-") => (key(project, file), TranscriptKind::OldSubagent),
        [project, file] => (key(project, file), TranscriptKind::Main),
        [project, session, ..] => (key(project, session), TranscriptKind::Subagent),
        parts => (key("unknown", parts.first().map_or("", |file| file)), TranscriptKind::Main),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sessions_are_named_by_their_paths() {
        let check = |path: &str, project: &str, id: &str, kind: TranscriptKind| {
            let expected = SessionKey::new(&CLAUDE_CODE, project, id);
            assert_eq!(session(&Path::new("/projects").join(path), 2), (expected, kind), "{path}");
        };
        check("-home-ada-garden/s1.jsonl", "-home-ada-garden", "s1", TranscriptKind::Main);
        check("-home-ada-garden/agent-7.jsonl", "-home-ada-garden", "agent-7", TranscriptKind::OldSubagent);
        check("p/s1/subagents/agent-7.jsonl", "p", "s1", TranscriptKind::Subagent);
        check("p/s1/subagents/workflows/wf/agent-7.jsonl", "p", "s1", TranscriptKind::Subagent);
        check("s1.jsonl", "unknown", "s1", TranscriptKind::Main);
    }

    #[test]
    #[cfg(unix)]
    fn configurations_are_those_of_the_variable_or_both_usual_ones() {
        let check = |vars: &[(&'static str, &str)], expected: &[&str]| {
            let env = Env::fixed(std::time::UNIX_EPOCH, vars.iter().map(|(key, value)| (*key, value.into())));
            assert_eq!(roots(&env), expected.iter().map(PathBuf::from).collect::<Vec<_>>(), "{vars:?}");
        };
        check(&[], &[]);
        check(&[("HOME", "/h")], &["/h/.config/claude", "/h/.claude"]);
        check(&[("HOME", "/h"), ("XDG_CONFIG_HOME", "/c")], &["/c/claude", "/h/.claude"]);
        let listed = "/a, /b/projects ,~/c,,rel,/a";
        check(&[("HOME", "/h"), ("CLAUDE_CONFIG_DIR", listed)], &["/a", "/b", "/h/c"]);
    }
}
