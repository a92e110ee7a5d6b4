//! `bridgeline doctor` and `bridgeline explain`: what they look at, and how they say it.

use clap::{Arg, ArgAction, ArgMatches};

use super::{UsageError, looks};
use crate::config::Flags;

/// How to look for what is wrong.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Doctor {
    /// How the line looks.
    pub flags: Flags,
    /// Whether it is said as JSON.
    pub json: bool,
    /// Whether what nobody needs any more is removed.
    pub fix: bool,
}

/// Which session is explained.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Explain {
    /// How the line looks.
    pub flags: Flags,
    /// Whether it is said as JSON.
    pub json: bool,
    /// Its id, or `last`. `None` for the payload on stdin, else the last session of this directory.
    pub session: Option<String>,
}

pub(super) fn grammar() -> clap::Command {
    clap::Command::new("doctor")
        .about("Find out why the line is missing or wrong; exit status 1 if there is a problem")
        .args(looks::looks())
        .arg(json())
        .arg(
            Arg::new("fix")
                .long("fix")
                .action(ArgAction::SetTrue)
                .help("Remove files of killed writers and of sessions long over, and nothing else"),
        )
}

pub(super) fn read(matches: &ArgMatches) -> Result<Doctor, UsageError> {
    let (json, fix) = (matches.get_flag("json"), matches.get_flag("fix"));
    Ok(Doctor { flags: looks::flags(matches)?, json, fix })
}

pub(super) fn explain_grammar() -> clap::Command {
    clap::Command::new("explain")
        .about("Say of each segment where it comes from, how old that is, and why it is short or absent")
        .args(looks::looks())
        .arg(json())
        .arg(Arg::new("session").long("session").value_name("ID|last").help(
            "A session of your own, as it was last rendered [default: the payload on stdin, else the last one here]",
        ))
}

pub(super) fn read_explain(matches: &ArgMatches) -> Result<Explain, UsageError> {
    let (json, session) = (matches.get_flag("json"), matches.get_one("session").cloned());
    Ok(Explain { flags: looks::flags(matches)?, json, session })
}

fn json() -> Arg {
    Arg::new("json").long("json").action(ArgAction::SetTrue).help("Print one JSON object (docs/doctor.md)")
}
