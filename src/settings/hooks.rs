//! The hooks of Claude Code's and Qwen Code's settings: `hooks.<event>[].hooks[]`, groups of handlers.

use std::ptr;

use jsonc_parser::ast::{ObjectProp, Value};
use jsonc_parser::common::Ranged;

use super::command::{is_our_hook, names_us, on_command_line, with_program};
use super::events::{RETIRED, events};
use super::json::{Doc, New, member, same};
use super::{Agent, Problem};

/// The Node scripts whose place we take.
pub const NODE_SCRIPTS: [&str; 4] =
    ["ecc-metrics-bridge.js", "ecc-context-monitor.js", "cost-tracker.js", "ecc-statusline.js"];

/// The Node script among these that a command line runs, also through a wrapper.
pub fn node_script(command: &str) -> Option<&'static str> {
    let is_name = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.');
    let runs = |script: &str| {
        command.match_indices(script).any(|(at, _)| {
            !command[..at].ends_with(is_name) && !command[at + script.len()..].starts_with(is_name)
        })
    };
    NODE_SCRIPTS.into_iter().find(|script| runs(script))
}

/// A registered handler.
pub struct Handler<'v, 't> {
    pub event: &'v str,
    group: &'v Value<'t>,
    /// The array that it stands in.
    siblings: &'v Value<'t>,
    value: &'v Value<'t>,
}

impl Handler<'_, '_> {
    /// Whether it is `bridgeline hook`, in exec or shell form.
    pub fn is_ours(&self, program: &str) -> bool {
        let Some(command) = self.command() else { return false };
        match self.args() {
            Some(args) => names_us(command, program) && args.first() == Some(&"hook"),
            None => is_our_hook(command, program),
        }
    }

    /// The Node script that it runs.
    pub fn node_script(&self) -> Option<&'static str> {
        let words = self.args().unwrap_or_default();
        self.command().into_iter().chain(words).find_map(node_script)
    }

    /// How often a document has this handler, for the same event and matcher.
    pub fn count_in(&self, doc: &Doc) -> usize {
        let is_same = |other: &&Handler| {
            other.event == self.event
                && has_matcher_of(self.group, other.group)
                && same(other.value, self.value)
        };
        handlers(doc).iter().filter(is_same).count()
    }

    fn command(&self) -> Option<&str> {
        Some(member(self.value, "command")?.as_string_lit()?.value.as_ref())
    }

    fn args(&self) -> Option<Vec<&str>> {
        let args = &member(self.value, "args")?.as_array()?.elements;
        Some(args.iter().filter_map(|arg| Some(arg.as_string_lit()?.value.as_ref())).collect())
    }
}

fn has_matcher_of(a: &Value, b: &Value) -> bool {
    match (member(a, "matcher"), member(b, "matcher")) {
        (Some(a), Some(b)) => same(a, b),
        (a, b) => a.is_none() && b.is_none(),
    }
}

/// All handlers, in the order of the file. What is not of the shape of the contract is passed over.
pub fn handlers<'v, 't>(doc: &'v Doc<'t>) -> Vec<Handler<'v, 't>> {
    let hooks = doc.get(&["hooks"]);
    let events = hooks.and_then(Value::as_object).map(|hooks| &hooks.properties);
    // Of two events of the same name the last one counts, as in JavaScript.
    let counts = |property: &&'v ObjectProp<'t>| {
        hooks
            .and_then(|hooks| member(hooks, property.name.as_str()))
            .is_some_and(|last| ptr::eq(last, &property.value))
    };
    let mut found = Vec::new();
    for property in events.into_iter().flatten().filter(counts) {
        for group in property.value.as_array().iter().flat_map(|groups| &groups.elements) {
            let Some(siblings) = member(group, "hooks") else { continue };
            for value in siblings.as_array().iter().flat_map(|handlers| &handlers.elements) {
                found.push(Handler { event: property.name.as_str(), group, siblings, value });
            }
        }
    }
    found
}

