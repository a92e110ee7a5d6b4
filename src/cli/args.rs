//! The commands and their arguments: a struct is what a command takes, a comment is its help.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use clap::builder::{NonEmptyStringValueParser, PossibleValuesParser, TypedValueParser};
use clap::{Arg, ArgAction, Args, Subcommand, ValueEnum};
use jiff::civil::{Date, Weekday};
use jiff::tz::TimeZone;

use super::looks::{Looks, THEME};
use crate::agent::{self, Agent, Scope};
use crate::base::shell::Shell;
use crate::snapshot::sample;
use crate::spending::{self, zone};

/// The commands, in the order of the help.
#[derive(Debug, Clone, PartialEq, Subcommand)]
pub enum Command {
    /// Without a name: prints the line of the session on stdin.
    #[command(skip)]
    Render,
    /// `--format json`: prints all that is known of the session on stdin.
    #[command(skip)]
    Document,
    /// `refresh`, which is in no help, since a render starts it: kind and subject of each fact to find out.
    #[command(skip)]
    Refresh(Vec<OsString>),
    /// Record the agent's hook event on stdin in the session bridge
    Hook,
    /// Print a row for each subagent of the panel on stdin
    Subagents(Looks),
    /// Print the session of this directory for a shell's prompt
    #[command(after_help = include_str!("prompt.txt"))]
    Prompt(PromptArgs),
    /// Serve the line to Codex, which draws it in its footer
    #[command(after_help = include_str!("mcp.txt"))]
    Mcp(Looks),
    #[command(flatten)]
    Tool(Tool),
}

/// The commands that people call.
#[derive(Debug, Clone, PartialEq, Subcommand)]
pub enum Tool {
    /// Set everything up in a minute, by answering a few questions
    Setup {
        /// Only show what would be changed
        #[arg(long)]
        dry_run: bool,
    },
    /// Print the code that shows the session in a shell's prompt
    Init {
        /// Which shell
        #[arg(value_parser = one_of(Shell::ALL.map(|shell| (shell.name(), shell))))]
        shell: Shell,
    },
    /// List the live sessions, those that wait for you first
    Sessions(SessionsArgs),
    /// Print sample sessions in any look, without any set-up
    #[command(after_help = samples(), mut_args = repeat_preset)]
    Preview(PreviewArgs),
    /// List the themes, with a sample in their colours
    #[command(disable_help_subcommand = true)]
    Themes(ThemesArgs),
    /// Show, check and change the config
    #[command(subcommand, mut_subcommands = with_looks, arg_required_else_help = false)]
    #[command(disable_help_subcommand = true)]
    Config(Show),
    /// Edit the config full-screen, with a preview of your last session
    Configure,
    /// Find out why the line is missing or wrong; exits 1 if it is
    Doctor(DoctorArgs),
    /// Say of each segment where it comes from and why it is absent
    Explain(ExplainArgs),
    /// Add the line to the settings of agents, or a shell's start file
    Install(InstallArgs),
    /// Put settings and start files back to what they were
    Uninstall(UninstallArgs),
    /// Report tokens and cost of all sessions, in all projects
    #[command(after_help = "DATE is YYYY-MM-DD, or how long ago it was, such as 7d: whole days count.")]
    Usage(UsageArgs),
    /// Print completions for a shell
    #[command(after_help = include_str!("completions.txt"))]
    Completions {
        /// The shell to print it for
        #[arg(value_parser = one_of(COMPLETED.map(|shell| (shell.long_name(), shell))))]
        shell: Shell,
    },
    /// Print the manual page, as roff
    #[command(after_help = "To read it at once: bridgeline man | man -l -")]
    Man,
    /// Print the version
    Version,
}

/// The shells with completions, in the order of the help.
const COMPLETED: [Shell; 5] = [Shell::Bash, Shell::Zsh, Shell::Fish, Shell::Pwsh, Shell::Nu];

#[derive(Debug, Clone, PartialEq, Args)]
pub struct PromptArgs {
    /// Who reads it
    pub reader: PromptProgram,
    /// How many sessions wait and how many work, in place of one session
    #[arg(long)]
    pub all: bool,
    /// How long a session may be silent, unless it waits for you [default: 60]
    #[arg(long, value_name = "MINUTES", default_value_t = PromptArgs::IDLE, hide_default_value = true)]
    pub idle: u32,
    /// Another directory, as that of a pane of tmux
    #[arg(long, alias = "pane-path")]
    pub dir: Option<PathBuf>,
    #[command(flatten)]
    pub looks: Looks,
}

impl PromptArgs {
    pub(super) const IDLE: u32 = 60;

    pub fn idle(&self) -> Duration {
        Duration::from_secs(u64::from(self.idle) * 60)
    }
}

/// A program that shows a prompt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum PromptProgram {
    Bash,
    Zsh,
    Fish,
    Nu,
    Pwsh,
    Tmux,
    Plain,
    Json,
}

