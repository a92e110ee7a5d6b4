//! The state of a settings file, for doctor and for notes about a change.

use anyhow::Result;

use super::command::{self, is_our_hook, is_ours};
use super::hooks::{Handler, handlers};
use super::jsonc::{JsonDoc, JsonKind, JsonNode};
use super::keys::is_off;
use super::{AgentFile, line_command, plugin, toml};
use crate::agent::{Agent, Scope, SettingsFormat, SettingsSpec};
use crate::bridge::event::{RETIRED, registered_by};

/// Our part in one file, and what affects it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Inspection {
    /// Command of the statusline. `None` if none is set.
    pub line: Option<String>,
    /// The command starts bridgeline.
    pub line_is_ours: bool,
    /// Programs that our statusline and hooks start, each once.
    pub programs: Vec<String>,
    /// Path of a switch that hides the statusline.
    pub off: Option<String>,
    /// Command for the rows of subagents; Claude Code only.
    pub subagents: Option<String>,
    /// Events with a hook of ours.
    pub registered: Vec<&'static str>,
    /// Events with several hooks of ours, each of which counts.
    pub doubled: Vec<&'static str>,
    /// Events with a hook of ours that only older versions registered.
    pub retired: Vec<&'static str>,
    /// Event and script of each hook that runs a Node script.
    pub node: Vec<(String, &'static str)>,
    /// Places of our handlers, spelled as in Codex's records of trust.
    pub handlers: Vec<String>,
    /// Handlers that Codex trusts, as file and place. `None` for a file that records no trust.
    pub trusted: Option<Vec<String>>,
    /// Gemini trusts every folder.
    pub trusts_all: bool,
    /// Path of the key that turns hooks off.
    pub hooks_off: Option<&'static str>,
    /// The file is our plugin, of this version. `None` if it is not a plugin.
    pub script: Option<bool>,
    /// Our plugin, which registers hooks too, is enabled or disabled; Claude Code only. `None` if the file does not
    /// mention it.
    pub plugin: Option<bool>,
}

/// Inspects the text of a settings file. `program` counts as ours, as does `bridgeline`.
///
/// # Errors
/// The text does not parse; the agent ignores such a file.
pub fn inspect(file: AgentFile, text: &str, program: &str) -> Result<Inspection> {
    let AgentFile { agent, format } = file;
    let line = line_command(file, text);
    let mut found = Inspection {
        line_is_ours: line.as_deref().is_some_and(|line| is_ours(line, program)),
        line,
        ..Inspection::default()
    };
    found.add_program(found.line.as_deref().filter(|_| found.line_is_ours).and_then(command::program));
    match format {
        SettingsFormat::Jsonc => found.read_json(agent, &JsonDoc::parse(text)?, program),
        SettingsFormat::Toml => found.read_toml(agent, text, program)?,
        SettingsFormat::Script => {
            let program = plugin::program(agent, text);
            found.script = Some(program.is_some());
            found.add_program(program);
        }
    }
    Ok(found)
}

impl Inspection {
    fn read_toml(&mut self, agent: &Agent, text: &str, program: &str) -> Result<()> {
        let hooks = toml::hooks(text)?;
        let ours = hooks.iter().filter(|(_, command)| is_our_hook(command, program));
        ours.clone().for_each(|(_, command)| self.add_program(command::program(command)));
        self.set_hooks(agent, &ours.map(|(event, _)| event.as_str()).collect::<Vec<_>>());
        self.off = toml::off(&agent.settings, text, program)?;
        self.trusted = Some(toml::trusted(text)?);
        self.hooks_off = toml::is_off(text, &["features", "hooks"])?.then_some("features.hooks");
        Ok(())
    }

