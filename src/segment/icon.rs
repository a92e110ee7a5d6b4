//! The characters that icons and bars are drawn with, in sets for what the font has.

use crate::base::format::Bar;

/// A set of icons.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Icons {
    /// Those of a patched font (<https://www.nerdfonts.com>, version 3).
    Nerd,
    /// Emoji, two columns each.
    Emoji,
    /// What any font with good Unicode coverage has.
    Text,
    /// For consoles that have little else.
    Ascii,
}

/// One icon in each set; empty where a word or nothing does as well.
#[derive(Debug, Clone, Copy)]
pub struct Icon {
    /// Of a patched font.
    pub nerd: &'static str,
    /// Emoji.
    pub emoji: &'static str,
    /// Unicode.
    pub text: &'static str,
    /// ASCII.
    pub ascii: &'static str,
}

impl Icon {
    /// No icon in any set.
    pub const NONE: Icon = Icon { nerd: "", emoji: "", text: "", ascii: "" };

    /// An icon for those sets that have pictures.
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

    /// What bars are drawn with.
    pub const fn bar(self) -> Bar {
        match self {
            Icons::Ascii => Bar { full: "#", parts: &[], empty: "-" },
            _ => Bar { full: "█", parts: &["▏", "▎", "▍", "▌", "▋", "▊", "▉"], empty: "░" },
        }
    }
}