#[derive(Debug, Clone, Default, PartialEq, Args)]
pub struct SessionsArgs {
    /// Those that have ended too
    #[arg(long)]
    pub all: bool,
    /// As JSON (docs/json.md)
    #[arg(long, conflicts_with = "watch")]
    pub json: bool,
    /// On the whole screen, kept up to date, to go to the pane of tmux of one
    #[arg(long)]
    pub watch: bool,
    #[command(flatten)]
    pub looks: Looks,
}

#[derive(Debug, Clone, Default, PartialEq, Args)]
pub struct PreviewArgs {
    #[command(flatten)]
    pub looks: Looks,
    /// All that `--preset` names, one after the other; none for the layout of config.
    #[arg(skip)]
    pub presets: Vec<String>,
    /// One of the samples below; may be given several times
    #[arg(long, value_name = "NAME", hide_possible_values = true)]
    #[arg(value_parser = PossibleValuesParser::new(sample::ALL.iter().map(|sample| sample.name)))]
    pub sample: Vec<String>,
    /// A session of your own, as it was last rendered, in place of the samples
    #[arg(long, value_name = "ID|last", conflicts_with = "sample")]
    pub session: Option<String>,
    /// Print a picture of it; --width gives its columns at least
    #[arg(long)]
    pub svg: bool,
}

/// Commands of config that write have no flags for keys.
fn with_looks(command: clap::Command) -> clap::Command {
    let writes = ["set", "unset", "edit"].contains(&command.get_name());
    if writes { command } else { Looks::<true>::augment_args(command) }
}

/// Among all commands only `preview` takes several.
fn repeat_preset(arg: Arg) -> Arg {
    if arg.get_id() == "preset" { arg.action(ArgAction::Append) } else { arg }
}

fn samples() -> String {
    let line = |sample: &sample::Sample| format!("\n  {:<12} {}", sample.name, sample.about);
    format!("Samples:{}", sample::ALL.iter().map(line).collect::<String>())
}

#[derive(Debug, Clone, Default, PartialEq, Args)]
pub struct ThemesArgs {
    #[command(flatten)]
    pub looks: Looks<false>,
    /// Names only, one a line
    #[arg(long)]
    pub names: bool,
    #[command(subcommand)]
    pub theme: Option<ThemeCommand>,
}

#[derive(Debug, Clone, PartialEq, Subcommand)]
pub enum ThemeCommand {
    /// Print the file of a theme, to make another from
    Show {
        /// Its name, as `themes` lists it
        #[arg(value_name = THEME)]
        name: String,
    },
}

#[derive(Debug, Clone, PartialEq, Eq, Subcommand)]
pub enum Show {
    /// Print where your config file is, or would be
    Path,
    /// Print every value that counts here, with where it comes from
    #[command(name = "show")]
    Effective,
    /// Print the file of all defaults
    Default,
    /// Print the JSON schema of a config file, for editors
    Schema,
    /// Print what is wrong with config and themes; exit status 1 if anything is
    Check,
    /// Print the value of one key that counts here
    Get {
        /// As in the file: theme, segments.cost.budget
        key: String,
    },
    /// Set one key in your config file; comments stay
    Set {
        /// As in the file: theme, segments.cost.budget
        key: String,
        /// As TOML, or text without its quotes
        #[arg(allow_hyphen_values = true)]
        value: String,
    },
    /// Take one key out of your config file
    Unset {
        /// As in the file: theme, segments.cost.budget
        key: String,
    },
    /// Open your config file in $VISUAL or $EDITOR, and check it afterwards
    Edit,
    /// Write theme, layout and icons as one file that others can import
    Export {
        /// Where to; standard output without it
        file: Option<PathBuf>,
    },
    /// Take over such a file; shows the changes and asks
    Import {
        /// The file
        file: PathBuf,
        #[command(flatten)]
        consent: Consent,
    },
}

#[derive(Debug, Clone, Default, PartialEq, Args)]
pub struct DoctorArgs {
    #[command(flatten)]
    pub looks: Looks,
    /// Print one JSON object (docs/doctor.md)
    #[arg(long)]
    pub json: bool,
    /// Remove files of killed writers and of sessions long over, and nothing else
    #[arg(long)]
    pub fix: bool,
}

#[derive(Debug, Clone, Default, PartialEq, Args)]
pub struct ExplainArgs {
    #[command(flatten)]
    pub looks: Looks,
    /// Print one JSON object (docs/doctor.md)
    #[arg(long)]
    pub json: bool,
    /// A session of your own, as it was last rendered [default: the payload on stdin, else the last one here]
    #[arg(long, value_name = "ID|last")]
    pub session: Option<String>,
}

