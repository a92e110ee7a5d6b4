//! Text as a terminal would show it.

/// Text without its colours. It must not contain other commands for the terminal, or change how its neighbours are
/// read, and each row must end what it begins.
#[track_caller]
pub fn plain(painted: &str) -> String {
    let mut plain = String::new();
    let mut styled = false;
    let mut rest = painted.chars();
    while let Some(c) = rest.next() {
        if let Some(sequence) = rest.as_str().strip_prefix('[').filter(|_| c == '\x1b') {
            let (codes, after) = sequence.split_once('m').unwrap_or_else(|| panic!("{painted:?}"));
            assert!(codes.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b';')), "{painted:?}");
            styled = codes != "0";
            rest = after.chars();
            continue;
        }
        assert!(if c == '\n' { !styled } else { !is_dangerous(c) }, "{c:?} in {painted:?}");
        plain.push(c);
    }
    assert!(!styled, "{painted:?}");
    plain
}

pub fn is_dangerous(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}' | '\u{200c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}')
        || matches!(c, '\u{2060}'..='\u{206f}' | '\u{61c}' | '\u{feff}' | '\u{e0000}'..='\u{e0fff}')
}
