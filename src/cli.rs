//! The command line: one table of commands. Render and hook come many times a minute, so they are
//! recognised without the parser; what is unusual goes through it, for its messages.

use std::ffi::OsString;
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

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
    /// Print what is known of the session on stdin, as JSON.
    Document(Flags),
    /// Print sample sessions.
    Preview(Flags),
    /// Print the session of a folder for a prompt.
    Prompt(Prompt),
    /// Print what puts it into a shell's prompt.
    Init(Shell),
    /// List sessions.
    Sessions(Sessions),
    /// Print a text: help or version.
    Show(String),
}

/// What `bridgeline prompt` is asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct Prompt {
    /// Who reads it.
    pub reader: Reader,
    /// How many sessions there are of each state, in place of one session.
    pub all: bool,
    /// How long a session may be silent.
    pub idle: Duration,
    /// The folder. `None` for the working directory.
    pub dir: Option<PathBuf>,
    /// How it shall look.
    pub flags: Flags,
}

impl Prompt {
    fn new(reader: Reader) -> Self {
        let idle = Duration::from_secs(3600);
        Prompt { reader, all: false, idle, dir: None, flags: Flags::default() }
    }
}

/// Who reads a prompt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Reader {
    Bash,
    Zsh,
    Fish,
    Nu,
    Pwsh,
    Tmux,
    Plain,
    Json,
}

impl Reader {
    const ALL: [(&'static str, Reader); 8] = [
        ("bash", Reader::Bash),
        ("zsh", Reader::Zsh),
        ("fish", Reader::Fish),
        ("nu", Reader::Nu),
        ("pwsh", Reader::Pwsh),
        ("tmux", Reader::Tmux),
        ("plain", Reader::Plain),
        ("json", Reader::Json),
    ];

    fn find(name: &str) -> Option<Self> {
        Reader::ALL.iter().find(|(own, _)| *own == name).map(|(_, reader)| *reader)
    }
}

/// A shell that `bridgeline init` knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Shell {
    Bash,
    Zsh,
    Fish,
    Nu,
    Pwsh,
}

