//! The abilities of the terminal, judging by the environment. Under an agent the output is a pipe, which shows nothing.

use crate::base::env::Env;
use crate::segment::Icons;
use crate::theme::Depth;

/// Reason for the width when it is unknown.
pub const FALLBACK: &str = "fallback_width: terminal width unknown";

/// Inputs that decide the columns of a row.
pub struct Width {
    /// `--width`: it can only narrow the agent's width.
    pub flag: Option<usize>,
    /// Maximum number of columns by config.
    pub most: Option<usize>,
    /// Columns that the agent reserves: Claude Code cuts a row that is wider than `COLUMNS - 4` (measured on
    /// 2.1.330).
    pub margin: usize,
    /// Columns if the width is unknown.
    pub fallback: usize,
}

impl Width {
    /// Columns for a row, and what decided them: those of the agent, the flag or the terminal, narrowed by flag and
    /// config; else those of config, or the fallback.
    pub fn columns(&self, env: &Env) -> (usize, &'static str) {
        let host = env.var("COLUMNS").and_then(|columns| columns.trim().parse::<usize>().ok());
        let host = host.filter(|columns| *columns > 0);
        let host = host.map(|columns| columns.saturating_sub(self.margin).max(1));
        let (columns, why) = match (host, self.flag) {
            (Some(host), Some(flag)) if flag < host => (flag, "--width"),
            (Some(host), _) => (host, "COLUMNS less margin"),
            (None, Some(flag)) => (flag, "--width"),
            (None, None) => match (env.terminal_columns(), self.most) {
                (Some(columns), _) => (columns, "the terminal"),
                (None, Some(most)) => (most, "width from the config: terminal width unknown"),
                (None, None) => (self.fallback, FALLBACK),
            },
        };
        match self.most {
            Some(most) if most < columns => (most, "width from the config"),
            _ => (columns, why),
        }
    }
}

/// Number of colours, and what decided it: the config, then the theme, then the terminal's variables.
pub fn depth(wanted: &str, theme: Option<Depth>, env: &Env) -> (Depth, &'static str) {
    let color_term = env.var("COLORTERM").unwrap_or_default();
    let term = env.var("TERM").unwrap_or_default();
    let terminal = match term.as_str() {
        _ if matches!(color_term.as_str(), "truecolor" | "24bit") => (Depth::True, "COLORTERM"),
        "linux" | "vt100" | "vt220" | "ansi" | "cygwin" => (Depth::Ansi16, "TERM"),
        term if term.ends_with("-direct") => (Depth::True, "TERM"),
        term if term.ends_with("-16color") => (Depth::Ansi16, "TERM"),
        // Every terminal that agents run in has at least these.
        _ => (Depth::Ansi256, "COLORTERM and TERM show no other depth"),
    };
    let fixed = theme.map(|depth| (depth, "required by the theme"));
    let best = fixed.unwrap_or(terminal);
    let asked = match wanted {
        "never" => return (Depth::None, "color = never"),
        "always" => return best,
        "16" => Some(Depth::Ansi16),
        "256" => Some(Depth::Ansi256),
        "truecolor" => Some(Depth::True),
        _ => None,
    };
    // https://no-color.org: any value that is not empty.
    if env.has("NO_COLOR") {
        return (Depth::None, "NO_COLOR");
    }
    let forced = |depth| fixed.unwrap_or((depth, "FORCE_COLOR"));
    match env.var("FORCE_COLOR").as_deref() {
        // https://force-color.org, with the levels that Node's libraries give it.
        Some("0" | "false") => (Depth::None, "FORCE_COLOR"),
        _ if asked.is_some() => (asked.unwrap_or(best.0), "color from the config"),
        Some("1") => forced(Depth::Ansi16),
        Some("2") => forced(Depth::Ansi256),
        Some("3") => forced(Depth::True),
        Some(_) => best,
        None if env.var("CLICOLOR_FORCE").is_some_and(|force| force != "0") => best,
        None if term == "dumb" && theme.is_none() => (Depth::None, "TERM=dumb"),
        None => best,
    }
}

