//! The part of all sessions' usage that the line of one agent needs, small and without a time zone:
//! `<state>/usage.json` or `usage-<agent>.json`, written by a refresh. All times are epoch seconds, all costs are USD
//! at the prices of that time.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use foldhash::fast::FixedState;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use super::index::RECENT_DAYS;
use super::messages::{Costs, MessageRecord, MessageSet};
use super::prices::Prices;
use super::project::Projects;
use super::tokens::Spent;
use super::zone;
use crate::agent::Agent;
use crate::base::format::epoch_ms;
use crate::store::{self, Trust};

const VERSION: u64 = 4;

const MINUTE: u64 = 60;
const HOUR: u64 = 3600;
const DAY: u64 = 24 * HOUR;

/// Length of a limit's window, and of a block computed in its place.
const BLOCK: u64 = 5 * HOUR;
/// Size of the fine buckets, and their reach: a little more than two windows.
const FINE: (u64, u64) = (5 * MINUTE, 11 * HOUR);
/// The same for the coarse ones: a week's window and a day for its edges.
const COARSE: (u64, u64) = (HOUR, 8 * DAY);
/// A rate over less time means nothing.
const MIN_ELAPSED: u64 = 5 * MINUTE;
/// Maximum number of sessions listed; the latest are kept.
const MAX_SESSIONS: usize = 50;
/// Maximum number of projects listed; the most expensive are kept.
const MAX_PROJECTS: usize = 50;

/// Usage of all sessions, as needed by the line of an agent. Days, weeks and months include all agents; blocks, buckets
/// and sessions are the agent's own, since each agent has its own limits.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Summary {
    version: u64,
    /// Time when it was made.
    as_of: u64,
    today: CalendarPeriod,
    /// The calendar week, since Monday.
    this_week: CalendarPeriod,
    /// The calendar month.
    this_month: CalendarPeriod,
    /// Cost of this month by project.
    projects: BTreeMap<String, ProjectCost>,
    /// The seven times 24 hours before `as_of`.
    pub week: Spent,
    /// The thirty times 24 hours before `as_of`.
    pub month: Spent,
    /// The running block of five hours, computed from messages.
    block: Option<(u64, u64)>,
    /// Usage by the start of its bucket.
    fine: Vec<(u64, Spent)>,
    coarse: Vec<(u64, Spent)>,
    /// The latest sessions, by id.
    sessions: BTreeMap<String, Known>,
}

/// A day, week or month of the user's calendar.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct CalendarPeriod {
    /// Midnight at its beginning.
    pub from: u64,
    /// Midnight at its end.
    pub to: u64,
    pub spent: Spent,
}

impl CalendarPeriod {
    fn contains(&self, at: u64) -> bool {
        (self.from..self.to).contains(&at)
    }
}

/// USD, and number of messages without a price.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct ProjectCost(pub f64, pub u64);

/// Time of a session's first message, USD, and number of messages without a price.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
struct Known(u64, f64, u64);

/// The agent's own cost of a session, which may be ahead of the index.
#[derive(Debug, Clone, PartialEq)]
pub struct Hosted {
    /// Id of the session.
    pub id: String,
    /// USD so far.
    pub cost_usd: f64,
    /// Time when it began, in epoch seconds. `None` if unknown.
    pub began: Option<u64>,
    /// Time when the agent reported it, in epoch seconds.
    pub at: u64,
}

/// Rate of spending in a window.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Burn {
    /// USD per hour, from the window's first message to now. `None` if no price is known.
    pub usd_per_hour: Option<f64>,
    /// Tokens of every kind per minute, likewise.
    pub tokens_per_minute: f64,
    /// Projected USD at the end of the window. `None` likewise.
    pub projected_usd: Option<f64>,
    /// Tokens of every kind, likewise.
    pub projected_tokens: f64,
}

impl Burn {
    /// The rate for what was spent in `elapsed` seconds, with `left` seconds to come.
    pub fn new(spent: &Spent, elapsed: u64, left: u64) -> Self {
        let (usd, tokens) = (spent.known_cost_usd(), spent.tokens.total() as f64);
        let (elapsed, left) = (elapsed as f64, left as f64);
        Burn {
            usd_per_hour: usd.map(|usd| usd / elapsed * HOUR as f64),
            tokens_per_minute: tokens / elapsed * MINUTE as f64,
            projected_usd: usd.map(|usd| usd + usd / elapsed * left),
            projected_tokens: tokens + tokens / elapsed * left,
        }
    }
}

