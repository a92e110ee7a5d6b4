//! `bridgeline mcp`: responses to a client like Codex, and what other commands then know about the session.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout};

use serde_json::{Value, json};
use snapbox::{Data, assert_data_eq, str};

use crate::support::{Call, Sandbox, fixture, wait_until};

const URI: &str = "ui://bridgeline/statusline";

/// Codex's request to read the resource.
fn read(id: u64, state: &Value) -> Value {
    let meta = json!({"com.openai/codex-statusline-state": state, "progressToken": id});
    json!({"jsonrpc": "2.0", "id": id, "method": "resources/read", "params": {"_meta": meta, "uri": URI}})
}

/// The server with a long time limit, for a busy machine.
fn server(sandbox: &Sandbox) -> Call {
    let call = sandbox.call(&["mcp"]).without("COLORFGBG").env("BRIDGELINE_MCP_MS", "60000");
    call.env("CODEX_HOME", sandbox.path("codex"))
}

/// The answers to requests that arrive at once, before the end of the input.
fn answers(call: Call, requests: &[Value]) -> Vec<Value> {
    let input: String = requests.iter().map(|request| format!("{request}\n")).collect();
    parsed(&call.stdin(input).run().painted())
}

fn parsed(printed: &str) -> Vec<Value> {
    printed.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|err| panic!("{err}: {line}"))).collect()
}

/// The tree of an answer.
fn tree(answer: &Value) -> Value {
    let contents = answer["result"]["contents"].as_array().unwrap_or_else(|| panic!("{answer}"));
    assert_eq!(
        (contents.len(), &contents[0]["uri"], &contents[0]["mimeType"]),
        (1, &json!(URI), &json!("application/json"))
    );
    serde_json::from_str(contents[0]["text"].as_str().unwrap()).unwrap()
}

/// The rows of a tree as they are shown.
fn rows(tree: &Value) -> Vec<String> {
    fn text(node: &Value) -> String {
        let children = || node["children"].as_array().into_iter().flatten().map(text).collect();
        node.as_str().map_or_else(children, |text| text.replace('\u{a0}', " "))
    }
    tree["children"].as_array().into_iter().flatten().map(text).collect()
}

/// A state of the thread, in the sandbox.
fn state(sandbox: &Sandbox, name: &str) -> Value {
    let mut state = fixture(&format!("codex/{name}.json"));
    state["thread"]["workspace"]["cwd"] = json!(sandbox.text("work"));
    state
}

fn id(state: &Value) -> &str {
    state["thread"]["id"].as_str().unwrap()
}

