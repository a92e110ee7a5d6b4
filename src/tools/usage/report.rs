//! The kinds of reports, and their sums.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use jiff::civil::{Date, Weekday};
use jiff::tz::TimeZone;
use serde_json::{Value, json};

use crate::cli::By;
use crate::spending::messages::{Costs, MessageRecord, MessageSet, SessionInfo, SessionKey};
use crate::spending::prices::Prices;
use crate::spending::tokens::Spent;
use crate::spending::zone;
use crate::tools::report::clean;

/// Names of the keys of a row: what it is about, and what that belongs to.
pub(super) fn keys(by: By) -> &'static [&'static str] {
    match by {
        By::Day => &["day"],
        By::Week => &["week"],
        By::Month => &["month"],
        By::Session => &["session", "project"],
        By::Project => &["project"],
        By::Model => &["model"],
    }
}

/// The common property of the messages of a row.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum RowGroup<'a> {
    Day(Date),
    /// The first day of the month.
    Month(Date),
    /// The number of the session.
    Session(u32),
    Name(&'a str),
}

impl<'a> RowGroup<'a> {
    /// The group of a message, which was written on that day.
    fn of(by: By, message: &MessageRecord, date: Date, names: &'a Names) -> Self {
        match by {
            By::Day => RowGroup::Day(date),
            By::Week => RowGroup::Day(monday(date)),
            By::Month => RowGroup::Month(date.first_of_month()),
            By::Session => RowGroup::Session(message.session),
            By::Project => RowGroup::Name(&names.projects[message.session as usize]),
            By::Model => RowGroup::Name(&names.models[message.model as usize]),
        }
    }

    fn keys(self, messages: &MessageSet, names: &Names) -> Vec<String> {
        match self {
            RowGroup::Day(date) => vec![date.to_string()],
            RowGroup::Month(date) => vec![date.strftime("%Y-%m").to_string()],
            RowGroup::Session(number) => {
                let number = number as usize;
                vec![clean(&messages.sessions.list[number].id), names.projects[number].clone()]
            }
            RowGroup::Name(name) => vec![name.to_owned()],
        }
    }

    fn title(self, messages: &MessageSet) -> Option<String> {
        let RowGroup::Session(number) = self else { return None };
        let info = messages.infos.get(&messages.sessions.list[number as usize])?;
        Some(clean(&info.title)).filter(|title| !title.is_empty())
    }
}

/// What a group has spent with a model, by its number, and an agent, and when last, in epoch seconds.
type Sums<'a> = HashMap<(RowGroup<'a>, u32, &'a str), (Spent, u64)>;

/// Names of projects and models in a report, harmless to show. Models of one name are one model.
pub(super) struct Names {
    /// By the number of the session.
    pub(super) projects: Vec<String>,
    /// By the number of the model.
    pub(super) models: Vec<String>,
}

/// The project of each session, by its number: its folder where that is known, else the name of the folder
/// that its transcripts are in. Linked working trees of a repository are one project, unless `worktrees`
/// keeps them apart.
pub(super) fn projects(messages: &MessageSet, worktrees: bool) -> Vec<String> {
    // All sessions of a folder share its name, also those whose transcripts are gone.
    let mut dirs: HashMap<&str, &SessionInfo> = HashMap::new();
    for (session, info) in messages.infos.iter().filter(|(_, info)| !info.dir.is_empty()) {
        let known = dirs.entry(&session.project).or_insert(info);
        if known.main_dir.is_empty() {
            *known = info;
        }
    }
    let name = |session: &SessionKey| {
        let dir = dirs.get(session.project.as_str()).map(|info| match info.main_dir.as_str() {
            main if !worktrees && !main.is_empty() => main,
            _ => info.dir.as_str(),
        });
        clean(dir.unwrap_or(&session.project))
    };
    messages.sessions.list.iter().map(name).collect()
}

/// A count of a row, for people and for programs.
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

/// The days of a report.
pub(super) struct Period {
    pub(super) zone: TimeZone,
    /// First and last day. `None` where it is open.
    pub(super) since: Option<Date>,
    pub(super) until: Option<Date>,
}

impl Period {
    fn contains(&self, date: Date) -> bool {
        self.since.is_none_or(|since| since <= date) && self.until.is_none_or(|until| date <= until)
    }
}

