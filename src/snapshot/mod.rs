//! All that is known about the session at one instant. Past this nothing reads a file, the clock or
//! the environment; what costs something is read at its first use.

pub mod sample;
pub mod sessions;

use std::cell::{Cell, OnceCell, RefCell};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use crate::agent::{self, Context, Status};
use crate::base::env::Env;
use crate::base::format;
use crate::base::json::Object;
use crate::base::pid;
use crate::bridge::record::{Ours, Record, State, Tool};
use crate::bridge::{BRIDGE, Bridge, monitor};
use crate::facts::command::{self, Answer, Question};
use crate::facts::fact::Fact;
use crate::facts::git::{self, Git, Head, Operation, OperationKind, Place};
use crate::facts::refresh::{self, Due};
use crate::session::cache::{CACHE, Cache};
use crate::session::history::{Forecast, History};
use crate::session::interrupt::Tail;
use crate::session::listing::Listings;
use crate::session::register;
use crate::session::tasks::{self, Tasks};
use crate::spending::zone;
use crate::spending::{
    self,
    summary::{Burn, Hosted, Spent, Summary},
};
use crate::store::{self, Paths, SessionId, Trust};

/// How long a session of which no process is known may be silent before it is taken for gone.
const SILENCE: Duration = Duration::from_secs(24 * 3600);

/// How long after an event Claude Code may still run its statusline for what was before, in milliseconds: it
/// waits 300 after what sets it off, which can be the last part of an answer that came with the event. Where a
/// busy machine takes longer, the notification of the dialog puts it right.
const DEBOUNCE: u64 = 500;

/// How much later than a line of the transcript a hook may have run that came before it, in milliseconds: a
/// busy machine takes its time to start one.
const SLACK: u64 = 5_000;

/// The session, for the segments.
pub struct Snapshot {
    /// What the agent says.
    pub status: Status,
    /// The instant that ages and countdowns are measured from.
    pub now: SystemTime,
    /// The session, where its id may be part of a file name.
    pub session: Option<SessionId>,
    /// When the agent last sent a payload, where that was not just now.
    pub heard: Option<SystemTime>,
    /// Whether the agent's process is known to be gone, or nobody has heard of it for a day.
    pub gone: bool,
    env: Env,
    /// Whether the agent was told that the terminal is light, where this session is a remembered one.
    pub agent_is_light: Option<bool>,
    task_list: Option<SessionId>,
    history: History,
    fallback_dir: Option<PathBuf>,
    agent_config: Option<PathBuf>,
    bridge_path: Option<PathBuf>,
    state: Option<PathBuf>,
    git_dir: Option<PathBuf>,
    git_wait: Duration,
    due: RefCell<Vec<Due>>,
    has_started: Cell<bool>,
    usage: OnceCell<Option<Summary>>,
    hosts: OnceCell<Vec<Hosted>>,
    listings: RefCell<Listings>,
    home: OnceCell<Option<PathBuf>>,
    bridge_text: OnceCell<Option<String>>,
    bridge: OnceCell<Option<Bridge>>,
    doing: OnceCell<Option<(State, Option<u64>)>>,
    tasks: OnceCell<(Option<Tasks>, tasks::Origin)>,
    place: OnceCell<Option<Place>>,
    head: OnceCell<Option<Head>>,
    operation: OnceCell<Option<Operation>>,
    git: OnceCell<Option<Fact<Git>>>,
}

/// What is known of a session besides its payload, where nothing is to be read.
#[derive(Default)]
pub struct Given {
    /// The session bridge, as its file holds it; the tasks are those in it.
    pub bridge: Option<String>,
    /// The head of the repository.
    pub head: Option<Head>,
    /// The last payloads in numbers.
    pub history: History,
    /// What all sessions used.
    pub usage: Option<Summary>,
}

