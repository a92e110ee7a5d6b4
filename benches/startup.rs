//! Time, memory, page faults and instructions of a whole run of the program, for each way of linking, next to those of
//! the least that a Rust program can do (`yardstick.rs`). The cases take turns, so that other load affects them equally.
//!
//! `cargo bench --bench startup`, and after `--`, in any order:
//! - the number of rounds, 1000 by default;
//! - `--only WORD`: only cases with that word in their name, and the yardstick;
//! - `--peer 'NAME=COMMAND'`: another program, which gets the same payload in folders of its own. The command is split
//!   at spaces;
//! - `--evict`: programs read back from the disk. By default they have just been written, and the kernel maps larger
//!   pieces of those at once.
//!
//! It only measures; `tests/limits` holds the limits. Files go to `TMPDIR`.

#[path = "../tests/support/mod.rs"]
mod support;

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use std::{env, process};

use serde_json::Value;
use support::last_moment::{self, Used};

/// The cases: a row each.
const CASES: &[Case] = &[
    Case { name: "yardstick", program: Program::Yardstick, args: &[], input: the_same },
    Case { name: "render, nothing new", program: Program::Bridgeline, args: &[], input: the_same },
    Case { name: "render, 50,000 files in git", program: Program::Bridgeline, args: &[], input: crowded },
    Case { name: "render, preset full", program: Program::Bridgeline, args: &["--preset", "full"], input: the_same },
    Case { name: "render, new cost and duration", program: Program::Bridgeline, args: &[], input: dearer },
    Case { name: "render, 0.1 MB transcript grew", program: Program::Bridgeline, args: &[], input: grown::<1> },
    Case { name: "render, 10 MB transcript grew", program: Program::Bridgeline, args: &[], input: grown::<100> },
    Case { name: "render, 100 MB transcript grew", program: Program::Bridgeline, args: &[], input: grown::<1000> },
    Case { name: "render, 10 sessions", program: Program::Bridgeline, args: &[], input: among::<10> },
    Case { name: "render, 1,000 sessions", program: Program::Bridgeline, args: &[], input: among::<1000> },
    Case { name: "render, 5,000 sessions", program: Program::Bridgeline, args: &[], input: among::<5000> },
    Case { name: "render, 10,000 todo files", program: Program::Bridgeline, args: &[], input: cluttered },
    Case { name: "hook, PostToolUse", program: Program::Bridgeline, args: &["hook"], input: tool_used },
];

/// The start of Node: the part of the replaced scripts that no change to them could save.
const NODE: Case = Case { name: "node -e 0", program: Program::Node, args: &["-e", "0"], input: the_same };

const ROUNDS: usize = 1000;

/// Node runs only in every so many rounds.
const NODE_EVERY: usize = 20;

/// Rounds before the first that counts, to fill caches.
const WARM_UP: usize = 3;

const STATUS: &str = include_str!("../tests/fixtures/status/claude-code-2.1.330/status-5.json");
const HOOK: &str = include_str!("../tests/fixtures/hook/claude-code-2.1.330/PostToolUse-Write.json");
const TASKS: [&str; 2] = [
    include_str!("../tests/fixtures/tasks/claude-code-2.1.330/1.json"),
    include_str!("../tests/fixtures/tasks/claude-code-2.1.330/2.json"),
];
const SESSION: &str = "b74f797f-744c-483f-bba0-b9bf1988ae28";

struct Case {
    name: &'static str,
    program: Program,
    args: &'static [&'static str],
    /// The standard input of a round. May change files first.
    input: fn(&Place, usize) -> String,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Program {
    Bridgeline,
    Yardstick,
    Node,
    Peer,
}

fn the_same(place: &Place, _: usize) -> String {
    place.payload(STATUS)
}

fn dearer(place: &Place, round: usize) -> String {
    let cost = format!("\"total_cost_usd\": {}", 1.0 + round as f64 / 100.0);
    let duration = format!("\"total_duration_ms\": {}", 60_000 * (round + 1));
    let payload = place.payload(STATUS).replace("\"total_cost_usd\": 0.298425", &cost);
    payload.replace("\"total_duration_ms\": 15990", &duration)
}

