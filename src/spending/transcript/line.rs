//! What the lines of a transcript tell. Few of them tell anything that is looked for, so they are
//! found by what must stand in them, and only those are taken apart.

use std::borrow::Cow;

use memchr::memmem::Finder;
use memchr::{memchr, memrchr};
use serde::{Deserialize, Serialize};

use super::keys::{self, Key};
use crate::base::format;
use crate::base::json::{self, scan, scan_array};
use crate::base::text::is_blank;
use crate::spending::prices::Usage;

/// What stands in a line that is looked for. Within a text its quotes would be escaped.
pub(in crate::spending) struct Marks(&'static [&'static str]);

impl Marks {
    /// Lines that matter for the usage of all sessions. Each mark costs a pass over all bytes: one stands for
    /// both kinds of titles.
    pub(in crate::spending) const USAGE: Marks =
        Marks(&["\"usage\"", "\"cost-state\"", "\"compact_boundary\"", "-title\""]);

    /// Lines that matter for one session.
    pub(in crate::spending) const SESSION: Marks = Marks(&["\"usage\"", "\"cost-state\""]);

    /// What these whole lines tell, in their order.
    pub(in crate::spending) fn find<'a>(&self, lines: &'a [u8], mut each: impl FnMut(Line<'a>)) {
        let finders: Vec<_> = self.0.iter().map(Finder::new).collect();
        let mut next: Vec<_> = finders.iter().map(|finder| finder.find(lines)).collect();
        while let Some(at) = next.iter().flatten().min() {
            let start = memrchr(b'\n', &lines[..*at]).map_or(0, |before| before + 1);
            let end = memchr(b'\n', &lines[*at..]).map_or(lines.len(), |length| at + length);
            if let Some(line) = Line::parse(&lines[start..end]) {
                each(line);
            }
            for (next, finder) in next.iter_mut().zip(&finders) {
                if next.is_some_and(|at| at < end) {
                    *next = finder.find(&lines[end..]).map(|at| end + at);
                }
            }
        }
    }
}

/// What one line tells.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::spending) enum Line<'a> {
    /// A message, or a part of one, with the usage of the whole as far as it was known.
    Usage(Entry<'a>),
    /// The host's own sum.
    CostState(CostState<'a>),
    /// The conversation was compacted here; with the time in RFC 3339, where the line has it.
    Compaction(Option<String>),
    /// A title of the session, and whether the user chose it.
    Title(String, bool),
}

/// What the session has used so far by the host's own count, requests included that stand in no
/// transcript. It goes on from before in a session that is resumed, or begins at zero again.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::spending) struct CostState<'a> {
    pub(in crate::spending) cost_usd: f64,
    /// When it was written, in epoch seconds. `None` in early clients.
    pub(in crate::spending) at: Option<u64>,
    models: &'a [u8],
}

impl CostState<'_> {
    /// Usage and USD of each model, at most a hundred.
    pub(in crate::spending) fn models(&self) -> Vec<(String, Usage, f64)> {
        const MAX_MODELS: usize = 100;
        let mut models = Vec::new();
        scan(self.models, |name, value| {
            let count = |name: &[u8]| count(member(value, name));
            let hour = count(b"cacheCreationEphemeral1hInputTokens");
            let usage = Usage {
                input: count(b"inputTokens"),
                output: count(b"outputTokens"),
                cache_write_5m: count(b"cacheCreationInputTokens").saturating_sub(hour),
                cache_write_1h: hour,
                cache_read: count(b"cacheReadInputTokens"),
                web_searches: count(b"webSearchRequests"),
                ..Usage::default()
            };
            let cost_usd = number(member(value, b"costUSD")).unwrap_or(0.0);
            if models.len() < MAX_MODELS {
                models.push((String::from_utf8_lossy(name).into_owned(), usage, cost_usd));
            }
        });
        models
    }

    /// The same in every copy of the line, also in a session that was forked from this one.
    pub(in crate::spending) fn key(&self) -> Key {
        let (cost, at) = (self.cost_usd.to_bits(), self.at.unwrap_or(0));
        Key::of(&[&cost.to_le_bytes(), &at.to_le_bytes(), self.models].concat(), b"cost-state")
    }
}

