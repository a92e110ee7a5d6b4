//! The sums of a report, by what it is about.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use jiff::civil::{Date, Weekday};
use jiff::tz::TimeZone;

use super::projects::Projects;
use crate::base::text::Text;
use crate::cli::By;
use crate::spending::messages::{Costs, MessageSet};
use crate::spending::prices::Prices;
use crate::spending::tokens::Spent;
use crate::spending::zone;

/// What was used, in rows. All names are harmless to show.
pub(super) struct Report {
    pub(super) by: By,
    /// Name of the zone whose days they are.
    pub(super) timezone: String,
    pub(super) since: Option<Date>,
    pub(super) until: Option<Date>,
    /// The day that our prices are of.
    pub(super) prices_as_of: String,
    /// USD that agents count of these sessions beyond all this.
    pub(super) beyond_usd: f64,
    pub(super) rows: Vec<Row>,
    pub(super) total: Spent,
    /// Models among them of which no price is known.
    pub(super) unpriced: BTreeSet<String>,
}

/// One row.
pub(super) struct Row {
    /// Values of [`Report::keys`].
    pub(super) keys: Vec<String>,
    /// Title of the session, where the row is about one that has any.
    pub(super) title: Option<String>,
    pub(super) spent: Spent,
    /// The same by model.
    pub(super) models: BTreeMap<String, Spent>,
    /// When its last message was written, in epoch seconds.
    pub(super) last: u64,
}

/// How projects and models are called in it. Models of one name are one model.
pub(super) struct Names {
    pub(super) projects: Projects,
    /// By the number of the model, harmless to show.
    pub(super) models: Vec<String>,
}

/// What rows are told apart by.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Group<'a> {
    Date(Date),
    Session(u32),
    Name(&'a str),
}

impl Report {
    /// The sums over the messages of these days, both included. `hosts` are the costs of sessions, by id, as
    /// their agents told them last.
    pub(super) fn new(
        messages: &MessageSet,
        prices: &Prices,
        zone: &TimeZone,
        by: By,
        (since, until): (Option<Date>, Option<Date>),
        names: &Names,
        hosts: &HashMap<String, f64>,
    ) -> Self {
        let costs = Costs::new(messages, prices);
        let mut days = Days { zone, known: None };
        let mut groups: HashMap<Group, HashMap<u32, Spent>> = HashMap::new();
        let mut last: HashMap<Group, u64> = HashMap::new();
        let mut shown = HashSet::new();
        for message in messages.all() {
            let date = days.of(message.at);
            if since.is_some_and(|since| date < since) || until.is_some_and(|until| date > until) {
                continue;
            }
            shown.insert(message.session);
            let group = match by {
                By::Day => Group::Date(date),
                By::Week => Group::Date(monday(date)),
                By::Month => Group::Date(date.first_of_month()),
                By::Session => Group::Session(message.session),
                By::Project => Group::Name(names.projects.of(message.session)),
                By::Model => Group::Name(&names.models[message.model as usize]),
            };
            let models = groups.entry(group).or_default();
            *models.entry(message.model).or_default() += costs.spent(message);
            let last = last.entry(group).or_default();
            *last = message.at.max(*last);
        }
        let mut unpriced = BTreeSet::new();
        let mut total = Spent::default();
        // By their keys: names that are shown alike are one row.
        let mut rows: BTreeMap<Vec<String>, Row> = BTreeMap::new();
        for (group, by_model) in groups {
            let keys = keys(by, group, messages, &names.projects);
            let new = || Row {
                keys: keys.clone(),
                title: None,
                spent: Spent::default(),
                models: BTreeMap::new(),
                last: 0,
            };
            let row = rows.entry(keys.clone()).or_insert_with(new);
            row.title = row.title.take().max(title(group, messages));
            row.last = row.last.max(last[&group]);
            for (model, spent) in by_model {
                let name = &names.models[model as usize];
                row.spent += spent;
                *row.models.entry(name.clone()).or_default() += spent;
                total += spent;
                if spent.unpriced > 0 {
                    // A price is given by id.
                    unpriced.insert(harmless(&messages.models.list[model as usize]));
                }
            }
        }
        let mut rows: Vec<_> = rows.into_values().collect();
        sort(&mut rows, by);
        Report {
            by,
            timezone: zone.iana_name().unwrap_or("local").to_owned(),
            since,
            until,
            prices_as_of: prices.as_of().to_owned(),
            beyond_usd: beyond(messages, &costs, &shown, hosts),
            rows,
            total,
            unpriced,
        }
    }

