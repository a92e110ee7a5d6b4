//! What a session has used, from its transcripts. They grow to hundreds of megabytes, so each is
//! read on from where the last reading ended, and what was found is kept in a [`Ledger`].
//!
//! The format is Claude Code's own and not documented: one JSON object a line, where each content
//! block of a message is a line that repeats the usage of the whole message.

use std::cell::OnceCell;
use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::fs::{File, Metadata};
use std::hash::{BuildHasherDefault, Hasher};
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
        let Ok(main) = store::open(transcript, Trust::Lenient) else {
            return Ok(false);
        };
        let mut complete = self.follow(transcript, main, until, |ledger, line| match line {
            Line::Usage(message) => {
                if !message.sidechain {
                    ledger.model = Some(message.model.clone());
                }
                let changed = ledger.count(message, prices);
                if let Some(host) = &mut ledger.host {
                    host.outdated |= changed;
                }
            }
            Line::CostState(cost_usd) => ledger.host = Some(Host { cost_usd, outdated: false }),
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
            complete &= self.follow(path, opened, until, |ledger, line| {
                let Line::Usage(message) = line else { return };
                let changed = ledger.count(Message { sidechain: true, ..message }, prices);
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
        mut each: impl FnMut(&mut Self, Line),
    ) -> Result<bool, Rewritten> {
        let name = name(path);
        let mut place = self.places.get(&name).cloned().unwrap_or_default();
        match place.is_in(&mut file, &metadata) {
            Ok(true) => {}
            Ok(false) => return Err(Rewritten),
            Err(_) => return Ok(false),
        }
        let end = place.read_on(&mut file, until, |line| {
            if let Some(line) = Line::parse(line) {
                each(self, line);
            }
        });
        let end = end.and_then(|end| place.remember(&mut file, &metadata).map(|()| end));
        self.places.insert(name, place);
        Ok(end.unwrap_or(false))
    }

    /// Whether the message changes the sums.
    fn count(&mut self, message: Message, prices: &Prices) -> bool {
        let message = Message { cost_usd: prices.cost(&message.model, &message.usage), ..message };
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
    Ok(hash(&bytes))
}

/// FNV-1a, which is the same in every version of this program.
fn hash(bytes: &[u8]) -> u64 {
    let fnv = bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3)
    });
    // Its last bytes reach few of the bits: mixed as MurmurHash3 ends.
    let mixed = (fnv ^ fnv >> 33).wrapping_mul(0xff51_afd7_ed55_8ccd);
    let mixed = (mixed ^ mixed >> 33).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    mixed ^ mixed >> 33
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
struct Key(u64);

impl Key {
    const REQUEST_BITS: u32 = 24;

    fn of(message: &[u8], request: &[u8]) -> Self {
        let request = hash(request) >> (u64::BITS - Self::REQUEST_BITS);
        Key(hash(message) >> Self::REQUEST_BITS << Self::REQUEST_BITS | request)
    }

    fn message(self) -> u64 {
        self.0 >> Self::REQUEST_BITS
    }

    fn request(self) -> u64 {
        self.0 & ((1 << Self::REQUEST_BITS) - 1)
    }
}

/// The last [`OLDER`] keys or a few less. They stay as they are in the file, and are looked into at the
/// first question: decoding is what a ledger of 20,000 messages would cost each time.
#[derive(Debug, Clone, Default)]
struct Keys {
    /// [`DIGITS`] for each, the oldest first.
    text: String,
    /// Request part by message part. One message with two requests is known by the later.
    requests: OnceCell<Requests>,
}

type Requests = HashMap<u64, u64, BuildHasherDefault<Spread>>;

/// Hexadecimal digits of a key.
const DIGITS: usize = 16;

impl Keys {
    fn contains(&self, key: Key, sidechain: bool) -> bool {
        let requests = self.requests.get_or_init(|| self.decode());
        requests.get(&key.message()).is_some_and(|request| sidechain || *request == key.request())
    }

    fn push(&mut self, key: Key) {
        use std::fmt::Write;
        // In blocks: each moves all that stays.
        const BLOCK: usize = OLDER / 16;
        if self.text.len() >= OLDER * DIGITS {
            self.text.drain(..BLOCK * DIGITS);
            self.requests.take();
        }
        write!(self.text, "{:0DIGITS$x}", key.0).expect("a string takes all");
        if let Some(requests) = self.requests.get_mut() {
            requests.insert(key.message(), key.request());
        }
    }

    fn decode(&self) -> Requests {
        let count = self.text.len() / DIGITS;
        let mut requests = Requests::with_capacity_and_hasher(count, BuildHasherDefault::default());
        let keys = self.text.as_bytes().chunks(DIGITS).filter_map(|digits| std::str::from_utf8(digits).ok());
        let keys = keys.filter_map(|digits| u64::from_str_radix(digits, 16).ok()).map(Key);
        requests.extend(keys.map(|key| (key.message(), key.request())));
        requests
    }
}

impl PartialEq for Keys {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Serialize for Keys {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

impl<'de> Deserialize<'de> for Keys {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        if !text.len().is_multiple_of(DIGITS) || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(serde::de::Error::custom("not the digits of keys"));
        }
        Ok(Keys { text, requests: OnceCell::new() })
    }
}

/// Hashes what is a hash already.
#[derive(Debug, Clone, Default)]
struct Spread(u64);

impl Hasher for Spread {
    fn write(&mut self, bytes: &[u8]) {
        self.0 = hash(bytes);
    }

    fn write_u64(&mut self, number: u64) {
        // Multiplied so that the upper bits, which a message part leaves empty, count as well.
        self.0 = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }

    fn finish(&self) -> u64 {
        self.0
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

#[cfg(test)]
mod tests {
    use std::fs::{self, OpenOptions};
    use std::io::Write;
    use std::time::Duration;

    use proptest::prelude::*;
    use proptest::sample::Index;

    use super::*;

    const CAPTURED: &str = include_str!("../../tests/fixtures/transcript/claude-code-2.1.330.jsonl");

    /// A session's files in a folder of the test's own, and the ledger that follows them.
    struct Session {
        folder: PathBuf,
        ledger: Ledger,
    }

    impl Session {
        #[expect(clippy::disallowed_methods, reason = "tests share nothing with Node")]
        fn new() -> Self {
            let name = format!("bridgeline-transcript-{}-{:?}", std::process::id(), Instant::now());
            let name: String = name.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-').collect();
            let folder = std::env::temp_dir().join(name);
            fs::create_dir(&folder).unwrap();
            Session { folder, ledger: Ledger::default() }
        }

        fn main(&self) -> PathBuf {
            self.path("session-1.jsonl")
        }

        fn path(&self, name: &str) -> PathBuf {
            self.folder.join(name)
        }

        fn append(&self, name: &str, content: impl AsRef<[u8]>) {
            let path = self.path(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            let mut file = OpenOptions::new().append(true).create(true).open(path).unwrap();
            file.write_all(content.as_ref()).unwrap();
        }

        /// Puts the content into the same file.
        #[expect(clippy::disallowed_methods, reason = "sets the scene")]
        fn rewrite(&self, content: &str) {
            fs::write(self.main(), content).unwrap();
        }

        /// Reads with as much time as it takes. The ledger goes through its file form first.
        fn read(&mut self) -> Totals {
            self.read_until(Instant::now() + Duration::from_secs(600))
        }

        fn read_until(&mut self, until: Instant) -> Totals {
            let json = serde_json::to_string(&self.ledger).unwrap();
            self.ledger = serde_json::from_str(&json).unwrap();
            self.ledger.read(&self.main(), &subagents(&self.main()), &Prices::embedded(), until);
            self.ledger.totals()
        }

        fn offset(&self) -> u64 {
            self.ledger.places[&name(&self.main())].offset
        }
    }

    impl Drop for Session {
        fn drop(&mut self) {
            _ = fs::remove_dir_all(&self.folder);
        }
    }

    /// A line of a message with that many tokens of output.
    fn line(id: &str, output: u64) -> String {
        with(id, "claude-opus-4-8", &format!(r#""output_tokens":{output}"#))
    }

    fn with(id: &str, model: &str, usage: &str) -> String {
        format!(
            r#"{{"type":"assistant","sessionId":"session-1","message":{{"id":"msg_{id}","model":"{model}","usage":{{{usage}}}}},"requestId":"req_{id}"}}"#
        ) + "\n"
    }

    fn cost_state(usd: f64) -> String {
        format!(r#"{{"type":"cost-state","sessionId":"session-1","totalCostUSD":{usd}}}"#) + "\n"
    }

    /// The totals of one transcript.
    fn totals(lines: &str) -> Totals {
        let mut session = Session::new();
        session.append("session-1.jsonl", lines);
        session.read()
    }

    #[track_caller]
    fn assert_close(found: Option<f64>, expected: Option<f64>) {
        match (found, expected) {
            (Some(found), Some(expected)) => assert!((found - expected).abs() < 1e-9, "{found} {expected}"),
            (found, expected) => assert_eq!(found, expected),
        }
    }

    #[test]
    fn the_captured_session_costs_what_the_host_says() {
        let found = totals(CAPTURED);
        assert_close(found.cost_usd, Some(0.298_425));
        assert_eq!(found.host_cost_usd, Some(0.298_425));
        let expected = Totals {
            input: 60,
            output: 1725,
            cache_write: 20_000,
            cache_read: 260_000,
            model: Some("claude-opus-4-8".to_owned()),
            complete: true,
            ..found.clone()
        };
        assert_eq!(found, expected);
    }

    #[test]
    fn a_message_counts_once_and_its_last_line_wins() {
        let check = |lines: &[String], output: u64| {
            assert_eq!(totals(&lines.concat()).output, output, "{lines:?}");
        };
        check(&[line("a", 2), line("a", 2), line("a", 164)], 164);
        check(&[line("a", 2), line("b", 5), line("a", 164)], 169);
        check(&[line("a", 300), line("a", 164)], 164);
        let other_request = line("a", 3).replace("req_a", "req_other");
        check(&[line("a", 2), other_request.clone()], 5);
        // A side conversation repeats the main one with new request ids.
        let side = |line: String| line.replace(r#"{"type""#, r#"{"isSidechain":true,"type""#);
        check(&[line("a", 9), side(other_request.clone())], 9);
        check(&[side(other_request.clone()), line("a", 9)], 9);
        check(&[side(line("s", 2)), side(line("s", 7))], 7);
        // Without a request id, without any, and without an own name.
        let bare = |output: u64| line("a", output).replace(r#","requestId":"req_a""#, "");
        check(&[bare(2), bare(9)], 9);
        let by_uuid = |uuid: &str| {
            bare(4).replace(r#""id":"msg_a","#, "").replace('\n', "").replacen(
                '{',
                &format!(r#"{{"uuid":"{uuid}","#),
                1,
            ) + "\n"
        };
        check(&[by_uuid("u"), by_uuid("u"), by_uuid("v")], 8);
        let nameless = |output| bare(output).replace(r#""id":"msg_a","#, "");
        check(&[nameless(4), nameless(4), nameless(5)], 9);
    }

    #[test]
    fn a_message_counts_once_however_far_apart_its_lines_are() {
        let mut session = Session::new();
        let many = |from: usize| (from..from + 1000).map(|i| line(&i.to_string(), 1)).collect::<String>();
        session.append("session-1.jsonl", many(0) + &line("0", 1) + &many(0));
        assert_eq!(session.read().output, 1000);
        session.append("session-1.jsonl", many(500));
        assert_eq!(session.read().output, 1500);
        let side =
            line("3", 7).replace("req_3", "req_x").replace(r#"{"type""#, r#"{"isSidechain":true,"type""#);
        session.append("session-1.jsonl", side);
        assert_eq!(session.read().output, 1500);
        assert_eq!(session.ledger.recent.len(), RECENT);
    }

    #[test]
    fn what_is_no_message_of_the_model_is_skipped() {
        let check = |line: &str| {
            let found = totals(line);
            assert_eq!(found, Totals { complete: true, ..Totals::default() }, "{line}");
        };
        check(&with("a", "<synthetic>", r#""output_tokens":7"#));
        check(&line("a", 7).replace(r#"{"type""#, r#"{"isApiErrorMessage":true,"type""#));
        check(&line("a", 0));
        check(&line("a", 7).replace("usage", "use"));
        check(&line("a", 7).replace(r#""model":"claude-opus-4-8","#, ""));
        check("{\"type\":\"user\",\"message\":\"say \\\"usage\\\"\"}\n");
        check("{\"type\":\"user\",\"toolUseResult\":{\"usage\":{\"output_tokens\":7}}}\n");
        check("\"usage\"\n{\"usage\":\n[\"usage\"]\n\n\r\n\0\n");
        check("");
    }

    #[test]
    fn usage_is_read_as_the_host_does() {
        let check = |text: &str, expected: Usage| {
            assert_eq!(usage(&Object::parse(text).unwrap()), expected, "{text}");
        };
        let none = Usage::default();
        check("{}", none);
        check(r#"{"input_tokens":-1,"output_tokens":"x","cache_read_input_tokens":null}"#, none);
        check(r#"{"cache_creation_input_tokens":9}"#, Usage { cache_write_5m: 9, ..none });
        check(
            r#"{"cache_creation_input_tokens":9,"cache_creation":null}"#,
            Usage { cache_write_5m: 9, ..none },
        );
        check(
            r#"{"cache_creation_input_tokens":9,"cache_creation":{"ephemeral_5m_input_tokens":2,"ephemeral_1h_input_tokens":7}}"#,
            Usage { cache_write_5m: 2, cache_write_1h: 7, ..none },
        );
        check(
            r#"{"cache_creation_input_tokens":9,"cache_creation":{"ephemeral_1h_input_tokens":7}}"#,
            Usage { cache_write_5m: 2, cache_write_1h: 7, ..none },
        );
        check(
            r#"{"cache_creation":{"ephemeral_5m_input_tokens":2,"ephemeral_1h_input_tokens":7}}"#,
            Usage { cache_write_5m: 2, cache_write_1h: 7, ..none },
        );
        check(r#"{"speed":"fast","inference_geo":"us"}"#, Usage { fast: true, us_only: true, ..none });
        check(r#"{"speed":"standard","inference_geo":"global"}"#, none);
        check(r#"{"server_tool_use":{"web_search_requests":3}}"#, Usage { web_searches: 3, ..none });
    }

    #[test]
    fn each_message_is_priced_by_itself() {
        let check = |lines: &[String], usd: Option<f64>| {
            assert_close(totals(&lines.concat()).cost_usd, usd);
        };
        let opus = |usage: &str| with("a", "claude-opus-4-8", usage);
        check(&[opus(r#""input_tokens":1000000"#)], Some(5.0));
        check(&[opus(r#""cache_creation_input_tokens":1000000"#)], Some(6.25));
        check(
            &[opus(
                r#""cache_creation_input_tokens":1000000,"cache_creation":{"ephemeral_1h_input_tokens":1000000}"#,
            )],
            Some(10.0),
        );
        check(&[opus(r#""output_tokens":1000000,"speed":"fast""#)], Some(50.0));
        check(&[opus(r#""output_tokens":1000000,"inference_geo":"us""#)], Some(27.5));
        check(&[opus(r#""output_tokens":0,"server_tool_use":{"web_search_requests":2}"#)], Some(0.02));
        let haiku =
            |id: &str, input: u64| with(id, "claude-haiku-5-5", &format!(r#""input_tokens":{input}"#));
        check(&[haiku("a", 60_000), haiku("b", 60_000)], Some(0.012));
        check(&[haiku("a", 60_000), haiku("b", 120_000)], Some(0.066));
        check(&[line("a", 1_000), with("b", "claude-next", r#""output_tokens":1"#)], None);
        // The line that is corrected does not count.
        check(&[with("a", "claude-next", r#""output_tokens":1"#), line("a", 1_000)], Some(0.025));
        check(&[], None);
    }

    #[test]
    fn an_unknown_model_leaves_its_tokens_and_the_cost_of_others() {
        let mut session = Session::new();
        session.append("session-1.jsonl", line("a", 10) + &with("b", "claude-next", r#""output_tokens":5"#));
        let found = session.read();
        assert_eq!((found.output, found.cost_usd, found.model.as_deref()), (15, None, Some("claude-next")));
        let models = session.ledger.models();
        assert_close(models["claude-opus-4-8"].cost_usd, Some(0.000_25));
        assert_eq!((models["claude-next"].cost_usd, models["claude-next"].messages), (None, 1));
        // Also when it has become old.
        session.append("session-1.jsonl", (0..1000).map(|i| line(&i.to_string(), 1)).collect::<String>());
        assert_eq!(session.read().cost_usd, None);
    }

    #[test]
    fn lines_are_added_between_readings() {
        let mut session = Session::new();
        assert_eq!(session.read(), Totals::default());
        session.append("session-1.jsonl", line("a", 2));
        assert_eq!(session.read().output, 2);
        session.append("session-1.jsonl", line("a", 5) + &line("b", 7));
        assert_eq!(session.read().output, 12);
        assert_eq!(session.read().output, 12);
        assert_eq!(session.read().model.as_deref(), Some("claude-opus-4-8"));
    }

    #[test]
    fn a_torn_line_is_read_when_it_is_whole() {
        let mut session = Session::new();
        let (second, rest) = (line("b", 7), line("c", 1));
        let (torn, end) = second.split_at(60);
        session.append("session-1.jsonl", line("a", 2) + torn);
        let found = session.read();
        assert_eq!((found.output, found.complete), (2, true));
        assert_eq!(session.offset(), line("a", 2).len() as u64);
        session.append("session-1.jsonl", end.trim_end());
        assert_eq!(session.read().output, 2);
        session.append("session-1.jsonl", "\n".to_owned() + &rest);
        assert_eq!(session.read().output, 10);
    }

    #[test]
    fn a_file_that_is_another_is_read_anew() {
        let check = |content: &str, output: u64| {
            let mut session = Session::new();
            session.append("session-1.jsonl", line("a", 10) + &line("b", 20) + &cost_state(1.0));
            session.append("session-1/subagents/agent-x.jsonl", line("x", 100));
            assert_eq!(session.read().output, 130);
            session.rewrite(content);
            assert_eq!(session.read().output, output + 100, "{content}");
            assert_eq!(session.ledger.totals().host_cost_usd, None);
            session.append("session-1.jsonl", line("z", 1));
            assert_eq!(session.read().output, output + 101, "{content}");
        };
        check("", 0);
        check(&line("a", 10), 10);
        check(&(line("a", 10) + &line("c", 30) + &cost_state(1.0).replace("cost", "kost")), 40);
        check(&(line("d", 11) + &line("e", 22) + &line("f", 33) + &line("g", 44)), 110);
        check(&line("h", 5).replace(r#"{"type""#, &format!(r#"{{"x":"{}","type""#, "x".repeat(9000))), 5);
    }

    #[test]
    #[cfg(unix)]
    #[expect(clippy::disallowed_methods, reason = "sets the scene")]
    fn a_file_with_another_number_is_read_anew() {
        let mut session = Session::new();
        session.append("session-1.jsonl", line("a", 10) + &"{}\n".repeat(2000));
        assert_eq!(session.read().output, 10);
        session.append("new", line("a", 33) + &"{}\n".repeat(2000));
        fs::rename(session.path("new"), session.main()).unwrap();
        assert_eq!(session.read().output, 33);
    }

    #[test]
    fn a_file_that_is_gone_leaves_what_it_said() {
        let mut session = Session::new();
        session.append("session-1.jsonl", line("a", 10));
        session.append("session-1/subagents/agent-x.jsonl", line("x", 100));
        assert_eq!(session.read().output, 110);
        fs::remove_dir_all(session.path("session-1")).unwrap();
        session.append("session-1.jsonl", line("b", 1));
        assert_eq!(session.read().output, 111);
        session.append("session-1/subagents/agent-x.jsonl", line("x", 100) + &line("y", 1000));
        let found = session.read();
        assert_eq!((found.output, found.complete), (1111, true));
        fs::remove_file(session.main()).unwrap();
        let found = session.read();
        assert_eq!((found.output, found.complete), (1111, false));
    }

    #[test]
    fn subagents_are_found_and_counted_once() {
        let mut session = Session::new();
        let ours = line("old", 1_000);
        session.append("session-1.jsonl", line("a", 1));
        session.append("session-1/subagents/agent-1.jsonl", line("b", 10) + &line("a", 1));
        session.append("session-1/subagents/agent-1.meta.json", "{}");
        session.append("session-1/subagents/workflows/wf/agent-2.jsonl", line("c", 100) + &line("b", 10));
        session.append("session-1/subagents/workflows/wf/deep/agent-3.jsonl", line("d", 50_000));
        session.append("session-1/subagents/notes.jsonl", line("e", 50_000));
        session.append("session-1/tool-results/agent-4.jsonl", line("f", 50_000));
        session.append("agent-old.jsonl", &ours);
        session.append("agent-other.jsonl", line("g", 50_000).replace("session-1", "session-2"));
        session.append("agent-odd.jsonl", "no json\n".to_owned() + &line("h", 50_000));
        session.append("session-2.jsonl", line("i", 50_000));
        let names: Vec<_> = subagents(&session.main())
            .iter()
            .map(|path| path.strip_prefix(&session.folder).unwrap().to_str().unwrap().replace('\\', "/"))
            .collect();
        assert_eq!(
            names,
            [
                "agent-old.jsonl",
                "session-1/subagents/agent-1.jsonl",
                "session-1/subagents/workflows/wf/agent-2.jsonl"
            ]
        );
        assert_eq!(session.read().output, 1_111);
        session.append(
            "session-1/subagents/agent-1.jsonl",
            with("j", "claude-haiku-4-5", r#""output_tokens":10000"#),
        );
        let found = session.read();
        assert_eq!((found.output, found.model.as_deref()), (11_111, Some("claude-opus-4-8")));
        assert!(subagents(&session.path("none.jsonl")).is_empty());
        assert!(subagents(Path::new("")).is_empty());
    }

    #[test]
    fn no_more_than_so_many_subagents_are_looked_at() {
        let session = Session::new();
        for i in 0..MAX_SUBAGENTS + 5 {
            session.append(&format!("session-1/subagents/agent-{i}.jsonl"), "");
        }
        assert_eq!(subagents(&session.main()).len(), MAX_SUBAGENTS);
    }

    #[test]
    fn an_older_client_repeats_subagents_in_the_main_transcript() {
        let mut session = Session::new();
        let nested = line("b", 9);
        session.append(
            "session-1.jsonl",
            line("a", 1) + &format!("{{\"type\":\"progress\",\"data\":{{\"message\":{}}}}}\n", nested.trim()),
        );
        assert_eq!(session.read().output, 10);
        session.append("session-1/subagents/agent-1.jsonl", nested);
        assert_eq!(session.read().output, 10);
    }

    #[test]
    fn the_hosts_sum_counts_until_a_message_follows() {
        let mut session = Session::new();
        let mut check = |name: &str, lines: String, expected: Option<f64>| {
            session.append(name, &lines);
            assert_eq!(session.read().host_cost_usd, expected, "{lines}");
        };
        check("session-1.jsonl", line("a", 1), None);
        check("session-1.jsonl", cost_state(1.5), Some(1.5));
        check("session-1.jsonl", line("a", 1), Some(1.5));
        check("session-1.jsonl", "{\"type\":\"cost-state\",\"totalCostUSD\":null}\n".to_owned(), Some(1.5));
        check("session-1.jsonl", line("b", 1), None);
        check("session-1.jsonl", cost_state(1.75) + &cost_state(2.0), Some(2.0));
        check("session-1/subagents/agent-1.jsonl", line("c", 1) + &cost_state(9.0), None);
        check("session-1.jsonl", cost_state(2.5), Some(2.5));
    }

    #[test]
    fn subagents_that_were_there_with_the_hosts_sum_are_in_it() {
        let mut session = Session::new();
        session.append("session-1.jsonl", line("a", 1) + &cost_state(1.5));
        session.append("session-1/subagents/agent-1.jsonl", line("c", 1));
        assert_eq!(session.read().host_cost_usd, Some(1.5));
    }

    #[test]
    fn odd_bytes_cost_their_line_at_most() {
        let mut session = Session::new();
        session.append("session-1.jsonl", line("a", 1).replace("session-1", "\u{2028}\u{85}"));
        session.append("session-1.jsonl", [b"\xff\xfe\0\n", line("b", 10).as_bytes()].concat());
        let mut invalid = line("c", 100).into_bytes();
        let at = invalid.windows(9).position(|bytes| bytes == b"session-1").unwrap();
        invalid[at] = 0xff;
        session.append("session-1.jsonl", invalid);
        session.append("session-1.jsonl", line("d", 1000).replace('\n', "\r\n"));
        session.append(
            "session-1.jsonl",
            line("e", 10_000).replace("output_tokens\":", "output_tokens\":1e400,\"x\":"),
        );
        assert_eq!(session.read().output, 1111);
    }

    #[test]
    fn a_line_that_is_too_long_is_passed_over_also_in_pieces() {
        let mut session = Session::new();
        let long = line("long", 50_000);
        let (start, end) = long.split_at(10);
        session.append("session-1.jsonl", line("a", 1) + start);
        session.append("session-1.jsonl", vec![b' '; MAX_LINE + 1000]);
        assert_eq!(session.read().output, 1);
        assert!(session.ledger.places[&name(&session.main())].in_long_line);
        session.append("session-1.jsonl", vec![b' '; 3 * CHUNK]);
        assert_eq!(session.read().output, 1);
        session.append("session-1.jsonl", end.to_owned() + &line("b", 10));
        assert_eq!(session.read().output, 11);
        session.append("session-1.jsonl", line("c", 100));
        let found = session.read();
        assert_eq!((found.output, found.complete), (111, true));
    }

    #[test]
    fn a_reading_goes_on_where_its_time_was_up() {
        let mut session = Session::new();
        let filler = format!("{{\"type\":\"user\",\"text\":\"{}\"}}\n", "x".repeat(CHUNK / 4));
        for i in 0..20 {
            session.append("session-1.jsonl", filler.clone() + &line(&i.to_string(), 1));
        }
        session.append("session-1/subagents/agent-1.jsonl", line("s", 100));
        let past = Instant::now();
        let first = session.read_until(past);
        assert!(!first.complete && (1..20).contains(&first.output), "{first:?}");
        let rounds =
            (0..20).take_while(|_| !session.read_until(past).complete && session.ledger.totals().output < 20);
        assert!(rounds.count() < 10);
        let found = session.read();
        assert_eq!((found.output, found.complete), (120, true));
    }

    #[test]
    fn a_second_reading_reads_what_is_new_only() {
        let mut session = Session::new();
        let filler = format!("{{\"type\":\"user\",\"text\":\"{}\"}}\n", "x".repeat(20_000));
        let mut lines = String::new();
        for i in 0..1000 {
            lines += &filler;
            lines += &line(&i.to_string(), 1);
        }
        session.append("session-1.jsonl", &lines);
        assert!(lines.len() > 20_000_000);
        assert_eq!(session.read().output, 1000);
        assert_eq!(session.offset(), lines.len() as u64);
        let new = line("new", 7) + &line("b", 1);
        session.append("session-1.jsonl", &new);
        let (mut file, metadata) = store::open(&session.main(), Trust::Lenient).unwrap();
        let mut place = session.ledger.places[&name(&session.main())].clone();
        assert!(place.is_in(&mut file, &metadata).unwrap());
        let mut read = Vec::new();
        assert!(place.read_on(&mut file, Instant::now(), |line| read.extend_from_slice(line)).unwrap());
        assert_eq!((read, place.offset), (new.into_bytes(), metadata.len()));
        assert_eq!(session.read().output, 1008);
        assert_eq!(session.offset(), metadata.len());
    }

    #[test]
    fn a_full_ledger_is_a_state_file() {
        let mut ledger = Ledger::default();
        let prices = Prices::embedded();
        let message = |i: u64| {
            let usage = Usage {
                input: 100_000,
                cache_read: 900_000,
                cache_write_5m: 90_000,
                output: i,
                ..Usage::default()
            };
            let model = "us.anthropic.claude-sonnet-4-5-20250929-v1:0".to_owned();
            Message { key: Key::of(&i.to_le_bytes(), b"r"), sidechain: false, model, usage, cost_usd: None }
        };
        for i in 1..=(OLDER + 2 * RECENT) as u64 {
            ledger.count(message(i), &prices);
        }
        for i in 0..=MAX_SUBAGENTS {
            let file = format!(
                "/home/somebody/.claude/projects/-home-somebody-work-project/11111111-2222-3333-4444-555555555555/subagents/agent-{i:017}.jsonl"
            );
            let place = Place {
                offset: 1 << 40,
                in_long_line: false,
                file: Some((1 << 40, 1 << 40)),
                tail: u64::MAX,
            };
            ledger.places.insert(file, place);
        }
        let json = serde_json::to_string(&ledger).unwrap();
        assert!((json.len() as u64) < store::MAX_STATE, "{}", json.len());
        let known = ledger.older.text.len() / DIGITS;
        assert!((OLDER * 15 / 16..=OLDER).contains(&known), "{known}");
        let again: Ledger = serde_json::from_str(&json).unwrap();
        assert_eq!(again.older, ledger.older);
        let last_old = (OLDER + RECENT) as u64;
        assert!(!ledger.clone().count(message(last_old), &prices));
        assert!(ledger.clone().count(message(1), &prices));
    }

    #[test]
    fn a_ledger_of_another_version_or_none_is_read_as_far_as_it_goes() {
        let ledger: Ledger = serde_json::from_str(r#"{"model":"x","unknown":1}"#).unwrap();
        assert_eq!(ledger, Ledger { model: Some("x".to_owned()), ..Ledger::default() });
        assert!(serde_json::from_str::<Ledger>(r#"{"older":"nonsense"}"#).is_err());
        assert!(serde_json::from_str::<Ledger>(r#"{"older":"ééé"}"#).is_err());
    }

    /// Lines as they may stand in a transcript: messages that repeat, sums, other things, nonsense.
    fn lines() -> impl Strategy<Value = Vec<u8>> {
        let message =
            (0..40_u64, 1..500_u64, any::<bool>(), 0..3_usize).prop_map(|(id, output, side, model)| {
                let model = ["claude-opus-4-8", "claude-haiku-5-5", "claude-sonnet-5-5"][model];
                let usage = format!(
                    r#""input_tokens":99800,"output_tokens":{output},"cache_read_input_tokens":{output}"#
                );
                let line = with(&id.to_string(), model, &usage);
                if side { line.replacen('{', r#"{"isSidechain":true,"#, 1) } else { line }
            });
        let line = prop_oneof![
            6 => message.prop_map(String::into_bytes),
            1 => (0..100_u32).prop_map(|usd| cost_state(f64::from(usd)).into_bytes()),
            1 => Just(b"{\"type\":\"user\"}\n".to_vec()),
            1 => proptest::collection::vec(any::<u8>(), 0..20),
        ];
        proptest::collection::vec(line, 0..60).prop_map(|lines| lines.concat())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]

        #[test]
        fn reading_in_pieces_is_reading_at_once(bytes in lines(), cuts: Vec<Index>) {
            let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(bytes.len() + 1)).collect();
            cuts.sort_unstable();
            let (mut whole, mut pieces) = (Session::new(), Session::new());
            whole.append("session-1.jsonl", &bytes);
            let expected = whole.read();
            let mut from = 0;
            for to in cuts.into_iter().chain([bytes.len()]) {
                pieces.append("session-1.jsonl", &bytes[from..to]);
                pieces.read();
                from = to;
            }
            let found = pieces.ledger.totals();
            assert_close(found.cost_usd, expected.cost_usd);
            prop_assert_eq!(Totals { cost_usd: None, ..found }, Totals { cost_usd: None, ..expected });
        }

        #[test]
        fn any_bytes_are_read_without_panic(bytes: Vec<u8>) {
            let text = [b"{\"usage\":".as_slice(), &bytes].concat();
            let _ = (Line::parse(&bytes), Line::parse(&text));
        }
    }
}
