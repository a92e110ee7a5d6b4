//! The start files of shells, and the one line in them that brings the prompt.

use std::path::{Path, PathBuf};

use super::command::names_us;
use super::jsonc::newline;
use crate::base::env::Env;

/// A shell whose prompt can show the line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PromptShell {
    Bash,
    Zsh,
    Fish,
    Nu,
    Pwsh,
}

/// At the end of our line: what bears it is ours.
const MARK: &str = "# by bridgeline install";

impl PromptShell {
    /// All of them.
    pub const ALL: [PromptShell; 5] =
        [PromptShell::Bash, PromptShell::Zsh, PromptShell::Fish, PromptShell::Nu, PromptShell::Pwsh];

    /// As in `--prompt`.
    pub fn name(self) -> &'static str {
        match self {
            PromptShell::Bash => "bash",
            PromptShell::Zsh => "zsh",
            PromptShell::Fish => "fish",
            PromptShell::Nu => "nu",
            PromptShell::Pwsh => "pwsh",
        }
    }

    /// The shell of that name.
    pub fn named(name: &str) -> Option<PromptShell> {
        PromptShell::ALL.into_iter().find(|shell| shell.name() == name)
    }

    /// What evaluates `bridgeline init <shell>` in this shell.
    fn line(self, program: &str) -> String {
        let name = self.name();
        let call = match self {
            PromptShell::Bash | PromptShell::Zsh => {
                format!("eval \"$({} init {name})\"", posix_quoted(program))
            }
            PromptShell::Fish => {
                let quoted = program.replace('\\', r"\\").replace('\'', r"\'");
                format!("'{quoted}' init fish | source")
            }
            // Nushell evaluates nothing that it makes: it loads this file after its configuration.
            PromptShell::Nu => {
                let folder = r#"($nu.data-dir | path join "vendor" "autoload")"#;
                let file = r#"($nu.data-dir | path join "vendor" "autoload" "bridgeline.nu")"#;
                // In single quotes nothing is special, and no single quote can stand.
                let quoted = match program.contains('\'') {
                    false => format!("'{program}'"),
                    true => crate::base::json::quote(program),
                };
                format!("mkdir {folder}; ^{quoted} init nu | save --force {file}")
            }
            PromptShell::Pwsh => {
                format!("Invoke-Expression (& '{}' init pwsh | Out-String)", program.replace('\'', "''"))
            }
        };
        format!("{call} {MARK}")
    }
}

/// In single quotes, for both bash and zsh; a path is one word then.
fn posix_quoted(program: &str) -> String {
    format!("'{}'", program.replace('\'', r"'\''"))
}

/// The file of PowerShell's that `$PROFILE` names.
const PROFILE: &str = "Microsoft.PowerShell_profile.ps1";

/// The file that a shell reads when it starts for a user at a terminal. `None` without a home.
pub fn start_file(shell: PromptShell, env: &Env) -> Option<PathBuf> {
    let home = env.home()?;
    let config = || env.path("XDG_CONFIG_HOME").unwrap_or_else(|| home.join(".config"));
    Some(match shell {
        PromptShell::Bash => home.join(".bashrc"),
        PromptShell::Zsh => env.path("ZDOTDIR").unwrap_or(home).join(".zshrc"),
        PromptShell::Fish => config().join("fish/conf.d/bridgeline.fish"),
        PromptShell::Nu => nu_config(env, &home).join("config.nu"),
        PromptShell::Pwsh if cfg!(windows) => home.join("Documents").join("PowerShell").join(PROFILE),
        PromptShell::Pwsh => config().join("powershell").join(PROFILE),
    })
}

/// What our line has made the shell write, and goes with the line: a file of Nushell's.
pub fn generated(shell: PromptShell, env: &Env) -> Option<PathBuf> {
    let home = env.home()?;
    let data = || {
        let system = match () {
            () if cfg!(windows) => env.path("APPDATA"),
            () if cfg!(target_os = "macos") => Some(home.join("Library/Application Support")),
            () => Some(home.join(".local/share")),
        };
        env.path("XDG_DATA_HOME").or(system)
    };
    match shell {
        PromptShell::Nu => {
            Some(data()?.join("nushell").join("vendor").join("autoload").join("bridgeline.nu"))
        }
        _ => None,
    }
}

fn nu_config(env: &Env, home: &Path) -> PathBuf {
    let system = match () {
        () if cfg!(windows) => env.path("APPDATA"),
        () if cfg!(target_os = "macos") => Some(home.join("Library/Application Support")),
        () => None,
    };
    env.path("XDG_CONFIG_HOME").or(system).unwrap_or_else(|| home.join(".config")).join("nushell")
}

/// The start file with our line at its end, or in the place of the one with another path. A line of
/// the user's own that starts `bridgeline init` counts as ours.
pub fn add(text: &str, shell: PromptShell, program: &str) -> String {
    let line = shell.line(program);
    if let Some((start, old)) = marked(text) {
        return format!("{}{line}{}", &text[..start], &text[start + old.len()..]);
    }
    if text.lines().any(|line| starts_init(line, shell, program)) {
        return text.to_owned();
    }
    let newline = newline(text);
    let gap = if text.is_empty() || text.ends_with('\n') { "" } else { newline };
    format!("{text}{gap}{line}{newline}")
}

/// The start file without our line.
pub fn remove(text: &str) -> String {
    let Some((start, line)) = marked(text) else { return text.to_owned() };
    let rest = &text[start + line.len()..];
    let rest = rest.strip_prefix("\r\n").or_else(|| rest.strip_prefix('\n')).unwrap_or(rest);
    format!("{}{rest}", &text[..start])
}

/// Our line, without its end, and where it begins.
fn marked(text: &str) -> Option<(usize, &str)> {
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let bare = line.trim_end_matches(['\r', '\n']);
        if bare.ends_with(MARK) {
            return Some((start, bare));
        }
        start += line.len();
    }
    None
}

fn starts_init(line: &str, shell: PromptShell, program: &str) -> bool {
    let code = line.split(" #").next().unwrap_or(line).trim_start();
    let words: Vec<&str> = code
        .split(|c: char| c.is_whitespace() || "\"'()$&`;|".contains(c))
        .filter(|word| !word.is_empty())
        .collect();
    !code.starts_with('#')
        && words
            .windows(3)
            .any(|words| names_us(words[0], program) && words[1] == "init" && words[2] == shell.name())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line_is_added_followed_and_taken_out() {
        for shell in PromptShell::ALL {
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
        check("eval \"$(bridgeline init bash)\"\n", PromptShell::Bash, true);
        check("  /opt/bridgeline init fish | source\n", PromptShell::Fish, true);
        check("eval \"$(bridgeline init zsh)\"\n", PromptShell::Bash, false);
        check("# eval \"$(bridgeline init bash)\"\n", PromptShell::Bash, false);
        check("eval \"$(starship init bash)\"\n", PromptShell::Bash, false);
    }
}
