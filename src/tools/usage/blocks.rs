//! Blocks: the five-hour windows of a subscription's limit. They are the limit's own windows if the agent has reported
//! them; otherwise a block begins with the hour of the first message after the last block, or after five hours without
//! messages.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::time::SystemTime;

use itertools::Itertools;
use jiff::ZonedDateTime;
use jiff::tz::TimeZone;
use serde_json::json;

use super::export::{Members, csv_of, document};
use super::report::{Period, parts, rounded, sums, timestamp, unpriced};
use super::table::{NameColumn, Table, TableRow};
use crate::agent::{Limit, Status};
use crate::base::format::{self, epoch_ms};
use crate::cli::UsageArgs;
use crate::segment::pace::{self, Pace};
use crate::spending::messages::{Costs, MessageRecord, MessageSet};
use crate::spending::prices::Prices;
use crate::spending::summary::Burn;
use crate::spending::tokens::Spent;
use crate::spending::zone;
use crate::tools::report::clean;

const HOUR: u64 = 3600;
const LENGTH: u64 = 5 * HOUR;

/// Maximum age of recent blocks, in seconds.
const RECENT: u64 = 3 * 24 * HOUR;

/// A block, or the time between two.
pub(super) struct Block {
    agent: String,
    /// Begin and end, in epoch seconds.
    pub(super) time: Range<u64>,
    /// Times of its first and last message. `None` between two blocks.
    messages: Option<(u64, u64)>,
    /// It is the window of a limit.
    is_of_limit: bool,
    /// It is still running.
    is_running: bool,
    pub(super) spent: Spent,
    pub(super) models: BTreeMap<String, Spent>,
}

impl Block {
    /// A block that begins with a message at this time, after the block `before`.
    fn new(agent: &str, at: u64, window: Option<&Range<u64>>, before: Option<&Block>) -> Self {
        let from = (at / HOUR * HOUR).max(before.map_or(0, |before| before.time.end.min(at)));
        let time = window.cloned().unwrap_or(from..from + LENGTH);
        let (spent, models) = (Spent::default(), BTreeMap::new());
        let is_of_limit = window.is_some();
        let agent = agent.to_owned();
        Block { agent, time, messages: Some((at, at)), is_of_limit, is_running: false, spent, models }
    }

    fn gap(agent: &str, time: Range<u64>) -> Self {
        Block { messages: None, time, ..Block::new(agent, 0, None, None) }
    }

    /// A message at this time, in this window of a limit, belongs to it.
    fn takes(&self, at: u64, window: Option<&Range<u64>>) -> bool {
        let is_near = || self.messages.is_some_and(|(_, last)| at <= self.time.end && at - last <= LENGTH);
        match window {
            Some(window) => self.is_of_limit && self.time == *window,
            None => !self.is_of_limit && is_near(),
        }
    }

    /// Seconds until its end.
    pub(super) fn left(&self, now: u64) -> u64 {
        self.time.end.saturating_sub(now)
    }

    /// Elapsed share of its time, in percent.
    pub(super) fn elapsed(&self, now: u64) -> f64 {
        now.saturating_sub(self.time.start) as f64 / (self.time.end - self.time.start).max(1) as f64 * 100.0
    }

    /// Its rate. `None` unless it is running and has messages of different times.
    pub(super) fn rate(&self, now: u64) -> Option<Burn> {
        let (first, last) = self.messages.filter(|(first, last)| self.is_running && first < last)?;
        Some(Burn::new(&self.spent, last - first, self.left(now)))
    }

    /// The rate in words: `$2.00/h, 400 tokens/min, ~$9.00 at the end`, or only tokens if all prices are unknown.
    pub(super) fn rate_words(&self, now: u64) -> Option<String> {
        let rate = self.rate(now)?;
        let tokens = format!("{} tokens/min", format::compact(rate.tokens_per_minute));
        Some(match rate.usd_per_hour.zip(rate.projected_usd) {
            None => tokens,
            Some((usd, end)) => format!("{}/h, {tokens}, ~{} at the end", format::usd(usd), format::usd(end)),
        })
    }
}

