//! The arguments of `bridgeline usage`.

use std::path::PathBuf;
use std::time::Duration;

use clap::builder::{ArgPredicate, NonEmptyStringValueParser};
use clap::{Args, Subcommand, ValueEnum};
use jiff::civil::{Date, Weekday};
use jiff::tz::TimeZone;

use super::looks::Looks;
use super::shared::{Consent, one_of};
use crate::agent::Agent;
use crate::spending::{self, zone};

#[derive(Debug, Clone, PartialEq, Args)]
#[command(args_conflicts_with_subcommands = true, disable_help_subcommand = true)]
pub struct UsageArgs {
    #[command(subcommand)]
    pub command: Option<UsageCommand>,
    /// Report to print [default: daily]
    #[arg(value_parser = one_of(REPORTS))]
    report: Option<Report>,
    #[command(flatten)]
    flags: ReportFlags,
    /// Show only the blocks of the last three days
    #[arg(long)]
    pub recent: bool,
    /// Show only the running block
    #[arg(long)]
    pub active: bool,
    /// First day
    #[arg(long, value_name = "DATE", value_parser = When::parse)]
    pub since: Option<When>,
    /// Last day
    #[arg(long, value_name = "DATE", value_parser = When::parse)]
    pub until: Option<When>,
    /// Only this agent; may be repeated
    #[arg(long, value_name = "AGENT")]
    #[arg(value_parser = one_of(spending::COUNTED.map(|agent| (agent.name, agent))))]
    pub agent: Vec<&'static Agent>,
    /// Show the agents of each row below it
    #[arg(long)]
    pub agents: bool,
    /// Show the models of each row below it
    #[arg(long, short = 'b', alias = "breakdown")]
    pub models: bool,
    /// First day of a week [default: monday]
    #[arg(long, value_name = "DAY", alias = "start-of-week")]
    #[arg(default_value = "monday", hide_default_value = true, value_parser = one_of(WEEKDAYS))]
    pub week_starts: Weekday,
    /// Output format; prometheus sums by project by default
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    #[arg(default_value_if("json", ArgPredicate::IsPresent, "json"))]
    pub format: ExportFormat,
    /// Short for --format json
    #[arg(long, conflicts_with = "format")]
    json: bool,
    /// Also count usage from these state folders of other machines
    #[arg(long, value_name = "DIR", num_args = 1..)]
    pub from: Vec<PathBuf>,
    /// Time zone for days, such as Europe/Berlin [default: yours, env: TZ]
    #[arg(long, value_name = "TZ", value_parser = |name: &str| zone::named(name).ok_or("unknown time zone"))]
    pub timezone: Option<TimeZone>,
    /// Count each worktree as a project of its own
    #[arg(long)]
    pub worktrees: bool,
    #[command(flatten)]
    pub looks: Looks,
}

#[derive(Debug, Clone, PartialEq, Subcommand)]
pub enum UsageCommand {
    /// Print the use of each budget; exits 1 if one is spent
    Check(CheckArgs),
    /// Print counters, budgets and limits for Prometheus, or send them to a collector
    Export(ExportArgs),
}

#[derive(Debug, Clone, Default, PartialEq, Args)]
pub struct ExportArgs {
    /// Write to this file in the folder of node_exporter's textfile collector
    #[arg(long, visible_alias = "output", value_name = "PATH")]
    pub textfile: Option<PathBuf>,
    /// Send to an OpenTelemetry collector [default: OTEL_EXPORTER_OTLP_ENDPOINT, else http://127.0.0.1:4318]
    #[arg(long, value_name = "URL", num_args = 0..=1, default_missing_value = "", conflicts_with = "textfile")]
    pub otlp: Option<String>,
    /// Value of the label `host` [default: the name of this machine]
    #[arg(long, value_name = "NAME", value_parser = NonEmptyStringValueParser::new())]
    pub host: Option<String>,
    /// Install a systemd or launchd timer that exports to a textfile every minute
    #[arg(long, conflicts_with_all = ["textfile", "otlp"])]
    pub install: bool,
    /// Remove that timer
    #[arg(long, conflicts_with_all = ["textfile", "otlp", "install", "host", "textfile_dir"])]
    pub uninstall: bool,
    /// Folder of node_exporter's textfile collector [default: the one that packages use]
    #[arg(long, value_name = "DIR", requires = "install")]
    pub textfile_dir: Option<PathBuf>,
    #[command(flatten)]
    pub consent: Consent,
}

