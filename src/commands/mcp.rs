//! `bridgeline mcp`: the line as a resource of the Model Context Protocol (2025-06-18), over stdin and stdout. Codex
//! 0.171 reads it once a second, with the state of a thread in the request, and draws it in its footer.
//!
//! Promise: every request is answered within 300 ms, since Codex stops showing the line after a request that took a
//! second or failed. So a thread makes the line, and a request that it is too slow for is answered with the line
//! before. Between requests it does nothing; it ends with its client.
//!
//! Seven requests need no library; the official one (rmcp) is asynchronous and brings its own runtime.

use std::io::{self, BufRead, Read, Write};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::{guarded, render};
use crate::base::env::Env;
use crate::base::json::{Object, quote};
use crate::base::text;
use crate::config::Invocation;
use crate::config::value::KeyValue;
use crate::{paint, process};

/// Address of the resource.
const URI: &str = "ui://bridgeline/statusline";

/// Name of the tool that leads Codex to it.
const TOOL: &str = "statusline";

/// Its name in Codex's picker.
const TITLE: &str = "bridgeline";

/// Its description and its result, for models that see it.
const DESCRIPTION: &str = "The statusline in the footer of Codex, for its user. Calling it does nothing.";

/// Type of the resource.
const TYPE: &str = "application/json";

/// Key of the thread's state in the metadata of a request.
const STATE: &str = "com.openai/codex-statusline-state";

/// Version of the protocol if the client names none.
const PROTOCOL: &str = "2025-06-18";

/// Longest request in bytes; one is about 2 KiB.
const MAX_REQUEST: u64 = 1 << 20;

/// Columns of a row if config and flags set none: Codex sends no width, and begins rows in the third column of a
/// terminal of at least 80.
const COLUMNS: u32 = 78;

/// Answers requests until the client closes the input.
pub fn run(call: &Invocation) {
    let mut server = Server { call, tree: quote("bridgeline"), pending: None };
    let (mut input, mut output) = (io::stdin().lock(), io::stdout().lock());
    while let Some(request) = next(&mut input) {
        let Some(answer) = server.answer(&request) else { continue };
        if output.write_all(answer.as_bytes()).and_then(|()| output.flush()).is_err() {
            break;
        }
    }
    // The last line's session is still being saved.
    let end = Instant::now() + limit(&call.env);
    while server.take(end) {}
}

/// The next request. `None` at the end of the input; empty for one that is too long.
fn next(input: &mut impl BufRead) -> Option<String> {
    let mut line = Vec::new();
    input.by_ref().take(MAX_REQUEST).read_until(b'\n', &mut line).ok().filter(|count| *count > 0)?;
    if line.len() as u64 == MAX_REQUEST && !line.ends_with(b"\n") {
        input.skip_until(b'\n').ok()?;
        line.clear();
    }
    Some(text::decode(line))
}

/// An error of JSON-RPC: its code, and a message.
type Failure = (i32, &'static str);

struct Server<'c> {
    call: &'c Invocation,
    /// The last tree that was made.
    tree: String,
    /// Receives the tree that is being made. Disconnected once the thread that makes it has ended.
    pending: Option<Receiver<String>>,
}

