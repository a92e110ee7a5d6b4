//! `bridgeline usage export` in a team's monitoring: the real node_exporter, Prometheus and promtool, on loopback only.
//! Needs prometheus, promtool and prometheus-node-exporter: `cargo test --test team`.

#[path = "../support/mod.rs"]
mod support;

mod collector;
mod engines;

use std::collections::BTreeMap;
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::Path;
use std::time::SystemTime;

use serde_json::{Value, json};

use collector::Collector;
use engines::{NodeExporter, Prometheus, promtool};
use support::random::Random;
use support::transcripts::{self, Plan};
use support::{NOW, ROOT, Sandbox, fixture};

const BUDGETS: &str = "[budget]\nmonth = 0.01\nday = 100000\n";

/// A machine with transcripts of its own: forks, repeats in side conversations, and a torn last line.
fn machine(seed: u64) -> Sandbox {
    let sandbox = Sandbox::new();
    let plan = Plan { seed, sessions: 12, messages: 12, text: 60, days: 20, end: NOW, replays: true };
    transcripts::write(&sandbox.path("config"), &plan);
    let mut random = Random::new(seed);
    for file in sandbox.files("config/projects") {
        if random.chance(3) {
            let text = sandbox.read(&file);
            let last = text.lines().last().unwrap();
            let torn = &last[..last.len() / 2];
            OpenOptions::new().append(true).open(sandbox.path(&file)).unwrap().write_all(torn.as_bytes()).unwrap();
        }
    }
    sandbox.file("home/.config/bridgeline/config.toml", BUDGETS);
    let mut payload = fixture("claude-code-2.1.330/status-5.json");
    payload["rate_limits"] = json!({ "five_hour": { "used_percentage": 42, "resets_at": NOW + 3600 } });
    sandbox.render(&payload).run();
    fs::create_dir(sandbox.path("textfile")).unwrap();
    sandbox
}

/// Exports into the folder of the machine's textfile collector.
#[track_caller]
fn export(machine: &Sandbox, host: &str) {
    let path = machine.text("textfile/bridgeline.prom");
    let call = machine.call(&["usage", "export", "--host", host, "--textfile", &path]).env("USER", "ada");
    assert_eq!(call.run().painted(), "");
}

/// Tokens by type and model, counted without the program: each message once, by its entry with the most output; of a
/// message that a side conversation repeats, the main one's.
fn counted(machine: &Sandbox) -> BTreeMap<(String, String), f64> {
    let mut messages: BTreeMap<String, (bool, u64, Value)> = BTreeMap::new();
    for file in machine.files("config/projects") {
        for line in machine.read(&file).lines() {
            let Ok(line) = serde_json::from_str::<Value>(line) else { continue };
            let (message, is_main) = (&line["message"], line["isSidechain"] == false);
            let usage = &message["usage"];
            let Some(output) = usage["output_tokens"].as_u64().filter(|_| message["model"] != "<synthetic>") else {
                continue;
            };
            let id = message["id"].as_str().unwrap().to_owned();
            let known = messages.get(&id).map(|(is_main, output, _)| (*is_main, *output));
            if known.is_none_or(|known| known < (is_main, output)) {
                messages.insert(id, (is_main, output, message.clone()));
            }
        }
    }
    let mut sums = BTreeMap::new();
    for (.., message) in messages.values() {
        let kinds = [
            ("input", "input_tokens"),
            ("output", "output_tokens"),
            ("cache_write", "cache_creation_input_tokens"),
            ("cache_read", "cache_read_input_tokens"),
        ];
        for (kind, key) in kinds {
            let model = message["model"].as_str().unwrap().to_owned();
            *sums.entry((kind.to_owned(), model)).or_default() += message["usage"][key].as_u64().unwrap() as f64;
        }
    }
    sums
}

/// Cost by the report, since a day.
fn reported_cost(machine: &Sandbox, since: &str) -> f64 {
    let report = machine.call(&["usage", "daily", "--format", "json", "--since", since]).run().painted();
    serde_json::from_str::<Value>(&report).unwrap()["total"]["cost_usd"].as_f64().unwrap()
}

#[track_caller]
fn assert_close(found: f64, expected: f64, what: &str) {
    assert!((found - expected).abs() < 1e-4 * expected.max(1.0), "{what}: {found} is not {expected}");
}

/// A message of a million tokens of output, now.
fn talk_on(machine: &Sandbox) {
    let line = json!({
        "type": "assistant", "timestamp": "2026-11-23T03:00:00Z", "sessionId": "new", "requestId": "req_new",
        "message": {"id": "msg_new", "model": "claude-opus-4-8", "usage": {"output_tokens": 1_000_000}},
    });
    machine.file("config/projects/-srv-api/new.jsonl", format!("{line}\n"));
}

