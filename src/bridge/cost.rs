//! Rows of `<config>/metrics/costs.jsonl`: one for each turn that ended, cumulative for its session.
//! The last row of a session is its total; rows are never summed, and rows of the session `default` are ignored.

use serde::{Serialize, Serializer};
use serde_json::value::RawValue;

use crate::base::json::Object;

/// Cost of a session at the end of a turn.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct CostRow {
    /// ISO 8601 with milliseconds.
    pub timestamp: String,
    /// As the agent sent it.
    pub session_id: String,
    /// As the agent sent it; `None` if it sent none.
    pub transcript_path: Option<String>,
    /// The model of the last answer.
    pub model: Option<String>,
    /// Tokens so far: input that was not cached.
    pub input_tokens: u64,
    /// Tokens so far: output.
    pub output_tokens: u64,
    /// Tokens so far: written to the prompt cache.
    pub cache_write_tokens: u64,
    /// Tokens so far: read from the prompt cache.
    pub cache_read_tokens: u64,
    /// USD so far. `None` when a model has no known price: no cost is better than a wrong one.
    #[serde(rename = "estimated_cost_usd", serialize_with = "in_millionths")]
    pub cost_usd: Option<f64>,
}

impl CostRow {
    /// The row as written in the file, with its line break.
    pub fn to_line(&self) -> String {
        serde_json::to_string(self).expect("plain data serialises") + "\n"
    }
}

/// USD to a millionth, spelled as JavaScript does.
fn in_millionths<S: Serializer>(usd: &Option<f64>, serializer: S) -> Result<S::Ok, S::Error> {
    let text = usd.map(|usd| ((usd * 1e6).round() / 1e6).to_string());
    text.and_then(|text| RawValue::from_string(text).ok()).serialize(serializer)
}

/// Parts of a session's cost. The agent's number is exact but late: at the end of a turn it lacks the last response. A
/// process that resumes a session may count from 0 again.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
pub struct Account {
    /// USD of earlier processes, which the agent's number does not include.
    pub base: f64,
    /// The agent's number as last seen. `None` if it has not been seen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub host: Option<Said>,
    /// USD in the last row of the session. `None` before the first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub row: Option<f64>,
}

/// The agent's own cost of a session, and when it reported it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Said {
    /// USD.
    pub usd: f64,
    /// In epoch milliseconds.
    pub at_ms: u64,
}

/// Cost of a session by its transcripts, at our prices.
pub struct Priced<'a> {
    /// USD of all messages. `None` if that is unknown.
    pub all: Option<f64>,
    /// USD of the messages after the first time and up to the second, in epoch milliseconds.
    pub between: &'a dyn Fn(u64, u64) -> f64,
}

impl Account {
    /// Reads the account in a bridge.
    pub fn read(account: &Object) -> Self {
        let said = |said: Object| Some(Said { usd: said.number("usd")?, at_ms: said.count("at_ms")? });
        Account {
            base: account.number("base").unwrap_or(0.0),
            host: account.object("host").and_then(said),
            row: account.number("row"),
        }
    }

    /// It is empty.
    pub fn is_empty(&self) -> bool {
        *self == Account::default()
    }

    /// Cost of the session in USD, by the agent's number plus the cost of earlier processes and of newer messages.
    /// `before` is the cost known so far; the result is never less.
    pub fn total(&mut self, before: f64, said: Said, priced: Option<&Priced>) -> f64 {
        let between = |after, until| priced.map_or(0.0, |priced| (priced.between)(after, until));
        let newer = between(said.at_ms, u64::MAX);
        match self.host {
            // Below half of the known cost, it cannot be the same sum at other prices.
            None => {
                let covered = priced.and_then(|priced| priced.all).map_or(0.0, |all| all - newer);
                let missing = |known: f64, usd| if said.usd < known / 2.0 { usd } else { 0.0 };
                self.base = missing(before, before).max(missing(covered, covered - said.usd));
            }
            Some(last) if said.usd < last.usd - TINY => self.base = before,
            // From 0 to the whole earlier cost in one step: only now the agent has read the session it resumes. Only
            // the transcript distinguishes this from a response that cost as much.
            Some(last) if last.usd == 0.0 && self.base > 0.0 && said.usd > self.base - TINY => {
                if priced.is_none() {
                    return before;
                }
                if said.usd - between(last.at_ms, said.at_ms) > self.base / 2.0 {
                    self.base = 0.0;
                }
            }
            Some(_) => {}
        }
        self.host = Some(said);
        before.max(self.base + said.usd + newer)
    }
}

/// Difference in USD between sums of the same numbers in another order.
const TINY: f64 = 1e-6;

/// The smallest difference that a row shows, in USD.
pub const STEP: f64 = 1e-6;

