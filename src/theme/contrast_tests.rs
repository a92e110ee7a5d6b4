//! Every embedded theme is whole and readable at every depth, and never says something by colour alone. docs/themes.md has these rules for people.

use std::collections::BTreeSet;

use super::Role;
use super::file::color::{Rgb, TEXT, contrast, distance, linear, oklab, xterm_rgb};
use super::file::shown;
use super::*;

const DEPTHS: [Depth; 3] = [Depth::True, Depth::Ansi256, Depth::Ansi16];

/// Contrast of decoration: WCAG 2.2 for content that is not text (success criterion 1.4.11).
const DECORATION: f64 = 3.0;

/// Distance in OKLab between neighbouring steps of a colour-blind theme, as seen without red or green cones. Black and
/// white are 1 apart; 0.02 is just visible.
const APART: f64 = 0.1;

/// The steps of each threshold.
const STEPS: [[Role; 4]; 3] = [
    [Role::Context, Role::ContextNotice, Role::ContextWarning, Role::ContextDanger],
    [Role::Cost, Role::CostNotice, Role::CostWarning, Role::CostDanger],
    [Role::Limits, Role::LimitsNotice, Role::LimitsWarning, Role::LimitsDanger],
];

/// The line of the Node statusline is kept byte for byte: its red is too dark at any depth, and its
/// steps but for the last differ by colour alone.
const NODE: &str = "node";

/// Themes whose text is the terminal's own, and may be dim.
const COLOURLESS: [&str; 3] = ["mono", NODE, NEUTRAL];

/// All failures of all themes at once.
#[track_caller]
fn none(failures: &[String]) {
    assert!(failures.is_empty(), "{} failures:\n{}", failures.len(), failures.join("\n"));
}

#[test]
fn every_theme_names_every_role() {
    let mut failures = Vec::new();
    for theme in EMBEDDED {
        let mut named = BTreeSet::new();
        let mut next = Some(theme);
        while let Some(theme) = next {
            let table: toml::Table = theme.source.parse().unwrap();
            let roles = table.get("roles").and_then(|roles| roles.as_table());
            named.extend(roles.into_iter().flat_map(|roles| roles.keys().cloned()));
            next = file::parent(theme.source).and_then(|name| embedded(&name));
        }
        for role in Role::ALL {
            let mut names = std::iter::successors(Some(role.name()), |name| Some(name.rsplit_once('.')?.0));
            if !names.any(|name| named.contains(name)) {
                failures.push(format!("{} {}", theme.name, role.name()));
            }
        }
    }
    none(&failures);
}

/// Foreground and background of a style; `None` when both are the terminal's own. Text in the colour of
/// the background, on a band of the colour of the role, has the same contrast the other way round, and so
/// has text in reverse.
fn pair(style: Style, look: &Look, depth: Depth) -> Option<(Rgb, Rgb)> {
    let ground = shown(style.bg.unwrap_or(look.base), depth);
    let text = match (style.fg, style.bg) {
        (Some(color), _) => shown(color, depth),
        (None, Some(_)) => ground,
        (None, None) => return None,
    };
    let half = |a: u8, b: u8| a.midpoint(b);
    // Dim text as terminals show it.
    let dim = (half(text.0, ground.0), half(text.1, ground.1), half(text.2, ground.2));
    Some((if style.dim { dim } else { text }, ground))
}

