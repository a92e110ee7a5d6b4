//! Slow facts other than git on the line: output of the user's commands, and usage of all sessions.

use serde_json::json;

use crate::support::{Call, Sandbox, wait_until};

const USER: &str = "home/.config/bridgeline/config.toml";

fn render(sandbox: &Sandbox, seconds: u64) -> Call {
    let payload = json!({"model": "M", "session_id": "s", "cwd": sandbox.text("work")});
    sandbox.render(&payload).refreshing().later(seconds)
}

/// The rows after a refresh of the facts that they need.
#[track_caller]
fn settled(sandbox: &Sandbox, seconds: u64, folder: &str) -> Vec<String> {
    render(sandbox, seconds).run().rows();
    wait_until(folder, || !facts(sandbox, folder).is_empty());
    render(sandbox, seconds).run().rows()
}

/// Files of the facts of a kind.
fn facts(sandbox: &Sandbox, folder: &str) -> Vec<String> {
    let files = sandbox.files(&format!("state/{folder}"));
    files.into_iter().filter(|name| name.ends_with(".json")).collect()
}

#[cfg(unix)]
fn with_command(command: &str, more: &str) -> Sandbox {
    let sandbox = Sandbox::new();
    let config =
        format!("rows = \"model | mine\"\n[segments.mine]\nkind = \"command\"\ncommand = '''{command}'''\n{more}\n");
    sandbox.file(USER, config);
    sandbox
}

#[test]
#[cfg(unix)]
fn a_command_is_never_waited_for_and_its_output_is_shown_afterwards() {
    let sandbox = with_command("cat gate; echo done; echo second", "format = '{output}[ {line2}]'");
    let gate = sandbox.path("work/gate");
    assert!(std::process::Command::new("mkfifo").arg(&gate).status().unwrap().success());
    assert_eq!(render(&sandbox, 0).run().rows(), ["M"], "the command waits for the gate");
    std::fs::write(&gate, "").unwrap();
    wait_until("the answer", || !facts(&sandbox, "command").is_empty());
    assert_eq!(render(&sandbox, 0).run().rows(), ["M │ done second"]);
}

#[test]
#[cfg(unix)]
fn a_command_gets_the_payload_and_the_directory() {
    let sandbox = with_command("grep -o '\"model\":\"[^\"]*\"'; pwd", "format = '{output} {line2}'");
    let rows = settled(&sandbox, 0, "command");
    assert_eq!(rows, [format!("M │ \"model\":\"M\" {}", sandbox.text("work"))]);
}

#[test]
#[cfg(unix)]
fn a_command_is_done_when_its_shell_is() {
    let sandbox = with_command("sleep 1000 & echo said", "timeout = 60");
    assert_eq!(settled(&sandbox, 0, "command"), ["M │ said"]);
}

#[test]
#[cfg(unix)]
fn what_a_command_prints_is_harmless() {
    let print = r#"printf '\033[31mred\033[0m \033]0;title\007\033]8;;x\033\\link\033]8;;\033\\ \302\233 end\n'"#;
    let sandbox = with_command(print, "");
    assert_eq!(settled(&sandbox, 0, "command"), ["M │ red link  end"]);
}

#[test]
#[cfg(unix)]
fn a_command_as_it_printed_has_all_its_rows_and_colours_and_nothing_else() {
    let print =
        r#"printf '\033[31mred\033[0m \033[1;38;5;208mwarm\033[0m\033[2J\n\n  second \033]0;t\007 row\n'; seq 99"#;
    let sandbox = with_command(print, "as_printed = true\n");
    sandbox.file(USER, sandbox.read(USER).replace("model | mine", "mine"));
    let rows = |args: &[&str], depth: &str| {
        let call = render(&sandbox, 0).args(args).env("FORCE_COLOR", depth);
        call.run().painted().lines().map(str::to_owned).collect::<Vec<_>>()
    };
    rows(&[], "0");
    wait_until("command", || !facts(&sandbox, "command").is_empty());
    let plain = rows(&[], "0");
    assert_eq!(plain[..3], ["red warm", "  second  row", "1"]);
    assert_eq!(plain.len(), 10);
    let warm = |code: &str| format!("\x1b[31mred\x1b[0m \x1b[1;{code}mwarm\x1b[0m");
    assert_eq!(rows(&[], "2")[0], warm("38;5;208"));
    assert_eq!(rows(&[], "1")[0], warm("91"));
    assert_eq!(rows(&["--color", "never"], "2")[0], "red warm");
    assert_eq!(rows(&["--width", "6"], "2")[0], "\x1b[31mred\x1b[0m \x1b[1;38;5;208mw…\x1b[0m");
    // Next to other segments it is one row.
    sandbox.file(USER, sandbox.read(USER).replace("\"mine\"", "\"model | mine\""));
    assert_eq!(rows(&[], "0"), ["M │ red warm"]);
}

