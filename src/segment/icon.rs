//! The characters of icons, in sets for different fonts.

use super::Settings;

/// A set of icons.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Icons {
    /// Glyphs of a patched font (<https://www.nerdfonts.com>, version 3).
    Nerd,
    /// Emoji, two columns each.
    Emoji,
    /// Characters of any font with good Unicode coverage.
    Text,
    /// ASCII, for consoles with few other characters.
    Ascii,
}

impl Icons {
    /// All sets, by the names in config.
    pub const ALL: &[(&str, Icons)] =
        &[("nerd", Icons::Nerd), ("emoji", Icons::Emoji), ("text", Icons::Text), ("ascii", Icons::Ascii)];

    /// The icon of a segment. `None` if it is empty.
    pub fn of(self, settings: &Settings) -> Option<&str> {
        let icon = settings.icon.as_deref().unwrap_or_else(|| settings.kind.icon[self as usize]);
        Some(icon).filter(|icon| !icon.is_empty())
    }
}
