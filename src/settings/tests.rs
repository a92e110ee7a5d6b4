//! Install and uninstall over tables of edits, and over settings files made up at random.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::hooks::node_script;
use super::jsonc::{JsonDoc, JsonKind, JsonNode, NewJson};
use super::*;
use crate::agent::{ALL as AGENTS, ANTIGRAVITY, CLAUDE_CODE, CODEX, COPILOT, CURSOR, GEMINI, KIMI, OPENCODE, QWEN};
use crate::bridge::event::registered_by;

const PROGRAM: &str = "/opt/bin/bridgeline";

const LINE: InstallOptions = InstallOptions {
    program: PROGRAM,
    line: true,
    hooks: false,
    replace_node: false,
    subagents: false,
    keep_subagents: false,
};
const EVERYTHING: InstallOptions = InstallOptions { hooks: true, replace_node: true, ..LINE };

fn before<'a>(original: &'a str, installed: &'a str) -> Before<'a> {
    Before { original, installed }
}

const UNKNOWN: Before = Before { original: "", installed: "" };

fn file(agent: &'static Agent) -> AgentFile {
    AgentFile::new(agent, Path::new(agent.settings.file))
}

/// The files of an agent, each with everything that belongs there.
fn files(agent: &'static Agent) -> impl Iterator<Item = (AgentFile, InstallOptions<'static>)> {
    let hooks = agent.settings.hooks_file;
    let first = (file(agent), InstallOptions { hooks: hooks.is_none(), ..EVERYTHING });
    let second =
        hooks.map(|name| (AgentFile::new(agent, Path::new(name)), InstallOptions { line: false, ..EVERYTHING }));
    [first].into_iter().chain(second)
}

fn install(agent: &'static Agent, text: &str, before: Before, options: &InstallOptions) -> Result<String> {
    super::install(file(agent), text, before, options)
}

fn uninstall(agent: &'static Agent, text: &str, before: Before, program: &str) -> Result<String> {
    super::uninstall(file(agent), text, before, program)
}

fn inspect(agent: &'static Agent, text: &str, program: &str) -> Result<Inspection> {
    super::inspect(file(agent), text, program)
}

#[test]
fn every_agent_gets_its_keys_and_a_foreign_edit_survives_taking_them_out() {
    let check = |agent, text: &str, expected: &str, edit: (&str, &str)| {
        let installed = install(agent, text, UNKNOWN, &LINE).unwrap();
        assert_eq!(installed, expected);
        assert_eq!(install(agent, &installed, UNKNOWN, &LINE).unwrap(), installed);
        assert_eq!(uninstall(agent, &installed, before(text, &installed), PROGRAM).unwrap(), text);
        let edited = installed.replace(edit.0, edit.1);
        assert_ne!(edited, installed);
        let left = uninstall(agent, &edited, before(text, &installed), PROGRAM).unwrap();
        assert_eq!(left, text.replace(edit.0, edit.1));
    };
    check(
        &CLAUDE_CODE,
        "{\n  \"model\": \"opus\" // the large one\n}\n",
        "{\n  \"model\": \"opus\", // the large one\n  \"statusLine\": {\n    \"type\": \"command\",\n    \"command\": \"/opt/bin/bridgeline\",\n    \"refreshInterval\": 10\n  }\n}\n",
        ("opus", "sonnet"),
    );
    check(
        &CLAUDE_CODE,
        "{\"statusLine\": {\"type\":\"command\", \"command\":\"~/line.sh\" /* mine */, \"padding\": 2}, \"a\": 1,}",
        "{\"statusLine\": {\"type\":\"command\", \"command\":\"/opt/bin/bridgeline\" /* mine */, \"padding\": 2, \"refreshInterval\": 10}, \"a\": 1,}",
        ("\"a\": 1", "\"a\": [2]"),
    );
    check(
        &COPILOT,
        "// mine\r\n{\r\n\t\"footer\": {\r\n\t\t\"showCustom\": false\r\n\t}\r\n}",
        "// mine\r\n{\r\n\t\"footer\": {\r\n\t\t\"showCustom\": true\r\n\t},\r\n\t\"statusLine\": {\r\n\t\t\"type\": \"command\",\r\n\t\t\"command\": \"/opt/bin/bridgeline\",\r\n\t\t\"refreshInterval\": 10\r\n\t}\r\n}",
        ("// mine", "// yours"),
    );
    check(
        &CURSOR,
        "\u{feff}{\n    \"version\": 1\n}",
        "\u{feff}{\n    \"version\": 1,\n    \"statusLine\": {\n        \"type\": \"command\",\n        \"command\": \"/opt/bin/bridgeline\"\n    }\n}",
        ("1", "2"),
    );
    check(
        &QWEN,
        "{\n  \"ui\": {\n    \"statusLine\": { \"type\": \"preset\", \"items\": [\"model\"] }\n  },\n  \"x\": 1\n}\n",
        "{\n  \"ui\": {\n    \"statusLine\": {\n      \"type\": \"command\",\n      \"command\": \"/opt/bin/bridgeline\",\n      \"refreshInterval\": 10,\n      \"respectUserColors\": true\n    }\n  },\n  \"x\": 1\n}\n",
        ("\"x\": 1", "\"y\": 2"),
    );
    check(
        &ANTIGRAVITY,
        "{ \"statusLine\": null, \"x\": 1 }",
        "{ \"statusLine\": { \"type\": \"command\", \"command\": \"/opt/bin/bridgeline\" }, \"x\": 1 }",
        ("\"x\": 1", "\"y\": 2"),
    );
    check(
        &KIMI,
        "\u{feff}theme = 'dark'\r\n\r\n[status_line] # ours\r\nitems = [ 'model' ] # first\r\n[z]\n",
        "\u{feff}theme = 'dark'\r\n\r\n[status_line] # ours\r\nitems = [ 'model' ] # first\r\ncommand = \"/opt/bin/bridgeline\"\r\n[z]\n",
        ("dark", "light"),
    );
    check(
        &KIMI,
        "[status_line]\ncommand   =   'old' # was\nx = 1",
        "[status_line]\ncommand   =   \"/opt/bin/bridgeline\" # was\nx = 1",
        ("x = 1", "y = 2"),
    );
    check(
        &KIMI,
        "status_line = { items = [] }\nx = 1\n",
        "status_line = { items = [] , command = \"/opt/bin/bridgeline\" }\nx = 1\n",
        ("x = 1", "y = 2"),
    );
    let server = "[mcp_servers.bridgeline]\ncommand = \"/opt/bin/bridgeline\"\nargs = [\"mcp\"]\n";
    let provider = "[tui.status_line_provider]\nserver = \"bridgeline\"\ntool = \"statusline\"\n";
    let switch = "tui_extensions_statusline = true\n";
    check(
        &CODEX,
        "model = 'gpt-5.5' # mine\n",
        &format!("model = 'gpt-5.5' # mine\n\n{server}\n{provider}\n[features]\n{switch}"),
        ("gpt-5.5", "gpt-6"),
    );
    check(
        &CODEX,
        "[features]\njs = true\ntui_extensions_statusline = false # not yet\n\n[tui]\nstatus_line_provider = { server = \"x\", tool = 'y' } # theirs\n\n[tui.other]\n\"a\" = 1\n\n[mcp_servers.x]\ncommand = \"x\"\n\n[zed]\n",
        &format!(
            "[features]\njs = true\ntui_extensions_statusline = true # not yet\n\n[tui]\nstatus_line_provider = {{ server = \"bridgeline\", tool = \"statusline\" }} # theirs\n\n[tui.other]\n\"a\" = 1\n\n[mcp_servers.x]\ncommand = \"x\"\n\n{server}\n[zed]\n"
        ),
        ("\"a\" = 1", "\"a\" = 2"),
    );
}

