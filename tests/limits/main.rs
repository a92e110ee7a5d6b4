//! Limits of a run in system calls, page faults and instructions, which are stable, unlike time. Needs strace, valgrind
//! and the release build: `cargo test --release --test limits`.
#![cfg(target_os = "linux")]

mod order;
#[path = "../support/mod.rs"]
mod support;

use std::fmt;
use std::fs::{self, File};
use std::io::Write;
use std::process::{Command, Stdio};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};
use support::{RICH, Sandbox, last_moment};

/// System calls of a render with nothing new. Those before stdin is read are left out: they depend on how the program
/// is linked.
const WARM_CALLS: usize = 40;

/// The same with new numbers, which are written.
const NEWS_CALLS: usize = 57;

/// The same of a hook event, which is written to the bridge and its shadow.
const HOOK_CALLS: usize = 45;

/// The same of a prompt, from the first file that it opens.
const PROMPT_CALLS: usize = 31;

/// Instructions of a render with nothing new, including the dynamic loader's.
const WARM_INSTRUCTIONS: u64 = if cfg!(target_env = "musl") { 445_000 } else { 980_000 };

/// The same of a hook event.
const HOOK_INSTRUCTIONS: u64 = if cfg!(target_env = "musl") { 287_000 } else { 690_000 };

/// The same of a prompt.
const PROMPT_INSTRUCTIONS: u64 = if cfg!(target_env = "musl") { 297_000 } else { 710_000 };

/// Page faults of a render with nothing new, including those of its start.
const WARM_FAULTS: u64 = if cfg!(target_env = "musl") { 54 } else { 180 };

/// The same of a hook event.
const HOOK_FAULTS: u64 = if cfg!(target_env = "musl") { 50 } else { 160 };

/// Peak resident memory of either, in KiB, with the mapped windows.
const MEMORY: u64 = if cfg!(target_env = "musl") { 2048 } else { 6144 };

/// The same of a render in a project whose config has the maximum size: some milliseconds.
const HOSTILE_INSTRUCTIONS: u64 = 100_000_000;

/// Allowance for a prompt when the register is full of other sessions.
const REGISTER_INSTRUCTIONS: u64 = 280_000;

const RENDER: &[&str] = &[];
const PROMPT: [&str; 5] = ["prompt", "bash", "--width", "79", "--dir"];
const HOOK: &[&str] = &["hook"];

/// The standard input; the number distinguishes runs.
type Input = fn(&Scene, u32) -> Value;

#[test]
fn a_warm_render_asks_for_little_and_changes_nothing() {
    let scene = Scene::new();
    let trace = scene.trace(RENDER, &scene.payload);
    trace.assert_bounded(WARM_CALLS);
    assert_eq!(trace.written(1), 1, "{trace}");
    trace.assert_none(&["O_CREAT", "O_WRONLY", "O_RDWR", "unlink", "rename", "ftruncate"]);
}

#[test]
fn a_render_with_news_asks_for_little_more() {
    let scene = Scene::new();
    let trace = scene.trace(RENDER, &scene.news(1));
    trace.assert_bounded(NEWS_CALLS);
    assert_eq!(trace.written(1), 1, "{trace}");
}

#[test]
fn a_hook_event_asks_for_little_and_is_silent() {
    let scene = Scene::new();
    let trace = scene.trace(HOOK, &scene.event(1));
    trace.assert_bounded(HOOK_CALLS);
    assert_eq!(trace.written(1), 0, "{trace}");
}

#[test]
fn instructions_are_few() {
    let scene = Scene::new();
    let warm = scene.instructions(RENDER, &scene.payload);
    assert!(warm <= WARM_INSTRUCTIONS, "render: {warm}");
    let hook = scene.instructions(HOOK, &scene.event(1));
    assert!(hook <= HOOK_INSTRUCTIONS, "hook: {hook}");
}

