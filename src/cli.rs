//! The command line: one table of commands. Render and hook come many times a minute, so they are
//! recognised without the parser; what is unusual goes through it, for its messages.

use std::ffi::OsString;
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use clap::builder::{NonEmptyStringValueParser, PossibleValuesParser, TypedValueParser};
use clap::error::ErrorKind;
use clap::{Arg, ArgAction, ArgGroup, ArgMatches, value_parser};
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::agent;
use crate::config::key::{KEYS, Takes};
use crate::config::{Flags, embedded, layer};
use crate::input::zone;
use crate::settings::{Agent, PromptShell, Scope};

/// What to do.
#[derive(Debug, Clone, PartialEq)]
pub enum Command {
    /// Print the line of the session on stdin.
    Render(Flags),
    /// Take the hook event on stdin into the session bridge.
    Hook,
    /// Print a row for each subagent on stdin.
    Subagents(Flags),
    /// Print the config, or what is known of it.
    Config(Show, Flags),
    /// Print sample sessions.
    Preview(Flags),
    /// Put our keys into the settings of agents.
    Install(Setup),
    /// Take them out again.
    Uninstall(Setup),
    /// Find out anew the facts that these arguments name: kind and subject of each. Hidden: render starts it.
    Refresh(Vec<OsString>),
    /// Print what all sessions used.
    Usage(UsageFlags),
    /// Print a text: help or version.
    Show(String),
}

/// What `config` shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Show {
    /// Where the user's file is, or would be.
    Path,
    /// Every value that counts, with where it comes from.
    Effective,
    /// The file of all defaults.
    Default,
    /// The JSON schema.
    Schema,
    /// What is wrong.
    Check,
}

/// What `install` and `uninstall` are about.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Setup {
    /// The agents that are named; none where all that are found are meant.
    pub agents: Vec<Agent>,
    /// Which of their settings.
    pub scope: Scope,
    /// The shell whose prompt shall show the line.
    pub prompt: Option<PromptShell>,
    /// Register the hooks too.
    pub hooks: bool,
    /// Take out the Node scripts.
    pub replace_node: bool,
    /// Show the statusline that is there now in a row of its own.
    pub wrap: bool,
    /// The program to name, in place of the one that runs.
    pub command: Option<String>,
    /// Whether the changes are agreed to.
    pub consent: Consent,
}

/// Whether changes are agreed to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Consent {
    /// Not yet.
    #[default]
    Ask,
    /// All of them.
    Yes,
    /// They are only to be shown.
    DryRun,
}

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
}

/// What a row of a report is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the words of the command line")]
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
#[allow(missing_docs, reason = "the words of the command line")]
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

/// Arguments that make no sense, as a message for people that ends in a line break.
#[derive(Debug)]
pub struct UsageError(String);

impl fmt::Display for UsageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for UsageError {}

/// Understands the arguments behind the program's name.
///
/// # Errors
/// They make no sense; the message says which and what would.
pub fn parse(args: &[OsString]) -> Result<Command, UsageError> {
    match args {
        [] => return Ok(Command::Render(Flags::default())),
        [only] if only == "hook" => return Ok(Command::Hook),
        [only] if only == "subagents" => return Ok(Command::Subagents(Flags::default())),
        [first, facts @ ..] if first == "refresh" => return refresh(facts),
        _ => {}
    }
    let argv = [OsString::from("bridgeline")].into_iter().chain(args.iter().cloned());
    match grammar().try_get_matches_from(argv) {
        Ok(matches) => command(&matches),
        Err(err) if err.use_stderr() => Err(UsageError(err.render().to_string())),
        Err(err) => Ok(Command::Show(err.render().to_string())),
    }
}

fn command(matches: &ArgMatches) -> Result<Command, UsageError> {
    Ok(match matches.subcommand() {
        Some(("hook", _)) => Command::Hook,
        Some(("install", matches)) => Command::Install(checked(setup(matches))?),
        Some(("uninstall", matches)) => Command::Uninstall(checked(setup(matches))?),
        Some(("usage", matches)) => Command::Usage(usage_flags(matches)),
        Some(("subagents", matches)) => Command::Subagents(flags(matches)?),
        Some(("config", matches)) => {
            let (name, matches) = matches.subcommand().expect("clap asks for one");
            let (_, show, _) = SHOWS.iter().find(|(known, ..)| *known == name).expect("of the table");
            Command::Config(*show, flags(matches)?)
        }
        Some(("preview", matches)) => Command::Preview(flags(matches)?),
        _ => Command::Render(Flags { agent: matches.get_one("agent").cloned(), ..flags(matches)? }),
    })
}

