//! Metrics for an OpenTelemetry collector: OTLP over HTTP, in JSON, as sums since the first message. Attributes follow
//! the GenAI conventions where possible; `gen_ai.client.token.usage` itself is a histogram of calls, which cannot be
//! made from sums.

use std::time::Duration;

use anyhow::{Context, bail};
use itertools::Itertools;
use percent_encoding::percent_decode_str;
use serde_json::{Value, json};

use super::metrics::{Labels, Metric};
use crate::base::env::Env;
use crate::base::format::epoch_ms;
use crate::base::width::cut;
use crate::tools::report::clean;

/// Longest wait for a collector, unless a standard variable sets another.
const PATIENCE: Duration = Duration::from_secs(10);

/// Bytes of an answer that are read.
const MAX_ANSWER: u64 = 64 << 10;

/// Columns of an answer that are shown.
const MAX_SAID: usize = 400;

/// The address of a collector on this machine.
const LOCAL: &str = "http://127.0.0.1:4318";

/// Names in Prometheus and in OpenTelemetry, and units.
const NAMES: [(&str, &str, &str); 9] = [
    ("usage_tokens", "bridgeline.token.usage", "{token}"),
    ("usage_cost_usd", "bridgeline.cost.usd", "{USD}"),
    ("usage_messages", "bridgeline.message.count", "{message}"),
    ("usage_unpriced_messages", "bridgeline.message.unpriced", "{message}"),
    ("budget_usd", "bridgeline.budget.limit", "{USD}"),
    ("budget_used_usd", "bridgeline.budget.used", "{USD}"),
    ("budget_used_ratio", "bridgeline.budget.utilization", "1"),
    ("limit_used_ratio", "bridgeline.limit.utilization", "1"),
    ("limit_reset_timestamp_seconds", "bridgeline.limit.reset", "s"),
];

/// Labels and their attributes.
const ATTRIBUTES: [(&str, &str); 8] = [
    ("host", "host.name"),
    ("user", "user.name"),
    ("agent", "gen_ai.agent.name"),
    ("project", "bridgeline.project"),
    ("model", "gen_ai.request.model"),
    ("type", "gen_ai.token.type"),
    ("budget", "bridgeline.budget.name"),
    ("window", "bridgeline.limit.window"),
];

/// Prefixes of models' names, and their providers.
const PROVIDERS: [(&str, &str); 6] = [
    ("claude", "anthropic"),
    ("gemini", "gcp.gemini"),
    ("gpt", "openai"),
    ("codex", "openai"),
    ("o3", "openai"),
    ("o4", "openai"),
];

/// Sends metrics of `origin` with counters that start at `since`, in epoch seconds.
///
/// # Errors
/// The collector cannot be reached, or refuses them.
pub(super) fn send(url: &str, metrics: &[Metric], origin: &Labels, since: u64, env: &Env) -> anyhow::Result<()> {
    let url = endpoint(url, env)?;
    let named = || format!("cannot send metrics to {}", clean(&url));
    let limit = standard(env, "TIMEOUT").and_then(|ms| ms.parse().ok()).map_or(PATIENCE, Duration::from_millis);
    let config = ureq::Agent::config_builder().timeout_global(Some(limit)).http_status_as_error(false).proxy(None);
    // A redirect makes some requests a GET, without metrics.
    let config = config.max_redirects(0);
    let mut request = config.build().new_agent().post(&url).content_type("application/json");
    for (name, value) in pairs(&standard(env, "HEADERS").unwrap_or_default()) {
        request = request.header(name, value);
    }
    let body = document(metrics, origin, since, env).to_string();
    let mut answer = request.send(body).with_context(named)?;
    let (status, body) = (answer.status(), answer.body_mut());
    let text = body.with_config().limit(MAX_ANSWER).read_to_string().unwrap_or_default();
    if !status.is_success() {
        let parts = [named(), format!("status {status}"), cut(&clean(&text), MAX_SAID)];
        bail!("{}", parts.iter().filter(|part| !part.is_empty()).join(": "));
    }
    match rejection(&text) {
        Some(why) => bail!("{}: some metrics were rejected: {}", named(), cut(&clean(&why), MAX_SAID)),
        None => Ok(()),
    }
}