#[test]
fn a_project_cannot_take_the_processor() {
    let scene = Scene::new();
    let row = |segment: &str| format!("\"{}\", ", segment.repeat(1000 / segment.len()));
    let format = |field: &str| format!("'{}', ", field.repeat(1000 / field.len()));
    let fill = |unit: &str| unit.repeat(16_000 / unit.len());
    for project in [
        format!("rows = [{}]", row("model|").repeat(15)),
        format!("rows = [{}]\nsegments.git.format = [{}]", row("git ").repeat(7), format("{branch}").repeat(8)),
        format!("rows = [{}]\nsegments.git.format = [{}]", row("git ").repeat(9), "'{branch}{changes}',".repeat(16)),
        format!("rows = [{}]", row("qq ").repeat(15)),
        fill("=\n"),
        fill("x = 1\n"),
        fill("."),
        fill("a."),
        format!("x = {}", fill("[")),
    ] {
        scene.sandbox.file("work/garden/.bridgeline.toml", &project);
        scene.sandbox.file("work/garden/.git/HEAD", format!("ref: refs/heads/{}\n", "é".repeat(500)));
        let hostile = scene.instructions(RENDER, &scene.payload);
        assert!(hostile <= HOSTILE_INSTRUCTIONS, "{hostile}: {}", &project[..100]);
    }
}

#[test]
fn page_faults_are_few() {
    let scene = Scene::new();
    let least = |args: &[&str], input: fn(&Scene, u32) -> Value| {
        let runs = (1..=5).map(|number| scene.used(args, &input(&scene, number)));
        runs.min_by_key(|used| used.faults).unwrap()
    };
    // The stack is at another address each time, and so on one page more or less.
    let warm = least(RENDER, |scene, _| scene.payload.clone());
    let hook = least(HOOK, Scene::event);
    assert!(warm.faults <= WARM_FAULTS, "render: {}", warm.faults);
    assert!(hook.faults <= HOOK_FAULTS, "hook: {}", hook.faults);
    assert!(warm.memory.max(hook.memory) <= MEMORY, "KiB: {}, {}", warm.memory, hook.memory);
}

#[test]
fn a_prompt_asks_for_little_and_writes_nothing_else() {
    let scene = Scene::new();
    let trace = scene.trace(&scene.prompt(), &Value::Null);
    trace.assert_bounded(PROMPT_CALLS);
    assert_eq!((trace.written(1), trace.count(&["getdents64"])), (1, 0), "{trace}");
    trace.assert_none(&["O_CREAT", "O_WRONLY", "O_RDWR", "unlink", "rename", "ftruncate"]);
    let alone = scene.instructions(&scene.prompt(), &Value::Null);
    assert!(alone <= PROMPT_INSTRUCTIONS, "prompt: {alone}");

    // Sessions of other folders: as many as the register holds, and any number of others.
    scene.grow();
    let mut register = scene.sandbox.json("state/register.json");
    let own = register["sessions"][0].clone();
    let others = (0..63).map(|number| {
        json!({"session": format!("{number:08x}-3d8a-4a55-9a5e-0f6f1d3a7b21"), "at_ms": own["at_ms"],
            "dirs": [scene.sandbox.text(&format!("work/other-{number}"))], "pid": 1})
    });
    register["sessions"] = others.chain([own.clone()]).collect();
    scene.sandbox.file("state/register.json", register.to_string());
    let crowded = scene.trace(&scene.prompt(), &Value::Null);
    assert_eq!(crowded.work().len(), trace.work().len(), "{crowded}");
    let crowded = scene.instructions(&scene.prompt(), &Value::Null);
    assert!(crowded <= alone + REGISTER_INSTRUCTIONS, "prompt: {crowded}, alone {alone}");
}

#[test]
fn others_and_history_make_no_difference() {
    let inputs: [(_, Input); 3] =
        [(RENDER, |scene, _| scene.payload.clone()), (RENDER, Scene::news), (HOOK, Scene::event)];
    let measure = |scene: &Scene| {
        scene.warm_up();
        inputs.map(|(args, input)| {
            let calls = scene.trace(args, &input(scene, 1)).work().len();
            (calls, scene.instructions(args, &input(scene, 2)))
        })
    };
    let scene = Scene::new();
    scene.use_todo_files();
    let alone = measure(&scene);
    scene.grow();
    for (alone, crowded) in alone.into_iter().zip(measure(&scene)) {
        assert_eq!(alone.0, crowded.0, "system calls");
        assert!(crowded.1 * 5 <= alone.1 * 6, "{} instructions, alone {}", crowded.1, alone.1);
    }
}

#[test]
fn a_large_repository_makes_no_difference() {
    let scene = Scene::new();
    scene.warm_up();
    let measure = || {
        let trace = scene.trace(RENDER, &scene.payload);
        trace.assert_bounded(WARM_CALLS);
        (trace.work().len(), scene.instructions(RENDER, &scene.payload))
    };
    let small = measure();
    for number in 0..50_000 {
        scene.sandbox.file(&format!("work/garden/{}/{number}.txt", number % 500), "");
    }
    assert!(scene.sandbox.git("work/garden", &["add", "."]));
    assert!(scene.sandbox.git("work/garden", &["commit", "--quiet", "--message=many"]));
    for number in 0..1_000 {
        scene.sandbox.file(&format!("work/garden/{number}/new.txt"), "");
    }
    scene.warm_up();
    let large = measure();
    assert_eq!(small.0, large.0, "system calls");
    assert!(large.1 * 5 <= small.1 * 6, "{} instructions, in a small one {}", large.1, small.1);
}