impl Snapshot {
    /// The session of `status`. `history` and `listings` are those of the last run.
    #[inline(never)]
    pub fn new(status: Status, env: &Env, paths: &Paths, (history, listings): (History, Listings)) -> Self {
        let session = status.session_id.as_deref().and_then(SessionId::new);
        let task_list = env.var("CLAUDE_CODE_TASK_LIST_ID").and_then(|id| SessionId::new(&id));
        Snapshot {
            task_list: task_list.or_else(|| session.clone()),
            history,
            // Asked for only where the agent names no directory: it costs a system call.
            fallback_dir: if status.cwd.is_none() { env.current_dir() } else { None },
            agent_config: paths.agent_config.clone(),
            bridge_path: session.as_ref().map(|session| BRIDGE.path(&paths.tmp, session)),
            session,
            state: paths.state.clone(),
            git_dir: git::variable(env),
            listings: RefCell::new(listings),
            ..Snapshot::alone(status, env)
        }
        .without_old_context()
    }

    /// Without what the host says of a context that has begun anew since, or what it said of the last
    /// response before that.
    fn without_old_context(mut self) -> Self {
        let cleared = self.ours().and_then(|ours| ours.cleared);
        let is_old = cleared.is_some_and(|cleared| {
            let heard = self.heard.map(format::epoch_ms);
            heard.is_some_and(|heard| heard <= cleared.at_ms)
                || self.history.said_before(&self.status, cleared.at_ms)
        });
        if is_old {
            self.status.context = Context::default();
        }
        self
    }

    /// What the agent says, and nothing that could be read besides.
    fn alone(status: Status, env: &Env) -> Self {
        Snapshot {
            status,
            now: env.now,
            session: None,
            heard: None,
            gone: false,
            env: env.clone(),
            agent_is_light: None,
            task_list: None,
            history: History::default(),
            fallback_dir: None,
            agent_config: None,
            bridge_path: None,
            state: None,
            git_dir: None,
            git_wait: Duration::ZERO,
            due: RefCell::default(),
            has_started: Cell::new(false),
            usage: OnceCell::new(),
            hosts: OnceCell::new(),
            listings: RefCell::default(),
            home: OnceCell::new(),
            bridge_text: OnceCell::new(),
            bridge: OnceCell::new(),
            doing: OnceCell::new(),
            tasks: OnceCell::new(),
            place: OnceCell::new(),
            head: OnceCell::new(),
            operation: OnceCell::new(),
            git: OnceCell::new(),
        }
    }

    /// Lets the first look at a repository, of which nothing is known yet, wait for git, and so have a
    /// small one right from its first line. Without this nothing is ever waited for.
    #[must_use]
    pub fn waiting_for_git(self, limit: Duration) -> Self {
        Snapshot { git_wait: limit, ..self }
    }

    /// A session as its cache remembers it, for who is not its agent. `None` when the cache holds no
    /// payload that makes sense. Costs a system call where the agent tells its process.
    pub fn remembered(cache: Cache, env: &Env, paths: &Paths) -> Option<Self> {
        let status = cache.status()?;
        let age = cache.age(env.now);
        let cwd = status.cwd.clone().or(cache.cwd);
        let kept = (cache.history, cache.listings);
        let snapshot = Snapshot::new(Status { cwd, ..status }, env, paths, kept);
        let gone = match cache.pid {
            Some(pid) => !pid::is_alive(pid),
            None => age.is_none_or(|age| age > SILENCE),
        };
        let heard = SystemTime::UNIX_EPOCH.checked_add(Duration::from_millis(cache.at_ms));
        let agent_is_light = cache.appearance.and_then(|told| told.is_light());
        Some(Snapshot { heard, gone, agent_is_light, ..snapshot }.without_old_context())
    }

    /// A session of which all is given: for samples and tests.
    pub fn given(status: Status, env: &Env, given: Given) -> Self {
        Snapshot {
            history: given.history,
            usage: OnceCell::from(given.usage),
            bridge_text: OnceCell::from(given.bridge),
            place: OnceCell::from(None),
            head: OnceCell::from(given.head),
            operation: OnceCell::from(None),
            git: OnceCell::from(None),
            ..Snapshot::alone(status, env)
        }
    }

