//! The characters of icons and bars, in sets for fonts with more or fewer glyphs.

use crate::base::format::Bar;

/// A set of icons.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Icons {
    /// Glyphs of a patched font (<https://www.nerdfonts.com>, version 3).
    Nerd,
    /// Emoji, two columns each.
    Emoji,
    /// Characters of any font with good Unicode coverage.
    Text,
    /// For consoles with few other characters.
    Ascii,
}

/// One icon in each set; empty where a word or nothing does as well.
#[derive(Debug, Clone, Copy)]
pub struct Icon {
    pub nerd: &'static str,
    pub emoji: &'static str,
    pub text: &'static str,
    pub ascii: &'static str,
}

impl Icon {
    /// No icon in any set.
    pub const NONE: Icon = Icon { nerd: "", emoji: "", text: "", ascii: "" };

    /// An icon for the sets of pictures.
    pub const fn picture(nerd: &'static str, emoji: &'static str) -> Self {
        Icon { nerd, emoji, ..Icon::NONE }
    }
}

impl Icons {
    /// All sets, by the names in config.
    pub const ALL: &[(&str, Icons)] =
        &[("nerd", Icons::Nerd), ("emoji", Icons::Emoji), ("text", Icons::Text), ("ascii", Icons::Ascii)];

    /// The icon in this set.
    pub const fn pick(self, icon: &Icon) -> &'static str {
        match self {
            Icons::Nerd => icon.nerd,
            Icons::Emoji => icon.emoji,
            Icons::Text => icon.text,
            Icons::Ascii => icon.ascii,
        }
    }

    /// The characters of bars.
    pub const fn bar(self) -> Bar {
        match self {
            Icons::Ascii => Bar { full: "#", parts: &[], empty: "-" },
            _ => Bar { full: "█", parts: &["▏", "▎", "▍", "▌", "▋", "▊", "▉"], empty: "░" },
        }
    }
}
