//! The commands and their arguments: a struct for the arguments of each command, doc comments for its help.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use clap::builder::{NonEmptyStringValueParser, PossibleValuesParser};
use clap::{Arg, ArgAction, Args, Subcommand, ValueEnum};

use super::looks::{Looks, THEME};
use super::shared::{Consent, one_of};
use super::usage::UsageArgs;
use crate::agent::{self, Agent, Scope};
use crate::base::shell::Shell;
use crate::snapshot::sample;

/// The commands, in the order of the help.
#[derive(Debug, Clone, PartialEq, Subcommand)]
pub enum Command {
    /// Without a command: prints the line for the payload on stdin.
    #[command(skip)]
    Render,
    /// `--format json`: prints everything known about the session on stdin.
    #[command(skip)]
    Document,
    /// `refresh`, hidden from the help, since renders start it: kind and subject of each fact to compute.
    #[command(skip)]
    Refresh(Vec<OsString>),
    /// Process a hook event from stdin; prints messages for the agent
    Hook,
    /// Print a row for each subagent in the payload on stdin
    Subagents(Looks),
    /// Print this directory's session for a shell prompt or tmux
    #[command(after_help = include_str!("prompt.txt"))]
    Prompt(PromptArgs),
    /// Serve the line to Codex, which draws it in its footer
    #[command(after_help = include_str!("mcp.txt"))]
    Mcp(Looks),
    #[command(flatten)]
    Tool(Tool),
}

/// The commands for people.
#[derive(Debug, Clone, PartialEq, Subcommand)]
pub enum Tool {
    /// Set everything up by answering a few questions
    Setup {
        /// Only show what would change
        #[arg(long)]
        dry_run: bool,
    },
    /// Print shell code that shows the session in your prompt
    Init {
        /// The shell
        #[arg(value_enum)]
        shell: Shell,
    },
    /// List live sessions, those waiting for you first
    Sessions(SessionsArgs),
    /// Print sample sessions in any theme and preset
    #[command(after_help = samples(), mut_args = repeat_preset)]
    Preview(PreviewArgs),
    /// List themes with samples
    #[command(disable_help_subcommand = true)]
    Themes(ThemesArgs),
    /// Inspect and change the config
    #[command(subcommand, mut_subcommands = with_looks, arg_required_else_help = false)]
    #[command(disable_help_subcommand = true)]
    Config(Show),
    /// Edit the config full-screen, with a live preview
    Configure,
    /// Show why the line is missing or wrong; exits 1 if it is
    Doctor(DoctorArgs),
    /// Explain each segment: source, age, and why it is shortened or hidden
    Explain(ExplainArgs),
    /// Add the line to agents' settings or a shell's start-up file
    Install(InstallArgs),
    /// Restore settings and start-up files
    Uninstall(UninstallArgs),
    /// Report tokens and cost of all sessions
    #[command(after_help = "DATE is YYYY-MM-DD, or an age such as 7d (7 days ago); days are counted in full.")]
    Usage(UsageArgs),
    /// Print completions for a shell
    #[command(after_help = include_str!("completions.txt"))]
    Completions {
        /// The shell
        #[arg(value_enum)]
        shell: Shell,
    },
    /// Print the manual page as roff
    #[command(after_help = "To read it: bridgeline man | man -l -")]
    Man,
    /// Print the version
    Version,
}

#[derive(Debug, Clone, PartialEq, Args)]
pub struct PromptArgs {
    /// Output format
    pub reader: PromptProgram,
    /// Count waiting and working sessions instead
    #[arg(long)]
    pub all: bool,
    /// Hide sessions silent for longer, unless they wait for you [default: 60]
    #[arg(long, value_name = "MINUTES", default_value_t = PromptArgs::IDLE, hide_default_value = true)]
    pub idle: u32,
    /// Directory to show the session of, such as a tmux pane's [default: the current one]
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
    /// Include ended sessions
    #[arg(long)]
    pub all: bool,
    /// Print JSON (docs/json.md)
    #[arg(long, conflicts_with = "watch")]
    pub json: bool,
    /// Keep a full-screen list up to date; Enter goes to a session's tmux pane
    #[arg(long)]
    pub watch: bool,
    #[command(flatten)]
    pub looks: Looks,
}