impl Summary {
    /// The summary of all messages as of `now`, for the lines of an agent. Calendar periods and projects include all
    /// agents.
    pub fn new(messages: &MessageSet, agent: &Agent, prices: &Prices, zone: &TimeZone, now: SystemTime) -> Self {
        let own: Vec<bool> = messages.sessions.list.iter().map(|session| session.agent == agent.name).collect();
        let own = |message: &MessageRecord| own[message.session as usize];
        let now = epoch_ms(now) / 1000;
        let period = |(from, to)| CalendarPeriod { from, to, ..CalendarPeriod::default() };
        let [today, this_week, this_month] = zone::calendar(zone, now).map(period);
        let mut summary = Summary { version: VERSION, as_of: now, today, this_week, this_month, ..Summary::default() };
        let costs = Costs::new(messages, prices);
        let (mut fine, mut coarse) = (BTreeMap::<_, Spent>::new(), BTreeMap::<_, Spent>::new());
        let mut times = Vec::new();
        let is_recent = |message: &&MessageRecord| message.at() + RECENT_DAYS * DAY > now;
        let recent = messages.all().iter().filter(is_recent);
        let recent: Vec<_> = recent.map(|message| (message, costs.spent(message))).collect();
        for (message, spent) in recent.iter().copied() {
            let at = message.at();
            let age = now.saturating_sub(at);
            if age < 30 * DAY {
                summary.month += spent;
            }
            if age < 7 * DAY {
                summary.week += spent;
            }
            for period in [&mut summary.today, &mut summary.this_week, &mut summary.this_month] {
                if period.contains(at) {
                    period.spent += spent;
                }
            }
            if !own(message) {
                continue;
            }
            if age < 30 * DAY {
                times.push(at);
            }
            for ((size, reach), buckets) in [(FINE, &mut fine), (COARSE, &mut coarse)] {
                let start = at / size * size;
                if start + size + reach > now {
                    *buckets.entry(start).or_default() += spent;
                }
            }
        }
        summary.projects = projects(recent.iter().filter(|(it, _)| this_month.contains(it.at())), messages);
        (summary.fine, summary.coarse) = (fine.into_iter().collect(), coarse.into_iter().collect());
        summary.block = block(times, now);
        summary.sessions = sessions(recent.iter().filter(|(message, _)| own(message)), messages);
        summary
    }

    /// The summary in a file. `None` if it is missing or from another version.
    pub fn read(path: &Path) -> Option<Self> {
        let text = store::read_text(path, Trust::Strict, store::MAX_STATE).ok()?;
        serde_json::from_str(&text).ok().filter(|summary: &Summary| summary.version == VERSION)
    }

    /// Its age. `None` if its time is in the future.
    pub fn age(&self, now: SystemTime) -> Option<Duration> {
        store::age_of(UNIX_EPOCH + Duration::from_secs(self.as_of), now)
    }

    /// Usage since the user's midnight, with the agents' own costs of `hosts`. After the end of the day, only the usage
    /// known of the new day; `None` before the day, if clock or time zone have changed.
    pub fn today(&self, now: SystemTime, hosts: &[Hosted]) -> Option<Spent> {
        Some(self.calendar("day", now, hosts)?.spent)
    }

    /// The user's `day`, `week` or `month` at `now`, likewise.
    pub fn calendar(&self, name: &str, now: SystemTime, hosts: &[Hosted]) -> Option<CalendarPeriod> {
        let CalendarPeriod { from, to, spent } = match name {
            "day" => self.today,
            "week" => self.this_week,
            "month" => self.this_month,
            _ => return None,
        };
        let now = epoch_ms(now) / 1000;
        if now < from || to == 0 {
            None
        } else if now < to {
            Some(CalendarPeriod { from, to, spent: self.with_hosts(spent, from, hosts) })
        } else {
            Some(CalendarPeriod { from: to, to: to + (to - from), spent: self.window(to, now, hosts) })
        }
    }

