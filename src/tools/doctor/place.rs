//! The folders and files that we keep or share, their usability and age.

use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use itertools::Itertools;

use super::{Checkup, Findings, agents};
use crate::agent::CLAUDE_CODE;
use crate::base::format;
use crate::base::text::is_blank;
use crate::bridge::{BRIDGE, Bridge};
use crate::commands::refresh::{self, KINDS};
use crate::facts::fact;
use crate::facts::refresh::FactKind;
use crate::session::cache::CACHE;
use crate::spending;
use crate::spending::summary::Summary;
use crate::store::{self, Absent, FolderInfo, KeyedFile, Lock, Owner, Paths, Trust};
use crate::tools::report::age;

/// Age from which a lock is probably held by a process that hangs: a refresh ends within seconds.
const STUCK: Duration = Duration::from_secs(120);

pub fn temp(cx: &Checkup, found: &mut Findings) {
    let path = &cx.call.paths.tmp;
    if !path.is_absolute() {
        let finding = found.problem("TMPDIR is relative, so the temp folder depends on the working directory").at(path);
        finding.advice("set TMPDIR to an absolute path");
        return;
    }
    let folder = match store::folder(path) {
        Ok(folder) => folder,
        Err(absent) => {
            let what = format!("the temp folder is {absent}: hooks cannot write a session bridge");
            found.problem(what).at(path).advice("create it, or set TMPDIR");
            return;
        }
    };
    let may_be_replaced = folder.mode.is_some_and(|mode| mode & 0o002 != 0 && mode & 0o1000 == 0);
    let another = "set TMPDIR to a folder you own";
    let finding = match folder.owner {
        _ if !folder.is_writable => found.problem("the temp folder is not writable").advice(another),
        Owner::Other(user) => {
            let what = "who can replace our files";
            found.warning(format!("the temp folder belongs to user {user}, {what}")).advice(another)
        }
        _ if may_be_replaced => {
            found.warning("other users can delete your files in the temp folder").advice("chmod +t it")
        }
        _ => found.ok(format!("the temp folder is usable{}", link(&folder))),
    };
    finding.at(path);
}

/// The target of a folder that is a link, in words.
fn link(folder: &FolderInfo) -> String {
    folder.target.as_ref().map(|target| format!("; a link to {}", target.display())).unwrap_or_default()
}

pub fn state(cx: &Checkup, found: &mut Findings) {
    let Some(path) = &cx.call.paths.state else {
        let finding = found.problem("no home directory, so nothing is remembered between renders");
        finding.advice("set HOME or BRIDGELINE_STATE_DIR");
        return;
    };
    let finding = match store::folder(path) {
        Ok(folder) => state_folder(&folder, found),
        Err(Absent::Missing) => found.note("the state folder is created by the first render"),
        Err(absent) => {
            let finding = found.problem(format!("the state folder is {absent}"));
            finding.advice("remove what is there, or set BRIDGELINE_STATE_DIR")
        }
    };
    finding.at(path);
}

fn state_folder<'f>(folder: &FolderInfo, found: &'f mut Findings) -> &'f mut super::Finding {
    let open = folder.mode.filter(|mode| mode & 0o077 != 0);
    match (folder.owner, open) {
        (Owner::Other(_) | Owner::Root, _) => found
            .problem("the state folder belongs to another user and is ignored")
            .advice("set BRIDGELINE_STATE_DIR to a folder you own"),
        _ if !folder.is_writable => found.problem("the state folder is not writable").advice("chmod 700 it"),
        (Owner::Us, Some(mode)) => {
            let what = format!("other users can read the state folder (mode {mode:04o})");
            found.warning(what).advice("chmod 700 it")
        }
        _ => found.ok(format!("the state folder is usable and private{}", link(folder))),
    }
}

pub fn session(cx: &Checkup, found: &mut Findings) {
    let Some(last) = &cx.last else {
        found.note("no line has been rendered yet");
        return;
    };
    if is_blank(&last.cache.line) && !last.cache.is_by_hook() {
        found.warning("the last line is empty");
        return;
    }
    let age = age(last.cache.age(cx.call.env.now));
    let cwd = last.cache.cwd.as_deref().unwrap_or("an unknown directory");
    let finding = match (&last.status, last.cache.payload.is_some()) {
        (Some(status), _) => {
            let id = status.session_id.as_deref().unwrap_or("without id");
            found.ok(format!("session {id} of {} in {cwd}, {age}", status.agent))
        }
        (None, true) => found.problem(format!("the last payload in {cwd}, {age}, has no field that bridgeline knows")),
        (None, false) => found.note(format!("the last payload in {cwd}, {age}, was too large to be kept")),
    };
    let place = last.id.as_ref().zip(cx.call.paths.state.as_deref());
    finding.at_any(place.map(|(id, state)| CACHE.path(state, id)));
}