    fn read_json(&mut self, agent: &Agent, doc: &JsonDoc, program: &str) {
        let SettingsSpec { line_keys, subagents, .. } = &agent.settings;
        self.off = line_keys.iter().find(|key| is_off(doc, key)).map(|key| key.path().join("."));
        let handlers = handlers(doc);
        let ours: Vec<_> = handlers.iter().filter(|handler| handler.is_ours(program)).collect();
        ours.iter().for_each(|handler| self.add_program(handler.program()));
        self.set_hooks(agent, &ours.iter().map(|handler| handler.event).collect::<Vec<_>>());
        self.handlers = ours.into_iter().map(Handler::place).collect();
        let node = handlers.iter().filter_map(|handler| Some((handler.event.to_owned(), handler.node_script()?)));
        self.node.extend(node);
        self.hooks_off = hooks_off(doc);
        self.trusts_all = is(doc, &["security", "folderTrust", "enabled"], false);
        if let Some(key) = subagents {
            self.subagents = doc.string(&[key.path(), &["command"]].concat()).map(str::to_owned);
        }
        let plugins = doc.get(&["enabledPlugins"]).into_iter().flat_map(|plugins| &plugins.items);
        let mut plugins = plugins.filter(|plugin| plugin.name.split('@').next() == Some(env!("CARGO_PKG_NAME")));
        // A list of versions enables it too.
        self.plugin = plugins.next().map(|plugin| plugin.value.kind != JsonKind::Bool(false));
    }

    fn add_program(&mut self, program: Option<String>) {
        self.programs.extend(program.filter(|program| !self.programs.contains(program)));
    }

    /// Records the events for which there are hooks of ours.
    fn set_hooks(&mut self, agent: &Agent, ours: &[&str]) {
        for event in registered_by(agent) {
            let count = ours.iter().filter(|ours| **ours == event).count();
            if count > 0 {
                self.registered.push(event);
            }
            if count > 1 {
                self.doubled.push(event);
            }
        }
        self.retired = RETIRED.into_iter().filter(|event| ours.contains(event)).collect();
    }
}

/// Path of the key that turns hooks off: `disableAllHooks`, which turns the statusline off too, or a key of Gemini.
fn hooks_off(doc: &JsonDoc) -> Option<&'static str> {
    let names = doc.get(&["hooksConfig", "disabled"]).into_iter().flat_map(JsonNode::elements);
    let off = [
        ("disableAllHooks", is(doc, &["disableAllHooks"], true)),
        ("hooksConfig.enabled", is(doc, &["hooksConfig", "enabled"], false)),
        ("hooksConfig.disabled", names.filter_map(JsonNode::string).any(|name| name == env!("CARGO_PKG_NAME"))),
    ];
    off.into_iter().find(|(_, is_off)| *is_off).map(|(path, _)| path)
}

fn is(doc: &JsonDoc, path: &[&str], switch: bool) -> bool {
    doc.get(path).is_some_and(|node| node.kind == JsonKind::Bool(switch))
}