/// What a collector says about rejected metrics. `None` if it accepted all.
fn rejection(answer: &str) -> Option<String> {
    let answer: Value = serde_json::from_str(answer).unwrap_or_default();
    let said = &answer["partialSuccess"];
    // A 64-bit number may be a string.
    let is_none = [Value::Null, json!(0), json!("0")].contains(&said["rejectedDataPoints"]);
    (!is_none).then(|| said.to_string())
}

/// A standard variable: the one for metrics, else the one for all signals.
fn standard(env: &Env, name: &str) -> Option<String> {
    ["OTEL_EXPORTER_OTLP_METRICS_", "OTEL_EXPORTER_OTLP_"].iter().find_map(|prefix| env.var(&format!("{prefix}{name}")))
}

/// The address for metrics: `url`, else that in the standard variables, else a collector on this machine. The variable
/// for metrics has the whole address; the others get the usual path.
fn endpoint(url: &str, env: &Env) -> anyhow::Result<String> {
    const PATH: &str = "/v1/metrics";
    let given = Some(url.to_owned()).filter(|url| !url.is_empty());
    let whole = env.var("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT").filter(|_| given.is_none());
    let is_whole = whole.is_some();
    let base = given.or(whole).or_else(|| env.var("OTEL_EXPORTER_OTLP_ENDPOINT"));
    let base = base.unwrap_or_else(|| LOCAL.to_owned());
    let shown = clean(&base);
    if base.starts_with("https:") {
        bail!("{shown}: https is not supported; send to a collector on this machine, such as {LOCAL}");
    }
    if !base.starts_with("http://") {
        bail!("{shown}: not a URL such as {LOCAL}");
    }
    let short = base.trim_end_matches('/');
    Ok(if is_whole || short.ends_with(PATH) { base } else { format!("{short}{PATH}") })
}

/// `name=value` pairs with commas between; values are percent-encoded.
fn pairs(text: &str) -> impl Iterator<Item = (&str, String)> {
    let pairs = text.split(',').filter_map(|pair| pair.split_once('='));
    pairs.map(|(name, value)| (name.trim(), percent_decode_str(value.trim()).decode_utf8_lossy().into_owned()))
}

fn document(metrics: &[Metric], origin: &Labels, since: u64, env: &Env) -> Value {
    let version = env!("CARGO_PKG_VERSION");
    let service = [("service.name", "bridgeline"), ("service.version", version)];
    let service = service.map(|(name, value)| attribute(name, value));
    let others = env.var("OTEL_RESOURCE_ATTRIBUTES").unwrap_or_default();
    let others = pairs(&others).map(|(name, value)| attribute(name, &clean(&value)));
    let resource: Vec<Value> = service.into_iter().chain(attributes(origin)).chain(others).collect();
    // Ours count over others of the same name.
    let resource: Vec<_> = resource.into_iter().unique_by(|attribute| attribute["key"].to_string()).collect();
    let to = epoch_ms(env.now).max(since * 1000);
    let times = (format!("{since}000000000"), format!("{to}000000"));
    let metrics: Vec<Value> = metrics.iter().map(|metric| self::metric(metric, origin.len(), &times)).collect();
    json!({ "resourceMetrics": [{
        "resource": { "attributes": resource },
        "scopeMetrics": [{ "scope": { "name": "bridgeline", "version": version }, "metrics": metrics }],
    }] })
}

