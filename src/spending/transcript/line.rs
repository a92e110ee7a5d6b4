//! The relevant lines of a transcript. They are few, so they are found by texts that they must contain, and only these
//! are parsed.

use std::borrow::Cow;

use jiff::Timestamp;
use memchr::memmem::Finder;
use memchr::{memchr, memrchr};
use serde::{Deserialize, Serialize};

use super::keys::{MessageKey, hash};
use crate::base::json::Object;
use crate::spending::tokens::{MessageUsage, Tokens};

/// Texts of which each relevant line contains one. Inside a string, their quotes would be escaped.
pub(crate) struct Marks(pub(crate) &'static [&'static str]);

impl Marks {
    /// Lines relevant for the usage of all sessions. Each mark is a pass over the bytes and takes a fortieth of the
    /// time; searching for all at once would need another crate and save a twentieth.
    pub(crate) const ALL_SESSIONS: Marks = Marks(&["\"usage\"", "\"cost-state\"", "\"compact_boundary\"", "-title\""]);

    /// Lines relevant for the cost of one session.
    pub(crate) const ONE_SESSION: Marks = Marks(&["\"usage\"", "\"cost-state\""]);

    /// Calls `each` with the complete lines that have a mark, in order.
    pub(super) fn find(&self, lines: &[u8], mut each: impl FnMut(&str)) {
        let finders: Vec<_> = self.0.iter().map(Finder::new).collect();
        let mut next: Vec<_> = finders.iter().map(|finder| finder.find(lines)).collect();
        while let Some(at) = next.iter().flatten().min() {
            let start = memrchr(b'\n', &lines[..*at]).map_or(0, |before| before + 1);
            let end = memchr(b'\n', &lines[*at..]).map_or(lines.len(), |length| at + length);
            let line = &lines[start..end];
            // Nearly all lines are valid UTF-8; checking takes a tenth of the time of replacing invalid parts.
            let text = str::from_utf8(line).map_or_else(|_| String::from_utf8_lossy(line), Cow::Borrowed);
            each(&text);
            for (next, finder) in next.iter_mut().zip(&finders) {
                if next.is_some_and(|at| at < end) {
                    *next = finder.find(&lines[end..]).map(|at| end + at);
                }
            }
        }
    }
}

/// A relevant line.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Line {
    Message(MessageLine),
    HostSum(HostSum),
    /// The conversation was compacted at this time, in epoch milliseconds.
    Compaction(Option<u64>),
    /// A title of the session, and `true` if the user chose it.
    Title(String, bool),
}

impl Line {
    /// `None` if it is none of them.
    pub(super) fn parse(line: &str) -> Option<Self> {
        let (object, message) = Object::parse_with(line, "message")?;
        match object.string("type").as_deref() {
            Some("cost-state") => HostSum::new(&object).map(Line::HostSum),
            Some("custom-title") => Some(Line::Title(object.text("customTitle")?, true)),
            Some("ai-title") => Some(Line::Title(object.text("aiTitle")?, false)),
            Some("system") if object.says("subtype", "compact_boundary") => Some(Line::Compaction(epoch_ms(&object))),
            // Older versions repeat a subagent's messages in the main transcript.
            Some("progress") => {
                let own = object.object("data")?;
                let own = own.object("message")?;
                let message = MessageLine::read(&own, &own.object("message")?, line)?;
                Some(Line::Message(MessageLine { sidechain: true, ..message }))
            }
            _ => MessageLine::read(&object, &message?, line).map(Line::Message),
        }
    }
}

/// The time of a line, in epoch milliseconds. `None` if it has none, or one before 1970.
pub(crate) fn epoch_ms(line: &Object) -> Option<u64> {
    let at: Timestamp = line.text("timestamp")?.parse().ok()?;
    u64::try_from(at.as_millisecond()).ok()
}

/// The session's usage so far by the agent's own count, including requests that are missing from transcripts. In a
/// resumed session it continues, or starts at zero again.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct HostSum {
    /// The same in every copy of the line, including those in forks of the session.
    pub(crate) key: MessageKey,
    pub(crate) cost_usd: f64,
    /// Time when it was written, in epoch seconds. `None` in early versions.
    pub(crate) at: Option<u64>,
    /// Name, tokens and USD of each model.
    pub(crate) models: Vec<(String, Tokens, f64)>,
}

