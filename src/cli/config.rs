//! `bridgeline config`: what it can show.

use clap::ArgMatches;

use super::{UsageError, looks};
use crate::config::Flags;

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

/// What `config` can show.
const SHOWS: [(&str, Show, &str); 5] = [
    ("path", Show::Path, "Print where your config file is, or would be"),
    ("show", Show::Effective, "Print every value that counts here, with where it comes from"),
    ("default", Show::Default, "Print the file of all defaults"),
    ("schema", Show::Schema, "Print the JSON schema of a config file, for editors"),
    ("check", Show::Check, "Print what is wrong with the config; exit status 1 if anything is"),
];

pub(super) fn grammar() -> clap::Command {
    let show = |(name, _, about): &(&'static str, Show, &'static str)| {
        clap::Command::new(*name).about(*about).args(looks::looks())
    };
    clap::Command::new("config")
        .about("Show the config: where it is, what it comes to, what it can say")
        .subcommand_required(true)
        .subcommands(SHOWS.iter().map(show))
}

pub(super) fn read(matches: &ArgMatches) -> Result<(Show, Flags), UsageError> {
    let (name, matches) = matches.subcommand().expect("the grammar asks for one");
    let (_, show, _) = SHOWS.iter().find(|(known, ..)| *known == name).expect("of the table");
    Ok((*show, looks::flags(matches)?))
}