#[test]
fn every_role_is_read_at_every_depth() {
    let mut failures = Vec::new();
    for (theme, role, depth) in everywhere() {
        let style = theme.look.style(role);
        if style.dim && style.fg.is_none() && !COLOURLESS.contains(&theme.name) {
            failures.push(format!("{} {}: dim text of a colour that nobody knows", theme.name, role.name()));
        }
        // A line on the base; its background is held below.
        let style = if role == Role::ContextTrack { Style { bg: None, ..style } } else { style };
        let Some((text, ground)) = pair(style, &theme.look, depth) else { continue };
        let is_exempt = theme.name == NEUTRAL || theme.name == NODE && role == Role::ContextDanger;
        let high = theme.name.starts_with("high-contrast") && depth != Depth::Ansi16;
        let least = match (role.is_decoration(), high) {
            (true, false) => DECORATION,
            (false, false) | (true, true) => TEXT,
            (false, true) => 7.0,
        };
        let mut grounds = vec![ground];
        // A terminal of 256 colours has a background of any colour.
        if style.bg.is_none() && depth == Depth::Ansi256 {
            grounds.push(shown(theme.look.base, Depth::True));
        }
        for ground in grounds {
            let ratio = contrast(text, ground);
            if ratio < least && !is_exempt {
                let role = role.name();
                failures.push(format!("{} {depth:?} {role}: {ratio:.2}, not {least}", theme.name));
            }
        }
    }
    none(&failures);
}

fn everywhere() -> impl Iterator<Item = (&'static Embedded, Role, Depth)> {
    let roles = |theme| Role::ALL.iter().map(move |role| (theme, *role));
    EMBEDDED.iter().flat_map(roles).flat_map(|(theme, role)| DEPTHS.map(|depth| (theme, role, depth)))
}

#[test]
fn steps_of_a_threshold_differ_by_more_than_colour() {
    let attributes = |style: Style| Style { fg: None, bg: None, dim: false, ..style };
    let mut failures = Vec::new();
    for theme in EMBEDDED.iter().filter(|theme| theme.name != NODE) {
        for (step, next) in STEPS.iter().flat_map(|steps| steps.iter().zip(&steps[1..])) {
            if attributes(theme.look.style(*step)) == attributes(theme.look.style(*next)) {
                failures.push(format!("{}: {} and {}", theme.name, step.name(), next.name()));
            }
        }
    }
    none(&failures);
}

/// In the middle between black and white nothing has the contrast of text.
#[test]
fn the_theme_for_any_background_is_read_on_black_and_white() {
    let look = &embedded(NEUTRAL).unwrap().look;
    let mut failures = Vec::new();
    for role in Role::ALL {
        let style = look.style(*role);
        let Some(color) = style.fg else { continue };
        assert_eq!((color.rgb, color.xterm, style.bg), (None, None, None), "{}", role.name());
        for ground in [(0, 0, 0), (255, 255, 255)] {
            let ratio = contrast(shown(color, Depth::Ansi16), ground);
            if ratio < DECORATION {
                failures.push(format!("{} on {ground:?}: {ratio:.2}", role.name()));
            }
        }
    }
    none(&failures);
}

#[test]
fn every_bar_is_told_from_its_track_and_the_track_from_what_is_around() {
    const FILL: f64 = 2.0;
    const TRACK: f64 = 1.15;
    let mut failures = Vec::new();
    for theme in EMBEDDED.iter().filter(|theme| !COLOURLESS.contains(&theme.name)) {
        let (look, track) = (&theme.look, theme.look.style(Role::ContextTrack));
        for depth in [Depth::True, Depth::Ansi256] {
            assert!(look.has_track(depth), "{}", theme.name);
            let of = |color: Option<Color>| shown(color.unwrap(), depth);
            let base = shown(look.base, depth);
            let mut check = |what: &str, a, b, least| {
                if contrast(a, b) < least {
                    failures.push(format!("{} {depth:?} {what}: {:.2}", theme.name, contrast(a, b)));
                }
            };
            check("track", of(track.bg), base, TRACK);
            for role in STEPS.as_flattened() {
                let color = of(look.style(*role).fg);
                check(role.name(), color, of(track.bg), FILL);
            }
        }
    }
    none(&failures);
}

/// A full block in reverse is a blank.
#[test]
fn the_bar_of_the_context_is_never_in_reverse() {
    let mut failures = Vec::new();
    for theme in EMBEDDED {
        for role in STEPS[0].iter().chain(&[Role::ContextTrack]) {
            if theme.look.style(*role).reverse {
                failures.push(format!("{} {}", theme.name, role.name()));
            }
        }
    }
    none(&failures);
}

