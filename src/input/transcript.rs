//! What a session has used, from its transcripts. They grow to hundreds of megabytes, so each is
//! read on from where the last reading ended, and what was found is kept in a [`Ledger`].
//!
//! The format is Claude Code's own and not documented: one JSON object a line, where each content
//! block of a message is a line that repeats the usage of the whole message.

use std::collections::{BTreeMap, HashSet, VecDeque};
use std::fs::{File, Metadata};
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::time::Instant;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::prices::{Prices, Usage};
use crate::json::Object;
use crate::store::{self, Trust};

/// Bytes asked for at once, and between two looks at the clock.
const CHUNK: usize = 256 * 1024;
/// A longer line is passed over, in bytes.
const MAX_LINE: usize = 16 << 20;
/// Bytes before the place reached that tell whether a file is still the one that was read.
const TAIL: u64 = 4 * 1024;
/// Messages that a later line may correct: the lines of one follow each other closely.
const RECENT: usize = 256;
/// Older messages that are known again. With these, a ledger stays below [`store::MAX_STATE`].
const OLDER: usize = 48 * 1024;
/// Most subagents whose transcripts are looked at, the newest first.
const MAX_SUBAGENTS: usize = 200;

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
    /// USD as the host has written it down. `None` when it has not since the last message.
    pub host_cost_usd: Option<f64>,
    /// Whether the last reading reached the end of every file: otherwise the sums are too small.
    pub complete: bool,
}

