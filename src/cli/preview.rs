//! `bridgeline preview` and `bridgeline themes`: what they show.

use clap::builder::PossibleValuesParser;
use clap::{Arg, ArgAction, ArgMatches};

use super::{UsageError, looks};
use crate::config::Flags;
use crate::snapshot::sample;

/// Which sessions are shown, and how.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Preview {
    /// How they look.
    pub flags: Flags,
    /// Layouts, one after the other; none for that of config.
    pub presets: Vec<String>,
    /// Names of samples; none for all.
    pub samples: Vec<String>,
    /// A session of the user's in their place: its id, or `last`.
    pub session: Option<String>,
    /// Whether a picture is made.
    pub svg: bool,
}

/// What is printed of the themes.
#[derive(Debug, Clone, PartialEq)]
pub enum Themes {
    /// All of them, with a sample.
    List(Flags),
    /// Their names.
    Names,
    /// The file of one.
    Show(String),
}

pub(super) fn grammar() -> clap::Command {
    clap::Command::new("preview")
        .about("Print sample sessions in a theme, without any set-up")
        .args(looks::looks().into_iter().map(repeatable))
        .args(sessions())
        .after_help(samples())
}

fn sessions() -> [Arg; 3] {
    [
        Arg::new("sample")
            .long("sample")
            .value_name("NAME")
            .action(ArgAction::Append)
            .value_parser(PossibleValuesParser::new(sample::ALL.iter().map(|sample| sample.name)))
            .hide_possible_values(true)
            .help("One of the samples below; may be given several times"),
        Arg::new("session")
            .long("session")
            .value_name("ID|last")
            .conflicts_with("sample")
            .help("A session of your own, as it was last rendered, in place of the samples"),
        Arg::new("svg")
            .long("svg")
            .action(ArgAction::SetTrue)
            .help("Print a picture of it; --width gives its columns at least"),
    ]
}

/// Several presets are shown one after the other.
fn repeatable(arg: Arg) -> Arg {
    if arg.get_id() == "preset" { arg.action(ArgAction::Append) } else { arg }
}

fn samples() -> String {
    let line = |sample: &sample::Sample| format!("\n  {:<12} {}", sample.name, sample.about);
    format!("Samples:{}", sample::ALL.iter().map(line).collect::<String>())
}

pub(super) fn read(matches: &ArgMatches) -> Result<Preview, UsageError> {
    let texts = |name| matches.get_many(name).into_iter().flatten().cloned().collect();
    Ok(Preview {
        flags: looks::flags(matches)?,
        presets: texts("preset"),
        samples: texts("sample"),
        session: matches.get_one("session").cloned(),
        svg: matches.get_flag("svg"),
    })
}

pub(super) fn themes_grammar() -> clap::Command {
    let show = clap::Command::new("show")
        .about("Print the file of a theme, to make another from")
        .arg(Arg::new("name").value_name(looks::THEME).required(true).help("Its name, as `themes` lists it"));
    let names = Arg::new("names").long("names").action(ArgAction::SetTrue);
    clap::Command::new("themes")
        .about("List the themes, with a sample in their colours")
        .args(looks::looks().into_iter().filter(|arg| arg.get_id() != "theme"))
        .arg(names.help("Names only, one a line"))
        .subcommand(show)
}

pub(super) fn read_themes(matches: &ArgMatches) -> Result<Themes, UsageError> {
    Ok(match matches.subcommand() {
        Some(("show", matches)) => {
            Themes::Show(matches.get_one("name").cloned().expect("the grammar asks for it"))
        }
        _ if matches.get_flag("names") => Themes::Names,
        _ => Themes::List(looks::flags(matches)?),
    })
}
