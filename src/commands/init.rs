//! `bridgeline init`: what a shell's start file evaluates, so that the session of the working directory
//! shows in its prompt.

use crate::cli::Shell;

/// The snippet for a shell.
pub fn snippet(shell: Shell) -> &'static str {
    match shell {
        Shell::Bash => include_str!("../shell/init.bash"),
        Shell::Zsh => include_str!("../shell/init.zsh"),
        Shell::Fish => include_str!("../shell/init.fish"),
        Shell::Nu => include_str!("../shell/init.nu"),
        Shell::Pwsh => include_str!("../shell/init.ps1"),
    }
}
