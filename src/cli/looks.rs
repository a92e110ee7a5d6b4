//! Flags for keys of config, which most commands take.

use std::ffi::OsString;

use clap::builder::PossibleValuesParser;
use clap::{Arg, ArgAction, ArgMatches, value_parser};

use super::UsageError;
use crate::config::key::KEYS;
use crate::config::value::{Takes, Value};
use crate::config::{Flags, embedded, layer};

pub(super) fn looks() -> Vec<Arg> {
    let by_key = LOOKS.map(|name| {
        let key = KEYS.iter().find(|key| key.name == name).expect("a key of config");
        let value = if name == "theme" { THEME } else { "NAME" };
        let arg = Arg::new(name).long(name).value_name(value);
        let variable = name.to_ascii_uppercase();
        let arg = arg.help(format!(
            "{}{} [env: BRIDGELINE_{variable}]",
            key.about[..1].to_ascii_uppercase(),
            &key.about[1..]
        ));
        match (name, key.takes) {
            ("preset", _) => {
                let presets = embedded::PRESETS.iter().map(|preset| preset.name);
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

/// How the help calls a value that is the name of a theme: what is called so completes to one.
pub(super) const THEME: &str = "THEME";

/// The flags for keys of config, each with the words that it takes.
const LOOKS: [&str; 5] = ["theme", "preset", "color", "icons", "style"];

/// Flags as a statusline command has them. `None` for anything else, and for what is wrong.
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
        let name = LOOKS.iter().find(|known| **known == name);
        match name {
            Some(name) => {
                let key = KEYS.iter().find(|key| key.name == *name)?;
                let is_preset = embedded::preset(text).is_some();
                let value = key.takes.read_text(text).ok().filter(|_| key.name != "preset" || is_preset)?;
                flags.layer.set(key.name, value);
            }
            None if arg == "width" || arg.starts_with("width=") => {
                let columns: u16 = text.parse().ok().filter(|columns| *columns > 0)?;
                flags.width = Some(usize::from(columns));
            }
            None => return None,
        }
        args = rest;
    }
    Some(flags)
}

pub(super) fn flags(matches: &ArgMatches) -> Result<Flags, UsageError> {
    let set = matches.get_many::<String>("set").into_iter().flatten();
    let (mut layer, mistakes) = layer::parse(&set.cloned().collect::<Vec<_>>().join("\n"));
    if let Some(mistake) = mistakes.first() {
        return Err(UsageError(format!("error: --set: {}\n", mistake.message)));
    }
    for name in LOOKS {
        // Not every command has all of them.
        if let Ok(Some(text)) = matches.try_get_one::<String>(name) {
            layer.set(name, Value::text(text));
        }
    }
    let width = matches.get_one::<u16>("width").map(|columns| usize::from(*columns));
    Ok(Flags { layer, width, agent: None })
}

#[cfg(test)]
mod tests {
    use super::super::{Command, grammar};
    use super::*;

    /// What comes with each render is understood without the parser, and as the parser does.
    #[test]
    fn flags_are_understood_in_two_ways_alike() {
        let check = |args: &[&str]| {
            let words: Vec<OsString> = args.iter().map(OsString::from).collect();
            let argv = [OsString::from("bridgeline")].into_iter().chain(words.iter().cloned());
            let parsed = flags(&grammar().try_get_matches_from(argv).unwrap()).unwrap();
            assert_eq!(usual(&words), Some(parsed.clone()), "{args:?}");
            assert_eq!(super::super::parse(&words).unwrap(), Command::Render(parsed), "{args:?}");
        };
        check(&["--theme", "nord"]);
        check(&[
            "--theme=mono",
            "--preset=full",
            "--color",
            "never",
            "--icons",
            "nerd",
            "--style",
            "capsule",
        ]);
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