/// A colour as seen without red or without green cones: the matrices for full severity of Machado, Oliveira and
/// Fernandes, "A Physiologically-based Model for Simulation of Color Vision Deficiency", 2009. Rows of linear red,
/// green and blue.
const DEFICIENCIES: [(&str, [[f64; 3]; 3]); 2] = [
    (
        "protanopia",
        [[0.152_286, 1.052_583, -0.204_868], [0.114_503, 0.786_281, 0.099_216], [-0.003_882, -0.048_116, 1.051_998]],
    ),
    (
        "deuteranopia",
        [[0.367_322, 0.860_646, -0.227_968], [0.280_085, 0.672_501, 0.047_413], [-0.011_820, 0.042_940, 0.968_881]],
    ),
];

fn simulated(rgb: Rgb, matrix: &[[f64; 3]; 3]) -> Rgb {
    let light = linear(rgb);
    let [r, g, b] = matrix.map(|row| {
        let light: f64 = row.iter().zip(light).map(|(weight, light)| weight * light).sum();
        let light = light.clamp(0.0, 1.0);
        let gamma = if light <= 0.003_130_8 { light * 12.92 } else { 1.055 * light.powf(1.0 / 2.4) - 0.055 };
        (gamma * 255.0).round() as u8
    });
    (r, g, b)
}

#[test]
fn greys_stay_and_red_and_green_come_near_in_the_simulation() {
    for (name, matrix) in &DEFICIENCIES {
        let see = |rgb| oklab(simulated(rgb, matrix));
        let grey = (128, 128, 128);
        assert!(distance(see(grey), oklab(grey)) < 0.01, "{name}");
        let (red, green) = ((200, 80, 0), (100, 130, 0));
        assert!(distance(see(red), see(green)) < 0.5 * distance(oklab(red), oklab(green)), "{name}");
    }
}

#[test]
fn the_colour_blind_tell_the_steps_of_their_themes_apart() {
    let themes = EMBEDDED.iter().filter(|theme| theme.name.starts_with("color-blind"));
    let mut failures = Vec::new();
    let mut pairs = 0;
    for (theme, depth) in themes.flat_map(|theme| DEPTHS.map(|depth| (theme, depth))) {
        for (step, next) in STEPS.iter().flat_map(|steps| steps.iter().zip(&steps[1..])) {
            for (deficiency, matrix) in &DEFICIENCIES {
                let see = |role| {
                    let fg = theme.look.style(role).fg.expect("a step has a colour");
                    oklab(simulated(shown(fg, depth), matrix))
                };
                let apart = distance(see(*step), see(*next));
                if apart < APART {
                    let (step, next) = (step.name(), next.name());
                    let name = theme.name;
                    failures.push(format!("{name} {depth:?} {deficiency}: {step} and {next} {apart:.3}"));
                }
                pairs += 1;
            }
        }
    }
    none(&failures);
    assert_eq!(pairs, 2 * 3 * 9 * 2);
}

/// The same text at the same depth looks different in any two themes.
#[test]
fn no_two_themes_look_alike() {
    for (at, theme) in EMBEDDED.iter().enumerate() {
        for other in &EMBEDDED[..at] {
            assert_ne!(theme.look, other.look, "{} {}", theme.name, other.name);
        }
    }
}

#[test]
fn there_are_themes_for_both_backgrounds() {
    let count = |background| EMBEDDED.iter().filter(|theme| theme.look.background == background).count();
    assert!(count(Background::Dark) >= 15 && count(Background::Light) >= 6);
    for theme in EMBEDDED {
        let base = xterm_rgb(theme.look.base.ansi);
        let is_light = oklab(shown(theme.look.base, Depth::True))[0] > 0.5;
        assert_eq!(is_light, theme.look.background == Background::Light, "{}", theme.name);
        assert_eq!(is_light, oklab(base)[0] > 0.5, "{}", theme.name);
    }
}
