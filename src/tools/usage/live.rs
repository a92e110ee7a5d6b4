//! `bridgeline usage --live`: the running blocks, their limits and the sessions at work, full-screen and kept up to
//! date until a key ends it. It fails if standard output is not a terminal, and as the reports do.

use std::io::{self, IsTerminal};
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use itertools::Itertools;
use jiff::tz::TimeZone;

use super::blocks::{Block, BlockReport, local, words};
use super::table::cost;
use super::{is_requested, load, models, period, prices, requested, statuses};
use crate::agent::Limit;
use crate::base::env::Env;
use crate::base::format;
use crate::base::width::cut;
use crate::cli::UsageArgs;
use crate::config::{Config, Invocation};
use crate::layout;
use crate::paint;
use crate::segment::bar::fill;
use crate::segment::{Icons, Role, Span};
use crate::snapshot::sessions;
use crate::spending::messages::{Costs, MessageSet};
use crate::spending::tokens::Spent;
use crate::spending::{self, zone};
use crate::tools::configure::action::Action;
use crate::tools::configure::keys;
use crate::tools::report::wrapped;
use crate::tools::screen::{Screen, Woken};
use crate::tools::sessions::SessionTable;

/// Time between two updates of the usage.
const EVERY: Duration = Duration::from_secs(2);

/// Longest time that an update may take.
const LIMIT: Duration = Duration::from_secs(10);

/// Columns of the labels.
const LABEL: usize = 8;

/// Follows the running blocks until `q`, Escape or Ctrl-C.
///
/// # Errors
/// Standard output is not a terminal, or the terminal cannot be written or read; as for the reports; a signal stops it.
pub(super) fn run(args: &UsageArgs, call: &Invocation) -> anyhow::Result<()> {
    let is_terminal = io::stdout().is_terminal();
    ensure!(
        is_terminal,
        "usage --live: standard output is not a terminal; `usage blocks --active` prints the running block"
    );
    let mut messages = requested(load(call)?.0, args)?;
    prices(call);
    let mut screen = Screen::enter().context("cannot set up the terminal")?;
    let mut due = Instant::now() + EVERY;
    loop {
        let call = Invocation::new(Env::from_process(), call.flags.clone());
        if Instant::now() >= due {
            refresh(&mut messages, args, &call)?;
            due = Instant::now() + EVERY;
        }
        screen.show(frame(&messages, args, &call)).context("standard output")?;
        match screen.wait(Some(due)).context("cannot read the terminal")? {
            Woken::By(event) => {
                let action = keys::action(&event, false);
                if matches!(action, Some(Action::Key('q') | Action::Back | Action::Interrupt)) {
                    return Ok(());
                }
            }
            Woken::ByTime => {}
            Woken::ByEnd => bail!("usage --live: stopped by a signal"),
        }
    }
}

/// Reads new messages. While another process does so, the present ones stay.
fn refresh(messages: &mut MessageSet, args: &UsageArgs, call: &Invocation) -> anyhow::Result<()> {
    let recent = spending::load_recent(&call.paths, &call.env, Instant::now() + LIMIT);
    if let Some(recent) = recent.context("cannot update the usage index")? {
        *messages = requested(recent, args)?;
    }
    Ok(())
}

/// The lines of the screen.
fn frame(messages: &MessageSet, args: &UsageArgs, call: &Invocation) -> Vec<String> {
    let (columns, rows) = call.env.terminal_size().unwrap_or((80, 24));
    let config = Config::load(call, None);
    let models = models(messages, Some(&config));
    let zone = period(args, &call.env).zone;
    let prices = spending::prices(&call.paths).0;
    let report = BlockReport::new(messages, &prices, &models, &statuses(&args.agent, call), call.env.now);
    let (_, today) = zone::day(&zone, report.seconds());
    let costs = Costs::new(messages, &prices);
    let mut spent = Spent::default();
    let of_today = messages.all().iter().filter(|message| today.contains(&message.at()));
    of_today.for_each(|message| spent += costs.spent(message));
    let view = view(&report, &spent, &zone, columns, config.icons);
    let mut lines: Vec<_> = view.iter().map(|line| paint::paint(line, &config.theme.look, config.depth)).collect();
    let mut sessions = sessions::all(false, &call.env, &call.paths);
    sessions.retain(|session| is_requested(&session.status, &args.agent));
    if !sessions.is_empty() {
        lines.push(String::new());
        lines.extend(SessionTable::new(columns, true, call).rows(&sessions));
    }
    // On a low screen, the usage matters more than the keys.
    let footer = if rows < 5 { 0 } else { 2 };
    lines.truncate(rows.saturating_sub(footer));
    if footer > 0 {
        lines.extend([String::new(), cut("q quits", columns)]);
    }
    lines
}