#[derive(Debug, Clone, Default, PartialEq, Args)]
pub struct PreviewArgs {
    #[command(flatten)]
    pub looks: Looks,
    /// All values of `--preset`, in order; empty for the layout of config.
    #[arg(skip)]
    pub presets: Vec<String>,
    /// Sample to show, from the list below; may be repeated
    #[arg(long, value_name = "NAME", hide_possible_values = true)]
    #[arg(value_parser = PossibleValuesParser::new(sample::ALL.iter().map(|sample| sample.name)))]
    pub sample: Vec<String>,
    /// Show your own session as last rendered, by id or `last`
    #[arg(long, value_name = "ID|last", conflicts_with = "sample")]
    pub session: Option<String>,
    /// Print an SVG picture, at least --width columns wide
    #[arg(long)]
    pub svg: bool,
}

/// Writing commands of `config` have no flags for keys.
fn with_looks(command: clap::Command) -> clap::Command {
    let writes = ["set", "unset", "edit"].contains(&command.get_name());
    if writes { command } else { Looks::<true>::augment_args(command) }
}

/// Only `preview` accepts several presets.
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
    /// Print names only, one per line
    #[arg(long)]
    pub names: bool,
    #[command(subcommand)]
    pub theme: Option<ThemeCommand>,
}

#[derive(Debug, Clone, PartialEq, Subcommand)]
pub enum ThemeCommand {
    /// Print a theme's file, to base your own on
    Show {
        /// Name of the theme
        #[arg(value_name = THEME)]
        name: String,
    },
}

#[derive(Debug, Clone, PartialEq, Eq, Subcommand)]
pub enum Show {
    /// Print the path of your config file
    Path,
    /// Print the effective values and where they come from
    #[command(name = "show")]
    Effective,
    /// Print the built-in defaults
    Default,
    /// Print a JSON schema of the config file, for editors
    Schema,
    /// List mistakes in config and themes; exits 1 if there are any
    Check,
    /// Print the effective value of one key
    Get {
        /// Key as in the file, e.g. theme or segments.cost.budget
        key: String,
    },
    /// Set one key in your config file, keeping comments
    Set {
        /// Key as in the file, e.g. theme or segments.cost.budget
        key: String,
        /// Value as TOML, or text without quotes
        #[arg(allow_hyphen_values = true)]
        value: String,
    },
    /// Remove one key from your config file
    Unset {
        /// Key as in the file, e.g. theme or segments.cost.budget
        key: String,
    },
    /// Open your config file in $VISUAL or $EDITOR, then check it
    Edit,
    /// Save theme, layout and icons as one file to share
    Export {
        /// Output file [default: standard output]
        file: Option<PathBuf>,
    },
    /// Replace the config with an exported file; shows the changes and asks first
    Import {
        /// File to import
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
    /// Remove files left by killed writers and old sessions, nothing else
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
    /// Session to explain, by id or `last` [default: the payload on stdin, else this directory's last session]
    #[arg(long, value_name = "ID|last")]
    pub session: Option<String>,
}

#[derive(Debug, Clone, Default, PartialEq, Args)]
pub struct InstallArgs {
    #[command(flatten)]
    pub places: Places,
    /// Also register hooks, for agents that have them
    #[arg(long, default_value_if("replace_node", "true", "true"))]
    pub hooks: bool,
    /// Register hooks in place of the ECC Node scripts' (claude-code)
    #[arg(long)]
    pub replace_node: bool,
    /// Also show a row for each subagent, through a deprecated setting (claude-code)
    #[arg(long)]
    pub subagents: bool,
    /// Keep your current statusline below ours
    #[arg(long)]
    pub wrap: bool,
    /// Program to put into the settings [default: this one]
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

/// Settings and start-up files.
#[derive(Debug, Clone, Default, PartialEq, Args)]
pub struct Places {
    /// Agent; may be repeated [default: all found]
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    #[arg(value_parser = one_of(agent::ALL.map(|agent| (agent.name, agent))))]
    pub agent: Vec<&'static Agent>,
    /// Settings to change; project and local are this directory's (claude-code) [default: user]
    #[arg(long, default_value = "user", hide_default_value = true)]
    #[arg(value_parser = one_of([Scope::User, Scope::Project, Scope::Local].map(|scope| (scope.into(), scope))))]
    pub scope: Scope,
    /// Also change this shell's start-up file
    #[arg(long, value_name = "SHELL")]
    #[arg(value_enum)]
    pub prompt: Option<Shell>,
}

impl Places {
    /// The agents that are named, each once; empty if all agents found are meant.
    pub fn agents(&self) -> Vec<&'static Agent> {
        agent::ALL.into_iter().filter(|agent| self.agent.contains(agent)).collect()
    }
}
