//! Runs git itself. No program of a repository is run, nothing is written and nothing is fetched: git lists the filters
//! and hooks of every configuration that it would read, and the following calls turn them off, as well as
//! `core.fsmonitor`, the folder of hooks, the pager, signature checks and remotes. The user's filters are off too: they
//! would run inside the repository with its settings (git-lfs takes programs from its configuration). Submodules are
//! skipped, since their programs would run there. Not covered: writes into the repository between the list and the
//! call.

use std::path::Path;
use std::process::Command;

use super::repository::{DOT_JJ, Head, Repository};
use super::{Git, jujutsu, status};
use crate::facts::refresh::Refresh;
use crate::process::{self, Output};

/// Maximum output of git that is read, in bytes: about 50,000 changed files. Further ones are not counted.
const MAX_OUTPUT: usize = 4 << 20;

/// State of the repository as seen from `folder`.
///
/// # Errors
/// git is not installed, too slow, or refuses; its message.
pub fn query(repository: &Repository, folder: &Path, run: &Refresh) -> Result<Git, String> {
    let folder = repository.top.as_deref().unwrap_or(folder);
    if repository.git_dir.ends_with(DOT_JJ) {
        return jujutsu::query(folder, run).map(|(git, _)| git);
    }
    let asker = Asker { repository, folder, run };
    let off = asker.programs_off()?;
    let status = asker.ask(&off, STATUS)?;
    let mut git = if status.is_success() {
        Git { more: status.more, ..status::parse(&status.stdout) }
    } else {
        let message = message("status", &status);
        // A bare repository, or within `.git`.
        if !message.contains("must be run in a work tree") {
            return Err(message);
        }
        Git { branch: branch(repository), ..Git::default() }
    };
    // Fails if there is no commit yet.
    let log = asker.ask(&off, LOG)?;
    if log.is_success() {
        take_commit(&mut git, &log.stdout);
    }
    if let Some(top) = repository.top.as_deref().filter(|top| top.join(DOT_JJ).is_dir())
        && let Ok((jj, parents)) = jujutsu::query(top, run)
        && git.commit.as_ref().is_none_or(|head| parents.iter().any(|parent| parent.starts_with(head)))
    {
        // jj has run since git last moved the head.
        (git.change, git.bookmarks) = (jj.change, jj.bookmarks);
    }
    git.worktree = repository.worktree();
    Ok(git)
}

fn branch(repository: &Repository) -> Option<String> {
    match repository.head()? {
        Head::Branch(name) => Some(name),
        Head::Detached(_) => None,
    }
}

const STATUS: &str = "status --porcelain=v2 --branch --show-stash -z --ignore-submodules=dirty";

const LOG: &str = "log --max-count=1 --no-show-signature --no-patch --decorate=full --decorate-refs=refs/tags/ \
                   --format=%h%x00%ct%x00%D HEAD --";

/// Lists every key of a filter or a hook, whichever file it is in. Runs nothing itself.
const PROGRAMS: &str = r"config -z --name-only --get-regexp ^(filter|hook)\.";

struct Asker<'a> {
    repository: &'a Repository,
    folder: &'a Path,
    run: &'a Refresh,
}

impl Asker<'_> {
    /// Runs git with these settings and arguments, which have a space between.
    fn ask(&self, settings: &[String], args: &str) -> Result<Output, String> {
        let mut command = self.git();
        for setting in settings {
            command.args(["-c", setting]);
        }
        command.args(args.split(' '));
        let output = process::run(command, Vec::new(), self.run.deadline, MAX_OUTPUT);
        output.map_err(|err| format!("git {}: {err}", args.split(' ').next().unwrap_or_default()))
    }

    fn git(&self) -> Command {
        let mut command = process::command("git", self.run.env.var_os("PATH"));
        command.current_dir(self.folder);
        command.args(["--no-optional-locks", "--no-pager"]);
        for setting in ["core.fsmonitor=false", "core.hooksPath=/dev/null", "log.showSignature=false"] {
            command.args(["-c", setting]);
        }
        command.envs([
            ("LC_ALL", "C"),
            ("GIT_TERMINAL_PROMPT", "0"),
            // A partial clone would fetch missing objects, by whatever command its configuration names.
            ("GIT_NO_LAZY_FETCH", "1"),
            // The same for git before 2.45: no protocol has this name.
            ("GIT_ALLOW_PROTOCOL", "none"),
        ]);
        // Only `git config` uses it, and would read a different file from the rest of git.
        command.env_remove("GIT_CONFIG");
        // If git does not accept our repository, it must not report the one around it.
        if let Some(above) = self.repository.top.as_deref().and_then(Path::parent) {
            command.env("GIT_CEILING_DIRECTORIES", above);
        }
        command
    }

    /// Settings that turn off the filters and hooks of every configuration that git reads here. `git status`
    /// puts a file through its `clean` filter when the index does not show whether it has changed.
    fn programs_off(&self) -> Result<Vec<String>, String> {
        let output = self.ask(&[], PROGRAMS)?;
        // git's exit status if there are none.
        let has_none = output.code == Some(1) && output.stderr.is_empty();
        match output.is_success() {
            true if output.more => Err("git config: names too many filters and hooks".to_owned()),
            true => programs_off(&output.stdout),
            false if has_none => Ok(Vec::new()),
            false => Err(message("config", &output)),
        }
    }
}

