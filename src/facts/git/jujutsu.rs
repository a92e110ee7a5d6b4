//! Asks jj about a Jujutsu repository, with or without a git repository next to it.
//!
//! jj can run programs for a snapshot of the working copy (`fsmonitor`), a pager, a signature, an editor, a merge or
//! a fix, all named by configuration, which in older versions may lie in the repository. For a log without snapshot and
//! pager and with our own template it runs none. Nor does it write: without a snapshot it reports the files as of the
//! user's last command; at the operation `@` it fails if it would first have to merge two concurrent commands; and it
//! is not run if it would move a configuration from the repository to the user's. Not covered: the new place of a moved
//! or copied repository, which jj records in both.

use std::path::Path;
use std::time::{Duration, Instant};

use super::Git;
use super::repository::DOT_JJ;
use crate::base::text;
use crate::facts::refresh::Refresh;
use crate::process;
use crate::store::{self, Trust};

/// Maximum output of jj that is read, in bytes.
const MAX_OUTPUT: usize = 4 * 1024;

/// Maximum size in bytes of a file that names the repository of a further working copy.
const MAX_FILE: u64 = 8 * 1024;

/// Time limit of jj: the counts of git wait for it.
const TIME_LIMIT: Duration = Duration::from_secs(3);

const LOG: &str = "log --ignore-working-copy --at-operation=@ --no-pager --quiet --color=never \
                   --config=fsmonitor.backend=none --no-graph --limit=4 --revisions";

/// The change, and the nearest ones with bookmarks.
const REVISIONS: &str = "@ | heads(ancestors(@, 100) & bookmarks())";

const TEMPLATE: &str = r#"if(current_working_copy, change_id.shortest(8) ++ "\n"
        ++ commit_id.short(7) ++ "\n"
        ++ parents.map(|parent| parent.commit_id()).join(" ") ++ "\n"
        ++ diff.files().len() ++ "\n"
        ++ conflict ++ "\n") ++ local_bookmarks.join(" ") ++ "\n""#;

/// The change in the working copy with this top folder, and the ids of the commits that it is based on.
///
/// # Errors
/// jj is not installed, is too slow, fails, or is not run.
pub fn query(top: &Path, run: &Refresh) -> Result<(Git, Vec<String>), String> {
    check(top).map_err(|why| format!("jj log: not run: {why}"))?;
    let mut command = process::command("jj", run.env.var_os("PATH"));
    command.current_dir(top).args(LOG.split(' ')).args([REVISIONS, "--template", TEMPLATE, "--repository"]).arg(top);
    let deadline = run.deadline.min(Instant::now() + TIME_LIMIT);
    let output = process::run(command, Vec::new(), deadline, MAX_OUTPUT).map_err(|err| format!("jj log: {err}"))?;
    let end = output.end();
    let parsed = output.is_success().then(|| parse(&text::decode(output.stdout))).flatten();
    let why = || format!("{end}: {}", text::decode(output.stderr).trim());
    parsed.ok_or_else(|| format!("jj log: {}", why()))
}

/// Refuses folders of other users, and a configuration within the repository: jj would take it over among the
/// user's own.
fn check(top: &Path) -> Result<(), String> {
    let dot_jj = top.join(DOT_JJ);
    let repo = dot_jj.join("repo");
    // It is a file in further working copies.
    let elsewhere = store::read_text(&repo, Trust::Strict, MAX_FILE);
    let repo = elsewhere.map_or(repo, |path| dot_jj.join(path.trim_end()));
    for folder in [top, &dot_jj, &repo] {
        if !store::is_our_folder(folder) {
            return Err(format!("{} belongs to another user", folder.display()));
        }
    }
    let configs = [(&repo, "config.toml", "config-id"), (&dot_jj, "workspace-config.toml", "workspace-config-id")];
    for (folder, config, moved) in configs {
        let config = folder.join(config);
        if store::stamp(&config).is_some() && store::stamp(&folder.join(moved)).is_none() {
            return Err(format!("{}: jj 0.37 and later move it away when you run `jj st`", config.display()));
        }
    }
    Ok(())
}

/// Reads the output of [`TEMPLATE`]. `None` if it is invalid.
fn parse(output: &str) -> Option<(Git, Vec<String>)> {
    let mut lines = output.lines();
    let mut line = || lines.next().map(str::to_owned);
    let change = line().filter(|change| !change.is_empty())?;
    let commit = line()?;
    let parents = line()?.split(' ').map(str::to_owned).collect();
    let unstaged = line()?.parse().ok()?;
    let has_conflict = line()? == "true";
    let bookmarks: Vec<&str> = lines.flat_map(str::split_whitespace).collect();
    let git = Git {
        change: Some(change),
        bookmarks: Some(bookmarks.join(" ")).filter(|bookmarks| !bookmarks.is_empty()),
        commit: Some(commit),
        unstaged,
        // jj reports that there are some, but not their number.
        conflicts: u64::from(has_conflict),
        more: has_conflict,
        ..Git::default()
    };
    Some((git, parents))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn output_of_jj() {
        let check = |output: &str, expected: Option<(&str, Option<&str>, u64, u64)>| {
            let found = parse(output);
            let found = found.as_ref().map(|(git, _)| {
                (git.change.as_deref().unwrap(), git.bookmarks.as_deref(), git.unstaged, git.conflicts)
            });
            assert_eq!(found, expected, "{output:?}");
        };
        check("kpqxywon\n0e3a2bf\n2314f71\n0\nfalse\n\n", Some(("kpqxywon", None, 0, 0)));
        check("k\n0\n1 2\n3\ntrue\na b*\nmain\n", Some(("k", Some("a b* main"), 3, 1)));
        // Cut off, a message, and nothing.
        check("k\n0\n1\n3\ntrue", Some(("k", None, 3, 1)));
        check("k\n0\n1\n3", None);
        check("k\n0\n1\nmany\ntrue\n", None);
        check("\n0\n1\n3\ntrue\n", None);
        check("", None);
        let parents = parse("k\n0\n1 2\n3\nfalse\n").unwrap().1;
        assert_eq!(parents, ["1", "2"]);
    }
}
