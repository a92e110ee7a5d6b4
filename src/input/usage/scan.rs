//! Reads what is new in the transcripts of all projects into the index.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Instant;

use jiff::Timestamp;

use super::history::{Record, Session};
use super::index::{FileState, Index};
use crate::env::Env;
use crate::input::prices::Usage;
use crate::input::transcript::keys::Key;
use crate::input::transcript::line::{Entry, Line, Marks};
use crate::store::{self, Absent, Found, Trust};

/// Bytes that are read before what was found is written down.
const BATCH: u64 = 256 << 20;

/// With less to read, a second thread is not worth its start, in bytes.
const WORTH_A_THREAD: u64 = 2 << 20;

/// 2020-01-01, before there was any agent, as a day of 1970: dates before it are nonsense, and each
/// day costs a file.
const FIRST_DAY: u32 = 18_262;

/// The folders that agents are configured in: those of `CLAUDE_CONFIG_DIR`, a list with commas, else
/// both that Claude Code has used.
pub(super) fn roots(env: &Env) -> Vec<PathBuf> {
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

/// What an update came to.
pub(super) struct Report {
    /// Whether every transcript was read to its end, but for the unreadable: otherwise the next
    /// update goes on.
    pub(super) complete: bool,
    pub(super) unreadable: Vec<(PathBuf, io::Error)>,
}

/// Reads what is new `until` then, the newest transcripts first, and writes it down. `progress` is told
/// how many bytes are read, and of how many.
///
/// # Errors
/// The index cannot be read or written.
pub(super) fn update(
    index: &mut Index,
    roots: &[PathBuf],
    listing: Listing,
    until: Instant,
    progress: &mut dyn FnMut(u64, u64),
) -> io::Result<Report> {
    // Once in an hour nothing is taken for granted.
    let listing = if index.is_listing_due() { Listing::Whole } else { listing };
    let mut jobs = jobs(index, roots, listing);
    jobs.sort_by_key(|job| std::cmp::Reverse(job.found.modified));
    let mut report = Report { complete: true, unreadable: Vec::new() };
    let total = jobs.iter().map(Job::bytes).sum();
    let mut done = 0;
    let mut rest = jobs.as_slice();
    while !rest.is_empty() && report.complete {
        let mut bytes = 0;
        let fits = |job: &&Job| {
            bytes += job.bytes();
            bytes <= BATCH
        };
        let (batch, later) = rest.split_at(rest.iter().take_while(fits).count().max(1));
        let mut told = |read: u64| progress(done + read, total);
        read_batch(index, batch, until, &mut report, &mut told)?;
        index.save()?;
        done += batch.iter().map(Job::bytes).sum::<u64>();
        rest = later;
    }
    report.complete &= !index.is_short();
    if listing == Listing::Whole && report.complete {
        index.set_listed();
    }
    index.save()?;
    Ok(report)
}

/// A transcript that has changed.
struct Job {
    found: Found,
    session: Session,
    /// Whether the lines name the session.
    is_old_subagent: bool,
    state: FileState,
}

impl Job {
    fn bytes(&self) -> u64 {
        self.found.len.saturating_sub(self.state.place.offset)
    }
}

fn jobs(index: &mut Index, roots: &[PathBuf], listing: Listing) -> Vec<Job> {
    let mut jobs = Vec::new();
    for projects in roots.iter().map(|root| root.join("projects")) {
        for found in transcripts(&projects, listing, index.now()) {
            let state = index.file(&found.path);
            if (state.len, state.modified) != (found.len, found.modified) {
                let (session, is_old_subagent) =
                    session(found.path.strip_prefix(&projects).unwrap_or(&found.path));
                jobs.push(Job { found, session, is_old_subagent, state });
            }
        }
    }
    jobs
}

/// Which transcripts are looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Listing {
    /// All there are.
    Whole,
    /// Those of all sessions, and of subagents those whose session was at work within a day. A session
    /// hears of its subagents, so no other can have grown; where it can, a whole listing finds it.
    Near,
}

