//! The formats of answers: Messages for Claude Code, Chat Completions for Qwen Code and OpenCode, Responses for Codex,
//! Google's contents for Gemini CLI.

use std::io;
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

use crate::http::{Answer, Events};
use crate::stand_in::{Tokens, Turn};

/// Holds an answer in its middle, while it sends the given text from time to time.
type Hold<'a> = &'a dyn Fn(&mut Events, &str) -> io::Result<()>;

/// Answers a request with a turn that has these tokens and this number.
pub type Wire = fn(&Value, &Turn, Tokens, u64, Answer, Hold) -> io::Result<()>;

/// Limits of an account: name, percentage used, window in minutes.
const LIMITS: [(&str, u64, u64); 2] = [("primary", 42, 300), ("secondary", 13, 10_080)];

/// The format of a path.
pub fn of(path: &str) -> Option<Wire> {
    match path {
        "/v1/messages" => Some(messages),
        "/v1/chat/completions" => Some(completions),
        "/v1/responses" => Some(responses),
        path if path.ends_with(":streamGenerateContent") => Some(contents),
        _ => None,
    }
}

pub fn not_found() -> Value {
    json!({"type": "error", "error": {"type": "not_found_error", "message": "not found"}})
}

fn messages(asked: &Value, turn: &Turn, tokens: Tokens, number: u64, answer: Answer, hold: Hold) -> io::Result<()> {
    let mut blocks = vec![json!({"type": "text", "text": turn.text})];
    for (at, (tool, input)) in turn.calls.iter().enumerate() {
        let id = format!("toolu_{number}_{at}");
        blocks.push(json!({"type": "tool_use", "id": id, "name": tool, "input": input}));
    }
    let stop = if turn.calls.is_empty() { "end_turn" } else { "tool_use" };
    let usage = |output: u64| {
        json!({
            "input_tokens": tokens.input, "output_tokens": output,
            "cache_creation_input_tokens": tokens.cache_write, "cache_read_input_tokens": tokens.cache_read,
            "cache_creation": {
                "ephemeral_5m_input_tokens": tokens.cache_write, "ephemeral_1h_input_tokens": 0,
            },
            "service_tier": "standard",
        })
    };
    let message = |content: &[Value], stop: Option<&str>, output: u64| {
        json!({
            "id": format!("msg_{number:08}"), "type": "message", "role": "assistant", "model": asked["model"],
            "content": content, "stop_reason": stop, "stop_sequence": null, "usage": usage(output),
        })
    };
    if asked["stream"] != true {
        return answer.json("200 OK", &message(&blocks, Some(stop), tokens.output));
    }
    let mut events = answer.events()?;
    let event = |events: &mut Events, mut data: Value, kind: &str| {
        data["type"] = kind.into();
        events.send(&format!("event: {kind}\ndata: {data}\n\n"))
    };
    event(&mut events, json!({"message": message(&[], None, 1)}), "message_start")?;
    for (at, block) in blocks.iter().enumerate() {
        let mut start = block.clone();
        let deltas = match block["text"].as_str() {
            Some(text) => {
                start["text"] = "".into();
                let (first, rest) = text.split_at(text.find(' ').unwrap_or(text.len()));
                [first, rest].map(|text| json!({"type": "text_delta", "text": text})).to_vec()
            }
            None => {
                start["input"] = json!({});
                vec![json!({"type": "input_json_delta", "partial_json": block["input"].to_string()})]
            }
        };
        event(&mut events, json!({"index": at, "content_block": start}), "content_block_start")?;
        for (part, delta) in deltas.iter().enumerate() {
            event(&mut events, json!({"index": at, "delta": delta}), "content_block_delta")?;
            if (at, part) == (0, 0) {
                hold(&mut events, "event: ping\ndata: {\"type\": \"ping\"}\n\n")?;
            }
        }
        event(&mut events, json!({"index": at}), "content_block_stop")?;
    }
    let delta = json!({"stop_reason": stop, "stop_sequence": null});
    event(&mut events, json!({"delta": delta, "usage": usage(tokens.output)}), "message_delta")?;
    event(&mut events, json!({}), "message_stop")?;
    events.end()
}

fn completions(asked: &Value, turn: &Turn, tokens: Tokens, number: u64, answer: Answer, hold: Hold) -> io::Result<()> {
    let calls = turn.calls.iter().enumerate().map(|(at, (tool, input))| {
        let function = json!({"name": tool, "arguments": input.to_string()});
        json!({"index": at, "id": format!("call_{number}_{at}"), "type": "function", "function": function})
    });
    let calls: Vec<Value> = calls.collect();
    let finish = if calls.is_empty() { "stop" } else { "tool_calls" };
    let prompt = tokens.prompt();
    let usage = json!({
        "prompt_tokens": prompt, "completion_tokens": tokens.output, "total_tokens": prompt + tokens.output,
        "prompt_tokens_details": {"cached_tokens": tokens.cache_read},
        "completion_tokens_details": {"reasoning_tokens": tokens.reasoning()},
    });
    let whole = |object: &str, choice: Value| {
        json!({
            "id": format!("chatcmpl-{number}"), "object": object, "created": 1, "model": asked["model"],
            "choices": [choice],
        })
    };
    let mut message = json!({"role": "assistant", "content": turn.text});
    if !calls.is_empty() {
        message["tool_calls"] = calls.into();
    }
    if asked["stream"] != true {
        let choice = json!({"index": 0, "message": message, "finish_reason": finish});
        let mut body = whole("chat.completion", choice);
        body["usage"] = usage;
        return answer.json("200 OK", &body);
    }
    let mut events = answer.events()?;
    let send = |events: &mut Events, delta: Value, finish: Option<&str>, usage: Option<&Value>| {
        let choice = json!({"index": 0, "delta": delta, "finish_reason": finish});
        let mut body = whole("chat.completion.chunk", choice);
        if let Some(usage) = usage {
            body["usage"] = usage.clone();
        }
        events.send(&format!("data: {body}\n\n"))
    };
    send(&mut events, json!({"role": "assistant", "content": ""}), None, None)?;
    hold(&mut events, ": ping\n\n")?;
    send(&mut events, message, None, None)?;
    send(&mut events, json!({}), Some(finish), Some(&usage))?;
    events.send("data: [DONE]\n\n")?;
    events.end()
}

