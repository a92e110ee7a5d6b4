//! Cost, time and usage of the session, each from the best available source.

use std::time::{Duration, SystemTime};

use super::Snapshot;
use crate::base::format::epoch_ms;
use crate::base::json::Object;
use crate::bridge::monitor;
use crate::bridge::record::Record;
use crate::session::cache::{CACHE, Cache};
use crate::session::register::{self, RegisterEntry};
use crate::spending;
use crate::spending::budget::{self, Budget, BudgetUse};
use crate::spending::summary::{Burn, Hosted};
use crate::spending::tokens::Spent;
use crate::store::SessionId;

impl Snapshot {
    /// Cost of the session in USD, and `true` if that is an estimate: the agent's own takes precedence over the hooks',
    /// computed from the transcript, and that over the one in the usage index.
    pub fn cost(&self) -> Option<(f64, bool)> {
        let by_hooks = || self.bridge()?.cost_usd.filter(|usd| *usd > 0.0);
        let estimate = || by_hooks().or_else(|| self.cost_by_index()).map(|usd| (usd, true));
        self.status.cost_usd.map(|usd| (usd, false)).or_else(estimate)
    }

    fn cost_by_index(&self) -> Option<f64> {
        spending::by_index(self.status.agent)?;
        self.usage()?.cost_of(self.status.session_id.as_deref()?)
    }

    /// Time since the session began: the agent's own clock, else since the first tool call.
    pub fn duration(&self) -> Option<Duration> {
        self.status.duration.or_else(|| self.since_first_tool())
    }

    /// Time since the first tool call in the bridge. `None` if it is in the future.
    pub fn since_first_tool(&self) -> Option<Duration> {
        self.now.duration_since(self.bridge()?.first?).ok()
    }

    /// Warnings of the context monitor that apply now, one word each.
    pub fn warnings(&self) -> Vec<&'static str> {
        let record = self.bridge_text().and_then(Object::parse).map(|bridge| Record::read(&bridge));
        let context = &self.status.context;
        let facts = monitor::Facts {
            context_remaining: context.remaining.or(context.used.map(|used| 100.0 - used)),
            // Subscribers don't pay it.
            cost_usd: self.cost().map(|(usd, _)| usd).filter(|_| self.status.limits.is_none()),
            agent: None,
        };
        let settings = monitor::MonitorSettings::new(&self.env);
        monitor::Told::default().now(&record.unwrap_or_default(), &facts, &settings).words()
    }

    /// Usage of all sessions since midnight, this one by its agent's own cost.
    pub fn used_today(&self) -> Option<Spent> {
        self.usage()?.today(self.now, self.hosts())
    }

    /// Use of a budget by all sessions, likewise. `None` for the budget of another project.
    pub fn budget_use<'a>(&self, budget: &'a Budget) -> Option<BudgetUse<'a>> {
        let folder = budget::folder(&budget.0, self.home());
        let is_here = folder.is_none_or(|folder| self.dir().is_some_and(|dir| dir.starts_with(folder)));
        let summary = self.usage().filter(|_| is_here)?;
        BudgetUse::new(budget, summary, self.now, self.hosts(), self.home())
    }

    /// Usage of all sessions in [`Self::block`], likewise.
    pub fn used_in_block(&self) -> Option<Spent> {
        let (from, to) = self.block()?;
        Some(self.usage()?.window(from, to, self.hosts()))
    }

    /// Rate of spending in [`Self::block`], likewise.
    pub fn burn(&self) -> Option<Burn> {
        let (from, to) = self.block()?;
        self.usage()?.burn(from, to, self.now, self.hosts())
    }

    /// Begin and end of the 5-hour window in epoch seconds: that of the limit, else the block in progress, else the one
    /// that this session has begun.
    pub fn block(&self) -> Option<(u64, u64)> {
        const LENGTH: u64 = 5 * 3600;
        let limit = self.status.limits.iter().flatten().find(|limit| limit.name == "5h");
        let resets = limit.and_then(|limit| limit.resets_at).filter(|at| *at > self.now);
        if let Some(at) = resets {
            let to = seconds(at);
            return Some((to.checked_sub(LENGTH)?, to));
        }
        let own = || {
            let own = self.hosts().first().filter(|own| own.cost_usd > 0.0)?;
            let from = own.began? / 3600 * 3600;
            Some((from, from + LENGTH)).filter(|(_, to)| seconds(self.now) < *to)
        };
        self.usage()?.block(self.now).or_else(own)
    }

    /// Costs by their agents of sessions whose transcripts may not have been read to the end: this one first.
    fn hosts(&self) -> &[Hosted] {
        self.sources.hosts.get_or_init(|| self.find_hosts().unwrap_or_default())
    }

    /// While nothing has been read of this session, the same may be true of the sessions before it, such as the one
    /// that `/clear` ended. They are looked up in the register, those of the same process first.
    fn find_hosts(&self) -> Option<Vec<Hosted>> {
        /// Older sessions have been read, or never will be.
        const YOUNG: Duration = Duration::from_secs(300);
        const MAX_OTHERS: usize = 4;
        let summary = self.usage()?;
        let id = self.status.session_id.clone()?;
        let heard = self.heard.unwrap_or(self.now);
        let began = self.duration().and_then(|duration| heard.checked_sub(duration));
        let (cost_usd, _) = self.cost().unwrap_or_default();
        let is_new = !summary.knows(&id) && self.duration().is_none_or(|duration| duration < YOUNG);
        let mut hosts = vec![Hosted { id, cost_usd, began: began.map(seconds), at: seconds(heard) }];
        let Some(state) = self.sources.state.as_deref().filter(|_| is_new) else { return Some(hosts) };
        let pid = self.variable("CLAUDE_PID").and_then(|pid| pid.parse().ok());
        let mut others = register::read(state);
        others.retain(|entry| entry.session != hosts[0].id);
        others.sort_by_key(|entry| pid.is_none() || entry.pid != pid);
        let other = |entry: &RegisterEntry| {
            let cache = Cache::read(&CACHE.path(state, &SessionId::new(&entry.session)?))?;
            let (status, at) = (cache.status()?, cache.at_ms / 1000);
            let began = status.duration.and_then(|duration| at.checked_sub(duration.as_secs()));
            Some(Hosted { id: status.session_id?, cost_usd: status.cost_usd?, began, at })
        };
        hosts.extend(others.iter().take(MAX_OTHERS).filter_map(other));
        Some(hosts)
    }
}

/// A time in epoch seconds.
fn seconds(time: SystemTime) -> u64 {
    epoch_ms(time) / 1000
}