    /// This month's cost of the projects that `is_meant` picks by their folders. `None` outside of that month.
    pub fn month_of(&self, now: SystemTime, is_meant: impl Fn(&str) -> bool) -> Option<ProjectCost> {
        self.this_month.contains(epoch_ms(now) / 1000).then(|| {
            let meant = self.projects.iter().filter(|(name, _)| is_meant(name));
            meant.fold(ProjectCost::default(), |sum, (_, cost)| ProjectCost(sum.0 + cost.0, sum.1 + cost.1))
        })
    }

    /// Anything of the session has been read.
    pub fn knows(&self, session_id: &str) -> bool {
        self.sessions.contains_key(session_id)
    }

    /// USD of a session. `None` if nothing of it has been read, or nothing has a price.
    pub fn cost_of(&self, session_id: &str) -> Option<f64> {
        self.sessions.get(session_id).map(|Known(_, usd, _)| *usd).filter(|usd| *usd > 0.0)
    }

    /// Adds the agents' own costs of sessions beyond the index. They belong to the window if the whole session does;
    /// for an older session, only the cost since the last refresh does, if all of it before was read.
    fn with_hosts(&self, mut spent: Spent, from: u64, hosts: &[Hosted]) -> Spent {
        for Hosted { id, cost_usd, began, .. } in hosts.iter().filter(|host| host.at >= from) {
            let (is_whole, known, unpriced) = match self.sessions.get(id) {
                Some(Known(first, known, unpriced)) => (*first >= from, *known, *unpriced),
                None if began.is_some_and(|began| began >= from) => (true, 0.0, 0),
                None => continue,
            };
            let ahead = cost_usd - known;
            if ahead > 0.0 && (is_whole || unpriced == 0) {
                spent.cost_usd += ahead;
                spent.unpriced = spent.unpriced.saturating_sub(unpriced);
            }
            if is_whole {
                // A message in the window's first minutes may be in the bucket before it.
                spent.cost_usd = spent.cost_usd.max(*cost_usd);
            }
        }
        spent
    }

    /// Usage between two times, the second one excluded: to five minutes in the last eleven hours before the refresh,
    /// to an hour in the last eight days, and unknown before that. `hosts` are sessions still running at its end.
    pub fn window(&self, from: u64, to: u64, hosts: &[Hosted]) -> Spent {
        let mut spent = Spent::default();
        for (_, bucket) in self.buckets().filter(|(start, _)| (from..to).contains(start)) {
            spent += *bucket;
        }
        self.with_hosts(spent, from, hosts)
    }

    /// Buckets that cover each time once: the fine ones as far back as they reach, before that the coarse ones.
    fn buckets(&self) -> impl Iterator<Item = &(u64, Spent)> {
        let fine_from = self.as_of.saturating_sub(FINE.1).next_multiple_of(HOUR);
        let coarse = self.coarse.iter().filter(move |(start, _)| *start < fine_from);
        coarse.chain(self.fine.iter().filter(move |(start, _)| *start >= fine_from))
    }

    /// The five-hour block running at `now`, used if the window of the limit is unknown: it begins with the
    /// hour of the first message after the last block or after five hours without any. Epoch seconds.
    pub fn block(&self, now: SystemTime) -> Option<(u64, u64)> {
        self.block.filter(|(from, to)| (*from..*to).contains(&(epoch_ms(now) / 1000)))
    }

    /// Rate of spending in the window. `None` until five minutes after its first message, and after its end.
    pub fn burn(&self, from: u64, to: u64, now: SystemTime, hosts: &[Hosted]) -> Option<Burn> {
        let now = epoch_ms(now) / 1000;
        let new = hosts.iter().filter(|host| host.cost_usd > 0.0 && !self.knows(&host.id));
        let starts = self.buckets().map(|(start, _)| *start).chain(new.filter_map(|host| host.began));
        let first = starts.filter(|start| *start >= from).min()?;
        let elapsed = now.checked_sub(first).filter(|elapsed| *elapsed >= MIN_ELAPSED)?;
        let left = to.checked_sub(now)?;
        let spent = self.window(from, to, hosts);
        Some(Burn::new(&spent, elapsed, left))
    }
}