/// Use of a limit, its pace, and when it will be full if that is before its reset.
pub(super) fn words(limit: &Limit, pace: &Pace) -> String {
    let full = pace.full_in().map(|left| pace::end("full", left, format::duration).as_text());
    let used = format!("{} used", format::percent((limit.used + 1e-6).floor()));
    [used, format!("pace {}", pace::ahead(pace.ahead()).as_text())].into_iter().chain(full).join(", ")
}

/// The blocks of an agent from its messages, by time, and the known windows of its limit, which do not overlap.
fn blocks<'a>(
    agent: &str, messages: impl Iterator<Item = (u64, &'a str, Spent)>, windows: &[Range<u64>], now: u64,
) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    for (at, model, spent) in messages {
        let window = windows.iter().find(|window| window.contains(&at));
        if !blocks.last().is_some_and(|last| last.takes(at, window)) {
            let next = Block::new(agent, at, window, blocks.last());
            if let Some(before) = blocks.last_mut() {
                before.time.end = before.time.end.min(next.time.start.max(before.time.start));
                let silent = before.messages.map_or(at, |(_, last)| last + LENGTH);
                blocks.extend((silent < at).then(|| Block::gap(agent, silent..at)));
            }
            blocks.push(next);
        }
        let block = blocks.last_mut().expect("a block has just been added");
        block.messages = block.messages.map(|(first, _)| (first, at));
        block.spent += spent;
        *block.models.entry(model.to_owned()).or_default() += spent;
    }
    if let Some(last) = blocks.last_mut() {
        let is_awake = |(_, at): (u64, u64)| last.is_of_limit || now.saturating_sub(at) < LENGTH;
        last.is_running = now < last.time.end && last.messages.is_some_and(is_awake);
    }
    blocks
}

/// The limits of an agent in its sessions' payloads.
fn limits<'a>(statuses: &'a [Status], agent: &'a str) -> impl Iterator<Item = &'a Limit> {
    let own = statuses.iter().filter(move |status| status.agent == agent);
    own.flat_map(|status| status.limits.iter().flatten())
}

/// The limit is that of a block.
fn is_of_block(limit: &Limit) -> bool {
    limit.name == "5h"
}

/// Windows of the limits of blocks, the newest first, without those that overlap a newer one.
fn windows<'a>(limits: impl Iterator<Item = &'a Limit>) -> Vec<Range<u64>> {
    let mut windows: Vec<Range<u64>> = Vec::new();
    let limits = limits.filter(|limit| is_of_block(limit));
    for to in limits.filter_map(|limit| limit.resets_at).map(|at| epoch_ms(at) / 1000) {
        let window = to.saturating_sub(LENGTH)..to;
        if !windows.iter().any(|known| known.start < window.end && window.start < known.end) {
            windows.push(window);
        }
    }
    windows
}

/// The blocks of all agents, one agent after the other.
pub(super) struct BlockReport {
    blocks: Vec<Block>,
    /// The open limits of agents.
    limits: BTreeMap<String, Vec<Limit>>,
    now: SystemTime,
}