#[test]
fn a_client_is_greeted_as_codex_expects() {
    let request = |id: Value, method: &str, params: Value| json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params});
    let requests = [
        request(json!(0), "initialize", json!({"protocolVersion": "2025-06-18", "capabilities": {}})),
        json!({"jsonrpc": "2.0", "method": "notifications/initialized"}),
        request(json!("a 1"), "tools/list", json!({})),
        request(json!(null), "ping", json!(null)),
        request(json!({"x": [1.5]}), "tools/call", json!({"name": "statusline", "arguments": {}})),
        request(json!(4), "resources/list", json!({})),
        request(json!(5), "resources/templates/list", json!({})),
        json!({"jsonrpc": "2.0", "id": 6, "result": {}}),
        request(json!(7), "prompts/list", json!({})),
        request(json!(8), "tools/call", json!({"name": "other"})),
        request(json!(9), "resources/read", json!({"uri": "ui://other"})),
        json!({"jsonrpc": "2.0", "id": 10}),
    ];
    let shown: String =
        answers(server(&Sandbox::new()), &requests).iter().map(|answer| format!("{answer}\n")).collect();
    let version = format!("\"version\":\"{}\"", env!("CARGO_PKG_VERSION"));
    assert_data_eq!(
        shown.replace(&version, "\"version\":\"0\""),
        str![[r#"
{"id":0,"jsonrpc":"2.0","result":{"capabilities":{"resources":{},"tools":{}},"protocolVersion":"2025-06-18","serverInfo":{"name":"bridgeline","title":"bridgeline","version":"0"}}}
{"id":"a 1","jsonrpc":"2.0","result":{"tools":[{"_meta":{"openai/ui":{"entrypoints":[{"resourceUri":"ui://bridgeline/statusline","type":"statusline"}]}},"description":"The statusline in the footer of Codex, for its user. Calling it does nothing.","inputSchema":{"properties":{},"type":"object"},"name":"statusline","title":"bridgeline"}]}}
{"id":null,"jsonrpc":"2.0","result":{}}
{"id":{"x":[1.5]},"jsonrpc":"2.0","result":{"content":[{"text":"The statusline in the footer of Codex, for its user. Calling it does nothing.","type":"text"}]}}
{"id":4,"jsonrpc":"2.0","result":{"resources":[{"mimeType":"application/json","name":"statusline","title":"bridgeline","uri":"ui://bridgeline/statusline"}]}}
{"id":5,"jsonrpc":"2.0","result":{"resourceTemplates":[]}}
{"error":{"code":-32601,"message":"unknown method"},"id":7,"jsonrpc":"2.0"}
{"error":{"code":-32602,"message":"unknown tool"},"id":8,"jsonrpc":"2.0"}
{"error":{"code":-32002,"message":"unknown resource"},"id":9,"jsonrpc":"2.0"}
{"error":{"code":-32600,"message":"the request has no method"},"id":10,"jsonrpc":"2.0"}

"#]]
    );
}

#[test]
fn a_version_of_the_protocol_is_echoed_and_else_our_own() {
    let greet = |version: Value| json!({"id": 1, "method": "initialize", "params": {"protocolVersion": version}});
    let answers = answers(server(&Sandbox::new()), &[greet(json!("2099-01-01")), greet(json!(7))]);
    let versions: Vec<_> = answers.iter().map(|answer| &answer["result"]["protocolVersion"]).collect();
    assert_eq!(versions, ["2099-01-01", "2025-06-18"]);
}

#[test]
fn each_preset_has_its_tree() {
    let sandbox = Sandbox::new();
    for preset in ["default", "powerline", "hud", "minimal"] {
        let call = server(&sandbox).args(&["--preset", preset]);
        let trees = answers(call, &[read(1, &state(&sandbox, "limits"))]);
        let shown = serde_json::to_string_pretty(&tree(&trees[0])).unwrap() + "\n";
        let path = format!("{}/tests/snapshots/ui-tree-{preset}.json", env!("CARGO_MANIFEST_DIR"));
        assert_data_eq!(shown, Data::read_from(path.as_ref(), None).raw());
    }
}

#[test]
fn a_tree_has_the_rows_of_the_line() {
    let sandbox = Sandbox::new();
    for name in ["starting", "ready", "limits"] {
        let state = state(&sandbox, name);
        for args in [
            &["--width", "60"][..],
            &["--width", "78", "--preset", "powerline"],
            &["--width", "78", "--preset", "full"],
            &["--width", "78", "--preset", "two-row"],
        ] {
            let answers = answers(server(&sandbox).args(args), &[read(1, &state)]);
            let line = sandbox.render(&state).args(args).args(&["--color", "truecolor"]).without("COLORFGBG").run();
            assert_eq!(rows(&tree(&answers[0])), line.rows(), "{name} {args:?}");
        }
    }
}

#[test]
fn a_row_is_as_wide_as_config_or_a_flag_says() {
    let sandbox = Sandbox::new();
    let check = |args: &[&str], columns: usize| {
        let rows_flag = ["--set", "rows = [\"model | fill | effort\"]"];
        let answers = answers(server(&sandbox).args(&rows_flag).args(args), &[read(1, &state(&sandbox, "ready"))]);
        assert_eq!(rows(&tree(&answers[0]))[0].chars().count(), columns, "{args:?}");
    };
    check(&[], 78);
    check(&["--width", "120"], 120);
    check(&["--set", "width = 60"], 60);
}

#[test]
fn an_invalid_request_is_refused_and_the_next_is_answered() {
    let sandbox = Sandbox::new();
    let good = read(7, &state(&sandbox, "ready"));
    let giant = json!({"id": 1, "method": "ping", "params": "x".repeat(3 << 20)});
    let deep = format!("{{\"id\":1,\"method\":{}1{}}}", "[".repeat(9999), "]".repeat(9999));
    let lines = ["", "nonsense", "[1]", "{\"id\":", "\u{feff}\0", &giant.to_string(), &deep, &good.to_string()];
    let mut input = lines.join("\n").into_bytes();
    input.extend(b"\n\xff\xfe\n");
    // The last line has no line break.
    input.extend(good.to_string().bytes());
    let answers = parsed(&server(&sandbox).stdin(input).run().painted());
    let codes: Vec<_> = answers.iter().map(|answer| answer["error"]["code"].as_i64().unwrap_or(0)).collect();
    assert_eq!(codes, [-32700, -32700, -32700, -32700, -32700, -32700, -32600, 0, -32700, 0]);
    let trees = answers.iter().filter(|answer| answer["id"] == 7).map(tree);
    assert!(trees.into_iter().all(|tree| rows(&tree)[0].contains("GPT-5.5")));
}

#[test]
fn any_state_has_an_answer() {
    let sandbox = Sandbox::new();
    let requests = [
        read(1, &json!(null)),
        read(2, &json!([])),
        read(3, &json!({"thread": 7, "app": "x"})),
        json!({"id": 4, "method": "resources/read", "params": {"uri": URI}}),
        read(5, &state(&sandbox, "ready")),
        read(6, &json!({})),
        json!({"id": 7, "method": "resources/read", "params": {"uri": URI, "_meta": 7}}),
    ];
    let answers = answers(server(&sandbox), &requests);
    let trees: Vec<Value> = answers.iter().map(tree).collect();
    assert_eq!(trees[..4], [json!("bridgeline"), json!("bridgeline"), json!("bridgeline"), json!("bridgeline")]);
    // Known values stay.
    assert!(rows(&trees[4])[0].contains("GPT-5.5"));
    assert_eq!((&trees[5], &trees[6]), (&trees[4], &trees[4]));
}

/// A client that waits for each answer.
struct Client {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Client {
    fn of(call: Call) -> Self {
        let mut child = call.byte_by_byte().spawn();
        let (input, output) = (child.stdin.take().unwrap(), BufReader::new(child.stdout.take().unwrap()));
        Client { child, input, output }
    }

    fn tree(&mut self, state: &Value) -> Value {
        writeln!(self.input, "{}", read(1, state)).unwrap();
        let mut line = String::new();
        self.output.read_line(&mut line).unwrap();
        tree(&serde_json::from_str(&line).unwrap())
    }

    /// Ends it as Codex does.
    fn end(mut self) {
        drop(self.input);
        assert!(self.child.wait().unwrap().success());
    }
}

#[test]
fn a_thousand_reads_have_a_thousand_answers() {
    let sandbox = Sandbox::new();
    let mut state = state(&sandbox, "ready");
    let mut client = Client::of(server(&sandbox));
    for count in 0..1000 {
        state["thread"]["name"] = json!(format!("read {count}"));
        state["thread"]["usage"]["context"]["used_percentage"] = json!(count % 100);
        assert!(rows(&client.tree(&state))[0].contains(&format!("{}%", count % 100)));
    }
    client.end();
    assert_eq!(sandbox.unfinished().len(), 0);
}

#[test]
fn a_line_that_is_late_is_shown_by_a_later_answer() {
    let sandbox = Sandbox::new();
    let state = state(&sandbox, "ready");
    let client = std::cell::RefCell::new(Client::of(server(&sandbox).env("BRIDGELINE_MCP_MS", "0")));
    wait_until("the line", || client.borrow_mut().tree(&state) != json!("bridgeline"));
    client.into_inner().end();
}

#[test]
fn a_closed_output_ends_it() {
    let sandbox = Sandbox::new();
    let mut client = Client::of(server(&sandbox));
    drop(client.output);
    // Until the pipe is broken.
    while writeln!(client.input, "{}", read(1, &state(&sandbox, "ready"))).is_ok() {}
    assert!(client.child.wait().unwrap().success());
}

#[test]
fn others_know_the_session_of_the_thread() {
    let sandbox = Sandbox::new();
    let state = state(&sandbox, "limits");
    answers(server(&sandbox), &[read(1, &state)]);
    let cache = sandbox.json(&format!("state/sessions/{}.json", id(&state)));
    assert_eq!((&cache["agent"], &cache["payload"], &cache["pid"]), (&json!("codex"), &state, &json!(null)));
    let list: Value = serde_json::from_str(&sandbox.call(&["sessions", "--json"]).run().painted()).unwrap();
    assert_eq!(
        (&list["sessions"][0]["agent"]["name"], &list["sessions"][0]["state"]),
        (&json!("codex"), &json!("working"))
    );
    let prompt = sandbox.call(&["prompt", "plain", "--dir", &sandbox.text("work")]).run().line();
    assert!(prompt.contains("GPT-5.5"), "{prompt}");
    let explained = sandbox.call(&["explain", "--session", "last"]).run().painted();
    assert!(explained.contains("codex"), "{explained}");
}

#[test]
fn hooks_tell_of_an_approval_that_the_state_does_not() {
    let sandbox = Sandbox::new();
    let working = state(&sandbox, "limits");
    let mut idle = working.clone();
    idle["thread"]["agent"]["state"] = json!("ready");
    let line = |state: &Value, second: u64| {
        let call = server(&sandbox).args(&["--set", "rows = [\"state model\"]"]).later(second);
        rows(&tree(&answers(call, &[read(1, state)])[0])).remove(0)
    };
    let hook = |second: u64, name: &str, extra: Value| {
        let mut event = json!({"session_id": id(&working), "hook_event_name": name, "cwd": sandbox.text("work"),
            "model": "gpt-5.5", "turn_id": "t", "permission_mode": "default", "transcript_path": null});
        event.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        sandbox.call(&["hook"]).stdin(event.to_string()).later(second).run();
    };
    let waiting = || {
        let list = sandbox.call(&["sessions", "--json"]).later(9).run().painted();
        serde_json::from_str::<Value>(&list).unwrap()["sessions"][0]["state"].clone()
    };
    let call = json!({"tool_name": "Bash", "tool_input": {"command": "date"}});
    assert!(line(&working, 0).contains("working"));
    hook(1, "UserPromptSubmit", json!({"prompt": "x"}));
    hook(2, "PermissionRequest", call.clone());
    // Other commands know it only from the hook.
    assert_eq!(waiting(), "waiting");
    assert!(line(&working, 3).contains("waiting"));
    hook(4, "PostToolUse", call);
    assert!(line(&working, 5).contains("working"));
    hook(6, "PermissionRequest", json!({"tool_name": "Bash", "tool_input": {"command": "ls"}}));
    // After Escape the thread is idle, whatever the last hook said.
    assert!(line(&idle, 7).contains("idle"));
    assert_eq!(waiting(), "idle");
}
