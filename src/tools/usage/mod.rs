//! `bridgeline usage`: tokens and cost of all sessions, from the transcripts of all projects.
//!
//! Promise: it fails if the index or another machine's cannot be read or written. If some transcripts cannot be read,
//! it reports the others and fails.

mod blocks;
mod check;
mod export;
mod export_run;
mod live;
mod metrics;
mod otlp;
mod report;
mod table;

use std::io::{self, Write};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use indicatif::{ProgressBar, ProgressStyle};
use jiff::civil::Date;
use jiff::tz::TimeZone;

use self::blocks::BlockReport;
use self::report::{Names, Period, UsageReport, readable};
use self::table::Table;
use super::report::{clean, print, print_lines};
use crate::agent::{Agent, Status};
use crate::base::env::Env;
use crate::base::format::epoch_ms;
use crate::base::text::Text;
use crate::cli::{ExportFormat, Report, UsageArgs, UsageCommand, When};
use crate::config::{Config, Invocation};
use crate::session::cache;
use crate::spending::messages::MessageSet;
use crate::spending::prices::Prices;
use crate::spending::project::Projects;
use crate::spending::{self, Unreadable, zone};

/// Time after which a bar shows the progress of a scan.
const WORTH_A_BAR: Duration = Duration::from_millis(500);

/// Updates the index and prints a report of it.
///
/// # Errors
/// See the promise; standard output cannot be written.
pub fn run(args: &UsageArgs, call: &Invocation) -> anyhow::Result<()> {
    match &args.command {
        Some(UsageCommand::Check(args)) => return check::run(args, call),
        Some(UsageCommand::Export(args)) => return export_run::run(args, call),
        None => {}
    }
    if args.report() == Report::Live {
        return live::run(args, call);
    }
    let (messages, unreadable) = load(call)?;
    let messages = requested(messages, args)?;
    let prices = prices(call);
    let period = period(args, &call.env);
    // Formats for programs have ids and paths.
    let config = (args.format == ExportFormat::Table).then(|| Config::load(call, None));
    let models = models(&messages, config.as_ref());
    let told = statuses(&args.agent, call);
    let table = |table: &Table| config.as_ref().map_or(Ok(()), |config| print_table(table, config, call));
    match (args.report(), args.format) {
        (Report::By(by), format) => {
            let costs = told.iter().filter_map(|status| status.session_id.clone().zip(status.cost_usd)).collect();
            let Projects { names, of_session } = Projects::new(&messages, args.worktrees);
            let projects: Vec<_> = names.into_iter().map(clean).collect();
            let projects = if config.is_some() { readable(&projects, call.env.home().as_deref()) } else { projects };
            let names = Names { projects, of_session, models };
            let report = UsageReport::new(&messages, &prices, by, period, &names, &costs);
            match format {
                ExportFormat::Table => {
                    let mut shown = report.table(args.agents, args.models);
                    // Budgets are for all agents.
                    let budgets = config.as_ref().filter(|_| args.agent.is_empty()).map(|config| &config.budgets[..]);
                    shown.notes.extend(check::notes(by, budgets.unwrap_or_default(), &messages, &prices, call));
                    table(&shown)
                }
                ExportFormat::Json => print(&export::json(&report)),
                ExportFormat::Csv => print(&export::csv(&report)),
                ExportFormat::Prometheus => print(&export::prometheus(&report)),
            }
        }
        (Report::Blocks | Report::Live, format) => {
            let mut report = BlockReport::new(&messages, &prices, &models, &told, call.env.now);
            report.keep(args, &period);
            match format {
                ExportFormat::Json => print(&report.json(&period, prices.as_of())),
                ExportFormat::Csv => print(&report.csv()),
                _ => table(&report.table(args.models, &period.zone)),
            }
        }
    }?;
    fail_for(&unreadable)
}

/// Fails if transcripts could not be read.
fn fail_for(unreadable: &Unreadable) -> anyhow::Result<()> {
    let Some((path, err)) = unreadable.first() else { return Ok(()) };
    let path = Text::new(path.to_string_lossy());
    let count = unreadable.len();
    bail!("{count} transcripts could not be read and are not counted; the first: {path}: {err}");
}

