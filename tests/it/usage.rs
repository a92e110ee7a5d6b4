//! `bridgeline usage`: formats, filters, merging, and damage to transcripts and the index.

use std::fs::{self, File};
use std::io::Write;

use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::{Value, json};
use snapbox::{assert_data_eq, str};

use crate::support::{NOW, Sandbox};

const OPUS: &str = "claude-opus-4-8";

/// A line of a message at that time, with a million tokens of output and no others, 25 USD.
fn line(id: &str, at: &str) -> String {
    message(id, at, OPUS, &json!({"output_tokens": 1_000_000}))
}

fn message(id: &str, at: &str, model: &str, usage: &Value) -> String {
    let line = json!({
        "type": "assistant", "timestamp": at, "sessionId": "s", "requestId": format!("req_{id}"),
        "message": {"id": format!("msg_{id}"), "model": model, "usage": usage},
    });
    format!("{line}\n")
}

/// The report as JSON.
#[track_caller]
fn report(sandbox: &Sandbox, args: &[&str]) -> Value {
    let args = [&["usage", "--format", "json", "--timezone", "UTC"], args].concat();
    serde_json::from_str(&sandbox.call(&args).run().painted()).unwrap()
}

/// Each row's first key and its messages.
#[track_caller]
fn rows(sandbox: &Sandbox, args: &[&str]) -> Vec<(String, u64)> {
    let report = report(sandbox, args);
    let key = report["by"].as_str().unwrap();
    let rows = report["rows"].as_array().unwrap().iter();
    rows.map(|row| (row[key].as_str().unwrap().to_owned(), row["messages"].as_u64().unwrap())).collect()
}

#[track_caller]
fn messages(sandbox: &Sandbox) -> u64 {
    report(sandbox, &[])["total"]["messages"].as_u64().unwrap()
}

/// Three days of two projects, one of them with a hostile name.
fn garden() -> Sandbox {
    let sandbox = Sandbox::new();
    let full = json!({
        "input_tokens": 1200, "output_tokens": 34_000, "cache_creation_input_tokens": 250_000,
        "cache_read_input_tokens": 4_800_000,
    });
    let first = message("a", "2026-11-20T09:00:00Z", OPUS, &full) + &line("b", "2026-11-21T10:00:00.5Z");
    sandbox.file("config/projects/-home-ada-garden/s1.jsonl", first);
    let second = message("c", "2026-11-23T01:00:00Z", "claude-haiku-4-5", &json!({"output_tokens": 7}))
        + &message("d", "2026-11-23T02:00:00+01:00", "claude-next", &json!({"output_tokens": 5}));
    sandbox.file("config/projects/-srv-api/s2.jsonl", second);
    sandbox
}

