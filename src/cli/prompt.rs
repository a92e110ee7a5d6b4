//! `bridgeline prompt`, `init` and `sessions`: for whom, and which.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use clap::builder::PossibleValuesParser;
use clap::{Arg, ArgMatches, value_parser};

use super::{UsageError, looks, switch};
use crate::base::shell::Shell;
use crate::config::Flags;

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

pub(super) fn grammar() -> clap::Command {
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
        .args(looks::looks())
}

pub(super) fn init() -> clap::Command {
    clap::Command::new("init")
        .about("Print what a shell's start file evaluates to show the session in its prompt")
        .arg(
            Arg::new("shell")
                .value_name("SHELL")
                .required(true)
                .value_parser(PossibleValuesParser::new(Shell::ALL.map(Shell::name)))
                .help("Which shell"),
        )
}

pub(super) fn sessions() -> clap::Command {
    clap::Command::new("sessions")
        .about("List the sessions that are live, those that wait for you first")
        .arg(switch("all", "Those that have ended too"))
        .arg(switch("json", "As JSON (docs/json.md)").conflicts_with("watch"))
        .arg(switch("watch", "On the whole screen, kept up to date; q quits"))
        .args(looks::looks())
}

/// A prompt as shells and tmux ask for it. `None` for anything else.
pub(super) fn usual(reader: &OsString, mut rest: &[OsString]) -> Option<Prompt> {
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

pub(super) fn read(matches: &ArgMatches) -> Result<Prompt, UsageError> {
    let reader = matches.get_one::<String>("reader").and_then(|name| Reader::find(name));
    let usual = Prompt::new(reader.expect("clap has checked it"));
    let minutes = matches.get_one::<u32>("idle").map(|minutes| u64::from(*minutes));
    Ok(Prompt {
        all: matches.get_flag("all"),
        idle: minutes.map_or(usual.idle, |minutes| Duration::from_secs(minutes * 60)),
        dir: matches.get_one::<PathBuf>("dir").cloned(),
        flags: looks::flags(matches)?,
        ..usual
    })
}

pub(super) fn read_init(matches: &ArgMatches) -> Shell {
    let shell = matches
        .get_one::<String>("shell")
        .and_then(|name| Shell::ALL.into_iter().find(|shell| shell.name() == name));
    shell.expect("the grammar has checked it")
}

pub(super) fn read_sessions(matches: &ArgMatches) -> Result<Sessions, UsageError> {
    Ok(Sessions {
        all: matches.get_flag("all"),
        json: matches.get_flag("json"),
        watch: matches.get_flag("watch"),
        flags: looks::flags(matches)?,
    })
}

#[cfg(test)]
mod tests {
    use super::super::{Command, parse};
    use super::*;

    fn run(args: &[&str]) -> Result<Command, UsageError> {
        parse(&args.iter().map(OsString::from).collect::<Vec<_>>())
    }

    /// What comes before each prompt is understood without the parser, and as the parser does.
    #[test]
    fn prompts_are_understood_in_two_ways_alike() {
        let usual = |args: &[&str]| {
            let args: Vec<OsString> = args.iter().map(OsString::from).collect();
            super::usual(&args[1], &args[2..])
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
    fn sessions_and_shells() {
        let list = Sessions { all: true, json: true, ..Sessions::default() };
        assert_eq!(run(&["sessions", "--all", "--json"]).unwrap(), Command::Sessions(list));
        assert_eq!(run(&["init", "nu"]).unwrap(), Command::Init(Shell::Nu));
    }
}
