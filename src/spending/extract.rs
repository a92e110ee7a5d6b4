//! The new part of one transcript, on its way into the index.

use std::fs::Metadata;
use std::io;
use std::path::Path;

use super::index::{FileState, Index};
use super::jobs::{Job, Listing, TranscriptKind};
use super::messages::{Interner, MessageRecord, MessageSet, SessionInfo, SessionKey};
use super::thread::{MAX_DIR, MAX_ID};
use super::transcript::bookmark::{Bookmark, Reading};
use super::transcript::keys::MessageKey;
use super::transcript::line::{HostSum, Line, Marks, MessageLine};
use super::unlisted::{self, MAX_SUMS, PlacedSum};
use super::{codex, gemini, project};
#[cfg(feature = "opencode")]
use super::{opencode, thread::Thread};
use crate::store::{self, Absent, Trust};

/// 2020-01-01, before the first agent, in days since 1970: earlier dates are wrong, and each day takes a file.
const FIRST_DAY: u32 = 18_262;

/// Maximum length of a title in characters.
const MAX_TITLE: usize = 200;

/// Maximum size of a transcript that is one document, in bytes.
const MAX_DOCUMENT: u64 = 256 << 20;

/// A message, and its key in earlier versions if that differs.
type KeyedMessage = (MessageRecord, Option<MessageKey>);

/// The content of a transcript, as far as the index needs it.
#[derive(Default)]
pub(super) struct Extract {
    state: FileState,
    /// Set when its end was reached.
    pub(super) complete: bool,
    /// The session named by its first message.
    named: Option<String>,
    info: SessionInfo,
    models: Interner<String>,
    /// Messages; their models are numbered in this transcript.
    messages: Vec<KeyedMessage>,
    /// The parts of each session, if there are several.
    parts: Vec<Extract>,
    /// The agent's own sums, the last [`MAX_SUMS`].
    sums: Vec<PlacedSum>,
    /// Time of a compaction since the last of them, in epoch seconds.
    compacted: Option<u64>,
}

impl Extract {
    /// Reads the new part of a transcript of the listing.
    pub(super) fn read(job: &Job, listing: &Listing, to: &mut Reading) -> Result<Self, Absent> {
        match job.kind {
            TranscriptKind::Main | TranscriptKind::Subagent | TranscriptKind::OldSubagent => {}
            TranscriptKind::Rollout | TranscriptKind::Chat => return Self::read_thread(job, to),
            #[cfg(feature = "opencode")]
            TranscriptKind::Database => return Self::read_database(job, to),
            #[cfg(not(feature = "opencode"))]
            TranscriptKind::Database => return Err(Absent::Missing),
        }
        let mut read = |path: &Path, from: &Bookmark| Self::read_on(path, job, from, to);
        let mut found = read(&job.found.path, &job.state.place)?;
        if found.sums.is_empty() || job.kind != TranscriptKind::Main {
            return Ok(found);
        }
        if job.state.place.offset > 0 {
            // The agent's sum is that of the whole session.
            let whole = read(&job.found.path, &Bookmark::default())?;
            if !whole.complete {
                return Ok(found);
            }
            found = whole;
        }
        let mut set = MessageSet::default();
        let own = found.messages_of(&mut set, &job.session);
        let mut others = Vec::new();
        for path in listing.of_session(&job.session.id).filter(|path| **path != job.found.path) {
            match read(path, &Bookmark::default()) {
                Ok(other) if other.complete => others.extend(other.messages_of(&mut set, &job.session)),
                Err(Absent::Missing) => {}
                // Without its messages, they would count twice.
                _ => return Ok(found),
            }
        }
        let unkeyed = |all: Vec<KeyedMessage>| all.into_iter().map(|(message, _)| message).collect();
        for (model, message) in unlisted::find(&found.sums, unkeyed(own), unkeyed(others), set) {
            let model = found.models.number(&model);
            found.messages.push((MessageRecord { model, ..message }, None));
        }
        Ok(found)
    }

