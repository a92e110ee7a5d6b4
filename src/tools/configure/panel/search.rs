//! The search for everything that can be opened, chosen or added.

use itertools::Itertools;

use super::add::insert;
use super::options::Options;
use super::page::Page;
use super::typed::Below;
use super::{Choice, EditorState, Next, Panel, Typed, keys};
use crate::config::key::KEYS;
use crate::segment::{self, Role};
use crate::tools::configure::draft::presets;

/// The destination of a search result.
#[derive(Clone, Copy)]
enum Goes {
    /// An item of a tab.
    Tab(&'static str, usize),
    /// A segment, which is added if the line does not have it.
    Segment,
    /// An option of a segment.
    Option(&'static str, &'static str),
    /// A line of the help.
    Key(usize),
}

/// The panel.
pub fn search() -> Typed {
    let about = "find segments, fields, options, themes, presets, roles, keys";
    let accept = |query: &str, at: usize, state: &mut EditorState| {
        let found = found(query, state).into_iter().nth(at);
        let (Choice { name, .. }, goes) = found.ok_or("nothing found")?;
        Ok(go(&name, goes, state))
    };
    let items = |query: &str, state: &EditorState| found(query, state).into_iter().map(|(choice, _)| choice).collect();
    Typed::new(about, "", accept).above(Below::Found(items))
}

fn go(name: &str, goes: Goes, state: &mut EditorState) -> Next {
    let segment = if let Goes::Option(segment, _) = goes { segment } else { name };
    let place = state.draft.rows().find(segment);
    state.place = place.unwrap_or(state.place);
    let (tab, at, panel): (_, _, Option<Box<dyn Panel>>) = match goes {
        Goes::Tab(tab, at) => (Some(tab), at, None),
        Goes::Segment => {
            if place.is_none() {
                insert(state, segment, None);
            }
            (Some("Rows"), 0, None)
        }
        Goes::Option(segment, key) => {
            let panel = Options { table: segment.to_owned() };
            let at = panel.items(state).iter().position(|item| item.name == key);
            (Some("Rows"), at.unwrap_or(0), Some(Box::new(panel)))
        }
        Goes::Key(at) => (None, at, Some(Box::new(Page::Help))),
    };
    Next::Go { tab, at, panel: panel.map(|panel| (segment.to_owned(), panel)) }
}

/// The results of a query, best first.
fn found(query: &str, state: &EditorState) -> Vec<(Choice, Goes)> {
    let query = query.to_lowercase();
    let distance = |found: (Choice, Goes)| Some((distance(&query, &found.0)?, found));
    let found = all(state).into_iter().filter_map(distance).sorted_by_key(|(distance, _)| *distance);
    found.map(|(_, found)| found).collect()
}

/// Sum over the words of a query: small if the name begins with the word, larger if it only has its letters in order,
/// largest if only the description has it. `None` if a word is not found.
fn distance(query: &str, found: &Choice) -> Option<usize> {
    const LETTERS: usize = 100;
    const ABOUT: usize = 200;
    let (name, about) = (found.name.to_lowercase(), found.about.to_lowercase());
    let distance = |word: &str| {
        let mut rest = name.chars();
        let has_letters = || word.chars().all(|letter| rest.any(|c| c == letter)).then_some(LETTERS);
        let in_name = name.find(word).map(|at| at + name.len() - word.len());
        in_name.or_else(has_letters).or_else(|| about.contains(word).then_some(ABOUT))
    };
    query.split_whitespace().map(distance).sum()
}

fn all(state: &EditorState) -> Vec<(Choice, Goes)> {
    let new = |category, name: &str, about: &str, goes| (Choice::new(name, format!("{category}: {about}")), goes);
    let mut all = Vec::new();
    for (name, about) in state.draft.addable() {
        let kind = state.draft.stack().kind(&name).map_or("", |kind| kind.name);
        all.push(new("segment", &name, &state.preview.described((kind, ""), &about), Goes::Segment));
    }
    for kind in segment::ALL {
        for field in kind.fields {
            let (name, about) = (format!("{} {{{}}}", kind.name, field.name), field.about);
            let about = state.preview.described((kind.name, field.name), about);
            all.push(new("field", &name, &about, Goes::Option(kind.name, "format")));
        }
        for key in kind.keys {
            let name = format!("{} {}", kind.name, key.name);
            all.push(new("option", &name, key.about, Goes::Option(kind.name, key.name)));
        }
    }
    let mut items = |category, goes: fn(usize) -> Goes, items: Vec<Choice>| {
        all.extend(items.iter().enumerate().map(|(at, item)| new(category, &item.name, &item.about, goes(at))));
    };
    items("theme", |at| Goes::Tab("Theme", at), state.themes());
    items("preset", |at| Goes::Tab("Preset", at), Choice::all(presets()));
    items("option", |at| Goes::Tab("Line", at), Choice::all(KEYS.iter().map(|key| (key.name, key.about))));
    let roles = Role::ALL.iter().map(|role| (role.name(), "its colours"));
    items("role", |at| Goes::Tab("Colours", at), Choice::all(roles));
    items("key", Goes::Key, Choice::all(keys::all()));
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_go_before_letters_and_these_before_what_is_told() {
        let check = |query: &str, name: &str, expected: Option<usize>| {
            let found = Choice::new(name, "field: $1.23");
            assert_eq!(distance(query, &found), expected, "{query} {name}");
        };
        check("cost", "cost", Some(0));
        check("cost", "cost {usd}", Some(6));
        check("usd", "cost {usd}", Some(13));
        check("csusd", "cost {usd}", Some(100));
        check("$1.2", "cost {usd}", Some(200));
        check("cost field", "cost {usd}", Some(206));
        check("", "cost", Some(0));
        check("costs", "cost", None);
        check("tsoc", "cost", None);
    }
}