/// Registers all [`events`] of an agent, each once: handlers of ours with another path get this one, a
/// second one of the same event goes.
pub fn register(text: &str, agent: Agent, program: &str) -> Result<String, Problem> {
    let mut text = without_doubles(text, agent, program)?;
    while let Some(moved) = with_this_program(&Doc::parse(&text)?, program) {
        text = moved;
    }
    for event in events(agent) {
        let doc = Doc::parse(&text)?;
        let is_there = |handler: &Handler| handler.event == event && handler.is_ours(program);
        if !handlers(&doc).iter().any(is_there) {
            text = with_event(&doc, event, agent, program)?;
        }
    }
    Ok(text)
}

/// The text without our handlers of [`RETIRED`] events, nor such an event where that leaves it empty.
pub fn without_retired(text: &str, program: &str) -> Result<String, Problem> {
    let is_retired = |handler: &Handler| RETIRED.contains(&handler.event) && handler.is_ours(program);
    let mut left = without(text, |handler, _| is_retired(handler))?;
    if left == text {
        return Ok(left);
    }
    for event in RETIRED {
        let doc = Doc::parse(&left)?;
        let is_empty = |groups: &Value| groups.as_array().is_some_and(|groups| groups.elements.is_empty());
        if doc.get(&["hooks", event]).is_some_and(is_empty)
            && let Some(hooks) = doc.get(&["hooks"])
        {
            left = doc.remove_member(hooks, event);
        }
    }
    Ok(left)
}

/// The text without the handlers that `unwanted` picks, and without the groups that they leave empty.
pub fn without(text: &str, unwanted: impl Fn(&Handler, &Doc) -> bool) -> Result<String, Problem> {
    let mut text = text.to_owned();
    loop {
        let doc = Doc::parse(&text)?;
        let Some(left) =
            handlers(&doc).iter().find(|handler| unwanted(handler, &doc)).map(|found| cut(&doc, found))
        else {
            return Ok(text);
        };
        text = left;
    }
}

/// The text without empty events, and without `hooks` where nothing is left in it, unless `original`
/// has them so.
pub fn pruned(text: &str, original: &Doc) -> Result<String, Problem> {
    let is_empty = |value: &Value| {
        value.as_array().is_some_and(|array| array.elements.is_empty())
            || value.as_object().is_some_and(|object| object.properties.is_empty())
    };
    let mut text = text.to_owned();
    loop {
        let doc = Doc::parse(&text)?;
        let Some(hooks) = doc.get(&["hooks"]) else { return Ok(text) };
        let events = hooks.as_object().map(|hooks| hooks.properties.as_slice()).unwrap_or_default();
        let empty = events
            .iter()
            .find(|event| is_empty(&event.value) && original.get(&["hooks", event.name.as_str()]).is_none());
        text = match empty {
            Some(event) => doc.remove_member(hooks, event.name.as_str()),
            None if is_empty(hooks) && original.get(&["hooks"]).is_none() => {
                return Ok(doc.remove_member(doc.get(&[]).expect("it has members"), "hooks"));
            }
            None => return Ok(text),
        };
    }
}

/// Puts back the handlers that `original` had and `installed` no longer has: those of Node, and ours
/// with another program.
pub fn with_those_gone(text: &str, original: &Doc, installed: &Doc) -> Result<String, Problem> {
    let mut text = text.to_owned();
    let all = handlers(original);
    for group in all.chunk_by(|a, b| ptr::eq(a.group, b.group)) {
        let doc = Doc::parse(&text)?;
        let is_gone =
            |gone: &Handler| gone.count_in(installed) == 0 && gone.count_in(&doc) < gone.count_in(original);
        if group.iter().all(is_gone) {
            let raw = New::Raw(original.raw(group[0].group).to_owned());
            text = with_group(&doc, group[0].event, raw)?;
            continue;
        }
        for gone in group {
            text = with_handler_of(gone, &text, original, installed)?.unwrap_or(text);
        }
    }
    Ok(text)
}