fn transcripts(projects: &Path, listing: Listing, now: u64) -> Vec<Found> {
    /// Deeper than any agent nests.
    const DEPTH: usize = 12;
    /// Nanoseconds of a day.
    const DAY: u64 = 86_400 * 1_000_000_000;
    let is_transcript = |name: &str| name.ends_with(".jsonl");
    if listing == Listing::Whole {
        return store::files_below(projects, DEPTH, is_transcript);
    }
    let mut found = store::files_below(projects, 1, is_transcript);
    let recent = found.iter().filter(|found| found.modified + DAY > now);
    let subagents: Vec<_> = recent
        .flat_map(|found| store::files_below(&found.path.with_extension(""), DEPTH, is_transcript))
        .collect();
    found.extend(subagents);
    found
}

/// The session of a transcript, by its path below `projects`: `<project>/<session>.jsonl`, and what
/// lies in the folder of that name. Whether only its lines tell, as with the subagents of early clients.
fn session(path: &Path) -> (Session, bool) {
    let parts: Vec<_> = path.iter().map(|part| part.to_string_lossy().into_owned()).collect();
    let stem = |name: &str| name.strip_suffix(".jsonl").unwrap_or(name).to_owned();
    match parts.as_slice() {
        [project, file] => {
            let session = Session { project: project.clone(), id: stem(file) };
            (session, file.starts_with("agent-"))
        }
        [project, session, ..] => (Session { project: project.clone(), id: session.clone() }, false),
        parts => {
            let id = parts.first().map_or_else(String::new, |file| stem(file));
            (Session { project: "unknown".to_owned(), id }, false)
        }
    }
}

fn read_batch(
    index: &mut Index,
    batch: &[Job],
    until: Instant,
    report: &mut Report,
    progress: &mut dyn FnMut(u64),
) -> io::Result<()> {
    let days = FIRST_DAY..=index.last_day();
    let next = AtomicUsize::new(0);
    let read = AtomicU64::new(0);
    let shared = Mutex::new((index, report, Ok(())));
    let work = |progress: &mut dyn FnMut(u64)| {
        let mut buffer = Vec::new();
        loop {
            let at = next.fetch_add(1, Relaxed);
            let Some(job) = batch.get(at) else { return };
            // One is read in any case, so that every refresh brings something.
            let is_late = at > 0 && Instant::now() >= until;
            let transcript = (!is_late).then(|| {
                Transcript::read(job, &mut buffer, until, &mut |bytes| {
                    progress(read.fetch_add(bytes, Relaxed) + bytes);
                })
            });
            let mut shared = shared.lock().unwrap_or_else(PoisonError::into_inner);
            let (index, report, result) = &mut *shared;
            match transcript {
                None => {
                    report.complete = false;
                    return;
                }
                Some(Ok(transcript)) => {
                    report.complete &= transcript.complete;
                    if let Err(err) = transcript.take_into(job, index, |record| days.contains(&record.day()))
                    {
                        *result = Err(err);
                        return;
                    }
                }
                // It has gone since it was found.
                Some(Err(Absent::Missing)) => {}
                Some(Err(absent)) => {
                    let err = match absent {
                        Absent::Unavailable(err) => err,
                        absent => io::Error::other(absent.to_string()),
                    };
                    report.unreadable.push((job.found.path.clone(), err));
                }
            }
        }
    };
    thread::scope(|scope| {
        if batch.len() > 1 && batch.iter().map(Job::bytes).sum::<u64>() > WORTH_A_THREAD {
            scope.spawn(|| work(&mut |_| {}));
        }
        work(progress);
    });
    shared.into_inner().unwrap_or_else(PoisonError::into_inner).2
}

/// What a transcript told.
struct Transcript {
    state: FileState,
    /// Whether its end was reached.
    complete: bool,
    /// The session that its first message names.
    named: Option<String>,
    models: Vec<String>,
    messages: Vec<Message>,
}

