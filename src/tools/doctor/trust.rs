//! Folders and hooks that the user has trusted in agents.

use std::path::Path;

use super::{Checkup, Findings};
use crate::agent::{CLAUDE_CODE, CODEX, GEMINI, Scope};
use crate::base::json::Object;
use crate::store::{self, Trust};

/// Maximum size of `.claude.json` in bytes: it has the history of all projects.
const MAX_PROJECTS: u64 = 64 << 20;

pub fn trust(cx: &Checkup, found: &mut Findings) {
    claude_code(cx, found);
    codex(cx, found);
    gemini(cx, found);
}

fn claude_code(cx: &Checkup, found: &mut Findings) {
    let env = &cx.call.env;
    let folder = env.path("CLAUDE_CONFIG_DIR").or_else(|| env.home());
    let (Some(folder), Some(dir)) = (folder, env.current_dir()) else { return };
    if !CLAUDE_CODE.is_here(env) {
        return;
    }
    let path = folder.join(".claude.json");
    let dir_shown = dir.display();
    match store::read_text(&path, Trust::Lenient, MAX_PROJECTS).map(|text| trusted(&text, &dir)) {
        Ok(Some(true)) => found.ok(format!("claude-code trusts {dir_shown}")),
        Ok(Some(false)) => found
            .problem(format!("claude-code does not trust {dir_shown}, and shows no statusline there"))
            .advice("start it there and accept its question about trust"),
        Ok(None) => found.note(format!("claude-code has not been used in {dir_shown}")),
        Err(store::Absent::Missing) => found.note("claude-code has not recorded any trusted folder yet"),
        Err(absent) => found.note(format!("trusted folders are unknown: the file is {absent}")),
    }
    .at(path);
}

/// A folder or one above it is trusted. `None` if the user has not been asked.
fn trusted(text: &str, dir: &Path) -> Option<bool> {
    let whole = Object::parse(text)?;
    let projects = whole.object("projects")?;
    let accepted = |folder: &Path| {
        let name = folder.to_str()?;
        let project = projects.object(name).or_else(|| projects.object(&name.replace('\\', "/")))?;
        Some(project.bool("hasTrustDialogAccepted") == Some(true))
    };
    dir.ancestors().filter_map(accepted).reduce(|one, other| one || other)
}

/// Codex runs only hooks that it has recorded as trusted, by file and place. We don't check its hash of their command.
fn codex(cx: &Checkup, found: &mut Findings) {
    let files = || cx.settings_of(&CODEX);
    let records: Vec<&String> = files().filter_map(|(_, says)| says.trusted.as_ref()).flatten().collect();
    for (file, says) in files().filter(|(_, says)| !says.handlers.is_empty()) {
        let path = file.path.to_string_lossy();
        let is_new = |place: &&String| !records.contains(&&format!("{path}:{place}"));
        match says.handlers.iter().filter(is_new).count() {
            0 => found.ok("codex trusts our hooks, unless their command has changed since"),
            count => found
                .problem(format!("codex does not trust {count} of our hooks and does not run them"))
                .advice("start it and choose \"Trust all and continue\" at \"Hooks need review\""),
        }
        .at(&file.path);
    }
}

/// Gemini runs hooks only in trusted folders.
fn gemini(cx: &Checkup, found: &mut Findings) {
    let env = &cx.call.env;
    let named = env.path("GEMINI_CLI_TRUSTED_FOLDERS_PATH");
    let path = named.or_else(|| Some(GEMINI.settings.file(Scope::User, env)?.with_file_name("trustedFolders.json")));
    let (Some(path), Some(dir)) = (path, env.current_dir()) else { return };
    if cx.settings_of(&GEMINI).all(|(_, says)| says.registered.is_empty() || says.trusts_all) {
        return;
    }
    let text = store::read_text(&path, Trust::Lenient, MAX_PROJECTS).unwrap_or_default();
    let dir_shown = dir.display();
    match rule(&text, &dir) {
        Some(true) => found.ok(format!("gemini trusts {dir_shown}")),
        Some(false) => found
            .problem(format!("gemini does not trust {dir_shown}, and runs no hooks there"))
            .advice("change that with `/permissions` in Gemini"),
        None => found.note(format!("gemini does not trust {dir_shown} yet, and runs no hooks there until it does")),
    }
    .at(path);
}

/// Verdict of the longest rule that applies to a folder. `None` if no rule does.
fn rule(text: &str, dir: &Path) -> Option<bool> {
    let rules = Object::parse(text)?;
    let levels = rules.members().filter_map(|(path, _)| Some((rules.text(&path)?, path)));
    let is_about = |(level, path): &(String, String)| {
        let folder = Path::new(path);
        dir.starts_with(if level == "TRUST_PARENT" { folder.parent().unwrap_or(folder) } else { folder })
    };
    let (level, _) = levels.filter(is_about).max_by_key(|(_, path)| path.len())?;
    Some(level != "DO_NOT_TRUST")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trust_reaches_down() {
        let text = r#"{"projects":{"/work":{"hasTrustDialogAccepted":true},"/work/sub":{"hasTrustDialogAccepted":false},"/other":{"hasTrustDialogAccepted":false},"/odd":{}}}"#;
        let check = |dir: &str, expected| assert_eq!(trusted(text, Path::new(dir)), expected, "{dir}");
        check("/work", Some(true));
        check("/work/sub/deep", Some(true));
        check("/other", Some(false));
        check("/other/deep", Some(false));
        check("/odd", Some(false));
        check("/new", None);
        assert_eq!(trusted("[]", Path::new("/work")), None);
        assert_eq!(trusted(r#"{"projects":7}"#, Path::new("/work")), None);
    }

    #[test]
    fn the_longest_rule_of_gemini_counts() {
        let text = r#"{"/work":"TRUST_FOLDER","/work/sub":"DO_NOT_TRUST","/other/one":"TRUST_PARENT","/odd":7}"#;
        let check = |dir: &str, expected| assert_eq!(rule(text, Path::new(dir)), expected, "{dir}");
        check("/work", Some(true));
        check("/work/sub/deep", Some(false));
        check("/workshop", None);
        check("/other/two", Some(true));
        check("/odd", None);
        assert_eq!(rule("", Path::new("/work")), None);
    }
}
