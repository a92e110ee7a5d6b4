//! What all sessions used, as it was found out last.

use serde::Serialize;

use crate::base::format;
use crate::snapshot::Snapshot;
use crate::spending::summary::{Burn, Spent};

/// What all sessions used.
#[derive(Serialize)]
pub struct Usage {
    #[serde(skip_serializing_if = "Option::is_none")]
    as_of_ms: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    today: Option<Sum>,
    week: Sum,
    month: Sum,
    #[serde(skip_serializing_if = "Option::is_none")]
    block: Option<Block>,
}

#[derive(Serialize)]
struct Sum {
    usd: f64,
    unpriced_messages: u64,
    tokens: u64,
}

#[derive(Serialize)]
struct Block {
    from_ms: u64,
    to_ms: u64,
    #[serde(flatten)]
    sum: Sum,
    #[serde(skip_serializing_if = "Option::is_none")]
    usd_per_hour: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tokens_per_minute: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    projected_usd: Option<f64>,
}

impl Usage {
    /// `None` until it has been found out for the first time.
    pub fn new(snapshot: &Snapshot) -> Option<Self> {
        let summary = snapshot.usage()?;
        let as_of = summary.age(snapshot.now).and_then(|age| snapshot.now.checked_sub(age));
        let block = snapshot.block().zip(snapshot.used_in_block()).map(|((from, to), spent)| {
            let burn = snapshot.burn();
            let told = |of: fn(&Burn) -> f64| burn.as_ref().map(of);
            Block {
                from_ms: from.saturating_mul(1000),
                to_ms: to.saturating_mul(1000),
                sum: Sum::new(&spent),
                usd_per_hour: told(|burn| burn.usd_per_hour),
                tokens_per_minute: told(|burn| burn.tokens_per_minute),
                projected_usd: told(|burn| burn.projected_usd),
            }
        });
        Some(Usage {
            as_of_ms: as_of.map(format::epoch_ms),
            today: snapshot.used_today().as_ref().map(Sum::new),
            week: Sum::new(&summary.week()),
            month: Sum::new(&summary.month()),
            block,
        })
    }
}

impl Sum {
    fn new(spent: &Spent) -> Self {
        Sum { usd: spent.cost_usd, unpriced_messages: spent.unpriced, tokens: spent.tokens() }
    }
}
