//! The hooks in JSON settings: `hooks.<event>[].hooks[]`, groups of handlers.

use std::ptr;

use anyhow::Result;

use super::command::{is_our_hook, names_us, on_command_line, program, with_program};
use super::jsonc::{JsonDoc, JsonKind, JsonNode, NewJson, repeated};
use crate::agent::{Agent, HookForm};
use crate::bridge::event::{RETIRED, registered_by};

/// The Node scripts that `--replace-node` removes.
const NODE_SCRIPTS: [&str; 4] =
    ["ecc-metrics-bridge.js", "ecc-context-monitor.js", "cost-tracker.js", "ecc-statusline.js"];

/// The Node script that a command line runs, directly or through a wrapper.
pub fn node_script(command: &str) -> Option<&'static str> {
    let is_name = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.');
    let runs = |script: &str| {
        command
            .match_indices(script)
            .any(|(at, _)| !command[..at].ends_with(is_name) && !command[at + script.len()..].starts_with(is_name))
    };
    NODE_SCRIPTS.into_iter().find(|script| runs(script))
}

/// A registered handler and its place.
pub struct Handler<'d> {
    pub event: &'d str,
    /// All groups of the event.
    groups: &'d JsonNode,
    group_index: usize,
    group: &'d JsonNode,
    /// All handlers of the group.
    siblings: &'d JsonNode,
    index: usize,
    value: &'d JsonNode,
}

impl<'d> Handler<'d> {
    /// It is `bridgeline hook`, in exec or shell form.
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

    /// The program that it starts.
    pub fn program(&self) -> Option<String> {
        let command = self.command()?;
        if self.args().is_some() { Some(command.to_owned()) } else { program(command) }
    }

    /// Event, group and index of the handler, spelled as in Codex's records of trust.
    pub fn place(&self) -> String {
        let snake = |out: String, c: char| match c.to_ascii_lowercase() {
            small if small != c && !out.is_empty() => format!("{out}_{small}"),
            small => format!("{out}{small}"),
        };
        format!("{}:{}:{}", self.event.chars().fold(String::new(), snake), self.group_index, self.index)
    }

    /// Number of times that a document has this handler, for the same event and matcher.
    fn count_in(&self, doc: &JsonDoc) -> usize {
        let is_same = |other: &&Handler| {
            other.event == self.event
                && other.group.member("matcher") == self.group.member("matcher")
                && other.value == self.value
        };
        handlers(doc).iter().filter(is_same).count()
    }

    fn command(&self) -> Option<&'d str> {
        self.value.member("command")?.string()
    }

    fn args(&self) -> Option<Vec<&'d str>> {
        let args = self.value.member("args").filter(|args| args.kind == JsonKind::Array)?;
        Some(args.elements().filter_map(JsonNode::string).collect())
    }
}

/// All handlers, in the order of the file. Values of another shape are skipped.
pub fn handlers<'d>(doc: &'d JsonDoc) -> Vec<Handler<'d>> {
    let mut found = Vec::new();
    let Some(hooks) = doc.get(&["hooks"]) else { return found };
    for item in &hooks.items {
        let (event, groups) = (item.name.as_str(), &item.value);
        // Of two events of the same name the last one is used, as in JavaScript.
        if !hooks.member(event).is_some_and(|last| ptr::eq(last, groups)) {
            continue;
        }
        for (group_index, group) in groups.elements().enumerate() {
            let Some(siblings) = group.member("hooks") else { continue };
            let handler = |(index, value)| Handler { event, groups, group_index, group, siblings, index, value };
            found.extend(siblings.elements().enumerate().map(handler));
        }
    }
    found
}

/// Registers all events of an agent, each once. Handlers of ours with another path get this one; duplicates are
/// removed.
pub fn register(text: &str, agent: &Agent, form: HookForm, program: &str) -> Result<String> {
    repeated(text, |doc| {
        let mut ours = handlers(doc);
        ours.retain(|handler| handler.is_ours(program));
        let of = |event: &str| ours.iter().filter(|handler| handler.event == event).collect::<Vec<_>>();
        if let Some(second) = registered_by(agent).find_map(|event| of(event).get(1).copied()) {
            return Ok(Some(without_handler(doc, second, |_| true)));
        }
        if let Some(moved) = ours.iter().find_map(|handler| with_this_program(doc, handler, program)) {
            return Ok(Some(moved));
        }
        let missing = registered_by(agent).find(|event| of(event).is_empty());
        missing.map(|event| doc.push(&["hooks", event], &group_of_ours(form, program))).transpose()
    })
}

/// The text without our handlers of [`RETIRED`] events, and without such an event if that empties it.
pub fn without_retired(text: &str, program: &str) -> Result<String> {
    let is_retired = |it: &Handler, _: &JsonDoc| RETIRED.contains(&it.event) && it.is_ours(program);
    without(text, is_retired, |path| path.len() == 1)
}

