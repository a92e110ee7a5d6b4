//! A line of text that is being typed.

use unicode_segmentation::UnicodeSegmentation;

use super::action::Action;

/// Text with a cursor, which moves by visible characters.
pub struct Input {
    text: String,
    /// Bytes before the cursor.
    at: usize,
}

impl Input {
    /// A text with the cursor at its end.
    pub fn new(text: impl Into<String>) -> Self {
        let text = text.into();
        Input { at: text.len(), text }
    }

    pub fn text(&self) -> &str {
        &self.text
    }

    /// The text before and after the cursor.
    pub fn parts(&self) -> (&str, &str) {
        self.text.split_at(self.at)
    }

    /// Applies an action to the text, if it is about text.
    pub fn edit(&mut self, action: Action) {
        let (before, after) = self.parts();
        let left = self.at - before.graphemes(true).next_back().map_or(0, str::len);
        let right = self.at + after.graphemes(true).next().map_or(0, str::len);
        match action {
            Action::Key(c) => {
                self.text.insert(self.at, c);
                self.at += c.len_utf8();
            }
            Action::Backspace => {
                self.text.drain(left..self.at);
                self.at = left;
            }
            Action::Delete => _ = self.text.drain(self.at..right),
            Action::Left => self.at = left,
            Action::Right => self.at = right,
            Action::Home => self.at = 0,
            Action::End => self.at = self.text.len(),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_edited_by_characters_as_the_reader_sees_them() {
        let check = |input: &mut Input, actions: &[Action], expected: (&str, &str)| {
            actions.iter().for_each(|action| input.edit(*action));
            assert_eq!(input.parts(), expected, "{actions:?}");
        };
        let mut input = Input::new("ae\u{301}日");
        check(&mut input, &[Action::Left], ("ae\u{301}", "日"));
        check(&mut input, &[Action::Backspace], ("a", "日"));
        check(&mut input, &[Action::Key('│'), Action::Delete], ("a│", ""));
        check(&mut input, &[Action::Home, Action::Backspace, Action::Delete], ("", "│"));
        check(&mut input, &[Action::Right, Action::End, Action::Delete], ("│", ""));
    }
}
