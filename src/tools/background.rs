//! The terminal, asked for its background (OSC 11), so that the line knows it: under an agent it has no terminal to
//! ask.

use std::time::Duration;

use terminal_colorsaurus::{QueryOptions, background_color};

use crate::config::Invocation;
use crate::session::appearance;
use crate::tools::screen::is_at_terminal;

/// Longest wait for an answer. Terminals answer at once, or say that they do not; what comes later from a far one
/// would be typed into the shell.
const LIMIT: Duration = Duration::from_millis(500);

/// Asks, and remembers the answer for the line. Without a terminal, an answer or a home nothing is asked or changed:
/// the line then takes the terminal's own colours.
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
