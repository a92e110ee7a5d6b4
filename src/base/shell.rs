//! The shells that we support.

use strum::IntoStaticStr;

/// A shell whose prompt can show a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, IntoStaticStr)]
#[strum(serialize_all = "lowercase")]
pub enum Shell {
    Bash,
    Zsh,
    Fish,
    Nu,
    Pwsh,
}

impl Shell {
    pub const ALL: [Shell; 5] = [Shell::Bash, Shell::Zsh, Shell::Fish, Shell::Nu, Shell::Pwsh];

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