/// A message, with the number of its model in the transcript.
struct Message {
    key: Key,
    at: u64,
    model: u32,
    sidechain: bool,
    usage: Usage,
    host_cost_usd: Option<f64>,
}

impl Transcript {
    fn read(
        job: &Job,
        buffer: &mut Vec<u8>,
        until: Instant,
        read: &mut dyn FnMut(u64),
    ) -> Result<Self, Absent> {
        let (mut file, metadata) = store::open(&job.found.path, Trust::Lenient)?;
        let mut place = job.state.place.clone();
        // Another file, or rewritten: what is known of it stays, and what it says now is added.
        if !place.is_in(&mut file, &metadata)? {
            place = Default::default();
        }
        let (named, models, messages) = Default::default();
        let mut found = Transcript { state: FileState::default(), complete: false, named, models, messages };
        found.complete = place.read_on(&mut file, buffer, until, |lines| {
            Marks::USE.find(lines, |line| {
                if let Line::Usage(entry) = line {
                    found.take(entry, job.is_old_subagent);
                }
            });
            read(lines.len() as u64);
        })?;
        place.remember(&mut file, &metadata)?;
        found.state.place = place;
        if found.complete {
            found.state.len = metadata.len();
            found.state.modified = store::modified(&metadata);
        }
        Ok(found)
    }

    fn take(&mut self, entry: Entry, names_session: bool) {
        // Without a time it belongs to no day.
        let Some(at) = entry.timestamp().and_then(|text| text.parse::<Timestamp>().ok()) else { return };
        let Ok(at) = u64::try_from(at.as_second()) else { return };
        if names_session && self.named.is_none() {
            self.named = entry.session();
        }
        let message = entry.message;
        // The lines of a message follow each other, and mostly say the same.
        if let Some(last) = self.messages.last()
            && (last.key, last.sidechain, last.usage) == (message.key, message.sidechain, message.usage)
            && self.models[last.model as usize] == message.model
        {
            return;
        }
        let known = self.models.iter().rposition(|model| *model == message.model);
        let model = known.unwrap_or_else(|| {
            self.models.push(message.model);
            self.models.len() - 1
        });
        self.messages.push(Message {
            key: message.key,
            at,
            model: u32::try_from(model).unwrap_or(u32::MAX),
            sidechain: message.sidechain,
            usage: message.usage,
            host_cost_usd: message.cost_usd,
        });
    }

    fn take_into(self, job: &Job, index: &mut Index, wanted: impl Fn(&Record) -> bool) -> io::Result<()> {
        let id = self.named.unwrap_or_else(|| job.session.id.clone());
        let history = index.history_mut();
        let session = history.session_number(Session { id, ..job.session.clone() });
        let models: Vec<_> = self.models.iter().map(|model| history.model_number(model)).collect();
        for message in self.messages {
            let Message { key, at, model, sidechain, usage, host_cost_usd } = message;
            let model = models[model as usize];
            let record = Record { key, at, session, model, sidechain, usage, host_cost_usd };
            if wanted(&record) {
                index.insert(record)?;
            }
        }
        index.set_file(&job.found.path, self.state);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sessions_are_told_by_their_paths() {
        let check = |path: &str, project: &str, id: &str, is_old_subagent: bool| {
            let expected = Session { project: project.to_owned(), id: id.to_owned() };
            assert_eq!(session(Path::new(path)), (expected, is_old_subagent), "{path}");
        };
        check("-home-ada-garden/s1.jsonl", "-home-ada-garden", "s1", false);
        check("-home-ada-garden/agent-7.jsonl", "-home-ada-garden", "agent-7", true);
        check("p/s1/subagents/agent-7.jsonl", "p", "s1", false);
        check("p/s1/subagents/workflows/wf/agent-7.jsonl", "p", "s1", false);
        check("s1.jsonl", "unknown", "s1", false);
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
