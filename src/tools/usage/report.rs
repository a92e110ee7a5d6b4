//! The reports and their sums.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::Path;

use foldhash::fast::FixedState;
use itertools::Itertools;
use jiff::civil::{Date, Weekday};
use jiff::tz::TimeZone;
use serde_json::{Value, json};

use super::table::{COUNTS, NameColumn, Table, TableRow};
use crate::base::format;
use crate::cli::By;
use crate::spending::messages::{Costs, Interner, MessageRecord, MessageSet};
use crate::spending::prices::Prices;
use crate::spending::tokens::Spent;
use crate::spending::zone;
use crate::tools::report::clean;

/// Names of the keys of a row: its subject, and what that belongs to.
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
enum RowGroup {
    Day(Date),
    /// The first day of the month.
    Month(Date),
    /// The number of the session.
    Session(u32),
    /// Its index in [`Names::projects`].
    Project(u32),
    /// The number of the model.
    Model(u32),
}

impl RowGroup {
    /// The group of a message that was written on this day.
    fn of(by: By, message: &MessageRecord, date: Date, period: &Period, names: &Names) -> Self {
        match by {
            By::Day => RowGroup::Day(date),
            By::Week => RowGroup::Day(zone::week_of(date, period.week_starts)),
            By::Month => RowGroup::Month(date.first_of_month()),
            By::Session => RowGroup::Session(message.session),
            By::Project => RowGroup::Project(names.of_session[message.session as usize]),
            By::Model => RowGroup::Model(message.model),
        }
    }

    fn keys(self, messages: &MessageSet, names: &Names) -> Vec<String> {
        match self {
            RowGroup::Day(date) => vec![date.to_string()],
            RowGroup::Month(date) => vec![date.strftime("%Y-%m").to_string()],
            RowGroup::Session(number) => {
                let (id, project) = (&messages.sessions.list[number as usize].id, names.of_session[number as usize]);
                vec![clean(id), names.projects[project as usize].clone()]
            }
            RowGroup::Project(number) => vec![names.projects[number as usize].clone()],
            RowGroup::Model(number) => vec![names.models[number as usize].clone()],
        }
    }

    fn title(self, messages: &MessageSet) -> Option<String> {
        let RowGroup::Session(number) = self else { return None };
        let info = messages.infos.get(&number)?;
        Some(clean(&info.title)).filter(|title| !title.is_empty())
    }
}

/// The sums of a group.
#[derive(Default)]
struct GroupSums {
    /// By the numbers of model and agent, which are few.
    parts: Vec<((u32, u32), Spent)>,
    /// Time of the last message, in epoch seconds.
    last: u64,
}

type Sums = HashMap<RowGroup, GroupSums, FixedState>;

impl GroupSums {
    fn add(&mut self, part: (u32, u32), spent: Spent) {
        match self.parts.iter_mut().find(|(known, _)| *known == part) {
            Some((_, sum)) => *sum += spent,
            None => self.parts.push((part, spent)),
        }
    }
}

/// Names of projects and models in a report, sanitised. Models with the same name are one model.
pub(super) struct Names {
    /// As in [`Projects`](crate::spending::project::Projects).
    pub(super) projects: Vec<String>,
    pub(super) of_session: Vec<u32>,
    /// By the number of the model.
    pub(super) models: Vec<String>,
}

/// Each project by as many of its last folders as make it unique; a path in the home directory begins with `~`.
pub(super) fn readable(projects: &[String], home: Option<&Path>) -> Vec<String> {
    let paths: Vec<String> = projects.iter().map(|project| format::from_home(Path::new(project), home)).collect();
    let mut open: Vec<&str> = paths.iter().map(String::as_str).unique().collect();
    let all = open.clone();
    let mut names: HashMap<&str, &str> = HashMap::new();
    for folders in 0.. {
        let counts = all.iter().map(|path| end(path, folders)).counts();
        let is_clear = |path: &str| counts[end(path, folders)] == 1 || end(path, folders) == path;
        names.extend(open.extract_if(.., |path| is_clear(path)).map(|path| (path, end(path, folders))));
        if open.is_empty() {
            break;
        }
    }
    paths.iter().map(|path| names[path.as_str()].to_owned()).collect()
}