/// Adds the output of [`LOG`].
fn take_commit(git: &mut Git, output: &[u8]) {
    let output = String::from_utf8_lossy(output);
    let mut fields = output.trim_end_matches('\n').split('\0');
    git.commit = fields.next().filter(|id| !id.is_empty()).map(str::to_owned);
    git.committed_at = fields.next().and_then(|seconds| seconds.parse().ok());
    let names = fields.next().unwrap_or_default().split(", ");
    let tags = names.filter_map(|name| name.trim_start_matches("tag: ").strip_prefix("refs/tags/"));
    git.tag = tags.max().map(str::to_owned);
}

/// The filters and hooks among `<key>NUL…`, as settings that turn them off.
fn programs_off(keys: &[u8]) -> Result<Vec<String>, String> {
    let unsure = |name: &str| format!("not run: a filter or hook cannot be turned off: {name}");
    let keys = std::str::from_utf8(keys).map_err(|_| unsure("its name is not UTF-8"))?;
    let names = keys.split('\0').filter_map(|key| Some(key.rsplit_once('.')?.0));
    // `filter.<name>.<key>`; without a name it is neither.
    let mut names: Vec<&str> = names.filter(|name| name.contains('.')).collect();
    names.sort_unstable();
    names.dedup();
    let mut settings = Vec::new();
    for name in names {
        // `-c` takes everything after the first one as the value.
        if name.contains('=') {
            return Err(unsure(name));
        }
        let keys: &[&str] = match name.starts_with("filter.") {
            true => &["clean=", "smudge=", "process=", "required=false"],
            false => &["enabled=false"],
        };
        settings.extend(keys.iter().map(|key| format!("{name}.{key}")));
    }
    Ok(settings)
}

/// git's own error message, with its advice if the repository belongs to another user.
fn message(subcommand: &str, output: &Output) -> String {
    let stderr = String::from_utf8_lossy(&output.stderr);
    let lines = || stderr.lines().map(str::trim);
    let advice = lines().find(|line| line.starts_with("git config --global --add safe.directory"));
    let cause = lines().find_map(|line| line.strip_prefix("fatal: ")).or_else(|| lines().next());
    match (cause, advice) {
        (Some(cause), Some(advice)) => format!("git {subcommand}: {cause}; if you trust it: {advice}"),
        (Some(cause), None) => format!("git {subcommand}: {cause}"),
        (None, _) => format!("git {subcommand}: {}", output.end()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters_and_hooks_are_turned_off() {
        let check = |list: &[u8], expected: Result<&[&str], &str>| {
            let found = programs_off(list);
            let found: Result<Vec<&str>, &str> =
                found.as_ref().map(|all| all.iter().map(String::as_str).collect()).map_err(String::as_str);
            assert_eq!(found, expected.map(<[_]>::to_vec), "{list:?}");
        };
        check(b"", Ok(&[]));
        check(b"filter.clean\0hook.jobs\0", Ok(&[]));
        let off = ["filter.a.B.clean=", "filter.a.B.smudge=", "filter.a.B.process=", "filter.a.B.required=false"];
        check(b"filter.a.B.process\0filter.a.B.clean\0", Ok(&off));
        check(b"hook.x.event\0hook.x.command\0", Ok(&["hook.x.enabled=false"]));
        let unsure = "not run: a filter or hook cannot be turned off: ";
        check(b"filter.a=b.clean\0", Err(&format!("{unsure}filter.a=b")));
        check(b"filter.\xff.clean\0", Err(&format!("{unsure}its name is not UTF-8")));
    }

    #[test]
    fn refusals_are_explained() {
        let check = |stderr: &str, expected: &str| {
            let stderr = stderr.as_bytes().to_vec();
            let output = Output { stdout: Vec::new(), more: false, stderr, code: Some(128) };
            assert_eq!(message("status", &output), expected);
        };
        check(
            "warning: x\nfatal: detected dubious ownership in repository at '/r'\n\
             To add an exception for this directory, call:\n\n\tgit config --global --add safe.directory /r\n",
            "git status: detected dubious ownership in repository at '/r'; \
             if you trust it: git config --global --add safe.directory /r",
        );
        check("fatal: not a git repository\n", "git status: not a git repository");
        check("sh: git: broken\n", "git status: sh: git: broken");
        check("", "git status: ended with exit status 128");
    }
}
