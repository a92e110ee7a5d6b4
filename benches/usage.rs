//! Time and memory of `usage` over 5,000 sessions of a year, a gigabyte: for the first time, in turns with ccusage over
//! the same transcripts; its reports once the index is there; and a refresh after one of the sessions has grown.
//!
//! `cargo bench --bench usage`, with another size in megabytes after `--`. ccusage takes part if
//! `cargo test --test ccusage` has installed it. Files go to `TMPDIR`.

#[path = "../tests/support/mod.rs"]
mod support;

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use std::{env, thread};

use support::BINARY;
use support::transcripts::{self, Plan};

const ROUNDS: usize = 5;

/// The reports that are timed once the index exists.
const REPORTS: [&[&str]; 5] =
    [&["daily"], &["daily", "--format", "json"], &["blocks"], &["check"], &["export", "--host", "here"]];

fn main() {
    let size = env::args().skip(1).find_map(|argument| argument.parse().ok()).unwrap_or(1024_u64);
    let scene = Scene::new();
    let bytes = transcripts::write(&scene.config, &plan(5000 * size / 1024));
    println!("{} MB in {} sessions, cold, medians of {ROUNDS}:", bytes >> 20, 5000 * size / 1024);
    scene.cold();
    scene.index();
    println!("with that index, medians of {}:", ROUNDS * 2);
    for report in REPORTS {
        let runs = (0..ROUNDS * 2).map(|_| run(scene.usage(report, "state-0"))).collect();
        print(&format!("usage {}", report.join(" ")), runs);
    }
    scene.grown();
}

/// Typical sessions: about a tenth of the bytes are in lines that count.
fn plan(sessions: u64) -> Plan {
    let end = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs() - 86_400;
    Plan { seed: 1, sessions, messages: 13, text: 2500, days: 365, end, replays: true }
}

/// A refresh within this process.
fn refresh(config: &Path, state: &Path) -> Duration {
    use bridgeline::base::env::Env;
    use bridgeline::spending::refresh;
    use bridgeline::store::Paths;
    let vars = [("CLAUDE_CONFIG_DIR", config.into()), ("BRIDGELINE_STATE_DIR", state.into())];
    let env = Env::fixed(SystemTime::now(), vars);
    let start = Instant::now();
    let done = refresh(&Paths::new(&env), &env, start + Duration::from_secs(60)).unwrap();
    assert!(done);
    start.elapsed()
}

struct Scene {
    root: PathBuf,
    /// The agent's folder.
    config: PathBuf,
}

impl Scene {
    fn new() -> Self {
        let root = env::temp_dir().join(format!("bridgeline-usage-bench-{}", std::process::id()));
        fs::create_dir_all(&root).unwrap();
        fs::write(root.join("config.toml"), "[budget]\nday = 1000000\n").unwrap();
        Scene { config: root.join("claude"), root }
    }

    fn usage(&self, args: &[&str], state: &str) -> Command {
        let mut command = Command::new(BINARY);
        command.arg("usage").args(args).env("CLAUDE_CONFIG_DIR", &self.config).env("HOME", &self.root);
        command.env("BRIDGELINE_STATE_DIR", self.root.join(state));
        command.env("BRIDGELINE_CONFIG", self.root.join("config.toml"));
        command
    }

    /// All transcripts, read for the first time.
    fn cold(&self) {
        let ccusage = ccusage();
        let mut ours = Vec::new();
        let mut theirs = Vec::new();
        for round in 0..ROUNDS {
            ours.push(run(self.usage(&["daily", "--format", "json"], &format!("state-{round}"))));
            if let Some(program) = &ccusage {
                let mut command = Command::new(program);
                command.args(["claude", "daily", "--json", "--offline"]).env("CLAUDE_CONFIG_DIR", &self.config);
                theirs.push(run(command));
            }
        }
        let own = print("bridgeline usage", ours);
        if theirs.is_empty() {
            println!("  ccusage: not installed; `cargo test --test ccusage` does that");
        } else {
            let other = print("ccusage", theirs);
            println!(
                "  ratio to ccusage: time {:.1}, memory {:.1}",
                other.0.as_secs_f64() / own.0.as_secs_f64(),
                other.1 as f64 / own.1 as f64
            );
        }
    }

