//! Reads what is new in the transcripts of all projects into the index.

use std::io;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Instant;

use jiff::Timestamp;

use super::history::{About, History, Record, Session};
use super::index::{FileState, Index};
use super::project;
use super::unlisted::{self, MAX_SUMS, Sum, Unlisted};
use crate::base::env::Env;
use crate::spending::prices::Usage;
use crate::spending::transcript::keys::Key;
use crate::spending::transcript::line::{Answer, CostState, Entry, Line, Marks};
use crate::spending::transcript::place::Place;
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

/// Longest path of a session's folder that is kept, and id, in bytes; longest title, in characters.
const MAX_DIR: usize = 4096;
const MAX_ID: usize = 256;
const MAX_TITLE: usize = 200;

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
    let (mut jobs, all) = jobs(index, roots, listing);
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
        read_batch(index, batch, &all, until, &mut report, &mut told)?;
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
    kind: Kind,
    state: FileState,
}

/// Whose transcript it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// The session's own.
    Main,
    Subagent,
    /// A subagent's of an early client, whose lines name the session.
    OldSubagent,
}

impl Job {
    fn bytes(&self) -> u64 {
        self.found.len.saturating_sub(self.state.place.offset)
    }
}

/// The transcripts that have changed, and all that were looked at with the ids of their sessions.
fn jobs(index: &mut Index, roots: &[PathBuf], listing: Listing) -> (Vec<Job>, Vec<(String, PathBuf)>) {
    let (mut jobs, mut all) = (Vec::new(), Vec::new());
    for projects in roots.iter().map(|root| root.join("projects")) {
        for found in transcripts(&projects, listing, index.now()) {
            let state = index.file(&found.path);
            let (session, kind) = session(found.path.strip_prefix(&projects).unwrap_or(&found.path));
            all.push((session.id.clone(), found.path.clone()));
            if (state.len, state.modified) != (found.len, found.modified) {
                jobs.push(Job { found, session, kind, state });
            }
        }
    }
    (jobs, all)
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
/// lies in the folder of that name.
fn session(path: &Path) -> (Session, Kind) {
    let parts: Vec<_> = path.iter().map(|part| part.to_string_lossy().into_owned()).collect();
    let stem = |name: &str| name.strip_suffix(".jsonl").unwrap_or(name).to_owned();
    match parts.as_slice() {
        [project, file] => {
            let session = Session { project: project.clone(), id: stem(file) };
            (session, if file.starts_with("agent-") { Kind::OldSubagent } else { Kind::Main })
        }
        [project, session, ..] => (Session { project: project.clone(), id: session.clone() }, Kind::Subagent),
        parts => {
            let id = parts.first().map_or_else(String::new, |file| stem(file));
            (Session { project: "unknown".to_owned(), id }, Kind::Main)
        }
    }
}

fn read_batch(
    index: &mut Index,
    batch: &[Job],
    all: &[(String, PathBuf)],
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
                Transcript::read(job, all, &mut buffer, until, &mut |bytes| {
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
                    if let Err(err) = transcript.take_into(job, index, &days) {
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
#[derive(Default)]
struct Transcript {
    state: FileState,
    /// Whether its end was reached.
    complete: bool,
    /// The session that its first message names.
    named: Option<String>,
    about: About,
    models: Vec<String>,
    messages: Vec<Message>,
    /// The host's own sums, the last [`MAX_SUMS`].
    sums: Vec<Sum>,
    /// When the conversation was compacted since the last of them.
    compacted: Option<u64>,
    unlisted: Vec<Unlisted>,
}

/// A message, with the number of its model in the transcript.
struct Message {
    key: Key,
    former: Option<Key>,
    at: u64,
    model: u32,
    sidechain: bool,
    usage: Usage,
    host_cost_usd: Option<f64>,
}

impl Transcript {
    fn read(
        job: &Job,
        all: &[(String, PathBuf)],
        buffer: &mut Vec<u8>,
        until: Instant,
        read: &mut dyn FnMut(u64),
    ) -> Result<Self, Absent> {
        let mut found = Self::read_on(&job.found.path, job, &job.state.place, buffer, until, read)?;
        if found.sums.is_empty() || job.kind != Kind::Main {
            return Ok(found);
        }
        if job.state.place.offset > 0 {
            // The host's sum is that of the whole session.
            let whole = Self::read_on(&job.found.path, job, &Place::default(), buffer, until, &mut |_| {})?;
            if !whole.complete {
                return Ok(found);
            }
            found = whole;
        }
        let mut names = History::default();
        let own = found.records(&mut names, &job.session);
        let mut others = Vec::new();
        for (_, path) in all.iter().filter(|(id, path)| *id == job.session.id && *path != job.found.path) {
            match Self::read_on(path, job, &Place::default(), buffer, until, &mut |_| {}) {
                Ok(other) if other.complete => others.extend(other.records(&mut names, &job.session)),
                Err(Absent::Missing) => {}
                // Without its messages they would count twice.
                _ => return Ok(found),
            }
        }
        let record = |(record, _)| record;
        let (own, others) = (own.into_iter().map(record).collect::<Vec<_>>(), others.into_iter().map(record));
        found.unlisted = unlisted::find(&found.sums, &own, others.collect(), names);
        Ok(found)
    }

    /// Reads a file on from that place, or from its beginning where it is another.
    fn read_on(
        path: &Path,
        job: &Job,
        place: &Place,
        buffer: &mut Vec<u8>,
        until: Instant,
        read: &mut dyn FnMut(u64),
    ) -> Result<Self, Absent> {
        let (mut file, metadata) = store::open(path, Trust::Lenient)?;
        let mut place = place.clone();
        // Another file, or rewritten: what is known of it stays, and what it says now is added.
        if !place.is_in(&mut file, &metadata)? {
            place = Place::default();
        }
        let mut found = Transcript::default();
        let mut answer = place.answer.take();
        found.complete = place.read_on(&mut file, buffer, until, |lines, _| {
            Marks::USAGE.find(lines, |line| found.take(line, job, &mut answer));
            read(lines.len() as u64);
        })?;
        place.answer = answer;
        place.remember(&mut file, &metadata)?;
        found.state.place = place;
        if found.complete {
            found.state.len = metadata.len();
            found.state.modified = store::modified(&metadata);
        }
        Ok(found)
    }

    fn take(&mut self, line: Line, job: &Job, answer: &mut Option<Answer>) {
        match line {
            Line::Usage(entry) => self.take_message(entry, job, answer),
            Line::CostState(sum) => self.take_sum(sum),
            Line::Compaction(at) => self.compacted = at.as_deref().and_then(seconds),
            Line::Title(title, is_own) if is_own || !self.about.is_own_title => {
                self.about.title = title.chars().take(MAX_TITLE).collect();
                self.about.is_own_title = is_own;
            }
            Line::Title(..) => {}
        }
    }

    fn take_sum(&mut self, sum: CostState) {
        let last = self.messages.last().map(|message| message.at);
        let at = self.compacted.take().or(last).or(sum.at).unwrap_or(0);
        let models = sum.models();
        if models.is_empty() {
            return;
        }
        if self.sums.len() == MAX_SUMS {
            self.sums.remove(0);
        }
        self.sums.push(Sum {
            key: sum.key(),
            at,
            until: sum.at.map_or(u64::MAX, |at| at + 1),
            cost_usd: sum.cost_usd,
            models,
            behind: self.messages.len(),
        });
    }

    fn take_message(&mut self, mut entry: Entry, job: &Job, answer: &mut Option<Answer>) {
        // Without a time it belongs to no day.
        let Some(at) = entry.timestamp().as_deref().and_then(seconds) else { return };
        if job.kind != Kind::Subagent && self.named.is_none() {
            self.named = entry.session().filter(|id| id.len() <= MAX_ID);
        }
        if self.about.dir.is_empty()
            && job.kind == Kind::Main
            && let Some(cwd) = entry.cwd().filter(|cwd| cwd.len() <= MAX_DIR)
        {
            // Where the session has gone since it was started says nothing.
            self.about.dir = project::dir(&cwd, &job.session.project).unwrap_or_default().to_owned();
        }
        let former = entry.settle(answer);
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
            former,
            at,
            model: u32::try_from(model).unwrap_or(u32::MAX),
            sidechain: message.sidechain,
            usage: message.usage,
            host_cost_usd: message.cost_usd,
        });
    }

    /// Its messages as records of a session in that history, with their former keys.
    fn records(&self, history: &mut History, session: &Session) -> Vec<(Record, Option<Key>)> {
        let session = history.session_number(session.clone());
        let models: Vec<_> = self.models.iter().map(|model| history.model_number(model)).collect();
        let record = |message: &Message| {
            let Message { key, former, at, model, sidechain, usage, host_cost_usd } = *message;
            let model = models[model as usize];
            (Record { key, at, session, model, sidechain, usage, host_cost_usd }, former)
        };
        self.messages.iter().map(record).collect()
    }

    fn take_into(mut self, job: &Job, index: &mut Index, days: &RangeInclusive<u32>) -> io::Result<()> {
        let mut session = job.session.clone();
        let named = self.named.take().filter(|id| *id != session.id);
        match named {
            Some(id) if job.kind == Kind::OldSubagent => session.id = id,
            named => self.about.alias = named.unwrap_or_default(),
        }
        let history = index.history_mut();
        let mut records = self.records(history, &session);
        let number = history.session_number(session.clone());
        for Unlisted { key, at, model, usage, cost_usd } in self.unlisted {
            let model = history.model_number(&model);
            let host_cost_usd = cost_usd;
            let record = Record { key, at, session: number, model, sidechain: false, usage, host_cost_usd };
            records.push((record, None));
        }
        let mut later = u32::try_from(job.state.later).ok().filter(|day| *day > 0).unwrap_or(u32::MAX);
        for (record, former) in records {
            if record.day() > *days.end() {
                later = later.min(record.day());
            } else if record.day() >= *days.start() {
                index.insert(record, former)?;
            }
        }
        if later < u32::MAX {
            self.state.later = u64::from(later);
        }
        if job.kind == Kind::Main {
            let is_new = index.history().about().get(&session).is_none_or(|known| known.dir.is_empty());
            if is_new {
                self.about.main_dir = project::main_dir(&self.about.dir);
            }
            index.tell(&session, &self.about);
        }
        index.set_file(&job.found.path, self.state);
        Ok(())
    }
}

/// Epoch seconds of an instant in RFC 3339.
fn seconds(time: &str) -> Option<u64> {
    u64::try_from(time.parse::<Timestamp>().ok()?.as_second()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sessions_are_told_by_their_paths() {
        let check = |path: &str, project: &str, id: &str, kind: Kind| {
            let expected = Session { project: project.to_owned(), id: id.to_owned() };
            assert_eq!(session(Path::new(path)), (expected, kind), "{path}");
        };
        check("-home-ada-garden/s1.jsonl", "-home-ada-garden", "s1", Kind::Main);
        check("-home-ada-garden/agent-7.jsonl", "-home-ada-garden", "agent-7", Kind::OldSubagent);
        check("p/s1/subagents/agent-7.jsonl", "p", "s1", Kind::Subagent);
        check("p/s1/subagents/workflows/wf/agent-7.jsonl", "p", "s1", Kind::Subagent);
        check("s1.jsonl", "unknown", "s1", Kind::Main);
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