/// The last folder of a path, and `folders` before it.
fn end(path: &str, folders: usize) -> &str {
    let slash = path.rmatch_indices(['/', '\\']).nth(folders);
    slash.map_or(path, |(at, _)| &path[at + 1..])
}

/// Names and values of a sum, for programs.
pub(super) fn sums(spent: &Spent) -> Vec<(&'static str, Value)> {
    let counts = COUNTS.iter().map(|count| (count.name, json!((count.of)(spent))));
    let cost = ("cost_usd", json!(spent.known_cost_usd().map(rounded)));
    counts.chain([cost, ("unpriced_messages", json!(spent.unpriced))]).collect()
}

/// RFC 3339 in UTC from epoch seconds.
pub(super) fn timestamp(seconds: u64) -> String {
    zone::instant(seconds).to_string()
}

/// USD to a millionth: beyond that, sums of floats depend on their order.
pub(super) fn rounded(usd: f64) -> f64 {
    (usd * 1e6).round() / 1e6
}

/// The days of a report.
pub(super) struct Period {
    pub(super) zone: TimeZone,
    /// First and last day. `None` if open.
    pub(super) since: Option<Date>,
    pub(super) until: Option<Date>,
    pub(super) week_starts: Weekday,
}

impl Period {
    pub(super) fn contains(&self, date: Date) -> bool {
        self.since.is_none_or(|since| since <= date) && self.until.is_none_or(|until| date <= until)
    }
}

/// Usage in rows. All names are sanitised.
pub(super) struct UsageReport {
    pub(super) by: By,
    pub(super) period: Period,
    /// The date of our prices.
    pub(super) prices_as_of: String,
    /// USD that agents report for these sessions beyond this report.
    pub(super) beyond_usd: f64,
    pub(super) rows: Vec<UsageRow>,
    pub(super) total: Spent,
    /// Models without a known price.
    pub(super) unpriced: BTreeSet<String>,
}

#[derive(Default)]
pub(super) struct UsageRow {
    /// Values of [`keys`].
    pub(super) keys: Vec<String>,
    pub(super) agents: BTreeMap<String, Spent>,
    /// Title of the session, if the row is about a session with a title.
    pub(super) title: Option<String>,
    pub(super) spent: Spent,
    pub(super) models: BTreeMap<String, Spent>,
    /// Time when its last message was written, in epoch seconds.
    pub(super) last: u64,
}

impl UsageReport {
    /// Sums the messages of the period. `hosts` are the last known costs of sessions by their agents, by id.
    pub(super) fn new(
        messages: &MessageSet, prices: &Prices, by: By, period: Period, names: &Names, hosts: &HashMap<String, f64>,
    ) -> Self {
        let costs = Costs::new(messages, prices);
        let mut agents = Interner::default();
        let sessions = messages.sessions.list.iter();
        let agent_of: Vec<_> = sessions.map(|session| agents.number(&&*session.agent)).collect();
        // Messages of one day are usually adjacent.
        let (mut date, mut day) = (Date::default(), 0..0);
        let mut sums = Sums::default();
        let mut shown = vec![false; messages.sessions.list.len()];
        for message in messages.all() {
            if !day.contains(&message.at()) {
                (date, day) = zone::day(&period.zone, message.at());
            }
            if period.contains(date) {
                shown[message.session as usize] = true;
                let group = RowGroup::of(by, message, date, &period, names);
                let sums = sums.entry(group).or_default();
                sums.add((message.model, agent_of[message.session as usize]), costs.spent(message));
                sums.last = message.at().max(sums.last);
            }
        }
        let beyond_usd = beyond(messages, &costs, &shown, hosts);
        let prices_as_of = prices.as_of().to_owned();
        let (rows, total, unpriced) = (Vec::new(), Spent::default(), BTreeSet::new());
        let mut report = UsageReport { by, period, prices_as_of, beyond_usd, rows, total, unpriced };
        report.add_rows(sums, &agents.list, messages, names);
        report
    }

