//! Limits for texts from outside in a bridge: with as many of each as it may hold, it stays below the size up to which
//! it is read.

use crate::base::hash::fnv;
use crate::base::json;
use crate::base::text::Text;
use crate::base::width::cut;

/// Maximum length of an id or a name in bytes, as written in the file.
const MAX_ID: usize = 128;

/// Maximum length of a path or a text in bytes, as written in the file.
const MAX_TEXT: usize = 1024;

/// Maximum width of a text that is shown, in columns.
const MAX_COLUMNS: usize = 200;

/// The longest escape of a byte: `\u0001`.
const ESCAPE: usize = 6;

/// Bounds an id or a name. Different ones stay different.
pub fn id(text: String) -> String {
    bounded(text, MAX_ID)
}

/// Bounds a path in the same way.
pub fn path(text: String) -> String {
    bounded(text, MAX_TEXT)
}

/// Sanitises and shortens a text that will be shown later.
pub fn shown(text: &str) -> String {
    let text = bounded(cut(Text::new(text).as_str(), MAX_COLUMNS), MAX_TEXT);
    // A joiner whose other half is cut off would be dropped by the next read.
    if text.contains('\u{200d}') { Text::new(text).as_str().to_owned() } else { text }
}

fn bounded(text: String, max: usize) -> String {
    if text.len() * ESCAPE <= max || text.len() <= max && json::quote(&text).len() <= max + 2 {
        return text;
    }
    let mark = format!("…{:016x}", fnv(text.as_bytes()));
    let room = (max - mark.len()) / ESCAPE;
    let end = text.char_indices().map(|(start, _)| start).take_while(|end| *end <= room).last();
    format!("{}{mark}", &text[..end.unwrap_or(0)])
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_is_short_stays_and_what_is_long_can_be_told_apart() {
        for text in ["", "/a/b.rs", "toolu_01", "ü\u{1}"] {
            assert_eq!(id(text.to_owned()), text);
        }
        let fits = "x".repeat(MAX_TEXT);
        assert_eq!(path(fits.clone()), fits);
        let [a, b] = ["a", "b"].map(|end| path(format!("{fits}{end}")));
        assert!(a != b && a.starts_with("xxx") && a.contains('…'), "{a}");
        assert_eq!(path(a.clone()), a);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn nothing_is_longer_in_the_file(text in "(\u{1}|\"|é|日|x|👩\u{200d}){0,400}") {
            prop_assert!(json::quote(&id(text.clone())).len() <= MAX_ID + 2);
            prop_assert!(json::quote(&path(text.clone())).len() <= MAX_TEXT + 2);
            prop_assert!(json::quote(&shown(&text)).len() <= MAX_TEXT + 2);
            prop_assert_eq!(shown(&shown(&text)), shown(&text));
        }
    }
}
