//! `bridgeline`: the agent's JSON on stdin becomes the line on stdout.
//!
//! Promise: prints a line with what is known, and exits 0. Files are written after the line is out; they are optional,
//! and take at most 50 ms each.

use std::path::Path;
use std::time::Duration;

use super::{guarded, print};
use crate::agent::{self, Status};
use crate::base::env::Env;
use crate::base::format;
use crate::base::json::Object;
use crate::base::stdin::{self, Delivery};
use crate::base::width::width;
use crate::config::value::KeyValue;
use crate::config::{self, Config, Invocation, Layers};
use crate::facts::refresh;
use crate::segment::{Role, Span};
use crate::session::appearance::Appearance;
use crate::session::cache::{self, CACHE, Cache, HarnessCost, Pane};
use crate::session::register::{self, EntryStamp, RegisterEntry};
use crate::snapshot::{Kept, Snapshot};
use crate::store::{self, Paths, Patience, SessionId};
use crate::{bridge, document, layout, line};

/// Time that the first render in a repository may wait for git: enough for a small one.
const GIT_WAIT: Duration = Duration::from_millis(30);

/// Age in seconds at which an unchanged harness cost is written again. Readers trust it for 300 s (ARCHITECTURE.md).
const HARNESS_REFRESH: u64 = 120;

/// Reads stdin and prints the line.
pub fn run(call: &Invocation) {
    let delivery = stdin::payload();
    let live = || delivery.complete && show(&delivery.text, call, |rows, config| print(&line::painted(rows, config)));
    if guarded(live) != Some(true) {
        let rows = guarded(|| last_good(&delivery, call));
        print(rows.as_deref().unwrap_or("bridgeline\n"));
    }
}

/// Passes the rows of a payload to `draw`, then keeps what the next run needs; `false` if the payload is invalid.
/// Functions called once are not inlined here: each page of stack that a frame spans costs a page fault.
pub(super) fn show(payload: &str, call: &Invocation, draw: impl FnOnce(&[Vec<Span>], &Config)) -> bool {
    let Invocation { env, paths, .. } = call;
    let Some(status) = call.status(payload) else { return false };
    let session = status.session_id.as_deref().and_then(SessionId::new);
    let cache_path = session.as_ref().zip(paths.state.as_deref()).map(|(id, state)| CACHE.path(state, id));
    let old = cache_path.as_deref().and_then(Cache::read);
    let mut appearance = old.as_ref().and_then(|old| old.appearance);
    let background = || Appearance::recent(&mut appearance, env, paths.state.as_deref());
    let layers = Layers::read(call, config::project(&status).as_deref());
    let config = Config::new(layers, call, background).for_host(&status, env);
    let kept = old.as_ref().map(|old| (old.history.clone(), old.listings.clone())).unwrap_or_default();
    let refreshes = refresh::limit(env).is_some();
    let wait = if refreshes { env.ms("BRIDGELINE_GIT_WAIT_MS").unwrap_or(GIT_WAIT) } else { Duration::ZERO };
    let snapshot = Snapshot::new(status, env, paths, kept).waiting_for_git(wait);
    let rows = line::rows(&snapshot, &config);
    let due = if refreshes { snapshot.take_due() } else { Vec::new() };
    // A payload with nothing to show is not a missing one: its line is empty.
    draw(&rows, &config);
    if let Some(cache) = config.theme_cache_write {
        cache.write(&config.theme, env.now);
    }
    put_context_back(&snapshot, paths);
    let harness = leave_cost(&snapshot, old.as_ref().and_then(|old| old.harness), paths);
    if let Some(path) = cache_path {
        let line = rows.first().map(|row| line::plain(row)).unwrap_or_default();
        let told = Cache { harness, appearance, line, ..Cache::default() };
        let told = told.with_payload(payload, old.as_ref());
        remember(snapshot, told, old.as_ref(), &path, call);
    }
    // Last: commands get the payload from the cache.
    refresh::start(&due);
    true
}

/// Saves the session that the line was made from to the cache, unless it is there already.
#[inline(never)]
fn remember(snapshot: Snapshot, told: Cache, old: Option<&Cache>, path: &Path, call: &Invocation) {
    let Invocation { env, paths, .. } = call;
    let cwd = snapshot.dir().map(|dir| dir.to_string_lossy().into_owned());
    let agent = Some(snapshot.status.agent.to_owned());
    let pid = env.var("CLAUDE_PID").and_then(|pid| pid.parse().ok());
    let pane = Pane::of(env);
    let mut new = Cache { at_ms: format::epoch_ms(env.now), agent, pid, pane, cwd, ..told };
    new.listed = enter(&snapshot, &new, old.and_then(|old| old.listed), paths);
    let ends_dialog = old.is_some_and(|old| snapshot.ends_dialog(old.at_ms));
    (new.history, new.listings) = snapshot.into_kept();
    if ends_dialog || new.is_due(old, env.now) {
        new.save(path);
    }
}

/// Reads stdin and prints what is known of the session as JSON; for bad input only the version. Writes no file.
pub fn document(call: &Invocation) {
    let delivery = stdin::payload();
    let status = delivery.complete.then(|| call.status(&delivery.text)).flatten();
    let document = |status| document::of(&snapshot(status, call));
    let unknown = || format!("{{\"version\":{}}}", document::VERSION);
    print(&format!("{}\n", status.map_or_else(unknown, document)));
}