/// Icon set to assume, and the variable that decided it. Terminals that ship Nerd Font symbols are recognised by name:
/// WezTerm, Ghostty, and kitty from 0.36 on. Emoji are never guessed.
pub fn icons(env: &Env) -> (Icons, &'static str) {
    let program = env.var("TERM_PROGRAM").unwrap_or_default();
    let term = env.var("TERM").unwrap_or_default();
    match (program.as_str(), term.as_str()) {
        // Inside a multiplexer the outer terminal is unknown.
        ("tmux", _) => (Icons::Text, "TERM_PROGRAM"),
        ("WezTerm" | "ghostty", _) => (Icons::Nerd, "TERM_PROGRAM"),
        (_, "wezterm" | "xterm-ghostty" | "xterm-kitty") => (Icons::Nerd, "TERM"),
        (_, "linux" | "vt100" | "vt220" | "cygwin") => (Icons::Ascii, "TERM"),
        _ => (Icons::Text, "this terminal is not known to ship Nerd Font icons"),
    }
}

/// Values of `TERM_PROGRAM` in terminals that support hyperlinks (OSC 8).
const LINKING_PROGRAMS: [&str; 9] =
    ["iTerm.app", "WezTerm", "ghostty", "vscode", "zed", "mintty", "rio", "Tabby", "Hyper"];

/// The same for `TERM`.
const LINKING_TERMS: [&str; 7] =
    ["xterm-kitty", "xterm-ghostty", "wezterm", "foot", "foot-extra", "alacritty", "contour"];

type LinksWith = fn(&str) -> bool;

/// Further variables, with a test of their values in such terminals. Some other terminals print the address.
const LINKING: [(&str, LinksWith); 4] = [
    // Windows Terminal.
    ("WT_SESSION", |_| true),
    // GNOME Terminal and others that use its library, which crashes at 0.50.0.
    ("VTE_VERSION", |version| at_least(version, 5001.0)),
    ("KONSOLE_VERSION", |version| at_least(version, 201_200.0)),
    // The switch for Node programs, Claude Code among them.
    ("FORCE_HYPERLINK", |force| force != "0"),
];

fn at_least(version: &str, least: f32) -> bool {
    version.trim_end_matches(char::is_alphabetic).parse().is_ok_and(|version: f32| version >= least)
}

/// `true` if the terminal is known to support hyperlinks, and the variable that decided it.
pub fn links(env: &Env, depth: Depth) -> (bool, &'static str) {
    let var = |name| env.var(name).unwrap_or_default();
    match (var("TERM_PROGRAM").as_str(), var("TERM").as_str()) {
        _ if depth == Depth::None => (false, "no escape sequences without colours"),
        // It knows whether the outer terminal supports them; older versions drop them.
        ("tmux", _) => (at_least(&var("TERM_PROGRAM_VERSION"), 3.4), "TERM_PROGRAM_VERSION of tmux"),
        // Variables of the outer terminal are inherited.
        (_, term) if term.starts_with("screen") || term.starts_with("tmux") => (false, "TERM"),
        (program, _) if LINKING_PROGRAMS.contains(&program) => (true, "TERM_PROGRAM"),
        (_, term) if LINKING_TERMS.contains(&term) => (true, "TERM"),
        _ => {
            let known = LINKING.iter().find(|(name, takes)| env.var(name).is_some_and(|value| takes(&value)));
            known.map_or((false, "this terminal is not known to support links"), |(name, _)| (true, name))
        }
    }
}