/// A session that has been running for a while, with a clock that stands still.
struct Scene {
    sandbox: Sandbox,
    /// The payload of its renders.
    payload: Value,
    /// Its working directory.
    garden: String,
    /// Well after its folders were created: a folder that has just changed is listed at each render.
    clock: Duration,
}

impl Scene {
    fn new() -> Self {
        if cfg!(debug_assertions) {
            panic!("the limits are those of `cargo test --release --test limits`");
        }
        let sandbox = Sandbox::new();
        let mut payload = sandbox.rich();
        let garden = "work/garden";
        sandbox.file("work/garden/a.txt", "");
        assert!(sandbox.git(garden, &["init", "--quiet"]) && sandbox.git(garden, &["add", "."]));
        assert!(sandbox.git(garden, &["commit", "--quiet", "--message=first"]));
        let transcript = sandbox.file("transcript.jsonl", "{}\n");
        payload["transcript_path"] = json!(transcript);
        let clock = SystemTime::now().duration_since(UNIX_EPOCH).unwrap() + Duration::from_secs(3600);
        let garden = sandbox.text("work/garden");
        let scene = Scene { sandbox, payload, garden, clock };
        scene.warm_up();
        scene
    }

    /// The session of an older client, whose todo files are in one folder with all others.
    fn use_todo_files(&self) {
        fs::remove_dir_all(self.sandbox.path("config/tasks")).unwrap();
        let todo = r#"[{"content":"Paint the door","activeForm":"Painting the door","status":"in_progress"}]"#;
        self.sandbox.file(&format!("config/todos/{RICH}-agent-{RICH}.json"), todo);
    }

    /// The call that a shell makes before each prompt.
    fn prompt(&self) -> [&str; 6] {
        [PROMPT[0], PROMPT[1], PROMPT[2], PROMPT[3], PROMPT[4], &self.garden]
    }

    /// Files that pile up around a session, and in it.
    fn grow(&self) {
        for number in 0..10_000 {
            let session = format!("{number:08x}-3d8a-4a55-9a5e-0f6f1d3a7b21");
            self.sandbox.file(&format!("config/todos/{session}-agent-{session}.json"), "[]");
            if number % 2 == 0 {
                self.sandbox.file(&format!("state/sessions/{session}.json"), "{}");
            }
        }
        let transcript = File::options().append(true).open(self.sandbox.path("transcript.jsonl")).unwrap();
        transcript.set_len(100_000_000).unwrap();
        writeln!(&transcript, "{{}}").unwrap();
    }

    /// The payload after some more requests.
    fn news(&self, number: u32) -> Value {
        let mut payload = self.payload.clone();
        payload["cost"]["total_cost_usd"] = json!(2.0 + f64::from(number) / 4.0);
        payload["cost"]["total_duration_ms"] = json!(7_500_000 + number);
        payload
    }

    /// The hook's input after some more tool calls.
    fn event(&self, number: u32) -> Value {
        json!({
            "session_id": RICH,
            "transcript_path": self.sandbox.path("transcript.jsonl"),
            "cwd": self.sandbox.path("work/garden"),
            "hook_event_name": "PostToolUse",
            "tool_name": "Write",
            "tool_input": {"file_path": self.sandbox.path("work/garden/a.txt"), "content": number},
            "tool_response": {"type": "update"},
        })
    }

    /// Renders until nothing is left to write.
    fn warm_up(&self) {
        // Runs the refresh that a render would start. The clock stands still, so its facts stay fresh.
        self.run(&[], &["refresh", "git", &self.sandbox.text("work/garden")], &Value::Null);
        for (args, input) in [(HOOK, self.event(0)), (RENDER, self.payload.clone()), (RENDER, self.payload.clone())] {
            self.run(&[], args, &input);
        }
    }

    /// System calls of a run.
    fn trace(&self, args: &[&str], input: &Value) -> Trace {
        let trace = self.sandbox.text("trace");
        self.run(&["strace", "-f", "-s", "256", "-o", &trace], args, input);
        let calls = self.sandbox.read("trace");
        let calls = calls.lines().filter_map(|line| Some(line.split_once(' ')?.1.trim_start().to_owned()));
        Trace(calls.filter(|call| !call.starts_with(['+', '-'])).collect())
    }

