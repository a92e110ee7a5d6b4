//! `bridgeline usage`: what a report shall tell.

use std::path::PathBuf;
use std::time::Duration;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Arg, ArgAction, ArgGroup, ArgMatches, value_parser};
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::spending::zone;

/// What a report of usage shall tell.
#[derive(Debug, Clone, PartialEq)]
pub struct UsageFlags {
    /// By what it is summed. `None` leaves it to the format.
    pub by: Option<By>,
    /// The first day of it.
    pub since: Option<When>,
    /// The last day of it.
    pub until: Option<When>,
    /// How it is written.
    pub format: Format,
    /// State folders of other machines.
    pub from: Vec<PathBuf>,
    /// Whose days they are, with its name. `None` for the user's own zone.
    pub timezone: Option<TimeZone>,
    /// Whether each linked working tree of a repository is a project of its own.
    pub worktrees: bool,
}

/// What a row of a report is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    Day,
    Week,
    Month,
    Session,
    Project,
    Model,
}

impl By {
    const ALL: [(By, &str, &str); 6] = [
        (By::Day, "daily", "By day (the default)"),
        (By::Week, "weekly", "By week, which begins on Monday"),
        (By::Month, "monthly", "By month"),
        (By::Session, "session", "By session"),
        (By::Project, "project", "By project"),
        (By::Model, "model", "By model"),
    ];
}

/// How a report is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    Table,
    Json,
    Csv,
    Prometheus,
}

/// A day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// This one.
    On(Date),
    /// The one that this long ago was.
    Ago(Duration),
}

pub(super) fn grammar() -> clap::Command {
    let by = By::ALL.map(|(_, name, help)| Arg::new(name).long(name).action(ArgAction::SetTrue).help(help));
    let day = |name: &'static str, help: &'static str| {
        Arg::new(name).long(name).value_name("DATE").value_parser(when).help(help)
    };
    clap::Command::new("usage")
        .about("Print tokens and cost of all sessions, from the transcripts of all projects")
        .after_help("DATE is YYYY-MM-DD, or how long ago it was, such as 7d: whole days count.")
        .group(ArgGroup::new("by").args(By::ALL.map(|(_, name, _)| name)))
        .args(by)
        .arg(day("since", "First day"))
        .arg(day("until", "Last day"))
        .arg(
            Arg::new("format")
                .long("format")
                .value_name("FORMAT")
                .value_parser(PossibleValuesParser::new(["table", "json", "csv", "prometheus"]).map(format))
                .default_value("table")
                .help("How it is written; prometheus sums by project unless told otherwise"),
        )
        .arg(
            Arg::new("from")
                .long("from")
                .value_name("DIR")
                .num_args(1..)
                .action(ArgAction::Append)
                .value_parser(value_parser!(PathBuf))
                .help("State folders of other machines, whose use is counted in"),
        )
        .arg(
            Arg::new("timezone")
                .long("timezone")
                .value_name("TZ")
                .value_parser(timezone)
                .help("Whose days they are, as in Europe/Berlin [default: yours, env: TZ]"),
        )
        .arg(
            Arg::new("worktrees")
                .long("worktrees")
                .action(ArgAction::SetTrue)
                .help("Keep the worktrees of a repository apart, instead of one project for all"),
        )
}

pub(super) fn read(matches: &ArgMatches) -> UsageFlags {
    let when = |name: &str| matches.get_one::<When>(name).copied();
    UsageFlags {
        by: By::ALL.iter().find(|(_, name, _)| matches.get_flag(name)).map(|(by, ..)| *by),
        since: when("since"),
        until: when("until"),
        format: matches.get_one("format").copied().unwrap_or(Format::Table),
        from: matches.get_many("from").into_iter().flatten().cloned().collect(),
        timezone: matches.get_one("timezone").cloned(),
        worktrees: matches.get_flag("worktrees"),
    }
}

fn when(text: &str) -> Result<When, &'static str> {
    if let Ok(date) = text.parse() {
        return Ok(When::On(date));
    }
    humantime::parse_duration(text).map(When::Ago).map_err(|_| "neither YYYY-MM-DD nor a time such as 7d")
}

fn timezone(text: &str) -> Result<TimeZone, &'static str> {
    zone::named(text).ok_or("no such time zone")
}

#[expect(clippy::needless_pass_by_value, reason = "clap hands it over")]
fn format(name: String) -> Format {
    match name.as_str() {
        "json" => Format::Json,
        "csv" => Format::Csv,
        "prometheus" => Format::Prometheus,
        _ => Format::Table,
    }
}