impl<'a> Line<'a> {
    /// `None` when it tells nothing of this.
    pub(super) fn parse(line: &'a [u8]) -> Option<Self> {
        let mut fields = Fields::default();
        let line = line.trim_ascii_end();
        fields.read(line)?;
        match text(fields.kind).as_deref() {
            Some("cost-state") => {
                let cost_usd = number(fields.total_cost).filter(|usd| *usd >= 0.0)?;
                let at = number(fields.start).zip(number(fields.duration));
                let at = at.map(|(start, duration)| ((start + duration) / 1000.0) as u64);
                Some(Line::CostState(CostState { cost_usd, at, models: fields.models }))
            }
            Some("custom-title") => Some(Line::Title(text(fields.custom_title)?, true)),
            Some("ai-title") => Some(Line::Title(text(fields.ai_title)?, false)),
            Some("system") if fields.subtype == b"\"compact_boundary\"" => {
                Some(Line::Compaction(text(fields.timestamp)))
            }
            // Older clients repeat the messages of a subagent within the main transcript.
            Some("progress") => {
                let mut inner = Fields::default();
                inner.read(member(fields.data, b"message"))?;
                let mut entry = Entry::parse(&inner, line)?;
                entry.message.sidechain = true;
                Some(Line::Usage(entry))
            }
            _ => Entry::parse(&fields, line).map(Line::Usage),
        }
    }
}

/// The raw values of a line that are asked for, empty where there is none.
#[derive(Default)]
struct Fields<'a> {
    kind: &'a [u8],
    subtype: &'a [u8],
    message: &'a [u8],
    request: &'a [u8],
    uuid: &'a [u8],
    sidechain: &'a [u8],
    api_error: &'a [u8],
    cost: &'a [u8],
    total_cost: &'a [u8],
    timestamp: &'a [u8],
    session: &'a [u8],
    data: &'a [u8],
    parent: &'a [u8],
    cwd: &'a [u8],
    custom_title: &'a [u8],
    ai_title: &'a [u8],
    models: &'a [u8],
    start: &'a [u8],
    duration: &'a [u8],
}

impl<'a> Fields<'a> {
    /// `None` when it is no object.
    fn read(&mut self, object: &'a [u8]) -> Option<()> {
        scan(object, |name, value| {
            let field = match name {
                b"type" => &mut self.kind,
                b"subtype" => &mut self.subtype,
                b"message" => &mut self.message,
                b"requestId" => &mut self.request,
                b"uuid" => &mut self.uuid,
                b"isSidechain" => &mut self.sidechain,
                b"isApiErrorMessage" => &mut self.api_error,
                b"costUSD" => &mut self.cost,
                b"totalCostUSD" => &mut self.total_cost,
                b"timestamp" => &mut self.timestamp,
                b"sessionId" => &mut self.session,
                b"data" => &mut self.data,
                b"parentUuid" => &mut self.parent,
                b"cwd" => &mut self.cwd,
                b"customTitle" => &mut self.custom_title,
                b"aiTitle" => &mut self.ai_title,
                b"modelUsage" => &mut self.models,
                b"startTime" => &mut self.start,
                b"totalDuration" => &mut self.duration,
                _ => return,
            };
            *field = value;
        })
    }
}

/// A line of a message.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::spending) struct Entry<'a> {
    pub(in crate::spending) message: Message,
    timestamp: &'a [u8],
    session: &'a [u8],
    content: &'a [u8],
    cwd: &'a [u8],
    /// Without a request: the message's id, this line and the one before it, as they stand there.
    unasked: Option<(&'a [u8], &'a [u8], &'a [u8])>,
}

