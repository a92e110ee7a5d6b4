//! Columns of text on the terminal: wide CJK characters take two, an emoji sequence two, a
//! combining mark none.

use std::cell::Cell;

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

/// Mark at the place where text was cut.
pub const ELLIPSIS: &str = "…";

thread_local! {
    /// The terminal draws characters of ambiguous width (`│`, `█`, `…`) in two columns, as
    /// CJK terminals can. Fixed for a terminal, and needed wherever text is measured.
    static AMBIGUOUS_IS_WIDE: Cell<bool> = const { Cell::new(false) };
}

/// Sets whether characters of ambiguous width count as two columns.
pub fn set_ambiguous_is_wide(is_wide: bool) {
    AMBIGUOUS_IS_WIDE.set(is_wide);
}

/// Columns that `text` takes.
pub fn width(text: &str) -> usize {
    match text {
        text if text.is_ascii() => text.len(),
        text if AMBIGUOUS_IS_WIDE.get() => text.width_cjk(),
        text => text.width(),
    }
}

/// `text` in at most `columns`: whole if it fits, else cut between characters as the reader sees
/// them, ending in `…`. Empty for 0 columns.
pub fn cut(text: &str, columns: usize) -> String {
    if width(text) <= columns {
        return text.to_owned();
    }
    let Some(room) = columns.checked_sub(width(ELLIPSIS)) else { return String::new() };
    // The prefix is measured as a whole: the width of a sequence is not the sum of its parts.
    let ends = text.grapheme_indices(true).map(|(start, grapheme)| start + grapheme.len());
    let end = ends.take_while(|end| width(&text[..*end]) <= room).last().unwrap_or(0);
    format!("{}{ELLIPSIS}", text[..end].trim_end())
}

/// [`cut`] at the beginning, for paths, whose end matters most.
pub fn cut_start(text: &str, columns: usize) -> String {
    if width(text) <= columns {
        return text.to_owned();
    }
    let Some(room) = columns.checked_sub(width(ELLIPSIS)) else { return String::new() };
    let starts = text.grapheme_indices(true).map(|(start, _)| start);
    let start = starts.rev().take_while(|start| width(&text[*start..]) <= room).last().unwrap_or(text.len());
    format!("{ELLIPSIS}{}", text[start..].trim_start())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn widths() {
        let check = |text: &str, expected| assert_eq!(width(text), expected, "{text:?}");
        check("", 0);
        check("plain", 5);
        check("日本語", 6);
        check("e\u{301}", 1);
        check("👩\u{200d}💻", 2);
        check("🇩🇪", 2);
        check("█▌░", 3);
        check("…│▸⎇", 4);
    }

    #[test]
    fn cuts_at_the_beginning() {
        let check = |text: &str, columns, expected: &str| {
            assert_eq!(cut_start(text, columns), expected, "{text:?} {columns}");
        };
        check("/home/ada", 9, "/home/ada");
        check("/home/ada", 5, "…/ada");
        check("/home/ada", 1, "…");
        check("/home/ada", 0, "");
        check("日本語", 4, "…語");
        check("a e\u{301}", 2, "…e\u{301}");
    }

    #[test]
    fn cuts() {
        let check = |text: &str, columns, expected: &str| {
            assert_eq!(cut(text, columns), expected, "{text:?} {columns}");
        };
        check("plain", 5, "plain");
        check("plain", 4, "pla…");
        check("plain", 1, "…");
        check("plain", 0, "");
        check("日本語", 5, "日本…");
        check("日本語", 4, "日…");
        check("ab cd", 4, "ab…");
        check("👩\u{200d}💻👩\u{200d}💻", 3, "👩\u{200d}💻…");
    }

    #[test]
    fn characters_of_ambiguous_width_can_be_wide() {
        set_ambiguous_is_wide(true);
        let found = ["█▌░│", "…", "日本", "plain"].map(width);
        let cuts = [("plain", 4, "pl…"), ("日本語", 4, "日…"), ("ab", 1, "")]
            .map(|(text, columns, cut_text)| (cut(text, columns) == cut_text, text));
        set_ambiguous_is_wide(false);
        assert_eq!(found, [7, 2, 4, 5]);
        assert_eq!(cuts, [(true, "plain"), (true, "日本語"), (true, "ab")]);
    }

    proptest! {
        #[test]
        fn a_cut_never_takes_more_than_its_columns(text: String, columns in 0usize..120) {
            prop_assert!(width(&cut(&text, columns)) <= columns);
        }

        #[test]
        fn text_that_fits_is_not_cut(text: String) {
            prop_assert_eq!(cut(&text, width(&text)), text);
        }
    }
}