/// `None` when the handler is there, or was not taken out by install.
fn with_handler_of(
    gone: &Handler,
    text: &str,
    original: &Doc,
    installed: &Doc,
) -> Result<Option<String>, Problem> {
    let doc = Doc::parse(text)?;
    let wanted = gone.count_in(original);
    if gone.count_in(installed) == wanted || gone.count_in(&doc) >= wanted {
        return Ok(None);
    }
    // Its group has stayed, unless somebody has taken it out since.
    let value = New::Raw(original.raw(gone.value).to_owned());
    let groups = doc.get(&["hooks", gone.event]).and_then(Value::as_array);
    let group =
        groups.and_then(|groups| groups.elements.iter().find(|group| has_matcher_of(gone.group, group)));
    let siblings = group.and_then(|group| member(group, "hooks"));
    if let Some(siblings) = siblings.filter(|siblings| siblings.as_array().is_some()) {
        return Ok(Some(doc.push(siblings, &value)));
    }
    let raw = |value| New::Raw(original.raw(value).to_owned());
    let matcher = member(gone.group, "matcher").map(|matcher| ("matcher".to_owned(), raw(matcher)));
    let hooks = ("hooks".to_owned(), New::Array(vec![value]));
    with_group(&doc, gone.event, New::Object(matcher.into_iter().chain([hooks]).collect())).map(Some)
}

fn without_doubles(text: &str, agent: Agent, program: &str) -> Result<String, Problem> {
    let mut text = text.to_owned();
    for event in events(agent) {
        loop {
            let doc = Doc::parse(&text)?;
            let all = handlers(&doc);
            let mut ours = all.iter().filter(|handler| handler.event == event && handler.is_ours(program));
            let Some(second) = ours.nth(1) else { break };
            let left = cut(&doc, second);
            text = left;
        }
    }
    Ok(text)
}

/// `None` when there is no handler of ours with another program.
fn with_this_program(doc: &Doc, program: &str) -> Option<String> {
    handlers(doc).iter().filter(|handler| handler.is_ours(program)).find_map(|handler| {
        let command = handler.command()?;
        let moved = match handler.args() {
            Some(_) => (command != program).then(|| program.to_owned()),
            None => with_program(command, program),
        };
        Some(doc.put(member(handler.value, "command")?, &New::string(&moved?)))
    })
}

/// Claude Code starts a hook without a shell where it has `args`; Qwen Code knows only command lines.
fn with_event(doc: &Doc, event: &str, agent: Agent, program: &str) -> Result<String, Problem> {
    let kind = ("type", New::string("command"));
    let handler = match agent {
        Agent::ClaudeCode => New::object([
            kind,
            ("command", New::string(program)),
            ("args", New::Array(vec![New::string("hook")])),
        ]),
        _ => New::object([kind, ("command", New::string(&format!("{} hook", on_command_line(program))))]),
    };
    with_group(doc, event, New::object([("hooks", New::Array(vec![handler]))]).on_one_line())
}

fn with_group(doc: &Doc, event: &str, group: New) -> Result<String, Problem> {
    let path = ["hooks", event];
    match doc.get(&path) {
        None => doc.set(&path, &New::Array(vec![group]).on_one_line()),
        Some(groups) if groups.as_array().is_some() => Ok(doc.push(groups, &group)),
        Some(other) => Err(doc.unexpected(other, &path, "array")),
    }
}