/// Updates the index, with a bar on a terminal if that takes long, and a note about databases that were not read.
fn load(call: &Invocation) -> anyhow::Result<(MessageSet, Unreadable)> {
    let (began, mut shown) = (Instant::now(), None);
    let mut waiting = spending::is_busy(&call.paths).then(spinner);
    let loaded = spending::load(&call.paths, &call.env, &mut |read, of| {
        waiting.take().iter().for_each(ProgressBar::finish_and_clear);
        if began.elapsed() >= WORTH_A_BAR && read < of {
            shown.get_or_insert_with(|| bar(of)).set_position(read);
        }
    });
    shown.iter().chain(&waiting).for_each(ProgressBar::finish_and_clear);
    for path in spending::unread(&call.env) {
        let path = Text::new(path.to_string_lossy());
        _ = writeln!(
            io::stderr(),
            "note: OpenCode's database was not read, since this build does not support it: {path}"
        );
    }
    loaded.context("cannot update the usage index")
}

/// A bar on standard error, which is shown only on a terminal.
fn bar(of: u64) -> ProgressBar {
    let style = ProgressStyle::with_template("reading transcripts {wide_bar} {bytes}/{total_bytes} {eta}");
    ProgressBar::new(of).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

/// The same while another process updates the index.
fn spinner() -> ProgressBar {
    let spinner = ProgressBar::new_spinner().with_message("waiting for another process that reads transcripts");
    spinner.enable_steady_tick(Duration::from_millis(100));
    spinner
}

/// These messages and those of other machines, if they are of the requested agents.
fn requested(mut messages: MessageSet, args: &UsageArgs) -> anyhow::Result<MessageSet> {
    merge(&mut messages, &args.from)?;
    Ok(messages.of_agents(&args.agent))
}

/// Adds the messages of other machines.
fn merge(messages: &mut MessageSet, folders: &[PathBuf]) -> anyhow::Result<()> {
    for folder in folders {
        let other = spending::read(folder).with_context(|| format!("cannot read {}", folder.display()))?;
        let Some(other) = other else {
            bail!("no usage index in {}; run `bridgeline usage` on that machine first", folder.display());
        };
        messages.merge(&other);
    }
    Ok(())
}

/// The prices, with a warning on standard error for each mistake in the user's.
fn prices(call: &Invocation) -> Prices {
    let (prices, warnings) = spending::prices(&call.paths);
    for warning in warnings {
        _ = writeln!(io::stderr(), "warning: prices.toml: {}", Text::new(warning));
    }
    prices
}

fn period(args: &UsageArgs, env: &Env) -> Period {
    let zone = args.timezone.clone().unwrap_or_else(|| zone::local(env));
    let date = |when: &Option<When>| when.map(|when| date(when, &zone, env));
    Period { since: date(&args.since), until: date(&args.until), week_starts: args.week_starts, zone: zone.clone() }
}

fn date(when: When, zone: &TimeZone, env: &Env) -> Date {
    match when {
        When::On(date) => date,
        When::Ago(long) => zone::date(zone, (epoch_ms(env.now) / 1000).saturating_sub(long.as_secs())),
    }
}

/// Names of models, by their numbers: those in `config` for people, else ids.
fn models(messages: &MessageSet, config: Option<&Config>) -> Vec<String> {
    let model = |id: &String| config.map_or_else(|| id.clone(), |config| config.model_name(id));
    messages.models.list.iter().map(|id| clean(&model(id))).collect()
}

/// The last payloads of sessions of these agents, or of all if none is named, newest first.
fn statuses(agents: &[&Agent], call: &Invocation) -> Vec<Status> {
    let caches = call.paths.state.iter().flat_map(|state| cache::newest(state));
    caches.filter_map(|cache| cache.status()).filter(|status| is_requested(status, agents)).collect()
}

fn is_requested(status: &Status, agents: &[&Agent]) -> bool {
    agents.is_empty() || agents.iter().any(|agent| agent.name == status.agent)
}

fn print_table(table: &Table, config: &Config, call: &Invocation) -> anyhow::Result<()> {
    let columns = call.env.terminal_columns().into_iter().chain(call.flags.width).min();
    print_lines(&table.lines(columns, config.icons), config, call)
}
