//! The golden corpus: the bytes that the program prints and writes for every recorded payload, in
//! `tests/snapshots/golden`. Those files are the specification. `SNAPSHOTS=overwrite cargo test --test it golden`
//! renews them.

mod commands;
mod files;
mod lines;

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::{env, fs};

/// One file of the corpus: entries, each below a heading of its own.
struct Golden {
    name: String,
    text: String,
}

/// Transcripts of recorded sessions, in `tests/fixtures/transcript`.
const TRANSCRIPTS: [&str; 3] =
    ["claude-code-2.1.330.jsonl", "claude-code-2.1.332-compacted.jsonl", "claude-code-2.1.332-interrupted.jsonl"];

/// Maximum number of headings in the message of a failure, and of lines of the first entry that differs.
const SHOWN: usize = 12;

impl Golden {
    fn new(name: &str) -> Self {
        Golden { name: name.to_owned(), text: String::new() }
    }

    fn entry(&mut self, heading: &str, body: &str) {
        writeln!(self.text, "== {heading}\n{}", body.strip_suffix('\n').unwrap_or(body)).unwrap();
    }

    /// Fails if the file in the repository differs, and names the entries that do.
    #[track_caller]
    fn check(&self) {
        let path = folder().join(&self.name);
        if env::var("SNAPSHOTS").is_ok_and(|wish| wish == "overwrite") {
            fs::create_dir_all(folder()).unwrap();
            fs::write(path, &self.text).unwrap();
            return;
        }
        let expected = fs::read_to_string(path).unwrap_or_default();
        assert!(expected == self.text, "{}: {}", self.name, difference(&expected, &self.text));
    }
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/snapshots/golden")
}

/// Heading and body of each entry.
fn entries(text: &str) -> Vec<(&str, &str)> {
    let parts = text.strip_prefix("== ").unwrap_or(text).split("\n== ");
    parts.map(|entry| entry.split_once('\n').unwrap_or((entry, ""))).collect()
}

/// Headings of the entries that differ, and the lines of the first one from the first difference on.
fn difference(expected: &str, found: &str) -> String {
    let (expected, found) = (entries(expected), entries(found));
    let body = |entries: &[(&str, &str)], heading: &str| {
        entries.iter().find(|(name, _)| *name == heading).map_or(String::new(), |(_, body)| (*body).to_owned())
    };
    let gone = expected.iter().filter(|(name, _)| found.iter().all(|(other, _)| other != name));
    let all: Vec<&str> = found.iter().chain(gone).map(|(name, _)| *name).collect();
    let differ: Vec<&str> = all.iter().copied().filter(|name| body(&expected, name) != body(&found, name)).collect();
    let Some(first) = differ.first() else { return "entries in another order".to_owned() };
    let mut told = format!("{} of {} entries differ\n", differ.len(), all.len());
    for name in differ.iter().take(SHOWN) {
        writeln!(told, "  {name}").unwrap();
    }
    let (expected, found) = (body(&expected, first), body(&found, first));
    let same = expected.lines().zip(found.lines()).take_while(|(one, other)| one == other).count();
    writeln!(told, "{first}, from line {}:", same + 1).unwrap();
    let rest = [&expected, &found].map(|text| text.lines().skip(same).collect::<Vec<_>>());
    let (gone, new) = (rest[0].iter().rev(), rest[1].iter().rev());
    let alike = gone.zip(new).take_while(|(one, other)| one == other).count();
    for (sign, lines) in ['-', '+'].into_iter().zip(rest) {
        for line in lines[..lines.len() - alike].iter().take(SHOWN) {
            writeln!(told, "{sign}{line}").unwrap();
        }
    }
    told
}

/// Text that stands for a longer one: FNV-1a.
fn digest(text: &str) -> String {
    let step = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3);
    format!("{:016x}", text.as_bytes().iter().fold(0xcbf2_9ce4_8422_2325, step))
}

/// A file of `tests/fixtures`.
fn read(folder: &str, name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(folder).join(name);
    fs::read_to_string(path).unwrap()
}

#[test]
fn a_difference_is_told_in_a_few_lines() {
    let told = difference("== a\n1\n== b\n1\n2\n9\n== c\n1\n", "== a\n1\n== b\n1\n3\n9\n== d\n1\n");
    assert_eq!(told, "3 of 4 entries differ\n  b\n  d\n  c\nb, from line 2:\n-2\n+3\n");
}
