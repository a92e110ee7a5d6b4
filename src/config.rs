//! How the line shall look, from flags and environment, and what was wrong with that. Names a theme
//! and a preset; knows none.

use crate::env::Env;
use crate::paint::{self, Depth, Theme};
use crate::preset::{self, Preset};
use crate::store::Paths;

/// What the command line says about the looks.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Flags {
    /// `--theme NAME`
    pub theme: Option<String>,
    /// `--preset NAME`
    pub preset: Option<String>,
    /// `--color WHEN`
    pub color: ColorWhen,
    /// `--width COLUMNS`
    pub width: Option<usize>,
    /// `--agent NAME`
    pub agent: Option<String>,
}

/// When to use colours.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[allow(missing_docs, reason = "the words of the flag")]
pub enum ColorWhen {
    #[default]
    Auto,
    Always,
    Never,
}

/// How the line shall look.
pub struct Looks {
    /// The segments.
    pub preset: &'static Preset,
    /// The styles.
    pub theme: Theme,
    /// How many colours.
    pub depth: Depth,
    /// Columns that a row may take.
    pub width: usize,
    /// What was wrong with flags, environment or theme, one sentence each.
    pub warnings: Vec<String>,
}

impl Looks {
    /// Settles flags, then environment, then defaults.
    pub fn new(flags: &Flags, env: &Env, paths: &Paths) -> Self {
        let mut warnings = Vec::new();
        let theme_name = flags.theme.clone().or_else(|| env.var("BRIDGELINE_THEME"));
        let theme_name = theme_name.as_deref().unwrap_or(paint::DEFAULT);
        let theme = paint::find(theme_name, paths.themes.as_deref());
        warnings.extend(theme.warnings.iter().cloned());
        let preset_name = flags.preset.clone().or_else(|| env.var("BRIDGELINE_PRESET"));
        let preset = preset_name.as_deref().map(|name| {
            preset::find(name).ok_or_else(|| format!("preset {name}: not found; the default is used"))
        });
        let preset = match preset {
            Some(Ok(preset)) => preset,
            Some(Err(warning)) => {
                warnings.push(warning);
                preset::default()
            }
            // A theme made for a preset brings it along.
            None => preset::find(&theme.name).unwrap_or_else(preset::default),
        };
        let depth = depth(flags.color, theme.look.depth, env);
        Looks { preset, depth, width: width(flags.width, preset, env), theme, warnings }
    }
}

/// Columns that Claude Code keeps: it cuts a row that is wider than `COLUMNS - 4` (measured on
/// 2.1.330).
const MARGIN: usize = 4;

/// Columns for a row: what the host has, narrowed by the flag; else the flag, the terminal, or what
/// the preset takes without either.
fn width(flag: Option<usize>, preset: &Preset, env: &Env) -> usize {
    let columns = env.var("COLUMNS").and_then(|columns| columns.trim().parse::<usize>().ok());
    match columns.filter(|columns| *columns > 0) {
        Some(columns) => {
            let host = columns.saturating_sub(MARGIN).max(1);
            flag.map_or(host, |flag| flag.min(host))
        }
        None => flag.or_else(|| env.terminal_columns()).unwrap_or(preset.width),
    }
}

