//! A Jujutsu repository beside git, whose head is always detached: people go by its change instead.
//!
//! jj can run programs for a snapshot of the working copy (`fsmonitor`), a pager, a signature, an editor, a
//! merge or a fix, all of them named by configuration, which of older versions may lie in the repository. Of
//! a log that takes no snapshot, has a template of ours and no pager it runs none. Asked only once git has
//! accepted the owner of the folder.

use std::path::Path;

use crate::base::text;
use crate::facts::refresh::Run;
use crate::process::{self, Limits};

/// Most that is read of what jj says, in bytes.
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

/// The id of the change, its bookmarks, and those of what it is based on.
const TEMPLATE: &str = r#"separate(" ", change_id.shortest(8), local_bookmarks.join(" "), parents.map(|parent| parent.local_bookmarks().join(" ")).join(" "))"#;

/// Id and bookmarks of the change in the working tree with this top. `None` where there is no Jujutsu, or it
/// does not say.
pub fn change(top: &Path, run: &Run) -> Option<String> {
    if !top.join(".jj").is_dir() {
        return None;
    }
    let mut command = process::command("jj", run.env.var_os("PATH"));
    command.current_dir(top).args(LOG).arg(TEMPLATE).arg("--repository").arg(top);
    let limits = Limits { deadline: run.deadline, stdout: MAX_OUTPUT };
    let output = process::run(command, Vec::new(), &limits).ok()?;
    let line = output.is_success().then(|| text::decode(output.stdout))?.lines().next()?.trim().to_owned();
    Some(line).filter(|line| !line.is_empty())
}
