//! A line of text that is being typed.

use unicode_segmentation::UnicodeSegmentation;

/// Text with a cursor.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Input {
    text: String,
    /// Bytes before the cursor.
    at: usize,
}

impl Input {
    /// A text, the cursor behind it.
    pub fn new(text: impl Into<String>) -> Self {
        let text = text.into();
        Input { at: text.len(), text }
    }

    /// What has been typed.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// What stands before the cursor.
    pub fn before(&self) -> &str {
        &self.text[..self.at]
    }

    /// Puts a character at the cursor.
    pub fn insert(&mut self, c: char) {
        self.text.insert(self.at, c);
        self.at += c.len_utf8();
    }

    /// Removes the character before the cursor.
    pub fn backspace(&mut self) {
        let end = self.at;
        self.left();
        self.text.drain(self.at..end);
    }

    /// Removes the character behind the cursor.
    pub fn delete(&mut self) {
        let begin = self.at;
        self.right();
        self.text.drain(begin..self.at);
        self.at = begin;
    }

    /// A character to the left, as the reader sees them.
    pub fn left(&mut self) {
        self.at -= self.before().graphemes(true).next_back().map_or(0, str::len);
    }

    /// A character to the right.
    pub fn right(&mut self) {
        self.at += self.text[self.at..].graphemes(true).next().map_or(0, str::len);
    }

    /// To the beginning.
    pub fn home(&mut self) {
        self.at = 0;
    }

    /// To the end.
    pub fn end(&mut self) {
        self.at = self.text.len();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_edited_by_characters_as_the_reader_sees_them() {
        let mut input = Input::new("ae\u{301}日");
        input.left();
        assert_eq!(input.before(), "ae\u{301}");
        input.backspace();
        assert_eq!((input.text(), input.before()), ("a日", "a"));
        input.insert('│');
        input.delete();
        assert_eq!((input.text(), input.before()), ("a│", "a│"));
        input.home();
        input.backspace();
        input.delete();
        input.right();
        input.end();
        input.delete();
        assert_eq!((input.text(), input.before()), ("│", "│"));
    }
}