/// Sums over the messages of one model, tokens unless said otherwise.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[allow(missing_docs, reason = "as in `Usage`")]
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
        let mut complete = self.follow(transcript, prices, until, |ledger, message| {
            if !message.sidechain {
                ledger.model = Some(message.model.clone());
            }
            if ledger.count(message)
                && let Some(host) = &mut ledger.host
            {
                host.outdated = true;
            }
        })?;
        // The host's sum has no time: what subagents wrote is newer if it was not there before.
        let known = self.host == host;
        for path in subagents {
            if Instant::now() >= until {
                return Ok(false);
            }
            complete &= self.follow(path, prices, until, |ledger, message| {
                let changed = ledger.count(Message { sidechain: true, ..message });
                if let Some(host) = &mut ledger.host {
                    host.outdated |= changed && known;
                }
            })?;
        }
        // A file that comes back is read from its beginning; its messages are known.
        let names: HashSet<_> = subagents.iter().map(|path| name(path)).chain([name(transcript)]).collect();
        self.places.retain(|name, _| names.contains(name));
        Ok(complete)
    }

    /// Reads one file on. Whether its end was reached; a file that cannot be read has none.
    fn follow(
        &mut self,
        path: &Path,
        prices: &Prices,
        until: Instant,
        mut each: impl FnMut(&mut Self, Message),
    ) -> Result<bool, Rewritten> {
        let Ok((mut file, metadata)) = store::open(path, Trust::Lenient) else {
            return Ok(false);
        };
        let name = name(path);
        let mut place = self.places.get(&name).cloned().unwrap_or_default();
        match place.is_in(&mut file, &metadata) {
            Ok(true) => {}
            Ok(false) => return Err(Rewritten),
            Err(_) => return Ok(false),
        }
        let end = place.read_on(&mut file, until, |line| match Line::parse(line) {
            Some(Line::Usage(mut message)) => {
                message.cost_usd = prices.cost(&message.model, &message.usage);
                each(self, message);
            }
            Some(Line::CostState(cost_usd)) => self.host = Some(Host { cost_usd, outdated: false }),
            None => {}
        });
        let end = end.and_then(|end| place.remember(&mut file, &metadata).map(|()| end));
        self.places.insert(name, place);
        Ok(end.unwrap_or(false))
    }

    /// Whether the message changes the sums.
    fn count(&mut self, message: Message) -> bool {
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

/// How far a file was read.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
struct Place {
    /// Bytes up to the first line that has not been read, or in it if that is too long.
    offset: u64,
    /// Whether the rest of the line is passed over.
    in_long_line: bool,
    /// Device and file number, where the system has them.
    file: Option<(u64, u64)>,
    /// Hash of the last [`TAIL`] bytes before `offset`.
    tail: u64,
}

impl Place {
    /// Whether this is the file that was read up to here, as far as its number, its length and
    /// what stands before the place tell.
    fn is_in(&self, file: &mut File, metadata: &Metadata) -> io::Result<bool> {
        if self.offset == 0 {
            return Ok(true);
        }
        let can_be = metadata.len() >= self.offset && number(metadata) == self.file;
        Ok(can_be && tail(file, self.offset)? == self.tail)
    }

    /// Hands out the lines that are complete. Whether the end was reached before `until`.
    fn read_on(&mut self, file: &mut File, until: Instant, mut each: impl FnMut(&[u8])) -> io::Result<bool> {
        file.seek(SeekFrom::Start(self.offset))?;
        let mut reader = BufReader::with_capacity(CHUNK, file);
        let mut line = Vec::new();
        let mut unchecked = 0;
        loop {
            line.clear();
            let limit = if self.in_long_line { CHUNK } else { MAX_LINE };
            let count = (&mut reader).take(limit as u64).read_until(b'\n', &mut line)?;
            let ends = line.ends_with(b"\n");
            match (self.in_long_line, ends) {
                _ if count == 0 => return Ok(true),
                (false, true) => each(&line),
                (true, true) => self.in_long_line = false,
                (true, false) => {}
                (false, false) if count == limit => self.in_long_line = true,
                // Still being written.
                (false, false) => return Ok(true),
            }
            self.offset += count as u64;
            unchecked += count;
            if unchecked >= CHUNK {
                unchecked = 0;
                if Instant::now() >= until {
                    return Ok(false);
                }
            }
        }
    }

    fn remember(&mut self, file: &mut File, metadata: &Metadata) -> io::Result<()> {
        self.file = number(metadata);
        self.tail = tail(file, self.offset)?;
        Ok(())
    }
}

#[cfg(unix)]
fn number(metadata: &Metadata) -> Option<(u64, u64)> {
    use std::os::unix::fs::MetadataExt;
    Some((metadata.dev(), metadata.ino()))
}

#[cfg(not(unix))]
fn number(_: &Metadata) -> Option<(u64, u64)> {
    None
}

/// Hash of the last [`TAIL`] bytes before `end`.
fn tail(file: &mut File, end: u64) -> io::Result<u64> {
    let start = end.saturating_sub(TAIL);
    file.seek(SeekFrom::Start(start))?;
    let mut bytes = Vec::with_capacity(TAIL as usize);
    file.take(end - start).read_to_end(&mut bytes)?;
    Ok(hash(&[&bytes]))
}

/// FNV-1a, which is the same in every version of this program. The parts are told apart.
fn hash(parts: &[&[u8]]) -> u64 {
    // No byte of UTF-8.
    let bytes = parts.iter().flat_map(|part| part.iter().chain(&[0xff]));
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3))
}

/// What one line tells.
#[derive(Debug, Clone, PartialEq)]
enum Line {
    /// A message, or a part of one, with the usage of the whole as far as it was known.
    Usage(Message),
    /// The host's own sum, in USD.
    CostState(f64),
}

impl Line {
    /// `None` when it tells nothing of use. Most do not, and are not parsed.
    fn parse(line: &[u8]) -> Option<Self> {
        let text = String::from_utf8_lossy(line);
        // Within a text the quotes would be escaped.
        if !text.contains("\"usage\"") && !text.contains("\"cost-state\"") {
            return None;
        }
        let entry = Object::parse(&text)?;
        match entry.string("type").as_deref() {
            Some("cost-state") => {
                let usd = entry.number("totalCostUSD").filter(|usd| *usd >= 0.0)?;
                Some(Line::CostState(usd))
            }
            // Older clients repeat the messages of a subagent within the main transcript.
            Some("progress") => {
                let message = Message::parse(&entry.object("data")?.object("message")?, line)?;
                Some(Line::Usage(Message { sidechain: true, ..message }))
            }
            _ => Message::parse(&entry, line).map(Line::Usage),
        }
    }
}

/// What one message used.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Message {
    key: Key,
    /// Whether it belongs to a side conversation, which may begin with copies of the main one.
    sidechain: bool,
    model: String,
    usage: Usage,
    /// `None` when it has no known price.
    cost_usd: Option<f64>,
}