/// The text without this handler, or without its group where it is alone in that.
fn cut(doc: &Doc, handler: &Handler) -> String {
    let alone = handler.siblings.as_array().is_some_and(|handlers| handlers.elements.len() == 1);
    match doc.get(&["hooks", handler.event]) {
        Some(groups) if alone => doc.remove(groups, handler.group.start()),
        _ => doc.remove(handler.siblings, handler.value.start()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn node_scripts_are_found_behind_wrappers() {
        let check =
            |command: &str, expected: Option<&str>| assert_eq!(node_script(command), expected, "{command}");
        check("node ~/.claude/hooks/cost-tracker.js", Some("cost-tracker.js"));
        check("node \"$ROOT/scripts/hooks/ecc-metrics-bridge.js\"", Some("ecc-metrics-bridge.js"));
        check(
            "node \"${CLAUDE_PLUGIN_ROOT}/scripts/hooks/run-with-flags.js\" post:monitor scripts/hooks/ecc-context-monitor.js standard",
            Some("ecc-context-monitor.js"),
        );
        check(r"node C:\hooks\ecc-statusline.js", Some("ecc-statusline.js"));
        check("node my-cost-tracker.js", None);
        check("node cost-tracker.json", None);
        check("node cost-tracker.jsx", None);
        check("bridgeline hook", None);
    }

    #[test]
    fn events_are_registered_once_and_a_moved_program_is_followed() {
        for agent in [Agent::ClaudeCode, Agent::Qwen] {
            let first = register("{}", agent, "/a/bridgeline").unwrap();
            assert_eq!(first.matches("/a/bridgeline").count(), events(agent).count());
            assert_eq!(register(&first, agent, "/a/bridgeline").unwrap(), first);
            let moved = register(&first, agent, "/b/bridgeline").unwrap();
            assert_eq!(moved, first.replace("/a/", "/b/"));
            let left = without(&moved, |handler, _| handler.is_ours("")).unwrap();
            assert!(!left.contains("bridgeline"), "{left}");
        }
    }

    #[test]
    fn only_our_handler_of_a_retired_event_goes() {
        let check = |groups: &str, expected: &str| {
            let text = |event: &str| format!(r#"{{"hooks": {{"Stop": []{event}}}}}"#);
            let left = without_retired(&text(&format!(r#", "PreCompact": [{groups}]"#)), "b").unwrap();
            assert_eq!(left, text(expected));
        };
        let ours = r#"{"hooks": [{"type": "command", "command": "/x/bridgeline", "args": ["hook"]}]}"#;
        let theirs = r#"{"hooks": [{"type": "command", "command": "say hook"}]}"#;
        check(ours, "");
        check("", r#", "PreCompact": []"#);
        check(theirs, &format!(r#", "PreCompact": [{theirs}]"#));
        check(&format!("{theirs}, {ours}"), &format!(r#", "PreCompact": [{theirs}]"#));
    }

    #[test]
    fn shell_form_keeps_its_form_doubles_go_and_others_stay() {
        let text = r#"{"hooks":{"Stop":[
  {"hooks":[{"type":"command","command":"say done"},{"type":"command","command":"'/old/bridgeline' hook -v"}]},
  {"matcher":"*","hooks":[{"type":"command","command":"/other/bridgeline","args":["hook"]}]}
]}}"#;
        let text = register(text, Agent::ClaudeCode, "/new/bridgeline").unwrap();
        let doc = Doc::parse(&text).unwrap();
        let stop: Vec<_> = handlers(&doc)
            .iter()
            .filter(|handler| handler.event == "Stop")
            .map(|handler| handler.command().unwrap().to_owned())
            .collect();
        assert_eq!(stop, ["say done", "/new/bridgeline hook -v"]);
    }

    #[test]
    fn an_event_of_another_shape_is_refused() {
        for (text, expected) in [
            (r#"{"hooks":[]}"#, "line 1, column 10: hooks is not an object"),
            (r#"{"hooks":{"Stop":"x"}}"#, "line 1, column 18: hooks.Stop is not an array"),
        ] {
            assert_eq!(register(text, Agent::ClaudeCode, "b").unwrap_err().to_string(), expected);
        }
    }
}