#[derive(Debug, Clone, Default, PartialEq, Args)]
pub struct InstallArgs {
    #[command(flatten)]
    pub places: Places,
    /// Register the hooks too, of agents that have some
    #[arg(long, default_value_if("replace_node", "true", "true"))]
    pub hooks: bool,
    /// Register the hooks in the place of the Node scripts' (claude-code)
    #[arg(long)]
    pub replace_node: bool,
    /// Show rows of subagents too: a deprecated setting (claude-code)
    #[arg(long)]
    pub subagents: bool,
    /// Keep the current statusline below, with all its rows and colours
    #[arg(long)]
    pub wrap: bool,
    /// The program to name in the settings, in place of this one
    #[arg(long, value_name = "PATH", value_parser = NonEmptyStringValueParser::new())]
    pub command: Option<String>,
    #[command(flatten)]
    pub consent: Consent,
}

#[derive(Debug, Clone, Default, PartialEq, Args)]
pub struct UninstallArgs {
    #[command(flatten)]
    pub places: Places,
    #[command(flatten)]
    pub consent: Consent,
}

/// Settings and start files.
#[derive(Debug, Clone, Default, PartialEq, Args)]
pub struct Places {
    /// The agent, also several; without it, those found here
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    #[arg(value_parser = one_of(agent::ALL.map(|agent| (agent.name, agent))))]
    pub agent: Vec<&'static Agent>,
    /// Whose settings; project and local are of this directory (claude-code) [default: user]
    #[arg(long, default_value = "user", hide_default_value = true)]
    #[arg(value_parser = one_of([Scope::User, Scope::Project, Scope::Local].map(|scope| (scope.into(), scope))))]
    pub scope: Scope,
    /// The start file of this shell
    #[arg(long, value_name = "SHELL")]
    #[arg(value_parser = one_of(Shell::ALL.map(|shell| (shell.name(), shell))))]
    pub prompt: Option<Shell>,
}

impl Places {
    /// The agents that are named, each once; none where all that are found are meant.
    pub fn agents(&self) -> Vec<&'static Agent> {
        agent::ALL.into_iter().filter(|agent| self.agent.contains(agent)).collect()
    }
}

/// Consent to changes. Without a flag people are asked.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Args)]
pub struct Consent {
    /// Only show what would be changed
    #[arg(long)]
    pub dry_run: bool,
    /// Change it without asking
    #[arg(long, short, conflicts_with = "dry_run")]
    pub yes: bool,
}

#[derive(Debug, Clone, PartialEq, Args)]
pub struct UsageArgs {
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
    pub format: ExportFormat,
    /// Also count usage from these state folders of other machines
    #[arg(long, value_name = "DIR", num_args = 1..)]
    pub from: Vec<PathBuf>,
    /// Time zone for days, such as Europe/Berlin [default: yours, env: TZ]
    #[arg(long, value_name = "TZ", value_parser = timezone)]
    pub timezone: Option<TimeZone>,
    /// Keep the worktrees of a repository apart, instead of one project for all
    #[arg(long)]
    pub worktrees: bool,
    #[command(flatten)]
    pub looks: Looks,
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
    /// Follow the running block on the whole screen
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

/// A row of a report of usage.
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
    /// The report that is asked for.
    pub fn report(&self) -> Report {
        let default = if self.format == ExportFormat::Prometheus { By::Project } else { By::Day };
        self.report.or(self.flag()).unwrap_or(Report::By(default))
    }

    fn flag(&self) -> Option<Report> {
        let ReportFlags { daily, weekly, monthly, session, project, model, live } = self.flags;
        let flags = [daily, weekly, monthly, session, project, model, false, live];
        flags.iter().zip(REPORTS).find(|(is_set, _)| **is_set).map(|(_, (_, report))| report)
    }

    /// Why these arguments do not go together. `None` when they do.
    pub(super) fn conflict(&self) -> Option<&'static str> {
        let (report, flag) = (self.report(), self.flag());
        let is_text = matches!(self.format, ExportFormat::Table);
        if flag.is_some_and(|flag| flag != report) {
            Some("two reports are asked for: keep the name or the flag")
        } else if (self.recent || self.active) && report != Report::Blocks {
            Some("'--recent' and '--active' are of `usage blocks` only")
        } else if report == Report::Live && !is_text {
            Some("'--live' is a screen: it has no '--format'")
        } else if report == Report::Blocks && self.format == ExportFormat::Prometheus {
            Some("blocks are no metrics: use '--format json' or '--format csv'")
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

/// A day, as arguments name it.
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
        humantime::parse_duration(text).map(When::Ago).map_err(|_| "neither YYYY-MM-DD nor a time such as 7d")
    }
}

fn timezone(text: &str) -> Result<TimeZone, &'static str> {
    zone::named(text).ok_or("no such time zone")
}

/// A parser that takes these names, and gives what each stands for.
fn one_of<T, const N: usize>(all: [(&'static str, T); N]) -> impl TypedValueParser<Value = T>
where
    T: Copy + Send + Sync + 'static,
{
    PossibleValuesParser::new(all.map(|(name, _)| name)).map(move |given| {
        let found = all.iter().find(|(name, _)| *name == given);
        found.expect("clap only accepts the names of `all`").1
    })
}