/// The last message without a request id. Some proxies give all their answers one message id and no
/// request id, so that only the lines' order tells which of them belong together.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(in crate::spending) struct Answer {
    /// Hash of the message's id.
    pub(in crate::spending) id: u64,
    /// Hash of its last line's id; 0 where that has none.
    pub(in crate::spending) line: u64,
    /// Hash of the size of its prompt.
    pub(in crate::spending) prompt: u64,
    /// Whether the last line calls a tool: another such line may follow after its result.
    pub(in crate::spending) calls: bool,
    pub(in crate::spending) key: Key,
}

impl<'a> Entry<'a> {
    /// `None` when nothing was used, as in what the client itself makes up (`<synthetic>`, errors).
    fn parse(fields: &Fields<'a>, line: &[u8]) -> Option<Self> {
        let (mut id, mut model, mut used, mut content) = Default::default();
        scan(fields.message, |name, value| match name {
            b"id" => id = value,
            b"model" => model = value,
            b"usage" => used = value,
            b"content" => content = value,
            _ => {}
        })?;
        let model = text(model).filter(|model| model != "<synthetic>")?;
        if fields.api_error == b"true" {
            return None;
        }
        let usage = usage(used)?;
        let key = match (bytes(id), bytes(fields.uuid)) {
            (Some(id), _) => Key::of(&id, &bytes(fields.request).unwrap_or_default()),
            (None, Some(uuid)) => Key::of(&uuid, b""),
            (None, None) => Key::of(line, b""),
        };
        let message = Message {
            key,
            sidechain: fields.sidechain == b"true",
            model,
            usage,
            cost_usd: number(fields.cost).filter(|usd| *usd >= 0.0),
            at_ms: 0,
        };
        let Fields { timestamp, session, cwd, uuid, parent, .. } = *fields;
        let is_unasked = bytes(id).is_some() && bytes(fields.request).is_none();
        let unasked = is_unasked.then_some((id, uuid, parent));
        (!usage.is_empty()).then_some(Entry { message, timestamp, session, content, cwd, unasked })
    }

    /// Gives a message without a request id the key of the answer that it belongs to: of the last one in
    /// this file, or a new one. The key that earlier versions gave it, where that is another.
    pub(in crate::spending) fn settle(&mut self, last: &mut Option<Answer>) -> Option<Key> {
        let (id, uuid, parent) = self.unasked?;
        let hash = |raw: &[u8]| bytes(raw).map_or(0, |bytes| keys::hash(&bytes));
        let (id_hash, line, parent) = (hash(id), hash(uuid), hash(parent));
        let Usage { input, cache_write_5m, cache_write_1h, cache_read, .. } = self.message.usage;
        let prompt = [input, cache_write_5m, cache_write_1h, cache_read].map(u64::to_le_bytes).concat();
        let (size, calls) = (keys::hash(&prompt), self.calls_tool());
        let goes_on = |last: &&Answer| {
            let is_chained = line != 0 && (line == last.line || parent == last.line);
            let is_unknown = line == 0 || parent == 0 || last.line == 0;
            let is_alike = size == last.prompt && (is_unknown || calls && last.calls);
            last.id == id_hash && (is_chained || is_alike)
        };
        // A copy, as in a session that was forked, has the same.
        let own = if line == 0 { [self.timestamp, &prompt].concat() } else { uuid.to_vec() };
        let new = || Key::of(&[id, b" ", &own].concat(), b"");
        let key = last.as_ref().filter(goes_on).map_or_else(new, |last| last.key);
        let former = std::mem::replace(&mut self.message.key, key);
        *last = Some(Answer { id: id_hash, line, prompt: size, calls, key });
        Some(former).filter(|former| *former != key)
    }

    /// Working directory of the session at that time.
    pub(in crate::spending) fn cwd(&self) -> Option<String> {
        text(self.cwd)
    }

    /// When the line was written, in RFC 3339. `None` when it does not say.
    pub(in crate::spending) fn timestamp(&self) -> Option<String> {
        text(self.timestamp)
    }

    /// The message, with when the line was written.
    pub(super) fn dated(self) -> Message {
        let at = self.timestamp().and_then(|text| humantime::parse_rfc3339(&text).ok());
        Message { at_ms: at.map_or(0, format::epoch_ms), ..self.message }
    }

