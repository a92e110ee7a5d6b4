//! The shells that we support.

use clap::ValueEnum;
use strum::IntoStaticStr;

/// A shell whose prompt can show a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, IntoStaticStr, ValueEnum)]
#[strum(serialize_all = "lowercase")]
pub enum Shell {
    Bash,
    Zsh,
    Fish,
    #[value(alias = "nushell")]
    Nu,
    #[value(alias = "powershell")]
    Pwsh,
}

impl Shell {
    /// Name of its program.
    pub fn name(self) -> &'static str {
        self.into()
    }

    /// Code that shows the session of the working directory in the prompt.
    pub fn init(self) -> &'static str {
        match self {
            Shell::Bash => include_str!("../shell/init.bash"),
            Shell::Zsh => include_str!("../shell/init.zsh"),
            Shell::Fish => include_str!("../shell/init.fish"),
            Shell::Nu => include_str!("../shell/init.nu"),
            Shell::Pwsh => include_str!("../shell/init.ps1"),
        }
    }
}
