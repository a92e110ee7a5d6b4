//! The last payloads of a session in a few numbers, kept in our cache: they show what no single payload can, the growth
//! of the context and the speed of the model.

use std::fmt;
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};

use crate::agent::Status;
use crate::base::format;

/// Number of payloads kept.
const KEPT: usize = 24;

/// The last payloads that differ in these numbers, the newest last.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PayloadHistory(Vec<PayloadNumbers>);

/// The numbers that are kept of a payload.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(into = "[u64; 5]")]
struct PayloadNumbers {
    /// Time of arrival, in epoch milliseconds.
    at_ms: u64,
    /// Tokens in the context window.
    tokens: u64,
    /// Tokens of the last response.
    output: u64,
    /// Time spent waiting for the provider so far, in milliseconds.
    api_ms: u64,
    /// Requests so far; 0 if the agent does not count them.
    requests: u64,
}

impl PayloadNumbers {
    /// `None` if the payload has no last response.
    fn of(status: &Status, at_ms: u64) -> Option<Self> {
        let usage = status.usage.as_ref()?;
        let tokens = status.context.tokens.or_else(|| usage.prompt())?;
        let api_ms = status.api_duration.map_or(0, |time| time.as_millis().try_into().unwrap_or(u64::MAX));
        let requests = status.prompt_cache.as_ref().and_then(|cache| cache.requests).unwrap_or(0);
        Some(PayloadNumbers { at_ms, tokens, output: usage.output?, api_ms, requests })
    }
}

/// Stored as an array, which can be read back.
impl From<PayloadNumbers> for [u64; 5] {
    fn from(sample: PayloadNumbers) -> Self {
        [sample.at_ms, sample.tokens, sample.output, sample.api_ms, sample.requests]
    }
}

/// Time until the context window is full.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Forecast {
    /// In responses.
    pub responses: u64,
    /// In minutes, if the session continues without a break.
    pub minutes: Option<u64>,
}

impl fmt::Display for Forecast {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.minutes {
            Some(minutes) => f.write_str(&format::duration(minutes.max(1) * 60)),
            None if self.responses == 1 => f.write_str("1 response"),
            None => write!(f, "{} responses", self.responses),
        }
    }
}

impl PayloadHistory {
    /// Adds a payload. One with the same numbers changes nothing.
    #[must_use]
    pub fn with(mut self, status: &Status, now: SystemTime) -> Self {
        let Some(sample) = PayloadNumbers::of(status, format::epoch_ms(now)) else { return self };
        let same = |last: &PayloadNumbers| PayloadNumbers { at_ms: sample.at_ms, ..*last } == sample;
        if !self.0.last().is_some_and(same) {
            self.0.push(sample);
            let surplus = self.0.len().saturating_sub(KEPT);
            self.0.drain(..surplus);
        }
        self
    }

    /// `true` if a payload from before `then`, in epoch milliseconds, had the same last response, and all payloads
    /// since.
    pub fn said_before(&self, status: &Status, then: u64) -> bool {
        let Some(sample) = PayloadNumbers::of(status, 0) else { return false };
        let same = |other: &PayloadNumbers| (other.tokens, other.output) == (sample.tokens, sample.output);
        let since = self.0.partition_point(|sample| sample.at_ms <= then);
        since > 0 && self.0[since - 1..].iter().all(same)
    }

    /// Output tokens per second of the last response, and `true` if that is an estimate: between two payloads there may
    /// have been more than one response. `None` if time or tokens are too small.
    pub fn speed(&self, status: &Status, now: SystemTime) -> Option<(f64, bool)> {
        let history = self.clone().with(status, now);
        let [.., before, last] = history.0[..] else { return None };
        let waited = Duration::from_millis(last.api_ms.checked_sub(before.api_ms)?).as_secs_f64();
        let requests = last.requests.checked_sub(before.requests)?;
        // A shorter wait means that the response was not included, or that the clock was changed.
        if waited < 0.2 || last.output == 0 || (last.requests > 0 && requests == 0) {
            return None;
        }
        Some((last.output as f64 / waited, requests != 1))
    }

