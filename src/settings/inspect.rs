//! What a settings file says about us, for doctor.

use jsonc_parser::ast::Value;

use super::agent::{Agent, Scope};
use super::command::is_ours;
use super::hooks::{EVENTS, handlers, node_script};
use super::install::line_command;
use super::json::Doc;
use super::{Problem, toml};

/// What is set in one file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Inspection {
    /// The command of the statusline. `None` when none is set.
    pub line: Option<String>,
    /// Whether that command starts bridgeline.
    pub line_is_ours: bool,
    /// The command of the line for subagents; Claude Code only, as all below.
    pub subagents: Option<String>,
    /// Events with a hook of ours.
    pub registered: Vec<&'static str>,
    /// Events of [`EVENTS`] without one. All of them where no hook is wanted.
    pub missing: Vec<&'static str>,
    /// Events with several: each counts.
    pub doubled: Vec<&'static str>,
    /// Hooks that run the Node scripts.
    pub node: Vec<NodeHook>,
    /// The Node script that the statusline runs.
    pub node_line: Option<&'static str>,
    /// Whether `disableAllHooks` is on, which turns the statusline off too.
    pub hooks_are_off: bool,
}

/// A hook that runs a Node script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeHook {
    /// The event that it is registered for.
    pub event: String,
    /// The script, without its folder.
    pub script: &'static str,
}

/// What the text of a settings file says. `program` is what counts as ours besides `bridgeline`.
///
/// # Errors
/// The text does not parse; the agent ignores such a file.
pub fn inspect(agent: Agent, text: &str, program: &str) -> Result<Inspection, Problem> {
    let text = text.trim_start_matches('\u{feff}');
    let line = line_command(agent, text);
    let mut found = Inspection {
        line_is_ours: line.as_deref().is_some_and(|line| is_ours(line, program)),
        node_line: line.as_deref().and_then(node_script),
        line,
        ..Inspection::default()
    };
    if agent == Agent::Kimi {
        return toml::check(text).map(|()| found);
    }
    let doc = Doc::parse(text)?;
    if agent != Agent::ClaudeCode {
        return Ok(found);
    }
    found.subagents = doc.string(&["subagentStatusLine", "command"]);
    found.hooks_are_off =
        doc.get(&["disableAllHooks"]).and_then(Value::as_boolean_lit).is_some_and(|switch| switch.value);
    let all = handlers(&doc);
    for event in EVENTS {
        let is_ours = |handler: &&super::hooks::Handler| handler.event == event && handler.is_ours(program);
        match all.iter().filter(is_ours).count() {
            0 => found.missing.push(event),
            1 => found.registered.push(event),
            _ => {
                found.registered.push(event);
                found.doubled.push(event);
            }
        }
    }
    let node = all.iter().filter_map(|handler| {
        Some(NodeHook { event: handler.event.to_owned(), script: handler.node_script()? })
    });
    found.node.extend(node);
    Ok(found)
}

/// The scope whose statusline Claude Code shows: the strongest one that sets any.
pub fn wins<'a>(found: impl IntoIterator<Item = (Scope, &'a Inspection)>) -> Option<Scope> {
    let strength = |scope: &Scope| match scope {
        Scope::User => 0,
        Scope::Project => 1,
        Scope::Local => 2,
        Scope::Managed => 3,
    };
    let set = found.into_iter().filter(|(_, found)| found.line.is_some());
    set.map(|(scope, _)| scope).max_by_key(strength)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_set_doubled_missing_and_left_of_node_is_found() {
        let text = r#"// mine
        {
          "disableAllHooks": true,
          "statusLine": { "type": "command", "command": "node ~/x/ecc-statusline.js" },
          "subagentStatusLine": { "type": "command", "command": "/b/bridgeline subagents" },
          "hooks": {
            "Stop": [
              { "hooks": [{ "type": "command", "command": "bridgeline hook" },
                          { "type": "command", "command": "node", "args": ["/x/cost-tracker.js"] }] },
              { "matcher": "", "hooks": [{ "type": "command", "command": "/b/bridgeline", "args": ["hook"] }] }
            ],
            "PreToolUse": [{ "hooks": [{ "type": "command", "command": "/b/bl", "args": ["hook"] }] }],
            "PreCompact": "nonsense"
          },
        }"#;
        let found = inspect(Agent::ClaudeCode, text, "/b/bl").unwrap();
        assert_eq!(found.line.as_deref(), Some("node ~/x/ecc-statusline.js"));
        assert_eq!((found.line_is_ours, found.node_line), (false, Some("ecc-statusline.js")));
        assert_eq!(found.subagents.as_deref(), Some("/b/bridgeline subagents"));
        assert_eq!(found.registered, ["PreToolUse", "Stop"]);
        assert_eq!(found.doubled, ["Stop"]);
        assert_eq!(found.missing.len(), EVENTS.len() - 2);
        assert_eq!(found.node, [NodeHook { event: "Stop".into(), script: "cost-tracker.js" }]);
        assert!(found.hooks_are_off);
    }

    #[test]
    fn every_agent_tells_its_line() {
        let check = |agent, text: &str| {
            let found = inspect(agent, text, "").unwrap();
            assert_eq!((found.line.as_deref(), found.line_is_ours), (Some("bridgeline"), true), "{agent:?}");
        };
        let line = r#"{"statusLine":{"type":"command","command":"bridgeline"}}"#;
        check(Agent::ClaudeCode, line);
        check(Agent::Copilot, line);
        check(Agent::Cursor, line);
        check(Agent::Antigravity, line);
        check(Agent::Qwen, &format!("{{\"ui\":{line}}}"));
        check(Agent::Kimi, "[status_line]\ncommand = \"bridgeline\"\n");
        for agent in Agent::ALL {
            assert_eq!(inspect(agent, "", "").unwrap().line, None);
            inspect(agent, "{", "").unwrap_err();
        }
    }

    #[test]
    fn the_strongest_scope_that_sets_a_line_wins() {
        let set = Inspection { line: Some("x".into()), ..Inspection::default() };
        let unset = Inspection::default();
        let check = |found: &[(Scope, &Inspection)], expected| {
            assert_eq!(wins(found.iter().copied()), expected);
        };
        check(&[(Scope::User, &set), (Scope::Project, &unset)], Some(Scope::User));
        check(&[(Scope::Local, &set), (Scope::Project, &set), (Scope::User, &set)], Some(Scope::Local));
        check(&[(Scope::Managed, &set), (Scope::Local, &set)], Some(Scope::Managed));
        check(&[(Scope::User, &unset)], None);
    }
}
