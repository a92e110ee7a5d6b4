//! Lazy sources of a snapshot: files that are read, and facts that are looked up, at their first use. A
//! stale fact is shown as it is, and refreshed after the run; only the first look at a repository may wait
//! for its refresh, if [`Snapshot::waiting_for_git`] allows it.

use std::cell::{Cell, OnceCell, RefCell};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::Snapshot;
use crate::agent::{State, Status};
use crate::base::env::Env;
use crate::bridge::ours::Ours;
use crate::bridge::{BRIDGE, Bridge};
use crate::facts::command::{self, CommandOutput, CommandSpec};
use crate::facts::fact::{Fact, FactFile};
use crate::facts::git::{self, Git, Head, Operation, REBASE, Repository};
use crate::facts::refresh::{self, Due, FactKind};
use crate::session::history::PayloadHistory;
use crate::session::listing::Listings;
use crate::session::recorded::Recorded;
use crate::session::tasks::{self, TaskSource, Tasks};
use crate::spending;
use crate::spending::summary::{Hosted, Summary};
use crate::store::{self, Paths, SessionId, Trust};

/// The sources, and what has been read from them so far.
#[derive(Default)]
pub(super) struct Sources {
    /// Folder of our state.
    pub state: Option<PathBuf>,
    agent_config: Option<PathBuf>,
    task_list: Option<SessionId>,
    bridge_path: Option<PathBuf>,
    /// The repository that `GIT_DIR` names.
    git_dir: Option<PathBuf>,
    git_wait: Duration,
    due: RefCell<Vec<Due>>,
    has_started: Cell<bool>,
    pub listings: RefCell<Listings>,
    pub recorded: Option<Box<Recorded>>,
    home: OnceCell<Option<PathBuf>>,
    bridge_text: OnceCell<Option<String>>,
    bridge: OnceCell<Option<Bridge>>,
    pub state_now: OnceCell<Option<(State, Option<u64>)>>,
    tasks: OnceCell<(Option<Tasks>, TaskSource)>,
    repository: OnceCell<Option<Repository>>,
    head: OnceCell<Option<Head>>,
    operation: OnceCell<Option<Operation>>,
    git: OnceCell<Option<Fact<Git>>>,
    usage: OnceCell<Option<Summary>>,
    pub hosts: OnceCell<Vec<Hosted>>,
}

/// Facts of a session besides its payload, in place of files: for samples and tests.
#[derive(Default)]
pub struct Given {
    /// Text of the session bridge, which also holds the tasks.
    pub bridge: Option<String>,
    /// The head of the repository.
    pub head: Option<Head>,
    /// A git operation in progress.
    pub operation: Option<Operation>,
    /// The rest of the repository's state.
    pub git: Option<Fact<Git>>,
    /// The last payloads in numbers.
    pub history: PayloadHistory,
    /// Usage of all sessions.
    pub usage: Option<Summary>,
}

impl Sources {
    pub fn new(session: Option<&SessionId>, env: &Env, paths: &Paths, listings: Listings) -> Self {
        let task_list = env.var("CLAUDE_CODE_TASK_LIST_ID").and_then(|id| SessionId::new(&id));
        Sources {
            state: paths.state.clone(),
            agent_config: paths.agent_config.clone(),
            bridge_path: session.map(|session| BRIDGE.path(&paths.tmp, session)),
            task_list: task_list.or_else(|| session.cloned()),
            git_dir: git::variable(env),
            listings: RefCell::new(listings),
            ..Sources::default()
        }
    }
}

impl Snapshot {
    /// A session that reads no files: for samples and tests.
    pub fn given(status: Status, env: &Env, given: Given) -> Self {
        let sources = Sources {
            bridge_text: given.bridge.into(),
            repository: None.into(),
            head: given.head.into(),
            operation: given.operation.into(),
            git: given.git.into(),
            usage: given.usage.into(),
            ..Sources::default()
        };
        Snapshot::alone(status, env, given.history, sources)
    }

    /// Lets the first look at an unknown repository wait for git, so that a small one is right from its first line.
    /// Nothing else is ever waited for.
    #[must_use]
    pub fn waiting_for_git(mut self, limit: Duration) -> Self {
        self.sources.git_wait = limit;
        self
    }

    /// Home of the user.
    pub fn home(&self) -> Option<&Path> {
        self.sources.home.get_or_init(|| self.env.home()).as_deref()
    }

    /// Text of the session bridge. `None` if it is missing or cannot be read.
    pub fn bridge_text(&self) -> Option<&str> {
        let sources = &self.sources;
        let read = || store::read_text(sources.bridge_path.as_deref()?, Trust::Strict, store::MAX_STATE).ok();
        sources.bridge_text.get_or_init(read).as_deref()
    }

    /// The session bridge. `None` if it is missing or invalid.
    pub fn bridge(&self) -> Option<&Bridge> {
        self.sources.bridge.get_or_init(|| self.bridge_text().and_then(Bridge::parse)).as_ref()
    }

    /// Records of our own hooks. `None` if they do not write the bridge.
    pub fn ours(&self) -> Option<&Ours> {
        self.bridge()?.ours.as_ref()
    }

    /// Tasks of the agent's task files, else of the bridge, else of the session's own file, else of todo files. `None`
    /// if nothing is open. Costs two stats and a read for each task file.
    pub fn tasks(&self) -> Option<&Tasks> {
        self.sources.tasks.get_or_init(|| self.read_tasks()).0.as_ref()
    }

    /// The source in which [`Self::tasks`] were found, or last looked for.
    pub fn task_source(&self) -> TaskSource {
        self.sources.tasks.get_or_init(|| self.read_tasks()).1
    }