impl Server<'_> {
    /// The response to a request, with its line break. `None` for notifications and responses, which get none.
    fn answer(&mut self, request: &str) -> Option<String> {
        let Some(request) = Object::parse(request) else {
            return Some(response("null", Err((-32700, "not a JSON object on one line of at most 1 MiB"))));
        };
        if !request.has("id") || (!request.has("method") && (request.has("result") || request.has("error"))) {
            return None;
        }
        let method = request.string("method").unwrap_or_default();
        let result = self.result(&method, &request.object_or_empty("params"));
        Some(response(request.raw("id").unwrap_or("null"), result))
    }

    /// The result of a request.
    fn result(&mut self, method: &str, params: &Object) -> Result<Value, Failure> {
        Ok(match method {
            "initialize" => initialized(params.string("protocolVersion").as_deref()),
            "ping" => json!({}),
            "tools/list" => json!({ "tools": [tool()] }),
            "tools/call" if params.says("name", TOOL) => json!({"content": [{"type": "text", "text": DESCRIPTION}]}),
            "tools/call" => return Err((-32602, "unknown tool")),
            "resources/list" => json!({"resources": [{"uri": URI, "name": TOOL, "title": TITLE, "mimeType": TYPE}]}),
            "resources/templates/list" => json!({"resourceTemplates": []}),
            "resources/read" if params.says("uri", URI) => {
                let state = params.object_or_empty("_meta");
                state.raw(STATE).into_iter().for_each(|state| self.update(state));
                json!({"contents": [{"uri": URI, "mimeType": TYPE, "text": self.tree}]})
            }
            "resources/read" => return Err((-32002, "unknown resource")),
            "" => return Err((-32600, "the request has no method")),
            _ => return Err((-32601, "unknown method")),
        })
    }

    /// Makes the tree for this state, if that is done in time.
    fn update(&mut self, state: &str) {
        process::reap();
        let end = Instant::now() + limit(&self.call.env);
        // The last thread may still be saving its session.
        while self.take(end) {}
        // A thread that hangs, e.g. on a dead network folder, is not joined by another.
        if self.pending.is_none() {
            self.start(state);
        }
        self.take(end);
    }

    fn start(&mut self, state: &str) {
        // The current clock and environment. Codex draws all colours and links, but does not announce that.
        let env = Env::from_process().or("COLORTERM", "truecolor").or("FORCE_HYPERLINK", "1");
        let call = Invocation::new(env, self.call.flags.clone()).with("fallback_width", KeyValue::Number(COLUMNS));
        let state = state.to_owned();
        let (sender, pending) = mpsc::channel();
        let show = move || {
            render::show(&state, &call, |rows, config| {
                _ = sender.send(paint::ui_tree(rows, &config.theme.look, config.depth));
            })
        };
        let is_started = thread::Builder::new().spawn(|| guarded(show)).is_ok();
        self.pending = is_started.then_some(pending);
    }

    /// Takes the tree that is being made; `false` if none arrives before `end`.
    fn take(&mut self, end: Instant) -> bool {
        let time = end.saturating_duration_since(Instant::now());
        match self.pending.as_ref().map(|pending| pending.recv_timeout(time)) {
            Some(Ok(tree)) => {
                self.tree = tree;
                return true;
            }
            Some(Err(RecvTimeoutError::Disconnected)) => self.pending = None,
            Some(Err(RecvTimeoutError::Timeout)) | None => {}
        }
        false
    }
}

/// Time for a line, `BRIDGELINE_MCP_MS`, by default 250 ms; it takes about a millisecond.
fn limit(env: &Env) -> Duration {
    env.ms("BRIDGELINE_MCP_MS").unwrap_or(Duration::from_millis(250))
}

/// A line of JSON-RPC.
fn response(id: &str, result: Result<Value, Failure>) -> String {
    let (name, value) = match result {
        Ok(result) => ("result", result),
        Err((code, message)) => ("error", json!({"code": code, "message": message})),
    };
    format!("{{\"jsonrpc\":\"2.0\",\"id\":{id},\"{name}\":{value}}}\n")
}

/// The response to `initialize`. Any version of the protocol will do: each has all that we use.
fn initialized(version: Option<&str>) -> Value {
    json!({
        "protocolVersion": version.unwrap_or(PROTOCOL),
        "capabilities": {"tools": {}, "resources": {}},
        "serverInfo": {"name": TITLE, "title": TITLE, "version": env!("CARGO_PKG_VERSION")},
    })
}

fn tool() -> Value {
    json!({
        "name": TOOL,
        "title": TITLE,
        "description": DESCRIPTION,
        "inputSchema": {"type": "object", "properties": {}},
        "_meta": {"openai/ui": {"entrypoints": [{"type": "statusline", "resourceUri": URI}]}},
    })
}
