//! The start files of shells, and the line in them that sets up the prompt.

use std::path::PathBuf;

use super::command::names_us;
use super::jsonc::newline;
use crate::base::env::Env;
use crate::base::json::quote;
use crate::base::shell::Shell;

/// Comment at the end of our line, which marks it as ours.
const MARK: &str = "# by bridgeline install";

/// The line that evaluates `bridgeline init`.
fn line(shell: Shell, program: &str) -> String {
    let name = shell.name();
    let call = match shell {
        Shell::Bash | Shell::Zsh => {
            let quoted = program.replace('\'', r"'\''");
            format!("eval \"$('{quoted}' init {name})\"")
        }
        Shell::Fish => {
            let quoted = program.replace('\\', r"\\").replace('\'', r"\'");
            format!("'{quoted}' init fish | source")
        }
        // Nushell cannot evaluate generated code, but loads this file after its configuration.
        Shell::Nu => {
            let folder = r#"($nu.data-dir | path join "vendor" "autoload")"#;
            let file = r#"($nu.data-dir | path join "vendor" "autoload" "bridgeline.nu")"#;
            // A single-quoted string has no escapes and cannot contain a single quote.
            let quoted = if program.contains('\'') { quote(program) } else { format!("'{program}'") };
            format!("mkdir {folder}; ^{quoted} init nu | save --force {file}")
        }
        Shell::Pwsh => {
            format!("Invoke-Expression (& '{}' init pwsh | Out-String)", program.replace('\'', "''"))
        }
    };
    format!("{call} {MARK}")
}

/// PowerShell's `$PROFILE`.
const PROFILE: &str = "Microsoft.PowerShell_profile.ps1";

/// The file that an interactive shell reads when it starts. `None` without a home.
pub fn start_file(shell: Shell, env: &Env) -> Option<PathBuf> {
    let home = env.home()?;
    let config = || env.path("XDG_CONFIG_HOME").unwrap_or_else(|| home.join(".config"));
    Some(match shell {
        Shell::Bash => home.join(".bashrc"),
        Shell::Zsh => env.path("ZDOTDIR").unwrap_or(home).join(".zshrc"),
        Shell::Fish => config().join("fish/conf.d/bridgeline.fish"),
        Shell::Nu => nushell_folder("XDG_CONFIG_HOME", ".config", env)?.join("config.nu"),
        Shell::Pwsh if cfg!(windows) => home.join("Documents").join("PowerShell").join(PROFILE),
        Shell::Pwsh => config().join("powershell").join(PROFILE),
    })
}

/// A file that our line makes the shell write, to be removed with the line.
pub fn generated(shell: Shell, env: &Env) -> Option<PathBuf> {
    let data = nushell_folder("XDG_DATA_HOME", ".local/share", env).filter(|_| shell == Shell::Nu)?;
    Some(data.join("vendor").join("autoload").join("bridgeline.nu"))
}

/// Nushell's folder, inside the one that the variable names, the system's own, or on Linux the one below home.
fn nushell_folder(variable: &str, linux: &str, env: &Env) -> Option<PathBuf> {
    let home = env.home()?;
    let system = match std::env::consts::OS {
        "windows" => env.path("APPDATA"),
        "macos" => Some(home.join("Library/Application Support")),
        _ => None,
    };
    Some(env.path(variable).or(system).unwrap_or_else(|| home.join(linux)).join("nushell"))
}

/// The start file with our line added at its end, or updated. Nothing is added if the user has a line that calls
/// `bridgeline init`.
pub fn add(text: &str, shell: Shell, program: &str) -> String {
    let new = line(shell, program);
    if text.lines().any(is_marked) {
        let lines = text.split_inclusive('\n').map(|line| match is_marked(line) {
            true => format!("{new}{}", &line[line.trim_end().len()..]),
            false => line.to_owned(),
        });
        return lines.collect();
    }
    if text.lines().any(|line| starts_init(line, shell, program)) {
        return text.to_owned();
    }
    let newline = newline(text);
    let gap = if text.is_empty() || text.ends_with('\n') { "" } else { newline };
    format!("{text}{gap}{new}{newline}")
}

/// The start file without our line.
pub fn remove(text: &str) -> String {
    text.split_inclusive('\n').filter(|line| !is_marked(line)).collect()
}

fn is_marked(line: &str) -> bool {
    line.trim_end().ends_with(MARK)
}

fn starts_init(line: &str, shell: Shell, program: &str) -> bool {
    let code = line.split(" #").next().unwrap_or(line).trim_start();
    let words = code.split(|c: char| c.is_whitespace() || "\"'()$&`;|".contains(c));
    let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
    let is_it = |words: &[&str]| names_us(words[0], program) && words[1..] == ["init", shell.name()];
    !code.starts_with('#') && words.windows(3).any(is_it)
}

#[cfg(test)]
mod tests {
    use clap::ValueEnum;

    use super::*;

    #[test]
    fn one_line_is_added_followed_and_taken_out() {
        for shell in Shell::value_variants().iter().copied() {
            for text in ["", "alias ll='ls -l'\n", "a\r\nb\r\n", "# end without line end"] {
                let added = add(text, shell, "/a b/bridgeline");
                assert!(added.starts_with(text) && added.matches("init").count() == 1, "{added}");
                assert_eq!(add(&added, shell, "/a b/bridgeline"), added);
                let moved = add(&added, shell, "/c/bridgeline");
                assert_eq!(moved, added.replace("/a b/", "/c/"));
                assert_eq!(remove(&moved).trim_end(), text.trim_end());
                let after = format!("{moved}later\n");
                assert_eq!(remove(&after).trim_end_matches("later\n").trim_end(), text.trim_end());
            }
        }
    }

    #[test]
    fn a_line_of_the_users_own_is_enough() {
        let check = |line: &str, shell, expected| {
            assert_eq!(add(line, shell, "/a/bridgeline") == line, expected, "{line}");
        };
        check("eval \"$(bridgeline init bash)\"\n", Shell::Bash, true);
        check("  /opt/bridgeline init fish | source\n", Shell::Fish, true);
        check("eval \"$(bridgeline init zsh)\"\n", Shell::Bash, false);
        check("# eval \"$(bridgeline init bash)\"\n", Shell::Bash, false);
        check("eval \"$(starship init bash)\"\n", Shell::Bash, false);
    }
}
