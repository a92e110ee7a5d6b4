//! `bridgeline init`: what a shell's start file evaluates, so that the session of the working directory
//! shows in its prompt.

use crate::settings::PromptShell;

/// The snippet for a shell.
pub fn snippet(shell: PromptShell) -> &'static str {
    match shell {
        PromptShell::Bash => include_str!("../shell/init.bash"),
        PromptShell::Zsh => include_str!("../shell/init.zsh"),
        PromptShell::Fish => include_str!("../shell/init.fish"),
        PromptShell::Nu => include_str!("../shell/init.nu"),
        PromptShell::Pwsh => include_str!("../shell/init.ps1"),
    }
}