    /// With these facts of a repository: for samples and tests.
    #[must_use]
    pub fn with_git(self, git: Option<Fact<Git>>, operation: Option<Operation>) -> Self {
        Snapshot { git: OnceCell::from(git), operation: OnceCell::from(operation), ..self }
    }

    /// Where the session works.
    pub fn dir(&self) -> Option<&Path> {
        self.status.cwd.as_deref().map(Path::new).or(self.fallback_dir.as_deref())
    }

    /// The user's home.
    pub fn home(&self) -> Option<&Path> {
        self.home.get_or_init(|| self.env.home()).as_deref()
    }

    /// A variable of the environment. `None` when it is unset or empty.
    pub fn variable(&self, name: &str) -> Option<String> {
        self.env.var(name)
    }

    /// Name of the machine, without its domain.
    pub fn host_name(&self) -> Option<String> {
        let name = self.env.host_name()?;
        Some(name.split('.').next().unwrap_or(&name).to_owned()).filter(|name| !name.is_empty())
    }

    /// The time where the user is: `TZ`, else the time zone of the system.
    pub fn local_time(&self) -> Option<jiff::ZonedDateTime> {
        self.local_time_of(self.now)
    }

    /// An instant in the time zone of the user.
    pub fn local_time_of(&self, at: SystemTime) -> Option<jiff::ZonedDateTime> {
        Some(jiff::Timestamp::try_from(at).ok()?.to_zoned_datetime(zone::local(&self.env)))
    }

    /// The permission mode: the agent's own word, else as the hooks have last seen it.
    pub fn mode(&self) -> Option<&str> {
        self.status.mode.as_deref().or_else(|| self.ours()?.mode.as_deref())
    }

    /// Whether the mode is one that hooks have seen, and may have been left since: between turns nothing
    /// tells of a change.
    pub fn mode_is_stale(&self) -> bool {
        let seen = self.ours().filter(|_| self.status.mode.is_none()).and_then(|ours| ours.at_ms);
        let is_idle = self.state().is_some_and(|(state, _)| state == State::Idle);
        let is_in_turn = !is_idle && self.ours().is_some_and(Ours::is_in_turn);
        !is_in_turn && seen.is_some_and(|seen| self.rendered_ms().saturating_sub(seen) > DEBOUNCE)
    }

    /// What the session does and since when, in epoch milliseconds: the agent's own word, else that of
    /// the hooks and of what they do not tell. Costs a stat of the transcript while a turn goes on.
    pub fn state(&self) -> Option<(State, Option<u64>)> {
        *self.doing.get_or_init(|| self.find_state())
    }

    fn find_state(&self) -> Option<(State, Option<u64>)> {
        if self.gone {
            return Some((State::Ended, self.heard.map(format::epoch_ms)));
        }
        let told = self.status.state.map(|state| match state {
            agent::State::Idle => State::Idle,
            agent::State::Working => State::Working,
            agent::State::Waiting => State::Waiting,
        });
        if let Some(state) = told {
            return Some((state, None));
        }
        let ours = self.ours()?;
        let state = ours.state?;
        let tail = self.tail();
        if let Some(then) = self.interrupted(tail.as_ref()) {
            return Some((State::Idle, Some(then)));
        }
        let is_over =
            state == State::Waiting && !ours.dialogs.is_empty() && self.dialogs_are_over(tail.as_ref());
        Some((if is_over { State::Working } else { state }, ours.since_ms))
    }

    /// The end of the transcript, while a turn goes on and where it is newer than what the hooks tell.
    fn tail(&self) -> Option<Tail> {
        let ours = self.ours().filter(|ours| ours.is_in_turn())?;
        Tail::read(Path::new(self.status.transcript_path.as_deref()?), ours.at_ms?)
    }