impl BlockReport {
    /// `models` are the names of models, by their numbers; `statuses` the last payloads of sessions, the newest first.
    pub(super) fn new(
        messages: &MessageSet, prices: &Prices, models: &[String], statuses: &[Status], now: SystemTime,
    ) -> Self {
        let costs = Costs::new(messages, prices);
        let by_time = messages.all().iter().sorted_by_key(|message| message.at());
        let by_agent = by_time.into_group_map_by(|message| messages.agent(message));
        let told = statuses.iter().map(|status| status.agent);
        let is_open = |limit: &&Limit| limit.resets_at.is_some_and(|at| at > now);
        let open = |agent: &str| {
            let newest = limits(statuses, agent).filter(is_open).unique_by(|limit| &limit.name);
            (agent.to_owned(), newest.cloned().collect())
        };
        let blocks = by_agent.iter().sorted_by_key(|(agent, _)| **agent).flat_map(|(agent, messages)| {
            let message = |it: &&MessageRecord| (it.at(), models[it.model as usize].as_str(), costs.spent(it));
            let windows = windows(limits(statuses, agent));
            blocks(&clean(agent), messages.iter().map(message), &windows, epoch_ms(now) / 1000)
        });
        BlockReport { blocks: blocks.collect(), limits: told.unique().map(open).collect(), now }
    }

    /// Keeps the requested blocks.
    pub(super) fn keep(&mut self, args: &UsageArgs, period: &Period) {
        let recent = self.seconds().saturating_sub(RECENT);
        self.blocks.retain(|block| {
            let is_recent = block.is_running || block.time.start >= recent;
            period.contains(zone::date(&period.zone, block.time.start))
                && (!args.recent || is_recent)
                && (!args.active || block.is_running)
        });
    }

    /// Now, in epoch seconds.
    pub(super) fn seconds(&self) -> u64 {
        epoch_ms(self.now) / 1000
    }

    fn total(&self) -> Spent {
        let mut total = Spent::default();
        self.blocks.iter().for_each(|block| total += block.spent);
        total
    }

    /// The open limits of an agent that have a pace.
    fn open(&self, agent: &str) -> Vec<(&Limit, Pace)> {
        let limits = self.limits.get(agent).into_iter().flatten();
        limits.filter_map(|limit| Some((limit, Pace::of(limit, self.now)?))).collect()
    }

    /// The limit of a running block. `None` if it is unknown or the block has ended.
    fn limit_of(&self, block: &Block) -> Option<(&Limit, Pace)> {
        self.open(&block.agent).into_iter().find(|(limit, _)| block.is_running && is_of_block(limit))
    }

    /// The running block and the open limits of each agent that has one of them.
    pub(super) fn running(&self) -> impl Iterator<Item = (&str, Option<&Block>, Vec<(&Limit, Pace)>)> {
        let running = self.blocks.iter().filter(|block| block.is_running);
        let blocks: BTreeMap<&str, _> = running.map(|block| (block.agent.as_str(), block)).collect();
        let agents: BTreeSet<&str> = blocks.keys().copied().chain(self.limits.keys().map(String::as_str)).collect();
        let each = agents.into_iter().map(move |agent| (agent, blocks.get(agent).copied(), self.open(agent)));
        each.filter(|(_, block, limits)| block.is_some() || !limits.is_empty())
    }

    pub(super) fn table(&self, models: bool, zone: &TimeZone) -> Table {
        let now = self.seconds();
        let has_several = self.blocks.iter().map(|block| &block.agent).unique().nth(1).is_some();
        let mut rows = Vec::new();
        for block in &self.blocks {
            let time = match block.messages {
                None => format!("{} gap", format::duration(block.time.end - block.time.start)),
                Some(_) if block.is_running => format!("{} left", format::duration(block.left(now))),
                Some((first, last)) => format::duration(last - first),
            };
            let start = local(block.time.start, zone).strftime("%Y-%m-%d %H:%M").to_string();
            let agent = has_several.then(|| block.agent.clone());
            let names = [start, time].into_iter().chain(agent).chain([block.models.keys().join(", ")]).collect();
            let spent = block.messages.map(|_| block.spent);
            rows.push(TableRow { names, spent, is_part: false });
            rows.extend(parts(block.models.iter().filter(|_| models)));
        }
        let names = ["start", "time"].into_iter().chain(has_several.then_some("agent")).chain(["models"]);
        let names = names.map(NameColumn::new).collect();
        let running = self.blocks.iter().filter(|block| block.is_running);
        let prefix = |block: &Block| if has_several { format!("{}: ", block.agent) } else { String::new() };
        let lines = |block| self.outlook(block, zone).into_iter().map(move |line| prefix(block) + &line);
        let (total, models) = (self.total(), self.blocks.iter().flat_map(|block| &block.models));
        let models = models.filter(|(_, spent)| spent.unpriced > 0).map(|(name, _)| name).sorted().dedup();
        let notes = running.flat_map(lines).chain(unpriced(&total, models)).collect();
        Table { names, rows, total, notes }
    }

