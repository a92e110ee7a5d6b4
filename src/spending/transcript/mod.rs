//! The usage of one session, from its transcripts. They grow to hundreds of megabytes, so each is read from where the
//! last reading ended, and the results are kept in a [`Ledger`].
//!
//! The format is Claude Code's own and undocumented: one JSON object on each line, where each content
//! block of a message is a line that repeats the usage of the whole message.

pub(super) mod bookmark;
pub(super) mod keys;
pub(super) mod line;
mod subagents;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, HashSet, VecDeque};
use std::fs::{File, Metadata};
use std::path::{Path, PathBuf};
use std::time::Instant;

use serde::{Deserialize, Serialize};

pub use subagents::subagents;

use self::bookmark::{Bookmark, Reading};
use self::keys::{Keys, MessageKey};
use self::line::{Line, Marks, MessageLine};
use super::prices::Prices;
use super::tokens::{Spent, Tokens};
use crate::store::{self, KeyedFile, Trust};

/// The file of a session's [`Ledger`].
pub const LEDGER: KeyedFile = KeyedFile::State("transcripts");

/// Number of messages that a later line may correct: the lines of a message are close together.
const RECENT: usize = 256;

/// Tokens and cost of one session, each message counted once over all files of the session.
///
/// The caller keeps it between readings. Unlike the index of all sessions it is bounded, since a hook reads and writes
/// all of it at the end of each turn. Cost is computed when a message is read: later prices do not change it.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Ledger {
    /// A bookmark in each file, by its path.
    places: BTreeMap<String, Bookmark>,
    /// Messages that may still be corrected, the oldest first.
    recent: VecDeque<RecentMessage>,
    /// Keys of the messages before these.
    older: Keys,
    /// Sum of the messages before these.
    settled: Spent,
    /// Model of the last message of the main conversation.
    pub model: Option<String>,
    /// USD as recorded by the agent (`cost-state`). `None` if that is older than the last message.
    pub host_cost_usd: Option<f64>,
    /// The last reading reached the end of every file; otherwise the sums are too small.
    pub complete: bool,
}

/// A message that may still be corrected.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct RecentMessage {
    key: MessageKey,
    sidechain: bool,
    #[serde(rename = "usage")]
    tokens: Tokens,
    /// USD, as recorded by the agent (early versions), else by our prices. `None` without a price.
    cost_usd: Option<f64>,
    /// Time when its last line was written, in epoch milliseconds; 0 if unknown.
    #[serde(default)]
    at_ms: u64,
}

impl RecentMessage {
    fn new(line: &MessageLine, sidechain: bool, prices: &Prices) -> Self {
        RecentMessage {
            key: line.key,
            sidechain,
            tokens: line.usage.tokens,
            cost_usd: line.host_cost_usd.or_else(|| prices.cost(&line.model, &line.usage)),
            at_ms: line.at_ms.unwrap_or(0),
        }
    }

    /// Both are the same message. A side conversation repeats messages with new request ids.
    fn is_same(&self, other: &Self) -> bool {
        self.key == other.key || (self.sidechain || other.sidechain) && self.key.message() == other.key.message()
    }

    fn spent(&self) -> Spent {
        Spent::message(self.tokens, self.cost_usd)
    }
}

/// A file that was read has been replaced or rewritten.
struct Rewritten;

impl Ledger {
    /// Reads what has been added to the transcripts of a session and its subagents since the last time, until `until`.
    /// The rest is read next time; at least one chunk of the main transcript is read each time.
    ///
    /// If one of them was truncated, replaced or rewritten, all sums start again, since it is unknown which message was
    /// in which file. Costs an open and 4 KiB per file, plus the new part.
    pub fn read(&mut self, transcript: &Path, subagents: &[PathBuf], prices: &Prices, until: Instant) {
        self.complete = false;
        for _ in 0..2 {
            match self.read_on(transcript, subagents, prices, until) {
                Ok(complete) => {
                    self.complete = complete;
                    return;
                }
                Err(Rewritten) => *self = Ledger::default(),
            }
        }
    }

