//! The folders and files that we keep or share: whether they can be used, and how old they are.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::{Finding, Scene, agents};
use crate::base::format;
use crate::base::text::is_blank;
use crate::bridge::{BRIDGE, Bridge};
use crate::commands::refresh::{self, KINDS};
use crate::facts::fact;
use crate::session::cache;
use crate::spending;
use crate::spending::summary::Summary;
use crate::store::{self, Absent, Folder, Lock, Owner, Trust};
use crate::tools::report::age;

/// A lock that was taken so long ago is held by a process that hangs: a refresh ends within seconds.
const STUCK: Duration = Duration::from_secs(120);

pub fn temp(scene: &Scene) -> Vec<Finding> {
    let path = &scene.paths.tmp;
    if !path.is_absolute() {
        return vec![
            Finding::problem("the temp folder is another one in each directory")
                .at(path)
                .advice("set TMPDIR to an absolute path"),
        ];
    }
    let folder = match store::folder(path) {
        Ok(folder) => folder,
        Err(absent) => {
            return vec![
                Finding::problem(format!("the temp folder is {absent}: no hook can keep a session bridge"))
                    .at(path)
                    .advice("create it, or set TMPDIR"),
            ];
        }
    };
    let may_be_replaced = folder.mode.is_some_and(|mode| mode & 0o002 != 0 && mode & 0o1000 == 0);
    let finding = match folder.owner {
        _ if !folder.is_writable => Finding::problem("the temp folder cannot be written"),
        Owner::Other(user) => Finding::warning(format!(
            "the temp folder belongs to user {user}, who can put other files in the place of ours"
        )),
        _ if may_be_replaced => {
            Finding::warning("anybody can remove files of others in the temp folder").advice("chmod +t it")
        }
        _ => Finding::ok(format!("the temp folder can be used{}", behind(&folder))),
    };
    let needs_another = matches!(folder.owner, Owner::Other(_)) || !folder.is_writable;
    let finding = if needs_another { finding.advice("set TMPDIR to a folder of yours") } else { finding };
    vec![finding.at(path)]
}

fn behind(folder: &Folder) -> String {
    folder.target.as_ref().map(|target| format!("; a link to {}", target.display())).unwrap_or_default()
}

pub fn state(scene: &Scene) -> Vec<Finding> {
    let Some(path) = &scene.paths.state else {
        return vec![
            Finding::problem("there is no home, so nothing is remembered from one line to the next")
                .advice("set HOME or BRIDGELINE_STATE_DIR"),
        ];
    };
    let folder = match store::folder(path) {
        Ok(folder) => folder,
        Err(Absent::Missing) => {
            return vec![Finding::note("the state folder is made with the first line").at(path)];
        }
        Err(absent) => {
            return vec![
                Finding::problem(format!("the state folder is {absent}"))
                    .at(path)
                    .advice("remove what is there, or set BRIDGELINE_STATE_DIR"),
            ];
        }
    };
    let open = folder.mode.filter(|mode| mode & 0o077 != 0);
    let finding = match (folder.owner, open) {
        (Owner::Other(_) | Owner::Root, _) => {
            Finding::problem("the state folder is another user's, and is not used")
                .advice("set BRIDGELINE_STATE_DIR to a folder of yours")
        }
        _ if !folder.is_writable => {
            Finding::problem("the state folder cannot be written").advice("chmod 700 it")
        }
        (Owner::Us, Some(mode)) => {
            Finding::warning(format!("others can look into the state folder (mode {mode:04o})"))
                .advice("chmod 700 it")
        }
        _ => Finding::ok(format!("the state folder can be used, by us alone{}", behind(&folder))),
    };
    vec![finding.at(path)]
}

pub fn session(scene: &Scene) -> Vec<Finding> {
    let Some(last) = &scene.last else {
        return vec![Finding::note("no line has been rendered yet: no session is in the cache")];
    };
    let age = age(last.cache.age(scene.env.now));
    let cwd = last.cache.cwd.as_deref().unwrap_or("an unknown directory");
    let finding = match (&last.status, last.cache.payload.is_some()) {
        (Some(status), _) => {
            let id = status.session_id.as_deref().unwrap_or("without id");
            Finding::ok(format!("session {id} of {} in {cwd}, {age}", status.agent))
        }
        (None, true) => {
            Finding::problem(format!("the last payload in {cwd}, {age}, says nothing that is known"))
        }
        (None, false) => Finding::note(format!("the last payload in {cwd}, {age}, was too large to be kept")),
    };
    let path =
        last.id.as_ref().zip(scene.paths.state.as_deref()).map(|(id, state)| cache::CACHE.path(state, id));
    let finding = match path {
        Some(path) => finding.at(path),
        None => finding,
    };
    let finding = if is_blank(&last.cache.line) { Finding::warning("its line is empty") } else { finding };
    vec![finding]
}