#[test]
#[cfg(unix)]
fn explain_and_doctor_show_all_rows_of_a_command() {
    let sandbox = with_command("echo one; echo two", "as_printed = true\n");
    sandbox.file(USER, sandbox.read(USER).replace("model | mine", "mine"));
    assert_eq!(settled(&sandbox, 0, "command"), ["one", "two"]);
    let json = |args: &[&str]| -> serde_json::Value { serde_json::from_str(&sandbox.call(args).run().stdout).unwrap() };
    let row = &json(&["explain", "--session", "last", "--json"])["rows"][0];
    assert_eq!((&row["text"], &row["hidden"]), (&json!("one\ntwo"), &json!(null)));
    assert_eq!((&row["segments"][0]["fate"], &row["segments"][0]["text"]), (&json!("shown"), &json!("one")));
    let shown = sandbox.call(&["explain", "--session", "last"]).run().painted();
    assert!(shown.contains("\n  one\n  two\n  shown     mine        one"), "{shown}");
    assert_eq!(json(&["doctor", "--json"])["replay"]["rows"], json!(["one", "two"]));
}

#[test]
#[cfg(unix)]
fn a_command_that_fails_leaves_what_was_there() {
    let sandbox = with_command("test -e fine && echo fine", "interval = 10");
    sandbox.file("work/fine", "");
    assert_eq!(settled(&sandbox, 0, "command"), ["M │ fine"]);
    std::fs::remove_file(sandbox.path("work/fine")).unwrap();
    assert_eq!(render(&sandbox, 11).run().rows(), ["M │ fine"]);
    let fact = || {
        let name = facts(&sandbox, "command").remove(0);
        sandbox.json(&name)
    };
    wait_until("the failure", || fact()["failures"] == 1);
    assert!(fact()["error"].as_str().unwrap().contains("exit status 1"), "{}", fact());
    // Marked as old once it is older than three times its interval.
    assert_eq!(render(&sandbox, 12).run().rows(), ["M │ fine"]);
    assert_eq!(render(&sandbox, 40).run().rows(), ["M │ fine (40s)"]);
}

#[test]
#[cfg(unix)]
fn a_command_without_end_is_ended() {
    let sandbox = with_command("sleep 1000", "timeout = 0.2");
    render(&sandbox, 0).run().rows();
    wait_until("the failure", || !facts(&sandbox, "command").is_empty());
    let name = facts(&sandbox, "command").remove(0);
    assert!(sandbox.read(&name).contains("took too long"), "{}", sandbox.read(&name));
    assert_eq!(render(&sandbox, 1).run().rows(), ["M"]);
}

#[test]
fn a_command_in_a_projects_file_is_not_run() {
    let sandbox = Sandbox::new();
    let file = "rows = 'model | mine'\n[segments.mine]\nkind = 'command'\ncommand = 'echo evil >ran'\n[segments.command]\ncommand = 'echo evil >ran'\n";
    sandbox.file("work/.bridgeline.toml", file);
    for _ in 0..3 {
        assert_eq!(render(&sandbox, 0).run().rows(), ["M"]);
    }
    assert!(!sandbox.path("work/ran").exists() && facts(&sandbox, "command").is_empty());
}

fn message(id: &str, at: &str, output: u64) -> String {
    let line = json!({
        "type": "assistant", "timestamp": at, "sessionId": "other", "requestId": format!("req_{id}"),
        "message": {"id": format!("msg_{id}"), "model": "claude-opus-4-8", "usage": {"output_tokens": output}},
    });
    format!("{line}\n")
}

/// Two messages of today, one of yesterday; 25 USD for a million tokens of output.
fn used() -> Sandbox {
    let sandbox = Sandbox::new();
    let transcript = message("a", "2026-11-22T20:00:00Z", 400_000)
        + &message("b", "2026-11-23T01:30:00Z", 100_000)
        + &message("c", "2026-11-23T02:30:00Z", 60_000);
    sandbox.file("config/projects/-work/other.jsonl", transcript);
    sandbox
}

#[test]
fn what_all_sessions_used_is_on_the_line() {
    let sandbox = used();
    sandbox.file(USER, "rows = ['today | block | burn']\n[segments.today]\nformat = '{usd} {tokens} {week}'\n");
    let rows = settled(&sandbox, 0, "usage");
    assert_eq!(rows, ["$4.00 160k $14.00 │ block $4.00 (2h58m) │ $2.62/h to ~$11.78"]);
}

