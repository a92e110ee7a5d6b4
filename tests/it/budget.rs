//! Budgets: in config, on the line, below reports, and in the exit status of `usage check`.

use serde_json::{Value, json};
use snapbox::{assert_data_eq, str};

use crate::support::{Sandbox, fixture};

const CONFIG: &str = "home/.config/bridgeline/config.toml";

/// A line of a message: 25 USD for each million tokens of output.
fn line(id: &str, at: &str, cwd: &str, output: u64) -> String {
    let line = json!({
        "type": "assistant", "timestamp": at, "sessionId": "s", "requestId": format!("req_{id}"), "cwd": cwd,
        "message": {"id": format!("msg_{id}"), "model": "claude-opus-4-8", "usage": {"output_tokens": output}},
    });
    format!("{line}\n")
}

/// Exit status, stdout and stderr of a run.
fn outcome(sandbox: &Sandbox, args: &[&str]) -> (Option<i32>, String, String) {
    let printed = sandbox.call(args).run();
    (printed.code, printed.stdout, printed.stderr)
}

/// 5 USD today, which is a Monday, 25 yesterday, and 25 in the month before, the last of these in the shed.
fn garden(config: &str) -> Sandbox {
    let sandbox = Sandbox::new();
    let lines = line("a", "2026-11-23T01:00:00Z", "/home/ada/garden", 200_000)
        + &line("b", "2026-11-22T23:59:59Z", "/home/ada/garden", 1_000_000);
    sandbox.file("config/projects/-home-ada-garden/s1.jsonl", lines);
    let shed = line("c", "2026-10-31T23:59:59Z", "/home/ada/shed", 1_000_000);
    sandbox.file("config/projects/-home-ada-shed/s2.jsonl", shed);
    sandbox.file(CONFIG, config);
    sandbox
}

const WITHIN: &str = "[budget]\nday = 20\nweek = 5.5\nmonth = 300\n'/home/ada/garden' = 50\n'/home/ada/shed' = 10\n";

