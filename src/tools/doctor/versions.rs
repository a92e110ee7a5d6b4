//! Versions of the agents on `PATH`. None of them is started: npm leaves a `package.json` next to each.

use std::path::Path;

use super::program::{Lookup, find};
use super::{Checkup, Findings, agents};
use crate::base::json::Object;
use crate::store::{self, Trust};

pub fn versions(cx: &Checkup, found: &mut Findings) {
    for agent in agents::here(&cx.call.env) {
        let program = agent.resume.split(' ').next().unwrap_or_default();
        let Lookup::There(path) = find(program, &cx.call.env) else { continue };
        let Some(version) = version(&path) else { continue };
        let name = agent.name;
        match agent.settings.since {
            Some(since) if numbers(&version) < numbers(since) => found
                .warning(format!("{name} {version} may not support what `bridgeline install` sets up"))
                .advice(format!("update it to {since} or later")),
            _ => found.ok(format!("{name} {version}")),
        }
        .at(path);
    }
}

/// Version of the npm package that a program belongs to. `None` if it came in another way.
fn version(program: &Path) -> Option<String> {
    let program = program.canonicalize().ok()?;
    let folders = program.ancestors().skip(1).take_while(|folder| !folder.ends_with("node_modules"));
    let mut packages = folders.filter_map(|folder| {
        let text = store::read_text(&folder.join("package.json"), Trust::Lenient, store::MAX_STATE).ok()?;
        Object::parse(&text)?.text("version")
    });
    packages.next()
}

/// The numbers of a version, to compare it by.
fn numbers(version: &str) -> Vec<u64> {
    let release = version.split(['-', '+']).next().unwrap_or_default();
    release.split('.').map(|number| number.parse().unwrap_or(0)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_by_their_numbers() {
        assert!(numbers("0.170.12") < numbers("0.171.0"));
        assert!(numbers("0.171.0-alpha.2") >= numbers("0.171.0"));
        assert!(numbers("1.0") > numbers("0.171.0"));
        assert_eq!(numbers("odd"), [0]);
    }
}