fn refresh(facts: &[OsString]) -> Result<Command, UsageError> {
    if facts.is_empty() || !facts.len().is_multiple_of(2) {
        return Err(UsageError(
            "error: refresh wants kind and subject of each fact: refresh git <folder>\n".into(),
        ));
    }
    Ok(Command::Refresh(facts.to_vec()))
}

/// The help text.
pub fn help() -> String {
    grammar().render_help().to_string()
}

fn grammar() -> clap::Command {
    clap::Command::new("bridgeline")
        .version(env!("CARGO_PKG_VERSION"))
        .about("A coding agent's session on one line: reads the agent's JSON on stdin, prints the line")
        .after_help(
            "Set it as the agent's statusline command; without an agent, `bridgeline preview` shows it.",
        )
        .disable_help_subcommand(true)
        .args(looks())
        .arg(whose())
        .subcommand(clap::Command::new("hook").about(
            "Take the agent's hook event on stdin into the session bridge; prints what the agent should know",
        ))
        .subcommand(
            clap::Command::new("subagents")
                .about("Print a row for each subagent of the panel on stdin, for subagentStatusLine")
                .args(looks()),
        )
        .subcommand(
            clap::Command::new("config")
                .about("Show the config: where it is, what it comes to, what it can say")
                .subcommand_required(true)
                .subcommands(
                    SHOWS
                        .iter()
                        .map(|(name, _, about)| clap::Command::new(*name).about(*about).args(looks())),
                ),
        )
        .subcommand(
            clap::Command::new("preview")
                .about("Print sample sessions in a theme, without any set-up")
                .args(looks()),
        )
        .subcommand(
            clap::Command::new("install")
                .about("Set the line up in the settings of agents found here, or in a shell's start file")
                .args(places())
                .args([
                    switch("hooks", "Register the hooks too (claude-code)"),
                    switch(
                        "replace-node",
                        "Register the hooks in the place of the Node scripts' (claude-code)",
                    ),
                    switch("wrap", "Go on showing the present statusline, in a row of its own"),
                ])
                .arg(
                    Arg::new("command")
                        .long("command")
                        .value_name("PATH")
                        .value_parser(NonEmptyStringValueParser::new())
                        .help("The program to name in the settings, in place of this one"),
                )
                .args(consents()),
        )
        .subcommand(
            clap::Command::new("uninstall")
                .about("Put settings and start files back to what they were")
                .args(places())
                .args(consents()),
        )
        .subcommand(usage())
}

fn usage() -> clap::Command {
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
}