    /// Lines about a running block: its rate and end, and its limit.
    fn outlook(&self, block: &Block, zone: &TimeZone) -> Vec<String> {
        let rate = block.rate_words(self.seconds());
        let end = local(block.time.end, zone).strftime("running until %H:%M").to_string();
        let limit = self.limit_of(block).map(|(limit, pace)| format!("{} limit: {}", limit.name, words(limit, &pace)));
        [Some([end].into_iter().chain(rate).join(": "))].into_iter().chain([limit]).flatten().collect()
    }

    /// Names and values of a block, for programs.
    fn members(&self, block: &Block) -> Members {
        let now = self.seconds();
        let is_gap = block.messages.is_none();
        let (rate, limit) = (block.rate(now), self.limit_of(block));
        let time = |at: Option<u64>| json!(at.map(timestamp));
        let number = |of: Option<f64>| json!(of.map(rounded));
        let by = [
            ("block", time(Some(block.time.start))),
            ("end", time(Some(block.time.end))),
            ("agent", json!(block.agent)),
            ("is_gap", json!(is_gap)),
            ("is_active", json!(block.is_running)),
            ("is_of_limit", json!(block.is_of_limit)),
            ("first_activity", time(block.messages.map(|(first, _)| first))),
            ("last_activity", time(block.messages.map(|(_, last)| last))),
        ];
        let outlook = [
            ("seconds_left", json!(block.is_running.then(|| block.left(now)))),
            ("usd_per_hour", number(rate.and_then(|rate| rate.usd_per_hour))),
            ("tokens_per_minute", number(rate.as_ref().map(|rate| rate.tokens_per_minute))),
            ("projected_cost_usd", number(rate.and_then(|rate| rate.projected_usd))),
            ("projected_tokens", json!(rate.as_ref().map(|rate| rate.projected_tokens.round() as u64))),
            ("limit_used_percent", number(limit.as_ref().map(|(limit, _)| limit.used))),
            ("limit_ahead_percent", number(limit.as_ref().map(|(_, pace)| pace.ahead()))),
        ];
        by.into_iter().chain(sums(&block.spent)).chain(outlook).collect()
    }

    /// One JSON object on several lines.
    pub(super) fn json(&self, period: &Period, prices_as_of: &str) -> String {
        let rows = self.blocks.iter().map(|block| (self.members(block), None, &block.models));
        document("block", period, prices_as_of, &[], rows, &self.total())
    }

    pub(super) fn csv(&self) -> String {
        csv_of(&self.members(&Block::gap("", 0..0)), self.blocks.iter().map(|block| self.members(block)))
    }
}

