//! Test data in the repository: payloads, events and transcripts as agents sent them; themes.

use std::fs;
use std::path::Path;

use serde_json::Value;

use super::ROOT;

/// Names of the embedded themes.
pub fn themes() -> Vec<String> {
    let entries = fs::read_dir(Path::new(ROOT).join("themes")).unwrap();
    let names = entries.map(|entry| entry.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned());
    names.collect()
}

/// A payload of `tests/fixtures/status`.
#[track_caller]
pub fn fixture(name: &str) -> Value {
    let path = Path::new(ROOT).join("tests/fixtures/status").join(name);
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

/// Names of the payloads in `tests/fixtures/status`, as `folder/file.json`, in order.
pub fn fixtures() -> Vec<String> {
    recorded("status")
}

/// Names of the JSON files in the subfolders of a folder in `tests/fixtures`, as `folder/file.json`, in order.
pub fn recorded(folder: &str) -> Vec<String> {
    let root = Path::new(ROOT).join("tests/fixtures").join(folder);
    let mut names = Vec::new();
    for folder in fs::read_dir(root).unwrap().map(|entry| entry.unwrap()) {
        let files = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name());
        for file in files.filter(|file| file.to_str().unwrap().ends_with(".json")) {
            names.push(format!("{}/{}", folder.file_name().to_str().unwrap(), file.to_str().unwrap()));
        }
    }
    names.sort();
    names
}
