//! The line of every payload in every preset, in four widths and with every number of colours, and the JSON
//! document. In this process: the binary would take minutes.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fmt::Write;
use std::path::Path;
use std::time::{Duration, UNIX_EPOCH};
use std::{fs, thread};

use bridgeline::agent;
use bridgeline::base::env::Env;
use bridgeline::cli::{self, Command};
use bridgeline::config::{Config, Invocation};
use bridgeline::document;
use bridgeline::line;
use bridgeline::snapshot::sample::{self, Sample};
use bridgeline::snapshot::{Given, Snapshot};

use super::{Golden, digest, read};
use crate::support::{NOW, fixtures, themes};

const WIDTHS: [&str; 4] = ["40", "80", "120", "200"];
const COLORS: [&str; 4] = ["never", "16", "256", "truecolor"];

/// Index into `WIDTHS` of the one that is shown if not all are.
const SHOWN: usize = 2;

/// The sample that has something to show in most segments.
const RICHEST: &str = "busy";

/// A session with all data given.
struct Case {
    name: String,
    snapshot: Snapshot,
    kind: Kind,
}

/// The kind of a case, which decides how much of it the corpus shows; the rest are digests.
#[derive(Clone, Copy, PartialEq)]
enum Kind {
    /// A payload and nothing else: all widths.
    Alone,
    /// A payload with the bridge, history, repository and usage of a sample: one width.
    Amid,
    /// A sample: all widths, and the richest one in colours.
    Sample,
}

fn cases() -> Vec<Case> {
    let env = env();
    let mut cases = Vec::new();
    for name in fixtures() {
        let status = || agent::read(&read("status", &name)).unwrap();
        let snapshot = Snapshot::given(status(), &env, Given::default());
        cases.push(Case { name: name.clone(), snapshot, kind: Kind::Alone });
        let mut snapshot = richest();
        snapshot.status = status();
        cases.push(Case { name: format!("{name} amid {RICHEST}"), snapshot, kind: Kind::Amid });
    }
    for sample in samples() {
        let name = format!("sample {}", sample.name);
        cases.push(Case { name, snapshot: sample.snapshot(), kind: Kind::Sample });
    }
    cases
}

/// All samples except those that show another one in fewer columns.
fn samples() -> impl Iterator<Item = &'static Sample> {
    sample::ALL.iter().filter(|sample| sample.columns.is_none())
}

fn richest() -> Snapshot {
    sample::find(RICHEST).unwrap().snapshot()
}

/// An empty machine.
fn env() -> Env {
    let vars = [("HOME", "/home/ada"), ("USER", "ada"), ("HOSTNAME", "shed"), ("TZ", "UTC"), ("COLORFGBG", "15;0")];
    Env::fixed(UNIX_EPOCH + Duration::from_secs(NOW), vars.map(|(name, value)| (name, value.into())))
}

/// The output of a render with these flags.
fn rendered(snapshot: &Snapshot, config: &Config) -> String {
    line::painted(&line::rows(snapshot, config), config)
}

fn config(flags: &[&str]) -> Config {
    let args: Vec<OsString> = flags.iter().map(OsString::from).collect();
    let Ok((Command::Render, flags)) = cli::parse(&args) else { panic!("{flags:?}") };
    let config = Config::load(&Invocation::new(env(), flags), None);
    assert!(config.warnings.is_empty(), "{args:?}");
    config
}

/// Control characters as visible ones.
fn visible(painted: &str) -> String {
    painted.replace('\x1b', "␛").replace('\x07', "␇")
}

/// Rows, each below the widths that give it.
fn by_width(lines: &[(&str, String)]) -> String {
    let mut text = String::new();
    for same in lines.chunk_by(|(_, one), (_, other)| one == other) {
        let widths: Vec<&str> = same.iter().map(|(width, _)| *width).collect();
        write!(text, "{} columns:\n{}", widths.join(", "), same[0].1).unwrap();
    }
    text
}

