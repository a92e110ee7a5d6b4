//! Rows of `<config>/metrics/costs.jsonl`: one for each turn that ended, cumulative for its session.
//! The last row of a session is its total; rows are never summed, and rows of the session `default`
//! belong to nobody.

use crate::json::{self, Object};

/// What a session has cost at the end of a turn.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Row {
    /// ISO 8601 with milliseconds.
    pub timestamp: String,
    /// As the agent sent it.
    pub session_id: String,
    /// As the agent sent it; `None` when it did not.
    pub transcript_path: Option<String>,
    /// The model of the last answer.
    pub model: Option<String>,
    /// Tokens so far: input that came from no cache.
    pub input_tokens: u64,
    /// Tokens so far: output.
    pub output_tokens: u64,
    /// Tokens so far: written to the prompt cache.
    pub cache_write_tokens: u64,
    /// Tokens so far: read from the prompt cache.
    pub cache_read_tokens: u64,
    /// USD so far. `None` when a model has no known price: no cost is better than a wrong one.
    pub cost_usd: Option<f64>,
}

impl Row {
    /// The row as it stands in the file, with its line break.
    pub fn to_line(&self) -> String {
        let text = |text: &Option<String>| text.as_deref().map_or("null".to_owned(), json::quote);
        let cost = self.cost_usd.map_or("null".to_owned(), |usd| ((usd * 1e6).round() / 1e6).to_string());
        let members = [
            ("timestamp", json::quote(&self.timestamp)),
            ("session_id", json::quote(&self.session_id)),
            ("transcript_path", text(&self.transcript_path)),
            ("model", text(&self.model)),
            ("input_tokens", self.input_tokens.to_string()),
            ("output_tokens", self.output_tokens.to_string()),
            ("cache_write_tokens", self.cache_write_tokens.to_string()),
            ("cache_read_tokens", self.cache_read_tokens.to_string()),
            ("estimated_cost_usd", cost),
        ];
        let mut row = Object::default();
        for (name, value) in members {
            row.set(name, value);
        }
        format!("{row}\n")
    }
}

/// What a session has cost by its newest row.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Total {
    /// USD; `None` when the row gives none.
    pub cost_usd: Option<f64>,
    /// Tokens.
    pub input_tokens: u64,
    /// Tokens.
    pub output_tokens: u64,
}

/// The total of a session by the rows in `text`. `None` when none is its own.
pub fn total(text: &str, session_id: &str) -> Option<Total> {
    // A row is parsed only where the id stands in it: the file holds every session ever.
    let mut rows = text.lines().rev().filter(|line| line.contains(session_id)).filter_map(Object::parse);
    let row = rows.find(|row| row.string("session_id").as_deref() == Some(session_id))?;
    Some(Total {
        cost_usd: row.number("estimated_cost_usd").filter(|usd| *usd >= 0.0),
        input_tokens: row.count("input_tokens").unwrap_or(0),
        output_tokens: row.count("output_tokens").unwrap_or(0),
    })
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
        let total = total(rows, "a").unwrap();
        assert_eq!((total.cost_usd, total.input_tokens, total.output_tokens), (Some(2.5), 20, 2));
        assert_eq!(super::total(rows, "c"), None);
    }

    #[test]
    fn a_row_is_one_line_with_the_keys_of_node() {
        let row = Row {
            timestamp: "2026-11-23T03:01:10.413Z".into(),
            session_id: "s\n".into(),
            model: Some("claude-opus-4-8".into()),
            cost_usd: Some(0.298_425_000_000_1),
            ..Row::default()
        };
        assert_eq!(
            row.to_line(),
            "{\"timestamp\":\"2026-11-23T03:01:10.413Z\",\"session_id\":\"s\\n\",\"transcript_path\":null,\"model\":\"claude-opus-4-8\",\"input_tokens\":0,\"output_tokens\":0,\"cache_write_tokens\":0,\"cache_read_tokens\":0,\"estimated_cost_usd\":0.298425}\n"
        );
        assert!(Row::default().to_line().contains("\"estimated_cost_usd\":null"));
    }
}
