//! What an action does to the values of keys: open what edits them, turn them on, and step through them.

use super::{Model, set_list};
use crate::config::value::{Takes, Value};
use crate::tools::configure::action::Action;
use crate::tools::configure::document::{self, Edit};
use crate::tools::configure::input::Input;
use crate::tools::configure::options::{self, Editor, Opt};
use crate::tools::configure::panel::{Panel, What};
use crate::tools::configure::rows::Way;

impl Model {
    pub(super) fn on_options(&mut self, action: Action) {
        let Some((table, at)) = self.shown_options() else { return };
        let table = table.to_owned();
        let Some(option) = self.options(&table).into_iter().nth(at) else { return };
        let editor = options::editor(&table, &option);
        match action {
            Action::Enter => self.edit(&table, &option, editor),
            Action::Left => self.nudge(&table, &option, &editor, false),
            Action::Right => self.nudge(&table, &option, &editor, true),
            Action::Reset | Action::Remove => self.change_or_say(&[Edit::unset(&table, option.key)]),
            _ => {}
        }
    }

    fn edit(&mut self, table: &str, option: &Opt, editor: Editor) {
        let (table, key) = (table.to_owned(), option.key);
        let panel = match editor {
            Editor::Toggle => {
                let truth = matches!(self.draft.value(&table, key), Some(Value::Bool(true)));
                return self.change_or_say(&[Edit::set(&table, key, Value::Bool(!truth))]);
            }
            Editor::Choice(words) => {
                let words = match words {
                    options::Words::These(words) => words,
                    options::Words::Themes if key == "theme" => self.themes(),
                    options::Words::Themes => self.catalog.themes.clone(),
                };
                let chosen = self.draft.shown(&table, key);
                let at = words.iter().position(|(word, _)| *word == chosen).unwrap_or(0);
                Panel::Choice { table, key, words, at }
            }
            Editor::Checks(words) => Panel::Checks { table, key, words, at: 0 },
            Editor::List => Panel::List { table, key, at: 0 },
            Editor::Typed => Panel::Input {
                input: Input::new(self.draft.shown(&table, key)),
                what: What::Value { table, key },
                about: option.about.to_owned(),
                problem: None,
            },
        };
        self.panels.push(panel);
    }

    /// The next value of a key, or the one before.
    fn nudge(&mut self, table: &str, option: &Opt, editor: &Editor, up: bool) {
        let value = match (editor, option.takes) {
            (Editor::Toggle, _) => Value::Bool(up),
            (Editor::Choice(options::Words::These(words)), _) => {
                let shown = self.draft.shown(table, option.key);
                let at = words.iter().position(|(word, _)| *word == shown).unwrap_or(0);
                let next = if up { at + 1 } else { at + words.len() - 1 } % words.len().max(1);
                match words.get(next) {
                    Some((word, _)) if !word.is_empty() => {
                        document::value(table, option.key, word).unwrap_or_else(|_| Value::text(word))
                    }
                    _ => return self.change_or_say(&[Edit::unset(table, option.key)]),
                }
            }
            (_, Takes::Number(least, most)) => {
                let number = match self.draft.value(table, option.key) {
                    Some(Value::Number(number)) if up => number.saturating_add(1),
                    Some(Value::Number(number)) => number.saturating_sub(1),
                    _ => least,
                };
                Value::Number(number.clamp(least, most))
            }
            _ => return,
        };
        self.change_or_say(&[Edit::set(table, option.key, value)]);
    }

    pub(super) fn check(&mut self, table: &str, key: &str, words: &[&str], word: &str) {
        let now = self.draft.list(table, key);
        let is_now = |word: &str| now.iter().any(|now| now == word);
        let checked = words.iter().filter(|other| is_now(other) != (**other == word));
        self.change_or_say(&[set_list(table, key, checked.map(|word| (*word).to_owned()).collect())]);
    }

    pub(super) fn on_list(&mut self, action: Action, table: &str, key: &'static str, at: usize) {
        let mut list = self.draft.list(table, key);
        match action {
            Action::Enter | Action::Add => {
                let is_new = action == Action::Add || list.is_empty();
                let text = if is_new { String::new() } else { list[at].clone() };
                let at = if is_new { (at + 1).min(list.len()) } else { at };
                let about = options::element(table, key).to_owned();
                let what = What::Element { table: table.to_owned(), key, at, is_new };
                self.panels.push(Panel::Input { what, about, input: Input::new(text), problem: None });
            }
            Action::Remove if at < list.len() => {
                list.remove(at);
                self.change_or_say(&[set_list(table, key, list)]);
            }
            Action::Move(way) => {
                let other = if way == Way::Up { at.checked_sub(1) } else { Some(at + 1) };
                if let Some(other) = other.filter(|other| *other < list.len()) {
                    list.swap(at, other);
                    self.change_or_say(&[set_list(table, key, list)]);
                    self.set_at(other);
                }
            }
            Action::Reset => self.change_or_say(&[Edit::unset(table, key)]),
            _ => {}
        }
    }
}
