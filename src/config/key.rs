//! The keys of a config file: the one table that its parser, schema, documentation and the
//! variables `BRIDGELINE_…` come from.

/// A key.
pub struct Key {
    /// As in the file.
    pub name: &'static str,
    /// What it is for.
    pub about: &'static str,
    /// What it takes.
    pub takes: Takes,
    /// Whether a project's file may set it: looks and layout only.
    pub project: bool,
}

/// What a key takes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Takes {
    /// `true` or `false`.
    Bool,
    /// A whole number within these bounds.
    Number(u32, u32),
    /// Text.
    Text,
    /// One of these words.
    Word(&'static [&'static str]),
    /// Text, or a list of texts.
    Texts,
    /// A list of these words; `true` for all, `false` for none.
    Words(&'static [&'static str]),
    /// A list of whole numbers from 0 to 255.
    Numbers,
    /// A list of `{ at = 80, role = "danger" }`.
    Thresholds,
    /// A table of texts; kept as a list of `key = text`.
    Names,
}

/// Segments that can be links.
pub const LINKS: &[&str] = &["dir", "repo", "pr"];

/// Keys at the top of a file.
pub const KEYS: &[Key] = &[
    Key { name: "preset", about: "which layout to start from", takes: Takes::Text, project: true },
    Key {
        name: "theme",
        about: "name of a theme, or auto for theme_dark or theme_light by the terminal",
        takes: Takes::Text,
        project: true,
    },
    Key {
        name: "theme_dark",
        about: "what auto takes on a dark terminal",
        takes: Takes::Text,
        project: true,
    },
    Key {
        name: "theme_light",
        about: "what auto takes on a light terminal",
        takes: Takes::Text,
        project: true,
    },
    Key {
        name: "color",
        about: "when to use colours, or how many; auto asks NO_COLOR, FORCE_COLOR, CLICOLOR_FORCE, COLORTERM and TERM",
        takes: Takes::Word(&["auto", "always", "never", "16", "256", "truecolor"]),
        project: true,
    },
    Key {
        name: "icons",
        about: "which icons the font has",
        takes: Takes::Word(&["auto", "nerd", "emoji", "text", "ascii"]),
        project: true,
    },
    Key {
        name: "style",
        about: "how groups are set apart: by a separator, or as coloured bands",
        takes: Takes::Word(&["plain", "powerline", "capsule"]),
        project: true,
    },
    Key {
        name: "edges",
        about: "which signs the edges of bands are drawn with: those of the icons, or another set",
        takes: Takes::Word(&["auto", "nerd", "text", "ascii"]),
        project: true,
    },
    Key { name: "separator", about: "between groups, in style plain", takes: Takes::Text, project: true },
    Key { name: "gap", about: "between the segments of a group", takes: Takes::Text, project: true },
    Key {
        name: "padding",
        about: "columns beside a separator, and within a band",
        takes: Takes::Number(0, 8),
        project: true,
    },
    Key {
        name: "prefix",
        about: "what a row begins with: one text for all rows, or one for each",
        takes: Takes::Texts,
        project: true,
    },
    Key {
        name: "rows",
        about: "rows of segments; | begins a group, fill moves what follows to the centre or right",
        takes: Takes::Texts,
        project: true,
    },
    Key { name: "extra_rows", about: "rows below those of the preset", takes: Takes::Texts, project: true },
    Key {
        name: "prompt_rows",
        about: "what prompts show in place of rows; tmux shows the first",
        takes: Takes::Texts,
        project: true,
    },
    Key { name: "width", about: "most columns of a row", takes: Takes::Number(1, 1000), project: true },
    Key {
        name: "margin",
        about: "columns that the agent keeps of the terminal's width",
        takes: Takes::Number(0, 200),
        project: true,
    },
    Key {
        name: "fallback_width",
        about: "columns of a row where nobody tells how many there are",
        takes: Takes::Number(1, 10_000),
        project: true,
    },
    Key {
        name: "ambiguous_width",
        about: "columns of a character of ambiguous width (│ █ …): 2 on a terminal that is set up for CJK",
        takes: Takes::Number(1, 2),
        project: true,
    },
    Key {
        name: "links",
        about: "segments that are hyperlinks, where the terminal knows OSC 8",
        takes: Takes::Words(LINKS),
        project: true,
    },
    Key {
        name: "model_names",
        about: "names of your own for models, by their id or the name that is shown",
        takes: Takes::Names,
        project: true,
    },
    Key {
        name: "newline",
        about: "whether the last row ends in a line break",
        takes: Takes::Bool,
        project: true,
    },
];

/// Keys of the table of a segment, besides those that only its kind has.
pub const SEGMENT_KEYS: &[Key] = &[
    Key {
        name: "kind",
        about: "what it shows, for a segment with a name of its own",
        takes: Takes::Text,
        project: true,
    },
    Key {
        name: "format",
        about: "a format string, or several from the longest form to the shortest",
        takes: Takes::Texts,
        project: true,
    },
    Key {
        name: "steps",
        about: "when each shorter form takes over: ranked with the priorities, the lowest first",
        takes: Takes::Numbers,
        project: true,
    },
    Key {
        name: "priority",
        about: "what goes first on a narrow terminal: the lowest",
        takes: Takes::Number(0, 255),
        project: true,
    },
    Key { name: "prefix", about: "what stands before it", takes: Takes::Text, project: true },
    Key { name: "icon", about: "its icon, in place of that of the set", takes: Takes::Text, project: true },
    Key {
        name: "role",
        about: "the role of the theme that it is painted in",
        takes: Takes::Text,
        project: true,
    },
    Key {
        name: "thresholds",
        about: "from where on its number has another role",
        takes: Takes::Thresholds,
        project: true,
    },
    Key {
        name: "hide_when",
        about: "conditions under which it is not shown",
        takes: Takes::Texts,
        project: true,
    },
];
