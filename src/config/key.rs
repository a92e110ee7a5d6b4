//! The keys of a config file: the one table that its parser, schema, documentation and the
//! variables `BRIDGELINE_…` come from.

use super::value::Takes;

/// A key.
#[derive(Clone, Copy)]
pub struct Key {
    /// As in the file.
    pub name: &'static str,
    /// Its purpose, for help.
    pub about: &'static str,
    pub takes: Takes,
}

const fn key(name: &'static str, takes: Takes, about: &'static str) -> Key {
    Key { name, about, takes }
}

/// Keys whose value is the name of a theme.
pub const THEMES: [&str; 3] = ["theme", "theme_dark", "theme_light"];

/// Segments that can be links, and the word for all of them where the terminal is known to take them.
pub const LINKS: &[&str] = &["auto", "dir", "repo", "pr"];

const STYLES: &[&str] = &["plain", "powerline", "capsule"];

const EDGES: &[&str] = &["auto", "nerd", "text", "ascii"];

const COLORS: &[&str] = &["auto", "always", "never", "16", "256", "truecolor"];

/// Keys at the top of a file.
pub const KEYS: &[Key] = &[
    key("preset", Takes::Text, "which layout to start from"),
    key("theme", Takes::Text, "name of a theme, or auto for theme_dark or theme_light by the terminal"),
    key("theme_dark", Takes::Text, "what auto takes on a dark terminal"),
    key("theme_light", Takes::Text, "what auto takes on a light terminal"),
    key(
        "color",
        Takes::Word(COLORS),
        "when to use colours, or how many; auto asks NO_COLOR, FORCE_COLOR, CLICOLOR_FORCE, COLORTERM and TERM",
    ),
    key("icons", Takes::Word(&["auto", "nerd", "emoji", "text", "ascii"]), "which icons the font has"),
    key("style", Takes::Word(STYLES), "how groups are set apart: by a separator, or as coloured bands"),
    key(
        "edges",
        Takes::Word(EDGES),
        "which signs the edges of bands are drawn with: those of the icons, or another set",
    ),
    key("gradient", Takes::Bool, "whether the colour of a bar runs along it, by thresholds"),
    key("separator", Takes::Text, "between groups, in style plain"),
    key("gap", Takes::Text, "between the segments of a group"),
    key("padding", Takes::Number(0, 8), "columns beside a separator, and within a band"),
    key("prefix", Takes::Texts, "what a row begins with: one text for all rows, or one for each"),
    key("rows", Takes::Texts, "rows of segments; | begins a group, fill moves what follows to the centre or right"),
    key("extra_rows", Takes::Texts, "rows below those of the preset"),
    key("prompt_rows", Takes::Texts, "what prompts show in place of rows; tmux shows the first"),
    key("width", Takes::Number(1, 1000), "most columns of a row, and as many where nobody tells"),
    key("margin", Takes::Number(0, 200), "columns that the agent keeps of the terminal's width"),
    key("fallback_width", Takes::Number(1, 10_000), "columns where nobody tells, and width is not set"),
    key(
        "ambiguous_width",
        Takes::Number(1, 2),
        "columns of a character of ambiguous width (│ █ …): 2 on a terminal that is set up for CJK",
    ),
    key(
        "links",
        Takes::Words(LINKS),
        "segments that are hyperlinks (OSC 8); auto: all of them, in a terminal known to take them",
    ),
    key("model_names", Takes::Names, "names of your own for models, by their id or the name that is shown"),
    key("newline", Takes::Bool, "whether the last row ends in a line break"),
];

/// Keys of the table of a segment, besides those that only its kind has.
pub const SEGMENT_KEYS: &[Key] = &[
    key("kind", Takes::Text, "what it shows, for a segment with a name of its own"),
    key("format", Takes::Formats, "a format string, or several from the longest form to the shortest"),
    key("steps", Takes::Steps, "when each shorter form takes over: ranked with the priorities, the lowest first"),
    key("priority", Takes::Number(0, 255), "what goes first on a narrow terminal: the lowest"),
    key("prefix", Takes::Text, "what stands before it"),
    key("icon", Takes::Text, "its icon, in place of that of the set"),
    key("role", Takes::Role, "the role of the theme that it is painted in"),
    key("thresholds", Takes::Thresholds, "from where on its number has another role"),
    key("hide_when", Takes::Conditions, "conditions under which it is not shown"),
];

/// The key of that name, at the top of a file or in the table of a segment. `None` when there is none, or
/// only a kind has it.
pub fn find(table: &str, name: &str) -> Option<&'static Key> {
    let keys = if table.is_empty() { KEYS } else { SEGMENT_KEYS };
    keys.iter().find(|key| key.name == name)
}
