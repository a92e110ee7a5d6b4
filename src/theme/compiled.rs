//! A resolved theme as text, for a cache: reading a theme file anew costs more than the rest of a
//! render. One JSON array of whole numbers: how many roles there are, background, depth, base, how many
//! different styles there are, these (attributes, foreground, background), and the style of each role.

use std::fmt::Write;

use super::{Background, Color, Depth, Look, Style};

impl Look {
    /// As text that [`Look::from_json`] reads. Roles go by their numbers, so it is good only for the
    /// version of this program that wrote it.
    pub fn to_json(&self) -> String {
        let mut styles: Vec<Style> = Vec::new();
        let mut indices = Vec::with_capacity(self.roles.len());
        for style in &self.roles {
            let known = styles.iter().position(|known| known == style);
            indices.push(known.unwrap_or(styles.len()));
            if known.is_none() {
                styles.push(*style);
            }
        }
        let mut text = format!(
            "[{},{},{},{},{}",
            self.roles.len(),
            u8::from(self.background == Background::Light),
            self.depth.map_or(0, |depth| DEPTHS.iter().position(|known| *known == depth).unwrap_or(0) + 1),
            color_number(self.base),
            styles.len()
        );
        for style in styles {
            let [fg, bg] = [style.fg, style.bg].map(|color| color.map_or(0, |color| color_number(color) + 1));
            _ = write!(text, ",{},{fg},{bg}", attributes(style));
        }
        for index in indices {
            _ = write!(text, ",{index}");
        }
        text.push(']');
        text
    }

    /// The theme that [`Look::to_json`] wrote. `None` for any other text.
    pub fn from_json(text: &str) -> Option<Look> {
        let mut numbers = Numbers(Some(text.strip_prefix('[')?.strip_suffix(']')?));
        let mut look = Look::plain();
        if numbers.index()? != look.roles.len() {
            return None;
        }
        look.background = *[Background::Dark, Background::Light].get(numbers.index()?)?;
        look.depth = match numbers.index()? {
            0 => None,
            depth => Some(*DEPTHS.get(depth - 1)?),
        };
        look.base = color(numbers.next()?)?;
        let count = numbers.index().filter(|count| *count <= look.roles.len())?;
        let mut styles = Vec::with_capacity(count);
        for _ in 0..count {
            styles.push(style(numbers.next()?, numbers.next()?, numbers.next()?)?);
        }
        for role in &mut look.roles {
            *role = *styles.get(numbers.index()?)?;
        }
        numbers.0.is_none().then_some(look)
    }
}

const DEPTHS: [Depth; 4] = [Depth::None, Depth::Ansi16, Depth::Ansi256, Depth::True];

/// What is left of numbers with commas between.
struct Numbers<'a>(Option<&'a str>);

impl Numbers<'_> {
    fn next(&mut self) -> Option<u64> {
        let rest = self.0?;
        let (number, rest) = rest.split_once(',').map_or((rest, None), |(number, rest)| (number, Some(rest)));
        self.0 = rest;
        number.parse().ok()
    }

    fn index(&mut self) -> Option<usize> {
        self.next()?.try_into().ok()
    }
}

/// One bit for each attribute.
fn attributes(style: Style) -> u64 {
    let Style { bold, dim, italic, underline, reverse, strikethrough, fg: _, bg: _ } = style;
    let bits = [bold, dim, italic, underline, reverse, strikethrough];
    bits.into_iter().enumerate().map(|(bit, set)| u64::from(set) << bit).sum()
}

fn style(attributes: u64, fg: u64, bg: u64) -> Option<Style> {
    if attributes >> 6 != 0 {
        return None;
    }
    let optional = |number| if number == 0 { Some(None) } else { color(number - 1).map(Some) };
    let has = |bit: u32| attributes >> bit & 1 == 1;
    Some(Style {
        fg: optional(fg)?,
        bg: optional(bg)?,
        bold: has(0),
        dim: has(1),
        italic: has(2),
        underline: has(3),
        reverse: has(4),
        strikethrough: has(5),
    })
}

