//! Asking git itself. Whatever a repository's own configuration says, nothing of it is run, nothing
//! is written and nothing is fetched: `core.fsmonitor`, filters, hooks, a pager, a signature check and
//! remotes are off. Contents of submodules are not looked at, since theirs would be run there.

use std::path::Path;
use std::process::Command;

use super::place::{Head, Place};
use super::{Git, status};
use crate::input::refresh::Run;
use crate::process::{self, Limits, Output};
use crate::store::{self, Trust};

/// Most that is read of what git says, in bytes; some 50,000 changed files. What is beyond is not counted.
const MAX_OUTPUT: usize = 4 << 20;

/// Most of a configuration file that is read, in bytes.
const MAX_CONFIG: u64 = 1 << 20;

/// What git says of the repository as it is seen from `folder`.
///
/// # Errors
/// git is not there, too slow, or refuses; its message.
pub fn query(place: &Place, folder: &Path, run: &Run) -> Result<Git, String> {
    let asker = Asker { place, folder: place.top.as_deref().unwrap_or(folder), run };
    let off = asker.foreign_filters()?;
    let mut git = match asker.ask(&off, &STATUS)? {
        Answer::Output(output) => Git { more: output.more, ..status::parse(&output.stdout) },
        // A bare repository, or within `.git`.
        Answer::Refusal(message) if message.contains("must be run in a work tree") => {
            Git { branch: branch(place), ..Git::default() }
        }
        Answer::Refusal(message) => return Err(message),
    };
    // Fails where there is no commit yet.
    if let Answer::Output(output) = asker.ask(&[], &LOG)? {
        asker.take_commit(&mut git, &output.stdout);
    }
    git.worktree = place.worktree();
    Ok(git)
}

fn branch(place: &Place) -> Option<String> {
    match place.head()? {
        Head::Branch(name) => Some(name),
        Head::Detached(_) => None,
    }
}

const STATUS: [&str; 6] =
    ["status", "--porcelain=v2", "--branch", "--show-stash", "-z", "--ignore-submodules=dirty"];

const LOG: [&str; 8] = [
    "log",
    "--max-count=1",
    "--no-show-signature",
    "--no-patch",
    "--decorate=full",
    "--decorate-refs=refs/tags/",
    "--format=%h%x00%ct%x00%D",
    "HEAD",
];

enum Answer {
    Output(Output),
    Refusal(String),
}

struct Asker<'a> {
    place: &'a Place,
    folder: &'a Path,
    run: &'a Run,
}

impl Asker<'_> {
    /// Runs git with these filters off.
    fn ask(&self, filters_off: &[String], args: &[&str]) -> Result<Answer, String> {
        let mut command = self.git();
        for setting in filters_off {
            command.args(["-c", setting]);
        }
        command.args(args);
        if args == LOG {
            command.arg("--");
        }
        let limits = Limits { deadline: self.run.deadline, stdout: MAX_OUTPUT };
        let output = process::run(command, Vec::new(), &limits);
        let output = output.map_err(|failure| format!("git {}: {failure}", args[0]))?;
        if output.more || output.code == Some(0) {
            return Ok(Answer::Output(output));
        }
        Ok(Answer::Refusal(message(args[0], &output)))
    }

    fn git(&self) -> Command {
        let mut command = process::command("git", self.run.env.var_os("PATH"));
        command.current_dir(self.folder);
        command.args(["--no-optional-locks", "--no-pager"]);
        for setting in ["core.fsmonitor=false", "core.hooksPath=/dev/null", "log.showSignature=false"] {
            command.args(["-c", setting]);
        }
        for (name, value) in [
            ("LC_ALL", "C"),
            ("GIT_TERMINAL_PROMPT", "0"),
            // A partial clone fetches what it lacks, by whatever command its configuration names.
            ("GIT_NO_LAZY_FETCH", "1"),
            // The same for git before 2.45: there is no protocol of that name.
            ("GIT_ALLOW_PROTOCOL", "none"),
        ] {
            command.env(name, value);
        }
        // Where git takes our repository for none, it must not tell of the one around it.
        if let Some(above) = self.place.top.as_deref().and_then(Path::parent) {
            command.env("GIT_CEILING_DIRECTORIES", above);
        }
        command
    }

    /// Settings that turn off the filters which the repository itself defines: `git status` puts a file
    /// through its `clean` filter when the index does not tell whether it has changed. Those of the user
    /// (such as git-lfs) stay.
    fn foreign_filters(&self) -> Result<Vec<String>, String> {
        let files = [self.place.common_dir.join("config"), self.place.git_dir.join("config.worktree")];
        if !files.iter().any(|path| may_define_filters(path)) {
            return Ok(Vec::new());
        }
        let list = ["config", "--list", "--show-scope", "--name-only", "--null"];
        match self.ask(&[], &list)? {
            Answer::Output(output) if !output.more => filters_off(&output.stdout),
            Answer::Output(_) => Err("git config: says too much".to_owned()),
            Answer::Refusal(message) => Err(message),
        }
    }

    /// Takes in what [`LOG`] says.
    fn take_commit(&self, git: &mut Git, output: &[u8]) {
        let output = String::from_utf8_lossy(output);
        let mut fields = output.trim_end_matches('\n').split('\0');
        git.commit = fields.next().filter(|id| !id.is_empty()).map(str::to_owned);
        git.committed_at = fields.next().and_then(|seconds| seconds.parse().ok());
        let names = fields.next().unwrap_or_default().split(", ");
        let tags = names.filter_map(|name| name.trim_start_matches("tag: ").strip_prefix("refs/tags/"));
        git.tag = tags.max().map(str::to_owned);
    }
}

