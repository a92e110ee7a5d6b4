//! The command line: [`Command`] is the table of commands. Commands that run many times a minute are recognised
//! without the parser, which takes as long as a whole render; anything unusual goes through it, for its messages.

mod args;
mod looks;
mod shared;
mod usage;

use std::ffi::OsString;
use std::path::PathBuf;

use clap::builder::PossibleValuesParser;
use clap::builder::styling::{AnsiColor, Style, Styles};
use clap::error::ErrorKind;
use clap::{ArgMatches, CommandFactory, FromArgMatches, Parser, ValueEnum};

pub use args::{
    Command, DoctorArgs, ExplainArgs, InstallArgs, Places, PreviewArgs, PromptArgs, PromptProgram, SessionsArgs, Show,
    ThemeCommand, ThemesArgs, Tool, UninstallArgs,
};
pub use looks::THEME;
pub use shared::Consent;
pub use usage::{By, CheckArgs, ExportArgs, ExportFormat, Report, UsageArgs, UsageCommand, WEEKDAYS, When};

use crate::agent::{self, Agent, CLAUDE_CODE, Scope};
use crate::config::Flags;
use looks::Looks;

const HEADING: Style = AnsiColor::Green.on_default().bold();
const STYLES: Styles = Styles::styled().header(HEADING).usage(HEADING).literal(AnsiColor::Cyan.on_default().bold());

/// The commands in the help, in the order in which people need them.
const GROUPS: [(&str, &[&str]); 4] = [
    ("Start here", &["setup", "preview", "configure", "themes", "config"]),
    ("See what is going on", &["sessions", "usage", "explain", "doctor"]),
    ("Set up with flags", &["install", "uninstall", "init", "completions", "man", "version"]),
    ("For agents and shells", &["hook", "subagents", "prompt", "mcp"]),
];

/// A statusline for coding agents: reads the agent's JSON on stdin, prints the line
#[derive(Parser)]
#[command(name = "bridgeline", version, styles = STYLES, max_term_width = 100)]
#[command(
    after_help = "Without a command, prints the line for the payload on stdin. `bridgeline help COMMAND` explains a command."
)]
struct Cli {
    #[command(flatten)]
    looks: Looks,
    /// Agent that sent the payload [default: detected, env: BRIDGELINE_AGENT]
    #[arg(long, value_name = "NAME")]
    #[arg(value_parser = PossibleValuesParser::new(agent::ALL.map(|agent| agent.name)))]
    agent: Option<String>,
    /// Print the line, or the whole session as JSON (docs/json.md)
    #[arg(long, value_name = "FORMAT", value_parser = ["line", "json"])]
    format: Option<String>,
    #[command(subcommand)]
    command: Option<Command>,
}

/// Parses the arguments after the program's name: the command, and the flags for keys of config.
///
/// # Errors
/// The arguments are invalid, or ask for help, whose text is in the error too.
pub fn parse(args: &[OsString]) -> Result<(Command, Flags), clap::Error> {
    if let Some(usual) = usual(args) {
        return Ok(usual);
    }
    if let Some((_, facts)) = args.split_first().filter(|(first, _)| *first == "refresh") {
        return refresh(facts).map(|command| (command, Flags::default()));
    }
    let argv = [OsString::from("bridgeline")].into_iter().chain(args.iter().cloned());
    let matches = grammar().try_get_matches_from(argv)?;
    let Cli { agent, format, command, .. } = Cli::from_arg_matches(&matches)?;
    let name = matches.subcommand_name().unwrap_or_default();
    let matches = innermost(&matches);
    let flags = Flags { agent, ..looks::flags(matches)? };
    let mut command = match command {
        Some(command) => command,
        None if format.is_some_and(|format| format == "json") => Command::Document,
        None => Command::Render,
    };
    if let Command::Tool(Tool::Preview(preview)) = &mut command {
        preview.presets = matches.get_many("preset").into_iter().flatten().cloned().collect();
    }
    let conflict = match &command {
        Command::Tool(Tool::Install(install)) => conflict(&install.places, install),
        Command::Tool(Tool::Uninstall(UninstallArgs { places, .. })) => conflict(places, &InstallArgs::default()),
        Command::Tool(Tool::Usage(usage)) => usage.conflict(),
        _ => None,
    };
    let Some(why) = conflict else { return Ok((command, flags)) };
    let mut grammar = grammar();
    grammar.build();
    let named = grammar.find_subcommand_mut(name).expect("the name is one that was parsed");
    Err(named.error(ErrorKind::ArgumentConflict, why))
}

