//! Counts of tokens: of a message, and sums with their cost.

use std::ops::{Add, AddAssign};

use serde::{Deserialize, Serialize};

/// Tokens by kind.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Tokens {
    /// Prompt at full price: neither read from the prompt cache nor written to it.
    pub input: u64,
    /// Output, thinking included.
    pub output: u64,
    /// Written to the prompt cache for five minutes.
    pub cache_write_5m: u64,
    /// Written to the prompt cache for an hour.
    pub cache_write_1h: u64,
    /// Read from the prompt cache.
    pub cache_read: u64,
}

impl Tokens {
    /// Written to the prompt cache, for any time.
    pub fn cache_write(&self) -> u64 {
        self.cache_write_5m.saturating_add(self.cache_write_1h)
    }

    /// The whole prompt: the size that prices can depend on.
    pub fn prompt(&self) -> u64 {
        self.input.saturating_add(self.cache_write()).saturating_add(self.cache_read)
    }

    /// Tokens of every kind.
    pub fn total(&self) -> u64 {
        self.prompt().saturating_add(self.output)
    }

    /// Without those of the other, by kind.
    pub(super) fn saturating_sub(self, other: Self) -> Self {
        self.zip(other, u64::saturating_sub)
    }

    fn zip(self, other: Self, each: fn(u64, u64) -> u64) -> Self {
        Tokens {
            input: each(self.input, other.input),
            output: each(self.output, other.output),
            cache_write_5m: each(self.cache_write_5m, other.cache_write_5m),
            cache_write_1h: each(self.cache_write_1h, other.cache_write_1h),
            cache_read: each(self.cache_read, other.cache_read),
        }
    }
}

impl Add for Tokens {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        self.zip(other, u64::saturating_add)
    }
}

/// Usage of one message: everything that its price depends on.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct MessageUsage {
    pub tokens: Tokens,
    /// Number of web searches.
    pub web_searches: u64,
    /// It had to run in the US, which costs more.
    pub us_only: bool,
    /// It ran in fast mode, which costs more.
    pub fast: bool,
}

/// Tokens and cost of any number of messages. Stored as a row of numbers, since there are many.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(into = "SpentRow")]
pub struct Spent {
    /// Number of messages of models.
    pub messages: u64,
    pub tokens: Tokens,
    /// USD, without messages of unknown price.
    pub cost_usd: f64,
    /// Number of messages of unknown price.
    pub unpriced: u64,
}

/// The fields in order, as stored: messages; input, output, cache writes for five minutes and for an hour, cache reads;
/// USD; unpriced.
type SpentRow = (u64, [u64; 5], f64, u64);

impl From<Spent> for SpentRow {
    fn from(Spent { messages, tokens, cost_usd, unpriced }: Spent) -> Self {
        let Tokens { input, output, cache_write_5m, cache_write_1h, cache_read } = tokens;
        (messages, [input, output, cache_write_5m, cache_write_1h, cache_read], cost_usd, unpriced)
    }
}

impl Spent {
    /// One message. `cost_usd` is `None` if its price is unknown.
    pub fn message(tokens: Tokens, cost_usd: Option<f64>) -> Self {
        let unpriced = u64::from(cost_usd.is_none());
        Spent { messages: 1, tokens, cost_usd: cost_usd.unwrap_or(0.0), unpriced }
    }

    /// There are messages, and each has a known price.
    pub fn is_priced(&self) -> bool {
        self.messages > 0 && self.unpriced == 0
    }

    /// USD. `None` if there are messages, but none has a known price. An agent's own cost may have no messages.
    pub fn known_cost_usd(&self) -> Option<f64> {
        let is_known = self.cost_usd > 0.0 || self.unpriced < self.messages || self.messages == 0;
        is_known.then_some(self.cost_usd)
    }
}

impl AddAssign for Spent {
    fn add_assign(&mut self, other: Self) {
        self.messages = self.messages.saturating_add(other.messages);
        self.tokens = self.tokens + other.tokens;
        self.cost_usd += other.cost_usd;
        self.unpriced = self.unpriced.saturating_add(other.unpriced);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_added_and_subtracted_by_kind_and_never_wrap() {
        let one = Tokens { input: 1, output: 20, cache_write_5m: 300, cache_write_1h: 4_000, cache_read: 50_000 };
        assert_eq!((one.cache_write(), one.prompt(), one.total()), (4_300, 54_301, 54_321));
        assert_eq!((one + one).saturating_sub(one), one);
        assert_eq!(one.saturating_sub(one + one), Tokens::default());
        let most = Tokens { input: u64::MAX, output: u64::MAX, ..one };
        assert_eq!(((most + one).input, most.total()), (u64::MAX, u64::MAX));
    }

    #[test]
    fn a_row_of_numbers_is_read_as_it_was_written() {
        let tokens = Tokens { input: 1, output: 2, cache_write_5m: 3, cache_write_1h: 4, cache_read: 5 };
        let mut spent = Spent::message(tokens, Some(0.5));
        spent += Spent::message(Tokens { output: 10, ..Tokens::default() }, None);
        let json = serde_json::to_string(&spent).unwrap();
        assert_eq!(json, "[2,[1,12,3,4,5],0.5,1]");
        assert_eq!(serde_json::from_str::<Spent>(&json).unwrap(), spent);
    }
}
