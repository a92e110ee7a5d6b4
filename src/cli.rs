//! The command line: one table of commands. Render and hook come many times a minute, so they are
//! recognised without the parser; what is unusual goes through it, for its messages.

use std::ffi::OsString;
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Arg, ArgAction, ArgGroup, ArgMatches, value_parser};
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::config::{ColorWhen, Flags};
use crate::input::usage::zone;
use crate::{paint, preset};

/// What to do.
#[derive(Debug, Clone, PartialEq)]
pub enum Command {
    /// Print the line of the session on stdin.
    Render(Flags),
    /// Take the hook event on stdin into the session bridge.
    Hook,
    /// Print sample sessions.
    Preview(Flags),
    /// Print what all sessions used.
    Usage(UsageFlags),
    /// Print a text: help or version.
    Show(String),
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
        _ => {}
    }
    let argv = [OsString::from("bridgeline")].into_iter().chain(args.iter().cloned());
    match grammar().try_get_matches_from(argv) {
        Ok(matches) => Ok(match matches.subcommand() {
            Some(("hook", _)) => Command::Hook,
            Some(("preview", matches)) => Command::Preview(flags(matches)),
            Some(("usage", matches)) => Command::Usage(usage_flags(matches)),
            _ => Command::Render(flags(&matches)),
        }),
        Err(err) if err.use_stderr() => Err(UsageError(err.render().to_string())),
        Err(err) => Ok(Command::Show(err.render().to_string())),
    }
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
        assert_eq!(run(&words).unwrap(), Command::Render(flags.clone()));
        assert_eq!(run(&[&["preview"], &words[..]].concat()).unwrap(), Command::Preview(flags));
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
    fn mistakes_are_explained() {
        for args in [
            &["rendr"][..],
            &["--width", "wide"],
            &["--width", "0"],
            &["--preset", "nope"],
            &["--bogus"],
            &["usage", "--since", "yesterday"],
            &["usage", "--until", "2026-02-30"],
            &["usage", "--timezone", "Mars/Base"],
            &["usage", "--format", "xml"],
            &["usage", "--daily", "--model"],
        ] {
            let message = run(args).unwrap_err().to_string();
            assert!(message.starts_with("error: ") && message.contains(args[args.len() - 1]), "{message}");
        }
    }
}
