//! Queries the terminal's background (OSC 11) for the line, which has no terminal to query under an agent.

use std::time::Duration;

use terminal_colorsaurus::{QueryOptions, background_color};

use crate::config::Invocation;
use crate::session::appearance;
use crate::tools::screen::is_at_terminal;

/// Longest wait for an answer. Terminals answer at once, or report that they don't support it; a late answer of a
/// remote one would be typed into the shell.
const LIMIT: Duration = Duration::from_millis(500);

/// Queries the background and remembers it for the line. Without a terminal, an answer or a home directory nothing
/// changes: the line then uses the terminal's own colours.
pub fn ask(call: &Invocation) {
    let Some(state) = call.paths.state.as_deref() else { return };
    if !is_at_terminal() {
        return;
    }
    let mut options = QueryOptions::default();
    options.timeout = LIMIT;
    if let Ok(color) = background_color(options) {
        _ = appearance::remember(color.perceived_lightness() > 0.5, &call.env, state);
    }
}
