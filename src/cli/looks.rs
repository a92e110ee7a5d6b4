//! Flags for keys of config, which most commands take.

use std::ffi::OsString;

use clap::builder::PossibleValuesParser;
use clap::error::ErrorKind;
use clap::{Arg, ArgMatches, Args, FromArgMatches, value_parser};

use crate::config::key::KEYS;
use crate::config::value::{KeyValue, Takes};
use crate::config::{Flags, embedded, layer};

/// Adds the flags for keys of config to a command, `--theme` only where `WITH_THEME`. [`super::parse`] reads them
/// for every command alike.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Looks<const WITH_THEME: bool = true>;

impl<const WITH_THEME: bool> Args for Looks<WITH_THEME> {
    fn augment_args(command: clap::Command) -> clap::Command {
        let by_key = KEYS_WITH_FLAG.into_iter().filter(|name| WITH_THEME || *name != "theme").map(by_key);
        KeylessFlags::augment_args(command.args(by_key))
    }

    fn augment_args_for_update(command: clap::Command) -> clap::Command {
        Self::augment_args(command)
    }
}

impl<const WITH_THEME: bool> FromArgMatches for Looks<WITH_THEME> {
    fn from_arg_matches(_: &ArgMatches) -> Result<Self, clap::Error> {
        Ok(Looks)
    }

    fn update_from_arg_matches(&mut self, _: &ArgMatches) -> Result<(), clap::Error> {
        Ok(())
    }
}

// The flags that do not belong to one key. Not a doc comment, which clap would take for the help of the commands.
#[derive(Args)]
struct KeylessFlags {
    /// Set any config key, as TOML: --set 'padding = 2'
    #[arg(long, value_name = "KEY=VALUE")]
    set: Vec<String>,
    /// Maximum width of the line in columns
    #[arg(long, value_name = "COLUMNS", value_parser = value_parser!(u16).range(1..))]
    width: Option<u16>,
}

/// Name of a value that is a theme, in the help: a value of this name completes to one.
pub const THEME: &str = "THEME";

/// The keys of config that have a flag of their own.
const KEYS_WITH_FLAG: [&str; 5] = ["theme", "preset", "color", "icons", "style"];

fn by_key(name: &'static str) -> Arg {
    let key = KEYS.iter().find(|key| key.name == name).expect("each of KEYS_WITH_FLAG is a key of config");
    let about = format!("{}{}", key.about[..1].to_ascii_uppercase(), &key.about[1..]);
    let about = format!("{about} [env: BRIDGELINE_{}]", name.to_ascii_uppercase());
    let value = if name == "theme" { THEME } else { "NAME" };
    let arg = Arg::new(name).long(name).value_name(value).help(about);
    match key.takes {
        _ if name == "preset" => {
            arg.value_parser(PossibleValuesParser::new(embedded::PRESETS.iter().map(|preset| preset.name)))
        }
        Takes::Word(words) => arg.value_parser(PossibleValuesParser::new(words)),
        _ => arg,
    }
}

/// Flags as in a statusline command. `None` for anything else, and for mistakes.
pub(super) fn usual(mut args: &[OsString]) -> Option<Flags> {
    let mut flags = Flags::default();
    while let [arg, rest @ ..] = args {
        let arg = arg.to_str()?.strip_prefix("--")?;
        let (name, text, rest) = match arg.split_once('=') {
            Some((name, text)) => (name, text, rest),
            None => (arg, rest.first()?.to_str()?, &rest[1..]),
        };
        if text.starts_with('-') {
            return None;
        }
        if name == "width" {
            flags.width = Some(text.parse::<u16>().ok().filter(|columns| *columns > 0)?.into());
        } else {
            let name = KEYS_WITH_FLAG.iter().find(|known| **known == name)?;
            let key = KEYS.iter().find(|key| key.name == *name)?;
            let is_known = *name != "preset" || embedded::preset(text).is_some();
            flags.layer.set(key.name, key.takes.read_text(text).ok().filter(|_| is_known)?);
        }
        args = rest;
    }
    Some(flags)
}

/// The flags among the arguments of a command, which need not have them.
pub(super) fn flags(matches: &ArgMatches) -> Result<Flags, clap::Error> {
    if matches.try_contains_id("set").is_err() {
        return Ok(Flags::default());
    }
    let KeylessFlags { set, width } = KeylessFlags::from_arg_matches(matches)?;
    let (mut layer, mistakes) = layer::parse(&set.join("\n"));
    if let Some(mistake) = mistakes.first() {
        let why = format!("--set: {}\n", mistake.message);
        return Err(clap::Error::raw(ErrorKind::InvalidValue, why));
    }
    for name in KEYS_WITH_FLAG {
        if let Ok(Some(text)) = matches.try_get_one::<String>(name) {
            layer.set(name, KeyValue::text(text));
        }
    }
    Ok(Flags { layer, width: width.map(usize::from), agent: None })
}

#[cfg(test)]
mod tests {
    use super::super::{Command, grammar, parse};
    use super::*;

    /// Flags of renders are parsed without clap, with the same result.
    #[test]
    fn flags_are_understood_in_two_ways_alike() {
        let check = |args: &[&str]| {
            let words: Vec<OsString> = args.iter().map(OsString::from).collect();
            let argv = [OsString::from("bridgeline")].into_iter().chain(words.iter().cloned());
            let parsed = flags(&grammar().try_get_matches_from(argv).unwrap()).unwrap();
            assert_eq!(usual(&words), Some(parsed.clone()), "{args:?}");
            assert_eq!(parse(&words).unwrap(), (Command::Render, parsed), "{args:?}");
        };
        check(&["--theme", "nord"]);
        check(&["--theme=mono", "--preset=full", "--color", "never", "--icons", "nerd", "--style", "capsule"]);
        check(&["--width", "40", "--color=256"]);
        for args in [
            &["--theme"][..],
            &["--theme", "--width"],
            &["--preset", "nope"],
            &["--width=0"],
            &["--color", "x"],
            &["--help"],
            &["-x"],
        ] {
            let words: Vec<OsString> = args.iter().map(OsString::from).collect();
            assert_eq!(usual(&words), None, "{args:?}");
        }
    }
}