impl Message {
    /// `None` when nothing was used, as in what the client itself makes up (`<synthetic>`, errors).
    fn parse(entry: &Object, line: &[u8]) -> Option<Self> {
        let message = entry.object("message")?;
        let model = message.text("model").filter(|model| model != "<synthetic>")?;
        if entry.bool("isApiErrorMessage") == Some(true) {
            return None;
        }
        let usage = usage(&message.object("usage")?);
        let key = match message.text("id") {
            Some(id) => Key::of(id.as_bytes(), entry.text("requestId").unwrap_or_default().as_bytes()),
            None => entry.text("uuid").map_or_else(|| Key::of(line, b""), |id| Key::of(id.as_bytes(), b"")),
        };
        let sidechain = entry.bool("isSidechain") == Some(true);
        (!usage.is_empty()).then_some(Message { key, sidechain, model, usage, cost_usd: None })
    }

    /// Whether both tell of one message. A side conversation repeats messages with new request ids.
    fn is_same(&self, other: &Message) -> bool {
        self.key == other.key
            || (self.sidechain || other.sidechain) && self.key.message() == other.key.message()
    }
}

fn usage(usage: &Object) -> Usage {
    let count = |name: &str| usage.count(name).unwrap_or(0);
    let by_time = usage.object_or_empty("cache_creation");
    let cache_write_1h = by_time.count("ephemeral_1h_input_tokens").unwrap_or(0);
    let cache_write_5m = by_time.count("ephemeral_5m_input_tokens").unwrap_or(0);
    // What is not said to be for an hour is for five minutes, as the host reckons.
    let rest = count("cache_creation_input_tokens").saturating_sub(cache_write_1h);
    Usage {
        input: count("input_tokens"),
        output: count("output_tokens"),
        cache_write_5m: cache_write_5m.max(rest),
        cache_write_1h,
        cache_read: count("cache_read_input_tokens"),
        web_searches: usage.object_or_empty("server_tool_use").count("web_search_requests").unwrap_or(0),
        us_only: usage.string("inference_geo").as_deref() == Some("us"),
        fast: usage.string("speed").as_deref() == Some("fast"),
    }
}

/// Tells messages apart: 40 bits of the message id's hash, then 24 of the request id's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
struct Key(u64);

impl Key {
    const REQUEST_BITS: u32 = 24;

    fn of(message: &[u8], request: &[u8]) -> Self {
        let request = hash(&[request]) >> (u64::BITS - Self::REQUEST_BITS);
        Key(hash(&[message]) >> Self::REQUEST_BITS << Self::REQUEST_BITS | request)
    }

    fn message(self) -> u64 {
        self.0 >> Self::REQUEST_BITS
    }
}

/// The last [`OLDER`] keys, written as one string of 16 digits each.
#[derive(Debug, Clone, Default, PartialEq)]
struct Keys {
    order: VecDeque<Key>,
    keys: HashSet<Key>,
    messages: HashSet<u64>,
}

impl Keys {
    fn contains(&self, key: Key, sidechain: bool) -> bool {
        self.keys.contains(&key) || sidechain && self.messages.contains(&key.message())
    }

    fn push(&mut self, key: Key) {
        self.order.push_back(key);
        self.keys.insert(key);
        self.messages.insert(key.message());
        if self.order.len() > OLDER
            && let Some(key) = self.order.pop_front()
        {
            self.keys.remove(&key);
            self.messages.remove(&key.message());
        }
    }
}

impl Serialize for Keys {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use std::fmt::Write;
        let mut text = String::with_capacity(self.order.len() * 16);
        for key in &self.order {
            write!(text, "{:016x}", key.0).expect("a string takes all");
        }
        serializer.serialize_str(&text)
    }
}

impl<'de> Deserialize<'de> for Keys {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let mut keys = Keys::default();
        for digits in text.as_bytes().chunks(16) {
            let key = std::str::from_utf8(digits).ok().and_then(|text| u64::from_str_radix(text, 16).ok());
            keys.push(Key(key.ok_or_else(|| serde::de::Error::custom("not a hexadecimal key"))?));
        }
        Ok(keys)
    }
}

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
