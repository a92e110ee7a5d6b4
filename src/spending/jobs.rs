//! The transcripts that have changed.

use std::path::{Path, PathBuf};

use super::index::{Extent, FileState, Index};
use super::messages::SessionKey;
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
pub(super) struct Job {
    pub(super) found: Found,
    pub(super) session: SessionKey,
    pub(super) kind: TranscriptKind,
    pub(super) state: FileState,
    /// Title of the session, if it is stored elsewhere.
    pub(super) title: Option<String>,
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

impl Job {
    /// Number of new bytes.
    pub(super) fn bytes(&self) -> u64 {
        self.found.len.saturating_sub(self.state.place.offset)
    }
}

/// The transcripts that have changed, and all that were checked, with the ids of their sessions.
pub(super) fn jobs(index: &mut Index, extent: Extent, env: &Env) -> (Vec<Job>, Vec<(String, PathBuf)>) {
    let (mut jobs, mut all) = (Vec::new(), Vec::new());
    for projects in roots(env).iter().map(|root| root.join("projects")) {
        for found in transcripts(&projects, extent, index.now) {
            let state = index.file(&found.path);
            let (session, kind) = session(found.path.strip_prefix(&projects).unwrap_or(&found.path));
            all.push((session.id.clone(), found.path.clone()));
            jobs.push(Job { found, session, kind, state, title: None });
        }
    }
    let rollouts = codex::files(env).into_iter().map(|found| (found, TranscriptKind::Rollout));
    let chats = gemini::files(env).into_iter().map(|found| (found, TranscriptKind::Chat));
    let databases = if cfg!(feature = "opencode") { opencode::files(env) } else { Vec::new() };
    let databases = databases.into_iter().map(|found| (found, TranscriptKind::Database));
    for (found, kind) in rollouts.chain(chats).chain(databases) {
        let state = index.file(&found.path);
        let name = found.path.file_stem().unwrap_or_default().to_string_lossy();
        let session = state.thread.as_deref().cloned().unwrap_or_default().key(kind.agent(), &name);
        jobs.push(Job { session, found, kind, state, title: None });
    }
    jobs.retain(|Job { found, state, .. }| (state.len, state.modified) != (found.len, found.modified));
    if jobs.iter().any(|job| job.kind == TranscriptKind::Rollout) {
        let titles = codex::titles(env);
        jobs.iter_mut().for_each(|job| job.title = titles.get(codex::thread_id(&job.found.path)).cloned());
    }
    (jobs, all)
}

fn transcripts(projects: &Path, extent: Extent, now: u64) -> Vec<Found> {
    /// Deeper than any agent nests.
    const DEPTH: usize = 12;
    /// Nanoseconds of a day.
    const DAY: u64 = 86_400 * 1_000_000_000;
    let is_transcript = |name: &str| name.ends_with(".jsonl");
    let depth = if extent == Extent::All { DEPTH } else { 1 };
    let mut found = store::files_below(projects, depth, is_transcript);
    if extent == Extent::Recent {
        let recent = found.iter().filter(|found| found.modified + DAY > now);
        let folders = recent.map(|found| found.path.with_extension(""));
        let subagents = folders.flat_map(|folder| store::files_below(&folder, DEPTH, is_transcript));
        found.extend(subagents.collect::<Vec<_>>());
    }
    found
}

/// The session of a transcript, by its path below `projects`: `<project>/<session>.jsonl`, or anything in the
/// folder `<project>/<session>`.
fn session(path: &Path) -> (SessionKey, TranscriptKind) {
    let parts: Vec<_> = path.iter().map(|part| part.to_string_lossy()).collect();
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
            assert_eq!(session(Path::new(path)), (expected, kind), "{path}");
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
