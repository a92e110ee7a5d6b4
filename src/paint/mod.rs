//! Spans, a theme and a colour depth become bytes for the terminal. Nothing before this knows a
//! colour, and nothing after it changes text.

pub mod sgr;
mod shell;
pub mod svg;
mod ui_tree;

pub use shell::Target;
pub use ui_tree::ui_tree;

use crate::base::text::Link;
use crate::segment::{Ground, Role, Span};
use crate::theme::file::color::{nearest_ansi, nearest_xterm, xterm_rgb};
use crate::theme::{Color, Depth, Look, Style};

/// The row as it is printed, without a line break. Every style and every link that begins also ends.
pub fn paint(row: &[Span], look: &Look, depth: Depth) -> String {
    paint_on(None, row, look, depth, Target::Terminal)
}

/// The same on the background that the look is made for, as wide as the row, so that a light look is readable on a dark
/// terminal. If the look leaves its colours to the terminal, the background is the terminal's too.
pub fn paint_on_base(row: &[Span], look: &Look, depth: Depth) -> String {
    let base = Some(look.base).filter(|_| look.has_colors() && depth != Depth::None);
    paint_on(base, row, look, depth, Target::Terminal)
}

/// The row for a target.
pub fn paint_for(row: &[Span], look: &Look, depth: Depth, target: Target) -> String {
    paint_on(None, row, look, depth, target)
}

/// Text in one style.
#[derive(Debug, Clone, Copy)]
pub struct StyledRun<'a> {
    pub text: &'a str,
    pub style: Style,
}

/// The spans of a row in their styles.
pub fn runs<'a>(row: &'a [Span], look: &Look, depth: Depth) -> Vec<StyledRun<'a>> {
    row.iter().map(|span| run(span, look, depth)).collect()
}

fn run<'a>(span: &'a Span, look: &Look, depth: Depth) -> StyledRun<'a> {
    match depth {
        Depth::None => StyledRun { text: span.text.as_str(), style: Style::PLAIN },
        depth => match &span.sgr {
            Some(codes) => coloured(span, codes, look, depth),
            None => styled(span, look, depth),
        },
    }
}

/// A span that brings its own colours.
fn coloured<'a>(span: &'a Span, codes: &str, look: &Look, depth: Depth) -> StyledRun<'a> {
    let own = sgr::styled(Style::PLAIN, codes);
    let band = match span.ground {
        Ground::Band(band) => look.style(band).fg,
        _ => None,
    };
    let color = |color: Color| color.for_depth(depth);
    let style = Style { fg: own.fg.map(color), bg: own.bg.map(color).or(band), ..own };
    StyledRun { text: span.text.as_str(), style }
}

fn paint_on(ground: Option<Color>, row: &[Span], look: &Look, depth: Depth, target: Target) -> String {
    let mut out = String::with_capacity(row.len() * 24);
    let mut open = Style::PLAIN;
    let mut link: Option<&Link> = None;
    for span in row.iter().filter(|span| !span.text.as_str().is_empty()) {
        if span.link.as_ref() != link {
            link = span.link.as_ref();
            target.link(&mut out, link);
        }
        let StyledRun { text, style } = run(span, look, depth);
        let style = Style { bg: style.bg.or(ground), ..style };
        let style = if span.is_blank() && !style.shows_on_spaces() { Style::PLAIN } else { style };
        if style != open {
            if open != Style::PLAIN {
                target.end(&mut out);
            }
            if style != Style::PLAIN {
                target.begin(&mut out, style, depth);
            }
            open = style;
        }
        target.text(&mut out, text);
    }
    if open != Style::PLAIN {
        target.end(&mut out);
    }
    if link.is_some() {
        target.link(&mut out, None);
    }
    target.finish(out)
}

/// OSC 8, <https://gist.github.com/egmontkob/eb114294efbcd5adb1944c9f3cb5feda>: begins a link if an address follows,
/// and ends it otherwise.
const LINK: &str = "\x1b]8;;";

