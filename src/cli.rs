//! The command line: one table of commands. Render and hook come many times a minute, so they are
//! recognised without the parser; what is unusual goes through it, for its messages.

use std::ffi::OsString;
use std::fmt;

use clap::builder::PossibleValuesParser;
use clap::{Arg, ArgMatches, value_parser};

use crate::config::{ColorWhen, Flags};
use crate::{paint, preset};

/// What to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Print the line of the session on stdin.
    Render(Flags),
    /// Take the hook event on stdin into the session bridge.
    Hook,
    /// Print sample sessions.
    Preview(Flags),
    /// Find out anew the facts that these arguments name: kind and subject of each. Hidden: render starts it.
    Refresh(Vec<OsString>),
    /// Print a text: help or version.
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
        [first, facts @ ..] if first == "refresh" => return refresh(facts),
        _ => {}
    }
    let argv = [OsString::from("bridgeline")].into_iter().chain(args.iter().cloned());
    match grammar().try_get_matches_from(argv) {
        Ok(matches) => Ok(match matches.subcommand() {
            Some(("hook", _)) => Command::Hook,
            Some(("preview", matches)) => Command::Preview(flags(matches)),
            _ => Command::Render(flags(&matches)),
        }),
        Err(err) if err.use_stderr() => Err(UsageError(err.render().to_string())),
        Err(err) => Ok(Command::Show(err.render().to_string())),
    }
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
        .subcommand(clap::Command::new("hook").about(
            "Take the agent's hook event on stdin into the session bridge; prints what the agent should know",
        ))
        .subcommand(
            clap::Command::new("preview")
                .about("Print sample sessions in a theme, without any set-up")
                .args(looks()),
        )
}

fn looks() -> [Arg; 4] {
    let presets = PossibleValuesParser::new(preset::ALL.iter().map(|preset| preset.name));
    let themes: Vec<&str> = paint::names().collect();
    [
        Arg::new("theme")
            .long("theme")
            .value_name("NAME")
            .help(format!("Theme: {}, or one of your own [env: BRIDGELINE_THEME]", themes.join(", "))),
        Arg::new("preset")
            .long("preset")
            .value_name("NAME")
            .value_parser(presets)
            .help("Which segments [env: BRIDGELINE_PRESET]"),
        Arg::new("color")
            .long("color")
            .value_name("WHEN")
            .value_parser(["auto", "always", "never"])
            .help("Colours: auto asks NO_COLOR, FORCE_COLOR, CLICOLOR_FORCE, COLORTERM and TERM"),
        Arg::new("width")
            .long("width")
            .value_name("COLUMNS")
            .value_parser(value_parser!(u16).range(1..))
            .help("Columns of the line; never more than the agent's terminal has"),
    ]
}

fn flags(matches: &ArgMatches) -> Flags {
    let text = |name: &str| matches.get_one::<String>(name).cloned();
    Flags {
        theme: text("theme"),
        preset: text("preset"),
        color: match text("color").as_deref() {
            Some("always") => ColorWhen::Always,
            Some("never") => ColorWhen::Never,
            _ => ColorWhen::Auto,
        },
        width: matches.get_one::<u16>("width").map(|columns| usize::from(*columns)),
    }
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
        let flags = Flags {
            theme: Some("mono".into()),
            preset: Some("full".into()),
            color: ColorWhen::Never,
            width: Some(40),
        };
        let words = ["--theme", "mono", "--preset=full", "--color", "never", "--width=40"];
        assert_eq!(run(&[]).unwrap(), Command::Render(Flags::default()));
        assert_eq!(run(&["hook"]).unwrap(), Command::Hook);
        let facts = ["git", "/a b", "git", "--help"];
        let refresh = Command::Refresh(facts.map(OsString::from).to_vec());
        assert_eq!(run(&[&["refresh"], &facts[..]].concat()).unwrap(), refresh);
        assert_eq!(run(&words).unwrap(), Command::Render(flags.clone()));
        assert_eq!(run(&[&["preview"], &words[..]].concat()).unwrap(), Command::Preview(flags));
        assert!(!help().contains("refresh"));
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
            &["--bogus"],
            &["refresh"],
            &["refresh", "git"],
        ] {
            let message = run(args).unwrap_err().to_string();
            assert!(message.starts_with("error: ") && message.contains(args[args.len() - 1]), "{message}");
        }
    }
}
