//! The command line: one table of commands. Render and hook come many times a minute, so they are
//! recognised without the parser, which takes as long as they do; what is unusual goes through it, for
//! its messages.

mod completions;
mod config;
mod doctor;
mod looks;
mod man;
mod preview;
mod prompt;
mod setup;
mod usage;

use std::ffi::OsString;
use std::fmt;

use clap::{Arg, ArgAction, ArgMatches};

pub use completions::{CompletionShell, completions};
pub use config::Show;
pub use doctor::{Doctor, Explain};
pub use preview::{Preview, Themes};
pub use prompt::{Prompt, Reader, Sessions};
pub use setup::{Consent, Setup};
pub use usage::{By, Format, UsageFlags, When};

use crate::agent;
use crate::base::shell::Shell;
use crate::config::Flags;

/// What to do.
#[derive(Debug, Clone, PartialEq)]
pub enum Command {
    /// Print the line of the session on stdin.
    Render(Flags),
    /// Take the hook event on stdin into the session bridge.
    Hook,
    /// Print what is known of the session on stdin, as JSON.
    Document(Flags),
    /// Print the session of a folder for a prompt.
    Prompt(Prompt),
    /// Print what puts it into a shell's prompt.
    Init(Shell),
    /// List sessions.
    Sessions(Sessions),
    /// Print a row for each subagent on stdin.
    Subagents(Flags),
    /// Print the config, or what is known of it.
    Config(Show, Flags),
    /// Find what is wrong.
    Doctor(Doctor),
    /// Say of each segment why it is shown as it is, or not.
    Explain(Explain),
    /// Put our keys into the settings of agents.
    Install(Setup),
    /// Take them out again.
    Uninstall(Setup),
    /// Find out anew the facts that these arguments name: kind and subject of each. Hidden: render starts it.
    Refresh(Vec<OsString>),
    /// Print what all sessions used.
    Usage(UsageFlags),
    /// Print sessions as they would be shown.
    Preview(Preview),
    /// Print themes.
    Themes(Themes),
    /// Edit the config full-screen.
    Configure,
    /// Print what a shell needs to complete our commands.
    Completions(CompletionShell),
    /// Print a text: help, version or manual page.
    Show(String),
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
        [first, reader, rest @ ..] if first == "prompt" => {
            if let Some(prompt) = prompt::usual(reader, rest) {
                return Ok(Command::Prompt(prompt));
            }
        }
        [first, ..] if first.as_encoded_bytes().starts_with(b"--") => {
            if let Some(flags) = looks::usual(args) {
                return Ok(Command::Render(flags));
            }
        }
        _ => {}
    }
    let argv = [OsString::from("bridgeline")].into_iter().chain(args.iter().cloned());
    match grammar().try_get_matches_from(argv) {
        Ok(matches) => command(&matches),
        Err(err) if err.use_stderr() => Err(UsageError(err.render().to_string())),
        Err(err) => Ok(Command::Show(err.render().to_string())),
    }
}

/// A command that has arguments of its own: what it is called, what it takes, and what that comes to.
struct Row {
    grammar: fn() -> clap::Command,
    read: fn(&ArgMatches) -> Result<Command, UsageError>,
}

/// Every command that people call, in the order of the help.
const COMMANDS: &[Row] = &[
    Row { grammar: hook, read: |_| Ok(Command::Hook) },
    Row { grammar: subagents, read: |matches| Ok(Command::Subagents(looks::flags(matches)?)) },
    Row { grammar: prompt::grammar, read: |matches| Ok(Command::Prompt(prompt::read(matches)?)) },
    Row { grammar: prompt::init, read: |matches| Ok(Command::Init(prompt::read_init(matches))) },
    Row { grammar: prompt::sessions, read: |matches| Ok(Command::Sessions(prompt::read_sessions(matches)?)) },
    Row { grammar: preview::grammar, read: |matches| Ok(Command::Preview(preview::read(matches)?)) },
    Row {
        grammar: preview::themes_grammar,
        read: |matches| Ok(Command::Themes(preview::read_themes(matches)?)),
    },
    Row {
        grammar: config::grammar,
        read: |matches| config::read(matches).map(|(show, flags)| Command::Config(show, flags)),
    },
    Row { grammar: configure, read: |_| Ok(Command::Configure) },
    Row { grammar: doctor::grammar, read: |matches| Ok(Command::Doctor(doctor::read(matches)?)) },
    Row {
        grammar: doctor::explain_grammar,
        read: |matches| Ok(Command::Explain(doctor::read_explain(matches)?)),
    },
    Row { grammar: setup::install, read: |matches| Ok(Command::Install(setup::read(matches)?)) },
    Row { grammar: setup::uninstall, read: |matches| Ok(Command::Uninstall(setup::read(matches)?)) },
    Row { grammar: usage::grammar, read: |matches| Ok(Command::Usage(usage::read(matches))) },
    Row {
        grammar: completions::grammar,
        read: |matches| Ok(Command::Completions(completions::read(matches))),
    },
    Row { grammar: man::grammar, read: |_| Ok(Command::Show(man::page())) },
];

