//! What one line of a transcript tells.

use serde::{Deserialize, Serialize};

use super::keys::Key;
use crate::input::prices::Usage;
use crate::json::Object;

/// What one line tells.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Line {
    /// A message, or a part of one, with the usage of the whole as far as it was known.
    Usage(Message),
    /// The host's own sum, in USD.
    CostState(f64),
}

impl Line {
    /// `None` when it tells nothing of use. Most do not, and are not parsed.
    pub(super) fn parse(line: &[u8]) -> Option<Self> {
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
pub(super) struct Message {
    pub(super) key: Key,
    /// Whether it belongs to a side conversation, which may begin with copies of the main one.
    pub(super) sidechain: bool,
    pub(super) model: String,
    pub(super) usage: Usage,
    /// `None` when it has no known price.
    pub(super) cost_usd: Option<f64>,
}

impl Message {
    /// `None` when nothing was used, as in what the client itself makes up (`<synthetic>`, errors).
    pub(super) fn parse(entry: &Object, line: &[u8]) -> Option<Self> {
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
    pub(super) fn is_same(&self, other: &Message) -> bool {
        self.key == other.key
            || (self.sidechain || other.sidechain) && self.key.message() == other.key.message()
    }
}

pub(super) fn usage(usage: &Object) -> Usage {
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
