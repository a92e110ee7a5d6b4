//! The program itself: which one runs, and which one is meant.

use std::path::{Path, PathBuf};

use super::{Finding, Scene};
use crate::base::env::Env;
use crate::settings;
use crate::store;

pub fn version(scene: &Scene) -> Vec<Finding> {
    let version = format!("bridgeline {}", env!("CARGO_PKG_VERSION"));
    vec![match &scene.program {
        Some(path) => Finding::ok(version).at(path),
        None => Finding::note(format!("{version}, from a place that the system does not tell")),
    }]
}

pub fn path(scene: &Scene) -> Vec<Finding> {
    vec![match find("bridgeline", scene.env) {
        Lookup::There(path) if is_this(&path, scene) => Finding::ok("it is the one on PATH").at(path),
        Lookup::There(path) => Finding::warning("the bridgeline on PATH is another one than this")
            .at(path)
            .advice("put the folder of the one that is meant first, or name it by its full path in settings"),
        Lookup::NotExecutable(path) => {
            Finding::warning("the bridgeline on PATH cannot be started").at(path).advice("chmod +x it")
        }
        Lookup::Missing | Lookup::Unknown => {
            Finding::note("bridgeline is not on PATH: settings have to name it by its full path")
        }
    }]
}

pub fn settings(scene: &Scene) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in &scene.settings {
        let Some(line) = file.our_line() else { continue };
        let Some(word) = settings::program(line) else { continue };
        findings.push(match find(&word, scene.env) {
            Lookup::There(path) if is_this(&path, scene) => {
                Finding::ok(format!("{} starts this program", file.agent.name)).at(&file.path)
            }
            Lookup::There(path) => {
                let message = format!("{} starts another bridgeline: {}", file.agent.name, path.display());
                Finding::warning(message).at(&file.path).advice("`bridgeline install` names this one")
            }
            // That is for the check of the command.
            _ => continue,
        });
    }
    if findings.is_empty() {
        findings.push(Finding::note("no settings start a bridgeline that is there"));
    }
    findings
}

fn is_this(path: &Path, scene: &Scene) -> bool {
    let real = |path: &Path| path.canonicalize().ok();
    scene.program.as_deref().is_some_and(|program| real(program).is_some() && real(program) == real(path))
}

/// What a program's name in a command line leads to.
pub enum Lookup {
    There(PathBuf),
    NotExecutable(PathBuf),
    Missing,
    /// Only the shell could tell.
    Unknown,
}

/// Finds a program as a shell would that runs here.
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
    // Windows finds it without its ending too.
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
