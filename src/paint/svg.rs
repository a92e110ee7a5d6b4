//! Rows as a picture. Each piece is drawn at its own columns, and bars and edges as shapes, as good terminals do:
//! nothing depends on the glyphs of the reader's font or their widths.

use std::fmt::Write;

use unicode_segmentation::UnicodeSegmentation;

use super::StyledRun;
use crate::base::text::in_xml;
use crate::base::width::width;
use crate::segment::Role;
use crate::theme::file::color::{Rgb, to_hex};
use crate::theme::file::shown;
use crate::theme::{Background, Depth, Look, Style};

/// A row, and its depth of colour.
pub struct SvgRow<'a> {
    pub runs: Vec<StyledRun<'a>>,
    pub depth: Depth,
}

/// Size of a character cell in pixels. Monospaced fonts are about 0.6 times as wide as they are high.
const CELL: (f64, f64) = (9.0, 20.0);

const FONT_SIZE: f64 = 15.0;

/// Baseline of letters, in pixels from the top of the cell.
const BASELINE: f64 = 15.0;

/// Pixels around the rows.
const MARGIN: f64 = 12.0;

/// Fonts with the most glyphs first.
const FONTS: &str = "Menlo, 'Cascadia Mono', 'DejaVu Sans Mono', Consolas, 'Liberation Mono', monospace";

/// A picture of these rows, at least `columns` wide, on the background of a look. `title` is its text alternative.
pub fn picture(rows: &[SvgRow], look: &Look, columns: usize, title: &str) -> String {
    let wide = |row: &SvgRow| row.runs.iter().map(|run| width(run.text)).sum::<usize>();
    let columns = rows.iter().map(wide).max().unwrap_or(0).max(columns);
    let (across, down) = (columns as f64 * CELL.0 + 2.0 * MARGIN, rows.len() as f64 * CELL.1 + 2.0 * MARGIN);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {across} {down}\" width=\"{across}\" height=\"{down}\" \
         font-family=\"{FONTS}\" font-size=\"{FONT_SIZE}\" fill=\"{}\" xml:space=\"preserve\">\n<title>{}</title>\n\
         <rect x=\".5\" y=\".5\" width=\"{}\" height=\"{}\" rx=\"8\" fill=\"{}\" stroke=\"#808080\" stroke-opacity=\".3\"/>\n",
        to_hex(text(look)),
        in_xml(title).replace(|c| matches!(c, '\u{e000}'..='\u{f8ff}'), ""),
        across - 1.0,
        down - 1.0,
        to_hex(base(look)),
    );
    for (i, row) in rows.iter().enumerate() {
        let mut drawing = Drawing {
            look,
            depth: row.depth,
            top: MARGIN + i as f64 * CELL.1,
            column: 0,
            grounds: Vec::new(),
            front: String::new(),
        };
        row.runs.iter().for_each(|run| drawing.run(run));
        svg.push_str(&drawing.finish());
    }
    svg.push_str("</svg>\n");
    svg
}

/// The terminal's background that a look is made for.
fn base(look: &Look) -> Rgb {
    shown(look.base, Depth::True)
}

/// The terminal's own text colour.
fn text(look: &Look) -> Rgb {
    match (look.style(Role::Text).fg, look.background) {
        (Some(color), _) => shown(color, Depth::True),
        (None, Background::Dark) => (229, 229, 229),
        (None, Background::Light) => (0, 0, 0),
    }
}

/// A row as it is being drawn.
struct Drawing<'a> {
    look: &'a Look,
    depth: Depth,
    /// Pixels above it.
    top: f64,
    /// Column of the next run.
    column: usize,
    /// Backgrounds: colour, first column, and the column after the last.
    grounds: Vec<(Rgb, usize, usize)>,
    /// Text and shapes, drawn over them.
    front: String,
}

