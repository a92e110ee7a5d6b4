//! The text of a config file, and changes to it. A change affects only the value of its key, so comments and order
//! stay.

use toml_edit::{Array, Document, DocumentMut, InlineTable, Item, Table, TableLike, Value as Toml};

use crate::config::key;
use crate::config::value::{KeyValue, Takes};
use crate::segment::Threshold;
use crate::theme::file::color::to_hex;
use crate::theme::{self, Color, Style};
use crate::tools::files::check;

/// A change to one key.
#[derive(Debug, Clone, PartialEq)]
pub struct Edit {
    /// The segment that it is about; empty for the top of the file.
    pub table: String,
    /// The key.
    pub key: String,
    /// Its new value. `None` removes it from the file.
    pub value: Option<KeyValue>,
}

/// Width in columns from which lists are split into lines.
const LONG: usize = 90;

impl Edit {
    /// Sets a key.
    pub fn set(table: &str, key: &str, value: KeyValue) -> Self {
        Edit { table: table.to_owned(), key: key.to_owned(), value: Some(value) }
    }

    /// Sets a key to a list. Invalid elements are written too, so that reading the file reports them.
    pub fn set_list(table: &str, key: &str, list: Vec<String>) -> Self {
        let value = match takes(table, key).list(&list) {
            Ok((Some(value), faults)) if faults.is_empty() => value,
            _ => KeyValue::texts(list),
        };
        Edit::set(table, key, value)
    }

    /// Sets a key to a word; an empty one removes it from the file.
    pub fn set_word(table: &str, key: &str, word: &str) -> Self {
        match word {
            "" => Edit::unset(table, key),
            word => Edit::set(table, key, value(table, key, word).unwrap_or_else(|_| KeyValue::text(word))),
        }
    }

    /// Removes a key from the file.
    pub fn unset(table: &str, key: &str) -> Self {
        Edit { table: table.to_owned(), key: key.to_owned(), value: None }
    }

    /// The text with this change.
    pub fn apply(&self, text: &str) -> String {
        let path: &[&str] = if self.table.is_empty() { &[] } else { &["segments", &self.table] };
        let value = self.value.as_ref().map(|value| in_lines(to_toml(takes(&self.table, &self.key), value)));
        set(text, path, &self.key, value)
    }
}

/// The text with a key of the table at that path set, or removed by `None`.
pub fn set(text: &str, path: &[&str], key: &str, value: Option<Toml>) -> String {
    let changed = match value {
        Some(value) => put(text, path, key, value),
        None => take(text, path, key),
    };
    // The library prints no other line breaks.
    if text.contains("\r\n") { changed.replace("\r\n", "\n").replace('\n', "\r\n") } else { changed }
}

fn put(text: &str, path: &[&str], key: &str, new: Toml) -> String {
    let mut document = parse(text);
    // Comments alone are the head of a file, not its end.
    let head = document.is_empty().then(|| document.trailing().as_str().unwrap_or(text).to_owned());
    if head.is_some() {
        document.set_trailing("");
    }
    let holder = holder(&mut document, path);
    match holder.get_mut(key).and_then(Item::as_value_mut) {
        Some(old) => replace(old, new),
        None => _ = holder.insert(key, Item::Value(new)),
    }
    match head.filter(|head| !head.is_empty()) {
        Some(head) => format!("{}\n\n{document}", head.trim_end()),
        None => document.to_string(),
    }
}

fn take(text: &str, path: &[&str], key: &str) -> String {
    without_lines(text, path, key).unwrap_or_else(|| {
        let mut document = parse(text);
        let top: &mut dyn TableLike = document.as_table_mut();
        if let Some(holder) = path.iter().try_fold(top, |table, name| table.get_mut(name)?.as_table_like_mut()) {
            holder.remove(key);
        }
        document.to_string()
    })
}

/// The text without the lines of the key, so that comments above it stay. `None` if it shares them with others.
fn without_lines(text: &str, path: &[&str], key: &str) -> Option<String> {
    let document = Document::parse(text).ok()?;
    let table = path.iter().try_fold(document.as_item(), |item, name| item.get(name))?.as_table()?;
    let (key, item) = table.get_key_value(key)?;
    let (begin, end) = (key.span()?.start, item.span()?.end);
    let begin_of_line = text[..begin].rfind('\n').map_or(0, |at| at + 1);
    let after = text[end..].split('\n').next().unwrap_or("");
    let alone = text[begin_of_line..begin].trim().is_empty()
        && (after.trim().is_empty() || after.trim_start().starts_with('#'));
    let end_of_line = (end + after.len() + 1).min(text.len());
    let rest = format!("{}{}", &text[..begin_of_line], &text[end_of_line..]);
    (alone && check(&rest).is_ok()).then(|| without_empty(&rest, path))
}