    /// When the user stopped the turn, in epoch milliseconds, which no hook tells.
    fn interrupted(&self, tail: Option<&Tail>) -> Option<u64> {
        let ours = self.ours()?;
        let asked = ours.since_ms.filter(|_| ours.state == Some(State::Waiting) && ours.dialogs.is_empty());
        let then = tail?.interrupted()?;
        let is_newer = |told: Option<u64>| told.is_none_or(|told| then + SLACK >= told);
        (is_newer(ours.at_ms) && is_newer(asked)).then_some(then)
    }

    /// Whether all permission dialogs are answered, which no hook tells: Claude Code draws no line while one
    /// is open, or the call that the last one was about has its result.
    fn dialogs_are_over(&self, tail: Option<&Tail>) -> bool {
        let dialogs = self.ours().map_or(&[][..], |ours| &ours.dialogs);
        let has_result = |call: &String| tail.is_some_and(|tail| tail.has_result_of(call));
        self.draws_after_dialogs(self.rendered_ms())
            || dialogs.iter().all(|dialog| dialog.call.as_ref().is_some_and(has_result))
    }

    /// Whether a line drawn then, in epoch milliseconds, shows that no permission dialog was open.
    fn draws_after_dialogs(&self, drawn: u64) -> bool {
        let opened = self.ours().and_then(|ours| ours.dialogs.iter().map(|dialog| dialog.at_ms).max());
        self.status.agent == "claude-code"
            && opened.is_some_and(|opened| drawn.saturating_sub(opened) > DEBOUNCE)
    }

    /// Whether this render is the first to show that a dialog is over, the one before having been drawn
    /// then, in epoch milliseconds. Only its time in the cache tells prompts.
    pub fn ends_dialog(&self, before: u64) -> bool {
        self.draws_after_dialogs(self.rendered_ms()) && !self.draws_after_dialogs(before)
    }

    /// When the payload was drawn, in epoch milliseconds.
    fn rendered_ms(&self) -> u64 {
        format::epoch_ms(self.heard.unwrap_or(self.now))
    }

    /// The tool call that runs now. `None` when none does.
    pub fn activity(&self) -> Option<&Tool> {
        let (state, _) = self.state()?;
        self.ours()?.activity().filter(|_| matches!(state, State::Working | State::Waiting))
    }

    /// Time since the session last gave a sign: a payload, a tool call, a change of its state. `None`
    /// for the session whose payload came just now.
    pub fn silence(&self) -> Option<Duration> {
        let heard = self.heard.map(format::epoch_ms)?;
        let ours = self.ours();
        let tool = ours.and_then(|ours| Some(ours.tool.as_ref()?.at_ms));
        let signs = [Some(heard), ours.and_then(|ours| ours.since_ms), tool];
        let last = signs.into_iter().flatten().max()?;
        Some(self.since_ms(last).unwrap_or_default())
    }

    /// What the subagents at work are, one entry each; empty for one that nobody names.
    pub fn subagents(&self) -> Vec<&str> {
        if !self.status.subagents.is_empty() {
            let told = self.status.subagents.iter();
            return told.map(|agent| agent.role.as_deref().or(agent.name.as_deref()).unwrap_or("")).collect();
        }
        let hooked = self.ours().map_or(&[][..], |ours| &ours.agents);
        hooked.iter().map(|agent| agent.kind.as_str()).collect()
    }

    /// What our own hooks have recorded. `None` when they do not write the bridge.
    pub fn ours(&self) -> Option<&Ours> {
        self.bridge()?.ours.as_ref()
    }

    /// Cost of the session in USD, and whether that is an estimate: the host's own wins over what the
    /// hooks reckon from the transcript.
    pub fn cost(&self) -> Option<(f64, bool)> {
        let by_hooks = || self.bridge()?.cost_usd.filter(|usd| *usd > 0.0);
        self.status.cost_usd.map(|usd| (usd, false)).or_else(|| Some((by_hooks()?, true)))
    }