    /// Names of what a row is about, from the widest to the closest.
    pub(super) fn keys(&self) -> &'static [&'static str] {
        match self.by {
            By::Day => &["day"],
            By::Week => &["week"],
            By::Month => &["month"],
            By::Session => &["session", "project"],
            By::Project => &["project"],
            By::Model => &["model"],
        }
    }
}

/// What hosts count of the shown sessions beyond their messages, in USD; differences below a cent are of
/// rounding. A session with messages of unknown price tells nothing.
fn beyond(messages: &MessageSet, costs: &Costs, shown: &HashSet<u32>, hosts: &HashMap<String, f64>) -> f64 {
    let mut known: HashMap<&str, Option<f64>> = HashMap::new();
    for message in messages.all().iter().filter(|message| shown.contains(&message.session)) {
        let sum = known.entry(&messages.session(message).id).or_insert(Some(0.0));
        *sum = sum.zip(costs.of(message)).map(|(sum, usd)| sum + usd);
    }
    let beyond = |(id, known): (&str, Option<f64>)| Some(hosts.get(id)? - known?);
    known.into_iter().filter_map(beyond).filter(|usd| *usd >= 0.01).fold(0.0, |sum, usd| sum + usd)
}

/// Times in their order, the rest by cost.
fn sort(rows: &mut [Row], by: By) {
    rows.sort_by(|a, b| match by {
        By::Day | By::Week | By::Month => a.keys.cmp(&b.keys),
        By::Session => (a.last, &a.keys).cmp(&(b.last, &b.keys)),
        By::Project | By::Model => {
            b.spent.cost_usd.total_cmp(&a.spent.cost_usd).then_with(|| a.keys.cmp(&b.keys))
        }
    });
}

fn keys(by: By, group: Group, messages: &MessageSet, projects: &Projects) -> Vec<String> {
    match group {
        Group::Date(date) if by == By::Month => vec![date.strftime("%Y-%m").to_string()],
        Group::Date(date) => vec![date.to_string()],
        Group::Session(number) => {
            vec![harmless(&messages.sessions.list[number as usize].id), projects.of(number).to_owned()]
        }
        Group::Name(name) => vec![name.to_owned()],
    }
}

fn title(group: Group, messages: &MessageSet) -> Option<String> {
    let Group::Session(number) = group else { return None };
    let about = messages.infos.get(&messages.sessions.list[number as usize])?;
    Some(harmless(&about.title)).filter(|title| !title.is_empty())
}

pub(super) fn harmless(name: &str) -> String {
    Text::new(name).as_str().to_owned()
}

fn monday(date: Date) -> Date {
    let days = date.weekday().since(Weekday::Monday);
    date.checked_sub(jiff::Span::new().days(i64::from(days))).unwrap_or(date)
}

/// Dates of a zone. Messages of one day mostly come together, so the last day is remembered.
struct Days<'a> {
    zone: &'a TimeZone,
    known: Option<(u64, u64, Date)>,
}

impl Days<'_> {
    fn of(&mut self, at: u64) -> Date {
        if let Some((from, to, date)) = self.known
            && (from..to).contains(&at)
        {
            return date;
        }
        let date = zone::date(self.zone, at);
        let next = date.tomorrow().map_or(u64::MAX, |next| zone::start(self.zone, next));
        self.known = Some((zone::start(self.zone, date), next, date));
        date
    }
}