/// The text without the table at that path, if it has neither keys nor comments.
fn without_empty(text: &str, path: &[&str]) -> String {
    let mut document = parse(text);
    let Some((name, above)) = path.split_last() else { return text.to_owned() };
    let above = above.iter().try_fold(document.as_item_mut(), |item, name| item.get_mut(name));
    let Some(above) = above.and_then(Item::as_table_like_mut) else { return text.to_owned() };
    let is_bare = |table: &Table| {
        let decor = table.decor();
        let parts = [decor.prefix(), decor.suffix()].into_iter().flatten();
        table.is_empty() && parts.filter_map(|part| part.as_str()).all(|part| part.trim().is_empty())
    };
    // The library attaches a comment below its header to the next item.
    let header = format!("[{}]", path.join("."));
    let below = text.split_once(&header).map_or("", |(_, rest)| rest);
    let is_followed_by_comment = below.trim_start().starts_with('#');
    match above.get(name).and_then(Item::as_table) {
        Some(table) if is_bare(table) && !is_followed_by_comment => {
            above.remove(name);
            document.to_string()
        }
        _ => text.to_owned(),
    }
}

fn parse(text: &str) -> DocumentMut {
    text.parse().expect("the text has passed `check`")
}

/// The table at that path, created if missing.
fn holder<'a>(document: &'a mut DocumentMut, path: &[&str]) -> &'a mut dyn TableLike {
    let mut item = document.as_item_mut();
    for (depth, name) in path.iter().enumerate() {
        let mut made = Table::new();
        made.set_implicit(depth + 1 < path.len());
        let made = if item.is_inline_table() { Item::Value(InlineTable::new().into()) } else { Item::Table(made) };
        let table = item.as_table_like_mut().expect("every item on the path is a table");
        if table.get(name).is_none_or(|item| !item.is_table_like()) {
            table.insert(name, made);
        }
        item = table.get_mut(name).expect("it has just been inserted");
    }
    item.as_table_like_mut().expect("every item on the path is a table")
}

/// Replaces a value; comments and spaces around it stay, also between elements of lists.
fn replace(old: &mut Toml, mut new: Toml) {
    if let (Toml::Array(old), Toml::Array(new)) = (&mut *old, &new) {
        return replace_elements(old, new);
    }
    *new.decor_mut() = old.decor().clone();
    *old = new;
}

fn replace_elements(old: &mut Array, new: &Array) {
    for (at, element) in new.iter().enumerate() {
        match old.get_mut(at) {
            Some(same) if bare(same) == bare(element) => {}
            Some(other) => replace(other, element.clone()),
            None => {
                let decor = old.iter().last().map(indent).unwrap_or_default();
                old.push_formatted(element.clone().decorated(decor, ""));
            }
        }
    }
    while old.len() > new.len() {
        old.remove(old.len() - 1);
    }
}

/// The blanks before an element of a list, without comments.
fn indent(element: &Toml) -> String {
    let prefix = element.decor().prefix().and_then(|prefix| prefix.as_str()).unwrap_or("");
    prefix.rfind('\n').map_or(" ", |at| &prefix[at..]).to_owned()
}

/// A value as text, without comments and spaces around it.
fn bare(value: &Toml) -> String {
    value.clone().decorated("", "").to_string()
}

/// The values that a key takes.
pub fn takes(table: &str, key: &str) -> Takes {
    key::find(table, key).map_or(Takes::Own, |key| key.takes)
}

/// The value of a key from one text.
///
/// # Errors
/// The key does not take it; the message says what it takes.
pub fn value(table: &str, key: &str, text: &str) -> Result<KeyValue, String> {
    takes(table, key).read_text(text)
}

