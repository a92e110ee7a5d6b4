//! npm packages that suites use, installed once for all runs.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;

/// A file of a package at this version.
#[track_caller]
pub fn file(package: &str, version: &str, file: &str) -> PathBuf {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _guard = ONE_AT_A_TIME.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let name = package.trim_start_matches('@').replace('/', "-");
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{version}"));
    let file = folder.join("node_modules").join(package).join(file);
    if !file.exists() {
        let mut npm = Command::new("npm");
        npm.args(["install", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix"]).arg(&folder);
        let output = npm.arg(format!("{package}@{version}")).output().expect("npm is needed");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
    file
}