    fn add_rows(&mut self, sums: Sums, agents: &[&str], messages: &MessageSet, names: &Names) {
        // By their keys: names that look the same become one row.
        let mut rows: BTreeMap<Vec<String>, UsageRow> = BTreeMap::new();
        for (group, GroupSums { parts, last }) in sums {
            let keys = group.keys(messages, names);
            let row = rows.entry(keys.clone()).or_insert_with(|| UsageRow { keys, ..UsageRow::default() });
            row.title = row.title.take().max(group.title(messages));
            row.last = row.last.max(last);
            for ((model, agent), spent) in parts {
                *row.agents.entry(clean(agents[agent as usize])).or_default() += spent;
                *row.models.entry(names.models[model as usize].clone()).or_default() += spent;
                row.spent += spent;
                self.total += spent;
                if spent.unpriced > 0 {
                    // Prices are set by id.
                    self.unpriced.insert(clean(&messages.models.list[model as usize]));
                }
            }
        }
        self.rows = rows.into_values().collect();
        match self.by {
            By::Day | By::Week | By::Month => {}
            By::Session => self.rows.sort_by_key(|row| row.last),
            // The most expensive first.
            By::Project | By::Model => {
                self.rows.sort_by(|one, other| other.spent.cost_usd.total_cmp(&one.spent.cost_usd));
            }
        }
    }
}

impl UsageRow {
    /// The agent of all its messages. `None` if there are several.
    pub(super) fn agent(&self) -> Option<&String> {
        self.agents.keys().next().filter(|_| self.agents.len() == 1)
    }
}

impl UsageReport {
    /// The report for people, with agents and models of each row below it if requested. There is a column for agents if
    /// there are several.
    pub(super) fn table(&self, agents: bool, models: bool) -> Table {
        let has_several = self.rows.iter().flat_map(|row| row.agents.keys()).unique().nth(1).is_some();
        let mut rows = Vec::new();
        for row in &self.rows {
            let mut names = row.keys.clone();
            if let Some(title) = &row.title {
                let id: String = names[0].chars().take(8).collect();
                names[0] = format!("{title} ({id})");
            }
            names.extend(has_several.then(|| row.agents.keys().join(", ")));
            rows.push(TableRow { names, spent: Some(row.spent), is_part: false });
            rows.extend(parts(row.agents.iter().filter(|_| agents)));
            rows.extend(parts(row.models.iter().filter(|_| models && self.by != By::Model)));
        }
        let names = keys(self.by).iter().chain(has_several.then_some(&"agent"));
        let names = names.map(|key| NameColumn::new(key)).collect();
        Table { names, rows, total: self.total, notes: self.notes() }
    }

    fn notes(&self) -> Vec<String> {
        let mut notes = Vec::new();
        if self.beyond_usd > 0.0 {
            let note =
                "more by the agents' own count (some requests are missing from transcripts until the session ends)";
            notes.push(format!("{} {note}", format::usd(self.beyond_usd)));
        }
        notes.extend(unpriced(&self.total, self.unpriced.iter()));
        notes
    }
}

/// A note about messages of these models that have no known price. `None` if there are none.
pub(super) fn unpriced<'a>(total: &Spent, mut models: impl Iterator<Item = &'a String>) -> Option<String> {
    let count = total.unpriced;
    (count > 0).then(|| format!("+ messages without a known price ({count}): {}", models.join(", ")))
}

/// Rows for the parts of a row, the most expensive first.
pub(super) fn parts<'a>(parts: impl Iterator<Item = (&'a String, &'a Spent)>) -> impl Iterator<Item = TableRow> {
    let dearest_first = parts.sorted_by(|(_, one), (_, other)| other.cost_usd.total_cmp(&one.cost_usd));
    dearest_first.map(|(name, spent)| TableRow { names: vec![name.clone()], spent: Some(*spent), is_part: true })
}