#[test]
fn budgets_that_hold() {
    let sandbox = garden(WITHIN);
    assert_data_eq!(
        sandbox.call(&["usage", "check"]).run().painted(),
        str![[r#"
day                $5.00   of $20.00  25%   $15.00 left
week               $5.00    of $5.50  91%    $0.50 left
month             $30.00  of $300.00  10%  $270.00 left
/home/ada/garden  $30.00   of $50.00  60%   $20.00 left
/home/ada/shed     $0.00   of $10.00   0%   $10.00 left

"#]]
    );
    assert_eq!(sandbox.call(&["usage", "check", "--quiet"]).run().painted(), "");
    let json: Value = serde_json::from_str(&sandbox.call(&["usage", "check", "--json"]).run().painted()).unwrap();
    assert_eq!((&json["schema"], &json["version"]), (&json!("bridgeline.budgets"), &json!(1)));
    let week = json!({
        "budget": "week", "limit_usd": 5.5, "used_usd": 5.0, "left_usd": 0.5, "used_percent": 90.909091,
        "unpriced_messages": 0, "from": "2026-11-23T00:00:00Z", "to": "2026-11-30T00:00:00Z", "is_over": false,
    });
    assert_eq!(json["budgets"][1], week);
}

#[test]
fn a_budget_that_is_spent_fails() {
    let sandbox = garden("[budget]\nday = 5\nmonth = 29.99\n");
    for args in [&["usage", "check"][..], &["usage", "check", "--quiet"], &["usage", "check", "--json"]] {
        let (code, _, stderr) = outcome(&sandbox, args);
        assert_eq!(
            (code, stderr.as_str()),
            (Some(1), "bridgeline: over budget: month: $30.00 of $29.99, 100%\n"),
            "{args:?}"
        );
    }
}

#[test]
fn without_a_budget_there_is_nothing_to_check() {
    let sandbox = garden("theme = 'nord'\n");
    let (code, stdout, stderr) = outcome(&sandbox, &["usage", "check"]);
    assert_eq!((code, stdout.as_str()), (Some(1), ""));
    assert!(stderr.contains("no budget set"), "{stderr}");
}

#[test]
fn mistakes_in_budgets_are_reported_and_the_others_count() {
    let wrong = ["dya = 1", "week = -1", "month = inf", "'/srv' = true", "'garden/beds' = 5"];
    let sandbox = garden(&format!("[budget]\nday = 20\n{}\n", wrong.join("\n")));
    let (code, stdout, stderr) = outcome(&sandbox, &["usage", "check"]);
    assert_eq!((code, stdout.lines().count()), (Some(0), 1), "{stdout}");
    let expected = "budget: expected day, week, month or a project's full path, and USD above 0";
    assert_eq!(stderr.matches(expected).count(), wrong.len(), "{stderr}");
    let (code, stdout, _) = outcome(&sandbox, &["config", "check"]);
    assert_eq!((code, stdout.matches("budget: expected").count()), (Some(1), wrong.len()), "{stdout}");
}

#[test]
fn other_machines_count_in() {
    let (here, there) = (garden(WITHIN), garden("[budget]\nday = 1000\n"));
    there.file("config/projects/p/s3.jsonl", line("d", "2026-11-23T02:00:00Z", "/srv", 1_000_000));
    there.call(&["usage", "check"]).run();
    let (code, _, stderr) = outcome(&here, &["usage", "check", "--from", &there.text("state")]);
    assert_eq!(code, Some(1));
    assert!(stderr.contains("over budget: day: $30.00 of $20.00, 150%, week: $30.00 of $5.50"), "{stderr}");
}

#[test]
fn reports_have_their_budget_below() {
    let sandbox = garden(WITHIN);
    let last = |report: &str| {
        let printed = sandbox.call(&["usage", report]).run().painted();
        printed.lines().filter(|line| line.starts_with("budget")).map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(last("--daily"), ["budget of day: $5.00 of $20.00, 25%"]);
    assert_eq!(last("--monthly"), ["budget of month: $30.00 of $300.00, 10%"]);
    assert_eq!(last("--project").len(), 2);
    assert_eq!(last("--model"), [""; 0]);
}

/// The rows of a payload in that folder, and its summary from a check.
fn shown(sandbox: &Sandbox, dir: &str) -> String {
    sandbox.call(&["usage"]).run();
    let mut payload = fixture("claude-code-2.1.330/status-5.json");
    payload["workspace"] = json!({ "current_dir": dir, "project_dir": dir });
    payload["cwd"] = json!(dir);
    payload["cost"]["total_cost_usd"] = json!(0);
    sandbox.render(&payload).args(&["--color", "never"]).run().painted()
}

#[test]
fn the_line_has_the_tightest_budget() {
    let row = "rows = 'budget'\n";
    let check = |config: &str, dir: &str, expected: &str| {
        let sandbox = garden(&format!("{row}{config}"));
        assert_eq!(shown(&sandbox, dir).trim_end(), expected, "{config} {dir}");
    };
    check(WITHIN, "/home/ada/garden/beds", "week 91% of $5.50");
    let projects = "[budget]\nday = 100\n'/home/ada/garden' = 50\n";
    check(projects, "/home/ada/garden/beds", "garden 60% of $50.00");
    check(projects, "/home/ada/gardens", "day 5% of $100.00");
    check("[budget]\nday = 4\n", "/srv", "day 125% of $4.00 spent");
    check("", "/srv", "");
    let fields = "rows = 'mine'\n[segments.mine]\nkind = 'budget'\nformat = '{usd} {left} {bar:4} {pace}'\n";
    let sandbox = garden(&format!("{fields}[budget]\nmonth = 60\n"));
    assert_eq!(shown(&sandbox, "/srv").trim_end(), "$30.00 $30.00 ██── -24%");
}

#[test]
fn a_projects_file_sets_no_budget() {
    let sandbox = garden("rows = 'budget'\n[budget]\nday = 10\n");
    sandbox.file("work/.bridgeline.toml", "[budget]\nday = 1000\n");
    assert_eq!(shown(&sandbox, &sandbox.text("work")).trim_end(), "day 50% of $10.00 spent in 3h1m");
}