    /// What the context monitor would warn of now, in a word each.
    pub fn warnings(&self) -> Vec<&'static str> {
        let record = self.bridge_text().and_then(Object::parse).map(|bridge| Record::read(&bridge));
        let context = &self.status.context;
        let facts = monitor::Facts {
            context_remaining: context.remaining.or(context.used.map(|used| 100.0 - used)),
            // Whoever has a subscription pays none of it.
            cost_usd: self.cost().map(|(usd, _)| usd).filter(|_| self.status.limits.is_none()),
            agent: None,
        };
        let settings = monitor::Settings::new(&self.env);
        monitor::Told::default().now(&record.unwrap_or_default(), &facts, &settings).words()
    }

    /// Output tokens a second of the last response, and whether that is an estimate.
    pub fn speed(&self) -> Option<(f64, bool)> {
        self.history.speed(&self.status, self.now)
    }

    /// How long the context lasts until it is `full` percent used, where recent growth tells.
    pub fn forecast(&self, full: f64) -> Option<Forecast> {
        let history = self.history.clone().with(&self.status, self.now);
        history.forecast(full / 100.0 * self.status.context.size? as f64, self.now)
    }

    /// Time since an instant in epoch milliseconds. `None` when it lies ahead.
    pub fn since_ms(&self, then: u64) -> Option<Duration> {
        self.now.duration_since(SystemTime::UNIX_EPOCH + Duration::from_millis(then)).ok()
    }

    /// The session bridge. `None` when there is none, or it cannot be used.
    pub fn bridge(&self) -> Option<&Bridge> {
        self.bridge.get_or_init(|| self.bridge_text().and_then(Bridge::parse)).as_ref()
    }

    /// The session bridge as it was read.
    pub fn bridge_text(&self) -> Option<&str> {
        let read = || store::read_text(self.bridge_path.as_deref()?, Trust::Strict, store::MAX_STATE).ok();
        self.bridge_text.get_or_init(read).as_deref()
    }

    /// The tasks: of the agent's task files, else of the bridge, else of todo files. `None` when
    /// nothing is open. Costs two stats and a read for each task file.
    pub fn tasks(&self) -> Option<&Tasks> {
        self.tasks.get_or_init(|| self.read_tasks()).0.as_ref()
    }

    /// Where [`Self::tasks`] were found, or looked for last.
    pub fn tasks_origin(&self) -> tasks::Origin {
        self.tasks.get_or_init(|| self.read_tasks()).1
    }

    fn read_tasks(&self) -> (Option<Tasks>, tasks::Origin) {
        let listings = &mut self.listings.borrow_mut();
        if let (Some(config), Some(list)) = (&self.agent_config, &self.task_list) {
            let list = tasks::from_task_files(config, list, listings, self.now);
            if !list.is_empty() {
                return (Tasks::of(&list), tasks::Origin::Files);
            }
        }
        let recorded = self.bridge().and_then(|bridge| bridge.ours.as_ref());
        if let Some(ours) = recorded.filter(|ours| !ours.tasks.is_empty()) {
            return (Tasks::of(&ours.tasks), tasks::Origin::Bridge);
        }
        let place = self.agent_config.as_deref().zip(self.session.as_ref());
        let todos =
            place.map(|(config, session)| tasks::from_todo_files(config, session, listings, self.now));
        (todos.and_then(|todos| Tasks::of(&todos)), tasks::Origin::Todos)
    }

    /// The head of the repository that the session works in, as of now. `None` outside of one, and in
    /// one with a reftable before its fact is there.
    pub fn head(&self) -> Option<&Head> {
        let from_fact = || git::head(self.git()?.value.as_ref()?);
        self.head.get_or_init(|| self.place()?.head().or_else(from_fact)).as_ref()
    }

    /// What git is in the middle of there, as of now.
    pub fn operation(&self) -> Option<&Operation> {
        let read = || git::operation(&self.place()?.git_dir, &mut self.listings.borrow_mut(), self.now);
        self.operation.get_or_init(read).as_ref()
    }

    /// The branch that is being rebased; meanwhile the head is detached.
    pub fn rebased_branch(&self) -> Option<&str> {
        let operation = self.operation().filter(|operation| operation.kind == OperationKind::Rebase)?;
        operation.branch.as_deref()
    }

    /// What git last said of the repository. `None` outside of one, and before the first refresh is
    /// done. A stale fact makes a refresh due.
    pub fn git(&self) -> Option<&Fact<Git>> {
        self.git.get_or_init(|| self.read_git()).as_ref()
    }

    fn read_git(&self) -> Option<Fact<Git>> {
        let (place, state) = (self.place()?, self.state.as_deref()?);
        let slot = git::slot(place, state);
        let seen = git::look(place, &slot, self.now);
        if !seen.is_due {
            return seen.fact;
        }
        let is_running = slot.is_being_refreshed();
        if !is_running {
            self.set_due(Due { kind: git::KIND.name, subject: self.dir()?.into() });
        }
        if seen.fact.is_some() || self.git_wait.is_zero() || !(is_running || self.start_refresh()) {
            return seen.fact;
        }
        slot.wait(self.git_wait).map(|fact| git::usable(fact, place))
    }

    /// What all sessions used. `None` until that has been found out for the first time.
    pub fn usage(&self) -> Option<&Summary> {
        self.usage.get_or_init(|| self.read_usage()).as_ref()
    }

    fn read_usage(&self) -> Option<Summary> {
        let state = self.state.as_deref()?;
        if spending::look(state, self.now).is_due && !spending::slot(state).is_being_refreshed() {
            self.set_due(Due { kind: spending::KIND.name, subject: OsString::from("all") });
        }
        Summary::read(&spending::summary_path(state))
    }

    /// What all sessions used since midnight, this one by its host's own cost.
    pub fn used_today(&self) -> Option<Spent> {
        self.usage()?.today(self.now, self.hosts())
    }

    /// What all sessions used in [`Self::block`], likewise.
    pub fn used_in_block(&self) -> Option<Spent> {
        let (from, to) = self.block()?;
        Some(self.usage()?.window(from, to, self.hosts()))
    }

    /// How fast they spend in it, likewise.
    pub fn burn(&self) -> Option<Burn> {
        let (from, to) = self.block()?;
        self.usage()?.burn(from, to, self.now, self.hosts())
    }

    /// The 5-hour window, from and to in epoch seconds: that of the limit, else the block that runs, else
    /// the one that this session has begun.
    pub fn block(&self) -> Option<(u64, u64)> {
        const LENGTH: u64 = 5 * 3600;
        let limit = self.status.limits.iter().flatten().find(|limit| limit.name == "5h");
        let resets = limit.and_then(|limit| limit.resets_at).filter(|at| *at > self.now);
        if let Some(at) = resets {
            let to = format::epoch_ms(at) / 1000;
            return Some((to.checked_sub(LENGTH)?, to));
        }
        let own = || {
            let own = self.hosts().first().filter(|own| own.cost_usd > 0.0)?;
            let from = own.began? / 3600 * 3600;
            Some((from, from + LENGTH)).filter(|(_, to)| format::epoch_ms(self.now) / 1000 < *to)
        };
        self.usage()?.block(self.now).or_else(own)
    }

    /// What hosts say of sessions that may not have been read to their end: this one first.
    fn hosts(&self) -> &[Hosted] {
        self.hosts.get_or_init(|| self.read_hosts().unwrap_or_default())
    }

    /// While nothing was read of this session yet, the sessions before it are in the same case: of `/clear`
    /// the one that ended. They are looked up by the register, those of the same process first.
    fn read_hosts(&self) -> Option<Vec<Hosted>> {
        /// After that long this session has been read, or never will be.
        const YOUNG: Duration = Duration::from_secs(300);
        const MAX_OTHERS: usize = 4;
        let summary = self.usage()?;
        let id = self.status.session_id.clone()?;
        let seconds = |time: SystemTime| format::epoch_ms(time) / 1000;
        let heard = self.heard.unwrap_or(self.now);
        let began = self.duration().and_then(|duration| heard.checked_sub(duration));
        let (cost_usd, _) = self.cost().unwrap_or_default();
        let is_new = !summary.knows(&id) && self.duration().is_none_or(|duration| duration < YOUNG);
        let mut hosts = vec![Hosted { id, cost_usd, began: began.map(seconds), at: seconds(heard) }];
        let Some(state) = self.state.as_deref().filter(|_| is_new) else { return Some(hosts) };
        let pid = self.variable("CLAUDE_PID").and_then(|pid| pid.parse().ok());
        let mut others = register::read(state);
        others.retain(|entry| entry.session != hosts[0].id);
        others.sort_by_key(|entry| pid.is_none() || entry.pid != pid);
        for session in others.iter().take(MAX_OTHERS).filter_map(|entry| SessionId::new(&entry.session)) {
            let Some(cache) = Cache::read(&CACHE.path(state, &session)) else { continue };
            let Some(status) = cache.status() else { continue };
            let at = cache.at_ms / 1000;
            let began = status.duration.and_then(|duration| at.checked_sub(duration.as_secs()));
            let other = status.session_id.zip(status.cost_usd);
            hosts.extend(other.map(|(id, cost_usd)| Hosted { id, cost_usd, began, at }));
        }
        Some(hosts)
    }

    /// What a command of the user's printed last, run again after `interval` seconds. `None` until it has
    /// run for the first time.
    pub fn command(&self, command: &str, interval: f64, timeout: f64) -> Option<Fact<Answer>> {
        let state = self.state.as_deref()?;
        let ms = |seconds: f64| (seconds * 1000.0) as u64;
        let question = Question {
            command: command.to_owned(),
            dir: self.dir().map(Path::to_path_buf),
            session: self.session.as_ref().map(|session| session.as_str().to_owned()),
            interval_ms: ms(interval),
            timeout_ms: ms(timeout),
        };
        let seen = question.look(state, self.now);
        if seen.is_due && !question.is_being_asked(state) {
            self.set_due(Due { kind: command::KIND.name, subject: question.subject() });
        }
        seen.fact
    }

    /// The repository that the session works in. `None` outside of one.
    pub fn place(&self) -> Option<&Place> {
        self.place.get_or_init(|| Place::find(self.dir()?, self.git_dir.as_deref())).as_ref()
    }

    /// Asks for a fact to be found out by the refresh after this run.
    fn set_due(&self, due: Due) {
        let mut all = self.due.borrow_mut();
        if !all.contains(&due) {
            all.push(due);
        }
    }

    /// What is to be found out after this run; nothing where a refresh was started already.
    pub fn take_due(&self) -> Vec<Due> {
        let due = self.due.take();
        if self.has_started.replace(true) { Vec::new() } else { due }
    }

    /// Starts the refresh of what is due, once in a run: what becomes due later is left to the next.
    /// Whether it was started.
    fn start_refresh(&self) -> bool {
        refresh::start(&self.take_due())
    }

    /// Time since the session began: the host's own clock, else since the first tool call.
    pub fn duration(&self) -> Option<Duration> {
        self.status.duration.or_else(|| self.since_first_tool())
    }

    /// Time since the first tool call that the bridge knows of. `None` when it lies ahead.
    pub fn since_first_tool(&self) -> Option<Duration> {
        self.now.duration_since(self.bridge()?.first?).ok()
    }

    /// Time until `then`; `None` when it has passed.
    pub fn until(&self, then: SystemTime) -> Option<Duration> {
        then.duration_since(self.now).ok().filter(|left| !left.is_zero())
    }

    /// History and listings as of this run, for the next.
    pub fn into_kept(self) -> (History, Listings) {
        (self.history.with(&self.status, self.now), self.listings.into_inner())
    }
}
