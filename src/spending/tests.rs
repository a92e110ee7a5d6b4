//! Refreshes: cut short, in each other's way, and how much they look at.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::Write;

use super::*;
use crate::spending::transcript::bookmark::CHUNK;

/// Noon of 2026-11-23 in UTC.
const NOON: u64 = 1_795_435_200;

/// Folders of a test's own, with a clock.
struct Scene {
    root: PathBuf,
    env: Env,
}

impl Scene {
    #[expect(clippy::disallowed_methods, reason = "tests share nothing with Node")]
    fn new() -> Self {
        let name = format!("bridgeline-usage-{}-{:?}", std::process::id(), std::thread::current().id());
        let name: String = name.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-').collect();
        let root = std::env::temp_dir().join(name);
        fs::create_dir_all(&root).unwrap();
        let env = Scene::env(&root, NOON);
        Scene { root, env }
    }

    fn env(root: &Path, now: u64) -> Env {
        let vars: [(&str, OsString); 3] = [
            ("BRIDGELINE_STATE_DIR", root.join("state").into()),
            ("CLAUDE_CONFIG_DIR", root.join("config").into()),
            ("TZ", "UTC".into()),
        ];
        Env::fixed(std::time::UNIX_EPOCH + Duration::from_secs(now), vars)
    }

    /// Adds a message of that day to a transcript, which was then changed so many seconds before noon.
    fn message(&self, name: &str, id: &str, age: u64) {
        self.message_of("2026-11-23", name, id, age);
    }

    /// The same for a message of another day.
    fn message_of(&self, day: &str, name: &str, id: &str, age: u64) {
        let path = self.root.join("config/projects").join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        let mut file = File::options().append(true).create(true).open(path).unwrap();
        writeln!(
            file,
            r#"{{"type":"assistant","timestamp":"{day}T11:00:00Z","requestId":"r","message":{{"id":"{id}","model":"claude-opus-4-8","usage":{{"output_tokens":1}}}}}}"#
        )
        .unwrap();
        file.set_modified(std::time::UNIX_EPOCH + Duration::from_secs(NOON - age)).unwrap();
    }

    fn refresh_until(&self, until: Instant) -> (bool, u64) {
        let done = refresh(&Paths::new(&self.env), &self.env, until).unwrap();
        let summary = Summary::read(&summary_path(&self.root.join("state"), CLAUDE_CODE.name)).unwrap_or_default();
        (done, summary.today(self.env.now, &[]).map_or(0, |today| today.messages))
    }

    /// Number of messages in a report, then those on each day by the index as it is.
    fn load(&self) -> (usize, Vec<u32>) {
        let (all, unreadable) = load(&Paths::new(&self.env), &self.env, &mut |_, _| {}).unwrap();
        assert!(unreadable.is_empty());
        let folder = self.root.join("state/usage");
        let mut days: Vec<u32> = store::list(&folder, |_| true).iter().filter_map(|name| day::number(name)).collect();
        days.sort_unstable();
        let count = |day: u32| {
            let (mut count, file) = (0, store::read(&day::path(&folder, day), Trust::Strict, 1 << 20).unwrap());
            day::decode(&file, &mut MessageSet::default(), |_, _, _| count += 1).unwrap();
            count
        };
        (all.all().len(), days.into_iter().map(count).collect())
    }

    fn refresh(&self) -> (bool, u64) {
        self.refresh_until(Instant::now() + Duration::from_secs(600))
    }
}

impl Drop for Scene {
    fn drop(&mut self) {
        _ = fs::remove_dir_all(&self.root);
    }
}

#[test]
fn a_refresh_reads_what_is_new_and_leaves_a_summary() {
    let scene = Scene::new();
    assert_eq!(scene.refresh(), (true, 0));
    scene.message("p/s1.jsonl", "a", 0);
    scene.message("p/s1/subagents/agent-1.jsonl", "b", 0);
    assert_eq!(scene.refresh(), (true, 2));
    scene.message("p/s1.jsonl", "c", 0);
    scene.message("q/s2.jsonl", "c", 0);
    assert_eq!(scene.refresh(), (true, 3));
    let summary = Summary::read(&summary_path(&scene.root.join("state"), CLAUDE_CODE.name)).unwrap();
    assert_eq!(summary.age(scene.env.now), Some(Duration::ZERO));
    assert_eq!(summary.block(scene.env.now), Some((NOON - 3600, NOON + 4 * 3600)));
}