/// A metric; the first labels of its samples are those of the resource.
fn metric(metric: &Metric, resource: usize, (since, now): &(String, String)) -> Value {
    let known = NAMES.iter().find(|(name, ..)| *name == metric.name);
    let (_, name, unit) = known.expect("NAMES has every metric");
    let point = |(labels, value): &(Labels, f64)| {
        let provider = |(name, model): &(&str, String)| {
            let known = PROVIDERS.iter().find(|(begin, _)| *name == "model" && model.starts_with(begin))?;
            Some(attribute("gen_ai.provider.name", known.1))
        };
        let own = &labels[resource..];
        let attributes: Vec<Value> = attributes(own).chain(own.iter().filter_map(provider)).collect();
        let mut point = json!({ "attributes": attributes, "timeUnixNano": now, "asDouble": value });
        if metric.is_counter {
            point["startTimeUnixNano"] = json!(since);
        }
        point
    };
    let points: Vec<Value> = metric.samples.iter().map(point).collect();
    let mut document = json!({ "name": name, "description": metric.help, "unit": unit });
    if metric.is_counter {
        // 2 is cumulative.
        document["sum"] = json!({ "dataPoints": points, "aggregationTemporality": 2, "isMonotonic": true });
    } else {
        document["gauge"] = json!({ "dataPoints": points });
    }
    document
}

fn attributes(labels: &[(&'static str, String)]) -> impl Iterator<Item = Value> {
    labels.iter().map(|(label, value)| {
        let known = ATTRIBUTES.iter().find(|(name, _)| name == label);
        attribute(known.expect("ATTRIBUTES has every label").1, value)
    })
}

fn attribute(name: &str, value: &str) -> Value {
    json!({ "key": name, "value": { "stringValue": value } })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::UNIX_EPOCH;

    fn env(vars: &[(&'static str, &str)]) -> Env {
        Env::fixed(UNIX_EPOCH, vars.iter().map(|(name, value)| (*name, (*value).into())))
    }

    #[test]
    fn addresses() {
        let check = |url: &str, vars: &[(&'static str, &str)], expected: &str| {
            let found = endpoint(url, &env(vars)).unwrap_or_else(|err| err.to_string());
            assert_eq!(found, expected, "{url}");
        };
        check("", &[], "http://127.0.0.1:4318/v1/metrics");
        check("", &[("OTEL_EXPORTER_OTLP_ENDPOINT", "http://c:4318/")], "http://c:4318/v1/metrics");
        let metrics = ("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", "http://m/ours/");
        check("", &[("OTEL_EXPORTER_OTLP_ENDPOINT", "http://c:4318"), metrics], "http://m/ours/");
        check("http://x/otlp", &[metrics], "http://x/otlp/v1/metrics");
        check("http://x/v1/metrics", &[], "http://x/v1/metrics");
        let why = "https is not supported; send to a collector on this machine, such as http://127.0.0.1:4318";
        check("https://x", &[], &format!("https://x: {why}"));
        check("x:4318", &[], "x:4318: not a URL such as http://127.0.0.1:4318");
    }

    #[test]
    fn only_rejected_metrics_are_a_failure() {
        for accepted in ["", "ok", "{}", "[]", "7", "\"ok\"", r#"{"partialSuccess":{}}"#, r#"{"partialSuccess":[]}"#] {
            assert_eq!(rejection(accepted), None, "{accepted}");
        }
        let check = |count: &str, is_rejected: bool| {
            let said = format!(r#"{{"errorMessage":"old","rejectedDataPoints":{count}}}"#);
            let found = rejection(&format!(r#"{{"partialSuccess":{said}}}"#));
            assert_eq!(found, is_rejected.then_some(said));
        };
        check("0", false);
        check("\"0\"", false);
        check("3", true);
        check("\"3\"", true);
    }

    #[test]
    fn pairs_are_decoded() {
        let found: Vec<_> = pairs("Authorization=Basic%20YQ==, x-team = blue,,broken").collect();
        assert_eq!(found, [("Authorization", "Basic YQ==".to_owned()), ("x-team", "blue".to_owned())]);
    }
}
