//! The branch, or the commit of a detached head, the changes, and any operation in progress.

use super::{Cx, Icons, Kind, Role, Source, Span, Value, field, key};
use crate::facts::git::{Git, Head};

pub const KIND: Kind = Kind::new("git", Source::Git, Role::Git)
    .about("branch and state of the repository")
    .icon(["\u{e0a0}", "🌿", "⎇", ""])
    .fields(&[
        field("branch", "branch; the one being rebased during a rebase; the Jujutsu bookmark", |cx| {
            cx.snapshot.branch().map(Value::text)
        }),
        field("commit", "commit, or Jujutsu change, if there is no branch", |cx| {
            let Some(Head::Detached(commit)) = cx.snapshot.head() else { return None };
            let id = || change(cx).unwrap_or(commit);
            cx.snapshot.branch().is_none().then(|| Value::text(id()).state(Role::GitDetached))
        }),
        field("change", "Jujutsu change, next to its bookmark or branch", |cx| {
            cx.snapshot.branch().and(change(cx)).map(|id| Value::text(id).state(Role::GitDetached))
        }),
        field("operation", "git operation in progress: `rebase 3/7`, `merge`, `bisect`", operation),
        field("changes", "files staged, unstaged, untracked and in conflict: `+2 ~1 ?3 !1`", changes),
        field("sync", "commits ahead of and behind the upstream: `⇡1⇣2`", sync),
        field("stale", "age of these numbers, once older than `stale_after`", stale),
        field("staged", "files staged", |cx| count(git(cx)?.staged, Role::GitChanges)),
        field("unstaged", "files changed but not staged", |cx| count(git(cx)?.unstaged, Role::GitChanges)),
        field("untracked", "untracked files", |cx| count(git(cx)?.untracked, Role::GitChanges)),
        field("conflicts", "files in conflict", |cx| count(git(cx)?.conflicts, Role::GitConflicts)),
        field("ahead", "commits ahead of the upstream", |cx| count(git(cx)?.ahead?, Role::GitSync)),
        field("behind", "commits behind the upstream", |cx| count(git(cx)?.behind?, Role::GitSync)),
        field("upstream", "upstream branch: `origin/main`", |cx| git(cx)?.upstream.as_deref().map(Value::text)),
        field("stash", "stash entries", |cx| Value::count(git(cx)?.stashes)),
        field("sha", "abbreviated commit id", |cx| git(cx)?.commit.as_deref().map(Value::text)),
        field("tag", "tag on the commit", |cx| git(cx)?.tag.as_deref().map(Value::text)),
        field("since", "time since the last commit", |cx| {
            cx.snapshot.since_ms(git(cx)?.committed_at?.checked_mul(1000)?).map(Value::duration)
        }),
        field("worktree", "name of the linked worktree", |cx| git(cx)?.worktree.as_deref().map(Value::text)),
    ])
    .keys(&[key("stale_after", "seconds after which numbers show their age")]);

/// Default of `stale_after` in seconds. Numbers are refreshed long before, unless git is slow or fails.
const STALE_AFTER: f64 = 60.0;

fn git<'a>(cx: &Cx<'a>) -> Option<&'a Git> {
    cx.snapshot.git()?.value.as_ref()
}

fn change<'a>(cx: &Cx<'a>) -> Option<&'a str> {
    git(cx)?.change.as_deref()
}

fn operation(cx: &Cx) -> Option<Value> {
    let operation = cx.snapshot.operation()?;
    let step = operation.step.map(|(step, of)| format!(" {step}/{of}")).unwrap_or_default();
    Some(Value::text(format!("{}{step}", operation.name)).state(Role::GitOperation))
}

fn changes(cx: &Cx) -> Option<Value> {
    let git = git(cx)?;
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
    Some(Value::spans(spans))
}

fn sync(cx: &Cx) -> Option<Value> {
    let git = git(cx)?;
    let mark = |mark: char, count: Option<u64>| {
        count.filter(|count| *count > 0).map(|count| format!("{mark}{count}")).unwrap_or_default()
    };
    let [up, down] = if cx.icons == Icons::Ascii { ['^', 'v'] } else { ['⇡', '⇣'] };
    let text = format!("{}{}", mark(up, git.ahead), mark(down, git.behind));
    Some(Value::text(text).state(Role::GitSync))
}

fn stale(cx: &Cx) -> Option<Value> {
    let age = cx.snapshot.git()?.age(cx.snapshot.now)?;
    let limit = cx.settings.number("stale_after").unwrap_or(STALE_AFTER);
    (age.as_secs() as f64 > limit).then(|| Value::stale(age))
}

fn count(count: u64, role: Role) -> Option<Value> {
    Some(Value::count(count)?.in_role(role))
}
