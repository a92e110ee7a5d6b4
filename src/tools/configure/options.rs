//! The options of the line and of a segment: the tables of config's keys, and how each is edited.

use crate::config::key::{KEYS, SEGMENT_KEYS};
use crate::config::value::Takes;
use crate::segment::{self, Kind, Role};

use super::document;
use super::draft::presets;

/// An option.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Opt {
    pub key: &'static str,
    pub about: &'static str,
    pub takes: Takes,
}

/// The way an option is edited.
#[derive(Debug, Clone, PartialEq)]
pub enum Editor {
    /// On or off.
    Toggle,
    /// One of these words, each with what it is. An empty word takes the key out of the file.
    Choice(Vec<(String, String)>),
    /// The name of a theme.
    Theme,
    /// A list, element by element.
    List,
    /// Typed text.
    Typed,
}

/// The options of a segment of that kind, or of the line where `table` is empty.
pub fn of(table: &str, kind: Option<&'static Kind>) -> Vec<Opt> {
    let keys = if table.is_empty() { KEYS } else { SEGMENT_KEYS };
    // A segment named like its kind cannot change `kind`.
    let is_kind = kind.is_some_and(|kind| kind.name == table);
    let keys = keys.iter().filter(|key| !(is_kind && key.name == "kind"));
    let common = keys.map(|key| Opt { key: key.name, about: key.about, takes: key.takes });
    let own = kind.into_iter().filter(|_| !table.is_empty()).flat_map(|kind| kind.keys);
    common.chain(own.map(|own| Opt { key: own.name, about: own.about, takes: Takes::Own })).collect()
}

/// The editor of an option of a segment, or of the line.
pub fn editor(table: &str, option: &Opt) -> Editor {
    let own = |words: &mut dyn Iterator<Item = (&str, &str)>| {
        Editor::Choice(words.map(|(word, about)| (word.to_owned(), about.to_owned())).collect())
    };
    match (option.key, option.takes) {
        ("theme" | "theme_dark" | "theme_light", _) => Editor::Theme,
        ("preset", _) if table.is_empty() => own(&mut presets()),
        ("kind", _) => own(&mut segment::ALL.iter().map(|kind| (kind.name, kind.about))),
        ("role", _) => {
            let roles = Role::ALL.iter().map(|role| (role.name(), ""));
            own(&mut [("", "its own role")].into_iter().chain(roles))
        }
        (_, Takes::Bool) => Editor::Toggle,
        (_, Takes::Word(words)) => own(&mut words.iter().map(|word| (*word, ""))),
        (_, Takes::Number(..) | Takes::Text | Takes::Role | Takes::Own) => Editor::Typed,
        (_, Takes::Texts | Takes::Formats | Takes::Conditions | Takes::Words(_)) => Editor::List,
        (_, Takes::Steps | Takes::Thresholds | Takes::Names) => Editor::List,
    }
}

/// Describes an element of a list, for whoever types one.
pub fn element(table: &str, key: &str) -> &'static str {
    match (key, document::takes(table, key)) {
        ("rows" | "extra_rows", _) => "segments; | begins a group, fill moves what follows to the right",
        ("format", _) => "a format string such as [{icon} ]{name}; a part in [ ] goes when a name in it has no value",
        (_, takes) => takes.element(),
    }
}

/// An element of a list as it was typed, if it can be one.
///
/// # Errors
/// It cannot; says what could.
pub fn checked_element(table: &str, key: &str, text: &str) -> Result<String, String> {
    let (value, faults) = document::takes(table, key).list(&[text.to_owned()])?;
    match (faults.first(), value.and_then(|value| value.elements().pop())) {
        (None, Some(element)) => Ok(element),
        (fault, _) => Err(fault.map(ToString::to_string).unwrap_or_default()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_has_an_editor() {
        for option in of("", None) {
            let editor = editor("", &option);
            let expected = match option.key {
                "preset" | "color" | "icons" | "style" | "edges" => "Choice",
                "theme" | "theme_dark" | "theme_light" => "Theme",
                "prefix" | "rows" | "extra_rows" | "prompt_rows" | "model_names" | "links" => "List",
                "gradient" | "newline" => "Toggle",
                _ => "Typed",
            };
            assert!(format!("{editor:?}").starts_with(expected), "{}: {editor:?}", option.key);
        }
        let names: Vec<&str> = of("cost", segment::find("cost")).iter().map(|option| option.key).collect();
        assert_eq!(
            names,
            ["format", "steps", "priority", "prefix", "icon", "role", "thresholds", "hide_when", "budget"]
        );
    }

    #[test]
    fn elements_are_checked() {
        let check = |key: &str, text: &str, expected: Option<&str>| {
            assert_eq!(checked_element("cost", key, text).ok().as_deref(), expected, "{text}");
        };
        check("steps", " 7", Some("7"));
        check("steps", "256", None);
        check("thresholds", "80  danger", Some("80 danger"));
        check("thresholds", "danger", None);
        check("thresholds", "nan danger", None);
        check("format", "{usd} ", Some("{usd} "));
    }
}