/// Parses the commands that agents and shells run all the time. `None` for others, and for mistakes.
fn usual(args: &[OsString]) -> Option<(Command, Flags)> {
    match args {
        [] => Some((Command::Render, Flags::default())),
        [only] if only == "hook" => Some((Command::Hook, Flags::default())),
        [only] if only == "subagents" => Some((Command::Subagents(Looks), Flags::default())),
        [first, reader, rest @ ..] if first == "prompt" => {
            usual_prompt(reader, rest).map(|(prompt, flags)| (Command::Prompt(prompt), flags))
        }
        [first, ..] if first.as_encoded_bytes().starts_with(b"--") => {
            looks::usual(args).map(|flags| (Command::Render, flags))
        }
        _ => None,
    }
}

fn usual_prompt(reader: &OsString, mut rest: &[OsString]) -> Option<(PromptArgs, Flags)> {
    let name = reader.to_str()?;
    let is_it = |reader: &&PromptProgram| reader.to_possible_value().is_some_and(|value| value.get_name() == name);
    let reader = *PromptProgram::value_variants().iter().find(is_it)?;
    let mut prompt = PromptArgs { reader, all: false, idle: PromptArgs::IDLE, dir: None, looks: Looks };
    let mut others = Vec::new();
    while let [name, after @ ..] = rest {
        rest = after;
        match (name.to_str()?, after) {
            ("--all", _) => prompt.all = true,
            ("--dir" | "--pane-path", [dir, after @ ..]) if !dir.is_empty() => {
                (prompt.dir, rest) = (Some(PathBuf::from(dir)), after);
            }
            _ => others.push(name.clone()),
        }
    }
    looks::usual(&others).map(|flags| (prompt, flags))
}

fn refresh(facts: &[OsString]) -> Result<Command, clap::Error> {
    if facts.is_empty() || !facts.len().is_multiple_of(2) {
        let why = "refresh needs the kind and subject of each fact, e.g. refresh git <folder>\n";
        return Err(clap::Error::raw(ErrorKind::WrongNumberOfValues, why));
    }
    Ok(Command::Refresh(facts.to_vec()))
}

/// The grammar of the command line: the source of help, manual page and completions.
pub fn grammar() -> clap::Command {
    let grammar = Cli::command();
    let literal = STYLES.get_literal();
    let mut help = String::from("{about-with-newline}\n{usage-heading} {usage}\n\n");
    for (heading, names) in GROUPS {
        help += &format!("{HEADING}{heading}:{HEADING:#}\n");
        for command in names.iter().filter_map(|name| grammar.find_subcommand(name)) {
            let (name, about) = (command.get_name(), command.get_about().cloned().unwrap_or_default());
            help += &format!("  {literal}{name:11}{literal:#}  {about}\n");
        }
        help.push('\n');
    }
    grammar.help_template(help + &format!("{HEADING}Options:{HEADING:#}\n{{options}}{{after-help}}"))
}

/// The matches of the innermost command: of `config show`, those of `show`.
fn innermost(matches: &ArgMatches) -> &ArgMatches {
    matches.subcommand().map_or(matches, |(_, below)| innermost(below))
}

