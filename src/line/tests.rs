//! Rows of every preset at every width.

use std::fs;
use std::path::Path;
use std::time::{Duration, UNIX_EPOCH};

use super::*;
use crate::agent;
use crate::base::env::Env;
use crate::config::embedded::PRESETS;
use crate::config::value::KeyValue;
use crate::config::{Flags, Invocation};
use crate::facts::git::Head;
use crate::snapshot::{Given, sample};
use crate::store::{self, Trust};

/// The samples, and real payloads of Claude Code, of older and newer versions.
fn snapshots() -> Vec<(String, Snapshot)> {
    let env = Env::fixed(UNIX_EPOCH + Duration::from_secs(1_795_402_860), []);
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/status");
    let folders = ["claude-code-2.1.332", "older", "antigravity"].map(|folder| fixtures.join(folder));
    let files = folders.iter().flat_map(|folder| fs::read_dir(folder).unwrap()).map(|file| file.unwrap().path());
    let real = files.map(|file| {
        let status = agent::read(&store::read_text(&file, Trust::Lenient, 1 << 20).unwrap()).unwrap();
        let head = Some(Head::Branch("feature/a-long-name-of-a-branch".to_owned()));
        (file.display().to_string(), Snapshot::given(status, &env, Given { head, ..Given::default() }))
    });
    let samples = sample::ALL.iter().map(|sample| (sample.name.to_owned(), sample.snapshot()));
    samples.chain(real).collect()
}

fn config(preset: &str) -> Config {
    let call = Invocation::new(Env::fixed(UNIX_EPOCH, []), Flags::default());
    Config::load(&call.with("preset", KeyValue::text(preset)), None)
}

/// Segments with the form that each has, or none.
fn shown(snapshot: &Snapshot, config: &Config) -> Vec<Option<usize>> {
    trace(snapshot, config).iter().flat_map(|row| &row.segments).map(|segment| segment.chosen).collect()
}

#[test]
fn a_wider_terminal_never_shows_less() {
    let snapshots = snapshots();
    assert!(snapshots.len() > 30);
    for preset in PRESETS {
        let mut config = config(preset.name);
        for (name, snapshot) in &snapshots {
            config.width = 20;
            let mut narrower = shown(snapshot, &config);
            for width in 21..=200 {
                config.width = width;
                let wider = shown(snapshot, &config);
                let rank = |form: &Option<usize>| form.unwrap_or(usize::MAX);
                let grows = wider.iter().zip(&narrower).all(|(now, before)| rank(now) <= rank(before));
                assert!(grows, "{} {name} {width}: {wider:?} after {narrower:?}", preset.name);
                narrower = wider;
            }
        }
    }
}

#[test]
fn signs_and_labels_stay_with_what_they_are_about() {
    let labels = [("⎇", "⎇ "), ("today", "today $"), ("block", "block $"), ("cache", "cache "), ("ctx", "ctx ")];
    for preset in PRESETS {
        let mut config = config(preset.name);
        for (name, snapshot) in &snapshots() {
            for width in (20..=200).step_by(3) {
                config.width = width;
                for row in rows(snapshot, &config) {
                    let text = plain(&row);
                    for (label, whole) in labels {
                        let at = text.find(label).filter(|at| !text[*at..].starts_with(whole));
                        assert_eq!(at, None, "{} {name} {width}: {text}", preset.name);
                    }
                }
            }
        }
    }
}
