//! The exported metrics, independent of format: sums of usage as counters; budgets and limits as gauges.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, SystemTime};

use itertools::Itertools;
use serde::{Deserialize, Serialize};

use super::check;
use super::report::rounded;
use super::table::COUNTS;
use crate::base::format::epoch_ms;
use crate::config::{Config, Invocation};
use crate::session::cache;
use crate::spending::budget::BudgetUse;
use crate::spending::messages::{Costs, MessageRecord, MessageSet};
use crate::spending::prices::Prices;
use crate::spending::project::Projects;
use crate::spending::tokens::Spent;
use crate::store::{self, Patience, Trust};
use crate::tools::report::clean;

/// Names and values of labels, in the order of the documentation.
pub(super) type Labels = Vec<(&'static str, String)>;

pub(super) struct Metric {
    /// Without `bridgeline_` and, for a counter, without `_total`.
    pub(super) name: &'static str,
    pub(super) help: &'static str,
    /// It only grows.
    pub(super) is_counter: bool,
    pub(super) samples: Vec<(Labels, f64)>,
}

/// Labels as between braces.
pub(super) fn label(labels: &Labels) -> String {
    let escaped = |value: &str| value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
    labels.iter().map(|(name, value)| format!("{name}=\"{}\"", escaped(value))).join(",")
}

type OfUse = (&'static str, &'static str, fn(&Spent) -> Vec<(&'static str, f64)>);

/// Metrics of a series' usage, with a value for each `type`.
const OF_USE: [OfUse; 4] = [
    ("usage_tokens", "Tokens of all sessions; each message counts once.", |spent| {
        let kinds = COUNTS[1..5].iter();
        kinds.map(|kind| (kind.name.trim_end_matches("_tokens"), (kind.of)(spent) as f64)).collect()
    }),
    ("usage_cost_usd", "Cost of all sessions in USD, without messages of unknown price.", |spent| {
        vec![("", rounded(spent.cost_usd))]
    }),
    ("usage_messages", "Messages of models in all sessions.", |spent| vec![("", spent.messages as f64)]),
    ("usage_unpriced_messages", "Messages without a known price.", |spent| vec![("", spent.unpriced as f64)]),
];

/// The metrics of these series.
pub(super) fn of_use(series: &[(Labels, Spent)], is_counter: bool) -> Vec<Metric> {
    let metric = |(name, help, values): &OfUse| {
        let typed = |labels: &Labels, (kind, value): (&str, f64)| {
            let kind = Some(("type", kind.to_owned())).filter(|(_, kind)| !kind.is_empty());
            (labels.iter().cloned().chain(kind).collect(), value)
        };
        let samples = series.iter().flat_map(|(labels, spent)| values(spent).into_iter().map(|it| typed(labels, it)));
        Metric { name, help, is_counter, samples: samples.collect() }
    };
    OF_USE.iter().map(metric).collect()
}

/// Everything, each sample with the labels of `origin` first.
pub(super) fn all(messages: &MessageSet, prices: &Prices, origin: &Labels, call: &Invocation) -> Vec<Metric> {
    let mut metrics = of_use(&series(messages, prices, origin), true);
    let config = Config::load(call, None);
    let budgets = check::uses(&config.budgets, messages, prices, call);
    metrics.extend(of_budgets(&budgets, origin));
    metrics.extend(of_limits(call, origin));
    metrics
}

fn series(messages: &MessageSet, prices: &Prices, origin: &Labels) -> Vec<(Labels, Spent)> {
    let costs = Costs::new(messages, prices);
    let projects = Projects::new(messages, false);
    let mut sums: BTreeMap<[&str; 3], Spent> = BTreeMap::new();
    for message in messages.all() {
        let model = messages.models.list[message.model as usize].as_str();
        let key = [messages.agent(message), projects.name(message.session), model];
        *sums.entry(key).or_default() += costs.spent(message);
    }
    // Names that look the same are joined into one series.
    let mut series: BTreeMap<[String; 3], Spent> = BTreeMap::new();
    for (key, spent) in sums {
        *series.entry(key.map(clean)).or_default() += spent;
    }
    let labels = |key: [String; 3]| origin.iter().cloned().chain(["agent", "project", "model"].into_iter().zip(key));
    series.into_iter().map(|(key, spent)| (labels(key).collect(), spent)).collect()
}

fn gauge<T>(
    (name, help): (&'static str, &'static str), of: &[T], sample: impl Fn(&T) -> Option<(Labels, f64)>,
) -> Metric {
    Metric { name, help, is_counter: false, samples: of.iter().filter_map(sample).collect() }
}

fn of_budgets(budgets: &[BudgetUse], origin: &Labels) -> [Metric; 3] {
    let labels = |budget: &BudgetUse| origin.iter().cloned().chain([("budget", clean(budget.name))]).collect();
    let gauge = |name, help, value: fn(&BudgetUse) -> f64| {
        gauge((name, help), budgets, |budget| Some((labels(budget), rounded(value(budget)))))
    };
    [
        gauge("budget_usd", "The budget in USD.", |budget| budget.limit_usd),
        gauge("budget_used_usd", "USD of the budget spent in the current period.", |budget| budget.used_usd),
        gauge("budget_used_ratio", "Share of the budget that is spent; 1 is all of it.", |budget| {
            budget.used_usd / budget.limit_usd
        }),
    ]
}

/// The limits in the newest payloads that have not reset since.
fn of_limits(call: &Invocation, origin: &Labels) -> [Metric; 2] {
    /// Older numbers of a limit without a reset mean nothing.
    const YOUNG: Duration = Duration::from_secs(24 * 3600);
    let mut limits = BTreeMap::new();
    for cache in call.paths.state.iter().flat_map(|state| cache::newest(state)) {
        let is_young = cache.age(call.env.now).is_some_and(|age| age < YOUNG);
        let Some(status) = cache.status() else { continue };
        for limit in status.limits.into_iter().flatten() {
            limits.entry((status.agent, clean(&limit.name))).or_insert((limit, is_young));
        }
    }
    limits.retain(|_, (limit, is_young)| limit.resets_at.map_or(*is_young, |at| at > call.env.now));
    let limits: Vec<_> = limits.into_iter().map(|(key, (limit, _))| (key, limit)).collect();
    let labels = |(agent, window): &(&str, String)| {
        let own = [("agent", (*agent).to_owned()), ("window", window.clone())];
        origin.iter().cloned().chain(own).collect::<Labels>()
    };
    let seconds = |at: SystemTime| (epoch_ms(at) / 1000) as f64;
    [
        gauge(("limit_used_ratio", "Share of a usage limit that is used; 1 is all of it."), &limits, |(key, limit)| {
            Some((labels(key), limit.used / 100.0))
        }),
        gauge(("limit_reset_timestamp_seconds", "Time when a usage limit resets."), &limits, |(key, limit)| {
            Some((labels(key), seconds(limit.resets_at?)))
        }),
    ]
}

/// The highest value of each counter that was exported: a sum may decrease (a price was corrected, or the index was
/// lost after transcripts were deleted), and readers take a lower counter for a restart.
#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
struct HighWater {
    /// Time when the first exported message was written, in epoch seconds.
    since: u64,
    /// Values by name and labels.
    marks: BTreeMap<String, f64>,
}

/// Maximum size of the file of marks, in bytes: about 100,000, also of series that no longer exist. A larger one is
/// replaced.
const MAX_FILE: u64 = 16 << 20;

/// Raises each counter to its highest value so far, and keeps that in `<state>/exported.json`. Returns the start of the
/// counters, in epoch seconds.
///
/// # Errors
/// The file cannot be written.
pub(super) fn keep_counting(metrics: &mut [Metric], messages: &MessageSet, state: &Path) -> std::io::Result<u64> {
    let path = state.join("exported.json");
    let read = store::read_text(&path, Trust::Strict, MAX_FILE).ok();
    let mut kept: HighWater = read.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default();
    if kept.since == 0 {
        kept.since = messages.all().iter().map(MessageRecord::at).min().unwrap_or(0);
    }
    for Metric { name, samples, .. } in metrics.iter_mut().filter(|metric| metric.is_counter) {
        for (labels, value) in samples {
            let mark = kept.marks.entry(format!("{name}{{{}}}", label(labels))).or_default();
            *mark = mark.max(*value);
            *value = *mark;
        }
    }
    store::replace(&path, serde_json::to_string(&kept)?.as_bytes(), Patience::HOOK)?;
    Ok(kept.since)
}