fn missing(found: &Inspection, agent: &Agent) -> usize {
    registered_by(agent).filter(|event| !found.registered.contains(event)).count()
}

#[test]
fn nothing_is_made_of_nothing_but_our_keys() {
    for (file, options) in AGENTS.into_iter().flat_map(files) {
        let installed = super::install(file, "", UNKNOWN, &options).unwrap();
        assert!(installed.contains(PROGRAM), "{file:?}: {installed}");
        let left = super::uninstall(file, &installed, before("", &installed), PROGRAM).unwrap();
        assert!(holds_nothing(&left), "{file:?}: {left}");
        // Without a receipt too, except for the switch, which anybody may have set.
        let left = super::uninstall(file, &installed, UNKNOWN, PROGRAM).unwrap();
        assert!(!left.contains("bridgeline"), "{file:?}: {left}");
    }
}

#[test]
fn a_moved_program_is_followed_and_arguments_stay() {
    let text =
        r#"{"statusLine":{"type":"command","command":"'/old place/bridgeline' --theme light","refreshInterval":3}}"#;
    let installed = install(&CLAUDE_CODE, text, UNKNOWN, &LINE).unwrap();
    assert!(installed.contains(r#""command":"/opt/bin/bridgeline --theme light","refreshInterval":3}"#));
    let left = uninstall(&CLAUDE_CODE, &installed, before(text, &installed), PROGRAM).unwrap();
    assert_eq!(left, text);
    let same_place = text.replace("'/old place/bridgeline'", PROGRAM);
    assert!(install(&CLAUDE_CODE, &same_place, UNKNOWN, &LINE).unwrap().starts_with(same_place.trim_end_matches('}')));
}

#[test]
fn what_somebody_has_put_in_our_place_stays() {
    let installed = install(&CLAUDE_CODE, "{}", UNKNOWN, &LINE).unwrap();
    let theirs = installed.replace("\"/opt/bin/bridgeline\"", "\"starship\"");
    let left = uninstall(&CLAUDE_CODE, &theirs, before("{}", &installed), PROGRAM).unwrap();
    assert!(left.contains("starship") && !left.contains("bridgeline"), "{left}");
}

#[test]
fn a_path_with_spaces_is_quoted_for_the_shell_and_not_for_exec() {
    let options = InstallOptions { program: "/my tools/bridgeline", hooks: true, subagents: true, ..LINE };
    let installed = install(&CLAUDE_CODE, "", UNKNOWN, &options).unwrap();
    let doc = JsonDoc::parse(&installed).unwrap();
    let quote = if cfg!(windows) { '"' } else { '\'' };
    assert_eq!(doc.string(&["statusLine", "command"]).unwrap(), format!("{quote}/my tools/bridgeline{quote}"));
    assert_eq!(
        doc.string(&["subagentStatusLine", "command"]).unwrap(),
        format!("{quote}/my tools/bridgeline{quote} subagents")
    );
    assert!(installed.contains(r#"{ "type": "command", "command": "/my tools/bridgeline", "args": ["hook"] }"#));
    assert_eq!(install(&CLAUDE_CODE, &installed, UNKNOWN, &options).unwrap(), installed);
}

#[test]
fn node_hooks_make_room_and_come_back_also_after_foreign_edits() {
    let text = include_str!("../../tests/fixtures/settings/node-hooks.json");
    let installed = install(&CLAUDE_CODE, text, UNKNOWN, &EVERYTHING).unwrap();
    let found = inspect(&CLAUDE_CODE, &installed, PROGRAM).unwrap();
    assert_eq!((found.node.len(), missing(&found, &CLAUDE_CODE), found.doubled.len()), (0, 0, 0));
    assert!(installed.contains("format.sh") && installed.contains("// speaks"), "{installed}");
    let left = uninstall(&CLAUDE_CODE, &installed, before(text, &installed), PROGRAM).unwrap();
    assert_eq!(facts(&left), facts(text));
    let edited = installed.replace("format.sh", "lint.sh");
    let left = uninstall(&CLAUDE_CODE, &edited, before(text, &installed), PROGRAM).unwrap();
    assert_eq!(facts(&left), facts(&text.replace("format.sh", "lint.sh")));
    // Without being asked, they stay.
    let beside = install(&CLAUDE_CODE, text, UNKNOWN, &InstallOptions { hooks: true, ..LINE }).unwrap();
    let found = inspect(&CLAUDE_CODE, &beside, PROGRAM).unwrap();
    assert_eq!((found.node.len(), missing(&found, &CLAUDE_CODE)), (4, 0));
}

#[test]
fn rows_of_subagents_are_set_only_on_request() {
    let rows =
        |command: &str| format!(r#"{{"subagentStatusLine":{{"type":"command","command":"{command}"}}, "a": 1}}"#);
    let put = |text: &str, was: Before, options: &InstallOptions| install(&CLAUDE_CODE, text, was, options).unwrap();
    let asked = InstallOptions { subagents: true, ..LINE };
    assert!(!put("{}", UNKNOWN, &LINE).contains("subagent"));
    assert!(put("{}", UNKNOWN, &asked).contains("bridgeline subagents"));
    // Those of others stay, or are replaced.
    let kept = InstallOptions { keep_subagents: true, ..asked };
    for options in [LINE, kept] {
        assert!(put(&rows("mine"), UNKNOWN, &options).contains(&rows("mine")[1..60]));
    }
    assert!(!put(&rows("mine"), UNKNOWN, &asked).contains("mine"));
    // Those of an older install make room for what was there before.
    for (original, expected) in [("{\"a\": 1}", None), (rows("mine").as_str(), Some("mine"))] {
        let old = put(original, UNKNOWN, &asked);
        let new = put(&old, before(original, &old), &LINE);
        let found = inspect(&CLAUDE_CODE, &new, PROGRAM).unwrap();
        assert_eq!((found.subagents.as_deref(), found.line_is_ours), (expected, true), "{new}");
        assert_eq!(put(&new, before(original, &new), &LINE), new);
        assert_eq!(uninstall(&CLAUDE_CODE, &new, before(original, &new), PROGRAM).unwrap(), original);
        // Without a receipt too.
        let new = put(&old, UNKNOWN, &LINE);
        assert!(!new.contains("subagents"), "{new}");
    }
}

#[test]
fn a_hook_that_older_versions_registered_goes_with_any_install() {
    let all = install(&CLAUDE_CODE, "{}", UNKNOWN, &EVERYTHING).unwrap();
    let old = all.replace("\"Stop\"", "\"PreCompact\"");
    assert_eq!(inspect(&CLAUDE_CODE, &old, PROGRAM).unwrap().retired, ["PreCompact"]);
    for options in [&LINE, &EVERYTHING] {
        let new = install(&CLAUDE_CODE, &old, before("{}", &old), options).unwrap();
        assert!(!new.contains("PreCompact"), "{new}");
        assert_eq!(uninstall(&CLAUDE_CODE, &new, before("{}", &new), PROGRAM).unwrap(), "{}");
    }
}

#[test]
fn a_line_that_is_switched_off_is_switched_on() {
    let off = r#"{"statusLine":{"type":"command","command":"COMMAND","enabled":false}}"#;
    for command in ["x", "/opt/bin/bridgeline", "/old/bridgeline"] {
        let off = off.replace("COMMAND", command);
        let installed = install(&ANTIGRAVITY, &off, UNKNOWN, &LINE).unwrap();
        assert_eq!(installed, off.replace("false", "true").replace(command, PROGRAM));
        assert_eq!(uninstall(&ANTIGRAVITY, &installed, before(&off, &installed), PROGRAM).unwrap(), off);
    }
}

#[test]
fn half_a_character_in_a_string_comes_through() {
    let text = r#"{"a": "\ud83d", "statusLine": {"type": "command", "command": "x \udead"}}"#;
    let installed = install(&CLAUDE_CODE, text, UNKNOWN, &EVERYTHING).unwrap();
    assert!(installed.starts_with(r#"{"a": "\ud83d", "#) && !installed.contains("dead"), "{installed}");
    inspect(&CLAUDE_CODE, &installed, PROGRAM).unwrap();
    let edited = installed.replace("\\ud83d", "\\udbff");
    let left = uninstall(&CLAUDE_CODE, &edited, before(text, &installed), PROGRAM).unwrap();
    assert_eq!(left, text.replace("\\ud83d", "\\udbff"));
}

#[test]
fn hooks_of_kimi_are_tables_of_their_own() {
    let options = InstallOptions { line: false, hooks: true, ..LINE };
    let program = "/my tools/bridgeline";
    let ours = |event: &str| {
        let command = command::on_command_line(program);
        format!("[[hooks]]\nevent = \"{event}\"\ncommand = \"{command} hook\"\n")
    };
    let check = |text: &str| {
        let installed = install(&KIMI, text, UNKNOWN, &InstallOptions { program, ..options }).unwrap();
        assert!(is_left_of(text, &installed), "{installed}");
        let found = inspect(&KIMI, &installed, program).unwrap();
        assert_eq!((missing(&found, &KIMI), found.doubled, found.line), (0, vec![], None));
        assert_eq!(install(&KIMI, &installed, UNKNOWN, &InstallOptions { program, ..options }).unwrap(), installed);
        let left = uninstall(&KIMI, &installed, before(text, &installed), program).unwrap();
        assert_eq!(left.trim_end(), text.trim_end());
        let moved = install(&KIMI, &installed, UNKNOWN, &options).unwrap();
        assert!(!moved.contains(program) && moved.matches(PROGRAM).count() == registered_by(&KIMI).count());
        installed
    };
    let installed = check("");
    if !cfg!(windows) {
        let all: Vec<String> = registered_by(&KIMI).map(ours).collect();
        assert_eq!(installed, all.join("\n"));
    }
    check("# mine\nmodel = \"k2\"\n\n[[hooks]]\nevent = \"Stop\"\ncommand = \"say done\" # loud\n\n[x]\ny = 1\n");
    check("hooks = [{ event = \"Stop\", command = \"say\" }]");
    // The user's own is kept, and restored.
    let text = "[[hooks]]\nevent = \"Stop\"\ncommand = \"/old/bridgeline hook\"\n";
    let installed = install(&KIMI, text, UNKNOWN, &options).unwrap();
    assert!(!installed.contains("/old"), "{installed}");
    assert_eq!(uninstall(&KIMI, &installed, before(text, &installed), PROGRAM).unwrap(), text);
    install(&KIMI, "hooks = 1", UNKNOWN, &options).unwrap_err();
}

#[test]
fn codex_keeps_what_it_wrote_itself_and_the_users_arguments() {
    let original = "model = \"gpt-5.5\"\n";
    let installed = install(&CODEX, original, UNKNOWN, &LINE).unwrap();
    // Trust in hooks and folders, another feature, and a variable for our server.
    let own = "[projects.\"/home/ada/garden\"]\ntrust_level = \"trusted\"\n\n[hooks.state]\n\n[hooks.state.\"/h/hooks.json:stop:0:0\"]\ntrusted_hash = \"sha256:1\"\n";
    let env = "[mcp_servers.bridgeline.env]\nCOLUMNS = \"100\"\n";
    let edited = format!("{}\n{env}\n{own}", installed.replace("[features]\n", "[features]\ngoals = true\n"));
    let left = uninstall(&CODEX, &edited, before(original, &installed), PROGRAM).unwrap();
    assert_eq!(left, format!("{original}\n[features]\ngoals = true\n\n{own}"));
    // A moved program is followed.
    let text =
        installed.replace(PROGRAM, "/old place/bridgeline").replace("[\"mcp\"]", "[\"mcp\", \"--width\", \"60\"]");
    let moved = install(&CODEX, &text, UNKNOWN, &LINE).unwrap();
    assert_eq!(moved, text.replace("/old place/bridgeline", PROGRAM));
    // Another provider that the user has taken since stays.
    let other = installed.replace("server = \"bridgeline\"", "server = \"other\"");
    let left = uninstall(&CODEX, &other, before(original, &installed), PROGRAM).unwrap();
    assert_eq!(left, format!("{original}\n[tui.status_line_provider]\nserver = \"other\"\ntool = \"statusline\"\n"));
}

#[test]
fn handlers_have_the_keys_of_their_agent() {
    let hooks = |agent: &'static Agent| files(agent).last().unwrap();
    let check = |agent, expected: &str| {
        let (file, options) = hooks(agent);
        let installed = super::install(file, "", UNKNOWN, &options).unwrap();
        let found = super::inspect(file, &installed, PROGRAM).unwrap();
        assert_eq!((missing(&found, agent), found.doubled.len()), (0, 0));
        let count = installed.matches(expected).count();
        assert_eq!(count, registered_by(agent).count(), "{installed}");
    };
    let shell = r#"[{ "hooks": [{ "type": "command", "command": "/opt/bin/bridgeline hook""#;
    check(&CODEX, &format!(r#"{shell}, "timeout": 3 }}] }}]"#));
    check(&GEMINI, &format!(r#"{shell}, "name": "bridgeline", "timeout": 5000 }}] }}]"#));
    check(&QWEN, &format!("{shell} }}] }}]"));
}

#[test]
fn a_plugin_is_taken_out_only_as_it_was_installed() {
    let installed = install(&OPENCODE, "", UNKNOWN, &EVERYTHING).unwrap();
    let moved = installed.replace(PROGRAM, r#"C:\\my \"tools\"\\bridgeline.exe"#);
    for text in [&installed, &moved] {
        assert_eq!(uninstall(&OPENCODE, text, UNKNOWN, PROGRAM).unwrap(), "");
        assert_eq!(inspect(&OPENCODE, text, PROGRAM).unwrap().script, Some(true));
        assert_eq!(install(&OPENCODE, text, UNKNOWN, &EVERYTHING).unwrap(), installed);
    }
    for text in [format!("{installed}// mine\n"), installed.replace("\"/opt", "1 + \"/opt"), String::from("export {}")]
    {
        assert_eq!(uninstall(&OPENCODE, &text, UNKNOWN, PROGRAM).unwrap(), text);
        assert_eq!(inspect(&OPENCODE, &text, PROGRAM).unwrap().script, Some(false));
    }
}

#[test]
fn what_does_not_parse_or_has_another_shape_is_refused() {
    let check = |agent, text: &str, expected: &str| {
        let problem = install(agent, text, UNKNOWN, &EVERYTHING).unwrap_err().to_string();
        assert!(problem.starts_with(expected), "{problem}");
    };
    check(&CLAUDE_CODE, "{\n  \"a\": 1\n  \"b\": 2\n}", "line 2, column 9: ");
    check(&CLAUDE_CODE, "[]", "line 1, column 1: ");
    check(&QWEN, "{\"ui\": 1}", "line 1, column 8: ui is not an object");
    check(&CLAUDE_CODE, "{\"hooks\": {\"Stop\": {}}}", "line 1, column 20: hooks.Stop is not an array");
    check(&KIMI, "a = 1\nb = \n", "line 2, column 5: ");
    check(&KIMI, "status_line = 1\n", "status_line is not a table");
    check(&CODEX, "tui = 1\n", "tui is not a table");
    check(&CODEX, "[mcp_servers]\nbridgeline = 1\n", "bridgeline is not a table");
    check(&GEMINI, "{\"hooks\": {\"BeforeTool\": 1}}", "line 1, column 26: hooks.BeforeTool is not an array");
}

#[test]
fn a_statusline_is_wrapped_in_a_row_of_its_own() {
    let check = |text: &str, expected: &str| {
        let wrapped_text = wrap(text, "node ~/x.js").unwrap();
        assert_eq!(wrapped_text, expected);
        assert_eq!(wrapped(&wrapped_text).unwrap().as_deref(), Some("node ~/x.js"));
        assert_eq!(wrap(&wrapped_text, "node ~/x.js").unwrap(), wrapped_text);
        wrap(&wrapped_text, "another").unwrap_err();
        let left = unwrap(&wrapped_text, before(text, &wrapped_text)).unwrap();
        assert_eq!(left.trim_end(), text.trim_end());
    };
    let segment =
        "[segments.wrapped]\nkind = \"command\"\ncommand = \"node ~/x.js\"\nas_printed = true\ninterval = 5\n";
    check("", &format!("extra_rows = [\"wrapped\"]\n\n{segment}"));
    check(
        "# mine\ntheme = \"dusk\" # dark\n\n[segments.context]\nbar = 8\n",
        &format!(
            "# mine\ntheme = \"dusk\" # dark\nextra_rows = [\"wrapped\"]\n\n[segments.context]\nbar = 8\n\n{segment}"
        ),
    );
    check("rows = [\"model\", \"dir\"]\n", &format!("rows = [\"model\", \"dir\", \"wrapped\"]\n\n{segment}"));
    check("\u{feff}a = 1\n", &format!("\u{feff}a = 1\nextra_rows = [\"wrapped\"]\n\n{segment}"));
    check("rows = []\n", &format!("rows = [\"wrapped\"]\n\n{segment}"));
    check(
        "rows = [\n  \"model\", # first\n  \"dir\",\n]\nx = 1\n",
        &format!("rows = [\n  \"model\", # first\n  \"dir\",\n  \"wrapped\",\n]\nx = 1\n\n{segment}"),
    );
    check("theme = 'a'\r\n", &format!("theme = 'a'\nextra_rows = [\"wrapped\"]\n\n{segment}").replace('\n', "\r\n"));
    wrap("rows = 1", "x").unwrap_err();
    wrap("rows = ", "x").unwrap_err();
}

/// The facts in a document. The handlers of an event have no order, since they run at once.
fn facts(text: &str) -> BTreeMap<String, Vec<String>> {
    let doc = JsonDoc::parse(text).unwrap();
    let mut facts = BTreeMap::new();
    collect(doc.get(&[]), &mut Vec::new(), &mut facts);
    facts.values_mut().for_each(|values| values.sort());
    facts
}

fn collect(node: Option<&JsonNode>, path: &mut Vec<String>, facts: &mut BTreeMap<String, Vec<String>>) {
    let Some(node) = node else { return };
    match node.kind {
        JsonKind::Object => {
            if node.items.is_empty() {
                facts.entry(path.join("/")).or_default().push("{}".into());
            }
            for member in &node.items {
                path.push(member.name.clone());
                collect(Some(&member.value), path, facts);
                path.pop();
            }
        }
        // A handler as one fact, with its matcher.
        JsonKind::Array if path.len() == 2 && path[0] == "hooks" => {
            for group in node.elements() {
                for handler in group.member("hooks").into_iter().flat_map(JsonNode::elements) {
                    let fact = format!("{} {}", canonical(group.member("matcher")), canonical(Some(handler)));
                    facts.entry(path.join("/")).or_default().push(fact);
                }
            }
        }
        _ => facts.entry(path.join("/")).or_default().push(canonical(Some(node))),
    }
}

fn canonical(node: Option<&JsonNode>) -> String {
    let Some(node) = node else { return "none".into() };
    let items = node.items.iter().map(|item| format!("{:?}:{}", item.name, canonical(Some(&item.value))));
    format!("{:?}{{{}}}", node.kind, items.collect::<Vec<_>>().join(","))
}

/// Facts that are not about us: no key of ours, no hook of ours or of Node.
fn others(text: &str) -> BTreeMap<String, Vec<String>> {
    let mut facts = facts(text);
    for facts in facts.values_mut() {
        facts.retain(|fact| !fact.contains("bridgeline") && node_script(fact).is_none());
    }
    let ours = ["statusLine", "subagentStatusLine", "ui/statusLine", "footer/showCustom"];
    facts.retain(|path, facts| {
        !facts.is_empty() && !ours.iter().any(|ours| path.starts_with(ours)) && facts[..] != ["{}"]
    });
    facts
}

/// A value before it is written as text.
#[derive(Debug, Clone)]
enum Made {
    Raw(&'static str),
    Array(Vec<Made>),
    Object(Vec<(String, Made)>),
}

fn literal() -> impl Strategy<Value = Made> {
    let literals = vec![
        "1", "-2.5e3", "true", "null", "\"\"", "\"a // b\"", "\"/* c */\"", "\"\\\"}\\u00e4\"", "\"ä日\"", "\"{[,\"",
        "\"\\\\\"",
    ];
    proptest::sample::select(literals).prop_map(Made::Raw)
}

fn any_value() -> impl Strategy<Value = Made> {
    literal().prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Made::Array),
            proptest::collection::vec(("[a-z,/ ]{0,3}", inner), 0..4).prop_map(|members| {
                let members: BTreeMap<_, _> = members.into_iter().collect();
                Made::Object(members.into_iter().collect())
            }),
        ]
    })
}

fn line() -> impl Strategy<Value = Made> {
    let command =
        |text| Made::Object(vec![("type".into(), Made::Raw("\"command\"")), ("command".into(), Made::Raw(text))]);
    prop_oneof![
        literal(),
        any_value(),
        Just(command("\"~/line.sh --fast\"")),
        Just(command("\"node ~/ecc-statusline.js\"")),
        Just(command("\"/else/where/bridgeline --theme light\"")),
        Just(command("\"/opt/bin/bridgeline\"")),
    ]
}

fn handler() -> impl Strategy<Value = Made> {
    let shell = |text| vec![("type".to_owned(), Made::Raw("\"command\"")), ("command".to_owned(), Made::Raw(text))];
    let exec = |text, arg| {
        let mut members = shell(text);
        members.push(("args".into(), Made::Array(vec![Made::Raw(arg)])));
        members
    };
    let handlers = vec![
        shell("\"say done\""),
        shell("\"node /x/cost-tracker.js\""),
        exec("\"node\"", "\"/x/ecc-metrics-bridge.js\""),
        exec("\"/opt/bin/bridgeline\"", "\"hook\""),
        exec("\"/else/bridgeline\"", "\"hook\""),
        shell("\"/else/bridgeline hook\""),
    ];
    proptest::sample::select(handlers).prop_map(Made::Object)
}

fn event() -> impl Strategy<Value = Made> {
    let matcher = proptest::option::of(proptest::sample::select(vec!["\"*\"", "\"Write|Edit\""]));
    let group = (matcher, proptest::collection::vec(handler(), 0..4)).prop_map(|(matcher, handlers)| {
        let matcher = matcher.map(|matcher| ("matcher".to_owned(), Made::Raw(matcher)));
        Made::Object(matcher.into_iter().chain([("hooks".to_owned(), Made::Array(handlers))]).collect())
    });
    proptest::collection::vec(group, 0..4).prop_map(Made::Array)
}

fn hooks_value() -> impl Strategy<Value = Made> {
    let names = vec!["Stop", "PreToolUse", "SessionEnd", "FileChanged", "PreCompact"];
    let names = proptest::sample::subsequence(names, 0..=5).prop_shuffle();
    (names, proptest::collection::vec(event(), 5))
        .prop_map(|(names, events)| Made::Object(names.into_iter().map(str::to_owned).zip(events).collect()))
}

fn settings() -> impl Strategy<Value = Made> {
    use proptest::option::weighted;
    let members = (
        weighted(0.5, line()),
        weighted(0.3, line()),
        weighted(0.6, hooks_value()),
        proptest::collection::vec(any_value(), 0..4),
        any::<u64>(),
    );
    members.prop_map(|(line, subagents, hooks, others, seed)| {
        let mut members: Vec<(String, Made)> =
            others.into_iter().enumerate().map(|(i, value)| (format!("k{i}"), value)).collect();
        let mut seed = seed as usize;
        for (name, value) in [("statusLine", line), ("subagentStatusLine", subagents), ("hooks", hooks)] {
            if let Some(value) = value {
                members.insert(seed % (members.len() + 1), (name.to_owned(), value));
                seed /= 7;
            }
        }
        Made::Object(members)
    })
}

/// The style of a file: tidy with some indentation, or with white space and comments anywhere.
struct Pen {
    unit: &'static str,
    newline: &'static str,
    on_one_line: bool,
    /// Chooses the content of each gap; empty for a tidy file.
    gaps: Vec<u8>,
    next: usize,
    comments: usize,
}

impl Pen {
    fn gap(&mut self, tidy: &str) -> String {
        if self.gaps.is_empty() {
            return tidy.to_owned();
        }
        self.next += 1;
        self.comments += 1;
        let (number, newline) = (self.comments, self.newline);
        match self.gaps[self.next % self.gaps.len()] % 12 {
            0 => format!("/* c{number}, */"),
            1 => format!(" // c{number} }} {newline}"),
            2 => format!("{newline}  "),
            3 => "\t ".to_owned(),
            4 => String::new(),
            5 => format!("{newline}{newline}/* c{number}{newline} */"),
            6 => " ".to_owned(),
            _ => tidy.to_owned(),
        }
    }

    fn write(&mut self, value: &Made, depth: usize) -> String {
        let line = |depth| match self.on_one_line {
            true => String::new(),
            false => format!("{}{}", self.newline, self.unit.repeat(depth)),
        };
        let (inner, outer) = (line(depth + 1), line(depth));
        let (open, close, entries): (_, _, Vec<(Option<&String>, &Made)>) = match value {
            Made::Raw(text) => return (*text).to_owned(),
            Made::Array(elements) => ('[', ']', elements.iter().map(|element| (None, element)).collect()),
            Made::Object(members) => ('{', '}', members.iter().map(|(name, value)| (Some(name), value)).collect()),
        };
        let mut out = String::from(open);
        for (i, (name, value)) in entries.iter().enumerate() {
            out += &self.gap(&inner);
            if let Some(name) = name {
                out += &format!("{name:?}{}:{}", self.gap(""), self.gap(" "));
            }
            out += &self.write(value, depth + 1);
            let is_last = i + 1 == entries.len();
            if !is_last || self.gaps.len() % 3 == 1 {
                out += &self.gap("");
                out.push(',');
            }
        }
        out += &self.gap(if entries.is_empty() { "" } else { &outer });
        out.push(close);
        out
    }
}

/// A settings file as text.
fn settings_text() -> impl Strategy<Value = String> {
    let unit = proptest::sample::select(vec!["", " ", "  ", "    ", "\t"]);
    let newline = proptest::sample::select(vec!["\n", "\r\n"]);
    let gaps = prop_oneof![Just(vec![]), proptest::collection::vec(any::<u8>(), 1..40)];
    let ends = (any::<bool>(), any::<bool>());
    (settings(), unit, newline, any::<bool>(), gaps, ends).prop_map(
        |(made, unit, newline, on_one_line, gaps, (bom, final_newline))| {
            let mut pen = Pen { unit, newline, on_one_line, gaps, next: 0, comments: 0 };
            let head = pen.gap("");
            let body = pen.write(&made, 0);
            let bom = if bom { "\u{feff}" } else { "" };
            format!("{bom}{head}{body}{}", if final_newline { newline } else { "" })
        },
    )
}

/// `part` is `whole` with something removed.
fn is_left_of(part: &str, whole: &str) -> bool {
    let mut rest = whole.chars();
    part.chars().all(|c| rest.any(|other| other == c))
}

/// A file with hooks in JSON.
fn with_json_hooks() -> impl Strategy<Value = (AgentFile, InstallOptions<'static>)> {
    let is_json = |(file, options): &(AgentFile, InstallOptions)| {
        options.hooks && file.format == SettingsFormat::Jsonc && file.agent.settings.hooks.is_some()
    };
    proptest::sample::select(AGENTS.into_iter().flat_map(files).filter(is_json).collect::<Vec<_>>())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn hooks_of_every_agent_leave_what_was_there_and_foreign_edits(
        text in settings_text(), (file, options) in with_json_hooks(),
    ) {
        let installed = super::install(file, &text, UNKNOWN, &options).unwrap();
        let found = super::inspect(file, &installed, PROGRAM).unwrap();
        prop_assert_eq!((missing(&found, file.agent), found.doubled), (0, vec![]));
        let taken_out = |now: &str| super::uninstall(file, now, before(&text, &installed), PROGRAM).unwrap();
        prop_assert_eq!(&taken_out(&installed), &text);
        let add = |text: &str| JsonDoc::parse(text).unwrap().set(&["theirs"], &NewJson::Raw("[7]".into())).unwrap();
        prop_assert_eq!(facts(&taken_out(&add(&installed))), facts(&add(&text)));
    }

    #[test]
    fn installing_again_changes_nothing_and_what_is_not_ours_stays(
        text in settings_text(), hooks: bool, replace_node: bool, subagents: bool,
    ) {
        let options = InstallOptions { hooks: hooks || replace_node, replace_node, subagents, ..LINE };
        let installed = install(&CLAUDE_CODE, &text, UNKNOWN, &options).unwrap();
        prop_assert_eq!(&install(&CLAUDE_CODE, &installed, UNKNOWN, &options).unwrap(), &installed);
        prop_assert_eq!(others(&installed), others(&text));
        let found = inspect(&CLAUDE_CODE, &installed, PROGRAM).unwrap();
        prop_assert!(found.line_is_ours);
        if options.hooks {
            prop_assert_eq!((missing(&found, &CLAUDE_CODE), found.doubled), (0, vec![]));
        }
        if replace_node {
            prop_assert_eq!(found.node, vec![]);
        }
        if !has_hooks_to_replace(&text) && !text.contains("tatusLine") {
            prop_assert!(is_left_of(&text, &installed), "{}", installed);
        }
    }

    #[test]
    fn taking_out_leaves_what_was_there_and_foreign_edits(
        text in settings_text(), hooks: bool, replace_node: bool, subagents: bool,
    ) {
        let options = InstallOptions { hooks: hooks || replace_node, replace_node, subagents, ..LINE };
        let installed = install(&CLAUDE_CODE, &text, UNKNOWN, &options).unwrap();
        let taken_out = |text_now: &str| {
            uninstall(&CLAUDE_CODE, text_now, before(&text, &installed), PROGRAM).unwrap()
        };
        prop_assert_eq!(&taken_out(&installed), &text);
        let add = |text: &str| JsonDoc::parse(text).unwrap().set(&["theirs"], &NewJson::Raw("[7]".into())).unwrap();
        let left = taken_out(&add(&installed));
        if subagents || !has_rows(&text) {
            prop_assert_eq!(&left, &add(&text));
        }
        // Removed parts come back at the end.
        prop_assert_eq!(facts(&left), facts(&add(&text)), "{}", left);
        let handler = NewJson::Raw(r#"{ "hooks": [{ "type": "command", "command": "theirs" }] }"#.into());
        let add = |text: &str| JsonDoc::parse(text).unwrap().push(&["hooks", "Stop"], &handler).unwrap();
        let left = taken_out(&add(&installed));
        prop_assert_eq!(facts(&left), facts(&add(&text)), "{}", left);
    }

    #[test]
    fn toml_keeps_every_line_that_is_not_ours(
        lines in proptest::collection::vec((proptest::sample::select(TOML_LINES.to_vec()), any::<bool>()), 0..9),
        final_newline: bool,
    ) {
        let ended = lines.iter().map(|(line, cr)| format!("{line}{}", if *cr { "\r\n" } else { "\n" }));
        let text = ended.collect::<String>();
        let text = if final_newline { text.as_str() } else { text.trim_end() };
        // Some of these are not TOML.
        if super::toml::hooks(text).is_err() {
            return Ok(());
        }
        for agent in [Some(&KIMI), Some(&CODEX), None] {
            let put = |text: &str| match agent {
                Some(agent) => install(agent, text, UNKNOWN, &LINE),
                None => wrap(text, "old line"),
            };
            let Ok(installed) = put(text) else { continue };
            prop_assert_eq!(&put(&installed).unwrap(), &installed);
            let mut rest = installed.split_inclusive('\n');
            for line in text.trim_end().split_inclusive('\n') {
                let is_ours = ["command", "rows", "status_line", "tui_"].iter().any(|ours| line.starts_with(ours));
                let bare = line.trim_end_matches(['\r', '\n']);
                let stays = |other: &str| other == line || other.trim_end_matches(['\r', '\n']) == bare && !line.ends_with('\n');
                prop_assert!(is_ours || rest.any(stays), "{line:?} of {text:?} in {installed:?}");
            }
            let left = match agent {
                Some(agent) => uninstall(agent, &installed, before(text, &installed), PROGRAM).unwrap(),
                None => unwrap(&installed, before(text, &installed)).unwrap(),
            };
            // Of two blank lines with different endings, either may be removed.
            let plain = |text: &str| text.trim_end().replace("\r\n", "\n");
            prop_assert_eq!(plain(&left), plain(text));
        }
    }

    #[test]
    fn any_text_is_refused_or_edited_without_panic(text in "[{}\\[\\]\":,/*a \\n\\r1\u{feff}\u{a0}ä]{0,40}") {
        for (file, options) in AGENTS.into_iter().flat_map(files) {
            if let Ok(installed) = super::install(file, &text, UNKNOWN, &options) {
                prop_assert_eq!(&super::install(file, &installed, UNKNOWN, &options).unwrap(), &installed);
                super::uninstall(file, &installed, UNKNOWN, PROGRAM).unwrap();
            }
        }
    }
}

const TOML_LINES: [&str; 18] = [
    "a = 1   # one",
    "# note",
    "",
    "   ",
    "x.y = 'its'",
    "b = [ 1, # first",
    "  2,]",
    "[status_line]",
    "status_line = {  items = []  }",
    "items  =  [ 'model' ]",
    "command   = 'old'  # was",
    "rows = [ \"model\", 'dir' ] # two",
    "[tui]",
    "status_line_provider = { server = 'theirs',  tool = \"line\" } # three",
    "[tui.other]",
    "[features] # four",
    "tui_extensions_statusline   = false",
    "[mcp_servers.theirs]",
];

/// Rows of subagents are ours, and are removed.
fn has_rows(text: &str) -> bool {
    let found = inspect(&CLAUDE_CODE, text, PROGRAM).unwrap();
    found.subagents.is_some_and(|rows| is_ours(&rows, PROGRAM))
}

fn has_hooks_to_replace(text: &str) -> bool {
    text.contains("hook\"") || node_script(text).is_some()
}
