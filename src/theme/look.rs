//! A resolved theme: a style for each role. Plain data, so that the embedded themes are resolved when this program is
//! built (build.rs) and cost nothing when it starts.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::Role;

/// Number of colours of a terminal.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Depth {
    /// No escape sequences at all.
    #[default]
    None,
    /// The sixteen that the terminal's own palette gives.
    Ansi16,
    /// The xterm palette.
    Ansi256,
    /// 24 bits.
    True,
}

/// The terminal background that a theme is made for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Background {
    Dark,
    Light,
}

/// A colour in as many palettes as it was chosen or computed for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Color {
    /// Red, green and blue. `None` if the theme asks for a colour of the terminal's palette.
    pub rgb: Option<(u8, u8, u8)>,
    /// Index into the xterm palette. `None` if the theme asks for one of the sixteen.
    pub xterm: Option<u8>,
    /// One of the sixteen: 0-7 normal, 8-15 bright.
    pub ansi: u8,
}

impl Color {
    /// The first of the sixteen.
    pub const BLACK: Color = Color { rgb: None, xterm: None, ansi: 0 };

    /// Mixed with another colour, with that many percent of it; the nearest xterm colour is still to be found. `None`
    /// if one of them is not a 24-bit colour.
    pub fn mix(self, other: Color, percent: u32) -> Option<Self> {
        let channel = |a: u8, b: u8| ((u32::from(a) * (100 - percent) + u32::from(b) * percent) / 100) as u8;
        let (a, b) = self.rgb.zip(other.rgb)?;
        let rgb = Some((channel(a.0, b.0), channel(a.1, b.1), channel(a.2, b.2)));
        Some(Color { rgb, xterm: None, ..self })
    }
}

/// Colours and attributes of text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Style {
    pub fg: Option<Color>,
    pub bg: Option<Color>,
    pub bold: bool,
    pub dim: bool,
    pub italic: bool,
    pub underline: bool,
    pub reverse: bool,
    pub strikethrough: bool,
}

/// A field of a style.
type Attribute = fn(&mut Style) -> &mut bool;

impl Style {
    /// The terminal's own style.
    pub const PLAIN: Style = Style {
        fg: None,
        bg: None,
        bold: false,
        dim: false,
        italic: false,
        underline: false,
        reverse: false,
        strikethrough: false,
    };

    /// The attributes, by their names in a theme file.
    pub const ATTRIBUTES: [(&str, Attribute); 6] = [
        ("bold", |style| &mut style.bold),
        ("dim", |style| &mut style.dim),
        ("italic", |style| &mut style.italic),
        ("underline", |style| &mut style.underline),
        ("reverse", |style| &mut style.reverse),
        ("strikethrough", |style| &mut style.strikethrough),
    ];

    /// Those of these values, in the order of [`Style::ATTRIBUTES`], whose attribute is set.
    pub fn set<T>(&self, of: [T; 6]) -> impl Iterator<Item = T> {
        let set = [self.bold, self.dim, self.italic, self.underline, self.reverse, self.strikethrough];
        of.into_iter().zip(set).filter_map(|(one, is_set)| is_set.then_some(one))
    }

    /// It is visible on spaces.
    pub const fn shows_on_spaces(&self) -> bool {
        self.bg.is_some() || self.underline || self.reverse || self.strikethrough
    }
}

/// A theme, resolved.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Look {
    /// The background that it is made for.
    pub background: Background,
    /// The colour of that background, for contrast and for text on a coloured band.
    pub base: Color,
    /// The depth that it is always painted at, unless colours are off.
    pub depth: Option<Depth>,
    /// Styles by the number of the role.
    pub roles: Cow<'static, [Style]>,
}

impl Default for Look {
    fn default() -> Self {
        Look::plain()
    }
}

impl Look {
    /// No style for any role.
    pub const fn plain() -> Self {
        let roles = Cow::Borrowed(&[Style::PLAIN; Role::ALL.len()] as &[Style]);
        Look { background: Background::Dark, base: Color::BLACK, depth: None, roles }
    }

    /// All text except decoration has a colour, so bands are possible.
    pub fn has_colors(&self) -> bool {
        let telling = Role::ALL.iter().filter(|role| !matches!(role, Role::Text) && !role.is_decoration());
        telling.copied().all(|role| self.style(role).fg.is_some())
    }

    /// The track of a bar has a background of its own at this depth. Among the sixteen there is none that differs from
    /// every background and fill.
    pub fn has_track(&self, depth: Depth) -> bool {
        depth >= Depth::Ansi256 && self.style(Role::ContextTrack).bg.is_some()
    }

    /// The style of a role.
    pub fn style(&self, role: Role) -> Style {
        self.roles[role as usize]
    }
}