/// The block running at `now`.
fn block(mut times: Vec<u64>, now: u64) -> Option<(u64, u64)> {
    times.sort_unstable();
    let mut block: Option<(u64, u64)> = None;
    let mut last = 0;
    for at in times {
        if block.is_none_or(|(_, to)| at >= to || at - last > BLOCK) {
            let from = at / HOUR * HOUR;
            block = Some((from, from + BLOCK));
        }
        last = at;
    }
    block.filter(|(_, to)| now < *to && now.saturating_sub(last) <= BLOCK)
}

type Costed<'a> = (&'a MessageRecord, Spent);

/// The most expensive projects of a month.
fn projects<'a>(month: impl Iterator<Item = &'a Costed<'a>>, messages: &MessageSet) -> BTreeMap<String, ProjectCost> {
    let projects = Projects::new(messages, false);
    let mut all: HashMap<&str, ProjectCost, FixedState> = HashMap::default();
    for (message, spent) in month {
        let ProjectCost(usd, unpriced) = all.entry(projects.name(message.session)).or_default();
        (*usd, *unpriced) = (*usd + spent.cost_usd, *unpriced + spent.unpriced);
    }
    let mut dearest: Vec<_> = all.into_iter().collect();
    dearest.sort_by(|(_, one), (_, other)| other.0.total_cmp(&one.0));
    dearest.into_iter().take(MAX_PROJECTS).map(|(name, cost)| (name.to_owned(), cost)).collect()
}

