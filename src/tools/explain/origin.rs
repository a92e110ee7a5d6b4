//! The source of a value, and its age there.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::Serialize;

use crate::agent::Status;
use crate::base::env::Env;
use crate::bridge::BRIDGE;
use crate::facts::fact::Fact;
use crate::segment::{Cx, Source, Value, command};
use crate::session::cache::Cache;
use crate::session::tasks::TaskSource;
use crate::snapshot::{Given, Snapshot};
use crate::store::{self, Paths, SessionId};
use crate::tools::report::{self, clean};

/// The source of a value.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Origin {
    /// `payload`, `bridge`, `task files`, `session file`, `todo files`, `HEAD`, `git dir`, `git`,
    /// `transcripts`, `command`, `environment`, `clock`, `config`.
    source: &'static str,
    /// The file, if there is one.
    path: Option<String>,
    /// Its age in seconds. `None` if that is unknown, or the value is current.
    age_s: Option<u64>,
    /// Time that a refresh took to compute it, in milliseconds.
    took_ms: Option<u64>,
}

impl Origin {
    fn new(source: &'static str) -> Self {
        Origin { source, path: None, age_s: None, took_ms: None }
    }

    fn aged(source: &'static str, age: Option<Duration>) -> Self {
        Origin { age_s: age.map(|age| age.as_secs()), ..Origin::new(source) }
    }

    fn at(self, path: Option<&Path>) -> Self {
        Origin { path: path.map(|path| clean(&path.to_string_lossy())), ..self }
    }

    fn fact<T: Default>(source: &'static str, fact: Option<&Fact<T>>, now: SystemTime) -> Self {
        let age = fact.and_then(|fact| fact.age(now));
        Origin { took_ms: fact.map(|fact| fact.took_ms), ..Origin::aged(source, age) }
    }

    /// Its text in the report.
    pub fn in_words(&self) -> String {
        let age = self.age_s.map(|age| format!(", {}", report::age(Some(Duration::from_secs(age)))));
        let took = self.took_ms.map(|ms| format!(", took {ms} ms"));
        format!("{}{}{}", self.source, age.unwrap_or_default(), took.unwrap_or_default())
    }
}

/// The sources that the values of a session can have.
pub struct Origins {
    /// The same session with only its payload.
    payload_only: Snapshot,
    payload_age: Option<Duration>,
    bridge: Option<PathBuf>,
    bridge_age: Option<Duration>,
    /// The file exists, usable or not.
    has_bridge: bool,
}

impl Origins {
    /// The sources of a session; `age` is that of its payload.
    pub fn new(status: &Status, env: &Env, paths: &Paths, age: Option<Duration>, cache: &Cache) -> Self {
        let given = Given { history: cache.history.clone(), ..Given::default() };
        let id = status.session_id.as_deref().and_then(SessionId::new);
        let bridge = id.map(|id| BRIDGE.path(&paths.tmp, &id));
        let changed = bridge.as_deref().and_then(store::stamp).map(Duration::from_nanos);
        Origins {
            payload_only: Snapshot::given(status.clone(), env, given),
            payload_age: age,
            has_bridge: changed.is_some(),
            bridge_age: changed.and_then(|changed| store::age_of(UNIX_EPOCH + changed, env.now)),
            bridge,
        }
    }

    /// The source of a field, or the last one that was tried.
    pub fn of(&self, cx: &Cx, name: &str) -> Origin {
        let (kind, now) = (cx.settings.kind, cx.snapshot.now);
        let payload = || Origin::aged("payload", self.payload_age);
        match kind.source {
            Source::Environment => return Origin::new("environment"),
            Source::Clock => return Origin::new("clock"),
            Source::Config => return Origin::new("config"),
            Source::Payload if kind.name == "dir" && cx.snapshot.status.cwd.is_none() => {
                return Origin::new("working directory");
            }
            Source::Payload if cx.snapshot.is_recorded() && self.alone(cx, name) != cx.value(name) => {
                return Origin::new("session file");
            }
            Source::Payload => return payload(),
            Source::Usage => {
                return Origin::aged("transcripts", cx.snapshot.usage().and_then(|summary| summary.age(now)));
            }
            Source::Command => return Origin::fact("command", command::answer(cx).as_ref(), now),
            Source::Hooks | Source::Tasks | Source::Git | Source::Several => {}
        }
        // The payload takes precedence.
        let alone = self.alone(cx, name);
        if alone.is_some() && alone == cx.value(name) {
            return payload();
        }
        match kind.source {
            Source::Git => of_git(cx, name),
            Source::Tasks => self.of_tasks(cx),
            _ if name == "task" => self.of_tasks(cx),
            _ => self.bridge(),
        }
    }

