//! All that is known about the session at one instant. Past this nothing reads a file, the clock or
//! the environment; what costs something is read at its first use.

use std::cell::{OnceCell, RefCell};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use crate::agent::Status;
use crate::bridge::Bridge;
use crate::env::Env;
use crate::input::git::{self, Head};
use crate::input::listing::Listings;
use crate::input::tasks::{self, Task, Tasks};
use crate::store::{self, Paths, SessionId, Trust};

/// The session, for the segments.
pub struct Snapshot {
    /// What the agent says.
    pub status: Status,
    /// The instant that ages and countdowns are measured from.
    pub now: SystemTime,
    /// The session, where its id may be part of a file name.
    pub session: Option<SessionId>,
    task_list: Option<SessionId>,
    home: Option<PathBuf>,
    fallback_dir: Option<PathBuf>,
    agent_config: Option<PathBuf>,
    bridge_path: Option<PathBuf>,
    listings: RefCell<Listings>,
    bridge_text: OnceCell<Option<String>>,
    bridge: OnceCell<Option<Bridge>>,
    tasks: OnceCell<Option<Tasks>>,
    head: OnceCell<Option<Head>>,
}

impl Snapshot {
    /// The session of `status`. `listings` are those of the last run.
    pub fn new(status: Status, env: &Env, paths: &Paths, listings: Listings) -> Self {
        let session = status.session_id.as_deref().and_then(SessionId::new);
        let task_list = env.var("CLAUDE_CODE_TASK_LIST_ID").and_then(|id| SessionId::new(&id));
        Snapshot {
            now: env.now,
            task_list: task_list.or_else(|| session.clone()),
            home: env.home(),
            // Asked for only where the agent names no directory: it costs a system call.
            fallback_dir: if status.cwd.is_none() { env.current_dir() } else { None },
            agent_config: paths.agent_config.clone(),
            bridge_path: session.as_ref().map(|session| session.bridge(&paths.tmp)),
            session,
            status,
            listings: RefCell::new(listings),
            bridge_text: OnceCell::new(),
            bridge: OnceCell::new(),
            tasks: OnceCell::new(),
            head: OnceCell::new(),
        }
    }

    /// A session of which all is given: for samples and tests.
    pub fn given(
        status: Status,
        now: SystemTime,
        bridge: Option<Bridge>,
        tasks: &[Task],
        head: Option<Head>,
    ) -> Self {
        Snapshot {
            now,
            session: None,
            task_list: None,
            home: None,
            fallback_dir: None,
            agent_config: None,
            bridge_path: None,
            status,
            listings: RefCell::default(),
            bridge_text: OnceCell::from(None),
            bridge: OnceCell::from(bridge),
            tasks: OnceCell::from(Tasks::of(tasks)),
            head: OnceCell::from(head),
        }
    }

    /// Where the session works.
    pub fn dir(&self) -> Option<&Path> {
        self.status.cwd.as_deref().map(Path::new).or(self.fallback_dir.as_deref())
    }

    /// The user's home.
    pub fn home(&self) -> Option<&Path> {
        self.home.as_deref()
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
        self.tasks.get_or_init(|| self.read_tasks()).as_ref()
    }

    fn read_tasks(&self) -> Option<Tasks> {
        let listings = &mut self.listings.borrow_mut();
        if let (Some(config), Some(list)) = (&self.agent_config, &self.task_list) {
            let list = tasks::from_task_files(config, list, listings, self.now);
            if !list.is_empty() {
                return Tasks::of(&list);
            }
        }
        let recorded = self.bridge().and_then(|bridge| bridge.ours.as_ref());
        if let Some(ours) = recorded.filter(|ours| !ours.tasks.is_empty()) {
            return Tasks::of(&ours.tasks);
        }
        let (config, session) = (self.agent_config.as_deref()?, self.session.as_ref()?);
        Tasks::of(&tasks::from_todo_files(config, session, listings, self.now))
    }

    /// The head of the repository that the session works in. `None` outside of one.
    pub fn head(&self) -> Option<&Head> {
        self.head.get_or_init(|| git::head(self.dir()?)).as_ref()
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

    /// The listings as of this run, for the next.
    pub fn into_listings(self) -> Listings {
        self.listings.into_inner()
    }
}