#[test]
fn a_refresh_whose_time_is_up_is_gone_on_with() {
    let scene = Scene::new();
    for number in 0..10 {
        scene.message(&format!("p/s{number}.jsonl"), &number.to_string(), 0);
    }
    let long = scene.root.join("config/projects/p/s0.jsonl");
    let mut file = File::options().append(true).open(long).unwrap();
    writeln!(file, "{{\"x\":\"{}\"}}", "y".repeat(3 * CHUNK)).unwrap();
    scene.message("p/s0.jsonl", "z", 0);
    let past = Instant::now();
    let mut before = 0;
    for _ in 0..30 {
        let (done, messages) = scene.refresh_until(past);
        assert!(messages >= before, "{messages} after {before}");
        before = messages;
        if done {
            break;
        }
    }
    assert_eq!(before, 11);
}

#[test]
fn one_refresh_at_a_time() {
    let scene = Scene::new();
    scene.message("p/s1.jsonl", "a", 0);
    let held = store::Lock::take(&scene.root.join("state/usage/files.lock"), Duration::ZERO, scene.env.now).unwrap();
    assert_eq!(scene.refresh(), (true, 0));
    drop(held);
    assert_eq!(scene.refresh(), (true, 1));
}

/// Two days, in seconds.
const OLD: u64 = 2 * 86_400;

#[test]
fn subagents_of_sessions_that_rest_are_looked_at_once_in_an_hour() {
    let mut scene = Scene::new();
    scene.message("p/s1.jsonl", "a", OLD);
    scene.message("p/s1/subagents/agent-1.jsonl", "b", OLD);
    assert_eq!(scene.refresh(), (true, 2));
    // A session goes on.
    scene.message("p/s1.jsonl", "c", OLD - 1);
    assert_eq!(scene.refresh(), (true, 3));
    // It has none that work while it rests.
    scene.message("p/s1/subagents/agent-1.jsonl", "d", OLD - 1);
    assert_eq!(scene.refresh(), (true, 3));
    scene.env = Scene::env(&scene.root, NOON + 3600);
    assert_eq!(scene.refresh(), (true, 4));
    // With its session at work it is seen at once.
    scene.message("p/s1.jsonl", "e", 0);
    scene.message("p/s1/subagents/agent-2.jsonl", "f", 0);
    assert_eq!(scene.refresh(), (true, 6));
}

#[test]
fn a_message_that_is_in_two_days_counts_once() {
    let scene = Scene::new();
    scene.message_of("2026-08-01", "p/s1.jsonl", "a", OLD);
    scene.message_of("2026-08-02", "p/s1.jsonl", "b", OLD);
    assert_eq!(scene.load(), (2, vec![1, 1]));
    // The days before are not read for a line.
    scene.message("p/s2.jsonl", "b", 0);
    scene.message("p/s2.jsonl", "c", 0);
    assert_eq!(scene.refresh(), (true, 2));
    assert_eq!(scene.load(), (3, vec![1, 1, 1]));
    assert_eq!(scene.load(), (3, vec![1, 1, 1]));
    // As if a process was killed between two files.
    let day = |day| day::path(&scene.root.join("state/usage"), day);
    let mut set = MessageSet::default();
    let later = |set: &mut MessageSet, _, message: messages::MessageRecord| {
        set.insert(messages::MessageRecord { at: message.at + (20_780 - 20_666) * 86_400, ..message });
    };
    day::decode(&store::read(&day(20_666), Trust::Strict, 1 << 20).unwrap(), &mut set, later).unwrap();
    let file = day::encode(&set, set.all().iter().collect(), 9);
    store::replace(&day(20_780), &file, store::Patience::HOOK).unwrap();
    assert_eq!(scene.load(), (2, vec![1, 1, 0]));
    scene.message("p/s1.jsonl", "d", OLD);
    assert_eq!(scene.load(), (3, vec![1, 1, 1]));
}
