//! `bridgeline completions`: the script of a shell, with the themes that are there, the user's among
//! them. Fails when its output cannot be written.

use std::io::Write;

use anyhow::Context;

use crate::base::env::Env;
use crate::cli::{self, CompletionShell};
use crate::store::Paths;
use crate::theme::Theme;

/// Prints the script.
///
/// # Errors
/// Standard output cannot be written.
pub fn run(shell: CompletionShell, env: &Env, out: &mut impl Write) -> anyhow::Result<()> {
    let themes = Theme::all(Paths::new(env).themes.as_deref());
    // What somebody's file says of itself has no place in a script that a shell runs.
    let about = |theme: &Theme| if theme.path.is_none() { theme.about.to_string() } else { "yours".into() };
    let themes = themes.iter().map(|theme| (theme.name.to_string(), about(theme)));
    let script = cli::completions(shell, themes);
    out.write_all(&script).context("standard output")
}
