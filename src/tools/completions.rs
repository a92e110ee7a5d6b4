//! `bridgeline completions`: the script of a shell, made from the table of commands, with all themes including the
//! user's. It fails if its output cannot be written.

use clap::builder::{PossibleValue, PossibleValuesParser};
use clap::{Arg, Command};
use clap_complete::{Generator, Shell as ClapShell};
use clap_complete_nushell::Nushell;

use super::report;
use crate::base::shell::Shell;
use crate::cli::{self, THEME};
use crate::store::Paths;
use crate::theme::Theme;

/// Prints the script.
pub fn run(shell: Shell, paths: &Paths) -> anyhow::Result<()> {
    let mut grammar = with_themes(cli::grammar(), &themes(paths));
    report::print(&match shell {
        Shell::Bash => script(ClapShell::Bash, &mut grammar),
        Shell::Zsh => script(ClapShell::Zsh, &mut grammar),
        Shell::Fish => fish(&mut grammar),
        Shell::Pwsh => script(ClapShell::PowerShell, &mut grammar),
        Shell::Nu => script(Nushell, &mut grammar),
    })
}

fn themes(paths: &Paths) -> Vec<PossibleValue> {
    let auto = PossibleValue::new("auto").help("theme_dark or theme_light, whichever suits the terminal");
    let value = |theme: Theme| {
        // Text from a user's file must not get into a script that a shell runs.
        let about = if theme.path.is_none() { theme.about.to_string() } else { "yours".to_owned() };
        PossibleValue::new(theme.name.to_string()).help(about)
    };
    let themes = Theme::all(paths.themes.as_deref());
    [auto].into_iter().chain(themes.into_iter().map(value)).collect()
}

/// A command line accepts any theme, since there may be a file with that name; a shell proposes these.
fn with_themes(command: Command, themes: &[PossibleValue]) -> Command {
    let takes = |arg: Arg| match arg.get_value_names() {
        Some([name]) if name == THEME => arg.value_parser(PossibleValuesParser::new(themes.to_vec())),
        _ => arg,
    };
    command.mut_args(takes).mut_subcommands(|command| with_themes(command, themes))
}

fn script(shell: impl Generator, grammar: &mut Command) -> String {
    let mut script = Vec::new();
    clap_complete::generate(shell, grammar, "bridgeline", &mut script);
    String::from_utf8(script).expect("clap writes UTF-8")
}

/// The generator's script with additions for fish.
fn fish(grammar: &mut Command) -> String {
    // An option whose value is still missing is not a mistake.
    let parse = "argparse -s (__fish_bridgeline_global_optspecs) -- $cmd";
    let strict = format!("    {parse} 2>/dev/null\n");
    let lenient = format!("{strict}    or {parse} '' 2>/dev/null\n");
    let mut script = script(ClapShell::Fish, grammar).replace(&strict, &lenient);
    for command in grammar.get_subcommands() {
        let condition = format!("__fish_bridgeline_using_subcommand {}", command.get_name());
        fish_positionals(command, &condition, &mut script);
        for command in command.get_subcommands() {
            let below = format!("{condition}; and __fish_seen_subcommand_from {}", command.get_name());
            fish_positionals(command, &below, &mut script);
        }
    }
    script
}

/// The words for the positional arguments of a command.
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