/// How many colours: what is asked for, then what the theme is made for, then what the terminal
/// says of itself. Output is a pipe under an agent, so that tells nothing.
fn depth(when: ColorWhen, theme: Option<Depth>, env: &Env) -> Depth {
    let color_term = env.var("COLORTERM").unwrap_or_default();
    let term = env.var("TERM").unwrap_or_default();
    let terminal = match term.as_str() {
        _ if matches!(color_term.as_str(), "truecolor" | "24bit") => Depth::True,
        "linux" | "vt100" | "vt220" | "ansi" | "cygwin" => Depth::Ansi16,
        term if term.ends_with("-direct") => Depth::True,
        term if term.ends_with("-16color") => Depth::Ansi16,
        // Every terminal that an agent runs in has these.
        _ => Depth::Ansi256,
    };
    let wanted = theme.unwrap_or(terminal);
    // https://no-color.org: any value that is not empty.
    let no_color = env.has("NO_COLOR");
    match (when, env.var("FORCE_COLOR").as_deref()) {
        (ColorWhen::Never, _) => Depth::None,
        (ColorWhen::Always, _) => wanted,
        (ColorWhen::Auto, _) if no_color => Depth::None,
        // https://force-color.org, with the levels that Node's libraries give it.
        (ColorWhen::Auto, Some("0" | "false")) => Depth::None,
        (ColorWhen::Auto, Some("1")) => theme.unwrap_or(Depth::Ansi16),
        (ColorWhen::Auto, Some("2")) => theme.unwrap_or(Depth::Ansi256),
        (ColorWhen::Auto, Some("3")) => theme.unwrap_or(Depth::True),
        (ColorWhen::Auto, Some(_)) => wanted,
        (ColorWhen::Auto, None) if env.var("CLICOLOR_FORCE").is_some_and(|force| force != "0") => wanted,
        (ColorWhen::Auto, None) if term == "dumb" && theme.is_none() => Depth::None,
        (ColorWhen::Auto, None) => wanted,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::ffi::OsString;
    use std::time::UNIX_EPOCH;

    fn env(vars: &[(&'static str, &str)]) -> Env {
        Env::fixed(UNIX_EPOCH, vars.iter().map(|(key, value)| (*key, OsString::from(value))))
    }

    #[test]
    fn depths() {
        use ColorWhen::{Always, Auto, Never};
        let check = |when, vars: &[(&'static str, &str)], expected| {
            assert_eq!(depth(when, None, &env(vars)), expected, "{when:?} {vars:?}");
        };
        check(Auto, &[], Depth::Ansi256);
        check(Auto, &[("TERM", "xterm-256color")], Depth::Ansi256);
        check(Auto, &[("TERM", "xterm"), ("COLORTERM", "truecolor")], Depth::True);
        check(Auto, &[("TERM", "linux")], Depth::Ansi16);
        check(Auto, &[("TERM", "xterm-direct")], Depth::True);
        check(Auto, &[("TERM", "dumb")], Depth::None);
        check(Auto, &[("TERM", "dumb"), ("CLICOLOR_FORCE", "1")], Depth::Ansi256);
        check(Auto, &[("TERM", "dumb"), ("CLICOLOR_FORCE", "0")], Depth::None);
        check(Auto, &[("NO_COLOR", "1"), ("COLORTERM", "truecolor")], Depth::None);
        check(Auto, &[("NO_COLOR", "1"), ("FORCE_COLOR", "3")], Depth::None);
        check(Auto, &[("NO_COLOR", "")], Depth::Ansi256);
        check(Auto, &[("FORCE_COLOR", "0")], Depth::None);
        check(Auto, &[("FORCE_COLOR", "1")], Depth::Ansi16);
        check(Auto, &[("FORCE_COLOR", "3")], Depth::True);
        check(Auto, &[("FORCE_COLOR", "true"), ("COLORTERM", "24bit")], Depth::True);
        check(Always, &[("NO_COLOR", "1"), ("COLORTERM", "truecolor")], Depth::True);
        check(Always, &[("TERM", "dumb")], Depth::Ansi256);
        check(Never, &[("FORCE_COLOR", "3")], Depth::None);
    }

    #[test]
    fn a_theme_of_a_fixed_depth_asks_no_variable_unless_colours_are_off() {
        let fixed = |vars: &[(&'static str, &str)]| depth(ColorWhen::Auto, Some(Depth::Ansi256), &env(vars));
        assert_eq!(fixed(&[("COLORTERM", "truecolor")]), Depth::Ansi256);
        assert_eq!(fixed(&[("TERM", "dumb")]), Depth::Ansi256);
        assert_eq!(fixed(&[("NO_COLOR", "1")]), Depth::None);
    }

    #[test]
    fn widths() {
        let check = |flag, vars: &[(&'static str, &str)], expected| {
            assert_eq!(width(flag, preset::default(), &env(vars)), expected, "{flag:?} {vars:?}");
        };
        check(None, &[("COLUMNS", "120")], 116);
        check(Some(40), &[("COLUMNS", "120")], 40);
        check(Some(400), &[("COLUMNS", "120")], 116);
        check(None, &[("COLUMNS", "3")], 1);
        check(None, &[("COLUMNS", "0")], 80);
        check(None, &[("COLUMNS", "wide")], 80);
        check(Some(40), &[], 40);
        check(None, &[], 80);
    }

    #[test]
    fn the_classic_theme_brings_its_preset_and_a_flag_wins() {
        let env = env(&[("BRIDGELINE_THEME", "classic")]);
        let paths = Paths::new(&env);
        let preset = |flags: &Flags| Looks::new(flags, &env, &paths).preset.name;
        assert_eq!(preset(&Flags::default()), "classic");
        assert_eq!(preset(&Flags { theme: Some("mono".into()), ..Flags::default() }), "default");
        assert_eq!(preset(&Flags { preset: Some("full".into()), ..Flags::default() }), "full");
        let wrong = Looks::new(&Flags { preset: Some("nope".into()), ..Flags::default() }, &env, &paths);
        assert_eq!((wrong.preset.name, wrong.warnings.len()), ("default", 1));
    }
}
