//! Which segments make a line, in which order.

use crate::segment::{self, Kind};

/// A line, as rows of groups of segments. Groups are set apart by a separator, the segments of one
/// by a space.
pub struct Preset {
    /// As in `--preset`.
    pub name: &'static str,
    /// What it is for, for help.
    pub about: &'static str,
    /// Rows, from the top.
    rows: &'static [&'static [&'static [&'static str]]],
    /// Whether a row ends in a line break.
    pub newline: bool,
    /// Columns where nobody tells how many there are.
    pub width: usize,
}

/// All presets.
pub const ALL: &[Preset] = &[
    Preset {
        name: "default",
        about: "model, task, cost or limits, counts, place and context",
        rows: &[&[
            &["model", "effort"],
            &["task"],
            &["cost", "limits"],
            &["tools", "files", "duration"],
            &["dir", "git"],
            &["context"],
        ]],
        newline: true,
        width: 80,
    },
    Preset {
        name: "full",
        about: "every segment, in two rows",
        rows: &[
            &[
                &["model", "effort", "thinking", "fast"],
                &["context"],
                &["cost", "limits"],
                &["cache"],
                &["duration"],
                &["vim"],
            ],
            &[
                &["task"],
                &["dir", "git", "worktree"],
                &["pr"],
                &["tools", "files", "lines"],
                &["session"],
                &["style"],
                &["version"],
            ],
        ],
        newline: true,
        width: 80,
    },
    Preset {
        name: "classic",
        about: "the line of the Node statusline, byte for byte",
        rows: &[&[
            &["classic-model"],
            &["classic-task"],
            &["classic-metrics"],
            &["classic-dir", "classic-context"],
        ]],
        newline: false,
        // It was never cut by the program that printed it.
        width: usize::MAX,
    },
];

/// The preset without a choice.
pub fn default() -> &'static Preset {
    &ALL[0]
}

/// The preset of that name.
pub fn find(name: &str) -> Option<&'static Preset> {
    ALL.iter().find(|preset| preset.name == name)
}

impl Preset {
    /// Rows of groups of segment kinds.
    pub fn rows(&self) -> impl Iterator<Item = Vec<Vec<&'static Kind>>> {
        let kind = |name: &&str| segment::find(name).expect("a test looks every name up");
        self.rows.iter().map(move |row| row.iter().map(|group| group.iter().map(kind).collect()).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_a_segment() {
        for preset in ALL {
            assert!(preset.rows().flatten().flatten().count() > 0, "{}", preset.name);
        }
    }

    #[test]
    fn the_full_preset_has_every_segment() {
        let shown: Vec<&str> =
            find("full").unwrap().rows().flatten().flatten().map(|kind| kind.name).collect();
        for kind in segment::ALL {
            assert!(shown.contains(&kind.name), "{}", kind.name);
        }
    }
}
