//! Colour arithmetic: the xterm palette, the distance between two colours, and their contrast. OKLab is our own code:
//! it is a dozen lines, and the small crate for it computes in `f32`, which chooses differently between colours at
//! almost the same distance.

use std::array;
use std::ops::RangeInclusive;
use std::sync::LazyLock;

/// Red, green and blue, as in sRGB.
pub type Rgb = (u8, u8, u8);

/// The contrast that text needs (WCAG 2.2, success criterion 1.4.3).
pub const TEXT: f64 = 4.5;

/// `#rrggbb`.
pub fn to_hex((r, g, b): Rgb) -> String {
    format!("#{r:02x}{g:02x}{b:02x}")
}

/// Contrast of two colours, in either order: from 1 (none) to 21 (WCAG 2.2,
/// "contrast ratio").
pub fn contrast(a: Rgb, b: Rgb) -> f64 {
    let (a, b) = (luminance(a), luminance(b));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

/// The colour of the xterm palette, without the first sixteen, that looks most like `rgb`, among the `readable` ones,
/// or among all if none is.
pub fn nearest_xterm(rgb: Rgb, readable: impl Fn(Rgb) -> bool) -> u8 {
    let target = oklab(rgb);
    nearest(16..=255, readable, |other| distance(target, other))
}

/// The one of the sixteen that best represents `rgb`, among the `readable` ones, or among all if none is.
///
/// Sixteen are too few for a close match, so hue counts more than lightness, and lightness more than saturation: a soft
/// red becomes red, not white. A colour with a hue that none of them has becomes grey.
pub fn nearest_ansi(rgb: Rgb, readable: impl Fn(Rgb) -> bool) -> u8 {
    /// Saturation in OKLab below which a colour counts as grey.
    const GREY: f64 = 0.06;
    /// Weight of a difference in hue relative to one in lightness: opposite hues weigh twice as much.
    const HUE: f64 = 0.5;
    /// Weight of a missing hue; a hue that weighs more, by more than 70 degrees, is a different one.
    const NO_HUE: f64 = 1.2;
    /// Weight of a different hue: more than any lightness.
    const OTHER_HUE: f64 = 4.0;
    let [l, a, b] = oklab(rgb);
    let chroma = a.hypot(b);
    nearest(0..=15, readable, |[other_l, other_a, other_b]| {
        let other_chroma = other_a.hypot(other_b);
        let hue = match (chroma < GREY, other_chroma < GREY) {
            (true, true) => 0.0,
            (true, false) | (false, true) => NO_HUE,
            (false, false) => {
                let hue = (a / chroma - other_a / other_chroma).hypot(b / chroma - other_b / other_chroma);
                if hue > NO_HUE { OTHER_HUE } else { hue }
            }
        };
        (l - other_l).hypot(HUE * hue)
    })
}

/// The index with the smallest distance; `distance` gets colours in OKLab.
fn nearest(palette: RangeInclusive<u8>, readable: impl Fn(Rgb) -> bool, distance: impl Fn([f64; 3]) -> f64) -> u8 {
    let among = |readable: &dyn Fn(Rgb) -> bool| {
        let mut best = None;
        for index in palette.clone() {
            let distance = distance(XTERM[usize::from(index)]);
            let is_nearer = best.is_none_or(|(smallest, _)| distance < smallest);
            if is_nearer && readable(xterm_rgb(index)) {
                best = Some((distance, index));
            }
        }
        best.map(|(_, index)| index)
    };
    among(&readable).or_else(|| among(&|_| true)).unwrap_or_default()
}

/// The xterm palette in OKLab, computed once: every colour of a theme is looked up in it.
static XTERM: LazyLock<[[f64; 3]; 256]> = LazyLock::new(|| array::from_fn(|index| oklab(xterm_rgb(index as u8))));

/// The colour at an index of the xterm palette; terminals differ in the first sixteen.
pub fn xterm_rgb(index: u8) -> Rgb {
    const SIXTEEN: [u32; 16] = [
        0x000000, 0xcd0000, 0x00cd00, 0xcdcd00, 0x0000ee, 0xcd00cd, 0x00cdcd, 0xe5e5e5, //
        0x7f7f7f, 0xff0000, 0x00ff00, 0xffff00, 0x5c5cff, 0xff00ff, 0x00ffff, 0xffffff,
    ];
    match index {
        0..16 => {
            let [_, r, g, b] = SIXTEEN[usize::from(index)].to_be_bytes();
            (r, g, b)
        }
        16..232 => {
            let level = |step: u8| if step == 0 { 0 } else { 55 + 40 * step };
            let cube = index - 16;
            (level(cube / 36), level(cube / 6 % 6), level(cube % 6))
        }
        232.. => {
            let grey = 8 + 10 * (index - 232);
            (grey, grey, grey)
        }
    }
}

/// Lightness from 0 to 1, and two opponent colours. Distances in it match perception (OKLab, Björn
/// Ottosson, 2020).
pub fn oklab(rgb: Rgb) -> [f64; 3] {
    let [r, g, b] = linear(rgb);
    let l = (0.412_221_470_8 * r + 0.536_332_536_3 * g + 0.051_445_992_9 * b).cbrt();
    let m = (0.211_903_498_2 * r + 0.680_699_545_1 * g + 0.107_396_956_6 * b).cbrt();
    let s = (0.088_302_461_9 * r + 0.281_718_837_6 * g + 0.629_978_700_5 * b).cbrt();
    [
        0.210_454_255_3 * l + 0.793_617_785_0 * m - 0.004_072_046_8 * s,
        1.977_998_495_1 * l - 2.428_592_205_0 * m + 0.450_593_709_9 * s,
        0.025_904_037_1 * l + 0.782_771_766_2 * m - 0.808_675_766_0 * s,
    ]
}

/// Distance between two OKLab colours; it is 1 between black and white.
pub fn distance(a: [f64; 3], b: [f64; 3]) -> f64 {
    a.iter().zip(b).map(|(a, b)| (a - b) * (a - b)).sum::<f64>().sqrt()
}

fn luminance(rgb: Rgb) -> f64 {
    let [r, g, b] = linear(rgb);
    0.2126 * r + 0.7152 * g + 0.0722 * b
}

/// Linear light of the channels, from 0 to 1.
pub fn linear((r, g, b): Rgb) -> [f64; 3] {
    [r, g, b].map(|channel| LIGHT[usize::from(channel)])
}

/// Linear light of each value of a channel.
static LIGHT: LazyLock<[f64; 256]> = LazyLock::new(|| {
    array::from_fn(|channel| {
        let c = channel as f64 / 255.0;
        if c <= 0.04045 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) }
    })
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contrasts() {
        let check = |a, b, expected: f64| {
            assert!((contrast(a, b) - expected).abs() < 0.01, "{a:?} {b:?} {}", contrast(a, b));
            assert!((contrast(a, b) - contrast(b, a)).abs() < f64::EPSILON, "{a:?} {b:?}");
        };
        check((0, 0, 0), (255, 255, 255), 21.0);
        check((255, 0, 0), (255, 255, 255), 4.0);
        check((119, 119, 119), (255, 255, 255), 4.48);
        check((7, 7, 7), (7, 7, 7), 1.0);
    }

    #[test]
    fn the_palette_of_xterm() {
        let check = |index, expected| assert_eq!(xterm_rgb(index), expected, "{index}");
        check(0, (0, 0, 0));
        check(9, (255, 0, 0));
        check(16, (0, 0, 0));
        check(117, (135, 215, 255));
        check(208, (255, 135, 0));
        check(231, (255, 255, 255));
        check(232, (8, 8, 8));
        check(255, (238, 238, 238));
    }

    #[test]
    fn the_nearest_of_each_palette() {
        let check = |rgb, xterm, ansi| {
            assert_eq!((nearest_xterm(rgb, |_| true), nearest_ansi(rgb, |_| true)), (xterm, ansi), "{rgb:?}");
        };
        check((0, 0, 0), 16, 0);
        check((255, 255, 255), 231, 15);
        check((128, 128, 128), 244, 8);
        check((255, 0, 0), 196, 9);
        check((135, 215, 255), 117, 14);
        check((255, 85, 85), 203, 9);
        check((203, 166, 247), 183, 13);
        check((166, 227, 161), 150, 10);
    }

    /// On white, red, blue, magenta and black are read; grey is not, nor anything green or yellow.
    #[test]
    fn what_is_not_read_is_passed_over() {
        let on_white = |rgb| contrast(rgb, (255, 255, 255)) >= TEXT;
        let check = |rgb, ansi| assert_eq!(nearest_ansi(rgb, on_white), ansi, "{rgb:?}");
        check((210, 15, 57), 1);
        check((64, 160, 43), 0);
        check((136, 57, 239), 12);
        check((234, 118, 203), 5);
        check((128, 128, 128), 0);
        assert_eq!(nearest_xterm((255, 255, 0), |rgb| rgb == (0, 0, 95)), 17);
        assert_eq!(nearest_xterm((255, 255, 0), |_| false), 226);
    }
}