/// A value as written in a file.
pub fn to_toml(takes: Takes, value: &KeyValue) -> Toml {
    match (takes, value) {
        (_, KeyValue::Bool(truth)) => (*truth).into(),
        (_, KeyValue::Number(number)) => i64::from(*number).into(),
        (_, KeyValue::Own(text)) => scalar(text),
        (Takes::Words(words), KeyValue::Texts(list)) if list.is_empty() || list.len() == words.len() => {
            (!list.is_empty()).into()
        }
        (_, KeyValue::Steps(steps)) => steps.iter().map(|step| i64::from(*step)).collect(),
        (_, KeyValue::Thresholds(thresholds)) => thresholds.iter().map(threshold).collect(),
        (_, KeyValue::Names(names)) => {
            Toml::InlineTable(names.iter().map(|(model, name)| (model.as_ref(), name.as_ref())).collect())
        }
        (_, KeyValue::Budgets(budgets)) => {
            Toml::InlineTable(budgets.iter().map(|(of, usd)| (of.as_ref(), *usd)).collect())
        }
        (_, KeyValue::Texts(_) | KeyValue::Formats(_) | KeyValue::Conditions(_)) => match &value.elements()[..] {
            [one] => one.into(),
            elements => elements.iter().collect(),
        },
        (_, KeyValue::Text(_) | KeyValue::Role(_)) => value.to_string().into(),
    }
}

/// A style as written in a theme file.
pub fn style(style: Style) -> InlineTable {
    let colors = [("fg", style.fg), ("bg", style.bg)];
    let colors = colors.into_iter().filter_map(|(key, color)| Some((key, self::color(color?))));
    let set = style.set(Style::ATTRIBUTES).map(|(name, _)| (name, true.into()));
    colors.chain(set).collect()
}

/// A colour as written in a theme file, for each kind of terminal.
pub fn color(color: Color) -> Toml {
    let rgb = color.rgb.map(|_| ("rgb", Toml::from(short(color))));
    let xterm = color.xterm.map(|index| ("xterm", i64::from(index).into()));
    let ansi = ("ansi", short(Color { rgb: None, xterm: None, ..color }).into());
    Toml::InlineTable(rgb.into_iter().chain(xterm).chain([ansi]).collect())
}

/// A colour in a word.
pub fn short(color: Color) -> String {
    match (color.rgb, color.xterm) {
        (Some(rgb), _) => to_hex(rgb),
        (None, Some(index)) => index.to_string(),
        (None, None) => theme::sixteen().nth(usize::from(color.ansi)).unwrap_or_default().to_owned(),
    }
}

/// A number or boolean if the text reads as one, else a string.
pub fn scalar(text: &str) -> Toml {
    let number = || text.parse::<f64>().ok().filter(|number| number.is_finite()).map(Toml::from);
    let whole = || text.parse::<i64>().ok().map(Toml::from);
    let truth = || text.parse::<bool>().ok().map(Toml::from);
    whole().or_else(number).or_else(truth).unwrap_or_else(|| text.into())
}

fn threshold(threshold: &Threshold) -> Toml {
    let pairs = [("at", scalar(&threshold.at.to_string())), ("role", threshold.level.name().into())];
    Toml::InlineTable(pairs.into_iter().collect())
}