/// The text without the handlers that `install` has added, and with those that it has removed.
pub fn restored(text: &str, original: &JsonDoc, installed: &JsonDoc, program: &str) -> Result<String> {
    let is_added = |handler: &Handler, doc: &JsonDoc| {
        handler.is_ours(program) && handler.count_in(doc) > handler.count_in(original)
    };
    let text = without(text, is_added, |path| original.get(path).is_some())?;
    let before = handlers(original);
    repeated(&text, |doc| {
        let is_gone = |handler: &&Handler| {
            let count = handler.count_in(original);
            handler.count_in(installed) < count && handler.count_in(doc) < count
        };
        let Some(gone) = before.iter().find(is_gone) else { return Ok(None) };
        let raw = |node| NewJson::Raw(original.raw(node).to_owned());
        let mut of_group = before.iter().filter(|handler| ptr::eq(handler.siblings, gone.siblings));
        let group = if of_group.all(|handler| handler.count_in(installed) + handler.count_in(doc) == 0) {
            raw(gone.group)
        } else {
            let matcher = gone.group.member("matcher").map(|matcher| ("matcher", raw(matcher)));
            let hooks = NewJson::Raw(format!("[{}]", original.raw(gone.value)));
            NewJson::object(matcher.into_iter().chain([("hooks", hooks)]))
        };
        doc.push(&["hooks", gone.event], &group).map(Some)
    })
}

/// The text without the handlers that `unwanted` picks. A group that becomes empty is removed too, and so are
/// its event and `hooks`, unless `stays` holds for their path.
pub fn without(
    text: &str, unwanted: impl Fn(&Handler, &JsonDoc) -> bool, stays: impl Fn(&[&str]) -> bool,
) -> Result<String> {
    repeated(text, |doc| {
        let found = handlers(doc).into_iter().find(|handler| unwanted(handler, doc));
        Ok(found.map(|handler| without_handler(doc, &handler, &stays)))
    })
}

fn without_handler(doc: &JsonDoc, handler: &Handler, stays: impl Fn(&[&str]) -> bool) -> String {
    let path = ["hooks", handler.event];
    if handler.siblings.items.len() > 1 {
        doc.without_item(handler.siblings, handler.index)
    } else if handler.groups.items.len() > 1 || stays(&path) {
        doc.without_item(handler.groups, handler.group_index)
    } else {
        doc.without(&path, stays)
    }
}

/// The text with this program in a handler of ours. `None` if it is there already.
fn with_this_program(doc: &JsonDoc, handler: &Handler, program: &str) -> Option<String> {
    let node = handler.value.member("command")?;
    let moved = match handler.args() {
        Some(_) => (node.string()? != program).then(|| program.to_owned()),
        None => with_program(node.string()?, program),
    };
    Some(doc.put(node, &NewJson::string(&moved?).on_one_line()))
}

fn group_of_ours(form: HookForm, program: &str) -> NewJson {
    let (command, more) = match form {
        HookForm::Shell(more) => (format!("{} hook", on_command_line(program)), more),
        _ => (program.to_owned(), &[("args", "[\"hook\"]")][..]),
    };
    let first = [("type", NewJson::string("command")), ("command", NewJson::string(&command))];
    let more = more.iter().map(|(name, value)| (*name, NewJson::Raw((*value).to_owned())));
    let handler = NewJson::object(first.into_iter().chain(more));
    let handlers = NewJson::Raw(format!("[{}]", handler.on_one_line()));
    NewJson::Raw(NewJson::object([("hooks", handlers)]).on_one_line())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agent::{CLAUDE_CODE, QWEN};

    fn registered(text: &str, agent: &Agent, program: &str) -> anyhow::Result<String> {
        let form = agent.settings.hooks.unwrap();
        register(text, agent, form, program)
    }

    #[test]
    fn node_scripts_are_found_behind_wrappers() {
        let check = |command: &str, expected: Option<&str>| assert_eq!(node_script(command), expected, "{command}");
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
        for agent in [&CLAUDE_CODE, &QWEN] {
            let first = registered("{}", agent, "/a/bridgeline").unwrap();
            assert_eq!(first.matches("/a/bridgeline").count(), registered_by(agent).count());
            assert_eq!(registered(&first, agent, "/a/bridgeline").unwrap(), first);
            let moved = registered(&first, agent, "/b/bridgeline").unwrap();
            assert_eq!(moved, first.replace("/a/", "/b/"));
            let left = without(&moved, |handler, _| handler.is_ours(""), |_| false).unwrap();
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
        let text = registered(text, &CLAUDE_CODE, "/new/bridgeline").unwrap();
        let doc = JsonDoc::parse(&text).unwrap();
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
            assert_eq!(registered(text, &CLAUDE_CODE, "b").unwrap_err().to_string(), expected);
        }
    }
}