pub fn bridge(scene: &Scene) -> Vec<Finding> {
    let Some(id) = scene.last.as_ref().and_then(|last| last.id.as_ref()) else { return Vec::new() };
    let path = BRIDGE.path(&scene.paths.tmp, id);
    let age = age(modified(&path).and_then(|changed| store::age_of(changed, scene.env.now)));
    let finding = match store::read_text(&path, Trust::Strict, store::MAX_STATE) {
        Err(Absent::Missing) => Finding::note("the last session has no bridge: no hook has written one")
            .advice(match agents::has_hooks(scene) {
                true => "hooks count from the start of a session on: start a new one",
                false => "`bridgeline install --hooks` registers ours",
            }),
        Err(absent) => Finding::problem(format!("the bridge of the last session is not used: {absent}"))
            .advice("remove it; the next hook begins a new one"),
        Ok(text) => match Bridge::parse(&text) {
            None => Finding::problem(format!("the bridge of the last session, {age}, is no JSON object"))
                .advice("remove it; the next hook begins a new one"),
            Some(bridge) => {
                let whose = if bridge.ours.is_some() { "our hooks" } else { "the Node hooks" };
                let tools = bridge.tool_count.unwrap_or(0);
                Finding::ok(format!(
                    "the bridge of the last session is by {whose}, {age}, {tools} tool calls"
                ))
            }
        },
    };
    vec![finding.at(path)]
}

fn modified(path: &Path) -> Option<SystemTime> {
    Some(UNIX_EPOCH + Duration::from_nanos(store::stamp(path)?))
}

pub fn locks(scene: &Scene) -> Vec<Finding> {
    let listed = |folder: PathBuf, is_lock: &dyn Fn(&str) -> bool| {
        let names = store::list(&folder, |name| is_lock(name));
        names.into_iter().map(move |name| folder.join(name)).collect::<Vec<PathBuf>>()
    };
    let mut paths = listed(scene.paths.tmp.clone(), &|name| {
        name.starts_with("ecc-metrics-") && name.ends_with(".json.lock")
    });
    for folder in scene.paths.state.iter().flat_map(|state| [state.join("locks"), state.join("usage")]) {
        paths.extend(listed(folder, &|name| name.ends_with(".lock")));
    }
    paths.sort();
    let held = paths.into_iter().filter(|path| Lock::is_held(path)).map(|path| {
        let held = modified(&path).and_then(|taken| store::age_of(taken, scene.env.now));
        let is_bridge = path.extension().is_some() && path.to_string_lossy().ends_with(".json.lock");
        let finding = match held.filter(|age| *age > STUCK && !is_bridge) {
            Some(age) => {
                let age = format::duration(age.as_secs());
                Finding::warning(format!("a lock is held since {age}: its process hangs"))
                    .advice("end it; the lock is freed with it")
            }
            None => Finding::note("a lock is held: a hook or a refresh is at work"),
        };
        finding.at(path)
    });
    let held: Vec<Finding> = held.collect();
    if held.is_empty() { vec![Finding::ok("no lock is held")] } else { held }
}

pub fn facts(scene: &Scene) -> Vec<Finding> {
    let Some(state) = &scene.paths.state else { return Vec::new() };
    let failing = KINDS.iter().flat_map(|kind| {
        fact::failing(state, kind.name).into_iter().map(|(path, fact)| (kind.name, path, fact))
    });
    let finding = |(kind, path, fact): (&str, PathBuf, fact::Fact<serde_json::Value>)| {
        let error = fact.error.as_deref().unwrap_or("without a reason");
        let times = if fact.failures == 1 { "once".to_owned() } else { format!("{} times", fact.failures) };
        let next = match fact.next_try(scene.env.now) {
            Some(left) => format!("tried again in {}", format::duration(left.as_secs().max(1))),
            None => "tried again with the next line".to_owned(),
        };
        let value = match fact.age(scene.env.now) {
            Some(age) => format!("the last value is {} old", format::duration(age.as_secs())),
            None => "nothing is shown of it".to_owned(),
        };
        Finding::warning(format!("{kind} has failed {times}: {error}; {next}; {value}")).at(path)
    };
    let mut findings: Vec<Finding> = failing.map(finding).collect();
    findings.sort_by(|a, b| a.path.cmp(&b.path));
    if findings.is_empty() { vec![Finding::ok("no fact fails")] } else { findings }
}

pub fn usage(scene: &Scene) -> Vec<Finding> {
    let Some(state) = &scene.paths.state else { return Vec::new() };
    let path = spending::summary_path(state);
    let mut findings = match (Summary::read(&path), store::version(&path)) {
        (Some(summary), _) => {
            vec![Finding::ok(format!("the summary is {}", age(summary.age(scene.env.now)))).at(path)]
        }
        (None, Some(_)) => vec![
            Finding::warning("the summary cannot be used")
                .at(path)
                .advice("`bridgeline usage` makes it anew"),
        ],
        (None, None) => vec![Finding::note("no usage has been summed up yet").at(path)],
    };
    let (_, warnings) = spending::prices(scene.paths);
    let wrong = warnings.into_iter().map(|warning| match &scene.paths.prices {
        Some(path) => Finding::warning(warning).at(path),
        None => Finding::warning(warning),
    });
    findings.extend(wrong);
    findings
}

pub fn orphans(scene: &Scene) -> Vec<Finding> {
    if let Some(removed) = &scene.removed {
        let removed = removed.iter().map(|path| Finding::ok("removed").at(path));
        let removed: Vec<Finding> = removed.collect();
        return if removed.is_empty() { vec![Finding::ok("there was nothing to remove")] } else { removed };
    }
    let orphans = store::orphans(scene.paths, &refresh::swept(), scene.env.now);
    vec![match orphans.len() {
        0 => Finding::ok("there are none"),
        count => {
            let first = orphans.iter().min().map_or(Path::new(""), PathBuf::as_path);
            let files = if count == 1 { "one file".to_owned() } else { format!("{count} files") };
            Finding::note(format!("{files} of killed writers or of sessions long over"))
                .at(first)
                .advice("`bridgeline doctor --fix` removes them; so does the end of a session")
        }
    }]
}
