//! Requests that are missing from transcripts, such as those of a compaction: only the sums that the agent writes at
//! the end of a session include them.

use super::messages::{Costs, MessageRecord, MessageSet};
use super::prices::Prices;
use super::tokens::{MessageUsage, Tokens};
use super::transcript::line::HostSum;

/// Maximum number of sums per session; the last ones are used. A process writes one or two.
pub(super) const MAX_SUMS: usize = 256;

/// One of the agent's sums, with its place in the transcript.
pub(super) struct PlacedSum {
    pub(super) sum: HostSum,
    /// Probable time of the requests beyond the messages, in epoch seconds.
    pub(super) at: u64,
    /// Number of messages before it in the session's own transcript.
    pub(super) behind: usize,
}

/// The requests that are missing from the session's transcript and its subagents': for each sum, one message with what
/// it has beyond the previous sum and the messages since, and the name of its model. `set` has the names that the
/// messages use, and no messages.
pub(super) fn find(
    sums: &[PlacedSum], own: Vec<MessageRecord>, mut others: Vec<MessageRecord>, mut set: MessageSet,
) -> Vec<(String, MessageRecord)> {
    let prices = Prices::embedded();
    let costs = Costs::new(&set, &prices);
    others.sort_by_key(MessageRecord::at);
    let (mut own, mut others) = (own.into_iter().enumerate().peekable(), others.into_iter().peekable());
    // Sums of ended processes; the last sum; the amount found beyond the messages.
    let (mut ended, mut last, mut found) = <[(Tokens, f64); 3]>::default().into();
    let mut all = Vec::new();
    for PlacedSum { sum, at, behind } in sums {
        while let Some((_, message)) = own.next_if(|(number, _)| number < behind) {
            set.insert(message);
        }
        while let Some(message) = others.next_if(|message| sum.at.is_none_or(|at| message.at() <= at + 1)) {
            set.insert(message);
        }
        if sum.cost_usd < last.1 {
            ended = (ended.0 + last.0, ended.1 + last.1);
        }
        let add = |total, tokens| total + tokens;
        last = (sum.models.iter().map(|(_, tokens, _)| *tokens).fold(Tokens::default(), add), sum.cost_usd);
        let listed = set.all().iter().map(|message| message.usage().tokens).fold(Tokens::default(), add);
        let tokens = (ended.0 + last.0).saturating_sub(listed).saturating_sub(found.0);
        if tokens == Tokens::default() {
            continue;
        }
        // `None` if a message has no price, so that the rest is unknown.
        let listed_usd: Option<f64> = set.all().iter().map(|message| costs.of(message)).sum();
        let host_cost_usd = listed_usd.map(|listed| (ended.1 + last.1 - listed - found.1).max(0.0));
        found = (found.0 + tokens, found.1 + host_cost_usd.unwrap_or(0.0));
        let usage = MessageUsage { tokens, ..MessageUsage::default() };
        all.push((model(sum, &set, &costs), MessageRecord::new(sum.key, *at, &usage, host_cost_usd)));
    }
    all
}

/// The model for which the agent counted most beyond its messages. Unlike messages, it appends the size of the context
/// to the name.
fn model(sum: &HostSum, set: &MessageSet, costs: &Costs) -> String {
    let name = |sized: &str| sized.split('[').next().unwrap_or(sized).to_owned();
    let beyond = |(sized, _, usd): &(String, Tokens, f64)| {
        let is_its = |message: &&MessageRecord| set.models.list[message.model as usize] == name(sized);
        let listed = set.all().iter().filter(is_its).filter_map(|message| costs.of(message));
        usd - listed.sum::<f64>()
    };
    let most = sum.models.iter().max_by(|one, other| beyond(one).total_cmp(&beyond(other)));
    most.map_or_else(String::new, |(sized, ..)| name(sized))
}
