//! The plugin of Claude Code in `packaging/`, kept in step with the program.

use std::fs;
use std::path::Path;

use bridgeline::agent::CLAUDE_CODE;
use bridgeline::bridge::event::registered_by;
use serde_json::{Map, Value, json};

#[track_caller]
fn file(path: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    let text = fs::read_to_string(&path).unwrap_or_else(|err| panic!("{}: {err}", path.display()));
    serde_json::from_str(&text).unwrap_or_else(|err| panic!("{}: {err}", path.display()))
}

#[test]
fn hooks_are_those_that_install_registers() {
    let handlers = json!([{ "hooks": [{ "type": "command", "command": "bridgeline", "args": ["hook"] }] }]);
    let expected: Map<String, Value> =
        registered_by(&CLAUDE_CODE).map(|event| (event.to_owned(), handlers.clone())).collect();
    let hooks = file("packaging/claude-plugin/hooks/hooks.json");
    assert_eq!(hooks["hooks"], Value::Object(expected));
    // The mod: `packages::mod_of_the_plugin_draws_what_the_program_prints`.
    let module = hooks["modules"][0].as_str().unwrap();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("packaging/claude-plugin/hooks");
    assert!(root.join(module).exists(), "{module}");
}

/// The only setting that a plugin can have is one that Claude Code calls deprecated.
#[test]
fn it_has_no_settings() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("packaging/claude-plugin");
    assert!(root.join("hooks").exists() && !root.join("settings.json").exists());
}

#[test]
fn version_is_that_of_the_program() {
    let plugin = file("packaging/claude-plugin/.claude-plugin/plugin.json");
    assert_eq!((&plugin["name"], &plugin["version"]), (&json!("bridgeline"), &json!(env!("CARGO_PKG_VERSION"))));
}

#[test]
fn marketplace_leads_to_it() {
    let plugins = &file(".claude-plugin/marketplace.json")["plugins"];
    let source = plugins[0]["source"].as_str().unwrap();
    let plugin = file(&format!("{source}/.claude-plugin/plugin.json"));
    assert_eq!((plugins.as_array().unwrap().len(), &plugins[0]["name"]), (1, &plugin["name"]));
}