/// Adds a line to a transcript of this size, in units of 100 kB.
fn grown<const SIZE: u64>(place: &Place, _: usize) -> String {
    let mut transcript = File::options().append(true).create(true).open(place.transcript()).unwrap();
    if transcript.metadata().unwrap().len() == 0 {
        transcript.set_len(SIZE * 100_000).unwrap();
    }
    writeln!(transcript, r#"{{"type":"user","sessionId":"{SESSION}"}}"#).unwrap();
    place.payload(STATUS)
}

fn crowded(place: &Place, round: usize) -> String {
    if !place.root.join("work/499").is_dir() {
        for number in 0..50_000 {
            place.file(&format!("work/{}/{number}.txt", number % 500), "");
        }
        place.commit();
    }
    grown::<1>(place, round)
}

/// This many past sessions, with their caches and transcripts.
fn among<const SESSIONS: usize>(place: &Place, round: usize) -> String {
    if !place.root.join("home/.claude/projects").is_dir() {
        for number in 0..SESSIONS {
            let session = format!("{number:08x}-3d8a-4a55-9a5e-0f6f1d3a7b21");
            place.file(&format!("home/.claude/projects/-home-dev-old/{session}.jsonl"), "{}\n");
            place.file(&format!("home/.local/state/bridgeline/sessions/{session}.json"), "{}");
        }
    }
    grown::<1>(place, round)
}

/// Folders of tasks and todo files left by other sessions.
fn cluttered(place: &Place, round: usize) -> String {
    if !place.root.join("home/.claude/todos").is_dir() {
        for number in 0..10_000 {
            let session = format!("{number:08x}-3d8a-4a55-9a5e-0f6f1d3a7b21");
            place.file(&format!("home/.claude/todos/{session}-agent-{session}.json"), "[]");
            place.file(&format!("home/.claude/tasks/{session}/1.json"), TASKS[0]);
        }
    }
    grown::<1>(place, round)
}

fn tool_used(place: &Place, round: usize) -> String {
    place.payload(HOOK).replace("hello", &format!("hello {round}"))
}

/// Folders of one case: a home with a session at work in a repository.
struct Place {
    root: PathBuf,
    /// The clock of the program, which stands still a little after the last change of a folder: a folder that has just
    /// changed is listed at each run, and a running session changes none.
    clock: Duration,
}

impl Place {
    fn new(root: PathBuf) -> Self {
        let clock = SystemTime::now().duration_since(UNIX_EPOCH).unwrap() + Duration::from_secs(60);
        let place = Place { root, clock };
        place.file("work/a.txt", "");
        place.git(&["init", "--quiet", "--initial-branch=feature/login"]);
        place.commit();
        let bridge =
            format!(r#"{{"session_id":"{SESSION}","total_cost_usd":0.29,"tool_count":47,"files_modified_count":5}}"#);
        place.file(&format!("tmp/ecc-metrics-{SESSION}.json"), &bridge);
        for (number, task) in (1..).zip(TASKS) {
            place.file(&format!("home/.claude/tasks/{SESSION}/{number}.json"), task);
        }
        place
    }

    fn file(&self, name: &str, content: &str) {
        let path = self.root.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    fn git(&self, args: &[&str]) {
        let identity = ["-c", "user.name=Ada", "-c", "user.email=ada@example.org"];
        let mut git = Command::new("git");
        let status = git.args(identity).args(args).current_dir(self.root.join("work")).status();
        assert!(status.expect("git is installed").success(), "git {args:?}");
    }

    fn commit(&self) {
        self.git(&["add", "."]);
        self.git(&["commit", "--quiet", "--message=work"]);
    }

    fn transcript(&self) -> PathBuf {
        self.root.join("transcript.jsonl")
    }

    /// A captured payload, for a session in these folders.
    fn payload(&self, captured: &str) -> String {
        let transcript = format!("/home/dev/.claude/projects/-home-dev-work/{SESSION}.jsonl");
        let payload = captured.replace(&transcript, self.transcript().to_str().unwrap());
        payload.replace("/home/dev/work", self.root.join("work").to_str().unwrap())
    }
}

/// A case in one way of linking, and its measurements.
struct Run {
    case: &'static Case,
    linking: String,
    program: PathBuf,
    place: Place,
    times: Vec<Duration>,
    used: Option<Used>,
    instructions: Option<u64>,
}

impl Run {
    /// Runs the refresh that a render would start. Its facts stay fresh, since the clock stands still.
    fn refresh(&self) {
        if self.case.program == Program::Bridgeline {
            (self.case.input)(&self.place, 0);
            let mut command = self.command(&self.program);
            command.args(["refresh", "git"]).arg(self.place.root.join("work"));
            assert!(command.status().unwrap().success());
        }
    }

    fn command(&self, program: &Path) -> Command {
        let Place { root, clock } = &self.place;
        let mut command = Command::new(program);
        command.env_clear().env("COLUMNS", "120").env("TERM", "xterm-256color");
        command.env("HOME", root.join("home")).env("TMPDIR", root.join("tmp"));
        command.env("BRIDGELINE_NOW", clock.as_millis().to_string()).current_dir(root.join("work"));
        if self.case.program == Program::Peer {
            command.env("PATH", env::var_os("PATH").unwrap_or_default());
        }
        command
    }

    /// Time from the start of the process until it is reaped.
    fn time(&self, round: usize) -> Duration {
        let mut command = self.command(&self.program);
        let (stdin, mut input) = io::pipe().unwrap();
        let (mut output, stdout) = io::pipe().unwrap();
        input.write_all((self.case.input)(&self.place, round).as_bytes()).unwrap();
        drop(input);
        command.args(self.case.args).stdin(stdin).stdout(stdout).stderr(Stdio::null());
        let begin = Instant::now();
        let status = command.spawn().unwrap().wait().unwrap();
        let time = begin.elapsed();
        drop(command);
        let printed = output.read_to_end(&mut Vec::new()).unwrap() > 0;
        let may_be_silent = matches!(self.case.program, Program::Node) || self.case.args.contains(&"hook");
        assert!(status.success() && (printed || may_be_silent), "{}: {status}", self.case.name);
        time
    }

    fn used(&self, round: usize) -> Option<Used> {
        let mut command = self.command(&self.program);
        command.args(self.case.args).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        last_moment::used(&mut command.spawn().unwrap(), (self.case.input)(&self.place, round).as_bytes())
    }

    /// Instructions by callgrind's count, including the dynamic loader's. `None` without valgrind.
    fn instructions(&self, round: usize) -> Option<u64> {
        if self.case.program == Program::Node {
            return None;
        }
        let mut command = self.command(&find(Path::new("valgrind"))?);
        command.args(["--tool=callgrind", "--callgrind-out-file=/dev/null"]);
        command.arg(&self.program).args(self.case.args);
        let child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
        let mut child = child.unwrap();
        child.stdin.take().unwrap().write_all((self.case.input)(&self.place, round).as_bytes()).unwrap();
        let report = String::from_utf8(child.wait_with_output().unwrap().stderr).unwrap();
        report.rsplit_once("Collected : ")?.1.lines().next()?.parse().ok()
    }
}

/// The arguments after `--`.
struct Asked {
    rounds: usize,
    only: Option<String>,
    peers: Vec<String>,
    evict: bool,
}

fn asked() -> Asked {
    let mut asked = Asked { rounds: ROUNDS, only: None, peers: Vec::new(), evict: false };
    let mut args = env::args().skip(1);
    while let Some(arg) = args.next() {
        match arg.as_str() {
            // Passed by Cargo.
            "--bench" => {}
            "--evict" => asked.evict = true,
            "--only" => asked.only = args.next(),
            "--peer" => asked.peers.extend(args.next()),
            rounds => asked.rounds = rounds.parse().unwrap_or_else(|_| panic!("{rounds}: no such option")),
        }
    }
    asked
}

fn main() {
    let asked = asked();
    let root = env::temp_dir().join(format!("bridgeline-bench-{}", process::id()));
    let mut runs = runs(&asked, &root);
    runs.iter().for_each(Run::refresh);
    let mut order: Vec<usize> = (0..runs.len()).collect();
    for round in 0..WARM_UP + asked.rounds {
        for &turn in &order {
            let run = &mut runs[turn];
            if run.case.program == Program::Node && round % NODE_EVERY > 0 {
                continue;
            }
            let time = run.time(round);
            run.times.extend((round >= WARM_UP).then_some(time));
        }
        // A run right after the same program is faster, so each case follows both of its neighbours.
        order.reverse();
    }
    for run in &mut runs {
        run.times.sort_unstable();
        run.used = run.used(WARM_UP + asked.rounds);
        run.instructions = run.instructions(WARM_UP + asked.rounds + 1);
    }
    report(&runs, &asked);
    _ = fs::remove_dir_all(root);
}

/// Every case in every way of linking that can be built here, and the requested peers.
fn runs(asked: &Asked, root: &Path) -> Vec<Run> {
    let musl = format!("{}-unknown-linux-musl", env::consts::ARCH);
    let mut runs = Vec::new();
    let mut add = |case: &'static Case, linking: &str, program: &Path| {
        let place = Place::new(root.join(runs.len().to_string()));
        let (linking, program) = (linking.to_owned(), program.to_owned());
        runs.push(Run { case, linking, program, place, times: Vec::new(), used: None, instructions: None });
    };
    let is_wanted = |case: &Case| {
        let only = asked.only.as_deref();
        case.program == Program::Yardstick || only.is_none_or(|only| case.name.contains(only))
    };
    for (linking, target) in [("as cargo links by default", None), (musl.as_str(), Some(musl.as_str()))] {
        // Separately: built together, the program would get the yardstick's features too.
        let built = build(&["--bin", "bridgeline"], target).zip(build(&["--example", "yardstick"], target));
        let Some((bridgeline, yardstick)) = built else {
            println!("{linking}: cannot be built here");
            continue;
        };
        let folder = root.join("programs").join(linking);
        let bridgeline = copied(&bridgeline, &folder, asked.evict);
        let yardstick = copied(&yardstick, &folder, asked.evict);
        for case in CASES.iter().filter(|case| is_wanted(case)) {
            let program = if case.program == Program::Yardstick { &yardstick } else { &bridgeline };
            add(case, linking, program);
        }
    }
    for (number, peer) in asked.peers.iter().enumerate() {
        let (name, command) = peer.split_once('=').expect("--peer NAME=COMMAND");
        let mut words = command.split_whitespace().map(|word| &*word.to_owned().leak());
        let program = Path::new(words.next().expect("--peer NAME=COMMAND"));
        let program = find(program).unwrap_or_else(|| panic!("{}: not found", program.display()));
        let args: &[&str] = words.collect::<Vec<_>>().leak();
        let case = Case { name: name.to_owned().leak(), program: Program::Peer, args, input: the_same };
        let folder = root.join("programs").join(number.to_string());
        add(Box::leak(Box::new(case)), "others", &copied(&program, &folder, asked.evict));
    }
    if let Some(node) = find(Path::new("node")).filter(|_| is_wanted(&NODE)) {
        add(&NODE, "others", &node);
    }
    runs
}

/// A fresh copy, since the state of a file in the page cache (just written, or read back) is worth a quarter of the
/// time. A script is not copied: it may need the files next to it.
fn copied(program: &Path, folder: &Path, evict: bool) -> PathBuf {
    let bytes = fs::read(program).unwrap();
    if !bytes.starts_with(b"\x7fELF") {
        return program.to_owned();
    }
    fs::create_dir_all(folder).unwrap();
    let copy = folder.join(program.file_name().unwrap());
    fs::copy(program, &copy).unwrap();
    #[cfg(target_os = "linux")]
    if evict {
        let file = File::open(&copy).unwrap();
        file.sync_all().unwrap();
        rustix::fs::fadvise(&file, 0, None, rustix::fs::Advice::DontNeed).unwrap();
    }
    #[cfg(not(target_os = "linux"))]
    assert!(!evict, "--evict: not on this system");
    copy
}

/// Builds for release. Returns the path of the result; `None` if it cannot be built.
fn build(what: &[&str], target: Option<&str>) -> Option<PathBuf> {
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or("cargo".into()));
    cargo.current_dir(env!("CARGO_MANIFEST_DIR")).args(["build", "--release", "--message-format=json"]);
    cargo.args(what).args(target.map(|target| format!("--target={target}")));
    let output = cargo.stderr(Stdio::inherit()).output().ok()?;
    let messages = String::from_utf8(output.stdout).ok()?;
    let mut messages = messages.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let artifact = messages.find(|message| message["target"]["name"] == what[1] && message["executable"].is_string());
    Some(PathBuf::from(artifact?["executable"].as_str()?))
}

fn find(program: &Path) -> Option<PathBuf> {
    env::split_paths(&env::var_os("PATH")?).map(|folder| folder.join(program)).find(|path| path.is_file())
}

fn report(runs: &[Run], asked: &Asked) {
    let rustc = Command::new("rustc").arg("--version").output().map(|output| output.stdout);
    let rustc = String::from_utf8(rustc.unwrap_or_default()).unwrap();
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let cpus = std::thread::available_parallelism().map_or(0, usize::from);
    let (rounds, state) = (asked.rounds, if asked.evict { "read back" } else { "just written" });
    println!("{}, kernel {}, {cpus} processors, {rounds} rounds, programs {state}", rustc.trim(), kernel.trim());
    let mut linking = "";
    for run in runs {
        if run.linking != linking {
            linking = &run.linking;
            let heads = ["min µs", "median µs", "yardsticks", "peak KiB", "page faults", "instructions"];
            println!("\n{linking:34}{}", heads.map(|head| format!("{head:>14}")).concat());
        }
        let yardstick = runs.iter().find(|other| other.linking == *linking && other.case.program == Program::Yardstick);
        let median = |run: &Run| run.times[run.times.len() / 2].as_secs_f64() * 1e6;
        let number = |number: Option<u64>| number.map_or("–".to_owned(), |number| number.to_string());
        let cells = [
            format!("{:.0}", run.times[0].as_secs_f64() * 1e6),
            format!("{:.0}", median(run)),
            yardstick.map_or("–".to_owned(), |yardstick| format!("{:.2}", median(run) / median(yardstick))),
            number(run.used.map(|used| used.memory)),
            number(run.used.map(|used| used.faults)),
            number(run.instructions),
        ];
        println!("{:34}{}", run.case.name, cells.map(|cell| format!("{cell:>14}")).concat());
    }
}