pub fn bridge(cx: &Checkup, found: &mut Findings) {
    let Some(id) = cx.last.as_ref().and_then(|last| last.id.as_ref()) else { return };
    let path = BRIDGE.path(&cx.call.paths.tmp, id);
    let age = age(age_of(&path, cx));
    let finding = match store::read_text(&path, Trust::Strict, store::MAX_STATE) {
        Err(Absent::Missing) => {
            let finding = found.note("the last session has no bridge; no hook has written one");
            finding.advice(match agents::has_hooks(cx) {
                true => "hooks count from the start of a session; start a new one",
                false => "run `bridgeline install --hooks`",
            })
        }
        Err(absent) => {
            let finding = found.problem(format!("the bridge of the last session is ignored: {absent}"));
            finding.advice("remove it; the next hook starts a new one")
        }
        Ok(text) => match Bridge::parse(&text) {
            None => found
                .problem(format!("the bridge of the last session, {age}, is not a JSON object"))
                .advice("remove it; the next hook starts a new one"),
            Some(bridge) => {
                let whose = if bridge.ours.is_some() { "our hooks" } else { "the Node hooks" };
                let tools = bridge.tool_count.unwrap_or(0);
                found.ok(format!("the bridge of the last session was written by {whose}, {age}, {tools} tool calls"))
            }
        },
    };
    finding.at(path);
}

/// Time since a file was changed. `None` if it is missing, or its time is in the future.
fn age_of(path: &Path, cx: &Checkup) -> Option<Duration> {
    let changed: SystemTime = UNIX_EPOCH + Duration::from_nanos(store::stamp(path)?);
    store::age_of(changed, cx.call.env.now)
}

pub fn locks(cx: &Checkup, found: &mut Findings) {
    let KeyedFile::Shared(prefix) = BRIDGE else { return };
    let Paths { tmp, state, .. } = &cx.call.paths;
    let ours = state.iter().flat_map(|state| [store::LOCKS, "usage"].map(|name| (state.join(name), "", ".lock")));
    let mut paths = Vec::new();
    for (folder, begin, end) in ours.chain([(tmp.clone(), prefix, ".json.lock")]) {
        paths.extend(store::paths_in(&folder, |name| name.starts_with(begin) && name.ends_with(end)));
    }
    paths.sort();
    for path in paths.iter().filter(|path| Lock::is_held(path)) {
        let may_hang = !path.to_string_lossy().ends_with(".json.lock");
        match age_of(path, cx).filter(|age| *age > STUCK && may_hang) {
            Some(age) => {
                let age = format::duration(age.as_secs());
                let finding = found.warning(format!("a lock has been held for {age}; its process may be stuck"));
                finding.advice("end that process; its lock is released")
            }
            None => found.note("a lock is held; a hook or refresh is running"),
        }
        .at(path);
    }
    found.or_ok("no lock is held");
}

pub fn facts(cx: &Checkup, found: &mut Findings) {
    let Some(state) = &cx.call.paths.state else { return };
    let now = cx.call.env.now;
    let of = |kind: &'static FactKind| fact::failing(state, kind.name).into_iter().map(|it| (kind.name, it));
    let failing = KINDS.into_iter().flat_map(of).sorted_by(|(_, one), (_, other)| one.0.cmp(&other.0));
    for (kind, (path, fact)) in failing {
        let error = fact.error.as_deref().unwrap_or("unknown error");
        let times = if fact.failures == 1 { "once".to_owned() } else { format!("{} times", fact.failures) };
        let next = match fact.next_try(now) {
            Some(left) => format!("next try in {}", format::duration(left.as_secs().max(1))),
            None => "next try with the next line".to_owned(),
        };
        let value = match fact.age(now) {
            Some(age) => format!("showing a value {} old", format::duration(age.as_secs())),
            None => "showing nothing".to_owned(),
        };
        found.warning(format!("{kind} has failed {times}: {error}; {next}; {value}")).at(path);
    }
    found.or_ok("background facts are up to date");
}

pub fn usage(cx: &Checkup, found: &mut Findings) {
    let Some(state) = &cx.call.paths.state else { return };
    let path = spending::summary_path(state, CLAUDE_CODE.name);
    match (Summary::read(&path), store::version(&path)) {
        (Some(summary), _) => found.ok(format!("the usage summary is {}", age(summary.age(cx.call.env.now)))),
        (None, Some(_)) => {
            found.warning("the usage summary cannot be read").advice("run `bridgeline usage` to rebuild it")
        }
        (None, None) => found.note("usage has not been indexed yet"),
    }
    .at(path);
    let (_, warnings) = spending::prices(&cx.call.paths);
    for warning in warnings {
        found.warning(warning).at_any(cx.call.paths.prices.as_ref());
    }
}

pub fn orphans(cx: &Checkup, found: &mut Findings) {
    if let Some(removed) = &cx.removed {
        for path in removed {
            found.ok("removed").at(path);
        }
        found.or_ok("nothing to remove");
        return;
    }
    let orphans = store::orphans(&cx.call.paths, &refresh::swept(), cx.call.env.now);
    if let Some(first) = orphans.iter().min() {
        let count = orphans.len();
        let files = if count == 1 { "one file".to_owned() } else { format!("{count} files") };
        let finding = found.note(format!("{files} left by killed writers or old sessions")).at(first);
        finding.advice("run `bridgeline doctor --fix` to remove them; the end of a session does too");
    }
    found.or_ok("no leftover files");
}