pub(super) fn local(at: u64, zone: &TimeZone) -> ZonedDateTime {
    zone::instant(at).to_zoned_datetime(zone.clone())
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Noon of 2026-11-23 in UTC.
    const NOON: u64 = 1_795_392_000 + 12 * HOUR;

    fn made(times: &[u64], windows: &[Range<u64>], now: u64) -> Vec<Block> {
        let spent = Spent { messages: 1, cost_usd: 1.0, ..Spent::default() };
        blocks("claude-code", times.iter().map(|at| (*at, "opus", spent)), windows, now)
    }

    /// From and to of each block in minutes after noon, with the number of its messages.
    fn shown(blocks: &[Block]) -> Vec<(i64, i64, u64)> {
        let minutes = |at: u64| (at as i64 - NOON as i64) / 60;
        blocks.iter().map(|it| (minutes(it.time.start), minutes(it.time.end), it.spent.messages)).collect()
    }

    /// Two hours after noon in a block that began then, with that much of its limit used.
    pub(in crate::tools::usage) fn running(used: Option<f64>) -> BlockReport {
        let (now, end) = (NOON + 2 * HOUR, NOON + LENGTH);
        let time = |at| SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(at);
        let limit = |name: &str, used, end| {
            let resets_at = Some(time(end));
            Limit { name: name.into(), used, resets_at, spend: None }
        };
        let limits = used.map(|used| vec![limit("5h", used, end), limit("7d", 75.0, end + 48 * HOUR)]);
        let blocks = made(&[NOON, NOON + 60 * 60, NOON + 90 * 60], &[], now);
        BlockReport {
            blocks,
            limits: limits.map(|limits| ("claude-code".to_owned(), limits)).into_iter().collect(),
            now: time(now),
        }
    }

    /// Nothing runs.
    pub(in crate::tools::usage) fn idle() -> BlockReport {
        BlockReport { blocks: Vec::new(), ..running(None) }
    }

    #[test]
    fn blocks_by_the_rule() {
        let check = |minutes: &[u64], expected: &[(i64, i64, u64)]| {
            let times: Vec<u64> = minutes.iter().map(|minute| NOON + minute * 60).collect();
            assert_eq!(shown(&made(&times, &[], NOON)), expected, "{minutes:?}");
        };
        check(&[], &[]);
        check(&[59, 61, 299], &[(0, 300, 3)]);
        // The end belongs to it.
        check(&[10, 300], &[(0, 300, 2)]);
        check(&[10, 299, 301], &[(0, 300, 2), (300, 600, 1)]);
        check(&[10, 310], &[(0, 300, 1), (300, 600, 1)]);
        check(&[10, 320], &[(0, 300, 1), (310, 320, 0), (300, 600, 1)]);
        check(&[10, 1000], &[(0, 300, 1), (310, 1000, 0), (960, 1260, 1)]);
    }

    #[test]
    fn the_window_of_a_limit_takes_precedence() {
        let at = |minute: u64| NOON + minute * 60;
        let window = at(130)..at(430);
        let times = [at(10), at(129), at(130), at(200), at(429), at(431)];
        let blocks = made(&times, &[window], at(440));
        assert_eq!(shown(&blocks), [(0, 130, 2), (130, 430, 3), (430, 730, 1)]);
        let of_limit: Vec<bool> = blocks.iter().map(|block| block.is_of_limit).collect();
        assert_eq!(of_limit, [false, true, false]);
    }

    #[test]
    fn blocks_of_several_agents_are_named() {
        let mut report = running(Some(50.0));
        let mut other = made(&[NOON], &[], NOON + HOUR);
        other[0].agent = "codex".to_owned();
        report.blocks.extend(other);
        let agents: Vec<_> =
            report.running().map(|(agent, block, limits)| (agent, block.is_some(), limits.len())).collect();
        assert_eq!(agents, [("claude-code", true, 2), ("codex", true, 0)]);
        let table = report.table(false, &TimeZone::UTC);
        let names: Vec<_> = table.rows.iter().map(|row| row.names.join("|")).collect();
        let start = "2026-11-23 12:00";
        assert_eq!(names, [format!("{start}|3h left|claude-code|opus"), format!("{start}|3h left|codex|opus")]);
        let rate = "claude-code: running until 17:00: $2.00/h, 0 tokens/min, ~$9.00 at the end";
        let limit = "claude-code: 5h limit: 50% used, pace +10%, full in 2h";
        assert_eq!(table.notes, [rate, limit, "codex: running until 17:00"]);
    }

    #[test]
    fn a_rate_without_a_price_is_of_tokens() {
        let mut block = running(None).blocks.remove(0);
        let words = |block: &Block| block.rate_words(NOON + 2 * HOUR).unwrap();
        assert_eq!(words(&block), "$2.00/h, 0 tokens/min, ~$9.00 at the end");
        block.spent = Spent { unpriced: block.spent.messages, cost_usd: 0.0, ..block.spent };
        assert_eq!(words(&block), "0 tokens/min");
        let report = BlockReport { blocks: vec![block], ..running(None) };
        let members = report.members(&report.blocks[0]);
        let value = |key| &members.iter().find(|(name, _)| *name == key).unwrap().1;
        assert_eq!((value("usd_per_hour"), value("projected_cost_usd")), (&json!(null), &json!(null)));
    }

    #[test]
    fn windows_of_a_limit_do_not_overlap() {
        let limit = |minute: u64| {
            let resets_at = Some(SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(NOON + minute * 60));
            Limit { name: "5h".into(), used: 1.0, resets_at, spend: None }
        };
        let limits = [limit(300), limit(301), limit(0), limit(600), Limit { resets_at: None, ..limit(0) }];
        let minutes = |at: u64| (at as i64 - NOON as i64) / 60;
        let windows: Vec<_> = windows(limits.iter()).iter().map(|it| (minutes(it.start), minutes(it.end))).collect();
        assert_eq!(windows, [(0, 300), (-300, 0), (300, 600)]);
    }

    #[test]
    fn the_last_block_runs_until_its_end_or_a_long_silence() {
        let at = |minute: u64| NOON + minute * 60;
        let runs = |times: &[u64], window: Option<Range<u64>>, now| {
            made(times, window.as_slice(), now).last().unwrap().is_running
        };
        assert!(runs(&[at(10)], None, at(299)));
        assert!(!runs(&[at(10)], None, at(300)));
        assert!(!runs(&[at(10), at(300)], None, at(300)));
        assert!(runs(&[at(10)], Some(at(0)..at(300)), at(299)));
        assert!(!runs(&[at(10)], Some(at(0)..at(300)), at(300)));
    }

    #[test]
    fn a_running_block_is_projected_to_its_end() {
        let at = |minute: u64| NOON + minute * 60;
        let block = made(&[at(0), at(30), at(60)], &[], at(120)).remove(0);
        let rate = block.rate(at(120)).unwrap();
        assert_eq!((rate.usd_per_hour, rate.projected_usd), (Some(3.0), Some(12.0)));
        assert_eq!((block.left(at(120)), block.elapsed(at(120))), (180 * 60, 40.0));
        assert!(made(&[at(0)], &[], at(120))[0].rate(at(120)).is_none());
        assert!(made(&[at(0), at(1)], &[], at(301))[0].rate(at(301)).is_none());
    }

    proptest! {
        #[test]
        fn every_message_is_in_one_block(
            mut times in proptest::collection::vec(NOON..NOON + 90_000, 0..40),
            ends in proptest::collection::vec(NOON..NOON + 90_000, 0..4),
        ) {
            times.sort_unstable();
            let limits: Vec<Limit> = ends.iter().map(|at| Limit {
                name: "5h".into(),
                used: 1.0,
                resets_at: Some(SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(*at)),
                spend: None,
            }).collect();
            let blocks = made(&times, &windows(limits.iter()), NOON + 90_000);
            let count: u64 = blocks.iter().map(|block| block.spent.messages).sum();
            prop_assert_eq!(count, times.len() as u64);
            for block in &blocks {
                prop_assert!(block.time.start < block.time.end && block.time.end - block.time.start <= 90_000);
                if let Some((first, last)) = block.messages {
                    prop_assert!(block.time.start <= first && last <= block.time.end, "{:?} {first} {last}", block.time);
                }
            }
            let real: Vec<_> = blocks.iter().filter(|block| block.messages.is_some()).collect();
            prop_assert!(real.windows(2).all(|two| two[0].time.end <= two[1].time.start));
        }
    }
}
