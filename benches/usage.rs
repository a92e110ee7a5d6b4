//! Time and memory of bringing the index of usage up to date: for the first time over a gigabyte, in turns with
//! ccusage over the same transcripts; and after one of 5,000 sessions has grown.
//!
//! `cargo bench --bench usage`, with another size in megabytes behind `--`. ccusage takes part if
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

fn main() {
    let size = env::args().skip(1).find_map(|argument| argument.parse().ok()).unwrap_or(1024_u64);
    let scene = Scene::new();
    cold(&scene, size << 20);
    grown(&scene);
}

/// All transcripts, read for the first time.
fn cold(scene: &Scene, size: u64) {
    let config = scene.0.join("cold");
    let plan = |sessions| Plan { sessions, ..scene.plan() };
    // Sessions vary in size: a sample shows how many are needed.
    let sample = transcripts::write(&scene.0.join("sample"), &plan(50)) / 50;
    let bytes = transcripts::write(&config, &plan(size / sample));
    println!("{} MB in {} sessions, cold, medians of {ROUNDS}:", bytes >> 20, size / sample);
    let ccusage = ccusage();
    let mut ours = Vec::new();
    let mut theirs = Vec::new();
    for round in 0..ROUNDS {
        let state = scene.0.join(format!("state-{round}"));
        ours.push(run(scene.usage(&config, &state)));
        if let Some(program) = &ccusage {
            let mut command = Command::new(program);
            command.args(["claude", "daily", "--json", "--offline"]).env("CLAUDE_CONFIG_DIR", &config);
            theirs.push(run(command));
        }
    }
    let own = print("bridgeline usage", ours);
    if theirs.is_empty() {
        println!("  ccusage: not installed; `cargo test --test ccusage` does that");
    } else {
        let other = print("ccusage", theirs);
        println!("  ratio to ccusage: {:.1}", other.as_secs_f64() / own.as_secs_f64());
    }
    let mut again = Vec::new();
    for _ in 0..ROUNDS {
        again.push(run(scene.usage(&config, &scene.0.join("state-0"))));
    }
    print("bridgeline usage, again", again);
}

/// One session of 5,000, after the others are known.
fn grown(scene: &Scene) {
    let config = scene.0.join("many");
    let plan = Plan { sessions: 5000, messages: 50, text: 20, days: 365, ..scene.plan() };
    transcripts::write(&config, &plan);
    let state = scene.0.join("state-many");
    run(scene.usage(&config, &state));
    let files = files_below(&state);
    let bytes: u64 = files.iter().map(|file| fs::metadata(file).unwrap().len()).sum();
    let messages = bridgeline::spending::read(&state).unwrap().unwrap().all().len();
    let (size, count) = (bytes >> 10, files.len());
    println!("5000 sessions of a year, {messages} messages: index of {size} kB in {count} files");
    let transcript = files_below(&config).into_iter().next().unwrap();
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
        grown.push(refresh(&config, &state));
        idle.push(refresh(&config, &state));
    }
    let summary = fs::metadata(state.join("usage.json")).unwrap().len();
    println!("  summary for the line: {summary} bytes");
    for (name, mut times) in [("one grew", grown), ("nothing new", idle)] {
        times.sort();
        println!("  refresh, {name}: {:.1} ms", times[times.len() / 2].as_secs_f64() * 1e3);
    }
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

struct Scene(PathBuf);

impl Scene {
    fn new() -> Self {
        let root = env::temp_dir().join(format!("bridgeline-usage-bench-{}", std::process::id()));
        fs::create_dir_all(&root).unwrap();
        Scene(root)
    }

    /// Sessions as they are: about a tenth of the bytes are lines that count.
    fn plan(&self) -> Plan {
        let end = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs() - 86_400;
        Plan { seed: 1, sessions: 1, messages: 60, text: 2500, days: 90, end, replays: true }
    }

    fn usage(&self, config: &Path, state: &Path) -> Command {
        let mut command = Command::new(BINARY);
        command.args(["usage", "--format", "json"]);
        command.env("CLAUDE_CONFIG_DIR", config).env("BRIDGELINE_STATE_DIR", state);
        command
    }
}

impl Drop for Scene {
    fn drop(&mut self) {
        _ = fs::remove_dir_all(&self.0);
    }
}

/// The time of a run, and its peak memory in kB, 0 where the system does not show it.
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

/// The median of the times.
fn print(name: &str, mut runs: Vec<(Duration, u64)>) -> Duration {
    runs.sort();
    let (time, _) = runs[runs.len() / 2];
    let peak = runs.iter().map(|(_, peak)| peak).max().unwrap();
    println!("  {name}: {:.0} ms, at most {:.1} MB", time.as_secs_f64() * 1e3, *peak as f64 / 1024.0);
    time
}

/// The native program that the npm package brings along, without node before it.
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