/// The newest row of a session in `text`, which has its total. `None` if it has no row.
pub fn newest_row<'a>(text: &'a str, session_id: &str) -> Option<Object<'a>> {
    // Only rows that contain the id are parsed: the file has every session ever.
    let mut rows = text.lines().rev().filter(|line| line.contains(session_id)).filter_map(Object::parse);
    rows.find(|row| row.string("session_id").as_deref() == Some(session_id))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_row_of_a_session_is_its_total() {
        let rows = r#"{"session_id":"a","estimated_cost_usd":1,"input_tokens":10,"output_tokens":1}
{"session_id":"ab","estimated_cost_usd":9}
{"session_id":"a","estimated_cost_usd":2.5,"input_tokens":20,"output_tokens":2}
{"session_id":"b","note":"a","estimated_cost_usd":7}
{"session_id":"a","estimated_co"#;
        let row = newest_row(rows, "a").unwrap();
        assert_eq!((row.number("estimated_cost_usd"), row.count("input_tokens")), (Some(2.5), Some(20)));
        assert_eq!(newest_row(rows, "c"), None);
    }

    #[test]
    fn the_total_follows_the_host_and_the_messages_after_it() {
        // Each look: the agent's number and its time, with or without the transcript; then the total.
        type Look = (f64, u64, bool, f64);
        let check = |before: f64, messages: &[(u64, f64)], looks: &[Look]| {
            let (mut account, mut total) = (Account::default(), before);
            for (usd, at_ms, reads, expected) in looks {
                let between = |after: u64, until: u64| -> f64 {
                    let within = messages.iter().filter(|(at, _)| *at > after && *at <= until);
                    within.map(|(_, usd)| usd).sum()
                };
                let priced = Priced { all: Some(between(0, u64::MAX)), between: &between };
                let said = Said { usd: *usd, at_ms: *at_ms };
                total = account.total(total, said, reads.then_some(&priced));
                assert!((total - expected).abs() < 1e-9, "{total}, not {expected}: {messages:?} {looks:?}");
            }
        };
        // A first turn of one response, and the render after it.
        check(0.0, &[(5, 0.1)], &[(0.0, 1, true, 0.1), (0.1, 6, false, 0.1)]);
        // The last response of a turn.
        check(0.0, &[(5, 0.1), (15, 0.2)], &[(0.1, 10, false, 0.1), (0.1, 10, true, 0.3)]);
        // The agent's number includes requests without a message, such as a compaction.
        check(0.0, &[(5, 0.1), (15, 0.2)], &[(0.5, 10, true, 0.7)]);
        // A process that counts from 0, with a look before its first response or without.
        check(6.43, &[(5, 0.03)], &[(0.0, 1, false, 6.43), (0.0, 1, true, 6.46), (0.03, 6, true, 6.46)]);
        check(6.43, &[], &[(6.43, 1, false, 6.43), (0.03, 9, false, 6.46), (0.05, 10, false, 6.48)]);
        // One that continues from the earlier number, at once or after a moment at 0.
        check(6.43, &[(5, 0.03)], &[(6.43, 1, true, 6.46), (6.46, 9, true, 6.46)]);
        let moment = [(6.43, 1, false, 6.43), (0.0, 2, false, 6.43), (6.43, 3, false, 6.43)];
        check(0.0, &[(5, 0.03)], &moment);
        check(0.0, &[(5, 0.03)], &[&moment[..], &[(6.43, 3, true, 6.46), (6.5, 9, true, 6.5)]].concat());
        // A response that costs as much as all before.
        check(0.1, &[(5, 0.1)], &[(0.1, 1, false, 0.1), (0.0, 2, false, 0.1), (0.1, 6, true, 0.2)]);
        // Messages from before the first look, which the agent's number lacks.
        check(0.0, &[(1, 6.43), (8, 0.03), (12, 0.01)], &[(0.03, 9, true, 6.47)]);
        // Prices that differ from ours.
        check(1.0, &[(1, 1.0), (12, 0.1)], &[(0.9, 9, true, 1.0), (1.2, 13, true, 1.2)]);
    }

    #[test]
    fn a_row_is_one_line_with_the_keys_of_node() {
        let row = CostRow {
            timestamp: "2026-11-23T03:01:10.413Z".into(),
            session_id: "s\n".into(),
            model: Some("claude-opus-4-8".into()),
            cost_usd: Some(0.298_425_000_000_1),
            ..CostRow::default()
        };
        assert_eq!(
            row.to_line(),
            "{\"timestamp\":\"2026-11-23T03:01:10.413Z\",\"session_id\":\"s\\n\",\"transcript_path\":null,\"model\":\"claude-opus-4-8\",\"input_tokens\":0,\"output_tokens\":0,\"cache_write_tokens\":0,\"cache_read_tokens\":0,\"estimated_cost_usd\":0.298425}\n"
        );
        assert!(CostRow::default().to_line().contains("\"estimated_cost_usd\":null"));
    }
}
