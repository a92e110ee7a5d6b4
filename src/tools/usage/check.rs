//! `bridgeline usage check`: the use of each budget, for people, scripts and CI.
//!
//! Promise: exits 0 if all budgets were computed and none is spent, else 1.

use std::io::{self, Write};

use anyhow::bail;
use itertools::Itertools;
use serde_json::{Value, json};

use super::report::{keys, rounded, timestamp};
use super::{fail_for, load, merge, prices};
use crate::agent::CLAUDE_CODE;
use crate::base::text::Text;
use crate::base::{format, width};
use crate::cli::{By, CheckArgs};
use crate::config::{Config, Invocation};
use crate::segment::{Role, Span};
use crate::spending::budget::{Budget, BudgetUse};
use crate::spending::messages::MessageSet;
use crate::spending::prices::Prices;
use crate::spending::summary::Summary;
use crate::spending::zone;
use crate::tools::report::{clean, print_json, print_lines};

/// Brings the index up to date and prints the budgets.
///
/// # Errors
/// See the promise; no budget is set; standard output cannot be written.
pub(super) fn run(args: &CheckArgs, call: &Invocation) -> anyhow::Result<()> {
    let config = Config::load(call, None);
    for warning in &config.warnings {
        _ = writeln!(io::stderr(), "warning: {}", Text::new(warning.to_string()));
    }
    if config.budgets.is_empty() {
        bail!("no budget set; add one to your config, e.g. [budget] day = 20");
    }
    let (mut messages, unreadable) = load(call)?;
    merge(&mut messages, &args.from)?;
    let uses = uses(&config.budgets, &messages, &prices(call), call);
    if args.json {
        print_json(&json(&uses))?;
    } else if !args.quiet {
        print_lines(&table(&uses), &config, call)?;
    }
    fail_for(&unreadable)?;
    let over = uses.iter().filter(|budget| budget.is_over()).map(in_words).join(", ");
    if over.is_empty() { Ok(()) } else { bail!("over budget: {over}") }
}

/// The budgets and their use by all sessions.
pub(super) fn uses<'a>(
    budgets: &'a [Budget], messages: &MessageSet, prices: &Prices, call: &Invocation,
) -> Vec<BudgetUse<'a>> {
    let env = &call.env;
    // Calendar periods include all agents.
    let summary = Summary::new(messages, &CLAUDE_CODE, prices, &zone::local(env), env.now);
    let home = env.home();
    let uses = budgets.iter().filter_map(|budget| BudgetUse::new(budget, &summary, env.now, &[], home.as_deref()));
    uses.collect()
}

/// A note for each budget of the kind of periods or projects in a report.
pub(super) fn notes(
    by: By, budgets: &[Budget], messages: &MessageSet, prices: &Prices, call: &Invocation,
) -> Vec<String> {
    let subject = keys(by)[0];
    let is_meant = |name: &str| if subject == "project" { name.contains(['/', '\\']) } else { name == subject };
    if !budgets.iter().any(|(name, _)| is_meant(name)) {
        return Vec::new();
    }
    let uses = uses(budgets, messages, prices, call).into_iter().filter(|budget| is_meant(budget.name));
    uses.map(|budget| format!("budget of {}", in_words(&budget))).collect()
}

/// `day: $12.40 of $20.00, 62%`.
fn in_words(budget: &BudgetUse) -> String {
    let BudgetUse { name, limit_usd, .. } = budget;
    let (used, percent) = (used(budget), format::percent(budget.used_percent()));
    format!("{}: {used} of {}, {percent}", clean(name), format::usd(*limit_usd))
}

fn used(budget: &BudgetUse) -> String {
    format::usd_known(budget.used_usd, budget.unpriced)
}

fn table(uses: &[BudgetUse]) -> Vec<Vec<Span>> {
    let left = |budget: &BudgetUse| match budget.limit_usd - budget.used_usd {
        left if left < 0.0 => format!("{} over", format::usd(-left)),
        left => format!("{} left", format::usd(left)),
    };
    let row = |budget: &BudgetUse| {
        let (limit, percent) = (format::usd(budget.limit_usd), format::percent(budget.used_percent()));
        let role = if budget.is_over() { Role::LimitsDanger } else { Role::Cost };
        let (name, limit) = ((Role::Text, clean(budget.name)), (Role::Label, format!("of {limit}")));
        [name, (role, used(budget)), limit, (role, percent), (role, left(budget))]
    };
    let rows: Vec<_> = uses.iter().map(row).collect();
    let widest = |column: usize| rows.iter().map(|row| width::width(&row[column].1)).max().unwrap_or(0);
    let widths: [usize; 5] = std::array::from_fn(widest);
    let line = |row: &[(Role, String); 5]| {
        let cells = row.iter().zip(widths).enumerate().flat_map(|(column, ((role, cell), width))| {
            let (space, cell) = (" ".repeat(width - width::width(cell)), Span::new(*role, cell));
            let blank = |text| Span::new(Role::Text, text);
            if column == 0 { [cell, blank(space)] } else { [blank(format!("  {space}")), cell] }
        });
        cells.collect()
    };
    rows.iter().map(line).collect()
}

/// One object, as `docs/config.md` has it.
fn json(uses: &[BudgetUse]) -> Value {
    let budget = |budget: &BudgetUse| {
        json!({
            "budget": clean(budget.name),
            "limit_usd": budget.limit_usd,
            "used_usd": rounded(budget.used_usd),
            "left_usd": rounded(budget.limit_usd - budget.used_usd),
            "used_percent": rounded(budget.used_percent()),
            "unpriced_messages": budget.unpriced,
            "from": timestamp(budget.period.0),
            "to": timestamp(budget.period.1),
            "is_over": budget.is_over(),
        })
    };
    let budgets: Vec<_> = uses.iter().map(budget).collect();
    json!({ "schema": "bridgeline.budgets", "version": 1, "budgets": budgets })
}