/// A long list gets a line for each element.
fn in_lines(mut value: Toml) -> Toml {
    let is_long = value.to_string().len() > LONG;
    if let Some(list) = value.as_array_mut().filter(|list| is_long && list.len() > 1) {
        list.iter_mut().for_each(|element| element.decor_mut().set_prefix("\n    "));
        list.set_trailing("\n");
        list.set_trailing_comma(true);
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(texts: &[&str]) -> KeyValue {
        KeyValue::texts(texts.iter().copied())
    }

    fn set(table: &str, key: &str, value: KeyValue) -> Edit {
        Edit::set(table, key, value)
    }

    #[track_caller]
    fn check(before: &str, edit: &Edit, after: &str) {
        assert_eq!(edit.apply(before), after, "{edit:?}");
        super::check(after).unwrap();
    }

    #[test]
    fn keys_are_set_and_comments_stay() {
        let theme = set("", "theme", KeyValue::text("nord"));
        check("", &theme, "theme = \"nord\"\n");
        check("# mine\n", &theme, "# mine\n\ntheme = \"nord\"\n");
        check("# a\ntheme = \"x\"  # b\n# c\n", &theme, "# a\ntheme = \"nord\"  # b\n# c\n");
        check("theme = \"x\"\r\npadding = 2\r\n", &theme, "theme = \"nord\"\r\npadding = 2\r\n");
        check(
            "padding = 2 # two\n\n# costs\n[segments.cost]\nbudget = 1\n",
            &theme,
            "padding = 2 # two\ntheme = \"nord\"\n\n# costs\n[segments.cost]\nbudget = 1\n",
        );
        check("color = 256\n", &set("", "padding", KeyValue::Number(3)), "color = 256\npadding = 3\n");
    }

    #[test]
    fn keys_of_segments_are_set_in_every_spelling() {
        let role = set("cost", "role", value("cost", "role", "git").unwrap());
        check("", &role, "[segments.cost]\nrole = \"git\"\n");
        check("[segments.cost] # c\nbudget = 1\n", &role, "[segments.cost] # c\nbudget = 1\nrole = \"git\"\n");
        check("segments.cost.role = \"dir\" # d\n", &role, "segments.cost.role = \"git\" # d\n");
        check(
            "segments = { cost = { budget = 1 } }\n",
            &role,
            "segments = { cost = { budget = 1 , role = \"git\" } }\n",
        );
        check("[segments]\ncost = {}\n", &role, "[segments]\ncost = { role = \"git\" }\n");
        check("segments = 1\n", &role, "[segments.cost]\nrole = \"git\"\n");
    }

    #[test]
    fn values_are_written_as_people_write_them() {
        let check = |table: &str, key: &str, value: KeyValue, expected: &str| {
            let after = set(table, key, value).apply("");
            assert_eq!(after.lines().filter(|line| !line.starts_with('[')).collect::<Vec<_>>().join("\n"), expected);
        };
        check("", "newline", KeyValue::Bool(false), "newline = false");
        check("", "rows", list(&["a | b"]), "rows = \"a | b\"");
        check("", "rows", list(&["a", "b"]), "rows = [\"a\", \"b\"]");
        check("", "links", list(&[]), "links = false");
        check("", "links", list(&["auto", "dir", "repo", "pr"]), "links = true");
        check("", "links", list(&["pr"]), "links = \"pr\"");
        check("", "links", list(&["dir", "pr"]), "links = [\"dir\", \"pr\"]");
        let of = |key: &str, elements: &[&str]| {
            Edit::set_list("cost", key, elements.iter().map(|element| (*element).to_owned()).collect()).value.unwrap()
        };
        check("cost", "steps", of("steps", &["1", "2"]), "steps = [1, 2]");
        check(
            "cost",
            "thresholds",
            of("thresholds", &["5 notice", "7.5 danger"]),
            "thresholds = [{ at = 5, role = \"notice\" }, { at = 7.5, role = \"danger\" }]",
        );
        check("cost", "budget", KeyValue::Own("20".into()), "budget = 20");
        check("env", "variable", KeyValue::Own("TOKEN".into()), "variable = \"TOKEN\"");
        check("cost", "prefix", KeyValue::text("5"), "prefix = \"5\"");
    }

    #[test]
    fn lists_keep_their_lines_and_comments() {
        let before = "rows = [\n  \"a\", # first\n  \"b\",\n]\n";
        check(before, &set("", "rows", list(&["a", "c"])), "rows = [\n  \"a\", # first\n  \"c\",\n]\n");
        check(before, &set("", "rows", list(&["a", "b", "c"])), "rows = [\n  \"a\", # first\n  \"b\",\n  \"c\",\n]\n");
        let long = "x".repeat(50);
        let text = set("", "rows", list(&[&long, &long])).apply("");
        assert_eq!(text, format!("rows = [\n    \"{long}\",\n    \"{long}\",\n]\n"));
    }

    #[test]
    fn keys_are_taken_out_with_their_lines_only() {
        let theme = Edit::unset("", "theme");
        check("# a\ntheme = \"x\" # b\n# c\npadding = 2\n", &theme, "# a\n# c\npadding = 2\n");
        check("padding = 2\n", &theme, "padding = 2\n");
        check("padding = 2\n", &Edit::unset("cost", "role"), "padding = 2\n");
        check("theme = \"x\"", &theme, "");
        check("rows = [\n  \"a\",\n  \"b\",\n]\npadding = 1\n", &Edit::unset("", "rows"), "padding = 1\n");
        let role = Edit::unset("cost", "role");
        check("padding = 2\n\n[segments.cost]\nrole = \"x\"\n", &role, "padding = 2\n");
        check(
            "[segments.cost]\nrole = \"x\"\n\n[segments.dir]\nrole = \"y\"\n",
            &role,
            "\n[segments.dir]\nrole = \"y\"\n",
        );
        check("# money\n[segments.cost]\nrole = \"x\"\n", &role, "# money\n[segments.cost]\n");
        check("[segments.cost]\n# why\nrole = \"x\"\n", &role, "[segments.cost]\n# why\n");
        check("segments = { cost = { role = \"x\" } }\n", &role, "segments = { cost = {} }\n");
    }

    #[test]
    fn what_is_no_toml_is_refused_with_its_line() {
        assert!(super::check("a = 1\nb = = 2\n").unwrap_err().starts_with("line 2: "));
        super::check("theme = \"nord\"\n").unwrap();
    }
}