/// The terminal's background is light: `COLORFGBG` ends in the number of the background among the sixteen (rxvt,
/// Konsole, and others). `None` if it is unknown.
pub fn is_light(env: &Env) -> Option<bool> {
    let colors = env.var("COLORFGBG")?;
    match colors.rsplit(';').next()?.parse() {
        Ok(7 | 9..=15) => Some(true),
        Ok(0..=6 | 8) => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::UNIX_EPOCH;

    fn env(vars: &[(&'static str, &str)]) -> Env {
        Env::fixed(UNIX_EPOCH, vars.iter().map(|(key, value)| (*key, value.into())))
    }

    #[test]
    fn depths() {
        let check = |wanted, vars: &[(&'static str, &str)], expected| {
            assert_eq!(depth(wanted, None, &env(vars)).0, expected, "{wanted} {vars:?}");
        };
        check("auto", &[], Depth::Ansi256);
        check("auto", &[("TERM", "xterm-256color")], Depth::Ansi256);
        check("auto", &[("TERM", "xterm"), ("COLORTERM", "truecolor")], Depth::True);
        check("auto", &[("TERM", "linux")], Depth::Ansi16);
        check("auto", &[("TERM", "xterm-direct")], Depth::True);
        check("auto", &[("TERM", "dumb")], Depth::None);
        check("auto", &[("TERM", "dumb"), ("CLICOLOR_FORCE", "1")], Depth::Ansi256);
        check("auto", &[("TERM", "dumb"), ("CLICOLOR_FORCE", "0")], Depth::None);
        check("auto", &[("NO_COLOR", "1"), ("COLORTERM", "truecolor")], Depth::None);
        check("auto", &[("NO_COLOR", "1"), ("FORCE_COLOR", "3")], Depth::None);
        check("auto", &[("NO_COLOR", "")], Depth::Ansi256);
        check("auto", &[("FORCE_COLOR", "0")], Depth::None);
        check("auto", &[("FORCE_COLOR", "1")], Depth::Ansi16);
        check("auto", &[("FORCE_COLOR", "3")], Depth::True);
        check("auto", &[("FORCE_COLOR", "true"), ("COLORTERM", "24bit")], Depth::True);
        check("always", &[("NO_COLOR", "1"), ("COLORTERM", "truecolor")], Depth::True);
        check("always", &[("TERM", "dumb")], Depth::Ansi256);
        check("never", &[("FORCE_COLOR", "3")], Depth::None);
        check("16", &[("COLORTERM", "truecolor")], Depth::Ansi16);
        check("truecolor", &[("TERM", "linux")], Depth::True);
        check("truecolor", &[("NO_COLOR", "1")], Depth::None);
        check("256", &[("FORCE_COLOR", "0")], Depth::None);
    }

    #[test]
    fn a_theme_of_a_fixed_depth_asks_no_variable_unless_colours_are_off() {
        let fixed = |vars: &[(&'static str, &str)]| depth("auto", Some(Depth::Ansi256), &env(vars)).0;
        assert_eq!(fixed(&[("COLORTERM", "truecolor")]), Depth::Ansi256);
        assert_eq!(fixed(&[("TERM", "dumb")]), Depth::Ansi256);
        assert_eq!(fixed(&[("NO_COLOR", "1")]), Depth::None);
    }

    #[test]
    fn widths() {
        let check = |flag, most, vars: &[(&'static str, &str)], expected| {
            let width = Width { flag, most, margin: 4, fallback: 80 };
            assert_eq!(width.columns(&env(vars)).0, expected, "{flag:?} {vars:?}");
        };
        check(None, None, &[("COLUMNS", "120")], 116);
        check(Some(40), None, &[("COLUMNS", "120")], 40);
        check(Some(400), None, &[("COLUMNS", "120")], 116);
        check(None, Some(100), &[("COLUMNS", "120")], 100);
        check(None, None, &[("COLUMNS", "3")], 1);
        check(None, None, &[("COLUMNS", "0")], 80);
        check(None, None, &[("COLUMNS", "wide")], 80);
        check(Some(40), None, &[], 40);
        check(None, None, &[], 80);
        check(None, Some(100), &[], 100);
        check(None, Some(40), &[], 40);
        check(Some(90), Some(100), &[], 90);
    }

    #[test]
    fn icons_are_guessed_only_where_the_terminal_brings_them() {
        let check = |vars: &[(&'static str, &str)], expected| assert_eq!(icons(&env(vars)).0, expected, "{vars:?}");
        check(&[], Icons::Text);
        check(&[("TERM", "xterm-256color"), ("TERM_PROGRAM", "WezTerm")], Icons::Nerd);
        check(&[("TERM", "xterm-kitty")], Icons::Nerd);
        check(&[("TERM", "xterm-kitty"), ("TERM_PROGRAM", "tmux")], Icons::Text);
        check(&[("TERM", "linux")], Icons::Ascii);
        check(&[("TERM_PROGRAM", "Apple_Terminal")], Icons::Text);
    }

    #[test]
    fn links_are_for_terminals_known_to_take_them() {
        let check = |vars: &[(&'static str, &str)], expected| {
            let links = [Depth::True, Depth::None].map(|depth| links(&env(vars), depth).0);
            assert_eq!(links, [expected, false], "{vars:?}");
        };
        for name in ["iTerm.app", "WezTerm", "ghostty", "vscode"] {
            check(&[("TERM_PROGRAM", name), ("TERM", "xterm-256color")], true);
        }
        check(&[("TERM_PROGRAM", "Apple_Terminal"), ("TERM", "xterm-256color")], false);
        for (term, expected) in [("xterm-kitty", true), ("foot", true), ("linux", false), ("xterm", false)] {
            check(&[("TERM", term)], expected);
        }
        check(&[("WT_SESSION", "7c1")], true);
        check(&[("VTE_VERSION", "7600")], true);
        check(&[("VTE_VERSION", "5000")], false);
        check(&[("VTE_VERSION", "new")], false);
        check(&[("KONSOLE_VERSION", "230401")], true);
        check(&[("KONSOLE_VERSION", "191200")], false);
        check(&[("FORCE_HYPERLINK", "1")], true);
        check(&[("FORCE_HYPERLINK", "0")], false);
        check(&[], false);
        // A multiplexer, started in a terminal that takes them.
        let tmux = |version, expected| {
            let vars = [("TERM_PROGRAM", "tmux"), ("TERM_PROGRAM_VERSION", version), ("VTE_VERSION", "7600")];
            check(&vars, expected);
        };
        for (version, expected) in [("3.3a", false), ("3.4", true), ("3.5a", true), ("next-3.6", false)] {
            tmux(version, expected);
        }
        check(&[("TERM", "screen-256color"), ("VTE_VERSION", "7600")], false);
        check(&[("TERM", "tmux-256color"), ("WT_SESSION", "7c1")], false);
    }

    #[test]
    fn what_has_decided_is_named() {
        let check = |vars: &[(&'static str, &str)], why: [&str; 3]| {
            let (env, width) = (env(vars), Width { flag: None, most: None, margin: 4, fallback: 80 });
            let found = [depth("auto", None, &env).1, icons(&env).1, width.columns(&env).1];
            assert!(found.iter().zip(why).all(|(found, why)| found.contains(why)), "{found:?} {vars:?}");
        };
        check(&[], ["COLORTERM and TERM", "not known to ship", "fallback_width"]);
        check(
            &[("NO_COLOR", "1"), ("TERM_PROGRAM", "WezTerm"), ("COLUMNS", "9")],
            ["NO_COLOR", "TERM_PROGRAM", "COLUMNS"],
        );
        check(&[("FORCE_COLOR", "2"), ("TERM", "linux")], ["FORCE_COLOR", "TERM", "fallback_width"]);
        check(&[("COLORTERM", "24bit"), ("TERM", "dumb")], ["TERM=dumb", "not known to ship", "fallback_width"]);
    }

    #[test]
    fn backgrounds() {
        let check = |value: &str, expected| assert_eq!(is_light(&env(&[("COLORFGBG", value)])), expected, "{value}");
        check("15;0", Some(false));
        check("0;15", Some(true));
        check("0;default;15", Some(true));
        check("12;8", Some(false));
        check("", None);
        check("nonsense", None);
        check("0;16", None);
    }
}
