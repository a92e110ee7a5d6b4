//! Short names of models: `Sonnet 4.5` for `claude-sonnet-4-5-20250929`, however a provider spells that.

use std::borrow::Cow;

/// Leading parts of an id that name a region or a vendor, as in `us.anthropic.`.
const PREFIXES: [&str; 24] = [
    "ai21", "amazon", "anthropic", "apac", "au", "ca", "cohere", "deepseek", "eu", "global", "google", "jp", "meta",
    "minimax", "mistral", "moonshot", "moonshotai", "nvidia", "openai", "qwen", "us", "us-gov", "writer", "zai",
];

/// The name of a model. An id loses its region, vendor and date, as spelled by Bedrock, Vertex, gateways and
/// Anthropic. Text of several words is a name already.
pub fn short(model: &str) -> Cow<'_, str> {
    if model.contains(char::is_whitespace) {
        return Cow::Borrowed(model);
    }
    let id = bare(model);
    let version = id.strip_prefix("claude-").and_then(claude);
    version.map_or(Cow::Borrowed(if id.is_empty() { model } else { id }), Cow::Owned)
}

/// Id or name of a model, and the user's name for it.
type OwnName = (Cow<'static, str>, Cow<'static, str>);

/// The user's name for a model, found by its id, its name, or either without extras. Pairs of `own` are such as
/// `claude-opus-4-8` and `Opus`.
pub fn own<'a>(own: &'a [OwnName], id: Option<&str>, name: &str) -> Option<&'a str> {
    let spellings = [id, id.map(bare), Some(name), name.split(" (").next()];
    let found = |spelling| own.iter().find(|(key, _)| *key == spelling).map(|(_, name)| name.as_ref());
    spellings.into_iter().flatten().find_map(found)
}

/// An id without region, vendor, options, packaging version and date.
fn bare(model: &str) -> &str {
    // arn:aws:bedrock:…:inference-profile/us.anthropic.…, projects/…/models/…, anthropic/…
    let mut id = model.rsplit('/').next().unwrap_or(model);
    id = id.split('@').next().unwrap_or(id);
    if let Some((rest, _)) = id.strip_suffix(']').and_then(|id| id.rsplit_once('[')) {
        id = rest;
    }
    while let Some((first, rest)) = id.split_once('.')
        && PREFIXES.contains(&first)
    {
        id = rest;
    }
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let is_packaging = |last: &str| last.strip_prefix('v').is_some_and(is_number);
    // `nova-pro-v1:0`; other vendors have `deepseek-v3` and `qwen3:8b`.
    let revision = id.rsplit_once(':').filter(|(rest, revision)| rest.starts_with("claude-") || is_number(revision));
    let mut is_versioned = id.starts_with("claude-") || revision.is_some();
    id = revision.map_or(id, |(rest, _)| rest.split(':').next().unwrap_or(rest));
    while let Some((rest, last)) = id.rsplit_once('-').filter(|(rest, _)| !rest.is_empty()) {
        let is_date = last.len() == 8 && last.starts_with("20") && is_number(last);
        if !(is_date || last == "latest" || is_versioned && is_packaging(last)) {
            break;
        }
        is_versioned &= id.starts_with("claude-");
        id = rest;
    }
    id
}

/// `Sonnet 4.5` for `sonnet-4-5` and `4-5-sonnet`.
fn claude(rest: &str) -> Option<String> {
    let is_number = |part: &&str| part.starts_with(|c: char| c.is_ascii_digit());
    let (numbers, words): (Vec<&str>, Vec<&str>) = rest.split('-').partition(is_number);
    if numbers.is_empty() {
        return None;
    }
    let family = words.first().copied().filter(|family| !family.is_empty()).unwrap_or("claude");
    let mut name = family.get(..1)?.to_ascii_uppercase();
    name.push_str(&family[1..]);
    let number = numbers.join(".");
    for part in [number.as_str()].into_iter().chain(words.into_iter().skip(1)) {
        name.push(' ');
        name.push_str(part);
    }
    Some(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn ids_become_names() {
        let check = |id: &str, expected: &str| assert_eq!(short(id), expected, "{id}");
        check("claude-opus-4-8", "Opus 4.8");
        check("claude-opus-4-8[1m]", "Opus 4.8");
        check("claude-haiku-4-5-20251001", "Haiku 4.5");
        check("claude-sonnet-5", "Sonnet 5");
        check("claude-3-5-sonnet-20241022", "Sonnet 3.5");
        check("claude-3-7-sonnet-latest", "Sonnet 3.7");
        check("claude-3-opus-20240229", "Opus 3");
        check("claude-2.1", "Claude 2.1");
        check("claude-opus-4-6-fast", "Opus 4.6 fast");
        check("us.anthropic.claude-sonnet-4-5-20250929-v1:0", "Sonnet 4.5");
        check("anthropic.claude-3-5-sonnet-20241022-v2:0", "Sonnet 3.5");
        check("global.anthropic.claude-opus-4-8-v1[1m]", "Opus 4.8");
        check("us-gov.anthropic.claude-opus-4-8-v1:0:200k", "Opus 4.8");
        check("arn:aws:bedrock:us-east-1:123456789012:inference-profile/eu.anthropic.claude-opus-4-6-v1:0", "Opus 4.6");
        check("arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/a1b2c3", "a1b2c3");
        check("claude-sonnet-4-5@20250929", "Sonnet 4.5");
        check("claude-3-5-sonnet-v2@20241022", "Sonnet 3.5");
        check("projects/p/locations/global/publishers/anthropic/models/claude-opus-4-8@default", "Opus 4.8");
        check("anthropic/claude-sonnet-4.5", "Sonnet 4.5");
        check("us.amazon.nova-pro-v1:0", "nova-pro");
        check("openai/gpt-5.6-sol", "gpt-5.6-sol");
        check("accounts/fireworks/models/deepseek-v3", "deepseek-v3");
        for name in ["Opus 4.8", "Opus 4.6 (1M context)", "K3", "opus", "gemini-3.5-flash", "qwen2.5-coder:8b", ""] {
            check(name, name);
        }
        for id in ["claude-", "claude-next", "claude-é-4", "[1m]"] {
            check(id, id);
        }
    }

    #[test]
    fn ones_own_names_are_found_by_id_or_name() {
        let names = [("claude-opus-4-8", "Big"), ("Sonnet 5", "Small"), ("a1b2c3", "Ours")];
        let names = names.map(|(model, name)| (model.into(), name.into()));
        let check = |id: Option<&str>, name: &str, expected: Option<&str>| {
            assert_eq!(own(&names, id, name), expected, "{id:?} {name}");
        };
        check(Some("claude-opus-4-8"), "Opus 4.8", Some("Big"));
        check(Some("us.anthropic.claude-opus-4-8-v1[1m]"), "Opus 4.8 (1M context)", Some("Big"));
        check(None, "Sonnet 5 (1M context)", Some("Small"));
        check(Some("arn:aws:bedrock:x:1:application-inference-profile/a1b2c3"), "a1b2c3", Some("Ours"));
        check(Some("claude-haiku-4-5"), "Haiku 4.5", None);
    }

    proptest! {
        #[test]
        fn any_id_has_a_name(id in "(us\\.|anthropic\\.|claude-|[a-z0-9é:@/.\\[-]){0,12}") {
            let name = short(&id);
            prop_assert_eq!(name.is_empty(), id.is_empty(), "{}", name);
        }
    }
}
