//! The counts of a row, for people and for programs.

use serde_json::{Value, json};

use crate::spending::tokens::Spent;

pub(super) struct Count {
    /// Its name for programs.
    pub(super) name: &'static str,
    /// Its title for people.
    pub(super) title: &'static str,
    pub(super) of: fn(&Spent) -> u64,
}

/// The last is the sum of all before it but the first.
pub(super) const COUNTS: [Count; 6] = [
    Count { name: "messages", title: "Messages", of: |spent| spent.messages },
    Count { name: "input_tokens", title: "Input", of: |spent| spent.tokens.input },
    Count { name: "output_tokens", title: "Output", of: |spent| spent.tokens.output },
    Count { name: "cache_write_tokens", title: "Cache write", of: |spent| spent.tokens.cache_write() },
    Count { name: "cache_read_tokens", title: "Cache read", of: |spent| spent.tokens.cache_read },
    Count { name: "total_tokens", title: "Total tokens", of: |spent| spent.tokens.total() },
];

/// Names and values of all that programs get of a sum.
pub(super) fn sums(spent: &Spent) -> Vec<(&'static str, Value)> {
    let counts = COUNTS.iter().map(|count| (count.name, json!((count.of)(spent))));
    let cost = ("cost_usd", json!(spent.known_cost_usd().map(rounded)));
    counts.chain([cost, ("unpriced_messages", json!(spent.unpriced))]).collect()
}

/// USD to a millionth: beyond that, sums of floats differ by their order.
pub(super) fn rounded(usd: f64) -> f64 {
    (usd * 1e6).round() / 1e6
}