fn sessions<'a>(own: impl Iterator<Item = &'a Costed<'a>>, messages: &MessageSet) -> BTreeMap<String, Known> {
    let mut all: HashMap<u32, (u64, u64, Spent), FixedState> = HashMap::default();
    for (message, costs) in own {
        let (last, first, spent) = all.entry(message.session).or_insert((0, u64::MAX, Spent::default()));
        (*last, *first) = (message.at().max(*last), message.at().min(*first));
        *spent += *costs;
    }
    let mut latest: Vec<_> = all.into_iter().collect();
    latest.sort_unstable_by_key(|(session, (last, ..))| (std::cmp::Reverse(*last), *session));
    latest.truncate(MAX_SESSIONS);
    let mut sessions = BTreeMap::new();
    for (number, (_, first, spent)) in latest {
        let known = Known(first, spent.cost_usd, spent.unpriced);
        let session = &messages.sessions.list[number as usize];
        let alias = messages.infos.get(&number).map(|info| &info.alias).filter(|alias| !alias.is_empty());
        sessions.insert(session.id.clone(), known);
        if let Some(alias) = alias {
            sessions.entry(alias.clone()).or_insert(known);
        }
    }
    sessions
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agent::{CLAUDE_CODE, CODEX, GEMINI};
    use crate::spending::messages::{SessionInfo, SessionKey};
    use crate::spending::tokens::{MessageUsage, Tokens};
    use crate::spending::transcript::keys::MessageKey;

    /// Noon of 2026-11-23 in UTC.
    const NOON: u64 = 1_795_392_000 + 12 * HOUR;

    fn at(seconds: u64) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(seconds)
    }

    /// Messages at these times, each of a million tokens of output, 25 USD, or of unknown price.
    fn messages(made: &[(u64, &str, &str)]) -> MessageSet {
        let mut set = MessageSet::default();
        for (number, (at, session, model)) in made.iter().enumerate() {
            let session = SessionKey::new(&CLAUDE_CODE, "p", *session);
            let (session, model) = (set.sessions.number(&session), set.models.number(&(*model).to_owned()));
            let tokens = Tokens { output: 1_000_000, ..Tokens::default() };
            let usage = MessageUsage { tokens, ..MessageUsage::default() };
            let key = MessageKey((number as u64) << 24);
            set.insert(MessageRecord { session, model, ..MessageRecord::new(key, *at, &usage, None) });
        }
        set
    }

    fn summary(zone_name: &str, now: u64, times: &[u64]) -> Summary {
        let made: Vec<_> = times.iter().map(|at| (*at, "s", "claude-opus-4-8")).collect();
        let zone = zone::named(zone_name).unwrap();
        let summary = Summary::new(&messages(&made), &CLAUDE_CODE, &Prices::embedded(), &zone, at(now));
        let json = serde_json::to_string(&summary).unwrap();
        assert_eq!(serde_json::from_str::<Summary>(&json).unwrap(), summary);
        summary
    }

    #[test]
    fn today_begins_at_midnight_where_the_user_is() {
        let check = |zone: &str, times: &[u64], expected: u64| {
            let today = summary(zone, NOON, times).today(at(NOON), &[]).unwrap();
            assert_eq!((today.messages, today.cost_usd), (expected, expected as f64 * 25.0), "{zone} {times:?}");
        };
        let midnight = NOON - 12 * HOUR;
        check("UTC", &[midnight - 1, midnight, NOON], 2);
        check("Asia/Tokyo", &[midnight - 1, midnight - 9 * HOUR, midnight - 9 * HOUR - 1], 2);
        check("Asia/Tokyo", &[NOON, midnight + 15 * HOUR - 1, midnight + 15 * HOUR], 2);
        check("Asia/Kathmandu", &[midnight - 5 * HOUR - 45 * MINUTE, midnight - 6 * HOUR], 1);
        check("America/Los_Angeles", &[midnight + 8 * HOUR - 1, midnight + 8 * HOUR], 1);
    }

    #[test]
    fn a_day_that_is_over_leaves_nothing_for_the_next() {
        let summary = summary("UTC", NOON, &[NOON - 60]);
        assert_eq!(summary.today(at(NOON + 12 * HOUR - 1), &[]).unwrap().messages, 1);
        assert_eq!(summary.today(at(NOON + 12 * HOUR), &[]), Some(Spent::default()));
        assert_eq!(summary.today(at(NOON - 13 * HOUR), &[]), None);
    }

    #[test]
    fn weeks_and_months_are_those_of_the_calendar() {
        // A Monday; the month began on a Sunday.
        let midnight = NOON - 12 * HOUR;
        let summary = summary("UTC", NOON, &[midnight - 22 * DAY - 1, midnight - 22 * DAY, midnight - 1, midnight]);
        let messages = |name, at_s| summary.calendar(name, at(at_s), &[]).map(|period| period.spent.messages);
        assert_eq!(["day", "week", "month"].map(|name| messages(name, NOON)), [Some(1), Some(1), Some(3)]);
        assert_eq!(summary.calendar("year", at(NOON), &[]), None);
        let next = summary.calendar("week", at(midnight + 7 * DAY), &[]).unwrap();
        assert_eq!((next.from, next.to, next.spent.messages), (midnight + 7 * DAY, midnight + 14 * DAY, 0));
        let project = |now| summary.month_of(at(now), |name| name == "p");
        assert_eq!(project(NOON), Some(ProjectCost(75.0, 0)));
        assert_eq!(summary.month_of(at(NOON), |name| name == "q"), Some(ProjectCost::default()));
        assert_eq!(project(NOON + 8 * DAY), None);
    }

    #[test]
    fn windows_are_summed_from_their_buckets() {
        let times: Vec<u64> = (0..9 * 24 * 12).map(|number| NOON - number * 300).collect();
        let summary = summary("UTC", NOON, &times);
        let check = |from: u64, to: u64, expected: u64| {
            assert_eq!(summary.window(from, to, &[]).messages, expected, "{from} {to}");
        };
        check(NOON - 5 * HOUR, NOON, 60);
        check(NOON - 5 * HOUR + 600, NOON + HOUR, 59);
        check(NOON - 10 * HOUR, NOON - 5 * HOUR, 60);
        check(NOON - 7 * DAY, NOON, 7 * 24 * 12);
        check(NOON - 8 * DAY + HOUR, NOON + 1, 8 * 24 * 12 - 12 + 1);
        check(NOON, NOON, 0);
        check(NOON, 0, 0);
        assert_eq!((summary.week.messages, summary.month.messages), (7 * 24 * 12, 9 * 24 * 12));
        let size = serde_json::to_string(&summary).unwrap().len();
        assert!(size < 32 * 1024, "{size}");
    }

    #[test]
    fn blocks_begin_with_the_hour_of_their_first_message() {
        let check = |times: &[u64], expected: Option<u64>| {
            let found = summary("UTC", NOON, times).block(at(NOON));
            assert_eq!(found, expected.map(|from| (from, from + BLOCK)), "{times:?}");
        };
        check(&[], None);
        check(&[NOON - 10], Some(NOON - HOUR));
        check(&[NOON - 2 * HOUR - 10, NOON - 10], Some(NOON - 3 * HOUR));
        check(&[NOON - 6 * HOUR, NOON - 10], Some(NOON - HOUR));
        check(&[NOON - 8 * HOUR, NOON - 4 * HOUR - 60, NOON - 2 * HOUR, NOON - 60], Some(NOON - 2 * HOUR));
        check(&[NOON - 5 * HOUR], None);
        let summary = summary("UTC", NOON, &[NOON - 10]);
        assert_eq!(summary.block(at(NOON + 4 * HOUR)), None);
    }

    #[test]
    fn burning_is_computed_from_the_first_message_of_the_window() {
        let (from, to) = (NOON - 3 * HOUR, NOON + 2 * HOUR);
        let summary = summary("UTC", NOON, &[from - 60, NOON - 2 * HOUR, NOON - HOUR]);
        let burn = summary.burn(from, to, at(NOON), &[]).unwrap();
        assert_eq!((burn.usd_per_hour, burn.projected_usd), (Some(25.0), Some(100.0)));
        assert!((burn.tokens_per_minute - 2_000_000.0 / 120.0).abs() < 1e-6);
        assert_eq!(summary.burn(from, to, at(to + 1), &[]), None);
        assert_eq!(summary.burn(NOON, to, at(NOON), &[]), None);
        assert_eq!(summary.burn(from, to, at(NOON - 2 * HOUR + 60), &[]), None);
    }

    #[test]
    fn each_agent_has_blocks_and_sessions_of_its_own() {
        let mut set = messages(&[(NOON - 60, "a", "claude-opus-4-8")]);
        let mut other = set.all()[0];
        other.key = MessageKey(7 << 24);
        other.at = (NOON - 2 * HOUR) as u32;
        other.session = set.sessions.number(&SessionKey::new(&CODEX, "p", "b"));
        set.insert(other);
        let zone = zone::named("UTC").unwrap();
        let of = |agent| Summary::new(&set, agent, &Prices::embedded(), &zone, at(NOON));
        let (claude, codex, gemini) = (of(&CLAUDE_CODE), of(&CODEX), of(&GEMINI));
        for summary in [&claude, &codex, &gemini] {
            assert_eq!(summary.today(at(NOON), &[]).unwrap().cost_usd, 50.0);
            assert_eq!((summary.week.messages, summary.month.messages), (2, 2));
        }
        let blocks = [&claude, &codex, &gemini].map(|summary| summary.block(at(NOON)).map(|(from, _)| from));
        assert_eq!(blocks, [Some(NOON - HOUR), Some(NOON - 2 * HOUR), None]);
        assert_eq!(claude.window(NOON - 5 * HOUR, NOON, &[]).messages, 1);
        assert_eq!((claude.cost_of("a"), claude.cost_of("b")), (Some(25.0), None));
        assert_eq!((codex.cost_of("a"), codex.cost_of("b")), (None, Some(25.0)));
    }

    #[test]
    fn what_has_no_price_is_counted_beside_the_cost() {
        let messages = messages(&[(NOON, "a", "claude-opus-4-8"), (NOON, "b", "claude-next")]);
        let zone = zone::named("UTC").unwrap();
        let summary = Summary::new(&messages, &CLAUDE_CODE, &Prices::embedded(), &zone, at(NOON));
        let today = summary.today(at(NOON), &[]).unwrap();
        assert_eq!((today.cost_usd, today.unpriced, today.tokens.total()), (25.0, 1, 2_000_000));
        assert_eq!(today.known_cost_usd(), Some(25.0));
        assert_eq!(summary.sessions["b"], Known(NOON, 0.0, 1));
    }

    #[test]
    fn the_host_may_know_more_of_its_session() {
        let (midnight, hour) = (NOON - 12 * HOUR, NOON - HOUR);
        let messages = messages(&[
            (NOON - 60, "new", "claude-opus-4-8"),
            (hour - 60, "old", "claude-opus-4-8"),
            (midnight - 60, "older", "claude-opus-4-8"),
            (NOON - 60, "odd", "claude-next"),
            (midnight - 60, "older and odd", "claude-next"),
        ]);
        let zone = zone::named("UTC").unwrap();
        let summary = Summary::new(&messages, &CLAUDE_CODE, &Prices::embedded(), &zone, at(NOON));
        // Beyond 50 USD today, and 25 in the last hour.
        let check = |id: &str, cost_usd: f64, began: Option<u64>, today: f64, last_hour: f64| {
            let hosts = [Hosted { id: id.to_owned(), cost_usd, began, at: NOON }];
            let found = summary.today(at(NOON), &hosts).unwrap().cost_usd - 50.0;
            let in_hour = summary.window(hour, NOON + HOUR, &hosts).cost_usd - 25.0;
            assert_eq!((found, in_hour), (today, last_hour), "{id} {cost_usd} {began:?}");
        };
        check("new", 26.5, None, 1.5, 1.5);
        check("new", 20.0, None, 0.0, 0.0);
        check("old", 26.5, Some(hour - 60), 1.5, 1.5);
        // Its time before midnight is not today's; a process that counts from zero says less.
        check("older", 26.5, Some(midnight + 60), 1.5, 1.5);
        check("older", 0.5, Some(midnight + 60), 0.0, 0.0);
        check("odd", 90.0, None, 90.0, 90.0);
        check("older and odd", 90.0, None, 0.0, 0.0);
        check("unknown", 90.0, Some(hour), 90.0, 90.0);
        check("unknown", 90.0, Some(hour - 1), 90.0, 0.0);
        check("unknown", 90.0, Some(midnight - 1), 0.0, 0.0);
        check("unknown", 90.0, None, 0.0, 0.0);
        let before = Hosted { id: "new".to_owned(), cost_usd: 90.0, began: None, at: hour - 1 };
        assert_eq!(summary.window(hour, NOON + HOUR, &[before]).cost_usd, 25.0);
        let odd = Hosted { id: "odd".to_owned(), cost_usd: 1.0, began: None, at: NOON };
        assert_eq!(summary.today(at(NOON), &[odd]).unwrap().unpriced, 0);
    }

    #[test]
    fn a_copied_transcript_is_of_the_session_that_its_messages_name() {
        let mut messages = messages(&[(NOON, "copy", "claude-opus-4-8"), (NOON, "b", "claude-opus-4-8")]);
        for (id, alias) in [("copy", "a"), ("b", "copy")] {
            let session = messages.sessions.number(&SessionKey::new(&CLAUDE_CODE, "p", id));
            messages.insert_info(session, SessionInfo { alias: alias.to_owned(), ..SessionInfo::default() });
        }
        let zone = zone::named("UTC").unwrap();
        let summary = Summary::new(&messages, &CLAUDE_CODE, &Prices::embedded(), &zone, at(NOON));
        assert_eq!(summary.sessions.keys().collect::<Vec<_>>(), ["a", "b", "copy"]);
    }

    #[test]
    fn a_rate_in_usd_needs_a_price_or_the_agents_own_cost() {
        let rate = |messages, unpriced, cost_usd| {
            let spent = Spent { messages, unpriced, cost_usd, ..Spent::default() };
            Burn::new(&spent, HOUR, HOUR).usd_per_hour.zip(Burn::new(&spent, HOUR, HOUR).projected_usd)
        };
        assert_eq!(rate(2, 2, 0.0), None);
        assert_eq!(rate(2, 1, 0.0), Some((0.0, 0.0)));
        assert_eq!(rate(2, 2, 5.0), Some((5.0, 10.0)));
    }

    #[test]
    fn a_new_session_burns_from_its_beginning() {
        let summary = summary("UTC", NOON, &[]);
        let burn = |began| {
            let hosts = [Hosted { id: "a".to_owned(), cost_usd: 5.0, began: Some(began), at: NOON }];
            summary.burn(NOON - HOUR, NOON + HOUR, at(NOON), &hosts).and_then(|burn| burn.usd_per_hour)
        };
        assert_eq!(burn(NOON - HOUR), Some(5.0));
        assert_eq!(burn(NOON - HOUR / 2), Some(10.0));
        assert_eq!(burn(NOON - 60), None);
        assert_eq!(burn(NOON - 2 * HOUR), None);
    }

    #[test]
    fn a_summary_of_another_version_is_none() {
        assert_ne!(serde_json::from_str::<Summary>(r#"{"version":1}"#).unwrap().version, VERSION);
        assert_eq!(Summary::read(Path::new("/nonexistent/usage.json")), None);
    }
}