/// The entry of a case in a preset. `configs` are those of each number of colours, beginning with none.
fn shown(case: &Case, configs: &[(&'static str, [Config; 4])]) -> String {
    let lines = |(color, configs): &(&'static str, [Config; 4])| {
        let lines = WIDTHS.into_iter().zip(configs.iter().map(|config| rendered(&case.snapshot, config)));
        (*color, lines.collect::<Vec<_>>())
    };
    let lines: Vec<(&str, Vec<(&str, String)>)> = configs.iter().map(lines).collect();
    let plain = &lines[0].1;
    let mut text = by_width(if case.kind == Kind::Amid { &plain[SHOWN..=SHOWN] } else { plain });
    if case.name == format!("sample {RICHEST}") {
        for (color, lines) in &lines[1..] {
            let (width, line) = &lines[SHOWN];
            write!(text, "{color}, {width} columns:\n{}", visible(line)).unwrap();
        }
    }
    let digests = lines.iter().map(|(color, lines)| {
        let all: String = lines.iter().map(|(_, line)| line.as_str()).collect();
        format!("{color} {}", digest(&all))
    });
    // A case that is shown in all widths needs no digest.
    let digests = digests.skip(usize::from(case.kind != Kind::Amid));
    text + &digests.collect::<Vec<_>>().join(" ")
}

fn presets() -> BTreeSet<String> {
    let files = fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/config/presets")).unwrap();
    let name = |file: fs::DirEntry| file.path().file_stem().unwrap().to_str().unwrap().to_owned();
    files.map(|file| name(file.unwrap())).collect()
}

fn lines(preset: &str) -> Golden {
    let mut golden = Golden::new(&format!("preset-{preset}.txt"));
    let with = |color, width| config(&["--preset", preset, "--width", width, "--color", color]);
    let configs = COLORS.map(|color| (color, WIDTHS.map(|width| with(color, width))));
    for case in cases() {
        golden.entry(&case.name, &shown(&case, &configs));
    }
    golden
}

#[test]
fn every_preset_shows_every_payload() {
    let presets = presets();
    let made = thread::scope(|scope| {
        let started: Vec<_> = presets.iter().map(|preset| scope.spawn(|| lines(preset))).collect();
        started.into_iter().map(|thread| thread.join().unwrap()).collect::<Vec<_>>()
    });
    assert!(made.len() >= 8, "{presets:?}");
    made.iter().for_each(Golden::check);
}

/// Digests of all samples, one with each of these flags.
fn digests(flags: &[&str], key: &str, values: &[&str]) -> String {
    let with = |value| config(&[flags, &[key, value]].concat());
    let configs: Vec<(&str, Config)> = values.iter().map(|value| (*value, with(value))).collect();
    let mut text = String::new();
    for sample in samples() {
        write!(text, "{}:", sample.name).unwrap();
        for (value, config) in &configs {
            write!(text, " {value} {}", digest(&rendered(&sample.snapshot(), config))).unwrap();
        }
        text.push('\n');
    }
    text
}

/// Their digests are of the full preset, which has every role.
#[test]
fn every_theme_colours_every_sample() {
    let mut golden = Golden::new("themes.txt");
    for theme in themes().into_iter().collect::<BTreeSet<_>>() {
        let flags = |preset| ["--preset", preset, "--theme", &theme, "--width", "120", "--style", "plain"];
        let config = config(&[&flags("default")[..], &["--color", "truecolor"]].concat());
        let text = visible(&rendered(&richest(), &config));
        golden.entry(&theme, &format!("{text}{}", digests(&flags("full"), "--color", &COLORS)));
    }
    golden.check();
}

#[test]
fn every_set_of_icons_in_every_style() {
    let mut golden = Golden::new("looks.txt");
    for icons in ["nerd", "emoji", "text", "ascii"] {
        for style in ["plain", "powerline", "capsule"] {
            let flags = ["--icons", icons, "--style", style, "--width", "120", "--color", "256"];
            let config = config(&[&flags[..], &["--preset", "full"]].concat());
            let text = visible(&rendered(&richest(), &config));
            let digests = digests(&flags, "--preset", &["default", "full", "two-row"]);
            golden.entry(&format!("{icons}, {style}"), &format!("{text}{digests}"));
        }
    }
    golden.check();
}

#[test]
fn every_payload_as_a_document() {
    let mut golden = Golden::new("documents.txt");
    for Case { name, snapshot, kind } in cases() {
        let text = document::of(&snapshot);
        golden.entry(&name, &if kind == Kind::Amid { digest(&text) } else { text });
    }
    golden.check();
}
