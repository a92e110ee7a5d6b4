//! With any config, a row fits, ends every style that it begins, and has no control character.

use std::ffi::OsString;
use std::time::{Duration, UNIX_EPOCH};

use bridgeline::agent::{Limit, PromptCache, PullRequest, Repo, Review, Status, Usage};
use bridgeline::base::env::Env;
use bridgeline::config::{Config, Flags, Invocation, layer};
use bridgeline::facts::git::Head;
use bridgeline::line;
use bridgeline::segment;
use bridgeline::snapshot::{Given, Snapshot};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use serde_json::json;
use unicode_width::UnicodeWidthStr;

use crate::support::plain;

/// Text from outside: words, wide and combining characters, control and direction characters.
fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z ]{0,12}",
        "\\PC{0,20}",
        "[\\x00-\\x1f\\x7f-\\x{9f}\\x{200b}-\\x{206f}a日\u{301}👩\u{200d}\\[\\]{}%$`#!]{0,16}",
        Just("\u{1b}]8;;https://x\u{1b}\\x\u{1b}[31m\n".to_owned()),
    ]
}

fn any_status() -> impl Strategy<Value = Status> {
    let texts = vec(option::of(any_text()), 12);
    let numbers = (0.0..200.0, 0.0..1e7, 0u64..1 << 40, any::<bool>());
    (texts, numbers).prop_map(|(texts, (percent, usd, count, flag))| {
        let mut texts = texts.into_iter();
        let mut text = || texts.next().flatten();
        Status {
            session_id: text(),
            session_name: text(),
            model: text(),
            effort: text(),
            style: text(),
            vim: text(),
            worktree: text(),
            agent_name: text(),
            mode: text(),
            version: text(),
            cwd: text().map(|name| format!("/work/{name}")),
            repo: text().map(|name| Repo { host: "github.com".into(), owner: name.clone(), name }),
            thinking: Some(flag),
            fast: Some(flag),
            cost_usd: Some(usd),
            duration: Some(Duration::from_secs(count)),
            lines_added: Some(count),
            context: bridgeline::agent::Context { used: Some(percent), size: Some(count), ..Default::default() },
            usage: Some(Usage { input: Some(count), output: Some(count), ..Usage::default() }),
            limits: flag.then(|| vec![Limit { name: "5h".into(), used: percent, resets_at: None, spend: None }]),
            prompt_cache: Some(PromptCache { hit_ratio: Some(0.5), ..PromptCache::default() }),
            pr: Some(PullRequest {
                number: count,
                url: Some("https://example.org/1".into()),
                review: Some(Review::Approved),
                merge_request: flag,
            }),
            ..Status::default()
        }
    })
}

/// A row of existing segments, in any order, on any side.
fn any_row() -> impl Strategy<Value = String> {
    let names: Vec<String> =
        segment::ALL.iter().map(|kind| kind.name.to_owned()).chain(["|", "fill", "own"].map(str::to_owned)).collect();
    vec(proptest::sample::select(names), 0..14).prop_map(|names| names.join(" "))
}

fn any_config() -> impl Strategy<Value = String> {
    let words = (
        proptest::sample::select(vec!["plain", "powerline", "capsule"]),
        proptest::sample::select(vec!["nerd", "emoji", "text", "ascii"]),
        proptest::sample::select(bridgeline::theme::names().collect::<Vec<_>>()),
        proptest::sample::select(vec!["never", "16", "256", "truecolor"]),
    );
    let texts = (vec(any_text(), 5), vec(any_row(), 0..4));
    (words, texts, 0u32..9, any::<bool>()).prop_map(|((style, icons, theme, color), (texts, rows), padding, links)| {
        let quoted = |text: &str| serde_json::to_string(&text.replace('\u{7f}', "")).unwrap();
        let [separator, gap, prefix, icon, own] = &texts[..] else { unreachable!() };
        let literal: String = own.chars().filter(|c| !"{}[]\\".contains(*c)).collect();
        format!(
            "style = \"{style}\"\nicons = \"{icons}\"\ntheme = \"{theme}\"\ncolor = \"{color}\"\npadding = {padding}\nlinks = {links}\n\
             rows = [{}]\nseparator = {}\ngap = {}\nprefix = {}\n\
             [segments.own]\nkind = \"text\"\nformat = {}\n[segments.model]\nicon = {}\nformat = [\"[{{icon}} ]{{name}}\", \"{{name:3}}\"]\n",
            rows.iter().map(|row| quoted(row)).collect::<Vec<_>>().join(", "),
            quoted(separator),
            quoted(gap),
            quoted(prefix),
            quoted(&literal),
            quoted(icon),
        )
    })
}

/// Without links, whose sequences are checked.
fn unlinked(painted: &str) -> String {
    let mut out = String::new();
    let mut rest = painted;
    let mut open = false;
    while let Some((before, behind)) = rest.split_once("\u{1b}]8;;") {
        let (address, after) = behind.split_once("\u{1b}\\").expect("a link has an end");
        assert!(address.bytes().all(|byte| byte.is_ascii_graphic()), "{address:?}");
        out.push_str(before);
        open = !address.is_empty();
        rest = after;
    }
    assert!(!open, "{painted:?}");
    out + rest
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn every_row_fits_and_is_clean(
        config in any_config(),
        status in any_status(),
        branch in any_text(),
        task in any_text(),
        columns in 1usize..220,
    ) {
        let vars = [("HOME", "/home/ada"), ("TZ", "UTC"), ("HOSTNAME", "shed"), ("USER", "ada")];
        let now = UNIX_EPOCH + Duration::from_secs(1_795_402_900);
        let env = Env::fixed(now, vars.map(|(name, value)| (name, OsString::from(value))));
        let (layer, mistakes) = layer::parse(&config);
        prop_assert_eq!(mistakes, vec![], "{}", config);
        let flags = Flags { layer, width: Some(columns), agent: None };
        let config = Config::load(&Invocation::new(env.clone(), flags), None);
        let bridge = json!({
            "tool_count": 47, "files_modified_count": 3,
            "bridgeline": {
                "state": "working", "since_ms": 1_795_402_800_000_u64, "mode": task.as_str(),
                "tool": {"name": task.as_str(), "target": task.as_str(), "at_ms": 1}, "compactions": 2,
                "agents": [{"id": "1", "type": task.as_str(), "since_ms": 1}],
                "tasks": [{"id": "1", "subject": task.as_str(), "status": "in_progress"}],
            },
        });
        let given = Given { bridge: Some(bridge.to_string()), head: Some(Head::Branch(branch)), ..Given::default() };
        let snapshot = Snapshot::given(status, &env, given);
        let rows = line::rows(&snapshot, &config);
        for row in unlinked(&line::painted(&rows, &config)).lines() {
            let row = plain(row);
            prop_assert!(row.width() <= columns, "{}: {:?}", columns, row);
        }
    }
}
