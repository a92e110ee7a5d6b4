//! The branch, or the commit of a detached head, what has changed, and what git is in the middle of.

use super::{Cx, Icon, Icons, Kind, Own, Role, Source, Span, Value};
use crate::base::format;
use crate::facts::git::{Git, Head};

pub const KIND: Kind = Kind {
    name: "git",
    about: "branch and state of the repository",
    source: Source::Git,
    role: Role::Git,
    levels: None,
    icon: Icon { nerd: "\u{e0a0}", emoji: "🌿", text: "⎇", ascii: "" },
    fields: &[
        ("branch", "the branch; during a rebase the one that is rebased"),
        (
            "commit",
            "the commit of a detached head, except during the rebase of a branch; of a Jujutsu repository its change and bookmarks",
        ),
        ("operation", "what git is in the middle of: `rebase 3/7`, `merge`, `bisect`"),
        ("changes", "files staged, unstaged, untracked and in conflict: `+2 ~1 ?3 !1`"),
        ("sync", "commits ahead of and behind the upstream: `⇡1⇣2`"),
        ("stale", "age of these numbers, once they are older than `stale_after`"),
        ("staged", "files staged"),
        ("unstaged", "files changed and not staged"),
        ("untracked", "files that git does not know"),
        ("conflicts", "files in conflict"),
        ("ahead", "commits that the upstream lacks"),
        ("behind", "commits of the upstream that the branch lacks"),
        ("upstream", "the branch that ours follows: `origin/main`"),
        ("stash", "entries of the stash"),
        ("sha", "the commit, in the fewest digits that name it"),
        ("tag", "a tag on the commit"),
        ("since", "time since the last commit"),
        ("worktree", "name of the working tree, where it is a linked one"),
    ],
    keys: &[Own {
        name: "stale_after",
        about: "seconds after which numbers are marked with their age",
        private: false,
    }],
    value,
};

/// Numbers are refreshed long before, unless git is slow or fails.
const STALE_AFTER: f64 = 60.0;

fn value(cx: &Cx, name: &str) -> Option<Value> {
    let snapshot = cx.snapshot;
    match (name, snapshot.head()) {
        ("branch", Some(Head::Branch(branch))) => return Some(Value::text(Role::Git, branch.as_str())),
        // Where there are no files to look at, as on another machine, the agent may know.
        ("branch", None) => return Some(Value::text(Role::Git, snapshot.status.vcs.branch.as_deref()?)),
        ("branch", Some(Head::Detached(_))) => {
            return Some(Value::text(Role::Git, snapshot.rebased_branch()?));
        }
        ("commit", Some(Head::Detached(_))) if snapshot.rebased_branch().is_some() => return None,
        ("commit", Some(Head::Detached(commit))) => {
            let git = snapshot.git().and_then(|fact| fact.value.as_ref());
            let change = git.and_then(|git| git.change.as_deref());
            return Some(Value::text(Role::GitDetached, change.unwrap_or(commit)).telling());
        }
        ("commit", _) => return None,
        ("operation", _) => return operation(cx),
        _ => {}
    }
    let fact = snapshot.git()?;
    let git = fact.value.as_ref()?;
    let text = |text: &Option<String>| Some(Value::text(Role::Git, text.as_deref()?));
    let count = |role: Role, count: u64| Value::count(role, count, None);
    match name {
        "changes" => changes(git),
        "sync" => sync(git, cx.icons),
        "stale" => {
            let age = fact.age(snapshot.now)?.as_secs();
            let limit = cx.settings.number("stale_after").unwrap_or(STALE_AFTER);
            (age as f64 > limit)
                .then(|| Value::text(Role::Stale, format!("({})", format::duration(age))).telling())
        }
        "staged" => count(Role::GitChanges, git.staged),
        "unstaged" => count(Role::GitChanges, git.unstaged),
        "untracked" => count(Role::GitChanges, git.untracked),
        "conflicts" => count(Role::GitConflicts, git.conflicts),
        "ahead" => count(Role::GitSync, git.ahead?),
        "behind" => count(Role::GitSync, git.behind?),
        "upstream" => text(&git.upstream),
        "stash" => count(Role::Git, git.stashes),
        "sha" => text(&git.commit),
        "tag" => text(&git.tag),
        "worktree" => text(&git.worktree),
        _ => {
            let seconds = snapshot.since_ms(git.committed_at?.checked_mul(1000)?)?.as_secs();
            Some(Value::number(Role::Git, seconds as f64, format::duration(seconds)))
        }
    }
}

fn operation(cx: &Cx) -> Option<Value> {
    let operation = cx.snapshot.operation()?;
    let step = operation.step.map(|(step, of)| format!(" {step}/{of}")).unwrap_or_default();
    Some(Value::text(Role::GitOperation, format!("{}{step}", operation.kind.name())).telling())
}

fn changes(git: &Git) -> Option<Value> {
    let counts = [('+', git.staged), ('~', git.unstaged), ('?', git.untracked), ('!', git.conflicts)];
    let mut spans = Vec::new();
    for (mark, count) in counts.into_iter().filter(|(_, count)| *count > 0) {
        let role = if mark == '!' { Role::GitConflicts } else { Role::GitChanges };
        let gap = if spans.is_empty() { "" } else { " " };
        spans.push(Span::new(role, format!("{gap}{mark}{count}")));
    }
    if git.more {
        spans.push(Span::fixed(Role::GitChanges, "…"));
    }
    (!spans.is_empty()).then(|| Value::spans(spans))
}

fn sync(git: &Git, icons: Icons) -> Option<Value> {
    let mark = |mark: char, count: Option<u64>| {
        count.filter(|count| *count > 0).map(|count| format!("{mark}{count}")).unwrap_or_default()
    };
    let [up, down] = if icons == Icons::Ascii { ['^', 'v'] } else { ['⇡', '⇣'] };
    let text = format!("{}{}", mark(up, git.ahead), mark(down, git.behind));
    (!text.is_empty()).then(|| Value::text(Role::GitSync, text).telling())
}