impl Drawing<'_> {
    fn run(&mut self, run: &StyledRun) {
        let StyledRun { text, style } = *run;
        let (color, ground) = self.colors(style);
        let end = self.column + width(text);
        if let Some(ground) = ground {
            match self.grounds.last_mut() {
                Some((last, _, to)) if (*last, *to) == (ground, self.column) => *to = end,
                _ => self.grounds.push((ground, self.column, end)),
            }
        }
        for (text, shape) in stretches(text) {
            let columns = width(text);
            match shape {
                Some(shape) => self.shape(shape, columns, color),
                None => self.letters(text, columns, style, color),
            }
            self.column += columns;
        }
        self.column = end;
    }

    /// Colours of text and background; `None` for the picture's own background.
    fn colors(&self, style: Style) -> (Rgb, Option<Rgb>) {
        let Drawing { look, depth, .. } = self;
        let fg = style.fg.map_or_else(|| self::text(look), |color| shown(color, *depth));
        let bg = style.bg.map(|color| shown(color, *depth));
        let ground = bg.unwrap_or_else(|| base(look));
        let half = |a: u8, b: u8| a.midpoint(b);
        let fg = if style.dim { (half(fg.0, ground.0), half(fg.1, ground.1), half(fg.2, ground.2)) } else { fg };
        if style.reverse { (ground, Some(fg)) } else { (fg, bg) }
    }

    fn letters(&mut self, text: &str, columns: usize, style: Style, color: Rgb) {
        let shown = text.trim_end();
        let indent = shown.len() - shown.trim_start().len();
        let shown = shown.trim_start();
        if shown.is_empty() {
            return;
        }
        debug_assert!(width(shown) <= columns);
        let (x, y) = (self.x(self.column + indent), self.top + BASELINE);
        _ = write!(self.front, "<text x=\"{x}\" y=\"{y}\" fill=\"{}\"", to_hex(color));
        self.front.extend(style.set([
            " font-weight=\"bold\"",
            "",
            " font-style=\"italic\"",
            " text-decoration=\"underline\"",
            "",
            " text-decoration=\"line-through\"",
        ]));
        let wide = width(shown) as f64 * CELL.0;
        _ = writeln!(self.front, " textLength=\"{wide}\" lengthAdjust=\"spacingAndGlyphs\">{}</text>", in_xml(shown));
    }

    fn shape(&mut self, shape: Glyph, columns: usize, color: Rgb) {
        let (left, top) = (self.x(self.column), self.top);
        let (wide, high) = (columns as f64 * CELL.0, CELL.1);
        let color = to_hex(color);
        let rect = |x: f64, wide: f64, more: &str| {
            format!("<rect x=\"{x}\" y=\"{top}\" width=\"{wide}\" height=\"{high}\" fill=\"{color}\"{more}/>")
        };
        let path = |outline: &str, more: &str| format!("<path d=\"M{left} {top}{outline}\" fill=\"{more}/>");
        let drawn = match shape {
            Glyph::Left(eighths) => rect(left, eighths as f64 * CELL.0 / 8.0, ""),
            Glyph::RightHalf => rect(left + wide / 2.0, wide / 2.0, ""),
            Glyph::Shade => rect(left, wide, " fill-opacity=\".25\""),
            Glyph::Upright => rect(left + wide / 2.0 - 0.5, 1.0, ""),
            Glyph::Level => path(&format!("m0 10h{wide}"), &format!("none\" stroke=\"{color}\"")),
            Glyph::Line(outline) => path(outline, &format!("none\" stroke=\"{color}\"")),
            Glyph::Area(outline) => path(outline, &format!("{color}\"")),
        };
        self.front.push_str(&drawn);
        self.front.push('\n');
    }

    fn finish(self) -> String {
        let mut drawn = String::new();
        for (color, from, to) in &self.grounds {
            let (x, wide) = (self.x(*from), (to - from) as f64 * CELL.0);
            _ = writeln!(
                drawn,
                "<rect x=\"{x}\" y=\"{}\" width=\"{wide}\" height=\"{}\" fill=\"{}\"/>",
                self.top,
                CELL.1,
                to_hex(*color)
            );
        }
        drawn + &self.front
    }

    fn x(&self, column: usize) -> f64 {
        MARGIN + column as f64 * CELL.0
    }
}