/// A session without anything remembered.
fn snapshot(status: Status, call: &Invocation) -> Snapshot {
    Snapshot::new(status, &call.env, &call.paths, Kept::default())
}

/// Writes the agent's percentage into a bridge of the Node hooks, whose monitor gets no payload.
fn put_context_back(snapshot: &Snapshot, paths: &Paths) -> Option<()> {
    let remaining = snapshot.status.context.remaining?;
    // Read without the lock first: usually there is nothing to do.
    bridge::put_context(Object::parse(snapshot.bridge_text()?)?, remaining)?;
    let path = bridge::BRIDGE.path(&paths.tmp, snapshot.session.as_ref()?);
    let put = |found: Result<Object, &store::Absent>| bridge::put_context(found.ok()?, remaining);
    store::update(&path, paths.locks().as_deref(), Patience::RENDER, put).ok()?;
    Some(())
}

/// Updates the session's entry in the register if it has changed. Returns the stamp of the entry.
fn enter(snapshot: &Snapshot, new: &Cache, old: Option<EntryStamp>, paths: &Paths) -> Option<EntryStamp> {
    let (session, status) = (snapshot.session.as_ref()?.as_str(), &snapshot.status);
    // A prompt in the folder of its start finds it even after it has moved into a worktree.
    let folders = [&status.project_dir, &status.original_dir, &new.cwd].into_iter().flatten();
    let entry = RegisterEntry::new(session, folders.map(String::as_str), new.pid, new.at_ms);
    register::keep(paths.state.as_deref()?, &entry, old)
}

/// Leaves the agent's own cost for cost trackers if it is new, or their present one will soon be too old. Returns their
/// present one.
fn leave_cost(snapshot: &Snapshot, left: Option<HarnessCost>, paths: &Paths) -> Option<HarnessCost> {
    let (session, cost_usd) = (snapshot.session.as_ref()?, snapshot.status.cost_usd?);
    let ts = format::epoch_ms(snapshot.now) / 1000;
    let is_good = |left: &HarnessCost| {
        left.cost_usd == cost_usd && ts.checked_sub(left.ts).is_some_and(|age| age < HARNESS_REFRESH)
    };
    if left.as_ref().is_some_and(is_good) {
        return left;
    }
    let cost = HarnessCost { ts, cost_usd };
    let content = serde_json::to_vec(&cost).ok()?;
    store::replace(&cache::HARNESS_COST.path(&paths.tmp, session), &content, Patience::RENDER).ok()?;
    Some(cost)
}

/// The output without a payload: the session's last good line, marked as old, or the working directory.
#[cold]
#[inline(never)]
fn last_good(delivery: &Delivery, call: &Invocation) -> String {
    let Invocation { env, paths, .. } = call;
    let config = Config::load(call, None);
    let row = match last_cache(&delivery.text, env, paths) {
        Some(cache) => stale_row(&cache, env, config.width),
        None => place(call, config.width),
    };
    line::painted(&[row], &config)
}

/// The cache of the session: by the id in a broken payload, by the agent's variable, or by the working directory.
fn last_cache(payload: &str, env: &Env, paths: &Paths) -> Option<Cache> {
    let state = paths.state.as_deref()?;
    let cache = match id_in(payload).or_else(|| env.var("CLAUDE_CODE_SESSION_ID")) {
        Some(id) => Cache::read(&CACHE.path(state, &SessionId::new(&id)?)),
        None => {
            let here = env.current_dir()?.into_os_string().into_string().ok()?;
            cache::newest(state).find(|cache| cache.cwd.as_ref() == Some(&here) && !cache.line.is_empty())
        }
    };
    cache.filter(|cache| !cache.line.is_empty())
}

/// The session id in a payload that may be cut or malformed.
fn id_in(payload: &str) -> Option<String> {
    let named = |name: &&str| {
        let (_, rest) = payload.split_once(&format!("\"{name}\""))?;
        let rest = rest.trim_start().strip_prefix(':')?.trim_start();
        let mut strings = serde_json::Deserializer::from_str(rest).into_iter::<String>();
        strings.next()?.ok().filter(|id| !id.is_empty())
    };
    agent::SESSION_ID.iter().find_map(named)
}

fn stale_row(cache: &Cache, env: &Env, columns: usize) -> Vec<Span> {
    let age = cache.age(env.now).map(|age| format!("{} old", format::duration(age.as_secs())));
    let mark = Span::new(Role::Stale, format!(" ({})", age.as_deref().unwrap_or("old")));
    let room = columns.saturating_sub(width(mark.text.as_str()));
    let line = vec![Span::new(Role::Stale, cache.line.as_str())];
    // The mark stays when the line is cut; on a terminal of a few columns it is cut too.
    let mut row = if room > 0 { layout::fit(line, room) } else { Vec::new() };
    row.push(mark);
    layout::fit(row, columns)
}

/// The working directory and branch, without any session.
fn place(call: &Invocation, columns: usize) -> Vec<Span> {
    let config = Config::load(&call.with("rows", KeyValue::texts(["dir git"])), None);
    let rows = line::rows(&snapshot(Status::default(), call), &config);
    let name = || layout::fit(vec![Span::fixed(Role::Dir, "bridgeline")], columns);
    rows.into_iter().next().unwrap_or_else(name)
}
