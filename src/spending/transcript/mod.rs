//! What a session has used, from its transcripts. They grow to hundreds of megabytes, so each is
//! read on from where the last reading ended, and what was found is kept in a [`Ledger`].
//!
//! The format is Claude Code's own and not documented: one JSON object a line, where each content
//! block of a message is a line that repeats the usage of the whole message.

pub(in crate::spending) mod keys;
pub(in crate::spending) mod line;
pub(in crate::spending) mod place;
mod subagents;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, HashSet, VecDeque};
use std::fs::{File, Metadata};
use std::path::{Path, PathBuf};
use std::time::Instant;

use serde::{Deserialize, Serialize};

pub use subagents::subagents;

use self::keys::Keys;
use self::line::{Line, Marks, Message};
use self::place::Place;
use super::prices::Prices;
use crate::store::{self, KeyedFile, Trust};

/// How far the transcripts of a session have been read, as a [`Ledger`].
pub const LEDGER: KeyedFile = KeyedFile::State("transcripts");

/// Messages that a later line may correct: the lines of one follow each other closely.
const RECENT: usize = 256;

/// What the messages of one session have used, each counted once over all files of the session.
///
/// It is kept between readings by the caller. Cost is reckoned when a message is read, because it
/// may depend on the size of a single prompt: later prices change nothing of it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Ledger {
    /// How far each file was read.
    places: BTreeMap<String, Place>,
    /// Messages that may still be corrected, the oldest first.
    recent: VecDeque<Message>,
    /// Those before, by their keys.
    older: Keys,
    /// Sums of those before, by model.
    settled: BTreeMap<String, Sum>,
    /// Model of the last message of the main conversation.
    model: Option<String>,
    host: Option<Host>,
    complete: bool,
}

/// Sums over the messages of a session, tokens unless said otherwise.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Totals {
    /// Read by the model at full price.
    pub input: u64,
    /// Written by the model.
    pub output: u64,
    /// Put into the cache, for any time.
    pub cache_write: u64,
    /// Read from the cache.
    pub cache_read: u64,
    /// USD by our prices. `None` without a message, and when one was of a model of unknown price.
    pub cost_usd: Option<f64>,
    /// Model of the last message of the main conversation.
    pub model: Option<String>,
    /// USD as the host has written it down (`cost-state`). `None` when it has not since the last
    /// message.
    pub host_cost_usd: Option<f64>,
    /// Whether the last reading reached the end of every file: otherwise the sums are too small.
    pub complete: bool,
}

/// Sums over the messages of one model, tokens unless said otherwise.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Sum {
    /// How many messages.
    pub messages: u64,
    pub input: u64,
    pub output: u64,
    pub cache_write_5m: u64,
    pub cache_write_1h: u64,
    pub cache_read: u64,
    pub web_searches: u64,
    /// USD. `None` when a message had no price.
    pub cost_usd: Option<f64>,
}

impl Default for Sum {
    fn default() -> Self {
        Sum {
            messages: 0,
            input: 0,
            output: 0,
            cache_write_5m: 0,
            cache_write_1h: 0,
            cache_read: 0,
            web_searches: 0,
            cost_usd: Some(0.0),
        }
    }
}

impl Sum {
    fn add(&mut self, message: &Message) {
        let usage = &message.usage;
        for (sum, count) in [
            (&mut self.messages, 1),
            (&mut self.input, usage.input),
            (&mut self.output, usage.output),
            (&mut self.cache_write_5m, usage.cache_write_5m),
            (&mut self.cache_write_1h, usage.cache_write_1h),
            (&mut self.cache_read, usage.cache_read),
            (&mut self.web_searches, usage.web_searches),
        ] {
            *sum = sum.saturating_add(count);
        }
        self.cost_usd = self.cost_usd.zip(message.cost_usd).map(|(sum, usd)| sum + usd);
    }
}

/// The host's own sum.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Host {
    cost_usd: f64,
    /// Whether a message came after it.
    outdated: bool,
}

/// A file that was read is not the one that it was.
struct Rewritten;

impl Ledger {
    /// Takes in what has been added to a session's transcript and to those of its subagents since
    /// the last time, `until` then: what is left is read the next time, and each time brings at
    /// least one chunk of the main transcript.
    ///
    /// When one of them was truncated, replaced or rewritten, all sums begin anew, since it cannot
    /// be told which message was in which file. Costs an open and 4 KiB for each file, and what
    /// is new.
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

    /// The sums over all messages.
    pub fn totals(&self) -> Totals {
        let models = self.models();
        let total = |count: fn(&Sum) -> u64| models.values().map(count).fold(0, u64::saturating_add);
        let costs = models.values().map(|sum| sum.cost_usd);
        Totals {
            input: total(|sum| sum.input),
            output: total(|sum| sum.output),
            cache_write: total(|sum| sum.cache_write_5m.saturating_add(sum.cache_write_1h)),
            cache_read: total(|sum| sum.cache_read),
            cost_usd: costs.sum::<Option<f64>>().filter(|_| !models.is_empty()),
            model: self.model.clone(),
            host_cost_usd: self.host.as_ref().filter(|host| !host.outdated).map(|host| host.cost_usd),
            complete: self.complete,
        }
    }