fn usage_flags(matches: &ArgMatches) -> UsageFlags {
    let when = |name: &str| matches.get_one::<When>(name).copied();
    UsageFlags {
        by: By::ALL.iter().find(|(_, name, _)| matches.get_flag(name)).map(|(by, ..)| *by),
        since: when("since"),
        until: when("until"),
        format: matches.get_one("format").copied().unwrap_or(Format::Table),
        from: matches.get_many("from").into_iter().flatten().cloned().collect(),
        timezone: matches.get_one("timezone").cloned(),
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

fn places() -> [Arg; 3] {
    [
        Arg::new("agent")
            .long("agent")
            .value_name("NAME")
            .value_parser(PossibleValuesParser::new(Agent::ALL.map(Agent::name)))
            .value_delimiter(',')
            .action(ArgAction::Append)
            .help("The agent, also several; without it, those found here"),
        Arg::new("scope")
            .long("scope")
            .value_name("SCOPE")
            .value_parser(SCOPES.map(|(name, _)| name))
            .help("Whose settings; project and local are of this directory (claude-code) [default: user]"),
        Arg::new("prompt")
            .long("prompt")
            .value_name("SHELL")
            .value_parser(PossibleValuesParser::new(PromptShell::ALL.map(PromptShell::name)))
            .help("The start file of this shell"),
    ]
}

fn consents() -> [Arg; 2] {
    [
        switch("dry-run", "Only show what would be changed"),
        switch("yes", "Change it without asking").short('y').conflicts_with("dry-run"),
    ]
}

fn switch(name: &'static str, help: &'static str) -> Arg {
    Arg::new(name).long(name).action(ArgAction::SetTrue).help(help)
}

/// Managed settings are nobody's to install in.
const SCOPES: [(&str, Scope); 3] =
    [("user", Scope::User), ("project", Scope::Project), ("local", Scope::Local)];

fn setup(matches: &ArgMatches) -> Setup {
    let text = |name: &str| matches.try_get_one::<String>(name).ok().flatten();
    let is_set = |name: &str| matches.try_get_one::<bool>(name).ok().flatten() == Some(&true);
    let names = matches.get_many::<String>("agent").into_iter().flatten();
    let names: Vec<&str> = names.map(String::as_str).collect();
    let scope = text("scope").and_then(|name| SCOPES.iter().find(|(known, _)| known == name));
    Setup {
        agents: Agent::ALL.into_iter().filter(|agent| names.contains(&agent.name())).collect(),
        scope: scope.map(|(_, scope)| *scope).unwrap_or_default(),
        prompt: text("prompt").and_then(|name| PromptShell::named(name)),
        hooks: is_set("hooks") || is_set("replace-node"),
        replace_node: is_set("replace-node"),
        wrap: is_set("wrap"),
        command: text("command").cloned(),
        consent: match () {
            () if is_set("yes") => Consent::Yes,
            () if is_set("dry-run") => Consent::DryRun,
            () => Consent::Ask,
        },
    }
}

/// Refuses what would be left undone.
fn checked(setup: Setup) -> Result<Setup, UsageError> {
    let refuse = |why: &str| {
        let err = grammar().error(ErrorKind::ArgumentConflict, why);
        Err(UsageError(err.render().to_string()))
    };
    let others = setup.agents.iter().any(|agent| *agent != Agent::ClaudeCode);
    if setup.scope != Scope::User && others {
        return refuse("'--scope project' and '--scope local' are of claude-code only");
    }
    if setup.hooks && !setup.agents.is_empty() && !setup.agents.contains(&Agent::ClaudeCode) {
        return refuse("'--hooks' and '--replace-node' are of claude-code only");
    }
    if setup.prompt.is_some() && setup.agents.is_empty() && (setup.hooks || setup.wrap) {
        return refuse("'--prompt' alone is about the shell: name the agents with '--agent'");
    }
    Ok(setup)
}

/// What `config` can show.
const SHOWS: [(&str, Show, &str); 5] = [
    ("path", Show::Path, "Print where your config file is, or would be"),
    ("show", Show::Effective, "Print every value that counts here, with where it comes from"),
    ("default", Show::Default, "Print the file of all defaults"),
    ("schema", Show::Schema, "Print the JSON schema of a config file, for editors"),
    ("check", Show::Check, "Print what is wrong with the config; exit status 1 if anything is"),
];

/// The flags for keys of config, each with the words that it takes.
const LOOKS: [&str; 5] = ["theme", "preset", "color", "icons", "style"];

fn looks() -> Vec<Arg> {
    let by_key = LOOKS.map(|name| {
        let key = KEYS.iter().find(|key| key.name == name).expect("a key of config");
        let arg = Arg::new(name).long(name).value_name("NAME");
        let variable = name.to_ascii_uppercase();
        let arg = arg.help(format!(
            "{}{} [env: BRIDGELINE_{variable}]",
            key.about[..1].to_ascii_uppercase(),
            &key.about[1..]
        ));
        match (name, key.takes) {
            ("preset", _) => {
                let presets = embedded::PRESETS.iter().map(|(name, _)| *name);
                arg.value_parser(PossibleValuesParser::new(presets))
            }
            (_, Takes::Word(words)) => arg.value_parser(PossibleValuesParser::new(words)),
            _ => arg,
        }
    });
    let set = Arg::new("set")
        .long("set")
        .value_name("KEY=VALUE")
        .action(ArgAction::Append)
        .help("Any key of config, as TOML: --set 'padding = 2'");
    let width = Arg::new("width")
        .long("width")
        .value_name("COLUMNS")
        .value_parser(value_parser!(u16).range(1..))
        .help("Columns of the line; never more than the agent's terminal has");
    by_key.into_iter().chain([set, width]).collect()
}

fn whose() -> Arg {
    Arg::new("agent")
        .long("agent")
        .value_name("NAME")
        .value_parser(PossibleValuesParser::new(agent::ALL.iter().map(|adapter| adapter.name)))
        .help("Whose payload is on stdin, where it does not tell [env: BRIDGELINE_AGENT]")
}

fn flags(matches: &ArgMatches) -> Result<Flags, UsageError> {
    let set = matches.get_many::<String>("set").into_iter().flatten();
    let (mut layer, mistakes) = layer::parse(&set.cloned().collect::<Vec<_>>().join("\n"));
    if let Some(mistake) = mistakes.first() {
        return Err(UsageError(format!("error: --set: {}\n", mistake.message)));
    }
    for name in LOOKS {
        if let Some(text) = matches.get_one::<String>(name) {
            layer.set(name, layer::Value::text(text));
        }
    }
    let width = matches.get_one::<u16>("width").map(|columns| usize::from(*columns));
    Ok(Flags { layer, width, agent: None })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(args: &[&str]) -> Result<Command, UsageError> {
        let args: Vec<OsString> = args.iter().map(OsString::from).collect();
        parse(&args)
    }

    #[test]
    fn commands() {
        let (layer, _) = layer::parse("padding = 2");
        let mut flags = Flags { layer, width: Some(40), agent: None };
        for (key, value) in [("theme", "mono"), ("preset", "full"), ("color", "never")] {
            flags.layer.set(key, layer::Value::text(value));
        }
        let words =
            ["--theme", "mono", "--preset=full", "--color", "never", "--width=40", "--set", "padding = 2"];
        assert_eq!(run(&[]).unwrap(), Command::Render(Flags::default()));
        assert_eq!(run(&["hook"]).unwrap(), Command::Hook);
        let facts = ["git", "/a b", "git", "--help"];
        let refresh = Command::Refresh(facts.map(OsString::from).to_vec());
        assert_eq!(run(&[&["refresh"], &facts[..]].concat()).unwrap(), refresh);
        assert_eq!(run(&words).unwrap(), Command::Render(flags.clone()));
        assert_eq!(run(&[&["preview"], &words[..]].concat()).unwrap(), Command::Preview(flags));
        let forced = Flags { agent: Some("kimi".into()), ..Flags::default() };
        assert_eq!(run(&["--agent", "kimi"]).unwrap(), Command::Render(forced));
        assert!(!help().contains("refresh"));
        let usage = |args: &[&str]| match run(&[&["usage"], args].concat()) {
            Ok(Command::Usage(flags)) => flags,
            other => panic!("{other:?}"),
        };
        let plain = UsageFlags {
            by: None,
            since: None,
            until: None,
            format: Format::Table,
            from: Vec::new(),
            timezone: None,
        };
        assert_eq!(usage(&[]), plain);
        let all = UsageFlags {
            by: Some(By::Week),
            since: Some(When::Ago(Duration::from_secs(7 * 86_400))),
            until: Some(When::On(jiff::civil::date(2026, 11, 23))),
            format: Format::Csv,
            from: vec!["a".into(), "b".into(), "c".into()],
            timezone: zone::named("Europe/Berlin"),
        };
        let words = "--weekly --since 7d --until 2026-11-23 --format csv --from a b --from c --timezone Europe/Berlin";
        assert_eq!(usage(&words.split(' ').collect::<Vec<_>>()), all);
        assert!(matches!(run(&["--help"]), Ok(Command::Show(text)) if text.contains("statusline")));
        assert!(matches!(run(&["--version"]), Ok(Command::Show(text)) if text.starts_with("bridgeline ")));
    }

    #[test]
    fn what_install_is_about() {
        let words = [
            "install",
            "--agent",
            "kimi,claude-code",
            "--agent=kimi",
            "--replace-node",
            "--wrap",
            "--prompt",
            "fish",
            "--command",
            "/b/x",
            "-y",
        ];
        let expected = Setup {
            agents: vec![Agent::ClaudeCode, Agent::Kimi],
            scope: Scope::User,
            prompt: Some(PromptShell::Fish),
            hooks: true,
            replace_node: true,
            wrap: true,
            command: Some("/b/x".into()),
            consent: Consent::Yes,
        };
        assert_eq!(run(&words).unwrap(), Command::Install(expected));
        assert_eq!(run(&["install"]).unwrap(), Command::Install(Setup::default()));
        let expected = Setup { scope: Scope::Local, consent: Consent::DryRun, ..Setup::default() };
        assert_eq!(
            run(&["uninstall", "--scope", "local", "--dry-run"]).unwrap(),
            Command::Uninstall(expected)
        );
    }

    #[test]
    fn mistakes_are_explained() {
        for args in [
            &["rendr"][..],
            &["--width", "wide"],
            &["--width", "0"],
            &["--preset", "nope"],
            &["--agent", "nope"],
            &["--set", "paddin = 1"],
            &["--bogus"],
            &["refresh"],
            &["refresh", "git"],
            &["usage", "--since", "yesterday"],
            &["usage", "--until", "2026-02-30"],
            &["usage", "--timezone", "Mars/Base"],
            &["usage", "--format", "xml"],
            &["usage", "--daily", "--model"],
        ] {
            let message = run(args).unwrap_err().to_string();
            assert!(
                message.starts_with("error: ")
                    && message.contains(args[args.len() - 1].split(' ').next().unwrap()),
                "{message}"
            );
        }
    }
}
