//! Requests that stand in no transcript, such as those of a compaction: only the host's own sums, which
//! it writes at a session's end, hold them.

use super::history::{History, Record};
use super::summary::Costs;
use crate::spending::prices::{Prices, Usage};
use crate::spending::transcript::keys::Key;

/// Most sums of one session that are looked at, the last. A process writes one or two.
pub(super) const MAX_SUMS: usize = 256;

/// A sum of the host's.
pub(super) struct Sum {
    pub(super) key: Key,
    /// When the requests beyond the messages were probably made, in epoch seconds.
    pub(super) at: u64,
    /// When it was written, likewise; `u64::MAX` when that is unknown.
    pub(super) until: u64,
    pub(super) cost_usd: f64,
    /// By model: usage and USD.
    pub(super) models: Vec<(String, Usage, f64)>,
    /// How many messages of the session's own transcript stand before it.
    pub(super) behind: usize,
}

/// What a sum has beyond the one before and the messages since.
#[derive(Debug, PartialEq)]
pub(super) struct Unlisted {
    pub(super) key: Key,
    pub(super) at: u64,
    pub(super) model: String,
    pub(super) usage: Usage,
    /// USD by the host. `None` when a message has no price, so that the rest cannot be told.
    pub(super) cost_usd: Option<f64>,
}

type Counts = [u64; 6];

/// The requests that stand neither in the session's own transcript nor in those of its subagents, one
/// element for each sum. `history` has the names that the records use.
pub(super) fn find(
    sums: &[Sum],
    own: &[Record],
    mut others: Vec<Record>,
    mut history: History,
) -> Vec<Unlisted> {
    let prices = Prices::embedded();
    let costs = Costs::new(&history, &prices);
    others.sort_by_key(|record| record.at);
    let (mut own, mut others) = (own.iter().enumerate().peekable(), others.into_iter().peekable());
    // What ended processes told; what the one before told; what was found beyond the messages.
    let (mut before, mut last, mut found) = <[(Counts, f64); 3]>::default().into();
    let mut all = Vec::new();
    for sum in sums {
        while let Some((_, record)) = own.next_if(|(number, _)| *number < sum.behind) {
            history.insert(record.clone());
        }
        while let Some(record) = others.next_if(|record| record.at <= sum.until) {
            history.insert(record);
        }
        let told = sum.models.iter().fold(Counts::default(), |told, (_, usage, _)| add(told, counts(usage)));
        if sum.cost_usd < last.1 {
            before = (add(before.0, last.0), before.1 + last.1);
        }
        last = (told, sum.cost_usd);
        let listed = history.records().iter();
        let listed = listed.fold(Counts::default(), |listed, record| add(listed, counts(&record.usage)));
        let beyond = less(add(before.0, told), listed);
        let more = less(beyond, found.0);
        if more == Counts::default() {
            continue;
        }
        let known: Option<f64> = history.records().iter().map(|record| costs.of(record)).sum();
        let cost_usd = known.map(|known| (before.1 + sum.cost_usd - known - found.1).max(0.0));
        found =
            (std::array::from_fn(|kind| found.0[kind].max(beyond[kind])), found.1 + cost_usd.unwrap_or(0.0));
        let [input, output, cache_write_5m, cache_write_1h, cache_read, web_searches] = more;
        let usage = Usage {
            input,
            output,
            cache_write_5m,
            cache_write_1h,
            cache_read,
            web_searches,
            ..Usage::default()
        };
        all.push(Unlisted { key: sum.key, at: sum.at, model: model(sum, &history, &costs), usage, cost_usd });
    }
    all
}

/// The model of which the host counted most beyond its messages. It writes the size of the context behind
/// the name, which messages do not.
fn model(sum: &Sum, history: &History, costs: &Costs) -> String {
    let name = |told: &str| told.split('[').next().unwrap_or(told).to_owned();
    let beyond = |(told, _, usd): &(String, Usage, f64)| {
        let is_its = |record: &&Record| history.models()[record.model as usize] == name(told);
        let listed = history.records().iter().filter(is_its).filter_map(|record| costs.of(record));
        usd - listed.sum::<f64>()
    };
    let most = sum.models.iter().max_by(|one, other| beyond(one).total_cmp(&beyond(other)));
    most.map_or_else(String::new, |(told, ..)| name(told))
}

fn counts(usage: &Usage) -> Counts {
    let Usage { input, output, cache_write_5m, cache_write_1h, cache_read, web_searches, .. } = *usage;
    [input, output, cache_write_5m, cache_write_1h, cache_read, web_searches]
}

fn add(one: Counts, other: Counts) -> Counts {
    std::array::from_fn(|kind| one[kind].saturating_add(other[kind]))
}

fn less(one: Counts, other: Counts) -> Counts {
    std::array::from_fn(|kind| one[kind].saturating_sub(other[kind]))
}