/// USD that agents report for the shown sessions beyond their messages; differences below a cent are rounding errors. A
/// session with messages of unknown price is left out.
fn beyond(messages: &MessageSet, costs: &Costs, shown: &[bool], hosts: &HashMap<String, f64>) -> f64 {
    let sessions = shown.iter().zip(&messages.sessions.list);
    let meant: Vec<bool> = sessions.map(|(shown, session)| *shown && hosts.contains_key(&session.id)).collect();
    let mut known: HashMap<&str, Option<f64>> = HashMap::new();
    for message in messages.all().iter().filter(|message| meant[message.session as usize]) {
        let sum = known.entry(&messages.session(message).id).or_insert(Some(0.0));
        *sum = sum.zip(costs.of(message)).map(|(sum, usd)| sum + usd);
    }
    let beyond = |(id, known): (&str, Option<f64>)| Some(hosts.get(id)? - known?);
    known.into_iter().filter_map(beyond).filter(|usd| *usd >= 0.01).fold(0.0, |sum, usd| sum + usd)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn projects_are_named_by_their_last_folders_that_differ() {
        let check = |projects: &[&str], expected: &[&str]| {
            let projects: Vec<String> = projects.iter().map(|project| (*project).to_owned()).collect();
            assert_eq!(readable(&projects, Some(Path::new("/home/ada"))), expected);
        };
        check(&[], &[]);
        check(&["/home/ada", "/home/ada/garden", "/home/ada/garden"], &["~", "garden", "garden"]);
        check(&["/home/ada/garden", "/srv/garden", "/srv/api"], &["~/garden", "srv/garden", "api"]);
        check(&["/a/x/y", "/b/x/y", "/x/y", "y"], &["a/x/y", "b/x/y", "/x/y", "y"]);
        check(&["-home-ada-garden", "/", ""], &["-home-ada-garden", "/", ""]);
        check(&["C:\\Users\\ada\\api", "C:\\srv\\api"], &["ada\\api", "srv\\api"]);
    }

    #[test]
    fn weeks_begin_on_the_day_that_is_asked_for() {
        let check = |week_starts, expected: &str| {
            assert_eq!(zone::week_of(jiff::civil::date(2026, 11, 23), week_starts).to_string(), expected);
        };
        check(Weekday::Monday, "2026-11-23");
        check(Weekday::Sunday, "2026-11-22");
        check(Weekday::Tuesday, "2026-11-17");
    }

    #[test]
    fn several_agents_have_a_column_and_rows_on_request() {
        let spent = |usd| Spent { messages: 1, cost_usd: usd, ..Spent::default() };
        let row = |keys: &str, agents: &[(&str, f64)]| UsageRow {
            keys: vec![keys.to_owned()],
            agents: agents.iter().map(|(agent, usd)| ((*agent).to_owned(), spent(*usd))).collect(),
            models: [("opus".to_owned(), spent(1.0))].into(),
            ..UsageRow::default()
        };
        let names = |rows: Vec<UsageRow>, agents, models| {
            let report = UsageReport {
                by: By::Day,
                period: Period { zone: TimeZone::UTC, since: None, until: None, week_starts: Weekday::Monday },
                prices_as_of: String::new(),
                beyond_usd: 0.0,
                rows,
                total: Spent::default(),
                unpriced: BTreeSet::new(),
            };
            report.table(agents, models).rows.iter().map(|row| row.names.join("|")).collect::<Vec<_>>()
        };
        let claude = ("claude-code", 1.0);
        let both = || vec![row("23", &[claude]), row("24", &[claude, ("codex", 2.0)])];
        assert_eq!(names(vec![row("23", &[claude])], false, false), ["23"]);
        assert_eq!(names(both(), false, false), ["23|claude-code", "24|claude-code, codex"]);
        let parts = ["23|claude-code", "claude-code", "24|claude-code, codex", "codex", "claude-code"];
        assert_eq!(names(both(), true, false), parts);
        assert_eq!(names(vec![row("23", &[claude])], true, true), ["23", "claude-code", "opus"]);
        assert_eq!(both()[0].agent().map(String::as_str), Some("claude-code"));
        assert_eq!(both()[1].agent(), None);
    }
}