    fn read_tasks(&self) -> (Option<Tasks>, TaskSource) {
        let Sources { agent_config, task_list, listings, .. } = &self.sources;
        let listings = &mut listings.borrow_mut();
        if let (Some(config), Some(list)) = (agent_config, task_list) {
            let list = tasks::from_task_files(config, list, listings, self.now);
            if !list.is_empty() {
                return (Tasks::of(&list), TaskSource::Files);
            }
        }
        if let Some(ours) = self.ours().filter(|ours| !ours.tasks.is_empty()) {
            return (Tasks::of(&ours.tasks), TaskSource::Bridge);
        }
        if let Some(recorded) = self.sources.recorded.as_ref().filter(|recorded| !recorded.plan.is_empty()) {
            return (Tasks::of(&recorded.plan), TaskSource::Recorded);
        }
        let todos = agent_config
            .as_deref()
            .zip(self.session.as_ref())
            .and_then(|(config, session)| Tasks::of(&tasks::from_todo_files(config, session, listings, self.now)));
        (todos, TaskSource::Todos)
    }

    /// The repository that the session works in. `None` outside of one.
    pub fn repository(&self) -> Option<&Repository> {
        let sources = &self.sources;
        sources.repository.get_or_init(|| Repository::find(self.dir()?, sources.git_dir.as_deref())).as_ref()
    }

    /// The head of the repository, as of now. `None` outside of one, and in one with a reftable until its fact has been
    /// computed.
    pub fn head(&self) -> Option<&Head> {
        let from_fact = || git::head(self.git()?.value.as_ref()?);
        self.sources.head.get_or_init(|| self.repository()?.head().or_else(from_fact)).as_ref()
    }

    /// The git operation in progress, as of now.
    pub fn operation(&self) -> Option<&Operation> {
        let sources = &self.sources;
        let listings = || sources.listings.borrow_mut();
        let read = || git::operation(&self.repository()?.git_dir, &mut listings(), self.now);
        sources.operation.get_or_init(read).as_ref()
    }

    /// The branch that is checked out. For a detached head, the one being rebased, or the Jujutsu bookmark. Without
    /// access to the files, as on another machine, the branch in the payload.
    pub fn branch(&self) -> Option<&str> {
        match self.head() {
            Some(Head::Branch(branch)) => Some(branch),
            Some(Head::Detached(_)) => {
                let operation = self.operation().filter(|operation| operation.name == REBASE);
                let rebased = operation.and_then(|operation| operation.branch.as_deref());
                rebased.or_else(|| self.git()?.value.as_ref()?.bookmarks.as_deref())
            }
            None => self.status.branch.as_deref(),
        }
    }

    /// State of the repository as git last reported it. `None` outside of one, and before the first refresh has ended.
    pub fn git(&self) -> Option<&Fact<Git>> {
        self.sources.git.get_or_init(|| self.look_up_git()).as_ref()
    }

    fn look_up_git(&self) -> Option<Fact<Git>> {
        let (repository, state) = (self.repository()?, self.sources.state.as_deref()?);
        let file = git::file(repository, state);
        let found = git::look_up(repository, &file, self.now);
        if !found.is_due {
            return found.fact;
        }
        let is_running = !self.refresh(&git::KIND, &file, self.dir()?.into());
        let wait = self.sources.git_wait;
        if found.fact.is_some() || wait.is_zero() || !(is_running || refresh::start(&self.take_due())) {
            return found.fact;
        }
        file.wait(wait).map(|fact| git::usable(fact, repository))
    }

    /// Usage of all sessions. `None` until it has been computed for the first time.
    pub fn usage(&self) -> Option<&Summary> {
        self.sources.usage.get_or_init(|| self.look_up_usage()).as_ref()
    }

    fn look_up_usage(&self) -> Option<Summary> {
        let state = self.sources.state.as_deref()?;
        let file = spending::file(state);
        if spending::look_up(&file, self.now).is_due {
            self.refresh(&spending::KIND, &file, "all".into());
        }
        Summary::read(&spending::summary_path(state, self.status.agent))
    }

    /// The last output of the user's command, run again after `interval` seconds. `None` until it has
    /// run for the first time.
    pub fn command(&self, command: &str, interval: f64, timeout: f64) -> Option<Fact<CommandOutput>> {
        let state = self.sources.state.as_deref()?;
        let ms = |seconds: f64| (seconds * 1000.0) as u64;
        let spec = CommandSpec {
            command: command.to_owned(),
            dir: self.dir().map(Path::to_path_buf),
            session: self.session.as_ref().map(|session| session.as_str().to_owned()),
            interval_ms: ms(interval),
            timeout_ms: ms(timeout),
        };
        let subject = spec.subject();
        let file = spec.file(&subject, state);
        let found = command::look_up(&file, &subject, self.now);
        if found.is_due {
            self.refresh(&command::KIND, &file, subject);
        }
        found.fact
    }

    /// Marks a fact to be refreshed after this run. `false` if a refresh of it is in progress.
    fn refresh(&self, kind: &FactKind, file: &FactFile, subject: OsString) -> bool {
        let is_idle = !file.is_being_refreshed();
        let due = Due { kind: kind.name, subject };
        let mut all = self.sources.due.borrow_mut();
        if is_idle && !all.contains(&due) {
            all.push(due);
        }
        is_idle
    }

    /// The facts to refresh after this run; none if a refresh was started already: facts that become due later are left
    /// to the next run.
    pub fn take_due(&self) -> Vec<Due> {
        let due = self.sources.due.take();
        if self.sources.has_started.replace(true) { Vec::new() } else { due }
    }
}
