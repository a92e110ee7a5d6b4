//! What is typed, and what is made of it: a value, an element of a list, the name of a segment.

use super::{Model, set_list};
use crate::config::value::Value;
use crate::tools::configure::action::Action;
use crate::tools::configure::document::{self, Edit};
use crate::tools::configure::options;
use crate::tools::configure::panel::{Panel, What};

impl Model {
    pub(super) fn type_into(&mut self, action: Action) {
        let Some(Panel::Input { input, problem, .. }) = self.panels.last_mut() else { return };
        *problem = None;
        match action {
            Action::Type(c) => input.insert(c),
            Action::Backspace => input.backspace(),
            Action::Delete => input.delete(),
            Action::Left => input.left(),
            Action::Right => input.right(),
            Action::Home => input.home(),
            Action::End => input.end(),
            Action::Back => _ = self.panels.pop(),
            Action::Enter => self.accept(),
            _ => {}
        }
    }

    /// Takes what was typed, or says what is wrong with it.
    fn accept(&mut self) {
        let Some(Panel::Input { what, input, .. }) = self.panels.last().cloned() else { return };
        let taken = self.take(&what, input.text());
        if let (Err(why), Some(Panel::Input { problem, .. })) = (taken, self.panels.last_mut()) {
            *problem = Some(why);
        }
    }

    fn take(&mut self, what: &What, text: &str) -> Result<(), String> {
        match what {
            What::Value { table, key } => {
                self.change(&[Edit::set(table, key, document::value(table, key, text)?)])?;
                self.panels.pop();
            }
            What::Element { table, key, at, is_new } => {
                let text = options::checked_element(table, key, text)?;
                let mut list = self.draft.list(table, key);
                match list.get_mut(*at).filter(|_| !is_new) {
                    Some(element) => *element = text,
                    None => list.insert((*at).min(list.len()), text),
                }
                self.change(&[set_list(table, key, list)])?;
                self.panels.pop();
                self.set_at(*at);
            }
            What::Name { kind } => {
                let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
                if text.is_empty() || !text.chars().all(is_word) || text == "fill" {
                    return Err("expected letters, digits and _".to_owned());
                }
                if self.draft.stack().kind(text).is_some() {
                    return Err(format!("there is a segment {text} already"));
                }
                self.panels.truncate(self.panels.len().saturating_sub(2));
                self.add(text, Some(Edit::set(text, "kind", Value::text(*kind))));
            }
        }
        Ok(())
    }
}