impl Shell {
    const ALL: [(&'static str, Shell); 5] = [
        ("bash", Shell::Bash),
        ("zsh", Shell::Zsh),
        ("fish", Shell::Fish),
        ("nu", Shell::Nu),
        ("pwsh", Shell::Pwsh),
    ];

    fn find(name: &str) -> Option<Self> {
        Shell::ALL.iter().find(|(own, _)| *own == name).map(|(_, shell)| *shell)
    }
}

/// What `bridgeline sessions` is asked for.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Sessions {
    /// Those that have ended too.
    pub all: bool,
    /// As JSON.
    pub json: bool,
    /// Again and again, on the whole screen.
    pub watch: bool,
    /// How it shall look.
    pub flags: Flags,
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
        [first, reader, rest @ ..] if first == "prompt" => {
            if let Some(prompt) = usual_prompt(reader, rest) {
                return Ok(Command::Prompt(prompt));
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

fn command(matches: &ArgMatches) -> Result<Command, UsageError> {
    Ok(match matches.subcommand() {
        Some(("hook", _)) => Command::Hook,
        Some(("preview", matches)) => Command::Preview(flags(matches)?),
        Some(("prompt", matches)) => Command::Prompt(prompt(matches)?),
        Some(("init", matches)) => {
            let shell = matches.get_one::<String>("shell").and_then(|name| Shell::find(name));
            Command::Init(shell.expect("clap has checked it"))
        }
        Some(("sessions", matches)) => Command::Sessions(Sessions {
            all: matches.get_flag("all"),
            json: matches.get_flag("json"),
            watch: matches.get_flag("watch"),
            flags: flags(matches)?,
        }),
        _ => {
            let flags = Flags { agent: matches.get_one("agent").cloned(), ..flags(matches)? };
            match matches.get_one::<String>("format").map(String::as_str) {
                Some("json") => Command::Document(flags),
                _ => Command::Render(flags),
            }
        }
    })
}

/// A prompt as shells and tmux ask for it. `None` for anything else.
fn usual_prompt(reader: &OsString, mut rest: &[OsString]) -> Option<Prompt> {
    let mut prompt = Prompt::new(Reader::find(reader.to_str()?)?);
    while let [name, after @ ..] = rest {
        rest = match (name.to_str()?, after) {
            ("--all", after) => {
                prompt.all = true;
                after
            }
            ("--width", [columns, after @ ..]) => {
                let columns: u16 = columns.to_str()?.parse().ok().filter(|columns| *columns > 0)?;
                prompt.flags.width = Some(usize::from(columns));
                after
            }
            ("--dir" | "--pane-path", [dir, after @ ..]) if !dir.is_empty() => {
                prompt.dir = Some(PathBuf::from(dir));
                after
            }
            _ => return None,
        };
    }
    Some(prompt)
}

fn prompt(matches: &ArgMatches) -> Result<Prompt, UsageError> {
    let reader = matches.get_one::<String>("reader").and_then(|name| Reader::find(name));
    let usual = Prompt::new(reader.expect("clap has checked it"));
    let minutes = matches.get_one::<u32>("idle").map(|minutes| u64::from(*minutes));
    Ok(Prompt {
        all: matches.get_flag("all"),
        idle: minutes.map_or(usual.idle, |minutes| Duration::from_secs(minutes * 60)),
        dir: matches.get_one::<PathBuf>("dir").cloned(),
        flags: flags(matches)?,
        ..usual
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
        .arg(
            Arg::new("format")
                .long("format")
                .value_name("FORMAT")
                .value_parser(["line", "json"])
                .help("What to print: the line, or all that is known as JSON (docs/json.md)"),
        )
        .subcommand(clap::Command::new("hook").about(
            "Take the agent's hook event on stdin into the session bridge; prints what the agent should know",
        ))
        .subcommand(
            clap::Command::new("preview")
                .about("Print sample sessions in a theme, without any set-up")
                .args(looks()),
        )
        .subcommand(
            clap::Command::new("prompt")
                .about("Print the session of this directory for a prompt; nothing where there is none")
                .arg(
                    Arg::new("reader")
                        .value_name("READER")
                        .required(true)
                        .value_parser(PossibleValuesParser::new(Reader::ALL.map(|(name, _)| name)))
                        .help("Who reads it"),
                )
                .arg(switch("all", "How many sessions wait and how many work, in place of one session"))
                .arg(
                    Arg::new("idle")
                        .long("idle")
                        .value_name("MINUTES")
                        .value_parser(value_parser!(u32))
                        .help("How long a session may be silent, unless it waits for you [default: 60]"),
                )
                .arg(
                    Arg::new("dir")
                        .long("dir")
                        .alias("pane-path")
                        .value_name("DIR")
                        .value_parser(value_parser!(PathBuf))
                        .help("Another directory, as that of a pane of tmux"),
                )
                .args(looks()),
        )
        .subcommand(
            clap::Command::new("init")
                .about("Print what a shell's start file evaluates to show the session in its prompt")
                .arg(
                    Arg::new("shell")
                        .value_name("SHELL")
                        .required(true)
                        .value_parser(PossibleValuesParser::new(Shell::ALL.map(|(name, _)| name)))
                        .help("Which shell"),
                ),
        )
        .subcommand(
            clap::Command::new("sessions")
                .about("List the sessions that are live, those that wait for you first")
                .arg(switch("all", "Those that have ended too"))
                .arg(switch("json", "As JSON (docs/json.md)").conflicts_with("watch"))
                .arg(switch("watch", "On the whole screen, kept up to date; q quits"))
                .args(looks()),
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

fn switch(name: &'static str, help: &'static str) -> Arg {
    Arg::new(name).long(name).action(ArgAction::SetTrue).help(help)
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
        assert_eq!(run(&words).unwrap(), Command::Render(flags.clone()));
        assert_eq!(run(&[&["preview"], &words[..]].concat()).unwrap(), Command::Preview(flags));
        let forced = Flags { agent: Some("kimi".into()), ..Flags::default() };
        assert_eq!(run(&["--agent", "kimi"]).unwrap(), Command::Render(forced));
        assert_eq!(run(&["--format", "json"]).unwrap(), Command::Document(Flags::default()));
        assert_eq!(run(&["init", "nu"]).unwrap(), Command::Init(Shell::Nu));
        let list = Sessions { all: true, json: true, ..Sessions::default() };
        assert_eq!(run(&["sessions", "--all", "--json"]).unwrap(), Command::Sessions(list));
        assert!(matches!(run(&["--help"]), Ok(Command::Show(text)) if text.contains("statusline")));
        assert!(matches!(run(&["--version"]), Ok(Command::Show(text)) if text.starts_with("bridgeline ")));
    }

    /// What comes before each prompt is understood without the parser, and as the parser does.
    #[test]
    fn prompts_are_understood_in_two_ways_alike() {
        let usual = |args: &[&str]| {
            let args: Vec<OsString> = args.iter().map(OsString::from).collect();
            usual_prompt(&args[1], &args[2..])
        };
        let check = |args: &[&str], expected: Prompt| {
            assert_eq!(usual(args).as_ref(), Some(&expected), "{args:?}");
            // A flag in another spelling leads through the parser.
            let long = [args, &["--idle", "60"]].concat();
            assert_eq!(usual(&long), None);
            assert_eq!(run(&long).unwrap(), Command::Prompt(expected), "{args:?}");
        };
        let bash = Prompt::new(Reader::Bash);
        check(&["prompt", "bash"], bash.clone());
        check(&["prompt", "bash", "--all"], Prompt { all: true, ..bash.clone() });
        let narrow = Flags { width: Some(40), ..Flags::default() };
        check(&["prompt", "bash", "--width", "40"], Prompt { flags: narrow, ..bash.clone() });
        for name in ["--dir", "--pane-path"] {
            check(&["prompt", "bash", name, "/a b"], Prompt { dir: Some("/a b".into()), ..bash.clone() });
        }
        let patient = Prompt { idle: Duration::from_secs(300), ..bash };
        assert_eq!(run(&["prompt", "bash", "--idle", "5"]).unwrap(), Command::Prompt(patient));
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