    /// Instructions of a run.
    fn instructions(&self, args: &[&str], input: &Value) -> u64 {
        let callgrind = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null"];
        let report = self.run(&callgrind, args, input);
        let (_, count) = report.rsplit_once("Collected : ").expect("callgrind tells how many");
        count.lines().next().unwrap().parse().unwrap()
    }

    /// Page faults and memory of a run.
    fn used(&self, args: &[&str], input: &Value) -> last_moment::Used {
        // The kernel maps a file as it is in the page cache: pieces written by a linker may be smaller, and take more
        // faults.
        let program = self.sandbox.path("program");
        if !program.exists() {
            fs::copy(env!("CARGO_BIN_EXE_bridgeline"), &program).unwrap();
        }
        let mut child = self.command(&[&[program.to_str().unwrap()], args].concat()).spawn().unwrap();
        last_moment::used(&mut child, input.to_string().as_bytes()).expect("it can be traced")
    }

    /// Runs the program under a tool, and returns its standard error.
    #[track_caller]
    fn run(&self, tool: &[&str], args: &[&str], input: &Value) -> String {
        let line = [tool, &[env!("CARGO_BIN_EXE_bridgeline")], args].concat();
        let mut child = self.command(&line).spawn().unwrap_or_else(|err| panic!("{} is needed: {err}", line[0]));
        // A refresh does not read it.
        _ = child.stdin.take().unwrap().write_all(input.to_string().as_bytes());
        let output = child.wait_with_output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        let prints = args.first().is_none_or(|first| first.starts_with('-') || first == &PROMPT[0]);
        assert!(output.status.success() && output.stdout.is_empty() != prints, "{line:?}: {stderr}");
        stderr
    }

    fn command(&self, line: &[&str]) -> Command {
        let mut command = Command::new(line[0]);
        command.args(&line[1..]).env_clear().current_dir(self.sandbox.path("work"));
        for (name, folder) in
            [("HOME", "home"), ("TMPDIR", "tmp"), ("CLAUDE_CONFIG_DIR", "config"), ("BRIDGELINE_STATE_DIR", "state")]
        {
            command.env(name, self.sandbox.path(folder));
        }
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default()).env("COLUMNS", "120");
        command.env("BRIDGELINE_NOW", self.clock.as_millis().to_string());
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }
}

/// The system calls of a run, one a line as strace writes them.
struct Trace(Vec<String>);

impl Trace {
    /// The calls from the first read of stdin on, or of the register if that comes first, without those that musl adds
    /// to every open.
    fn work(&self) -> Vec<&str> {
        let calls = self
            .0
            .iter()
            .map(String::as_str)
            .skip_while(|call| !call.starts_with("read(0,") && !call.contains("register.json"));
        calls.filter(|call| !call.contains("F_SETFD, FD_CLOEXEC")).collect()
    }

    /// Number of calls of any of these.
    fn count(&self, names: &[&str]) -> usize {
        let called = self.0.iter().filter_map(|call| Some(call.split_once('(')?.0));
        called.filter(|name| names.contains(name)).count()
    }

    /// Number of writes to a descriptor.
    fn written(&self, descriptor: u32) -> usize {
        let begin = [format!("write({descriptor},"), format!("writev({descriptor},")];
        self.0.iter().filter(|call| begin.iter().any(|begin| call.starts_with(begin))).count()
    }

    /// Conditions for every run: no process, no thread, no flush to the disk, and no more than `most` calls in all.
    #[track_caller]
    fn assert_bounded(&self, most: usize) {
        assert_eq!(self.count(&["clone", "clone3", "fork", "vfork"]), 0, "{self}");
        assert_eq!(self.count(&["execve", "execveat"]), 1, "{self}");
        assert_eq!(self.count(&["fsync", "fdatasync", "sync", "syncfs", "msync"]), 0, "{self}");
        let calls = self.work().len();
        assert!(calls <= most, "{calls} calls where {most} are allowed: {self}");
    }

    /// No call has any of these words in it.
    #[track_caller]
    fn assert_none(&self, words: &[&str]) {
        let found = self.work().into_iter().find(|call| words.iter().any(|word| call.contains(word)));
        assert_eq!(found, None);
    }
}

impl fmt::Display for Trace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.work().join("\n"))
    }
}