#[test]
fn prometheus_sums_what_two_hosts_export() {
    let machines = [("desk", machine(1)), ("laptop", machine(2))];
    machines.iter().for_each(|(host, machine)| export(machine, host));
    let mut exporters: Vec<_> =
        machines.iter().map(|(_, machine)| NodeExporter::start(&machine.path("textfile"), None)).collect();
    let prometheus = Prometheus::start(&machines[0].1.path("prometheus"), &exporters);
    let tokens = |host: &str| {
        let query = format!("sum by (type, model) (bridgeline_usage_tokens_total{{host=\"{host}\", user=\"ada\"}})");
        let sums = prometheus.query(&query).into_iter();
        sums.map(|(labels, value)| ((labels["type"].clone(), labels["model"].clone()), value)).collect()
    };
    for (host, machine) in &machines {
        prometheus.wait_for(&format!("bridgeline_usage_cost_usd_total{{host=\"{host}\"}}"));
        let found: BTreeMap<_, _> = tokens(host);
        assert_eq!(found, counted(machine), "{host}");
        let cost = prometheus.sum(&format!("sum(bridgeline_usage_cost_usd_total{{host=\"{host}\"}})"));
        assert_close(cost, reported_cost(machine, "2020-01-01"), host);
        let month = prometheus.sum(&format!("bridgeline_budget_used_usd{{host=\"{host}\", budget=\"month\"}}"));
        assert_close(month, reported_cost(machine, "2026-11-01"), host);
        assert_eq!(
            prometheus.sum(&format!("bridgeline_budget_used_ratio{{host=\"{host}\", budget=\"month\"}} > bool 1")),
            1.0
        );
        assert_eq!(prometheus.sum(&format!("bridgeline_limit_used_ratio{{host=\"{host}\", window=\"5h\"}}")), 0.42);
        let reset = format!("bridgeline_limit_reset_timestamp_seconds{{host=\"{host}\"}}");
        assert_eq!(prometheus.sum(&reset), (NOW + 3600) as f64);
    }
    let errors = prometheus.sum("sum(node_textfile_scrape_error)");
    assert_eq!(errors, 0.0);

    // The collector restarts, a message is added, and a transcript and the whole index are deleted.
    let (host, machine) = &machines[0];
    let all = format!("sum(bridgeline_usage_cost_usd_total{{host=\"{host}\"}})");
    let before = prometheus.sum(&all);
    exporters[0].restart();
    talk_on(machine);
    export(machine, host);
    let expected = before + 25.0;
    prometheus.wait_for(&format!("{all} > {}", before + 24.0));
    assert_close(prometheus.sum(&all), expected, "after a restart");
    let gone = machine.files("config/projects").into_iter().find(|name| name.ends_with(".jsonl")).unwrap();
    fs::remove_file(machine.path(&gone)).unwrap();
    export(machine, host);
    prometheus.wait_for_scrape();
    assert_close(prometheus.sum(&all), expected, "without a transcript");
    fs::remove_dir_all(machine.path("state/usage")).unwrap();
    export(machine, host);
    prometheus.wait_for_scrape();
    assert_eq!(prometheus.sum("sum(resets(bridgeline_usage_cost_usd_total[1h]))"), 0.0);
    assert_eq!(prometheus.sum("sum(resets(bridgeline_usage_tokens_total[1h]))"), 0.0);
    assert!(prometheus.sum(&all) <= expected + 1e-4);

    // Each query of the dashboard and each recording rule has data.
    dashboard_queries().iter().for_each(|query| prometheus.wait_for(query));
    prometheus.wait_for("project:bridgeline_cost_usd:increase1d");
    prometheus.wait_for("ALERTS{alertname=\"BridgelineBudgetSpent\", budget=\"month\"}");
}

