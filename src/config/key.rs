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

/// Segments that can be links, and the word for all of them in terminals known to support links.
pub const LINKS: &[&str] = &["auto", "dir", "repo", "pr"];

const STYLES: &[&str] = &["plain", "powerline", "capsule"];

const EDGES: &[&str] = &["auto", "nerd", "text", "ascii"];

const COLORS: &[&str] = &["auto", "always", "never", "16", "256", "truecolor"];

/// Keys at the top of a file.
pub const KEYS: &[Key] = &[
    key("preset", Takes::Text, "layout to start from"),
    key("theme", Takes::Text, "name of a theme, or auto for theme_dark or theme_light, whichever suits the terminal"),
    key("theme_dark", Takes::Text, "theme for auto on a dark terminal"),
    key("theme_light", Takes::Text, "theme for auto on a light terminal"),
    key(
        "color",
        Takes::Word(COLORS),
        "when to use colours, or their depth; auto follows NO_COLOR, FORCE_COLOR, CLICOLOR_FORCE, COLORTERM and TERM",
    ),
    key("icons", Takes::Word(&["auto", "nerd", "emoji", "text", "ascii"]), "icons that the font has"),
    key("style", Takes::Word(STYLES), "how groups are separated: plain separators, or coloured bands"),
    key("edges", Takes::Word(EDGES), "glyphs for the edges of bands: to match the icons, or another set"),
    key("gradient", Takes::Bool, "colour each cell of a bar by its own threshold"),
    key("separator", Takes::Text, "text between groups, in style plain"),
    key("gap", Takes::Text, "text between the segments of a group"),
    key("padding", Takes::Number(0, 8), "columns on each side of a separator and inside a band"),
    key("prefix", Takes::Texts, "text before each row: one for all rows, or a list with one for each"),
    key("rows", Takes::Texts, "rows of segments; | begins a group, fill moves what follows to the centre or right"),
    key("extra_rows", Takes::Texts, "rows below the preset's"),
    key("prompt_rows", Takes::Texts, "rows for prompts, instead of `rows`; tmux shows the first"),
    key("width", Takes::Number(1, 1000), "maximum width of a row in columns; also the width when unknown"),
    key("margin", Takes::Number(0, 200), "columns reserved by the agent"),
    key("fallback_width", Takes::Number(1, 10_000), "width to assume in columns when unknown and `width` is not set"),
    key(
        "ambiguous_width",
        Takes::Number(1, 2),
        "columns of a character of ambiguous width (│ █ …): 2 if your terminal is set up for CJK",
    ),
    key(
        "links",
        Takes::Words(LINKS),
        "segments to print as hyperlinks (OSC 8); auto: all of them, in terminals known to support links",
    ),
    key("model_names", Takes::Names, "your own names for models, by id or by displayed name"),
    key("budget", Takes::Budgets, "budgets in USD per day, week or month, or per month for a project"),
    key("newline", Takes::Bool, "end the last row with a newline"),
];

/// Keys of the table of a segment, except those that only its kind has.
pub const SEGMENT_KEYS: &[Key] = &[
    key("kind", Takes::Text, "what a custom segment shows"),
    key("format", Takes::Formats, "a format string, or several from the longest form to the shortest"),
    key("steps", Takes::Steps, "when each shorter form takes over; ranked together with priorities, lowest first"),
    key("priority", Takes::Number(0, 255), "the lowest priority is dropped first when there is no room"),
    key("prefix", Takes::Text, "text before the segment"),
    key("icon", Takes::Text, "its icon, instead of the one from the icon set"),
    key("role", Takes::Role, "theme role that colours it"),
    key("thresholds", Takes::Thresholds, "values from which its number takes another role"),
    key("hide_when", Takes::Conditions, "conditions that hide it"),
];

/// The key with that name, at the top of a file or in the table of a segment. `None` if there is none, or only a kind
/// has it.
pub fn find(table: &str, name: &str) -> Option<&'static Key> {
    let keys = if table.is_empty() { KEYS } else { SEGMENT_KEYS };
    keys.iter().find(|key| key.name == name)
}