/// Error for flags that would have no effect. `None` if there is none.
fn conflict(places: &Places, install: &InstallArgs) -> Option<&'static str> {
    let agents = places.agents();
    let is_for = |wanted: fn(&Agent) -> bool| agents.is_empty() || agents.iter().any(|agent| wanted(agent));
    let is_of_agents = install.hooks || install.subagents || install.wrap;
    if places.scope != Scope::User && agents.iter().any(|agent| **agent != CLAUDE_CODE) {
        Some("'--scope project' and '--scope local' are for claude-code only")
    } else if (install.replace_node || install.subagents) && !is_for(|agent| *agent == CLAUDE_CODE) {
        Some("'--replace-node' and '--subagents' are for claude-code only")
    } else if install.hooks && !is_for(|agent| agent.settings.hooks.is_some()) {
        Some("the named agents have no hooks; leave out '--hooks'")
    } else if places.prompt.is_some() && agents.is_empty() && is_of_agents {
        Some("'--prompt' alone changes only the shell; choose agents with '--agent'")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::shell::Shell;
    use crate::config::layer;
    use crate::config::value::KeyValue;
    use crate::spending::zone;
    use std::time::Duration;

    fn parsed(args: &[&str]) -> Result<(Command, Flags), clap::Error> {
        parse(&args.iter().map(OsString::from).collect::<Vec<_>>())
    }

    #[track_caller]
    fn check(args: &[&str], expected: Command) {
        assert_eq!(parsed(args).unwrap(), (expected, Flags::default()), "{args:?}");
    }

    #[track_caller]
    fn check_tool(args: &[&str], expected: Tool) {
        check(args, Command::Tool(expected));
    }

    #[test]
    fn commands() {
        check(&[], Command::Render);
        check(&["hook"], Command::Hook);
        check(&["refresh", "git", "/a b"], Command::Refresh(["git", "/a b"].map(OsString::from).to_vec()));
        check(&["--format", "json"], Command::Document);
        check_tool(&["themes"], Tool::Themes(ThemesArgs::default()));
        check_tool(&["themes", "--names"], Tool::Themes(ThemesArgs { names: true, ..ThemesArgs::default() }));
        let show = ThemeCommand::Show { name: "nord".into() };
        let themes = ThemesArgs { theme: Some(show), ..ThemesArgs::default() };
        check_tool(&["themes", "show", "nord"], Tool::Themes(themes));
        check_tool(&["configure"], Tool::Configure);
        check_tool(&["init", "nu"], Tool::Init { shell: Shell::Nu });
        let list = SessionsArgs { all: true, json: true, ..SessionsArgs::default() };
        check_tool(&["sessions", "--all", "--json"], Tool::Sessions(list));
        let listed: Vec<&str> = GROUPS.into_iter().flat_map(|(_, names)| names).copied().collect();
        let mut names: Vec<String> = grammar().get_subcommands().map(|c| c.get_name().to_owned()).collect();
        assert!(names.iter().all(|name| listed.contains(&name.as_str())), "{names:?} {listed:?}");
        names.dedup();
        assert_eq!(names.len(), listed.len());
        for (arg, text) in [("--help", "statusline"), ("--version", "bridgeline ")] {
            let err = parsed(&[arg]).unwrap_err();
            assert!(!err.use_stderr() && err.to_string().contains(text), "{err}");
        }
    }

    #[test]
    fn flags_for_keys_of_config() {
        let (layer, _) = layer::parse("padding = 2");
        let mut flags = Flags { layer, width: Some(40), agent: None };
        for (key, value) in [("theme", "mono"), ("preset", "full"), ("color", "never")] {
            flags.layer.set(key, KeyValue::text(value));
        }
        let words = ["--theme", "mono", "--preset=full", "--color", "never", "--width=40", "--set", "padding = 2"];
        assert_eq!(parsed(&words).unwrap(), (Command::Render, flags.clone()));
        let preview = Tool::Preview(PreviewArgs { presets: vec!["full".into()], ..PreviewArgs::default() });
        let args = [&["preview"], &words[..]].concat();
        assert_eq!(parsed(&args).unwrap(), (Command::Tool(preview), flags.clone()));
        let args = [&["config", "show"], &words[..]].concat();
        assert_eq!(parsed(&args).unwrap(), (Command::Tool(Tool::Config(Show::Effective)), flags));
        let forced = Flags { agent: Some("kimi".into()), ..Flags::default() };
        assert_eq!(parsed(&["--agent", "kimi"]).unwrap(), (Command::Render, forced));
    }

    #[test]
    fn reports_of_usage() {
        let usage = |args: &str| match parsed(&args.split(' ').collect::<Vec<_>>()) {
            Ok((Command::Tool(Tool::Usage(usage)), _)) => usage,
            other => panic!("{other:?}"),
        };
        let check = CheckArgs { quiet: true, from: vec!["a".into()], ..CheckArgs::default() };
        assert_eq!(usage("usage check --quiet --from a").command, Some(UsageCommand::Check(check)));
        let plain = usage("usage");
        let (day, week) = (Report::By(By::Day), Report::By(By::Week));
        assert_eq!((plain.report(), plain.format, plain.worktrees), (day, ExportFormat::Table, false));
        for words in ["usage weekly", "usage --weekly", "usage weekly --weekly", "usage --weekly weekly"] {
            assert_eq!(usage(words).report(), week, "{words}");
        }
        assert_eq!(usage("usage --format prometheus").report(), Report::By(By::Project));
        assert_eq!(usage("usage --live").report(), Report::Live);
        let blocks = usage("usage blocks --recent --active -b --week-starts sunday");
        assert_eq!((blocks.report(), blocks.week_starts), (Report::Blocks, jiff::civil::Weekday::Sunday));
        assert!(blocks.recent && blocks.active && blocks.models && usage("usage --breakdown").models);
        let all = usage(
            "usage --weekly --worktrees --since 7d --until 2026-11-23 --format csv --from a b --from c --timezone Europe/Berlin",
        );
        assert_eq!((all.report(), all.format, all.worktrees), (week, ExportFormat::Csv, true));
        assert_eq!(all.since, Some(When::Ago(Duration::from_secs(7 * 86_400))));
        assert_eq!(all.until, Some(When::On(jiff::civil::date(2026, 11, 23))));
        assert_eq!(all.from, ["a", "b", "c"].map(PathBuf::from));
        assert_eq!(all.timezone, zone::named("Europe/Berlin"));
    }

    #[test]
    fn settings_and_start_files() {
        let words = "install --agent kimi,claude-code --agent=kimi --replace-node --subagents --wrap --prompt fish --command /b/x -y";
        let (command, _) = parsed(&words.split(' ').collect::<Vec<_>>()).unwrap();
        let Command::Tool(Tool::Install(install)) = command else { panic!("{command:?}") };
        assert_eq!(install.places.agents(), [&CLAUDE_CODE, &agent::KIMI]);
        assert_eq!((install.places.scope, install.places.prompt), (Scope::User, Some(Shell::Fish)));
        assert!(install.hooks && install.replace_node && install.subagents && install.wrap);
        assert_eq!(install.command.as_deref(), Some("/b/x"));
        assert_eq!(install.consent, Consent { yes: true, dry_run: false });
        check_tool(&["install"], Tool::Install(InstallArgs::default()));
        let (command, _) = parsed(&["uninstall", "--scope", "local", "--dry-run"]).unwrap();
        let Command::Tool(Tool::Uninstall(uninstall)) = command else { panic!("{command:?}") };
        assert_eq!((uninstall.places.scope, uninstall.consent.dry_run), (Scope::Local, true));
    }

    #[test]
    fn a_shell_may_have_its_full_name() {
        let check = |name: &str, shell| check_tool(&["completions", name], Tool::Completions { shell });
        check("nu", Shell::Nu);
        check("nushell", Shell::Nu);
        check("pwsh", Shell::Pwsh);
        check("powershell", Shell::Pwsh);
    }

    /// Arguments of prompts are parsed without clap, with the same result.
    #[test]
    fn prompts_are_understood_in_two_ways_alike() {
        let check = |args: &[&str], expected: PromptArgs, flags: Flags| {
            let expected = (Command::Prompt(expected), flags);
            let words: Vec<OsString> = args.iter().map(OsString::from).collect();
            assert_eq!(usual(&words).as_ref(), Some(&expected), "{args:?}");
            // A flag in another spelling goes through the parser.
            let long: Vec<OsString> = words.into_iter().chain(["--idle", "60"].map(OsString::from)).collect();
            assert_eq!(usual(&long), None);
            assert_eq!(parse(&long).unwrap(), expected, "{args:?}");
        };
        let (bash, _) = usual_prompt(&"bash".into(), &[]).unwrap();
        check(&["prompt", "bash"], bash.clone(), Flags::default());
        check(&["prompt", "bash", "--all"], PromptArgs { all: true, ..bash.clone() }, Flags::default());
        let narrow = Flags { width: Some(40), ..Flags::default() };
        check(&["prompt", "bash", "--width", "40"], bash.clone(), narrow.clone());
        let there = PromptArgs { dir: Some("/a b".into()), ..bash.clone() };
        check(&["prompt", "bash", "--width", "40", "--dir", "/a b"], there, narrow);
        for name in ["--dir", "--pane-path"] {
            let there = PromptArgs { dir: Some("/a b".into()), ..bash.clone() };
            check(&["prompt", "bash", name, "/a b"], there, Flags::default());
        }
        let (patient, _) = parsed(&["prompt", "bash", "--idle", "5"]).unwrap();
        assert_eq!(patient, Command::Prompt(PromptArgs { idle: 5, ..bash }));
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
            &["usage", "yearly"],
            &["usage", "--week-starts", "mon"],
            &["usage", "--daily", "check"],
        ] {
            let message = parsed(args).unwrap_err().to_string();
            assert!(
                message.starts_with("error: ") && message.contains(args[args.len() - 1].split(' ').next().unwrap()),
                "{message}"
            );
        }
        for (args, said) in [
            ("usage weekly --daily", "two reports"),
            ("usage live --daily", "two reports"),
            ("usage --recent", "blocks"),
            ("usage weekly --active", "blocks"),
            ("usage --live --format json", "screen"),
            ("usage live --format csv", "screen"),
            ("usage blocks --format prometheus", "metrics"),
        ] {
            let message = parsed(&args.split(' ').collect::<Vec<_>>()).unwrap_err().to_string();
            assert!(message.contains(said), "{args}: {message}");
        }
    }
}