#[test]
fn a_budget_has_a_pace_and_an_end() {
    let sandbox = used();
    let format = "format = '{budget} {pace}[ {full}]'";
    sandbox.file(
        USER,
        format!(
            "rows = 'today block'\n[segments.today]\nbudget = 5\n{format}\n[segments.block]\nbudget = 10\n{format}\n"
        ),
    );
    // Three hours of the day and two of the window have passed; $2.62 are spent in an hour.
    assert_eq!(settled(&sandbox, 0, "usage"), ["80% +67% spent in 22m 40% -1% spent in 2h17m"]);
}

#[test]
fn an_unknown_price_is_not_0() {
    let sandbox = Sandbox::new();
    let unknown = message("a", "2026-11-23T02:30:00Z", 60_000).replace("claude-opus-4-8", "own");
    sandbox.file("config/projects/-work/other.jsonl", unknown);
    let format = "budget = 5\nformat = ['[{usd} ][{budget} ][{pace} ]{tokens}']\n";
    let config = format!("rows = 'today | block | burn'\n[segments.today]\n{format}[segments.block]\n{format}");
    sandbox.file(USER, config + "[segments.burn]\nformat = '[{rate} ]{tokens}'\n");
    assert_eq!(settled(&sandbox, 0, "usage"), ["60k │ 60k │ 1.9k"]);
}

#[test]
fn a_budget_has_thresholds() {
    let sandbox = used();
    sandbox.file(USER, "rows = 'today'\n[segments.today]\nbudget = 5\nformat = '{bar:5} {budget}'\nthresholds = [{ at = 80, role = 'danger' }]\n");
    assert_eq!(settled(&sandbox, 0, "usage"), ["████  80%"]);
    let painted = render(&sandbox, 0).env("FORCE_COLOR", "1").run().painted();
    assert!(painted.contains("\u{1b}[1;4;91m80%"), "{painted:?}");
}

#[test]
fn the_hosts_own_window_counts_for_the_block() {
    let sandbox = used();
    sandbox.file(USER, "rows = 'block'\n");
    let payload = json!({
        "model": "M", "session_id": "s", "cwd": sandbox.text("work"),
        "rate_limits": {"five_hour": {"used_percentage": 5, "resets_at": 1_795_402_900 + 4 * 3600}},
    });
    let call = || sandbox.render(&payload).refreshing();
    call().run();
    wait_until("the summary", || sandbox.path("state/usage.json").exists());
    wait_until("the line", || call().run().rows() == ["block $1.50 (4h)"]);
}

/// A segment of all sessions' usage never shows less than the session's own cost, which is known before any transcript
/// is read; and it does not fall when `/clear` begins another session.
#[test]
fn a_session_is_in_the_sums_from_its_first_cost_on() {
    let sandbox = used();
    sandbox.file(
        USER,
        "rows = ['cost | today | block']\n[segments.block]\nformat = '{usd}'\n[segments.today]\nformat = '{usd}'\n",
    );
    let line = |id: &str, usd: f64, minutes: u64, later: u64| {
        let payload = json!({
            "model": "M", "session_id": id, "cwd": sandbox.text("work"),
            "cost": {"total_cost_usd": usd, "total_duration_ms": minutes * 60_000},
        });
        sandbox.render(&payload).refreshing().later(later)
    };
    // 4 USD of another session are read.
    line("s", 0.0, 0, 0).run();
    wait_until("the summary", || sandbox.path("state/usage.json").exists());
    wait_until("the line", || line("s", 1.5, 1, 0).run().rows() == ["$1.50 │ $5.50 │ $5.50"]);
    let rows = |id: &str, usd, minutes, later| line(id, usd, minutes, later).run().rows();
    assert_eq!(rows("t", 0.0, 0, 5), ["$0.00 │ $5.50 │ $5.50"]);
    assert_eq!(rows("t", 0.25, 1, 20), ["$0.25 │ $5.75 │ $5.75"]);
    // Begun before midnight, so its share of the day is unknown; begun after it, and before the block.
    assert_eq!(rows("u", 9.0, 3 * 60 + 3, 20), ["$9.00 │ $4.00 │ $4.00"]);
    assert_eq!(rows("v", 9.0, 3 * 60, 20), ["$9.00 │ $13.00 │ $4.00"]);
}

#[test]
fn without_transcripts_nothing_is_shown() {
    let sandbox = Sandbox::new();
    sandbox.file(USER, "rows = ['model', 'today | block | burn']\n[segments.today]\nhide_when = 'usd = 0'\n");
    assert_eq!(settled(&sandbox, 0, "usage"), ["M"]);
}