    /// The value of a field from the payload alone.
    fn alone(&self, cx: &Cx, name: &str) -> Option<Value> {
        Cx { snapshot: &self.payload_only, ..*cx }.value(name)
    }

    fn bridge(&self) -> Origin {
        Origin::aged("bridge", self.bridge_age).at(self.bridge.as_deref())
    }

    fn of_tasks(&self, cx: &Cx) -> Origin {
        match cx.snapshot.task_source() {
            TaskSource::Files => Origin::new("task files"),
            TaskSource::Bridge => self.bridge(),
            TaskSource::Recorded => Origin::new("session file"),
            TaskSource::Todos => Origin::new("todo files"),
        }
    }

    /// The error of its source. `None` if there was none.
    pub fn failure(&self, cx: &Cx) -> Option<String> {
        match cx.settings.kind.source {
            Source::Git => cx.snapshot.git()?.error.as_ref().map(|error| format!("git failed: {error}")),
            Source::Command => command::answer(cx)?.error.map(|error| format!("the command failed: {error}")),
            _ => None,
        }
    }

    /// Reason why a segment has no value, by its source.
    pub fn why_not(&self, cx: &Cx) -> String {
        if let Some(failure) = self.failure(cx) {
            return failure;
        }
        let text = match cx.settings.kind.source {
            Source::Payload => "nothing to show in the payload",
            Source::Hooks => self.why_no_hook(cx),
            Source::Tasks => "no open task in the task files, the bridge or the todo files",
            Source::Git => match (cx.snapshot.repository(), cx.snapshot.git()) {
                (None, _) => "not a git repository",
                (Some(_), None) => "git has not been run yet",
                (Some(_), Some(_)) => "the repository has no value for it",
            },
            Source::Usage if cx.settings.kind.name == "budget" && cx.budgets.is_empty() => {
                "no budget is set in the config"
            }
            Source::Usage => "not in any transcript, or none has been read yet",
            Source::Command if cx.settings.option("command").is_none() => "no command is configured",
            Source::Command => "the command has printed nothing, or has not run yet",
            Source::Environment => match cx.settings.option("variable") {
                Some(variable) => return format!("{variable} is not set"),
                None if cx.settings.kind.name == "env" => "no variable is configured",
                None => "not known from the environment or the system",
            },
            Source::Clock => "the time is outside the calendar",
            Source::Config => "not set in the config",
            Source::Several => "nothing to show in the payload or the files",
        };
        text.to_owned()
    }

    fn why_no_hook(&self, cx: &Cx) -> &'static str {
        match cx.snapshot.bridge() {
            None if cx.snapshot.bridge_text().is_some() => "the session bridge is not a JSON object",
            None if self.bridge.is_none() => "nothing to show in the payload, which has no session id either",
            None if self.has_bridge => "the session bridge cannot be used; run `bridgeline doctor` to see why",
            None => "nothing to show in the payload, and no hook has written a bridge (`bridgeline install --hooks`)",
            Some(bridge) if bridge.ours.is_none() => "nothing to show in the payload or the Node hooks' bridge",
            Some(_) => "nothing to show in the payload or the bridge",
        }
    }
}

fn of_git(cx: &Cx, name: &str) -> Origin {
    let git_dir = cx.snapshot.repository().map(|repository| repository.git_dir.as_path());
    let fact = cx.snapshot.git().filter(|fact| fact.value.is_some());
    let git = fact.and_then(|fact| fact.value.as_ref());
    match name {
        "branch" | "commit" if git.is_none_or(|git| git.change.is_none()) => {
            Origin::new("HEAD").at(git_dir.map(|dir| dir.join("HEAD")).as_deref())
        }
        "operation" => Origin::new("git dir").at(git_dir),
        _ => Origin::fact("git", fact, cx.snapshot.now),
    }
}
