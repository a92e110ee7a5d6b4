//! The one bar: a fill that ends in an eighth of a cell, on its track.

use super::{Cx, Icons, Role, Span};
use crate::base::width::width;

/// Width of a bar in cells if its format string gives none.
const CELLS: usize = 10;

/// Adds a bar to `spans`, in the role of its level. All of its cells have the width of a full one.
pub(super) fn append_to(spans: &mut Vec<Span>, percent: f64, cells: Option<usize>, level: Role, cx: &Cx) {
    let cells = cells.unwrap_or(CELLS);
    let on_track = cx.has_track && cx.icons != Icons::Ascii;
    let part = |role, text: String| Span { on_track, ..Span::drawn(role, text) };
    let fill = fill(percent, cells, cx.icons);
    let filled = fill.chars().count();
    let role_of = |cell: usize| match cx.gradient {
        true => cx.level(cell as f64 / cells as f64 * 100.0),
        false => level,
    };
    let mut from = 0;
    while from < filled {
        let role = role_of(from);
        let end = (from + 1..filled).find(|cell| role_of(*cell) != role).unwrap_or(filled);
        spans.push(part(role, fill.chars().skip(from).take(end - from).collect()));
        from = end;
    }
    let empty = cells - filled;
    let track = match on_track {
        true => part(level, " ".repeat(empty * width("█"))),
        false => part(Role::ContextTrack, if cx.icons == Icons::Ascii { "-" } else { "─" }.repeat(empty)),
    };
    spans.extend((empty > 0).then_some(track));
}

/// The fill of a bar: a character for each cell that it reaches.
pub fn fill(percent: f64, cells: usize, icons: Icons) -> String {
    let (full, parts) = if icons == Icons::Ascii { ("#", "") } else { ("█", "▏▎▍▌▋▊▉") };
    let per_cell = parts.chars().count() + 1;
    let steps = (percent.clamp(0.0, 100.0) / 100.0 * (cells * per_cell) as f64).round() as usize;
    let part = (steps % per_cell).checked_sub(1).and_then(|part| parts.chars().nth(part));
    full.repeat(steps / per_cell) + part.map(String::from).as_deref().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agent::Status;
    use crate::base::env::Env;
    use crate::segment::{Level, Settings, Threshold, known};
    use crate::snapshot::Given;
    use crate::snapshot::Snapshot;
    use proptest::prelude::*;
    use std::time::UNIX_EPOCH;

    const TRACK: (Icons, bool) = (Icons::Text, true);
    const LINE: (Icons, bool) = (Icons::Nerd, false);
    const ASCII: (Icons, bool) = (Icons::Ascii, true);

    /// The spans of a bar with steps at 50 and 70 %.
    fn spans((icons, has_track): (Icons, bool), gradient: bool, percent: f64, cells: usize) -> Vec<Span> {
        let snapshot = Snapshot::given(Status::default(), &Env::fixed(UNIX_EPOCH, []), Given::default());
        let at = |at, step| Threshold { at, level: Level::Step(step) };
        let thresholds = vec![at(50.0, 0), at(70.0, 1)].into();
        let settings = Settings { thresholds, ..Settings::new(known("context")) };
        let cx = Cx {
            snapshot: &snapshot,
            settings: &settings,
            icons,
            has_track,
            gradient,
            columns: 80,
            links: false,
            budgets: &[],
            model_names: &[],
        };
        let mut spans = Vec::new();
        append_to(&mut spans, percent, Some(cells), Role::Context, &cx);
        spans
    }

    fn text(spans: &[Span]) -> String {
        spans.iter().map(|span| span.text.as_str()).collect()
    }

    #[test]
    fn bars() {
        let check = |kind, percent, expected: &str| {
            assert_eq!(text(&spans(kind, false, percent, 4)), expected, "{percent}");
        };
        check(ASCII, 60.0, "##--");
        check(ASCII, 63.0, "###-");
        check(LINE, 0.0, "────");
        check(LINE, 1.0, "────");
        check(LINE, 3.0, "▏───");
        check(LINE, 50.0, "██──");
        check(LINE, 60.0, "██▍─");
        check(TRACK, 60.0, "██▍ ");
        check(TRACK, 99.0, "████");
        check(TRACK, 250.0, "████");
        check(TRACK, -1.0, "    ");
        check(TRACK, f64::NAN, "    ");
    }

    #[test]
    fn the_colour_of_a_gradient_runs_along_the_fill() {
        let parts = |percent| {
            let spans = spans(LINE, true, percent, 10);
            spans.iter().map(|span| (span.role, span.text.as_str().to_owned())).collect::<Vec<_>>()
        };
        let part = |role, text: &str| (role, text.to_owned());
        assert_eq!(parts(42.0), [part(Role::Context, "████▎"), part(Role::ContextTrack, "─────")]);
        assert_eq!(
            parts(75.0),
            [
                part(Role::Context, "█████"),
                part(Role::ContextNotice, "██"),
                part(Role::ContextWarning, "▌"),
                part(Role::ContextTrack, "──"),
            ]
        );
    }

    /// Eighths, or cells, that are filled.
    fn fill(text: &str) -> u32 {
        let of = |c| match c {
            '#' => 8,
            '\u{2588}'..='\u{258f}' => 0x2590 - c as u32,
            _ => 0,
        };
        text.chars().map(of).sum()
    }

    proptest! {
        #[test]
        fn the_width_is_exact_and_the_fill_grows_with_the_value(
            cells in 0..60usize,
            low in -10.0..110.0f64,
            more in 0.0..50.0f64,
            kind in 0..3usize,
            gradient: bool,
        ) {
            let kind = [TRACK, LINE, ASCII][kind];
            let [low, high] = [low, low + more].map(|percent| text(&spans(kind, gradient, percent, cells)));
            prop_assert_eq!((width(&low), width(&high)), (cells, cells));
            prop_assert!(fill(&low) <= fill(&high), "{} {}", low, high);
            let full = text(&spans(kind, gradient, 100.0, cells));
            prop_assert_eq!(fill(&full), 8 * cells as u32);
        }
    }
}