/// Ends the address of a link.
const END: &str = "\x1b\\";

/// Share of the base colour in a bar on a band, in percent: 100 would look like a hole.
const FILL: u32 = 75;

/// The same for its track.
const TRACK: u32 = 30;

/// A span in the style of its role.
fn styled<'a>(span: &'a Span, look: &Look, depth: Depth) -> StyledRun<'a> {
    let own = look.style(span.role);
    let color = |role| look.style(role).fg;
    let text = span.text.as_str();
    let (style, text) = match span.ground {
        Ground::Terminal if span.drawn => {
            let bg = look.style(Role::ContextTrack).bg.filter(|_| span.on_track);
            (Style { fg: own.fg, dim: own.dim, bg, ..Style::PLAIN }, text)
        }
        Ground::Terminal => (own, text),
        Ground::Band(band) if span.drawn => {
            let band = color(band);
            let mixed = |percent| band?.mix(look.base, percent).filter(|_| span.on_track);
            let [fill, track] = [FILL, TRACK].map(|percent| Some(mixed(percent)?.for_depth(depth)));
            (Style { fg: fill.or(Some(look.base)), bg: track.or(band), ..Style::PLAIN }, text)
        }
        // Reverse video becomes the role's own colour on a band.
        Ground::Band(band) => {
            let ground = if own.reverse { own.fg } else { color(band) };
            (Style { fg: Some(look.base), bg: ground, dim: false, reverse: false, ..own }, text)
        }
        Ground::Edge { front, back: Some(back), seam } if color(front) == color(back) => {
            (Style { fg: Some(look.base), bg: color(back), ..Style::PLAIN }, seam)
        }
        Ground::Edge { front, back, .. } => {
            (Style { fg: color(front), bg: back.and_then(color), ..Style::PLAIN }, text)
        }
    };
    StyledRun { text, style }
}

const RESET: &str = "\x1b[0m";

/// Writes the sequence that begins a style: attributes, then colours, as the Node statusline wrote them. Not
/// by way of `fmt`, which takes ten times as long.
fn begin(out: &mut String, style: Style, depth: Depth) {
    out.push_str("\x1b[");
    style.set(sgr::ATTRIBUTES).for_each(|code| push_codes(out, &[code]));
    for (color, is_ground) in [(style.fg, 0), (style.bg, 10)] {
        let Some(color) = color else { continue };
        let ansi = color.ansi & 15;
        let named = if ansi < 8 { 30 + ansi } else { 82 + ansi } + is_ground;
        match (depth, color) {
            (Depth::True, Color { rgb: Some((r, g, b)), .. }) => {
                push_codes(out, &[38 + is_ground, 2, r, g, b]);
            }
            (Depth::True | Depth::Ansi256, Color { xterm: Some(index), .. }) => {
                push_codes(out, &[38 + is_ground, 5, index]);
            }
            _ => push_codes(out, &[named]),
        }
    }
    // Replaces the last semicolon.
    out.pop();
    out.push('m');
}

impl Color {
    /// A colour limited to a depth: in one palette only, with its nearest in a coarser one.
    fn for_depth(self, depth: Depth) -> Self {
        match (self, depth) {
            (Color { rgb: Some(rgb), xterm: None, .. }, Depth::Ansi256) => {
                Color { xterm: Some(nearest_xterm(rgb, |_| true)), ..self }
            }
            (Color { rgb: Some(rgb), .. }, Depth::Ansi16) => Color { ansi: nearest_ansi(rgb, |_| true), ..self },
            (Color { xterm: Some(index @ ..16), .. }, Depth::Ansi16) => Color { ansi: index, ..self },
            (Color { xterm: Some(index), .. }, Depth::Ansi16) => {
                Color { ansi: nearest_ansi(xterm_rgb(index), |_| true), ..self }
            }
            _ => self,
        }
    }
}

