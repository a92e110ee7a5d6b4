//! The program itself: the one running, and the one configured.

use std::path::{Path, PathBuf};

use super::{Checkup, Findings};
use crate::base::env::Env;
use crate::store;

pub fn version(cx: &Checkup, found: &mut Findings) {
    let version = format!("bridgeline {}", env!("CARGO_PKG_VERSION"));
    match &cx.program {
        Some(path) => found.ok(version).at(path),
        None => found.note(format!("{version}, from an unknown path")),
    };
}

pub fn path(cx: &Checkup, found: &mut Findings) {
    match find("bridgeline", &cx.call.env) {
        Lookup::There(path) if is_this(&path, cx) => found.ok("PATH has this program").at(path),
        Lookup::There(path) if is_launcher(&path, cx) => found.ok("PATH has npm's launcher of this program").at(path),
        Lookup::There(path) => found
            .warning("PATH has another bridgeline")
            .at(path)
            .advice("put this one's folder first, or use its full path in the settings"),
        Lookup::NotExecutable(path) => {
            found.warning("the bridgeline on PATH is not executable").at(path).advice("chmod +x it")
        }
        Lookup::Missing | Lookup::Unknown => found.note("bridgeline is not on PATH; settings must use its full path"),
    };
}

pub fn settings(cx: &Checkup, found: &mut Findings) {
    for (file, word) in cx.our_programs() {
        // A program that cannot be started is reported by another check.
        let Lookup::There(path) = find(word, &cx.call.env) else { continue };
        let agent = file.agent.name;
        if is_this(&path, cx) {
            found.ok(format!("{agent} starts this program")).at(&file.path);
        } else {
            let finding = found.warning(format!("{agent} starts another bridgeline: {}", path.display()));
            finding.at(&file.path).advice("run `bridgeline install` to use this one");
        }
    }
    if cx.our_programs().next().is_none() {
        found.note("no agent is configured to run bridgeline");
    }
}

fn is_this(path: &Path, cx: &Checkup) -> bool {
    let real = |path: &Path| path.canonicalize().ok();
    cx.program.as_deref().is_some_and(|program| real(program).is_some() && real(program) == real(path))
}

/// npm put this file on `PATH` for the program, which is in its `node_modules`: a link into that folder, or on
/// Windows a script next to it.
fn is_launcher(path: &Path, cx: &Checkup) -> bool {
    let (Some(program), Ok(path)) = (&cx.program, path.canonicalize()) else { return false };
    let Ok(program) = program.canonicalize() else { return false };
    let modules = program.ancestors().filter(|folder| folder.ends_with("node_modules")).last();
    modules.is_some_and(|modules| path.starts_with(modules) || path.with_file_name("node_modules") == modules)
}

/// The result of looking for a program.
pub enum Lookup {
    There(PathBuf),
    NotExecutable(PathBuf),
    Missing,
    /// Only the shell can resolve it.
    Unknown,
}

/// Finds a program as a shell in this environment would.
pub fn find(word: &str, env: &Env) -> Lookup {
    let named = match word.strip_prefix("~/") {
        _ if word.contains(['$', '`', '%']) => return Lookup::Unknown,
        Some(below) => env.home().map(|home| home.join(below)),
        None if word.contains(['/', '\\']) => env.current_dir().map(|dir| dir.join(word)),
        None => None,
    };
    let folders = env.var_os("PATH").unwrap_or_default();
    let candidates: Vec<PathBuf> = match named {
        Some(path) => vec![path],
        None => std::env::split_paths(&folders).map(|folder| folder.join(word)).collect(),
    };
    // Windows also finds it without its extension.
    let spelled = |path: PathBuf| {
        let with_ending = cfg!(windows).then(|| path.with_extension(std::env::consts::EXE_EXTENSION));
        with_ending.into_iter().chain([path])
    };
    let mut found = Lookup::Missing;
    for path in candidates.into_iter().flat_map(spelled) {
        match store::is_executable(&path) {
            Some(true) => return Lookup::There(path),
            Some(false) if matches!(found, Lookup::Missing) => found = Lookup::NotExecutable(path),
            _ => {}
        }
    }
    found
}
