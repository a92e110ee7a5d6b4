//! The settings of a segment, resolved from all config files. Plain data, so that build.rs can write those of the
//! built-in files.

use std::borrow::Cow;

use super::{Condition, Format, Kind, Role};

/// The settings of a segment.
#[derive(Clone)]
pub struct Settings {
    /// Its name in config, if that differs from the name of its kind.
    pub own_name: Option<Cow<'static, str>>,
    pub kind: &'static Kind,
    /// The lowest is dropped first on a narrow terminal.
    pub priority: u8,
    /// The longest first.
    pub formats: Cow<'static, [Format]>,
    /// Ranks at which each shorter form replaces the one before.
    pub steps: Cow<'static, [u8]>,
    /// Text before it.
    pub prefix: Cow<'static, str>,
    /// Replaces the icon of the kind.
    pub icon: Option<Cow<'static, str>>,
    /// Replaces the role of the kind.
    pub role: Option<Role>,
    /// In rising order.
    pub thresholds: Cow<'static, [Threshold]>,
    /// It is hidden while one of these holds.
    pub hide_when: Cow<'static, [Condition]>,
    /// Values of the keys that only its kind has.
    pub options: Cow<'static, [(Cow<'static, str>, Cow<'static, str>)]>,
}

/// A number from which a segment has another look.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Threshold {
    pub at: f64,
    pub level: Level,
}

impl Threshold {
    /// Default thresholds of a budget, in percent of it.
    pub const OF_BUDGET: &[Threshold] = &[
        Threshold { at: 75.0, level: Level::Step(0) },
        Threshold { at: 90.0, level: Level::Step(1) },
        Threshold { at: 100.0, level: Level::Step(2) },
    ];
}

/// The look of a number that has reached a threshold.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Level {
    /// That of the kind.
    Normal,
    /// Index into [`Role::levels`].
    Step(usize),
    /// That of any role of themes.
    Role(Role),
}

impl Level {
    /// Names of the levels that are not roles: the kind's own, and the steps in rising order.
    pub const WORDS: [&str; 4] = ["normal", "notice", "warning", "danger"];

    /// The level with that name. `None` if there is none.
    pub fn find(name: &str) -> Option<Self> {
        match Self::WORDS.iter().position(|word| *word == name) {
            Some(0) => Some(Level::Normal),
            Some(word) => Some(Level::Step(word - 1)),
            None => Role::find(name).map(Level::Role),
        }
    }

    /// As in config.
    pub const fn name(self) -> &'static str {
        match self {
            Level::Normal => Self::WORDS[0],
            Level::Step(step) => Self::WORDS[step + 1],
            Level::Role(role) => role.name(),
        }
    }
}

/// Rank of a step that config does not set: below nearly every priority.
const STEP: u8 = 9;

impl Settings {
    /// Settings of a kind that no file mentions.
    pub const fn new(kind: &'static Kind) -> Self {
        Settings {
            own_name: None,
            kind,
            priority: 0,
            formats: Cow::Borrowed(&[]),
            steps: Cow::Borrowed(&[]),
            prefix: Cow::Borrowed(""),
            icon: None,
            role: None,
            thresholds: Cow::Borrowed(&[]),
            hide_when: Cow::Borrowed(&[]),
            options: Cow::Borrowed(&[]),
        }
    }

    /// The weight of a segment without format.
    pub const LEAST_WEIGHT: usize = 16;

    /// Cost of computing it, in bytes of format strings.
    pub fn weight(&self) -> usize {
        let formats: usize = self.formats.iter().map(|format| format.source.len()).sum();
        Self::LEAST_WEIGHT * (1 + self.hide_when.len()) + formats
    }

    /// Its name in config.
    pub fn name(&self) -> &str {
        self.own_name.as_deref().unwrap_or(self.kind.name)
    }

    /// The rank of the step to the form after the `index`th.
    pub fn step(&self, index: usize) -> u8 {
        self.steps.get(index).copied().unwrap_or(STEP)
    }

    /// Value of a key of its kind.
    pub fn option(&self, key: &str) -> Option<&str> {
        let found = self.options.iter().find(|(name, _)| *name == key);
        found.map(|(_, value)| value.as_ref()).filter(|value| !value.is_empty())
    }

    /// Value of a key of its kind, as a number.
    pub fn number(&self, key: &str) -> Option<f64> {
        self.option(key)?.parse().ok()
    }
}