    /// Reads a file from a bookmark, or from its beginning if it is another file.
    fn read_on(path: &Path, job: &Job, place: &Bookmark, to: &mut Reading) -> Result<Self, Absent> {
        let (mut file, metadata) = store::open(path, Trust::Lenient)?;
        // If a file was rewritten, everything counted stays, and new messages are added.
        let mut place = if place.is_in(&mut file, &metadata)? { place.clone() } else { Bookmark::default() };
        let mut found = Extract::default();
        let each = |line, _| found.take(line, job);
        let complete = place.read_on((&mut file, &metadata), &Marks::ALL_SESSIONS, to, each)?;
        found.complete = complete;
        found.state.place = place;
        found.note_end(&metadata);
        Ok(found)
    }

    /// Reads the new part of another agent's transcript.
    fn read_thread(job: &Job, to: &mut Reading) -> Result<Self, Absent> {
        let path = &job.found.path;
        let (mut file, metadata) = store::open(path, Trust::Lenient)?;
        let is_same = job.state.place.is_in(&mut file, &metadata)?;
        let state = if is_same { job.state.clone() } else { FileState::default() };
        let (mut place, mut thread) = (state.place, *state.thread.unwrap_or_default());
        let mut found = Extract { complete: true, ..Extract::default() };
        let opened = (&mut file, &metadata);
        if job.kind == TranscriptKind::Rollout {
            found.complete = place.read_marked(opened, &codex::MARKS, to, |line, _| {
                codex::take(&mut thread, line).into_iter().for_each(|line| found.take_message(line, job));
            })?;
        } else {
            let mut take = |text: &str| gemini::take(&mut thread, text, |line| found.take_message(line, job));
            if gemini::is_document(&path.to_string_lossy()) {
                take(&store::read_text(path, Trust::Lenient, MAX_DOCUMENT)?);
            } else {
                found.complete = place.read_marked(opened, &gemini::MARKS, to, |line, _| take(line))?;
            }
            if thread.dir.is_empty() {
                thread.dir = gemini::dir(path);
            }
        }
        found.info.dir.clone_from(&thread.dir);
        found.info.title = job.title.iter().flat_map(|title| title.chars()).take(MAX_TITLE).collect();
        (found.state.place, found.state.thread) = (place, Some(Box::new(thread)));
        found.note_end(&metadata);
        Ok(found)
    }

    #[cfg(feature = "opencode")]
    fn read_database(job: &Job, to: &Reading) -> Result<Self, Absent> {
        let mut found = Extract { state: job.state.clone(), ..Extract::default() };
        let mut numbers = std::collections::HashMap::new();
        let each = |thread: &Thread, info: &SessionInfo, line| {
            let number = *numbers.entry(thread.session.clone()).or_insert(found.parts.len());
            if number == found.parts.len() {
                found.parts.push(Extract { info: info.clone(), ..Extract::default() });
                found.parts[number].state.thread = Some(Box::new(thread.clone()));
            }
            found.parts[number].take_message(line, job);
        };
        let read = opencode::read(&job.found.path, &mut found.state.updated, to.until, each);
        found.complete = read.map_err(|err| Absent::Unavailable(io::Error::other(err)))?;
        if found.complete {
            (found.state.len, found.state.modified) = (job.found.len, job.found.modified);
        }
        Ok(found)
    }

    /// Records the state of the file, if all of it was read.
    fn note_end(&mut self, metadata: &Metadata) {
        if self.complete {
            self.state.len = metadata.len();
            self.state.modified = store::modified(metadata);
        }
    }

    fn take(&mut self, line: Line, job: &Job) {
        match line {
            Line::Message(line) => self.take_message(line, job),
            Line::HostSum(sum) => self.take_sum(sum),
            Line::Compaction(at_ms) => self.compacted = at_ms.map(|at_ms| at_ms / 1000),
            Line::Title(title, is_own) if is_own || !self.info.is_own_title => {
                self.info.title = title.chars().take(MAX_TITLE).collect();
                self.info.is_own_title = is_own;
            }
            Line::Title(..) => {}
        }
    }