impl HostSum {
    fn new(line: &Object) -> Option<Self> {
        const MAX_MODELS: usize = 100;
        let cost_usd = line.number("totalCostUSD").filter(|usd| *usd >= 0.0)?;
        let at = line.number("startTime").zip(line.number("totalDuration"));
        let at = at.map(|(start, duration)| ((start + duration) / 1000.0) as u64);
        let (cost, time) = (cost_usd.to_bits().to_le_bytes(), at.unwrap_or(0).to_le_bytes());
        let models = line.raw("modelUsage").unwrap_or_default();
        let key = MessageKey::new(&[&cost, &time, models.as_bytes()].concat(), b"cost-state");
        let model = |(name, sums): (String, &str)| {
            let sums = Object::parse(sums).unwrap_or_default();
            let count = |name| sums.count(name).unwrap_or(0);
            let cache_write_1h = count("cacheCreationEphemeral1hInputTokens");
            let tokens = Tokens {
                input: count("inputTokens"),
                output: count("outputTokens"),
                cache_write_5m: count("cacheCreationInputTokens").saturating_sub(cache_write_1h),
                cache_write_1h,
                cache_read: count("cacheReadInputTokens"),
            };
            (name, tokens, sums.number("costUSD").unwrap_or(0.0))
        };
        let models = line.object_or_empty("modelUsage").members().take(MAX_MODELS).map(model).collect();
        Some(HostSum { key, cost_usd, at, models })
    }
}

/// A message, or a part of one with the usage of the whole as known then.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct MessageLine {
    pub(crate) key: MessageKey,
    /// Its key in earlier versions of this program, if that differs.
    pub(crate) former: Option<MessageKey>,
    /// It is in a side conversation, which may begin with copies of the main one.
    pub(crate) sidechain: bool,
    pub(crate) model: String,
    pub(crate) usage: MessageUsage,
    /// USD, if the agent recorded it (early versions).
    pub(crate) host_cost_usd: Option<f64>,
    /// Time when it was written, in epoch milliseconds.
    pub(crate) at_ms: Option<u64>,
    /// Id of its session.
    pub(crate) session: Option<String>,
    /// Working directory of the session at that time.
    pub(crate) cwd: Option<String>,
    /// Data of an answer without a request id, with the hash of the line before it. `None` with a request id.
    unasked: Option<(Answer, u64)>,
}

/// A message without a request id. Some proxies give all answers the same message id and no request id, so only the
/// order of the lines shows which belong together.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(crate) struct Answer {
    /// Hash of the message's id.
    id: u64,
    /// Hash of the id of its last line; 0 if that has none.
    line: u64,
    /// Hash of the size of its prompt.
    prompt: u64,
    /// Its last line calls a tool: another such line may follow after the result.
    calls: bool,
    key: MessageKey,
}

impl MessageLine {
    /// A message with only these values.
    pub(crate) fn new(key: MessageKey, model: String, usage: MessageUsage, at_ms: Option<u64>) -> Self {
        MessageLine {
            key,
            former: None,
            sidechain: false,
            model,
            usage,
            host_cost_usd: None,
            at_ms,
            session: None,
            cwd: None,
            unasked: None,
        }
    }

    /// A message of an agent that gives each an id. `None` without tokens.
    pub(crate) fn of_tokens(id: &str, model: String, tokens: Tokens, at_ms: Option<u64>) -> Option<Self> {
        let usage = MessageUsage { tokens, ..MessageUsage::default() };
        let key = MessageKey::new(id.as_bytes(), id.as_bytes());
        (tokens.total() > 0).then(|| MessageLine::new(key, model, usage, at_ms))
    }

