//! The command line: one table of commands. Render and hook come many times a minute, so they are
//! recognised without the parser; what is unusual goes through it, for its messages.

use std::ffi::OsString;
use std::fmt;

use clap::builder::PossibleValuesParser;
use clap::{Arg, ArgAction, ArgMatches, value_parser};

use crate::agent;
use crate::config::key::{KEYS, Takes};
use crate::config::{Flags, embedded, layer};

/// What to do.
#[derive(Debug, Clone, PartialEq)]
pub enum Command {
    /// Print the line of the session on stdin.
    Render(Flags),
    /// Take the hook event on stdin into the session bridge.
    Hook,
    /// Print sample sessions.
    Preview(Flags),
    /// Edit the config in a screen of its own.
    Configure,
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
        Some(("configure", _)) => Command::Configure,
        Some(("preview", matches)) => Command::Preview(flags(matches)?),
        _ => Command::Render(Flags { agent: matches.get_one("agent").cloned(), ..flags(matches)? }),
    })
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
            clap::Command::new("preview")
                .about("Print sample sessions in a theme, without any set-up")
                .args(looks()),
        )
        .subcommand(
            clap::Command::new("configure")
                .about("Edit your config full-screen: themes, rows, segments, with the line as it will be"),
        )
}

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
        assert_eq!(run(&["configure"]).unwrap(), Command::Configure);
        assert_eq!(run(&words).unwrap(), Command::Render(flags.clone()));
        assert_eq!(run(&[&["preview"], &words[..]].concat()).unwrap(), Command::Preview(flags));
        let forced = Flags { agent: Some("kimi".into()), ..Flags::default() };
        assert_eq!(run(&["--agent", "kimi"]).unwrap(), Command::Render(forced));
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
            &["--bogus"],
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