/// From the lowest bit: 4 of the sixteen; 1 and 8 of the xterm palette; 1 and 24 of red, green, blue.
fn color_number(color: Color) -> u64 {
    let xterm = color.xterm.map_or(0, |xterm| 1 | u64::from(xterm) << 1);
    let rgb = color.rgb.map_or(0, |(r, g, b)| 1 | u64::from(u32::from_be_bytes([0, r, g, b])) << 1);
    u64::from(color.ansi & 15) | xterm << 4 | rgb << 13
}

fn color(number: u64) -> Option<Color> {
    if number >> 38 != 0 {
        return None;
    }
    let [ansi, xterm, ..] = [number, number >> 5].map(|number| number.to_le_bytes()[0]);
    let [b, g, r, ..] = (number >> 14).to_le_bytes();
    Some(Color {
        rgb: (number >> 13 & 1 == 1).then_some((r, g, b)),
        xterm: (number >> 4 & 1 == 1).then_some(xterm),
        ansi: ansi & 15,
    })
}

#[cfg(test)]
mod tests {
    use super::super::{EMBEDDED, Look};
    use super::*;
    use proptest::collection::vec;
    use proptest::option;
    use proptest::prelude::*;

    #[test]
    fn an_embedded_theme_comes_back_and_is_short() {
        for theme in EMBEDDED {
            let text = theme.look.to_json();
            assert_eq!(Look::from_json(&text).as_ref(), Some(theme.look), "{}", theme.name);
            assert!(text.len() < 1000, "{}: {}", theme.name, text.len());
        }
    }

    #[test]
    fn anything_else_is_none() {
        let whole = EMBEDDED[0].look.to_json();
        for cut in 0..whole.len() {
            assert_eq!(Look::from_json(&whole[..cut]), None, "{cut}");
        }
        let inner = &whole[1..whole.len() - 1];
        for other in [format!("[{inner},0]"), format!("[{inner},]"), format!("[0,{inner}]"), inner.to_owned()]
        {
            assert_eq!(Look::from_json(&other), None, "{other}");
        }
        assert_eq!(Look::from_json("[]"), None);
    }

    fn any_color() -> impl Strategy<Value = Color> {
        let parts = (option::of(any::<(u8, u8, u8)>()), option::of(any::<u8>()), 0..16u8);
        parts.prop_map(|(rgb, xterm, ansi)| Color { rgb, xterm, ansi })
    }

    fn any_style() -> impl Strategy<Value = Style> {
        let parts = (option::of(any_color()), option::of(any_color()), any::<[bool; 6]>());
        parts.prop_map(|(fg, bg, [bold, dim, italic, underline, reverse, strikethrough])| Style {
            fg,
            bg,
            bold,
            dim,
            italic,
            underline,
            reverse,
            strikethrough,
        })
    }

    proptest! {
        #[test]
        fn any_theme_comes_back(
            styles in vec(any_style(), Look::plain().roles.len()),
            base in any_color(),
            depth in 0..5usize,
            light: bool,
        ) {
            let mut look = Look::plain();
            look.roles.copy_from_slice(&styles);
            look.base = base;
            look.depth = (depth > 0).then(|| DEPTHS[depth - 1]);
            look.background = if light { Background::Light } else { Background::Dark };
            prop_assert_eq!(Look::from_json(&look.to_json()), Some(look));
        }

        #[test]
        fn any_numbers_are_read_without_panic(numbers: Vec<u64>, mut small in vec(0..9u64, 300)) {
            let text = |numbers: &[u64]| format!("{numbers:?}").replace(' ', "");
            Look::from_json(&text(&numbers));
            small[0] = Look::plain().roles.len() as u64;
            Look::from_json(&text(&small));
        }
    }
}
