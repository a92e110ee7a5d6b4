//! Gemini CLI's chat: `tmp/<project>/chats/session-<time>-<id>.jsonl` in its folder, as 0.61 writes it.

use std::path::Path;

use super::{Recorded, lines, shown};
use crate::agent::{Context, Usage};
use crate::base::json::Object;

/// Size of the context window in tokens of every Gemini 2.5 and 3 model, according to Google's documentation.
const WINDOW: u64 = 1_048_576;

/// Facts collected from a chat, starting at its end.
#[derive(Default)]
struct Chat {
    found: Recorded,
    has_tokens: bool,
}

pub fn read(path: &Path) -> Option<Recorded> {
    let mut chat = Chat::default();
    lines::newest_first(path, |line| {
        chat.add(line);
        chat.has_tokens && chat.found.status.model_id.is_some()
    })?;
    let status = &mut chat.found.status;
    status.context.size = status.model_id.as_deref().and_then(window);
    let context = &mut status.context;
    context.used = context.tokens.zip(context.size).map(|(tokens, size)| tokens as f64 / size as f64 * 100.0);
    Some(chat.found)
}

impl Chat {
    fn add(&mut self, line: &str) -> Option<()> {
        let line = Object::parse(line)?;
        if let Some(set) = line.object("$set") {
            // Compressed or resumed: the counts before are of another context.
            self.has_tokens |= set.has("messages");
            return Some(());
        }
        let tokens = line.object("tokens").filter(|_| line.says("type", "gemini"))?;
        let status = &mut self.found.status;
        if !std::mem::replace(&mut self.has_tokens, true) {
            status.usage = usage(&tokens);
            let tokens = status.usage.as_ref().and_then(Usage::prompt);
            status.context = Context { tokens, ..Context::default() };
        }
        status.model_id = status.model_id.take().or_else(|| shown(&line, "model"));
        Some(())
    }
}

/// The cached tokens are part of the input; thoughts are output that `output` does not count.
fn usage(tokens: &Object) -> Option<Usage> {
    let (input, cached) = (tokens.count("input")?, tokens.count("cached"));
    let thoughts = tokens.count("thoughts").unwrap_or(0);
    let usage = Usage {
        input: Some(input.saturating_sub(cached.unwrap_or(0))),
        output: tokens.count("output").map(|output| output.saturating_add(thoughts)),
        cache_read: cached,
        cache_write: None,
    };
    usage.prompt().map(|_| usage)
}

/// The window of a model. `None` if it is not documented.
fn window(model: &str) -> Option<u64> {
    let is_documented = ["gemini-2.5-", "gemini-3-", "gemini-3."].iter().any(|begin| model.starts_with(begin));
    let is_chat = ["pro", "flash"].iter().any(|family| model.contains(family));
    (is_documented && is_chat).then_some(WINDOW)
}