    /// The size of the index.
    fn index(&self) {
        let files = files_below(&self.root.join("state-0/usage"));
        let bytes: u64 = files.iter().map(|file| fs::metadata(file).unwrap().len()).sum();
        let messages = bridgeline::spending::read(&self.root.join("state-0")).unwrap().unwrap().all().len();
        println!("{messages} messages: index of {} kB in {} files", bytes >> 10, files.len());
    }

    /// One session grows after all are indexed.
    fn grown(&self) {
        let state = self.root.join("state-0");
        let transcript = files_below(&self.config).into_iter().next().unwrap();
        let (mut grown, mut idle) = (Vec::new(), Vec::new());
        for round in 0..ROUNDS * 4 {
            let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
            let now = humantime::format_rfc3339_seconds(UNIX_EPOCH + Duration::from_secs(now));
            let mut file = File::options().append(true).open(&transcript).unwrap();
            writeln!(
                file,
                r#"{{"type":"assistant","timestamp":"{now}","requestId":"r{round}","message":{{"id":"new{round}","model":"claude-opus-4-8","usage":{{"output_tokens":5}}}}}}"#
            )
            .unwrap();
            grown.push(refresh(&self.config, &state));
            idle.push(refresh(&self.config, &state));
        }
        let summary = fs::metadata(state.join("usage.json")).unwrap().len();
        println!("a refresh for the line, whose summary has {summary} bytes:");
        for (name, mut times) in [("one session has grown", grown), ("nothing new", idle)] {
            times.sort();
            println!("  {name}: {:.1} ms", times[times.len() / 2].as_secs_f64() * 1e3);
        }
    }
}

impl Drop for Scene {
    fn drop(&mut self) {
        _ = fs::remove_dir_all(&self.root);
    }
}

/// The time of a run, and its peak memory in kB; 0 if the system does not show it.
fn run(mut command: Command) -> (Duration, u64) {
    let start = Instant::now();
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::null()).spawn().unwrap();
    let status = format!("/proc/{}/status", child.id());
    let mut peak = 0;
    loop {
        let text = fs::read_to_string(&status).unwrap_or_default();
        let most = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let most = most.and_then(|most| most.trim().trim_end_matches(" kB").parse().ok());
        peak = peak.max(most.unwrap_or(0));
        if let Some(status) = child.try_wait().unwrap() {
            assert!(status.success());
            return (start.elapsed(), peak);
        }
        thread::sleep(Duration::from_micros(500));
    }
}

/// The median of the times, and the most memory.
fn print(name: &str, mut runs: Vec<(Duration, u64)>) -> (Duration, u64) {
    runs.sort();
    let (time, _) = runs[runs.len() / 2];
    let peak = runs.iter().map(|(_, peak)| *peak).max().unwrap();
    println!("  {name}: {:.1} ms, at most {:.1} MB", time.as_secs_f64() * 1e3, peak as f64 / 1024.0);
    (time, peak)
}

/// The native program in the npm package, run without node.
fn ccusage() -> Option<PathBuf> {
    // With `--target` the folder of builds is one further up.
    let folders = Path::new(BINARY).ancestors().skip(2).take(2);
    let mut installed = folders.flat_map(|folder| files_below(&folder.join("tmp")));
    installed.find(|path| path.ends_with("bin/ccusage"))
}

fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        match entry.file_type().unwrap().is_dir() {
            true => files.extend(files_below(&entry.path())),
            false => files.push(entry.path()),
        }
    }
    files.sort();
    files
}
