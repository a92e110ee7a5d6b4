//! Usage limits: rounding, forecasts, pace, and resets.

use serde_json::{Value, json};

use crate::support::{NOW, Sandbox, plain};

/// A payload with windows that reset in this many seconds, by their keys.
fn payload(windows: &[(&str, f64, i64)]) -> Value {
    let window = |(key, used, left): &(&str, f64, i64)| {
        (key.to_string(), json!({"used_percentage": used, "resets_at": NOW as i64 + left}))
    };
    json!({"session_id": "s", "model": "M", "rate_limits": windows.iter().map(window).collect::<serde_json::Map<_, _>>()})
}

#[track_caller]
fn check(windows: &[(&str, f64, i64)], format: &str, expected: &str) {
    let format = format!("segments.limits.format=\"{format}\"");
    let printed = Sandbox::new()
        .render(&payload(windows))
        .args(&["--set", "rows=[\"limits\"]", "--set", &format])
        .env("TZ", "JST-9")
        .run();
    assert_eq!(printed.line(), expected, "{windows:?} {format}");
}

#[test]
fn each_window_has_its_name_and_further_ones_stand_behind() {
    let windows = [
        ("seven_day_opus", 92.9, 90_000),
        ("five_hour", 2.0, 7500),
        ("seven_day", 13.8, 90_000),
        ("seven_day_gone", 50.0, -1),
    ];
    check(&windows, "{windows}", "5h 2% (2h5m) 7d 13% (1d1h) 7d opus 92% full in 10h55m (1d1h)");
    check(&windows, "{fullest}", "7d opus 92%");
}

#[test]
fn a_reset_has_a_time_of_day_and_a_day_where_that_is_not_today() {
    // It is 12:01 on a Monday there.
    check(&[("five_hour", 24.0, 7500)], "{five_hour} {five_hour_reset_at}", "24% 14:06");
    check(&[("seven_day", 24.0, 90_000)], "{seven_day_reset_at}", "Tue 13:01");
    check(&[("seven_day", 24.0, 604_000)], "{seven_day_reset_at}", "Nov 30 11:48");
}

#[test]
fn pace_and_the_end_of_a_window() {
    // Half of it has passed.
    let fast = [("five_hour", 75.0, 9000), ("seven_day", 10.0, 302_400)];
    check(&fast, "{five_hour_pace} {five_hour_full} {seven_day_pace}", "+25% full in 50m -40%");
    check(&fast, "{pace}, {full}", "5h +25%, 5h full in 50m");
    check(&[("five_hour", 40.0, 9000)], "{five_hour}[ {five_hour_full}][ {pace}]", "40%");
}

#[test]
fn bars_paces_and_times_of_day_are_shown_on_request() {
    // The first is fast, the second just started, the third is slow.
    let windows = [("five_hour", 75.0, 9000), ("seven_day", 12.0, 604_000), ("seven_day_opus", 10.0, 302_400)];
    let check = |keys: &str, field: &str, expected: &str| {
        let set = format!("segments.limits={{{keys},format=\"{{{field}}}\"}}");
        let args = ["--set", "rows=[\"limits\"]", "--set", &set, "--icons", "ascii", "--width", "120"];
        let printed = Sandbox::new().render(&payload(&windows)).args(&args).env("TZ", "JST-9").run();
        assert_eq!(printed.line(), expected, "{keys} {field}");
    };
    check("bar=4", "windows", "5h ###- 75% full in 50m (2h30m) 7d ---- 12% (6d23h) 7d opus ---- 10% (3d12h)");
    check("bar=4", "windows_short", "5h ###- 75% full in 50m 7d ---- 12% (6d) 7d opus ---- 10% (3d)");
    check("bar=4", "used", "5h 75% 7d 12% 7d opus 10%");
    check(
        "pace=true,reset=\"at\"",
        "windows",
        "5h 75% +25% full in 50m (14:31) 7d 12% +12% (Nov 30 11:48) 7d opus 10% -40% (Fri 00:01)",
    );
}

#[test]
fn a_full_window_has_no_time_until_it_is() {
    check(&[("five_hour", 100.0, 9000)], "{windows}", "5h 100% full (2h30m)");
}

#[test]
fn thresholds_can_be_those_of_the_pace() {
    let painted = |used: f64| {
        let set = "segments.limits={levels=\"pace\",thresholds=[{at=10,role=\"danger\"}],format=\"{five_hour}\"}";
        let args = ["--set", "rows=[\"limits\"]", "--set", set, "--theme", "default"];
        let sandbox = Sandbox::new();
        let call = sandbox.render(&payload(&[("five_hour", used, 9000)])).args(&args);
        call.env("FORCE_COLOR", "3").run().painted().replace(char::is_numeric, "")
    };
    assert_eq!(painted(20.0), painted(50.0));
    assert_ne!(painted(61.0), painted(59.0));
}

#[test]
fn a_budget_has_an_end_and_levels_in_percent_of_it() {
    let sandbox = Sandbox::new();
    let painted = |usd: f64, keys: &str| {
        let cost = json!({"total_cost_usd": usd, "total_duration_ms": 3 * 3_600_000});
        let payload = json!({"session_id": "s", "model": "M", "cost": cost});
        let set = format!("segments.cost={{{keys}}}");
        let args = ["--set", "rows=[\"cost\"]", "--set", &set, "--theme", "default"];
        sandbox.render(&payload).args(&args).env("FORCE_COLOR", "3").run().painted()
    };
    let text = |usd, keys: &str| plain(&painted(usd, keys)).trim_end().to_owned();
    assert_eq!(text(10.5, "budget=20"), "$10.50 spent in 2h42m");
    assert_eq!(text(20.0, "budget=20"), "$20.00 spent");
    assert_eq!(text(10.5, ""), "$10.50");
    let look = |usd, keys: &str| painted(usd, keys).replace(|c: char| c.is_numeric() || c == '.', "");
    let percent = "budget=100,format=\"{usd}\"";
    assert_eq!(look(51.0, percent), look(74.0, percent));
    assert_ne!(look(74.0, percent), look(76.0, percent));
    assert_ne!(look(99.0, percent), look(10.0, percent));
}

#[test]
fn a_spending_limit_has_amounts() {
    let limits = json!({"spend_limit": {"used_usd": 12.5, "limit_usd": 50, "period": "monthly"}});
    let payload = json!({"model": "M", "rate_limits": limits});
    let format = "segments.limits.format=\"{windows}, {spend_usd} of {spend_limit} {spend_period}\"";
    let sandbox = Sandbox::new();
    let call = sandbox.render(&payload).args(&["--set", "rows=[\"limits\"]", "--set", format]);
    assert_eq!(call.run().line(), "spend 25%, $12.50 of $50.00 monthly");
}

#[test]
fn a_window_that_has_run_out_leaves_an_empty_line_and_not_the_last_one() {
    let sandbox = Sandbox::new();
    let call = || sandbox.render(&payload(&[("five_hour", 75.0, 9000)])).args(&["--set", "rows=[\"limits\"]"]);
    assert_eq!(call().run().line(), "5h 75% full in 50m (2h30m)");
    let later = call().later(9001).run();
    assert_eq!((later.code, later.stdout.as_str()), (Some(0), "\n"));
}