    /// USD of the messages that are newer than the first and not newer than the second, in epoch
    /// milliseconds, as far as they may still be corrected. What has no price counts as nothing.
    pub fn cost_between(&self, after: u64, until: u64) -> f64 {
        let within = self.recent.iter().filter(|message| message.at_ms > after && message.at_ms <= until);
        within.filter_map(|message| message.cost_usd).sum()
    }

    /// The sums by model.
    pub fn models(&self) -> BTreeMap<String, Sum> {
        let mut models = self.settled.clone();
        for message in &self.recent {
            sum_of(&mut models, &message.model).add(message);
        }
        models
    }

    /// Whether all was read to the end.
    fn read_on(
        &mut self,
        transcript: &Path,
        subagents: &[PathBuf],
        prices: &Prices,
        until: Instant,
    ) -> Result<bool, Rewritten> {
        let host = self.host.clone();
        let Ok(main) = store::open(transcript, Trust::Lenient) else {
            return Ok(false);
        };
        let mut complete = self.follow(transcript, main, until, |ledger, line, is_ended| match line {
            // Counted again when its line break has come.
            _ if !is_ended && !matches!(line, Line::Usage(_)) => {}
            Line::Usage(entry) => {
                if !entry.message.sidechain {
                    ledger.model = Some(entry.message.model.clone());
                }
                let changed = ledger.count(entry.dated(), prices);
                if let Some(host) = &mut ledger.host {
                    host.outdated |= changed;
                }
            }
            Line::CostState(sum) => ledger.host = Some(Host { cost_usd: sum.cost_usd, outdated: false }),
            Line::Compaction(_) | Line::Title(..) => {}
        })?;
        // The host's sum has no time: what subagents used since is what was not there with it.
        let is_old = self.host == host;
        for path in subagents {
            if Instant::now() >= until {
                return Ok(false);
            }
            let Ok(opened) = store::open(path, Trust::Lenient) else {
                continue;
            };
            complete &= self.follow(path, opened, until, |ledger, line, _| {
                let Line::Usage(entry) = line else { return };
                let changed = ledger.count(Message { sidechain: true, ..entry.dated() }, prices);
                if let Some(host) = &mut ledger.host {
                    host.outdated |= changed && is_old;
                }
            })?;
        }
        // A file that comes back is read from its beginning; its messages are known.
        let names: HashSet<_> = subagents.iter().map(|path| name(path)).chain([name(transcript)]).collect();
        self.places.retain(|name, _| names.contains(name));
        Ok(complete)
    }

    /// Reads one file on. Whether its end was reached.
    fn follow(
        &mut self,
        path: &Path,
        (mut file, metadata): (File, Metadata),
        until: Instant,
        mut each: impl FnMut(&mut Self, Line, bool),
    ) -> Result<bool, Rewritten> {
        let name = name(path);
        let mut place = self.places.get(&name).cloned().unwrap_or_default();
        match place.is_in(&mut file, &metadata) {
            Ok(true) => {}
            Ok(false) => return Err(Rewritten),
            Err(_) => return Ok(false),
        }
        let mut answer = place.answer.take();
        let end = place.read_on(&mut file, &mut Vec::new(), until, |lines, are_ended| {
            Marks::SESSION.find(lines, |mut line| {
                if let Line::Usage(entry) = &mut line {
                    entry.settle(&mut answer);
                }
                each(self, line, are_ended);
            });
        });
        place.answer = answer;
        let end = end.and_then(|end| place.remember(&mut file, &metadata).map(|()| end));
        self.places.insert(name, place);
        Ok(end.unwrap_or(false))
    }

    /// Whether the message changes the sums.
    fn count(&mut self, message: Message, prices: &Prices) -> bool {
        let cost_usd = message.cost_usd.or_else(|| prices.cost(&message.model, &message.usage));
        let message = Message { cost_usd, ..message };
        if let Some(known) = self.recent.iter_mut().rfind(|known| known.is_same(&message)) {
            // What a side conversation repeats of the main one is less than that says itself.
            if message.sidechain && !known.sidechain {
                return false;
            }
            let changed = known.usage != message.usage || known.model != message.model;
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
            sum_of(&mut self.settled, &message.model).add(&message);
            self.older.push(message.key);
        }
        true
    }
}

fn sum_of<'a>(sums: &'a mut BTreeMap<String, Sum>, model: &str) -> &'a mut Sum {
    // Looked up first: the name is there already but for once a model.
    if !sums.contains_key(model) {
        sums.insert(model.to_owned(), Sum::default());
    }
    sums.get_mut(model).expect("it was put there")
}

fn name(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}