/// Usage in rows. All names are harmless to show.
pub(super) struct UsageReport {
    pub(super) by: By,
    pub(super) period: Period,
    /// The day of our prices.
    pub(super) prices_as_of: String,
    /// USD that agents count of these sessions beyond all this.
    pub(super) beyond_usd: f64,
    pub(super) rows: Vec<UsageRow>,
    pub(super) total: Spent,
    /// Models among them of unknown price.
    pub(super) unpriced: BTreeSet<String>,
}

#[derive(Default)]
pub(super) struct UsageRow {
    /// Values of [`keys`].
    pub(super) keys: Vec<String>,
    /// The agent of all its messages. `None` where they are of several.
    pub(super) agent: Option<String>,
    /// Title of the session, where the row is about one that has any.
    pub(super) title: Option<String>,
    pub(super) spent: Spent,
    pub(super) models: BTreeMap<String, Spent>,
    /// When its last message was written, in epoch seconds.
    pub(super) last: u64,
}

impl UsageReport {
    /// Sums the messages of the period. `hosts` are the last known costs of sessions by their agents, by id.
    pub(super) fn new(
        messages: &MessageSet, prices: &Prices, by: By, period: Period, names: &Names, hosts: &HashMap<String, f64>,
    ) -> Self {
        let costs = Costs::new(messages, prices);
        // Messages of one day mostly come together.
        let (mut date, mut day) = (Date::default(), 0..0);
        let mut sums = Sums::new();
        let mut shown = HashSet::new();
        for message in messages.all() {
            if !day.contains(&message.at) {
                (date, day) = zone::day(&period.zone, message.at);
            }
            if period.contains(date) {
                shown.insert(message.session);
                let group = RowGroup::of(by, message, date, names);
                let (spent, last) = sums.entry((group, message.model, messages.agent(message))).or_default();
                *spent += costs.spent(message);
                *last = message.at.max(*last);
            }
        }
        let beyond_usd = beyond(messages, &costs, &shown, hosts);
        let prices_as_of = prices.as_of().to_owned();
        let (rows, total, unpriced) = (Vec::new(), Spent::default(), BTreeSet::new());
        let mut report = UsageReport { by, period, prices_as_of, beyond_usd, rows, total, unpriced };
        report.add_rows(sums, messages, names);
        report
    }

    fn add_rows(&mut self, sums: Sums, messages: &MessageSet, names: &Names) {
        // By their keys: names that look the same are one row.
        let mut rows: BTreeMap<Vec<String>, UsageRow> = BTreeMap::new();
        for ((group, model, agent), (spent, last)) in sums {
            let keys = group.keys(messages, names);
            let row = rows.entry(keys.clone()).or_insert_with(|| UsageRow {
                keys,
                agent: Some(agent.to_owned()),
                ..UsageRow::default()
            });
            row.agent = row.agent.take().filter(|known| known == agent);
            row.title = row.title.take().max(group.title(messages));
            row.last = row.last.max(last);
            row.spent += spent;
            *row.models.entry(names.models[model as usize].clone()).or_default() += spent;
            self.total += spent;
            if spent.unpriced > 0 {
                // A price is given by id.
                self.unpriced.insert(clean(&messages.models.list[model as usize]));
            }
        }
        self.rows = rows.into_values().collect();
        match self.by {
            By::Day | By::Week | By::Month => {}
            By::Session => self.rows.sort_by_key(|row| row.last),
            // The dearest first.
            By::Project | By::Model => {
                self.rows.sort_by(|one, other| other.spent.cost_usd.total_cmp(&one.spent.cost_usd));
            }
        }
    }
}

/// USD that hosts count of the shown sessions beyond their messages; differences below a cent are of
/// rounding. A session with messages of unknown price is left out.
fn beyond(messages: &MessageSet, costs: &Costs, shown: &HashSet<u32>, hosts: &HashMap<String, f64>) -> f64 {
    let mut known: HashMap<&str, Option<f64>> = HashMap::new();
    for message in messages.all().iter().filter(|message| shown.contains(&message.session)) {
        let sum = known.entry(&messages.session(message).id).or_insert(Some(0.0));
        *sum = sum.zip(costs.of(message)).map(|(sum, usd)| sum + usd);
    }
    let beyond = |(id, known): (&str, Option<f64>)| Some(hosts.get(id)? - known?);
    known.into_iter().filter_map(beyond).filter(|usd| *usd >= 0.01).fold(0.0, |sum, usd| sum + usd)
}

fn monday(date: Date) -> Date {
    let days = date.weekday().since(Weekday::Monday);
    date.checked_sub(jiff::Span::new().days(i64::from(days))).unwrap_or(date)
}
