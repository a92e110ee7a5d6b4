//! A resolved theme as numbers, for a cache: reading a theme file costs more than the rest of a render. They
//! are the number of roles, background, depth, base, the number of different styles, these (attributes,
//! foreground, background), and the style of each role.

use super::{Background, Color, Depth, Look, Style};

impl Look {
    /// Numbers that [`Look::from_numbers`] reads. Roles go by their numbers, so they are good only for the
    /// version of this program that wrote them.
    pub fn to_numbers(&self) -> Vec<u64> {
        let mut styles: Vec<Style> = Vec::new();
        let mut index = |style: &Style| {
            let known = styles.iter().position(|known| known == style);
            if known.is_none() {
                styles.push(*style);
            }
            known.unwrap_or(styles.len() - 1) as u64
        };
        let indices: Vec<u64> = self.roles.iter().map(&mut index).collect();
        let depth = self.depth.map_or(0, |depth| depth as u64 + 1);
        let head = [self.roles.len() as u64, self.background as u64, depth, color_number(self.base)];
        let optional = |color: Option<Color>| color.map_or(0, |color| color_number(color) + 1);
        let parts = styles.iter().flat_map(|style| [attributes(*style), optional(style.fg), optional(style.bg)]);
        head.into_iter().chain([styles.len() as u64]).chain(parts).chain(indices).collect()
    }

    /// The theme that [`Look::to_numbers`] wrote. `None` for any other numbers.
    pub fn from_numbers(numbers: &[u64]) -> Option<Look> {
        let mut numbers = numbers.iter().copied();
        let mut next = || numbers.next();
        let index = |number: u64| usize::try_from(number).ok();
        let mut look = Look::plain();
        if index(next()?)? != look.roles.len() {
            return None;
        }
        look.background = *[Background::Dark, Background::Light].get(index(next()?)?)?;
        look.depth = match index(next()?)? {
            0 => None,
            depth => Some(*DEPTHS.get(depth - 1)?),
        };
        look.base = color(next()?)?;
        let count = index(next()?).filter(|count| *count <= look.roles.len())?;
        let mut styles = Vec::with_capacity(count);
        for _ in 0..count {
            styles.push(style(next()?, next()?, next()?)?);
        }
        for role in look.roles.to_mut() {
            *role = *styles.get(index(next()?)?)?;
        }
        next().is_none().then_some(look)
    }
}

const DEPTHS: [Depth; 4] = [Depth::None, Depth::Ansi16, Depth::Ansi256, Depth::True];

/// One bit for each attribute.
fn attributes(mut style: Style) -> u64 {
    let bits = Style::ATTRIBUTES.iter().enumerate();
    bits.map(|(bit, (_, attribute))| u64::from(*attribute(&mut style)) << bit).sum()
}

fn style(attributes: u64, fg: u64, bg: u64) -> Option<Style> {
    let optional = |number| if number == 0 { Some(None) } else { color(number - 1).map(Some) };
    let mut style = Style { fg: optional(fg)?, bg: optional(bg)?, ..Style::PLAIN };
    for (bit, (_, attribute)) in Style::ATTRIBUTES.iter().enumerate() {
        *attribute(&mut style) = attributes >> bit & 1 == 1;
    }
    (attributes >> Style::ATTRIBUTES.len() == 0).then_some(style)
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
            let numbers = theme.look.to_numbers();
            assert_eq!(Look::from_numbers(&numbers).as_ref(), Some(&theme.look), "{}", theme.name);
            assert!(numbers.len() < 200, "{}: {}", theme.name, numbers.len());
        }
    }

    #[test]
    fn anything_else_is_none() {
        let whole = EMBEDDED[0].look.to_numbers();
        for cut in 0..whole.len() {
            assert_eq!(Look::from_numbers(&whole[..cut]), None, "{cut}");
        }
        for other in [[&whole[..], &[0]].concat(), [&[0], &whole[..]].concat()] {
            assert_eq!(Look::from_numbers(&other), None, "{other:?}");
        }
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
            look.roles = styles.into();
            look.base = base;
            look.depth = (depth > 0).then(|| DEPTHS[depth - 1]);
            look.background = if light { Background::Light } else { Background::Dark };
            prop_assert_eq!(Look::from_numbers(&look.to_numbers()), Some(look));
        }

        #[test]
        fn any_numbers_are_read_without_panic(numbers: Vec<u64>, mut small in vec(0..9u64, 300)) {
            Look::from_numbers(&numbers);
            small[0] = Look::plain().roles.len() as u64;
            Look::from_numbers(&small);
        }
    }
}