#[derive(Debug, Clone, Default, PartialEq, Args)]
pub struct CheckArgs {
    /// Print one JSON object (docs/config.md)
    #[arg(long)]
    pub json: bool,
    /// Print only the budgets that are spent, to standard error
    #[arg(long, short, conflicts_with = "json")]
    pub quiet: bool,
    /// Also count usage from these state folders of other machines
    #[arg(long, value_name = "DIR", num_args = 1..)]
    pub from: Vec<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Args)]
#[group(multiple = false)]
struct ReportFlags {
    /// By day (the default)
    #[arg(long)]
    daily: bool,
    /// By week
    #[arg(long)]
    weekly: bool,
    /// By month
    #[arg(long)]
    monthly: bool,
    /// By session
    #[arg(long)]
    session: bool,
    /// By project
    #[arg(long)]
    project: bool,
    /// By model
    #[arg(long)]
    model: bool,
    /// Follow the running block full-screen
    #[arg(long)]
    live: bool,
}

/// A report of usage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Report {
    By(By),
    Blocks,
    Live,
}

/// The grouping of a report's rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    Day,
    Week,
    Month,
    Session,
    Project,
    Model,
}

const REPORTS: [(&str, Report); 8] = [
    ("daily", Report::By(By::Day)),
    ("weekly", Report::By(By::Week)),
    ("monthly", Report::By(By::Month)),
    ("session", Report::By(By::Session)),
    ("project", Report::By(By::Project)),
    ("model", Report::By(By::Model)),
    ("blocks", Report::Blocks),
    ("live", Report::Live),
];

pub const WEEKDAYS: [(&str, Weekday); 7] = [
    ("monday", Weekday::Monday),
    ("tuesday", Weekday::Tuesday),
    ("wednesday", Weekday::Wednesday),
    ("thursday", Weekday::Thursday),
    ("friday", Weekday::Friday),
    ("saturday", Weekday::Saturday),
    ("sunday", Weekday::Sunday),
];

impl UsageArgs {
    /// The requested report.
    pub fn report(&self) -> Report {
        let default = if self.format == ExportFormat::Prometheus { By::Project } else { By::Day };
        // `blocks --live` is `live`.
        let named = self.report.filter(|report| !(self.flags.live && *report == Report::Blocks));
        named.or(self.flag()).unwrap_or(Report::By(default))
    }

    fn flag(&self) -> Option<Report> {
        let ReportFlags { daily, weekly, monthly, session, project, model, live } = self.flags;
        let flags = [daily, weekly, monthly, session, project, model, false, live];
        flags.iter().zip(REPORTS).find(|(is_set, _)| **is_set).map(|(_, (_, report))| report)
    }

    /// Error for arguments that cannot be combined. `None` if there is none.
    pub(super) fn conflict(&self) -> Option<&'static str> {
        let (report, flag) = (self.report(), self.flag());
        let is_text = matches!(self.format, ExportFormat::Table);
        if flag.is_some_and(|flag| flag != report) {
            Some("two reports requested: use either the name or the flag")
        } else if (self.recent || self.active) && report != Report::Blocks {
            Some("'--recent' and '--active' are for `usage blocks` only")
        } else if report == Report::Live && !is_text {
            Some("'--live' shows a screen and cannot be used with '--format'")
        } else if report == Report::Blocks && self.format == ExportFormat::Prometheus {
            Some("blocks cannot be exported as metrics; use '--format json' or '--format csv'")
        } else {
            None
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ExportFormat {
    Table,
    Json,
    Csv,
    Prometheus,
}

/// A day in an argument.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    On(Date),
    Ago(Duration),
}

impl When {
    fn parse(text: &str) -> Result<When, &'static str> {
        if let Ok(date) = text.parse() {
            return Ok(When::On(date));
        }
        humantime::parse_duration(text).map(When::Ago).map_err(|_| "expected YYYY-MM-DD or an age such as 7d")
    }
}