/// The scope whose statusline Claude Code shows: the strongest one that sets one.
pub fn wins<'a>(found: impl IntoIterator<Item = (Scope, &'a Inspection)>) -> Option<Scope> {
    let set = found.into_iter().filter(|(_, found)| found.line.is_some());
    set.map(|(scope, _)| scope).max()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agent::{ALL as AGENTS, ANTIGRAVITY, CLAUDE_CODE, CODEX, COPILOT, CURSOR, GEMINI, KIMI, OPENCODE, QWEN};
    use std::path::Path;

    fn inspect(agent: &'static Agent, text: &str, program: &str) -> Result<Inspection> {
        super::inspect(AgentFile::new(agent, Path::new(agent.settings.file)), text, program)
    }

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
            "PreCompact": [{ "hooks": [{ "type": "command", "command": "/b/bl", "args": ["hook"] }] }],
            "Notification": "nonsense"
          },
          "enabledPlugins": { "bridge@x": false, "bridgeline@somewhere": true, "half": "\ud83d" },
        }"#;
        let found = inspect(&CLAUDE_CODE, text, "/b/bl").unwrap();
        assert_eq!(found.line.as_deref(), Some("node ~/x/ecc-statusline.js"));
        assert!(!found.line_is_ours);
        assert_eq!(found.subagents.as_deref(), Some("/b/bridgeline subagents"));
        assert_eq!(found.registered, ["PreToolUse", "Stop"]);
        assert_eq!(found.doubled, ["Stop"]);
        assert_eq!((found.retired, found.plugin), (vec!["PreCompact"], Some(true)));
        assert_eq!(found.node, [("Stop".into(), "cost-tracker.js")]);
        assert_eq!(found.hooks_off, Some("disableAllHooks"));
    }

    #[test]
    fn every_agent_tells_its_line() {
        let check = |agent, text: &str| {
            let found = inspect(agent, text, "").unwrap();
            assert_eq!((found.line.as_deref(), found.line_is_ours), (Some("bridgeline"), true), "{}", agent.name);
        };
        let line = r#"{"statusLine":{"type":"command","command":"bridgeline"}}"#;
        check(&CLAUDE_CODE, line);
        check(&COPILOT, line);
        check(&CURSOR, line);
        check(&ANTIGRAVITY, line);
        check(&QWEN, &format!("{{\"ui\":{line}}}"));
        check(&KIMI, "[status_line]\ncommand = \"bridgeline\"\n");
        check(&CODEX, "[mcp_servers.bridgeline]\ncommand = \"bridgeline\"\nargs = [\"mcp\"]\n");
        for agent in AGENTS {
            assert_eq!(inspect(agent, "", "").unwrap().line, None);
            // A plugin may hold anything.
            assert_eq!(inspect(agent, "{", "").is_ok(), *agent == OPENCODE);
        }
    }

    #[test]
    fn a_switch_that_keeps_the_line_away_is_found() {
        let check = |agent, text: &str, expected: Option<&str>| {
            assert_eq!(inspect(agent, text, "").unwrap().off.as_deref(), expected, "{text}");
        };
        check(&ANTIGRAVITY, r#"{"statusLine":{"enabled":false}}"#, Some("statusLine.enabled"));
        check(&ANTIGRAVITY, r#"{"statusLine":{"enabled":true}}"#, None);
        check(&ANTIGRAVITY, r#"{"statusLine":{}}"#, None);
        check(&COPILOT, r#"{"statusLine":{}}"#, Some("footer.showCustom"));
        check(&COPILOT, r#"{"footer":{"showCustom":true}}"#, None);
        check(&CLAUDE_CODE, "{}", None);
        let server = "[mcp_servers.bridgeline]\ncommand = \"bridgeline\"\n";
        let provider = "[tui]\nstatus_line_provider = { server = 'bridgeline', tool = 'statusline' }\n";
        let switch = "[features]\ntui_extensions_statusline = true\n";
        check(&CODEX, server, Some("tui.status_line_provider"));
        check(&CODEX, &format!("{server}{provider}"), Some("features.tui_extensions_statusline"));
        check(&CODEX, &format!("{server}{provider}{switch}"), None);
        check(
            &CODEX,
            &format!("{server}{switch}{}", provider.replace("bridgeline", "other")),
            Some("tui.status_line_provider"),
        );
    }

    #[test]
    fn what_keeps_hooks_from_running_is_found() {
        let check = |agent, text: &str, expected: Option<&str>| {
            assert_eq!(inspect(agent, text, "").unwrap().hooks_off, expected, "{text}");
        };
        check(&CLAUDE_CODE, r#"{"disableAllHooks":true}"#, Some("disableAllHooks"));
        check(&GEMINI, r#"{"hooksConfig":{"enabled":false}}"#, Some("hooksConfig.enabled"));
        check(&GEMINI, r#"{"hooksConfig":{"disabled":["x","bridgeline"]}}"#, Some("hooksConfig.disabled"));
        check(&GEMINI, r#"{"hooksConfig":{"enabled":true,"disabled":["x"]}}"#, None);
        check(&CODEX, "[features]\nhooks = false\n", Some("features.hooks"));
        check(&CODEX, "features = { hooks = true }\n", None);
        let record = "[hooks.state]\n[hooks.state.\"/h/hooks.json:stop:0:0\"]\ntrusted_hash = 'sha256:1'\n[hooks.state.x]\nenabled = false\n";
        assert_eq!(inspect(&CODEX, record, "").unwrap().trusted.unwrap(), ["/h/hooks.json:stop:0:0"]);
        let ours = r#"{"hooks":[{"command":"bridgeline hook"}]}"#;
        let hooks = format!(r#"{{"hooks":{{"PreToolUse":[{{"hooks":[]}},{ours}],"Stop":[{ours}]}}}}"#);
        assert_eq!(inspect(&GEMINI, &hooks, "").unwrap().handlers, ["pre_tool_use:1:0", "stop:0:0"]);
    }

    #[test]
    fn hooks_of_kimi_and_qwen_are_found() {
        let kimi = "[[hooks]]\nevent = \"Stop\"\ncommand = \"'/b/bridgeline' hook\"\n";
        let qwen = r#"{"hooks":{"Stop":[{"hooks":[{"type":"command","command":"/b/bridgeline hook"}]}]}}"#;
        for (agent, text) in [(&KIMI, kimi), (&QWEN, qwen)] {
            assert_eq!(inspect(agent, text, "").unwrap().registered, ["Stop"], "{}", agent.name);
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