    /// The session that it names.
    pub(in crate::spending) fn session(&self) -> Option<String> {
        text(self.session)
    }

    fn calls_tool(&self) -> bool {
        let mut calls = false;
        scan_array(self.content, |block| calls |= member(block, b"type") == b"\"tool_use\"");
        calls
    }
}

/// What one message used.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(in crate::spending) struct Message {
    pub(in crate::spending) key: Key,
    /// Whether it belongs to a side conversation, which may begin with copies of the main one.
    pub(in crate::spending) sidechain: bool,
    pub(in crate::spending) model: String,
    pub(in crate::spending) usage: Usage,
    /// USD, as the host wrote it (early clients), else by our prices. `None` when there is no price.
    pub(in crate::spending) cost_usd: Option<f64>,
    /// When its last line was written, in epoch milliseconds; 0 where none says.
    #[serde(default)]
    pub(in crate::spending) at_ms: u64,
}

impl Message {
    /// Whether both tell of one message. A side conversation repeats messages with new request ids.
    pub(super) fn is_same(&self, other: &Message) -> bool {
        self.key == other.key
            || (self.sidechain || other.sidechain) && self.key.message() == other.key.message()
    }
}

/// `None` when it is no object.
pub(super) fn usage(object: &[u8]) -> Option<Usage> {
    let mut usage = Usage::default();
    let mut cache_write = 0;
    let mut by_time = (0, 0);
    scan(object, |name, value| match name {
        b"input_tokens" => usage.input = count(value),
        b"output_tokens" => usage.output = count(value),
        b"cache_read_input_tokens" => usage.cache_read = count(value),
        b"cache_creation_input_tokens" => cache_write = count(value),
        b"cache_creation" => {
            let member = |name: &[u8]| count(member(value, name));
            by_time = (member(b"ephemeral_5m_input_tokens"), member(b"ephemeral_1h_input_tokens"));
        }
        b"server_tool_use" => usage.web_searches = count(member(value, b"web_search_requests")),
        b"inference_geo" => usage.us_only = value == b"\"us\"",
        b"speed" => usage.fast = value == b"\"fast\"",
        _ => {}
    })?;
    // What is not said to be for an hour is for five minutes, as the host reckons.
    usage.cache_write_1h = by_time.1;
    usage.cache_write_5m = by_time.0.max(cache_write.saturating_sub(by_time.1));
    Some(usage)
}

/// A raw value, empty when it is not there.
fn member<'a>(object: &'a [u8], wanted: &[u8]) -> &'a [u8] {
    let mut found: &[u8] = b"";
    scan(object, |name, value| {
        if name == wanted {
            found = value;
        }
    });
    found
}

/// The bytes of a raw string that shows something.
fn bytes(raw: &[u8]) -> Option<Cow<'_, [u8]>> {
    let inner = raw.strip_prefix(b"\"")?.strip_suffix(b"\"")?;
    let is_plain = !inner.is_empty() && inner.iter().all(|byte| byte.is_ascii_graphic() && *byte != b'\\');
    if is_plain { Some(Cow::Borrowed(inner)) } else { text(raw).map(|text| Cow::Owned(text.into_bytes())) }
}

fn text(raw: &[u8]) -> Option<String> {
    json::string(&String::from_utf8_lossy(raw)).filter(|text| !is_blank(text))
}

fn number(raw: &[u8]) -> Option<f64> {
    json::number(std::str::from_utf8(raw).ok()?)
}

/// A count, 0 where there is none.
fn count(raw: &[u8]) -> u64 {
    // 2^53: beyond it the two ways differ.
    if raw.len() < 16 && raw.iter().all(u8::is_ascii_digit) {
        return raw.iter().fold(0, |sum, digit| sum * 10 + u64::from(digit - b'0'));
    }
    number(raw).filter(|number| *number >= 0.0).map_or(0, |number| number as u64)
}
