//! `bridgeline completions`: what a shell needs to complete our commands, made from their table.

use clap::builder::{PossibleValue, PossibleValuesParser};
use clap::{Arg, ArgMatches, Command};
use clap_complete::{Generator, Shell};
use clap_complete_nushell::Nushell;

use super::looks::THEME;

/// A shell that completions are for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CompletionShell {
    /// Bash, from 4.
    Bash,
    /// Zsh.
    Zsh,
    /// Fish.
    Fish,
    /// PowerShell, from 5.
    PowerShell,
    /// Nushell.
    Nushell,
}

const SHELLS: [(&str, CompletionShell); 5] = [
    ("bash", CompletionShell::Bash),
    ("zsh", CompletionShell::Zsh),
    ("fish", CompletionShell::Fish),
    ("powershell", CompletionShell::PowerShell),
    ("nushell", CompletionShell::Nushell),
];

pub(super) fn grammar() -> Command {
    Command::new("completions")
        .about("Print what a shell needs to complete commands, options, themes and presets")
        .arg(
            Arg::new("shell")
                .value_name("SHELL")
                .required(true)
                .value_parser(PossibleValuesParser::new(SHELLS.map(|(name, _)| name)))
                .help("The shell to print it for"),
        )
        .after_help(WHERE)
}

const WHERE: &str = "Where it goes:
  bash        bridgeline completions bash > ~/.local/share/bash-completion/completions/bridgeline
  zsh         bridgeline completions zsh > _bridgeline, in a folder of $fpath
  fish        bridgeline completions fish > ~/.config/fish/completions/bridgeline.fish
  powershell  bridgeline completions powershell >> $PROFILE
  nushell     bridgeline completions nushell > a file, and `use FILE *` in config.nu

Themes of your own are among them as they are now; print it again when you have made one.";

pub(super) fn read(matches: &ArgMatches) -> CompletionShell {
    let name: &String = matches.get_one("shell").expect("the grammar asks for it");
    SHELLS.iter().find(|(known, _)| known == name).expect("of the table").1
}

/// The script for `shell`, in which these themes (name, and what it is like) can be chosen.
pub fn completions(shell: CompletionShell, themes: impl Iterator<Item = (String, String)>) -> Vec<u8> {
    let auto = PossibleValue::new("auto").help("theme_dark or theme_light, by the terminal");
    let theme = |(name, about): (String, String)| PossibleValue::new(name).help(about);
    let themes: Vec<PossibleValue> = [auto].into_iter().chain(themes.map(theme)).collect();
    let mut grammar = with_themes(super::grammar(), &themes);
    match shell {
        CompletionShell::Bash => script(Shell::Bash, &mut grammar),
        CompletionShell::Zsh => script(Shell::Zsh, &mut grammar),
        CompletionShell::Fish => fish(&mut grammar),
        CompletionShell::PowerShell => script(Shell::PowerShell, &mut grammar),
        CompletionShell::Nushell => script(Nushell, &mut grammar),
    }
}

fn script(shell: impl Generator, grammar: &mut Command) -> Vec<u8> {
    let mut script = Vec::new();
    clap_complete::generate(shell, grammar, "bridgeline", &mut script);
    script
}

/// The generator's script, and what it leaves out for fish.
fn fish(grammar: &mut Command) -> Vec<u8> {
    let script = String::from_utf8(script(Shell::Fish, grammar)).expect("of strings");
    // An option whose value is still to come is no mistake.
    let parse = "argparse -s (__fish_bridgeline_global_optspecs) -- $cmd";
    let strict = format!("    {parse} 2>/dev/null\n");
    let lenient = format!("{strict}    or {parse} '' 2>/dev/null\n");
    let mut script = script.replace(&strict, &lenient);
    for command in grammar.get_subcommands() {
        let name = command.get_name();
        let condition = format!("__fish_bridgeline_using_subcommand {name}");
        fish_positionals(command, &condition, &mut script);
        for command in command.get_subcommands() {
            let below = format!("{condition}; and __fish_seen_subcommand_from {}", command.get_name());
            fish_positionals(command, &below, &mut script);
        }
    }
    script.into_bytes()
}

/// The words that the positional arguments of a command take.
fn fish_positionals(command: &Command, condition: &str, script: &mut String) {
    for arg in command.get_positionals() {
        let values = arg.get_possible_values();
        let words: Vec<&str> = values.iter().map(PossibleValue::get_name).collect();
        if !words.is_empty() {
            let words = words.join(" ");
            script.push_str(&format!("complete -c bridgeline -n \"{condition}\" -f -a \"{words}\"\n"));
        }
    }
}

/// A command line takes any theme, since there may be a file of that name; a shell proposes those it is told.
fn with_themes(command: Command, themes: &[PossibleValue]) -> Command {
    let is_theme = |arg: &Arg| {
        arg.get_value_names().is_some_and(|names| names.iter().any(|name| name.as_str() == THEME))
    };
    let takes = |arg: Arg| match is_theme(&arg) {
        true => arg.value_parser(PossibleValuesParser::new(themes.to_vec())),
        false => arg,
    };
    command.mut_args(takes).mut_subcommands(|command| with_themes(command, themes))
}