    /// The sum of all messages.
    pub fn spent(&self) -> Spent {
        let mut sum = self.settled;
        for message in &self.recent {
            sum += message.spent();
        }
        sum
    }

    /// USD of the messages after the first time and up to the second, in epoch milliseconds, among those that may still
    /// be corrected. A message without a price counts as 0.
    pub fn cost_between(&self, after: u64, until: u64) -> f64 {
        let within = self.recent.iter().filter(|message| message.at_ms > after && message.at_ms <= until);
        within.filter_map(|message| message.cost_usd).sum()
    }

    /// Returns `true` if all files were read to their ends.
    fn read_on(
        &mut self, transcript: &Path, subagents: &[PathBuf], prices: &Prices, until: Instant,
    ) -> Result<bool, Rewritten> {
        let host_cost_usd = self.host_cost_usd;
        let Ok(main) = store::open(transcript, Trust::Lenient) else { return Ok(false) };
        let mut complete = self.follow(transcript, main, until, |ledger, line, is_ended| match line {
            Line::Message(line) => {
                if ledger.count(RecentMessage::new(&line, line.sidechain, prices)) {
                    ledger.host_cost_usd = None;
                }
                if !line.sidechain {
                    ledger.model = Some(line.model);
                }
            }
            Line::HostSum(sum) if is_ended => ledger.host_cost_usd = Some(sum.cost_usd),
            // It is read again once it has its line break.
            Line::HostSum(_) | Line::Compaction(_) | Line::Title(..) => {}
        })?;
        // The agent's sum has no time: messages of subagents are newer if it was read before them.
        let is_old = self.host_cost_usd == host_cost_usd;
        for path in subagents {
            if Instant::now() >= until {
                return Ok(false);
            }
            let Ok(opened) = store::open(path, Trust::Lenient) else { continue };
            complete &= self.follow(path, opened, until, |ledger, line, _| {
                let Line::Message(line) = line else { return };
                if ledger.count(RecentMessage::new(&line, true, prices)) && is_old {
                    ledger.host_cost_usd = None;
                }
            })?;
        }
        // A file that reappears is read from its beginning; its messages are known.
        let names: HashSet<_> = subagents.iter().map(|path| name(path)).chain([name(transcript)]).collect();
        self.places.retain(|name, _| names.contains(name));
        Ok(complete)
    }

    /// Reads the new part of a file. Returns `true` if its end was reached.
    fn follow(
        &mut self, path: &Path, (mut file, metadata): (File, Metadata), until: Instant,
        mut each: impl FnMut(&mut Self, Line, bool),
    ) -> Result<bool, Rewritten> {
        let name = name(path);
        let mut place = self.places.get(&name).cloned().unwrap_or_default();
        match place.is_in(&mut file, &metadata) {
            Ok(true) => {}
            Ok(false) => return Err(Rewritten),
            Err(_) => return Ok(false),
        }
        let (opened, mut reading) = ((&mut file, &metadata), Reading { buffer: Vec::new(), until });
        let is_end = place.read_on(opened, &Marks::ONE_SESSION, &mut reading, |line, is_ended| {
            each(self, line, is_ended);
        });
        self.places.insert(name, place);
        Ok(is_end.unwrap_or(false))
    }

    /// Counts a message. Returns `true` if that changes the sums.
    fn count(&mut self, message: RecentMessage) -> bool {
        if let Some(known) = self.recent.iter_mut().rfind(|known| known.is_same(&message)) {
            // The copy in a side conversation may have less than the original.
            if message.sidechain && !known.sidechain {
                return false;
            }
            let changed = known.spent() != message.spent();
            *known = message;
            return changed;
        }
        if self.older.contains(message.key, message.sidechain) {
            return false;
        }
        self.recent.push_back(message);
        if self.recent.len() > RECENT
            && let Some(message) = self.recent.pop_front()
        {
            self.settled += message.spent();
            self.older.push(message.key);
        }
        true
    }
}

fn name(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}