    /// Time until `full` tokens are in the context window. `None` unless recent growth is steady: at least
    /// five payloads since it last shrank, about the same rate in both halves of that time, and an end no further ahead
    /// than four times the observed time.
    pub fn forecast(&self, full: f64, now: SystemTime) -> Option<Forecast> {
        const ENOUGH: usize = 5;
        let shrunk = self.0.windows(2).rposition(|pair| pair[1].tokens < pair[0].tokens);
        let grown = &self.0[shrunk.map_or(0, |at| at + 1)..];
        let (first, last) = (grown.first()?, grown.last()?);
        if grown.len() < ENOUGH {
            return None;
        }
        let middle = grown[grown.len() / 2];
        let rate = |from: &PayloadNumbers, to: &PayloadNumbers, steps: usize| {
            to.tokens.saturating_sub(from.tokens) as f64 / steps as f64
        };
        let steps = grown.len() - 1;
        let early = rate(first, &middle, grown.len() / 2);
        let late = rate(&middle, last, steps - grown.len() / 2);
        let steady = early > 0.0 && late > 0.0 && (0.5..=2.0).contains(&(late / early));
        let left = full - last.tokens as f64;
        let responses = (left / rate(first, last, steps)).floor();
        if !steady || left <= 0.0 || responses > 4.0 * steps as f64 {
            return None;
        }
        let ms = last.at_ms.checked_sub(first.at_ms)? as f64;
        let idle = format::epoch_ms(now).saturating_sub(last.at_ms);
        let each = ms / steps as f64;
        let goes_on = ms >= 120_000.0 && (idle as f64) < (3.0 * each).max(60_000.0);
        let minutes = goes_on.then(|| (responses * each / 60_000.0).round() as u64);
        Some(Forecast { responses: responses as u64, minutes })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agent::{PromptCache, Usage};
    use std::time::UNIX_EPOCH;

    fn at(seconds: u64) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(1_800_000_000 + seconds)
    }

    fn status(tokens: u64, output: u64, api_ms: u64, requests: u64) -> Status {
        Status {
            usage: Some(Usage { input: Some(tokens), output: Some(output), ..Usage::default() }),
            api_duration: Some(Duration::from_millis(api_ms)),
            prompt_cache: (requests > 0).then(|| PromptCache { requests: Some(requests), ..PromptCache::default() }),
            ..Status::default()
        }
    }

    /// A payload each 60 s, with these tokens in the window.
    fn grown(tokens: &[u64]) -> PayloadHistory {
        let steps = tokens.iter().enumerate();
        steps.fold(PayloadHistory::default(), |history, (i, tokens)| {
            history.with(&status(*tokens, 10, 0, 0), at(60 * i as u64))
        })
    }

    #[test]
    fn a_forecast_is_made_of_steady_growth_only() {
        let check = |tokens: &[u64], expected: Option<(u64, Option<u64>)>| {
            let now = at((60 * tokens.len() as u64).saturating_sub(60));
            let forecast = grown(tokens).forecast(100_000.0, now).map(|f| (f.responses, f.minutes));
            assert_eq!(forecast, expected, "{tokens:?}");
        };
        check(&[10_000, 20_000, 30_000, 40_000, 50_000, 60_000], Some((4, Some(4))));
        check(&[10_000, 20_000, 30_000, 40_000], None);
        check(&[90_000, 10_000, 20_000, 30_000, 40_000], None);
        check(&[90_000, 10_000, 20_000, 30_000, 40_000, 50_000], Some((5, Some(5))));
        check(&[10_000, 10_100, 10_200, 10_300, 50_000, 90_000], None);
        check(&[1_000, 1_100, 1_200, 1_300, 1_400, 1_500], None);
        check(&[60_000, 70_000, 80_000, 90_000, 101_000, 110_000], None);
        check(&[], None);
    }

    #[test]
    fn after_a_break_only_responses_are_told() {
        let history = grown(&[10_000, 20_000, 30_000, 40_000, 50_000, 60_000]);
        let forecast = history.forecast(100_000.0, at(4_000)).unwrap();
        assert_eq!(forecast.to_string(), "4 responses");
        assert_eq!(history.forecast(100_000.0, at(310)).unwrap().to_string(), "4m");
    }

    #[test]
    fn speed_is_that_of_one_response() {
        let check = |before: (u64, u64), last: (u64, u64, u64), expected: Option<(f64, bool)>| {
            let history = PayloadHistory::default().with(&status(1000, 5, before.0, before.1), at(0));
            let now = status(2000, last.0, last.1, last.2);
            assert_eq!(history.speed(&now, at(9)), expected, "{before:?} {last:?}");
            assert_eq!(history.with(&now, at(9)).speed(&now, at(20)), expected, "{before:?} {last:?}");
        };
        check((1000, 1), (100, 3000, 2), Some((50.0, false)));
        check((1000, 1), (100, 3000, 3), Some((50.0, true)));
        check((1000, 0), (100, 3000, 0), Some((50.0, true)));
        check((1000, 2), (100, 3000, 2), None);
        check((1000, 1), (100, 1000, 2), None);
        check((3000, 1), (100, 1000, 2), None);
        check((1000, 1), (0, 3000, 2), None);
    }

    #[test]
    fn one_payload_alone_tells_nothing_and_a_repeated_one_is_kept_once() {
        let history = PayloadHistory::default().with(&status(1000, 5, 10, 1), at(0));
        assert_eq!(history.speed(&status(1000, 5, 10, 1), at(5)), None);
        assert_eq!(history.clone().with(&status(1000, 5, 10, 1), at(5)), history);
        let many = grown(&(0..100).collect::<Vec<_>>());
        assert_eq!(many.0.len(), KEPT);
        let text = serde_json::to_string(&history).unwrap();
        assert_eq!(serde_json::from_str::<PayloadHistory>(&text).unwrap(), history);
    }
}