    fn take_sum(&mut self, sum: HostSum) {
        let last = self.messages.last().map(|(message, _)| message.at());
        let at = self.compacted.take().or(last).or(sum.at).unwrap_or(0);
        if sum.models.is_empty() {
            return;
        }
        if self.sums.len() == MAX_SUMS {
            self.sums.remove(0);
        }
        self.sums.push(PlacedSum { sum, at, behind: self.messages.len() });
    }

    fn take_message(&mut self, line: MessageLine, job: &Job) {
        // Without a time it belongs to no day.
        let Some(at) = line.at_ms.map(|at_ms| at_ms / 1000) else { return };
        if job.kind != TranscriptKind::Subagent && self.named.is_none() {
            self.named = line.session.filter(|id| id.len() <= MAX_ID);
        }
        if self.info.dir.is_empty()
            && job.kind == TranscriptKind::Main
            && let Some(cwd) = line.cwd.filter(|cwd| cwd.len() <= MAX_DIR)
        {
            // The session may have changed its folder since it was started.
            self.info.dir = project::dir(&cwd, &job.session.project).unwrap_or_default().to_owned();
        }
        let MessageLine { key, former, sidechain, usage, host_cost_usd, .. } = line;
        let model = self.models.number(&line.model);
        let message = MessageRecord { model, sidechain, ..MessageRecord::new(key, at, &usage, host_cost_usd) };
        // The lines of a message follow each other, and are usually the same.
        let is_same =
            |(last, _): &KeyedMessage| MessageRecord { at: message.at, cost: message.cost, ..*last } == message;
        if !self.messages.last().is_some_and(is_same) {
            self.messages.push((message, former));
        }
    }

    /// Its messages, numbered for a session in that set, with their former keys.
    fn messages_of(&self, set: &mut MessageSet, session: &SessionKey) -> Vec<KeyedMessage> {
        let (session, models) = (set.sessions.number(session), set.models.numbers(&self.models.list));
        let model = |message: &MessageRecord| models[message.model as usize];
        let ours = |message: &MessageRecord| MessageRecord { session, model: model(message), ..*message };
        self.messages.iter().map(|(message, former)| (ours(message), *former)).collect()
    }

    /// Adds all of it to the index.
    ///
    /// # Errors
    /// A file of the index cannot be read.
    pub(super) fn take_into(mut self, job: &Job, index: &mut Index) -> io::Result<()> {
        self.state.later = job.state.later;
        for mut part in std::mem::take(&mut self.parts) {
            part.state.later = self.state.later;
            part.insert_into(job, index)?;
            self.state.later = part.state.later;
        }
        self.insert_into(job, index)?;
        index.set_file(&job.found.path, self.state);
        Ok(())
    }

    fn insert_into(&mut self, job: &Job, index: &mut Index) -> io::Result<()> {
        let thread = self.state.thread.as_deref();
        let of_thread = thread.map(|thread| thread.key(job.kind.agent(), &job.session.id));
        let mut session = of_thread.unwrap_or_else(|| job.session.clone());
        match self.named.take().filter(|id| *id != session.id) {
            Some(id) if job.kind == TranscriptKind::OldSubagent => session.id = id,
            named => self.info.alias = named.unwrap_or_default(),
        }
        for (message, former) in self.messages_of(&mut index.messages, &session) {
            let day = u64::from(message.day());
            if day > index.last_day() {
                let later = &mut self.state.later;
                *later = if *later == 0 { day } else { day.min(*later) };
            } else if message.day() >= FIRST_DAY {
                index.insert(message, former)?;
            }
        }
        if job.kind == TranscriptKind::Main || self.state.thread.is_some() {
            let number = index.messages.sessions.number(&session);
            let is_new = index.messages.infos.get(&number).is_none_or(|known| known.dir.is_empty());
            if is_new {
                self.info.main_dir = project::main_dir(&self.info.dir);
            }
            index.insert_info(number, std::mem::take(&mut self.info));
        }
        Ok(())
    }
}