/// A character that is drawn.
#[derive(Clone, Copy, PartialEq)]
enum Glyph {
    /// Eighths of a cell from the left: several full cells, and a part of one.
    Left(usize),
    RightHalf,
    Shade,
    /// A thin line from the top of the cell to its bottom.
    Upright,
    /// A thin line from the left of the cell to its right.
    Level,
    /// A thin line: a path in pixels that begins at the top left of the cell, relative throughout.
    Line(&'static str),
    /// The same, filled.
    Area(&'static str),
}

impl Glyph {
    /// Block elements, thin frames, the glyphs of Powerline fonts, and marks that usual fonts lack. `None` for a
    /// letter.
    fn of(grapheme: &str) -> Option<Self> {
        let mut chars = grapheme.chars();
        let (Some(c), None) = (chars.next(), chars.next()) else { return None };
        Some(match c {
            '\u{2588}'..='\u{258f}' => Glyph::Left(width(grapheme) * (0x2590 - c as usize)),
            '▐' => Glyph::RightHalf,
            '░' => Glyph::Shade,
            '│' => Glyph::Upright,
            '─' => Glyph::Level,
            '┌' => Glyph::Line("m4.5 20v-10h4.5"),
            '┐' => Glyph::Line("m4.5 20v-10h-4.5"),
            '└' => Glyph::Line("m4.5 0v10h4.5"),
            '┘' => Glyph::Line("m4.5 0v10h-4.5"),
            '\u{e0b0}' => Glyph::Area("l9 10l-9 10z"),
            '\u{e0b1}' => Glyph::Line("l9 10l-9 10"),
            '\u{e0b2}' => Glyph::Area("m9 0l-9 10l9 10z"),
            '\u{e0b3}' => Glyph::Line("m9 0l-9 10l9 10"),
            '\u{e0b4}' => Glyph::Area("a9 10 0 0 1 0 20z"),
            '\u{e0b6}' => Glyph::Area("m9 0a9 10 0 0 0 0 20z"),
            '⎇' => Glyph::Line("m.5 15h2l3 -8h3m-2 -2l2 2l-2 2m-1 6h3"),
            '⇡' => Glyph::Line("m4.5 16v-2m0 -2v-6m-3 3l3 -3l3 3"),
            '⇣' => Glyph::Line("m4.5 5v2m0 2v6m-3 -3l3 3l3 -3"),
            '▸' => Glyph::Area("m2 6.5l5.5 4l-5.5 4z"),
            '▹' => Glyph::Line("m2 6.5l5.5 4l-5.5 4z"),
            '◆' => Glyph::Area("m4.5 5.5l4.5 5l-4.5 5l-4.5 -5z"),
            '◐' => Glyph::Area("m4.5 6.5a4 4 0 0 1 0 8a4 4 0 0 1 0 -8zm0 1v6a3 3 0 0 0 0 -6z"),
            '⚠' => Glyph::Line("m4.5 5.5l4 9.5h-8zm0 3.5v3m0 1v1.5"),
            '✓' => Glyph::Line("m1 11.5l2.5 3l4.5 -8"),
            '✗' => Glyph::Line("m1.5 6.5l6 8m0 -8l-6 8"),
            _ => return None,
        })
    }

    /// The two as one, if there is no seam between them.
    fn joined(self, next: Self) -> Option<Self> {
        match (self, next) {
            (Glyph::Left(full), Glyph::Left(eighths)) if full % 8 == 0 => Some(Glyph::Left(full + eighths)),
            (Glyph::Shade, Glyph::Shade) | (Glyph::Level, Glyph::Level) => Some(self),
            _ => None,
        }
    }
}

/// Text in stretches of letters and of one shape each.
fn stretches(text: &str) -> Vec<(&str, Option<Glyph>)> {
    let mut stretches: Vec<(usize, usize, Option<Glyph>)> = Vec::new();
    for (start, grapheme) in text.grapheme_indices(true) {
        let (shape, end) = (Glyph::of(grapheme), start + grapheme.len());
        let joined = stretches.last().and_then(|(.., last)| match (last, shape) {
            (None, None) => Some(None),
            (Some(last), Some(next)) => last.joined(next).map(Some),
            _ => None,
        });
        match (stretches.last_mut(), joined) {
            (Some((_, last, of)), Some(joined)) => (*last, *of) = (end, joined),
            _ => stretches.push((start, end, shape)),
        }
    }
    stretches.into_iter().map(|(start, end, shape)| (&text[start..end], shape)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::segment::{Ground, Span};

    fn lines(runs: &[&str]) -> Vec<String> {
        let runs = runs.iter().map(|text| StyledRun { text, style: Style::PLAIN }).collect();
        let row = SvgRow { runs, depth: Depth::True };
        let svg = picture(&[row], &Look::plain(), 0, "a & b");
        svg.lines().map(str::to_owned).collect()
    }

    #[test]
    fn letters_stand_at_their_columns() {
        let lines = lines(&[" a<b", "日本", "c  d"]);
        assert_eq!(lines[1], "<title>a &amp; b</title>");
        let more = "lengthAdjust=\"spacingAndGlyphs\"";
        assert_eq!(
            lines[3..6],
            [
                format!("<text x=\"21\" y=\"27\" fill=\"#e5e5e5\" textLength=\"27\" {more}>a&lt;b</text>"),
                format!("<text x=\"48\" y=\"27\" fill=\"#e5e5e5\" textLength=\"36\" {more}>日本</text>"),
                format!("<text x=\"84\" y=\"27\" fill=\"#e5e5e5\" textLength=\"36\" {more}>c  d</text>"),
            ]
        );
    }

    #[test]
    fn bars_are_drawn() {
        let lines = lines(&["██▌░░"]);
        let shape = |line: &str| {
            let (_, rest) = line.split_once("x=\"").unwrap();
            let (x, rest) = rest.split_once('"').unwrap();
            let (_, rest) = rest.split_once("width=\"").unwrap();
            format!("{x} {}", rest.split_once('"').unwrap().0)
        };
        assert_eq!(lines[3..5].iter().map(|line| shape(line)).collect::<Vec<_>>(), ["12 22.5", "39 18"]);
    }

    #[test]
    fn frames_are_drawn() {
        assert_eq!(
            lines(&["┌──┐│└┘"])[3..9],
            [
                "<path d=\"M12 12m4.5 20v-10h4.5\" fill=\"none\" stroke=\"#e5e5e5\"/>",
                "<path d=\"M21 12m0 10h18\" fill=\"none\" stroke=\"#e5e5e5\"/>",
                "<path d=\"M39 12m4.5 20v-10h-4.5\" fill=\"none\" stroke=\"#e5e5e5\"/>",
                "<rect x=\"52\" y=\"12\" width=\"1\" height=\"20\" fill=\"#e5e5e5\"/>",
                "<path d=\"M57 12m4.5 0v10h4.5\" fill=\"none\" stroke=\"#e5e5e5\"/>",
                "<path d=\"M66 12m4.5 0v10h-4.5\" fill=\"none\" stroke=\"#e5e5e5\"/>",
            ]
        );
    }

    #[test]
    fn marks_that_fonts_lack_are_drawn() {
        let lines = lines(&["⎇⇡⇣▸▹◆◐⚠✓✗\u{e0b0}"]);
        assert_eq!(lines.iter().filter(|line| line.starts_with("<path ")).count(), 11);
        assert!(lines.iter().all(|line| !line.starts_with("<text ")));
    }

    #[test]
    fn bands_lie_under_their_text() {
        let mut look = Look::plain();
        look.roles.to_mut()[Role::Model as usize].fg =
            Some(super::super::Color { rgb: Some((1, 2, 3)), xterm: None, ansi: 7 });
        let spans =
            [" ", "a", " "].map(|text| Span { ground: Ground::Band(Role::Model), ..Span::new(Role::Model, text) });
        let row = SvgRow { runs: super::super::runs(&spans, &look, Depth::True), depth: Depth::True };
        let svg = picture(&[row], &look, 0, "");
        let band = "<rect x=\"12\" y=\"12\" width=\"27\" height=\"20\" fill=\"#010203\"/>\n<text x=\"21\"";
        assert!(svg.contains(band), "{svg}");
        assert!(svg.contains("fill=\"#000000\" textLength"), "{svg}");
    }
}