/// Writes numbers, each followed by a semicolon.
fn push_codes(out: &mut String, codes: &[u8]) {
    for code in codes {
        for (from, digit) in [(100, code / 100), (10, code / 10 % 10), (0, code % 10)] {
            if *code >= from {
                out.push(char::from(b'0' + digit));
            }
        }
        out.push(';');
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::theme::file::color::contrast;
    use crate::theme::file::shown;
    use crate::theme::names;

    fn look() -> Look {
        let mut look = Look::plain();
        let orange = Color { rgb: Some((255, 135, 0)), xterm: Some(208), ansi: 3 };
        let roles = look.roles.to_mut();
        roles[Role::Model as usize] = Style { dim: true, ..Style::PLAIN };
        roles[Role::Task as usize] =
            Style { bold: true, fg: Some(Color { rgb: None, xterm: None, ansi: 15 }), ..Style::PLAIN };
        roles[Role::Context as usize] = Style { fg: Some(orange), bg: Some(orange), ..Style::PLAIN };
        look
    }

    #[test]
    fn styles_at_every_depth() {
        let check = |role, depth, expected: &str| {
            assert_eq!(paint(&[Span::fixed(role, "x")], &look(), depth), expected, "{role:?} {depth:?}");
        };
        check(Role::Model, Depth::True, "\x1b[2mx\x1b[0m");
        check(Role::Task, Depth::True, "\x1b[1;97mx\x1b[0m");
        check(Role::Task, Depth::Ansi16, "\x1b[1;97mx\x1b[0m");
        check(Role::Task, Depth::None, "x");
        check(Role::Context, Depth::True, "\x1b[38;2;255;135;0;48;2;255;135;0mx\x1b[0m");
        check(Role::Context, Depth::Ansi256, "\x1b[38;5;208;48;5;208mx\x1b[0m");
        check(Role::Context, Depth::Ansi16, "\x1b[33;43mx\x1b[0m");
        check(Role::Text, Depth::True, "x");
    }

    #[test]
    fn a_look_of_its_own_is_fitted_to_the_depth() {
        let check = |codes: &str, depth, expected: &str| {
            let span = Span::coloured(Role::Model, (codes.to_owned(), "x"));
            assert_eq!(paint(&[span], &look(), depth), expected, "{codes} {depth:?}");
        };
        check("31", Depth::Ansi256, "\x1b[31mx\x1b[0m");
        check("1;38;5;208", Depth::True, "\x1b[1;38;5;208mx\x1b[0m");
        check("38;5;9", Depth::Ansi16, "\x1b[91mx\x1b[0m");
        check("38;5;21", Depth::Ansi16, "\x1b[34mx\x1b[0m");
        check("48;2;255;0;0", Depth::Ansi256, "\x1b[48;5;196mx\x1b[0m");
        check("38;2;255;0;0", Depth::True, "\x1b[38;2;255;0;0mx\x1b[0m");
        check("31", Depth::None, "x");
        check("", Depth::True, "x");
    }

    #[test]
    fn neighbours_of_one_style_share_it() {
        let row =
            [(Role::Model, "a"), (Role::Model, "b"), (Role::Text, "c")].map(|(role, text)| Span::fixed(role, text));
        assert_eq!(paint(&row, &look(), Depth::True), "\x1b[2mab\x1b[0mc");
    }

    #[test]
    fn bands_and_their_edges() {
        let on = |role, ground| Span { ground, ..Span::fixed(role, "x") };
        let edge = |front, back| on(front, Ground::Edge { front, back, seam: "|" });
        let check = |span: Span, expected: &str| {
            assert_eq!(paint(std::slice::from_ref(&span), &look(), Depth::Ansi16), expected, "{span:?}");
        };
        check(on(Role::Task, Ground::Band(Role::Context)), "\x1b[1;30;43mx\x1b[0m");
        let bar = Span { ground: Ground::Band(Role::Context), ..Span::drawn(Role::Context, "x") };
        assert_eq!(paint(&[bar], &look(), Depth::True), "\x1b[30;48;2;255;135;0mx\x1b[0m");
        check(edge(Role::Context, Some(Role::Task)), "\x1b[33;107mx\x1b[0m");
        check(edge(Role::Context, None), "\x1b[33mx\x1b[0m");
        check(edge(Role::Context, Some(Role::Context)), "\x1b[30;43m|\x1b[0m");
    }

    #[test]
    fn bars_lie_on_their_track() {
        let color = |grey| Some(Color { rgb: Some((grey, grey, grey)), xterm: Some(grey), ansi: 7 });
        let mut look = look();
        look.base = color(0).unwrap();
        let roles = look.roles.to_mut();
        roles[Role::Context as usize] = Style { fg: color(200), bold: true, ..Style::PLAIN };
        roles[Role::ContextTrack as usize] = Style { fg: color(100), bg: color(50), ..Style::PLAIN };
        let check = |ground, on_track, depth, expected: &str| {
            let span = Span { ground, on_track, ..Span::drawn(Role::Context, " ") };
            assert_eq!(paint(&[span], &look, depth), expected, "{ground:?} {on_track} {depth:?}");
        };
        let band = Ground::Band(Role::Context);
        check(Ground::Terminal, true, Depth::True, "\x1b[38;2;200;200;200;48;2;50;50;50m \x1b[0m");
        check(Ground::Terminal, true, Depth::Ansi256, "\x1b[38;5;200;48;5;50m \x1b[0m");
        check(Ground::Terminal, false, Depth::True, " ");
        check(band, true, Depth::True, "\x1b[38;2;50;50;50;48;2;140;140;140m \x1b[0m");
        check(band, false, Depth::Ansi16, "\x1b[37;47m \x1b[0m");
    }

    #[test]
    fn a_bar_on_a_band_is_told_from_its_track_in_every_theme() {
        let rgb = |color: Option<Color>, depth| shown(color.unwrap(), depth);
        let looks = names().map(|name| (name, crate::theme::find(name, None).look));
        for (name, look) in looks.filter(|(_, look)| look.has_track(Depth::True)) {
            for role in [Role::Context, Role::Cost, Role::Limits].map(|role| role.levels().unwrap()).as_flattened() {
                let ground = Ground::Band(*role);
                let span = Span { ground, on_track: true, ..Span::drawn(*role, "▌") };
                for depth in [Depth::True, Depth::Ansi256] {
                    let style = run(&span, &look, depth).style;
                    let (fill, track) = (rgb(style.fg, depth), rgb(style.bg, depth));
                    let band = rgb(look.style(*role).fg, depth);
                    assert!(contrast(fill, track) > 1.5, "{name} {role:?} {depth:?}: {}", contrast(fill, track));
                    assert!(contrast(track, band) > 1.1, "{name} {role:?} {depth:?}: {}", contrast(track, band));
                }
            }
        }
    }

    #[test]
    fn a_row_on_its_base() {
        let row = [Span::fixed(Role::Model, " x"), Span::fixed(Role::Text, "  ")];
        let mut look = look();
        assert_eq!(paint_on_base(&row, &look, Depth::Ansi16), paint(&row, &look, Depth::Ansi16));
        for style in look.roles.to_mut() {
            style.fg = Some(Color { rgb: None, xterm: None, ansi: 1 });
        }
        assert_eq!(paint_on_base(&row, &look, Depth::Ansi16), "\x1b[2;31;40m x\x1b[0m\x1b[31;40m  \x1b[0m");
        assert_eq!(paint_on_base(&row, &look, Depth::None), " x  ");
    }

    #[test]
    fn links_are_begun_and_ended() {
        let link = Link::new("https://example.org");
        let row = ["a", "b"].map(|text| Span { link: link.clone(), ..Span::fixed(Role::Text, text) });
        let begin = "\x1b]8;;https://example.org\x1b\\";
        assert_eq!(paint(&row, &look(), Depth::None), format!("{begin}ab\x1b]8;;\x1b\\"));
    }
}