/// The running blocks and the limits of their agents, and the day.
fn view(report: &BlockReport, today: &Spent, zone: &TimeZone, columns: usize, icons: Icons) -> Vec<Vec<Span>> {
    let now = report.seconds();
    // Wide enough for the longest text next to it, if possible.
    let cells = columns.saturating_sub(48).clamp(8, 40);
    let bar = |role, percent| bar(role, percent, cells, icons);
    let mut lines = Vec::new();
    let has_several = report.running().nth(1).is_some();
    for (agent, block, limits) in report.running() {
        lines.extend(has_several.then(|| vec![Span::new(Role::Agent, agent)]));
        if let Some(block) = block {
            let end = local(block.time.end, zone).strftime("%H:%M");
            let left = format!("  {} left, until {end}", format::duration(block.left(now)));
            lines.push(row("block", bar(Role::Duration, block.elapsed(now)), Role::LimitsReset, &left));
        }
        for (limit, pace) in &limits {
            let (level, text) = (level(limit), format!("  {}", words(limit, pace)));
            lines.push(row(&cut(&limit.name, LABEL - 1), bar(level, limit.used), level, &text));
        }
        lines.extend(block.into_iter().flat_map(|block| used(block, now)));
        lines.push(Vec::new());
    }
    if lines.is_empty() {
        lines = vec![vec![Span::fixed(Role::Label, "no running block")], Vec::new()];
    }
    lines.push(row("today", Vec::new(), Role::Cost, &amount(today)));
    lines.iter().flat_map(|line| wrapped(line, columns)).map(|line| layout::fit(line, columns)).collect()
}

/// Cost, models and rate of a block.
fn used(block: &Block, now: u64) -> Vec<Vec<Span>> {
    let models = block.models.keys().join(", ");
    let mut spent = row("spent", Vec::new(), Role::Cost, &amount(&block.spent));
    spent.push(Span::new(Role::Model, format!("  {models}")));
    let rate = block.rate_words(now).map(|rate| row("rate", Vec::new(), Role::Cost, &rate));
    [spent].into_iter().chain(rate).collect()
}

fn amount(spent: &Spent) -> String {
    let tokens = format::compact(spent.tokens.total() as f64);
    format!("{}  {tokens} tokens", cost(spent))
}

/// A label, a bar and a text.
fn row(label: &str, bar: Vec<Span>, role: Role, text: &str) -> Vec<Span> {
    let label = Span::new(Role::Label, format!("{label:LABEL$}"));
    [label].into_iter().chain(bar).chain([Span::new(role, text)]).collect()
}

/// A bar with its track.
fn bar(role: Role, percent: f64, cells: usize, icons: Icons) -> Vec<Span> {
    let fill = fill(percent, cells, icons);
    let track = if icons == Icons::Ascii { "-" } else { "─" };
    let rest = track.repeat(cells - fill.chars().count());
    vec![Span::drawn(role, fill), Span::drawn(Role::ContextTrack, rest)]
}

fn level(limit: &Limit) -> Role {
    const ROLES: [Role; 4] = [Role::Limits, Role::LimitsNotice, Role::LimitsWarning, Role::LimitsDanger];
    ROLES[[50.0, 75.0, 90.0].iter().filter(|at| limit.used >= **at).count()]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::width::width;
    use crate::line::plain;
    use crate::tools::usage::blocks::tests::{idle, running};
    use proptest::prelude::*;
    use snapbox::{assert_data_eq, str};

    fn drawn(limit: Option<f64>, columns: usize, icons: Icons) -> String {
        let today = Spent { messages: 4, cost_usd: 31.2, unpriced: 1, ..Spent::default() };
        let lines = view(&running(limit), &today, &TimeZone::UTC, columns, icons);
        lines.iter().map(|line| plain(line).trim_end().to_owned() + "\n").collect()
    }

    #[test]
    fn a_running_block_with_its_limit() {
        assert_data_eq!(
            drawn(Some(60.0), 80, Icons::Text),
            str![[r#"
block   ████████████▊───────────────────  3h left, until 17:00
5h      ███████████████████▎────────────  60% used, pace +20%, full in 1h20m
7d      ████████████████████████────────  75% used, pace +5%, full in 1d15h
spent   $3.00  0 tokens  opus
rate    $2.00/h, 0 tokens/min, ~$9.00 at the end

today   $31.20+  0 tokens

"#]]
        );
    }

    #[test]
    fn a_block_without_a_limit_in_a_narrow_ascii_terminal() {
        assert_data_eq!(
            drawn(None, 40, Icons::Ascii),
            str![[r#"
block   ###-----  3h left, until 17:00
spent   $3.00  0 tokens  opus
rate    $2.00/h, 0 tokens/min, ~$9.00
        at the end

today   $31.20+  0 tokens

"#]]
        );
    }

    #[test]
    fn nothing_runs() {
        let lines = view(&idle(), &Spent::default(), &TimeZone::UTC, 80, Icons::Text);
        let text: Vec<String> = lines.iter().map(|line| plain(line)).collect();
        assert_eq!(text, ["no running block", "", "today   $0.00  0 tokens"]);
    }

    proptest! {
        #[test]
        fn no_line_is_wider_than_the_terminal(columns in 1..200_usize, used in 0.0..150.0_f64, ascii: bool) {
            let icons = if ascii { Icons::Ascii } else { Icons::Text };
            for line in drawn(Some(used), columns, icons).lines() {
                prop_assert!(width(line) <= columns, "{line:?}");
            }
        }
    }
}
