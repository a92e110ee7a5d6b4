//! A Jujutsu repository next to git's, whose head is always detached: people go by its change instead.
//!
//! jj can run programs for a snapshot of the working copy (`fsmonitor`), a pager, a signature, an editor, a merge or
//! a fix, all named by configuration, which in older versions may lie in the repository. For a log without snapshot
//! and pager and with a template of ours it runs none. It is asked only once git has accepted the owner of the
//! folder.

use std::path::Path;

use crate::base::text;
use crate::facts::refresh::Refresh;
use crate::process;

/// Longest output of jj that is read, in bytes.
const MAX_OUTPUT: usize = 1024;

const LOG: [&str; 10] = [
    "log",
    "--ignore-working-copy",
    "--no-pager",
    "--quiet",
    "--color=never",
    "--config=fsmonitor.backend=none",
    "--no-graph",
    "--revisions=@",
    "--limit=1",
    "--template",
];

/// Id of the change, its bookmarks, and those of its parents.
const TEMPLATE: &str = r#"separate(" ", change_id.shortest(8), local_bookmarks.join(" "), parents.map(|parent| parent.local_bookmarks().join(" ")).join(" "))"#;

/// Id and bookmarks of the change in the working tree with this top. `None` without Jujutsu, or when jj fails.
pub fn change(top: &Path, run: &Refresh) -> Option<String> {
    if !top.join(".jj").is_dir() {
        return None;
    }
    let mut command = process::command("jj", run.env.var_os("PATH"));
    command.current_dir(top).args(LOG).arg(TEMPLATE).arg("--repository").arg(top);
    let output = process::run(command, Vec::new(), run.deadline, MAX_OUTPUT).ok()?;
    let line = output.is_success().then(|| text::decode(output.stdout))?.lines().next()?.trim().to_owned();
    Some(line).filter(|line| !line.is_empty())
}