/// Whether a configuration file has the word for a filter or for an inclusion in it.
fn may_define_filters(path: &Path) -> bool {
    match store::read_text(path, Trust::Lenient, MAX_CONFIG) {
        Ok(text) => {
            let text = text.to_ascii_lowercase();
            text.contains("filter") || text.contains("include")
        }
        Err(store::Absent::Missing | store::Absent::Invalid(store::EMPTY)) => false,
        Err(_) => true,
    }
}

/// The filters among `<scope>NUL<name>NUL…` that the repository defines, as settings that turn them off.
fn filters_off(list: &[u8]) -> Result<Vec<String>, String> {
    let list = std::str::from_utf8(list).map_err(|_| "git config: a name is no UTF-8".to_owned())?;
    let fields: Vec<&str> = list.split('\0').collect();
    let own = fields.chunks_exact(2).filter(|pair| matches!(pair[0], "local" | "worktree"));
    let names = own.filter_map(|pair| pair[1].strip_prefix("filter.")?.rsplit_once('.'));
    let mut drivers: Vec<&str> = names.map(|(driver, _)| driver).collect();
    drivers.sort_unstable();
    drivers.dedup();
    let mut settings = Vec::new();
    for driver in drivers {
        // `-c` takes everything behind the first one as the value.
        if driver.contains('=') {
            return Err(format!("the repository has a filter of a name that cannot be turned off: {driver}"));
        }
        settings.push(format!("filter.{driver}.clean="));
        settings.push(format!("filter.{driver}.process="));
        settings.push(format!("filter.{driver}.required=false"));
    }
    Ok(settings)
}

/// Why git refused, in its words, with what to do where the repository is somebody else's.
fn message(subcommand: &str, output: &Output) -> String {
    let stderr = String::from_utf8_lossy(&output.stderr);
    let lines = || stderr.lines().map(str::trim);
    let advice = lines().find(|line| line.starts_with("git config --global --add safe.directory"));
    let cause = lines().find_map(|line| line.strip_prefix("fatal: ")).or_else(|| lines().next());
    match (cause, advice) {
        (Some(cause), Some(advice)) => format!("git {subcommand}: {cause}; if you trust it: {advice}"),
        (Some(cause), None) => format!("git {subcommand}: {cause}"),
        (None, _) => format!("git {subcommand}: ended with status {:?}", output.code),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters_of_the_repository_are_turned_off() {
        let check = |list: &str, expected: Result<&[&str], ()>| {
            let found = filters_off(list.as_bytes()).map_err(drop);
            let expected = expected.map(|settings| settings.iter().map(ToString::to_string).collect());
            assert_eq!(found, expected, "{list:?}");
        };
        check("", Ok(&[]));
        check("system\0filter.lfs.clean\0global\0filter.x.clean\0local\0core.bare\0", Ok(&[]));
        check(
            "local\0filter.a.B\n.clean\0worktree\0filter.a.B\n.process\0",
            Ok(&["filter.a.B\n.clean=", "filter.a.B\n.process=", "filter.a.B\n.required=false"]),
        );
        check("local\0filter.a=b.clean\0", Err(()));
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
        check("", "git status: ended with status Some(128)");
    }
}