#[test]
fn a_collector_gets_the_same_sums() {
    let machine = machine(4);
    let send = |collector: &Collector| {
        let call = machine.call(&["usage", "export", "--host", "desk", "--otlp", &collector.url()]).env("USER", "ada");
        let call = call.env("OTEL_EXPORTER_OTLP_HEADERS", "x-team=blue%20one");
        call.env("OTEL_RESOURCE_ATTRIBUTES", "team=garden%20shed,host.name=other").run()
    };
    let collector = Collector::start("200 OK", "{}");
    assert_eq!(send(&collector).painted(), "");
    let first = collector.received();
    assert_eq!(first.path, "/v1/metrics");
    assert_eq!(first.headers["x-team"], "blue one");
    assert_eq!(first.headers["content-type"], "application/json");
    assert_eq!(first.resource["service.name"], "bridgeline");
    assert_eq!((&first.resource["host.name"][..], &first.resource["user.name"][..]), ("desk", "ada"));
    assert_eq!(first.resource["team"], "garden shed");
    let tokens: BTreeMap<_, f64> = first.sums("bridgeline.token.usage", ["gen_ai.token.type", "gen_ai.request.model"]);
    assert_eq!(tokens, counted(&machine));
    let providers = first.sums("bridgeline.message.count", ["gen_ai.provider.name", "gen_ai.agent.name"]);
    assert_eq!(providers.into_keys().collect::<Vec<_>>(), [("anthropic".to_owned(), "claude-code".to_owned())]);
    let cost = |metrics: &collector::Received| metrics.sums("bridgeline.cost.usd", ["", ""]).into_values().sum::<f64>();
    assert_close(cost(&first), reported_cost(&machine, "2020-01-01"), "cost");
    assert_eq!(first.gauge("bridgeline.limit.utilization"), [0.42]);
    assert_eq!(first.gauge("bridgeline.budget.limit"), [0.01, 100_000.0]);

    // All sums keep their start, also after more messages and the loss of the index.
    talk_on(&machine);
    fs::remove_dir_all(machine.path("state/usage")).unwrap();
    let collector = Collector::start("200 OK", "");
    send(&collector);
    let second = collector.received();
    assert_close(cost(&second), cost(&first) + 25.0, "cost");
    assert_eq!((first.starts.len(), &first.starts), (1, &second.starts));

    // A refusal, a redirect and silence are reported.
    for (status, body, why) in [
        ("302 Found\r\nLocation: /other", "", "/v1/metrics: status 302 Found\n"),
        ("503 Service Unavailable", "busy", "/v1/metrics: status 503 Service Unavailable: busy"),
        ("200 OK", r#"{"partialSuccess":{"rejectedDataPoints":"3","errorMessage":"too old"}}"#, "too old"),
    ] {
        let collector = Collector::start(status, body);
        let printed = send(&collector);
        assert!(printed.code == Some(1) && printed.stderr.contains(why), "{printed:?}");
    }
    let printed = machine.call(&["usage", "export", "--otlp", "http://127.0.0.1:1"]).run();
    let why = "bridgeline: cannot send metrics to http://127.0.0.1:1/v1/metrics: ";
    assert!(printed.code == Some(1) && printed.stderr.starts_with(why), "{printed:?}");
}

/// The queries of all panels, with their variables as Grafana fills them in. It evaluates those of a day at its begin.
fn dashboard_queries() -> Vec<String> {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs();
    let today = format!("[1d] @ {} offset -1d", now / 86_400 * 86_400);
    let dashboard = fs::read_to_string(Path::new(ROOT).join("packaging/grafana/bridgeline.json")).unwrap();
    let dashboard: Value = serde_json::from_str(&dashboard).unwrap();
    let panels = dashboard["panels"].as_array().unwrap();
    let targets = panels.iter().flat_map(|panel| panel["targets"].as_array().unwrap());
    let filled = |target: &Value| {
        let query = target["expr"].as_str().unwrap().to_owned();
        let query = query.replace("$__range", "1h").replace("$host", ".*").replace("$user", ".*");
        query.replace("[1d] offset -1d", &today)
    };
    let queries: Vec<_> = targets.map(filled).collect();
    assert!(queries.len() >= panels.len() && queries.iter().all(|query| !query.contains('$')), "{queries:?}");
    queries
}

#[test]
fn a_dashboard_is_laid_out_without_overlap() {
    let dashboard = fs::read_to_string(Path::new(ROOT).join("packaging/grafana/bridgeline.json")).unwrap();
    let dashboard: Value = serde_json::from_str(&dashboard).unwrap();
    let mut taken = std::collections::BTreeSet::new();
    let mut ids = std::collections::BTreeSet::new();
    for panel in dashboard["panels"].as_array().unwrap() {
        assert!(ids.insert(panel["id"].as_u64().unwrap()), "{panel}");
        let side = |name: &str| panel["gridPos"][name].as_u64().unwrap();
        assert!(side("x") + side("w") <= 24, "{panel}");
        let cells = (0..side("w")).flat_map(|x| (0..side("h")).map(move |y| (x, y)));
        assert!({ cells }.all(|(x, y)| taken.insert((side("x") + x, side("y") + y))), "{panel}");
    }
}

#[test]
fn promtool_finds_nothing_wrong() {
    let sandbox = machine(3);
    let rules = fs::read(Path::new(ROOT).join("packaging/grafana/bridgeline.rules.yml")).unwrap();
    sandbox.file("work/bridgeline.rules.yml", rules);
    let tests = fs::read(Path::new(ROOT).join("tests/team/rules.test.yml")).unwrap();
    sandbox.file("work/rules.test.yml", tests);
    promtool(&sandbox, &["check", "rules", "bridgeline.rules.yml"], "");
    promtool(&sandbox, &["test", "rules", "rules.test.yml"], "");
    let exported = sandbox.call(&["usage", "export"]).env("USER", "ada").run().painted();
    promtool(&sandbox, &["check", "metrics"], &exported);
}