    /// `None` if nothing was used, as in messages made by the agent itself (`<synthetic>`, errors).
    fn read(line: &Object, message: &Object, text: &str) -> Option<Self> {
        let model = message.text("model").filter(|model| model != "<synthetic>")?;
        let usage = usage(&message.object("usage")?);
        if line.bool("isApiErrorMessage") == Some(true) || usage.tokens.total() == 0 && usage.web_searches == 0 {
            return None;
        }
        let (id, request) = (message.text("id"), line.text("requestId"));
        let key = match (&id, line.text("uuid")) {
            (Some(id), _) => MessageKey::new(id.as_bytes(), request.as_deref().unwrap_or_default().as_bytes()),
            (None, Some(uuid)) => MessageKey::new(uuid.as_bytes(), b""),
            (None, None) => MessageKey::new(text.trim_end().as_bytes(), b""),
        };
        Some(MessageLine {
            sidechain: line.bool("isSidechain") == Some(true),
            host_cost_usd: line.number("costUSD").filter(|usd| *usd >= 0.0),
            session: line.text("sessionId"),
            cwd: line.text("cwd"),
            unasked: id.filter(|_| request.is_none()).map(|id| unasked(line, message, &id, &usage.tokens)),
            ..MessageLine::new(key, model, usage, epoch_ms(line))
        })
    }

    /// Gives a message without a request id the key of the answer that it belongs to: the last one in this file, or a
    /// new one.
    pub(super) fn settle(&mut self, last: &mut Option<Answer>) {
        let Some((Answer { id, line, prompt, calls, key }, parent)) = self.unasked else { return };
        let goes_on = |last: &&Answer| {
            let is_chained = line != 0 && (line == last.line || parent == last.line);
            let is_unknown = line == 0 || parent == 0 || last.line == 0;
            let is_alike = prompt == last.prompt && (is_unknown || calls && last.calls);
            last.id == id && (is_chained || is_alike)
        };
        let key = last.as_ref().filter(goes_on).map_or(key, |last| last.key);
        *last = Some(Answer { id, line, prompt, calls, key });
        self.former = Some(self.key).filter(|former| *former != key);
        self.key = key;
    }
}

fn unasked(line: &Object, message: &Object, id: &str, tokens: &Tokens) -> (Answer, u64) {
    let hash_of = |name| line.text(name).map_or(0, |text| hash(text.as_bytes()));
    let Tokens { input, cache_write_5m, cache_write_1h, cache_read, .. } = *tokens;
    let size = [input, cache_write_5m, cache_write_1h, cache_read].map(u64::to_le_bytes).concat();
    // A copy, as in a forked session, has the same.
    let own = match (hash_of("uuid"), line.raw("uuid")) {
        (1.., Some(uuid)) => uuid.as_bytes().to_vec(),
        _ => [line.raw("timestamp").unwrap_or_default().as_bytes(), &size].concat(),
    };
    let raw_id = message.raw("id").unwrap_or_default().as_bytes();
    let answer = Answer {
        id: hash(id.as_bytes()),
        line: hash_of("uuid"),
        prompt: hash(&size),
        calls: message.objects("content").iter().any(|block| block.says("type", "tool_use")),
        key: MessageKey::new(&[raw_id, b" ", &own].concat(), b""),
    };
    (answer, hash_of("parentUuid"))
}

pub(super) fn usage(usage: &Object) -> MessageUsage {
    let count = |object: &Object, name| object.count(name).unwrap_or(0);
    let by_time = usage.object_or_empty("cache_creation");
    let cache_write_1h = count(&by_time, "ephemeral_1h_input_tokens");
    // The agent counts cache writes as five-minute ones, unless they are known to be for an hour.
    let rest = count(usage, "cache_creation_input_tokens").saturating_sub(cache_write_1h);
    let tokens = Tokens {
        input: count(usage, "input_tokens"),
        output: count(usage, "output_tokens"),
        cache_write_5m: count(&by_time, "ephemeral_5m_input_tokens").max(rest),
        cache_write_1h,
        cache_read: count(usage, "cache_read_input_tokens"),
    };
    MessageUsage {
        tokens,
        web_searches: count(&usage.object_or_empty("server_tool_use"), "web_search_requests"),
        us_only: usage.raw("inference_geo") == Some("\"us\""),
        fast: usage.raw("speed") == Some("\"fast\""),
    }
}