#[test]
fn a_table_for_people() {
    let sandbox = garden();
    assert_data_eq!(
        sandbox.call(&["usage", "--timezone", "UTC"]).run().painted(),
        str![[r#"
Day         Input     Output  Cache write  Cache read  Total tokens     Cost
────────────────────────────────────────────────────────────────────────────
2026-11-20  1,200     34,000      250,000   4,800,000     5,085,200    $4.82
2026-11-21      0  1,000,000            0           0     1,000,000   $25.00
2026-11-23      0         12            0           0            12   $0.00+
────────────────────────────────────────────────────────────────────────────
Total       1,200  1,034,012      250,000   4,800,000     6,085,212  $29.82+
+ messages without a known price (1): claude-next

"#]]
    );
    let blocks = sandbox.call(&["usage", "blocks"]).run().painted();
    assert!(blocks.ends_with("\n+ messages without a known price (1): claude-next\n"), "{blocks}");
    assert_eq!(rows(&sandbox, &["--weekly"]), [("2026-11-16".to_owned(), 2), ("2026-11-23".to_owned(), 2)]);
    assert_eq!(rows(&sandbox, &["--monthly"]), [("2026-11".to_owned(), 4)]);
    assert_eq!(rows(&sandbox, &["--session"]), [("s1".to_owned(), 2), ("s2".to_owned(), 2)]);
    assert_eq!(rows(&sandbox, &["--project"]), [("-home-ada-garden".to_owned(), 2), ("-srv-api".to_owned(), 2)]);
    let models = [(OPUS.to_owned(), 2), ("claude-haiku-4-5".to_owned(), 1), ("claude-next".to_owned(), 1)];
    assert_eq!(rows(&sandbox, &["--model"]), models);
}

#[test]
fn a_table_names_projects_by_their_last_folders() {
    let sandbox = Sandbox::new();
    let home = sandbox.text("home/garden");
    for (number, dir) in [home.as_str(), "/srv/garden", "/srv/api"].iter().enumerate() {
        let name: String = dir.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
        sandbox.file(&format!("config/projects/{name}/s{number}.jsonl"), line_in(dir, &number.to_string()));
    }
    let table = sandbox.call(&["usage", "project", "-b"]).run().painted();
    let mut names: Vec<&str> = table.lines().skip(2).filter_map(|line| line.split("  ").next()).collect();
    names.sort_unstable();
    names.retain(|name| !name.is_empty() && !name.starts_with('─'));
    assert_eq!(names, ["Total", "api", "srv/garden", "~/garden"], "{table}");
    assert_eq!(table.matches("\n  Opus 4.8 ").count(), 3, "{table}");
    assert_eq!(report(&sandbox, &["project"])["rows"].as_array().unwrap().len(), 3);
}

#[test]
fn weeks_may_begin_on_another_day() {
    let sandbox = garden();
    let weeks = rows(&sandbox, &["weekly", "--week-starts", "saturday"]);
    assert_eq!(weeks, [("2026-11-14".to_owned(), 1), ("2026-11-21".to_owned(), 3)]);
    assert_eq!(report(&sandbox, &["weekly", "--week-starts", "saturday"])["week_starts"], "saturday");
    assert_eq!(report(&sandbox, &["weekly"])["week_starts"], "monday");
    assert!(report(&sandbox, &[]).get("week_starts").is_none());
}

#[test]
fn a_table_on_a_terminal_has_bars_and_colours() {
    let sandbox = garden();
    let plain = sandbox.call(&["usage", "--width", "120"]).run().painted();
    assert!(plain.contains("$25.00  ████████▍   84%\n") && !plain.contains('\x1b'), "{plain}");
    let ascii = sandbox.call(&["usage", "--width", "120", "--icons", "ascii"]).run().painted();
    assert!(ascii.contains("$25.00  ########    84%\n") && ascii.is_ascii(), "{ascii}");
    let coloured = sandbox.call(&["usage", "--width", "120", "--color", "256"]).run().painted();
    assert!(coloured.contains("\x1b["), "{coloured}");
}

/// A session that is active now, whose limit resets at that time.
fn render_with_limit(sandbox: &Sandbox, resets_at: u64) {
    let payload = json!({
        "session_id": "s1", "model": "M",
        "rate_limits": {"five_hour": {"used_percentage": 50, "resets_at": resets_at}},
    });
    sandbox.render(&payload).run().rows();
}

#[test]
fn blocks_are_those_of_the_rule_and_the_running_one_that_of_the_limit() {
    let sandbox = Sandbox::new();
    // It is 03:01:40.
    let at = |time: &str| line(time, &format!("2026-11-23T{time}:00Z"));
    let times = ["00:10", "00:40", "02:20", "03:00"].map(at).concat();
    sandbox.file("config/projects/p/s1.jsonl", line("a", "2026-11-22T10:10:00Z") + &times);
    let blocks = |args: &[&str]| {
        let report = report(&sandbox, &[&["blocks"], args].concat());
        let rows = report["rows"].as_array().unwrap().clone();
        rows.into_iter()
            .map(|row| {
                let text = |name: &str| row[name].as_str().unwrap_or_default().replace("2026-11-", "");
                let kind = if row["is_gap"] == true {
                    "gap"
                } else if row["is_active"] == true {
                    "runs"
                } else {
                    ""
                };
                (text("block") + " " + &text("end") + kind, row["messages"].as_u64().unwrap())
            })
            .collect::<Vec<_>>()
    };
    let old = [("22T10:00:00Z 22T15:00:00Z".to_owned(), 1), ("22T15:10:00Z 23T00:10:00Zgap".to_owned(), 0)];
    let by_rule = ("23T00:00:00Z 23T05:00:00Zruns".to_owned(), 4);
    assert_eq!(blocks(&[]), [old[0].clone(), old[1].clone(), by_rule.clone()]);
    assert_eq!(blocks(&["--active"]), [by_rule]);
    render_with_limit(&sandbox, NOW + 4 * 3600);
    let before = ("23T00:00:00Z 23T02:01:40Z".to_owned(), 2);
    let of_limit = ("23T02:01:40Z 23T07:01:40Zruns".to_owned(), 2);
    assert_eq!(blocks(&["--recent"]), [old[0].clone(), old[1].clone(), before, of_limit]);
    let table = sandbox.call(&["usage", "blocks", "--timezone", "UTC"]).run().painted();
    assert_data_eq!(
        table,
        str![[r#"
Start             Time     Models    Input     Output  Cache write  Cache read  Total tokens     Cost
─────────────────────────────────────────────────────────────────────────────────────────────────────
2026-11-22 10:00  0s       Opus 4.8      0  1,000,000            0           0     1,000,000   $25.00
2026-11-22 15:10  9h gap
2026-11-23 00:00  30m      Opus 4.8      0  2,000,000            0           0     2,000,000   $50.00
2026-11-23 02:01  4h left  Opus 4.8      0  2,000,000            0           0     2,000,000   $50.00
─────────────────────────────────────────────────────────────────────────────────────────────────────
Total                                    0  5,000,000            0           0     5,000,000  $125.00
running until 07:01: $75.00/h, 50k tokens/min, ~$350.00 at the end
5h limit: 50% used, pace +30%, full in 1h

"#]]
    );
    let csv = sandbox.call(&["usage", "blocks", "--active", "--format", "csv"]).run().painted();
    let running = "2026-11-23T02:01:40Z,2026-11-23T07:01:40Z,claude-code,false,true,true,2026-11-23T02:20:00Z,";
    assert!(csv.contains(running) && csv.ends_with(",14400,75,50000,350,14000000,50,30\r\n"), "{csv}");
}

#[test]
fn the_live_report_needs_a_terminal() {
    let sandbox = garden();
    for args in [&["usage", "live"][..], &["usage", "--live"], &["usage", "blocks", "--live"]] {
        let printed = sandbox.call(args).run();
        assert_eq!((printed.code, printed.stdout.as_str()), (Some(1), ""));
        assert!(printed.stderr.contains("not a terminal"), "{}", printed.stderr);
    }
}

#[test]
fn json_for_programs() {
    let sandbox = garden();
    let args = ["usage", "--format", "json", "--timezone", "UTC", "--since", "2026-11-21", "--until", "2026-11-21"];
    assert_data_eq!(
        sandbox.call(&args).run().painted(),
        str![[r#"
{
  "schema": "bridgeline.usage",
  "version": 2,
  "by": "day",
  "timezone": "UTC",
  "since": "2026-11-21",
  "until": "2026-11-21",
  "prices_as_of": "[..]",
  "beyond_usd": 0.0,
  "rows": [
    {
      "day": "2026-11-21",
      "agent": "claude-code",
      "last_activity": "2026-11-21T10:00:00Z",
      "messages": 1,
      "input_tokens": 0,
      "output_tokens": 1000000,
      "cache_write_tokens": 0,
      "cache_read_tokens": 0,
      "total_tokens": 1000000,
      "cost_usd": 25.0,
      "unpriced_messages": 0,
      "agents": [
        {
          "agent": "claude-code",
          "messages": 1,
          "input_tokens": 0,
          "output_tokens": 1000000,
          "cache_write_tokens": 0,
          "cache_read_tokens": 0,
          "total_tokens": 1000000,
          "cost_usd": 25.0,
          "unpriced_messages": 0
        }
      ],
      "models": [
        {
          "model": "claude-opus-4-8",
          "messages": 1,
          "input_tokens": 0,
          "output_tokens": 1000000,
          "cache_write_tokens": 0,
          "cache_read_tokens": 0,
          "total_tokens": 1000000,
          "cost_usd": 25.0,
          "unpriced_messages": 0
        }
      ]
    }
  ],
  "total": {
    "messages": 1,
    "input_tokens": 0,
    "output_tokens": 1000000,
    "cache_write_tokens": 0,
    "cache_read_tokens": 0,
    "total_tokens": 1000000,
    "cost_usd": 25.0,
    "unpriced_messages": 0
  }
}

"#]]
    );
}

#[test]
fn json_has_a_flag_of_its_own() {
    let sandbox = garden();
    let printed = |format: &[&str]| sandbox.call(&[&["usage", "blocks"], format].concat()).run();
    assert_eq!(printed(&["--json"]).painted(), printed(&["--format", "json"]).painted());
    assert_eq!(printed(&["--json", "--format", "csv"]).code, Some(2));
}

#[test]
#[cfg(unix)]
fn csv_for_spreadsheets() {
    let sandbox = garden();
    sandbox.file("config/projects/a,\"b/s,3.jsonl", line("e", "2026-11-23T02:30:00Z"));
    let printed = sandbox.call(&["usage", "--format", "csv", "--session", "--since", "2026-11-22"]).run().painted();
    assert_eq!(
        printed,
        "session,project,last_activity,messages,input_tokens,output_tokens,cache_write_tokens,\
         cache_read_tokens,total_tokens,cost_usd,unpriced_messages,title,agent\r\n\
         s2,'-srv-api,2026-11-23T01:00:00Z,2,0,12,0,0,12,0.000035,1,,claude-code\r\n\
         \"s,3\",\"a,\"\"b\",2026-11-23T02:30:00Z,1,0,1000000,0,0,1000000,25,0,,claude-code\r\n"
    );
}

#[test]
#[cfg(unix)]
fn metrics_for_prometheus() {
    let sandbox = Sandbox::new();
    sandbox.file("config/projects/a\\b\"c/s.jsonl", line("a", "2026-11-23T02:30:00Z"));
    assert_data_eq!(
        sandbox.call(&["usage", "--format", "prometheus"]).run().painted(),
        str![[r##"
# HELP bridgeline_usage_tokens_total Tokens of all sessions; each message counts once.
# TYPE bridgeline_usage_tokens_total counter
bridgeline_usage_tokens_total{project="a//b/"c",model="claude-opus-4-8",type="input"} 0
bridgeline_usage_tokens_total{project="a//b/"c",model="claude-opus-4-8",type="output"} 1000000
bridgeline_usage_tokens_total{project="a//b/"c",model="claude-opus-4-8",type="cache_write"} 0
bridgeline_usage_tokens_total{project="a//b/"c",model="claude-opus-4-8",type="cache_read"} 0
# HELP bridgeline_usage_cost_usd_total Cost of all sessions in USD, without messages of unknown price.
# TYPE bridgeline_usage_cost_usd_total counter
bridgeline_usage_cost_usd_total{project="a//b/"c",model="claude-opus-4-8"} 25
# HELP bridgeline_usage_messages_total Messages of models in all sessions.
# TYPE bridgeline_usage_messages_total counter
bridgeline_usage_messages_total{project="a//b/"c",model="claude-opus-4-8"} 1
# HELP bridgeline_usage_unpriced_messages_total Messages without a known price.
# TYPE bridgeline_usage_unpriced_messages_total counter
bridgeline_usage_unpriced_messages_total{project="a//b/"c",model="claude-opus-4-8"} 0

"##]]
    );
    // A part of the time moves on, so that it is no counter.
    let part = sandbox.call(&["usage", "--format", "prometheus", "--daily", "--since", "7d"]).run().painted();
    let sample = "bridgeline_usage_cost_usd{day=\"2026-11-23\",model=\"claude-opus-4-8\"} 25\n";
    assert!(part.contains("# TYPE bridgeline_usage_cost_usd gauge\n") && part.contains(sample), "{part}");
}

#[test]
fn days_are_those_of_the_time_zone() {
    let sandbox = Sandbox::new();
    let lines = line("a", "2026-10-24T21:59:59Z")
        + &line("b", "2026-10-24T22:00:00Z")
        + &line("c", "2026-10-25T22:59:59Z")
        + &line("d", "2026-10-25T23:00:00Z");
    sandbox.file("config/projects/p/s.jsonl", lines);
    let check = |call: crate::support::Call, expected: &[(&str, u64)]| {
        let report: Value = serde_json::from_str(&call.run().painted()).unwrap();
        let rows: Vec<_> = report["rows"]
            .as_array()
            .unwrap()
            .iter()
            .map(|row| (row["day"].as_str().unwrap(), row["messages"].as_u64().unwrap()))
            .collect();
        assert_eq!(rows, expected);
    };
    let call = |args: &[&str]| sandbox.call(&[&["usage", "--format", "json"], args].concat());
    let berlin = [("2026-10-24", 1), ("2026-10-25", 2), ("2026-10-26", 1)];
    check(call(&["--timezone", "Europe/Berlin"]), &berlin);
    check(call(&[]).env("TZ", "Europe/Berlin"), &berlin);
    check(call(&["--timezone", "UTC"]).env("TZ", "Europe/Berlin"), &[("2026-10-24", 2), ("2026-10-25", 2)]);
    check(call(&["--timezone", "Europe/Berlin", "--since", "2026-10-25", "--until", "2026-10-25"]), &berlin[1..2]);
    check(call(&["--timezone", "Europe/Berlin", "--until", "30d"]), &berlin[..1]);
}

#[test]
fn a_day_may_be_given_as_a_time_ago() {
    let sandbox = Sandbox::new();
    let lines =
        line("a", "2026-11-15T23:00:00Z") + &line("b", "2026-11-16T00:00:00Z") + &line("c", "2026-11-23T00:00:00Z");
    sandbox.file("config/projects/p/s.jsonl", lines);
    let days = |args: &[&str]| rows(&sandbox, args).into_iter().map(|(day, _)| day).collect::<Vec<_>>();
    assert_eq!(days(&["--since", "7d"]), ["2026-11-16", "2026-11-23"]);
    assert_eq!(days(&["--since", "0s"]), ["2026-11-23"]);
    assert_eq!(days(&["--since", "8days", "--until", "1week"]), ["2026-11-15", "2026-11-16"]);
}

#[test]
fn a_table_names_models_for_people_and_one_of_several_ids_once() {
    let sandbox = Sandbox::new();
    let usage = json!({"output_tokens": 1_000_000});
    let ids = ["claude-opus-4-8", "us.anthropic.claude-opus-4-8-v1:0", "claude-sonnet-5"];
    let lines = ids.map(|model| message(model, "2026-11-23T02:30:00Z", model, &usage));
    sandbox.file("config/projects/-x/s.jsonl", lines.concat());
    sandbox.file("home/.config/bridgeline/config.toml", "[model_names]\n'claude-sonnet-5' = 'Small'\n");
    let table = sandbox.call(&["usage", "--model"]).run().painted();
    let names: Vec<&str> = table.lines().filter_map(|line| line.split("  ").next()).collect();
    assert_eq!(names.iter().filter(|name| **name == "Opus 4.8").count(), 1, "{table}");
    assert!(table.contains("2,000,000") && names.contains(&"Small"), "{table}");
    let rows = report(&sandbox, &["--model"])["rows"].as_array().unwrap().len();
    assert_eq!(rows, 3);
}

#[test]
fn nothing_used_is_said() {
    let sandbox = Sandbox::new();
    assert_eq!(sandbox.call(&["usage"]).run().painted(), "no usage in this period\n");
    assert_eq!(report(&sandbox, &[])["rows"], json!([]));
}

#[test]
#[cfg(unix)]
fn names_that_mean_harm_come_out_harmless() {
    let sandbox = Sandbox::new();
    let model = "claude\u{1b}[31m\u{202e}";
    let usage = json!({"output_tokens": 1});
    let named = "config/projects/-x\u{1b}]0;owned\u{7}\u{2028}y/s\u{202e}.jsonl";
    sandbox.file(named, message("a", "2026-11-23T02:30:00Z", model, &usage));
    for format in ["table", "json", "csv", "prometheus"] {
        for by in ["--session", "--model", "--project"] {
            let printed = sandbox.call(&["usage", "--format", format, by]).run().painted();
            let bad = |c: char| c.is_control() && !matches!(c, '\n' | '\r') || matches!(c, '\u{202e}' | '\u{2028}');
            assert!(!printed.contains(bad), "{printed:?}");
            let name = if by == "--model" { "claude[31m" } else { "-x]0;owned y" };
            assert!(printed.contains(name), "{printed:?}");
        }
    }
}

#[test]
fn machines_are_merged_and_what_they_share_counts_once() {
    let (here, there) = (Sandbox::new(), Sandbox::new());
    let shared = line("a", "2026-11-20T10:00:00Z");
    here.file("config/projects/p/s1.jsonl", shared.clone() + &line("b", "2026-11-21T10:00:00Z"));
    there.file("config/projects/p/s1.jsonl", shared + &line("c", "2026-11-22T10:00:00Z"));
    there.file("config/projects/q/s2.jsonl", line("d", "2026-11-22T11:00:00Z"));
    assert_eq!(messages(&there), 3);
    let state = there.text("state");
    let days: Vec<_> = rows(&here, &["--from", &state, &state]).into_iter().collect();
    let expected = [("2026-11-20", 1), ("2026-11-21", 1), ("2026-11-22", 2)];
    assert_eq!(days, expected.map(|(day, count)| (day.to_owned(), count)));
    // The index here does not grow.
    assert_eq!(messages(&here), 2);
}

#[test]
fn a_folder_that_cannot_be_merged_is_an_error() {
    let sandbox = garden();
    let check = |folder: &str, said: &str| {
        let printed = sandbox.call(&["usage", "--from", folder]).run();
        assert_eq!((printed.code, printed.stdout.as_str()), (Some(1), ""));
        assert!(printed.stderr.contains(said) && printed.stderr.contains(folder), "{}", printed.stderr);
    };
    check(&sandbox.text("tmp"), "run `bridgeline usage` on that machine first");
    sandbox.file("tmp/other/usage/2026-11-20.day", "bridgeline usage day 9\n");
    check(&sandbox.text("tmp/other"), "damaged, or from another version");
}

#[test]
fn transcripts_that_go_or_change_leave_what_was_used() {
    let sandbox = garden();
    assert_eq!(messages(&sandbox), 4);
    let path = "config/projects/-home-ada-garden/s1.jsonl";
    // Compressed away, restored, truncated, replaced.
    let content = sandbox.read(path);
    fs::remove_file(sandbox.path(path)).unwrap();
    assert_eq!(messages(&sandbox), 4);
    sandbox.file(path, &content);
    assert_eq!(messages(&sandbox), 4);
    sandbox.file(path, &content[..content.len() / 3]);
    assert_eq!(messages(&sandbox), 4);
    sandbox.file(path, line("x", "2026-11-21T10:00:00Z") + &content);
    assert_eq!(messages(&sandbox), 5);
}

#[test]
fn a_torn_line_is_counted_when_it_is_whole() {
    let sandbox = Sandbox::new();
    let (first, second) = (line("a", "2026-11-20T10:00:00Z"), line("b", "2026-11-20T11:00:00Z"));
    let path = sandbox.file("config/projects/p/s.jsonl", first + &second[..40]);
    assert_eq!(messages(&sandbox), 1);
    let mut file = File::options().append(true).open(path).unwrap();
    file.write_all(second[40..].trim_end().as_bytes()).unwrap();
    assert_eq!(messages(&sandbox), 2);
    assert_eq!(messages(&sandbox), 2);
    file.write_all(format!("\n{}", line("c", "2026-11-20T12:00:00Z")).as_bytes()).unwrap();
    assert_eq!(messages(&sandbox), 3);
}

#[test]
fn a_damaged_index_is_made_anew() {
    let days = ["2026-11-20.day", "2026-11-21.day", "2026-11-23.day"];
    type Spoil = fn(Vec<u8>) -> Vec<u8>;
    let spoil: [(&str, Spoil); 4] = [
        ("cut", |bytes| bytes[..bytes.len() / 2].to_vec()),
        ("changed", |mut bytes| {
            let middle = bytes.len() / 2;
            bytes[middle] ^= 1;
            bytes
        }),
        ("of another version", |bytes| [b"bridgeline usage day 9\n", &bytes[23..]].concat()),
        ("empty", |_| Vec::new()),
    ];
    for (how, spoil) in spoil {
        for name in days.iter().chain(&["files"]) {
            let sandbox = garden();
            assert_eq!(messages(&sandbox), 4);
            let path = sandbox.path(&format!("state/usage/{name}"));
            fs::write(&path, spoil(fs::read(&path).unwrap())).unwrap();
            assert_eq!(messages(&sandbox), 4, "{name} {how}");
            assert_eq!(messages(&sandbox), 4, "{name} {how}");
        }
    }
    for name in days {
        let sandbox = garden();
        assert_eq!(messages(&sandbox), 4);
        let older = sandbox.path("state/older");
        fs::copy(sandbox.path(&format!("state/usage/{name}")), &older).unwrap();
        sandbox.file("config/projects/-srv-api/s3.jsonl", line("x", &format!("{}T05:00:00Z", &name[..10])));
        assert_eq!(messages(&sandbox), 5);
        // As after a power cut: the file of the day is the previous one.
        fs::rename(&older, sandbox.path(&format!("state/usage/{name}"))).unwrap();
        assert_eq!(messages(&sandbox), 5, "{name}");
        fs::remove_file(sandbox.path(&format!("state/usage/{name}"))).unwrap();
        assert_eq!(messages(&sandbox), 5, "{name}");
    }
}

#[test]
fn what_vanished_outlives_the_damage_of_other_days() {
    let sandbox = garden();
    assert_eq!(messages(&sandbox), 4);
    fs::remove_file(sandbox.path("config/projects/-home-ada-garden/s1.jsonl")).unwrap();
    fs::write(sandbox.path("state/usage/2026-11-23.day"), "x").unwrap();
    assert_eq!(messages(&sandbox), 4);
}

#[test]
fn runs_at_once_count_everything_once() {
    let sandbox = Sandbox::new();
    for session in 0..20 {
        let lines: String =
            (0..20).map(|number| line(&format!("{session}-{number}"), "2026-11-20T10:00:00Z")).collect();
        sandbox.file(&format!("config/projects/p/s{session}.jsonl"), lines);
    }
    let mut calls: Vec<_> = (0..6).map(|_| sandbox.call(&["usage", "--format", "csv", "--monthly"])).collect();
    let children: Vec<_> = calls.iter_mut().map(crate::support::Call::spawn).collect();
    for (call, child) in calls.into_iter().zip(children) {
        let printed = call.finish(child).painted();
        assert!(printed.contains("2026-11,2026-11-20T10:00:00Z,400,"), "{printed}");
    }
    assert_eq!(messages(&sandbox), 400);
}

#[test]
fn a_run_that_is_killed_costs_nothing() {
    let sandbox = Sandbox::new();
    for session in 0..40 {
        let lines: String = (0..25)
            .map(|number| line(&format!("{session}-{number}"), &format!("2026-11-{:02}T10:00:00Z", 1 + number % 20)))
            .collect();
        sandbox.file(&format!("config/projects/p/s{session}.jsonl"), lines);
    }
    // At any instant; the final result is always the same.
    for round in 0..30 {
        let mut call = sandbox.call(&["usage"]);
        let mut child = call.spawn();
        std::thread::sleep(std::time::Duration::from_micros(round * 700));
        _ = child.kill();
        child.wait().unwrap();
    }
    assert_eq!(messages(&sandbox), 1000);
    assert_eq!(rows(&sandbox, &[]).len(), 20);
}

#[test]
fn all_configurations_are_read() {
    let sandbox = Sandbox::new();
    sandbox.file("home/.claude/projects/p/s1.jsonl", line("a", "2026-11-20T10:00:00Z"));
    sandbox.file("home/.config/claude/projects/p/s2.jsonl", line("b", "2026-11-20T10:00:00Z"));
    sandbox.file("work/one/projects/p/s3.jsonl", line("c", "2026-11-20T10:00:00Z"));
    sandbox.file("work/two/projects/p/s4.jsonl", line("d", "2026-11-20T10:00:00Z"));
    let sessions = |call: crate::support::Call, state: &str| {
        let call =
            call.args(&["usage", "--session", "--format", "csv"]).env("BRIDGELINE_STATE_DIR", sandbox.path(state));
        let printed = call.run().painted();
        printed.lines().skip(1).map(|line| line[..2].to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(sessions(sandbox.call(&[]).without("CLAUDE_CONFIG_DIR"), "state/a"), ["s1", "s2"]);
    let listed = format!("{}, {}/projects", sandbox.text("work/one"), sandbox.text("work/two"));
    assert_eq!(sessions(sandbox.call(&[]).env("CLAUDE_CONFIG_DIR", listed), "state/b"), ["s3", "s4"]);
}

#[test]
fn own_prices_count_and_what_is_wrong_with_them_is_said() {
    let sandbox = garden();
    let row = "claude-next = { input = 0, cache_write_5m = 0, cache_write_1h = 0, cache_read = 0, output = 1_000_000 }";
    sandbox.file("home/.config/bridgeline/prices.toml", format!("[models]\n{row}\nodd = 7\n"));
    let printed = sandbox.call(&["usage", "--format", "csv", "--model"]).run();
    assert_eq!(printed.code, Some(0));
    assert!(printed.stderr.starts_with("warning: prices.toml: models.odd: "), "{}", printed.stderr);
    assert!(
        printed.stdout.contains("claude-next,2026-11-23T01:00:00Z,1,0,5,0,0,5,5,0,claude-code\r\n"),
        "{}",
        printed.stdout
    );
}

#[test]
fn dates_that_cannot_be_make_no_day() {
    let sandbox = Sandbox::new();
    let lines = line("a", "1999-01-01T00:00:00Z")
        + &line("b", "2030-01-01T00:00:00Z")
        + &line("c", "yesterday")
        + &line("d", "2026-11-23T02:00:00Z");
    sandbox.file("config/projects/p/s.jsonl", lines);
    assert_eq!(messages(&sandbox), 1);
    let expected = ["2026-11-23.day", "files", "files.lock", "sessions"];
    assert_eq!(sandbox.files("state/usage"), expected.map(|name| format!("state/usage/{name}")).into());
}

#[test]
fn what_a_wrong_clock_left_out_comes_in_once_it_is_right() {
    let sandbox = Sandbox::new();
    let counted = |now: &str| {
        let now: jiff::Timestamp = format!("{now}T00:00:00Z").parse().unwrap();
        let ms = now.as_millisecond();
        let call = sandbox.call(&["usage", "--format", "json"]).env("BRIDGELINE_NOW", ms.to_string());
        serde_json::from_str::<Value>(&call.run().painted()).unwrap()["total"]["messages"].clone()
    };
    let path = "config/projects/p/s.jsonl";
    let mut lines = line("a", "2026-11-05T10:00:00Z") + &line("b", "2026-11-20T10:00:00Z");
    sandbox.file(path, &lines);
    assert_eq!(counted("2026-11-10"), 1);
    lines += &line("c", "2026-11-21T10:00:00Z");
    sandbox.file(path, &lines);
    assert_eq!(counted("2026-11-10"), 1);
    lines += &line("d", "2026-11-06T10:00:00Z");
    sandbox.file(path, &lines);
    assert_eq!(counted("2026-11-10"), 2);
    assert_eq!(counted("2026-11-19"), 3);
    assert_eq!(counted("2026-11-23"), 4);
    fs::remove_file(sandbox.path(path)).unwrap();
    assert_eq!(counted("2026-11-23"), 4);
}

/// The index in the fixture is of the first version, from a transcript that is gone, and from one whose answers it took
/// for a single one.
#[test]
fn an_older_index_is_read_without_loss() {
    let sandbox = Sandbox::new();
    let fixture = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/usage-index-1/");
    for name in ["files", "sessions", "2026-11-20.day", "2026-11-21.day"] {
        sandbox.file(&format!("state/usage/{name}"), fs::read(format!("{fixture}{name}")).unwrap());
    }
    let session = &report(&sandbox, &["--session"])["rows"][0];
    assert_eq!((&session["title"], &session["agent"]), (&json!("Roses"), &json!("claude-code")));
    let days = |expected: [(&str, u64); 2]| {
        assert_eq!(rows(&sandbox, &[]), expected.map(|(day, count)| (day.to_owned(), count)));
    };
    days([("2026-11-20", 2), ("2026-11-21", 3)]);
    let kept = fs::read(format!("{fixture}kept.jsonl")).unwrap();
    sandbox.file("config/projects/-home-ada-garden/kept.jsonl", kept);
    days([("2026-11-20", 2), ("2026-11-21", 5)]);
    days([("2026-11-20", 2), ("2026-11-21", 5)]);
    assert_eq!(report(&sandbox, &[])["total"]["input_tokens"], 2000 + 1000 + 2000 + 3000 + 4000 + 3500);
}

/// A line with the session's folder.
fn line_in(dir: &str, id: &str) -> String {
    line(id, "2026-11-23T02:00:00Z").replacen('{', &format!(r#"{{"cwd":{},"#, json!(dir)), 1)
}

#[test]
fn projects_are_shown_as_their_folders() {
    let sandbox = Sandbox::new();
    sandbox.file("config/projects/-home-ada-my-garden/s1.jsonl", line_in("/home/ada/my.garden/src", "a"));
    sandbox.file("config/projects/-home-ada-my-garden/s2.jsonl", line("b", "2026-11-23T02:00:00Z"));
    let moved = line_in("/srv", "c") + &line_in("/srv/api/src", "e") + &line_in("/tmp", "f");
    sandbox.file("config/projects/-srv-api/s3.jsonl", moved);
    sandbox.file("config/projects/-old/s4.jsonl", line_in("/new", "d"));
    let check = || {
        let expected = [("/srv/api", 3), ("/home/ada/my.garden", 2), ("-old", 1)];
        assert_eq!(rows(&sandbox, &["--project"]), expected.map(|(name, count)| (name.to_owned(), count)));
    };
    check();
    // The names outlive the transcripts, and damage to their file.
    for name in ["sessions", "files"] {
        fs::write(sandbox.path(&format!("state/usage/{name}")), "x").unwrap();
        check();
    }
    fs::remove_dir_all(sandbox.path("config/projects")).unwrap();
    check();
}

#[test]
fn worktrees_of_a_repository_are_one_project_unless_asked() {
    let sandbox = Sandbox::new();
    let garden = sandbox.text("work/garden");
    fs::create_dir_all(&garden).unwrap();
    assert!(sandbox.git("work/garden", &["init", "-q"]));
    assert!(sandbox.git("work/garden", &["commit", "-q", "--allow-empty", "-m", "x"]));
    assert!(sandbox.git("work/garden", &["worktree", "add", "-q", "../roses"]));
    let roses = sandbox.text("work/roses");
    for (number, dir) in
        [garden.clone(), format!("{roses}/beds"), format!("{garden}/.claude/worktrees/x")].iter().enumerate()
    {
        let name: String = dir.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
        let path = format!("config/projects/{name}/s{number}.jsonl");
        sandbox.file(&path, line_in(dir, &number.to_string()));
    }
    let projects = |args: &[&str]| {
        let mut names: Vec<_> = rows(&sandbox, args).into_iter().map(|(name, _)| name).collect();
        names.sort();
        names
    };
    let real = |path: &str| fs::canonicalize(path).unwrap().to_string_lossy().into_owned();
    assert_eq!(projects(&["--project"]), [garden.clone(), format!("{}/beds", real(&garden))]);
    let apart = [garden.clone(), format!("{garden}/.claude/worktrees/x"), format!("{roses}/beds")];
    assert_eq!(projects(&["--project", "--worktrees"]), apart);
}

#[test]
fn sessions_are_shown_by_their_titles() {
    let sandbox = Sandbox::new();
    let title = |kind: &str, title: &str| {
        let key = if kind == "ai-title" { "aiTitle" } else { "customTitle" };
        json!({"type": kind, key: title, "sessionId": "x"}).to_string() + "\n"
    };
    let id = "9db02b2c-54ba-4a0b-b082-3f48de32a848";
    let path = format!("config/projects/p/{id}.jsonl");
    let mut lines = line("a", "2026-11-23T02:00:00Z") + &title("ai-title", "Prune\u{1b}[31m the roses");
    sandbox.file(&path, &lines);
    let name = || {
        let table = sandbox.call(&["usage", "--session"]).run().painted();
        table.lines().nth(2).unwrap().split("  ").next().unwrap().to_owned()
    };
    assert_eq!(name(), "Prune[31m the roses (9db02b2c)");
    lines += &(title("custom-title", "my garden") + &title("ai-title", "Water the lawn"));
    sandbox.file(&path, &lines);
    assert_eq!(name(), "my garden (9db02b2c)");
    assert_eq!(report(&sandbox, &["--session"])["rows"][0]["title"], "my garden");
    assert_eq!(report(&sandbox, &["--session"])["rows"][0]["session"], id);
}

#[test]
fn names_that_look_alike_are_one_row() {
    let sandbox = Sandbox::new();
    sandbox.file("config/projects/ab/s1.jsonl", line("a", "2026-11-23T02:00:00Z"));
    sandbox.file("config/projects/a\u{200b}b/s2.jsonl", line("b", "2026-11-23T02:00:00Z"));
    assert_eq!(rows(&sandbox, &["--project"]), [("ab".to_owned(), 2)]);
    let text = sandbox.call(&["usage", "--format", "prometheus"]).run().painted();
    let mut series: Vec<_> = text.lines().filter_map(|line| line.rsplit_once(' ')).map(|(name, _)| name).collect();
    series.retain(|name| !name.starts_with('#'));
    let distinct: std::collections::BTreeSet<_> = series.iter().collect();
    assert_eq!(distinct.len(), series.len(), "{text}");
}

#[test]
#[cfg(unix)]
fn a_linked_project_is_read_once() {
    let sandbox = Sandbox::new();
    sandbox.file("work/elsewhere/s1.jsonl", line("a", "2026-11-23T02:00:00Z"));
    sandbox.file("work/elsewhere/s1/subagents/agent-1.jsonl", line("b", "2026-11-23T02:00:00Z"));
    sandbox.file("config/projects/p/s2.jsonl", line("c", "2026-11-23T02:00:00Z"));
    for name in ["-linked", "-again"] {
        let link = sandbox.path("config/projects").join(name);
        std::os::unix::fs::symlink(sandbox.path("work/elsewhere"), link).unwrap();
    }
    assert_eq!(messages(&sandbox), 3);
}

const COMPACTED: &str = include_str!("../fixtures/transcript/claude-code-2.1.332-compacted.jsonl");
const COMPACTED_ID: &str = "9db02b2c-54ba-4a0b-b082-3f48de32a848";

/// The host's own sum at the end.
const COMPACTED_USD: f64 = 0.64773;

#[test]
fn a_compaction_is_counted_from_the_hosts_own_sum() {
    let later = |sandbox: &Sandbox| {
        let call = sandbox.call(&["usage", "--format", "json", "--session", "--timezone", "UTC"]);
        serde_json::from_str::<Value>(&call.later(5 * 86_400).run().painted()).unwrap()
    };
    let path = format!("config/projects/-home-dev-work/{COMPACTED_ID}.jsonl");
    let check = |sandbox: &Sandbox| {
        let report = later(sandbox);
        let total = &report["total"];
        assert_eq!(total["cost_usd"], COMPACTED_USD);
        let counts = ["input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens"];
        assert_eq!(counts.map(|name| total[name].as_u64().unwrap()), [96, 2930, 748_000, 32_000]);
        assert_eq!(report["rows"].as_array().unwrap().len(), 1);
        assert_eq!(report["rows"][0]["title"], "my garden");
    };
    // At once, in pieces, again, and next to a copy in a fork of the session.
    let (whole, pieces) = (Sandbox::new(), Sandbox::new());
    whole.file(&path, COMPACTED);
    check(&whole);
    check(&whole);
    let cut = COMPACTED.find("\"cost-state\"").unwrap() - 20;
    pieces.file(&path, &COMPACTED[..cut]);
    assert!(later(&pieces)["total"]["cost_usd"].as_f64().unwrap() < 0.5);
    pieces.file(&path, COMPACTED);
    check(&pieces);
    let fork = COMPACTED.replace(COMPACTED_ID, "00000000-0000-4000-8000-000000000000");
    whole.file("config/projects/-home-dev-work/fork.jsonl", fork);
    assert_eq!(later(&whole)["total"]["cost_usd"], COMPACTED_USD);
    // It continues in a process that counts from zero.
    let more = message("more", "2026-11-27T03:00:00Z", OPUS, &json!({"output_tokens": 1000}));
    let sum = json!({"type": "cost-state", "totalCostUSD": 0.025, "startTime": 1_795_748_400_000_u64, "totalDuration": 9000,
        "modelUsage": {"claude-opus-4-8[1m]": {"outputTokens": 1000, "costUSD": 0.025}}});
    pieces.file(&path, format!("{COMPACTED}{more}{sum}\n"));
    assert_eq!(later(&pieces)["total"]["cost_usd"], 0.67273);
}

#[test]
fn cost_that_only_the_agent_counts_so_far_is_reported() {
    let sandbox = garden();
    let report_cost = |id: &str, usd: f64| {
        let payload = json!({"model": "M", "session_id": id, "cost": {"total_cost_usd": usd}});
        sandbox.render(&payload).run();
    };
    // More than was read, as much, and of a session with a message of unknown price.
    report_cost("s1", 29.8185 + 0.24);
    let note = || {
        let table = sandbox.call(&["usage"]).run().painted();
        table.lines().find(|line| line.contains("own count")).map(|line| line[..5].to_owned())
    };
    assert_eq!(note().as_deref(), Some("$0.24"));
    assert_eq!(report(&sandbox, &[])["beyond_usd"], 0.24);
    assert_eq!(report(&sandbox, &["--since", "2026-11-23"])["beyond_usd"], 0.0);
    report_cost("s1", 29.8185);
    report_cost("s2", 90.0);
    assert_eq!(note(), None);
}

#[test]
fn messages_of_subagents_are_in_the_hosts_sum() {
    let sandbox = Sandbox::new();
    let sum = |usd: f64, output: u64| {
        json!({"type": "cost-state", "totalCostUSD": usd, "modelUsage": {OPUS: {"outputTokens": output, "costUSD": usd}}})
            .to_string()
            + "\n"
    };
    let main = line("a", "2026-11-23T02:00:00Z");
    sandbox.file("config/projects/p/s/subagents/agent-1.jsonl", line("b", "2026-11-23T02:10:00Z"));
    sandbox.file("config/projects/p/s.jsonl", main.clone() + &sum(50.0, 2_000_000));
    assert_eq!(messages(&sandbox), 2);
    sandbox.file("config/projects/p/s.jsonl", main + &sum(50.0, 2_000_000) + &sum(55.0, 2_200_000));
    let total = report(&sandbox, &["--model"])["total"].clone();
    assert_eq!((&total["output_tokens"], &total["cost_usd"]), (&json!(2_200_000), &json!(55.0)));
}

#[test]
fn the_summary_for_the_line_is_small_and_up_to_date() {
    let sandbox = garden();
    assert_eq!(messages(&sandbox), 4);
    let summary = sandbox.json("state/usage.json");
    assert_eq!((&summary["version"], &summary["as_of"]), (&json!(4), &json!(NOW)));
    assert_eq!(summary["today"]["spent"][0], 2);
    assert_eq!(summary["month"][0], 4);
    assert_eq!(summary["this_month"]["spent"][0], 4);
    assert_eq!(summary["projects"].as_object().unwrap().len(), 2);
    assert!(sandbox.read("state/usage.json").len() < 2000);
}

#[test]
fn without_a_place_for_the_index_it_fails() {
    let sandbox = Sandbox::new();
    let printed = sandbox.call(&["usage"]).without_environment().run();
    assert_eq!((printed.code, printed.stdout.as_str()), (Some(1), ""));
    assert!(printed.stderr.contains("set HOME or BRIDGELINE_STATE_DIR"), "{}", printed.stderr);
    sandbox.file("state", "a file");
    let printed = sandbox.call(&["usage"]).run();
    assert_eq!((printed.code, printed.stdout.as_str()), (Some(1), ""));
    assert!(printed.stderr.contains("usage index"), "{}", printed.stderr);
}

#[test]
#[cfg(unix)]
fn an_unreadable_transcript_is_reported_after_the_others() {
    use std::os::unix::fs::PermissionsExt;
    let sandbox = garden();
    let path = sandbox.path("config/projects/-srv-api/s2.jsonl");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o000)).unwrap();
    let printed = sandbox.call(&["usage", "--monthly", "--format", "csv"]).run();
    // Root can read it anyway.
    if File::open(&path).is_ok() {
        assert_eq!((printed.code, printed.stderr.as_str()), (Some(0), ""));
        assert!(printed.stdout.contains(",4,"), "{}", printed.stdout);
    } else {
        assert_eq!(printed.code, Some(1));
        assert!(printed.stdout.contains(",2,") && printed.stderr.contains("s2.jsonl"), "{printed:?}");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        assert_eq!(messages(&sandbox), 4);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn reading_in_pieces_is_reading_at_once(
        ids in proptest::collection::vec((0..30_u32, 1..900_u32, 0..3_u32), 1..60),
        cuts: [Index; 3],
    ) {
        let text: String = ids.iter().map(|(id, output, day)| {
            message(&id.to_string(), &format!("2026-11-{:02}T10:00:00Z", 19 + (id + day) % 3), OPUS, &json!({"output_tokens": output}))
        }).collect();
        let (whole, pieces) = (Sandbox::new(), Sandbox::new());
        whole.file("config/projects/p/s.jsonl", &text);
        let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(text.len() + 1)).collect();
        cuts.sort_unstable();
        for to in cuts.into_iter().chain([text.len()]) {
            pieces.file("config/projects/p/s.jsonl", &text[..to]);
            messages(&pieces);
        }
        prop_assert_eq!(report(&pieces, &[]), report(&whole, &[]));
        prop_assert_eq!(report(&pieces, &["--session"]), report(&whole, &["--session"]));
    }
}