fn responses(asked: &Value, turn: &Turn, tokens: Tokens, number: u64, answer: Answer, hold: Hold) -> io::Result<()> {
    let content = json!([{"type": "output_text", "text": turn.text, "annotations": []}]);
    let message = json!({"type": "message", "id": format!("msg_{number}"), "role": "assistant", "content": content});
    let calls = turn.calls.iter().enumerate().map(|(at, (tool, input))| {
        let (id, call) = (format!("fc_{number}_{at}"), format!("call_{number}_{at}"));
        let arguments = input.to_string();
        json!({"type": "function_call", "id": id, "call_id": call, "name": tool, "arguments": arguments})
    });
    let output: Vec<Value> = [message].into_iter().chain(calls).collect();
    let mut response = json!({
        "id": format!("resp_{number}"), "object": "response", "created_at": 1, "status": "in_progress",
        "model": asked["model"], "output": [],
    });
    let mut events = answer.events_with(&limits())?;
    let event = |events: &mut Events, kind: &str, mut data: Value| {
        data["type"] = kind.into();
        events.send(&format!("event: {kind}\ndata: {data}\n\n"))
    };
    event(&mut events, "response.created", json!({"response": response}))?;
    hold(&mut events, ": ping\n\n")?;
    for (at, item) in output.iter().enumerate() {
        event(&mut events, "response.output_item.added", json!({"output_index": at, "item": item}))?;
        if let Some(text) = item["content"][0]["text"].as_str() {
            let delta = json!({"item_id": item["id"], "output_index": at, "content_index": 0, "delta": text});
            event(&mut events, "response.output_text.delta", delta)?;
        }
        event(&mut events, "response.output_item.done", json!({"output_index": at, "item": item}))?;
    }
    let (prompt, cached) = (tokens.prompt(), tokens.cache_read);
    response["usage"] = json!({
        "input_tokens": prompt, "output_tokens": tokens.output, "total_tokens": prompt + tokens.output,
        "input_tokens_details": {"cached_tokens": cached, "cache_write_tokens": tokens.cache_write},
        "output_tokens_details": {"reasoning_tokens": tokens.reasoning()},
    });
    response["status"] = "completed".into();
    response["output"] = output.into();
    event(&mut events, "response.completed", json!({"response": response}))?;
    events.end()
}

/// The limits that OpenAI sends in headers of each answer.
fn limits() -> Vec<(String, String)> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let windows = LIMITS.iter().flat_map(|(name, percent, minutes)| {
        let seconds = minutes * 60 / 2;
        [
            ("used-percent", *percent),
            ("window-minutes", *minutes),
            ("reset-at", now + seconds),
            ("reset-after-seconds", seconds),
        ]
        .map(|(key, value)| (format!("x-codex-{name}-{key}"), value.to_string()))
    });
    windows.collect()
}

fn contents(_: &Value, turn: &Turn, tokens: Tokens, number: u64, answer: Answer, hold: Hold) -> io::Result<()> {
    let calls = turn.calls.iter().enumerate().map(|(at, (tool, input))| {
        json!({"functionCall": {"id": format!("call_{number}_{at}"), "name": tool, "args": input}})
    });
    let parts: Vec<Value> = [json!({"text": turn.text})].into_iter().chain(calls).collect();
    let (prompt, answered) = (tokens.prompt(), tokens.output - tokens.reasoning());
    let usage = json!({
        "promptTokenCount": prompt, "cachedContentTokenCount": tokens.cache_read,
        "candidatesTokenCount": answered, "thoughtsTokenCount": tokens.reasoning(),
        "totalTokenCount": prompt + tokens.output,
    });
    let chunk = |candidate: Value, usage: Value| {
        let id = format!("resp_{number}");
        format!("data: {}\r\n\r\n", json!({"responseId": id, "candidates": [candidate], "usageMetadata": usage}))
    };
    let candidate = |parts: &[Value]| json!({"index": 0, "content": {"role": "model", "parts": parts}});
    let mut events = answer.events()?;
    // It asks again if there is anything else in the stream.
    hold(&mut events, &chunk(candidate(&[json!({"text": ""})]), json!({})))?;
    let mut last = candidate(&parts);
    last["finishReason"] = "STOP".into();
    events.send(&chunk(last, usage))?;
    events.end()
}