fn command(matches: &ArgMatches) -> Result<Command, UsageError> {
    let Some((name, matches)) = matches.subcommand() else {
        let flags = Flags { agent: matches.get_one("agent").cloned(), ..looks::flags(matches)? };
        let is_json = matches.get_one::<String>("format").is_some_and(|format| format == "json");
        return Ok(if is_json { Command::Document(flags) } else { Command::Render(flags) });
    };
    let row = COMMANDS.iter().find(|row| (row.grammar)().get_name() == name).expect("of the table");
    (row.read)(matches)
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
        .max_term_width(100)
        .args(looks::looks())
        .arg(whose())
        .arg(
            Arg::new("format")
                .long("format")
                .value_name("FORMAT")
                .value_parser(["line", "json"])
                .help("What to print: the line, or all that is known as JSON (docs/json.md)"),
        )
        .subcommands(COMMANDS.iter().map(|row| (row.grammar)()))
}

fn hook() -> clap::Command {
    clap::Command::new("hook").about(
        "Take the agent's hook event on stdin into the session bridge; prints what the agent should know",
    )
}

fn subagents() -> clap::Command {
    clap::Command::new("subagents")
        .about("Print a row for each subagent of the panel on stdin, for subagentStatusLine")
        .args(looks::looks())
}

fn configure() -> clap::Command {
    clap::Command::new("configure")
        .about("Edit your config full-screen, with your last session shown as it will look")
}

fn switch(name: &'static str, help: &'static str) -> Arg {
    Arg::new(name).long(name).action(ArgAction::SetTrue).help(help)
}

fn whose() -> Arg {
    Arg::new("agent")
        .long("agent")
        .value_name("NAME")
        .value_parser(clap::builder::PossibleValuesParser::new(agent::ALL.map(|agent| agent.name)))
        .help("Whose payload is on stdin, where it does not tell [env: BRIDGELINE_AGENT]")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::layer;
    use crate::config::value::Value;
    use crate::spending::zone;
    use std::time::Duration;

    fn run(args: &[&str]) -> Result<Command, UsageError> {
        let args: Vec<OsString> = args.iter().map(OsString::from).collect();
        parse(&args)
    }

    #[test]
    fn commands() {
        let (layer, _) = layer::parse("padding = 2");
        let mut flags = Flags { layer, width: Some(40), agent: None };
        for (key, value) in [("theme", "mono"), ("preset", "full"), ("color", "never")] {
            flags.layer.set(key, Value::text(value));
        }
        let words =
            ["--theme", "mono", "--preset=full", "--color", "never", "--width=40", "--set", "padding = 2"];
        assert_eq!(run(&[]).unwrap(), Command::Render(Flags::default()));
        assert_eq!(run(&["hook"]).unwrap(), Command::Hook);
        let facts = ["git", "/a b", "git", "--help"];
        let refresh = Command::Refresh(facts.map(OsString::from).to_vec());
        assert_eq!(run(&[&["refresh"], &facts[..]].concat()).unwrap(), refresh);
        assert_eq!(run(&words).unwrap(), Command::Render(flags.clone()));
        let preview = Preview { flags, presets: vec!["full".into()], ..Preview::default() };
        assert_eq!(run(&[&["preview"], &words[..]].concat()).unwrap(), Command::Preview(preview));
        assert_eq!(run(&["themes"]).unwrap(), Command::Themes(Themes::List(Flags::default())));
        assert_eq!(run(&["themes", "--names"]).unwrap(), Command::Themes(Themes::Names));
        assert_eq!(run(&["themes", "show", "nord"]).unwrap(), Command::Themes(Themes::Show("nord".into())));
        assert_eq!(run(&["--format", "json"]).unwrap(), Command::Document(Flags::default()));
        assert_eq!(run(&["configure"]).unwrap(), Command::Configure);
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
            worktrees: false,
        };
        assert_eq!(usage(&[]), plain);
        let all = UsageFlags {
            by: Some(By::Week),
            since: Some(When::Ago(Duration::from_secs(7 * 86_400))),
            until: Some(When::On(jiff::civil::date(2026, 11, 23))),
            format: Format::Csv,
            from: vec!["a".into(), "b".into(), "c".into()],
            timezone: zone::named("Europe/Berlin"),
            worktrees: true,
        };
        let words = "--weekly --worktrees --since 7d --until 2026-11-23 --format csv --from a b --from c --timezone Europe/Berlin";
        assert_eq!(usage(&words.split(' ').collect::<Vec<_>>()), all);
        assert!(matches!(run(&["--help"]), Ok(Command::Show(text)) if text.contains("statusline")));
        assert!(matches!(run(&["--version"]), Ok(Command::Show(text)) if text.starts_with("bridgeline ")));
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
            &["--format", "xml"],
            &["init", "tcsh"],
            &["prompt", "bash", "--width", "0"],
            &["prompt", "bash", "--idle", "-5"],
            &["prompt", "cmd"],
            &["preview", "--sample", "nope"],
            &["themes", "show", "nord", "nope"],
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
