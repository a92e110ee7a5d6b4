//! Budgets: limits of spending per day, week or month of the user's calendar, or per month on a project.

use std::borrow::Cow;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::summary::{Hosted, ProjectCost, Summary};

/// `day`, `week`, `month` or a project's folder, and USD.
pub type Budget = (Cow<'static, str>, f64);

/// Use of a budget in the running period.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BudgetUse<'a> {
    /// As in config.
    pub name: &'a str,
    pub limit_usd: f64,
    pub used_usd: f64,
    /// Number of messages without a known price, which are not included.
    pub unpriced: u64,
    /// Begin and end of the period, in epoch seconds.
    pub period: (u64, u64),
}

impl<'a> BudgetUse<'a> {
    /// `None` if the clock is before the summary's period, or for a project outside of it.
    pub fn new(
        (name, limit_usd): &'a Budget, summary: &Summary, now: SystemTime, hosts: &[Hosted], home: Option<&Path>,
    ) -> Option<Self> {
        let folder = folder(name, home);
        let period = summary.calendar(if folder.is_some() { "month" } else { name }, now, hosts)?;
        let ProjectCost(used_usd, unpriced) = match folder {
            Some(folder) => summary.month_of(now, |project| Path::new(project).starts_with(&folder))?,
            None => ProjectCost(period.spent.cost_usd, period.spent.unpriced),
        };
        Some(BudgetUse { name, limit_usd: *limit_usd, used_usd, unpriced, period: (period.from, period.to) })
    }

    /// Percentage used.
    pub fn used_percent(&self) -> f64 {
        self.used_usd / self.limit_usd * 100.0
    }

    pub fn is_over(&self) -> bool {
        self.used_usd > self.limit_usd
    }
}

/// The folder of a project's budget. `None` for the budget of a period.
pub fn folder(name: &str, home: Option<&Path>) -> Option<PathBuf> {
    name.contains(['/', '\\']).then(|| match (name.strip_prefix("~/"), home) {
        (Some(below), Some(home)) => home.join(below),
        _ => PathBuf::from(name),
    })
}
