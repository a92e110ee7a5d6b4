//! Where a value comes from, and how old it is there.

use std::path::PathBuf;
use std::time::{Duration, UNIX_EPOCH};

use crate::agent::Status;
use crate::base::env::Env;
use crate::bridge::BRIDGE;
use crate::segment::{Cx, Source, command};
use crate::session::cache::Cache;
use crate::session::tasks;
use crate::snapshot::{Given, Snapshot};
use crate::store::{self, Paths, SessionId};
use crate::tools::report;

/// Where a value comes from.
#[derive(Debug, Clone, PartialEq)]
pub struct Origin {
    /// `payload`, `bridge`, `task files`, `todo files`, `HEAD`, `git dir`, `git`,
    /// `transcripts`, `command`, `environment`, `clock`, `config`.
    pub source: &'static str,
    /// The file, where it is one.
    pub path: Option<PathBuf>,
    /// How old it is. `None` where that is unknown, or it is of now.
    pub age: Option<Duration>,
    /// How long it took to find out, in milliseconds, where a refresh did.
    pub took_ms: Option<u64>,
}

impl Origin {
    /// As in a report.
    pub fn in_words(&self) -> String {
        let age = self.age.map(|age| format!(", {}", report::age(Some(age)))).unwrap_or_default();
        let took = self.took_ms.map(|ms| format!(", found out in {ms} ms")).unwrap_or_default();
        format!("{}{age}{took}", self.source)
    }
}

/// What values of a session can come from.
pub struct Origins {
    /// The same session, of which nothing is known but its payload.
    payload_only: Snapshot,
    payload_age: Option<Duration>,
    bridge: Option<PathBuf>,
    bridge_age: Option<Duration>,
    /// Whether the file is there, usable or not.
    has_bridge: bool,
}

impl Origins {
    /// Those of a session whose payload is so old.
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

    /// Where what a name stands for comes from, or was looked for last.
    pub fn of(&self, cx: &Cx, name: &str) -> Origin {
        let plain = |source| Origin { source, path: None, age: None, took_ms: None };
        let payload = || Origin { age: self.payload_age, ..plain("payload") };
        match cx.settings.kind.source {
            Source::Environment => return plain("environment"),
            Source::Clock => return plain("clock"),
            Source::Config => return plain("config"),
            Source::Payload if cx.settings.kind.name == "dir" && cx.snapshot.status.cwd.is_none() => {
                return plain("working directory");
            }
            Source::Payload => return payload(),
            Source::Usage => {
                let age = cx.snapshot.usage().and_then(|summary| summary.age(cx.snapshot.now));
                return Origin { age, ..plain("transcripts") };
            }
            Source::Command => {
                let fact = command::answer(cx);
                let age = fact.as_ref().and_then(|fact| fact.age(cx.snapshot.now));
                return Origin { age, took_ms: fact.map(|fact| fact.took_ms), ..plain("command") };
            }
            Source::Hooks | Source::Tasks | Source::Git | Source::Several => {}
        }
        // What the payload tells alone is from there.
        let alone = Cx { snapshot: &self.payload_only, ..*cx }.value(name);
        if alone.is_some() && alone == cx.value(name) {
            return payload();
        }
        match cx.settings.kind.source {
            Source::Git => self.of_git(cx, name),
            Source::Tasks => self.of_tasks(cx),
            _ if name == "task" => self.of_tasks(cx),
            _ => self.bridge(),
        }
    }

    fn bridge(&self) -> Origin {
        Origin { source: "bridge", path: self.bridge.clone(), age: self.bridge_age, took_ms: None }
    }

    fn of_tasks(&self, cx: &Cx) -> Origin {
        let files = |source| Origin { source, path: None, age: None, took_ms: None };
        match cx.snapshot.tasks_origin() {
            tasks::Origin::Files => files("task files"),
            tasks::Origin::Bridge => self.bridge(),
            tasks::Origin::Todos => files("todo files"),
        }
    }

    fn of_git(&self, cx: &Cx, name: &str) -> Origin {
        let place = cx.snapshot.place();
        let below = |name: &str| place.map(|place| place.git_dir.join(name));
        let git = cx.snapshot.git().and_then(|fact| fact.value.as_ref());
        let has_change = git.is_some_and(|git| git.change.is_some());
        match name {
            "branch" | "commit" if !has_change => {
                Origin { source: "HEAD", path: below("HEAD"), age: None, took_ms: None }
            }
            "operation" => Origin {
                source: "git dir",
                path: place.map(|place| place.git_dir.clone()),
                age: None,
                took_ms: None,
            },
            _ => {
                let fact = cx.snapshot.git().filter(|fact| fact.value.is_some());
                Origin {
                    source: "git",
                    path: None,
                    age: fact.and_then(|fact| fact.age(cx.snapshot.now)),
                    took_ms: fact.map(|fact| fact.took_ms),
                }
            }
        }
    }

    /// Why what its source is asked for could not be found out. `None` where that did not fail.
    pub fn failure(&self, cx: &Cx) -> Option<String> {
        match cx.settings.kind.source {
            Source::Git => cx.snapshot.git()?.error.as_ref().map(|error| format!("git fails: {error}")),
            Source::Command => command::answer(cx)?.error.map(|error| format!("the command fails: {error}")),
            _ => None,
        }
    }

    /// Why a segment has no value, as far as its source tells.
    pub fn why_not(&self, cx: &Cx) -> String {
        if let Some(failure) = self.failure(cx) {
            return failure;
        }
        let text = match cx.settings.kind.source {
            Source::Payload => "the payload tells of none",
            Source::Hooks => return self.why_no_hook(cx),
            Source::Tasks => "no task is open in task files, bridge and todo files",
            Source::Git => match (cx.snapshot.place(), cx.snapshot.git()) {
                (None, _) => "this is no git repository",
                (Some(_), None) => "git has not been asked yet",
                (Some(_), Some(_)) => "the repository has none",
            },
            Source::Usage => "no transcript tells of any, or none has been read yet",
            Source::Command if cx.settings.option("command").is_none() => "no command is configured",
            Source::Command => "the command has printed nothing, or has not run yet",
            Source::Environment => match cx.settings.option("variable") {
                Some(variable) => return format!("{variable} is not set"),
                None if cx.settings.kind.name == "env" => "no variable is configured",
                None => "neither environment nor system tell",
            },
            Source::Clock => "the time is out of the calendar",
            Source::Config => "config does not say",
            Source::Several => "neither payload nor files tell",
        };
        text.to_owned()
    }

    fn why_no_hook(&self, cx: &Cx) -> String {
        let text = match cx.snapshot.bridge() {
            None if cx.snapshot.bridge_text().is_some() => "the session bridge is no JSON object",
            None if self.bridge.is_none() => "the payload tells of none, and names no session",
            None if self.has_bridge => "the session bridge cannot be used; `bridgeline doctor` says why",
            None => {
                "the payload tells of none, and no hook has written a bridge (`bridgeline install --hooks`)"
            }
            Some(bridge) if bridge.ours.is_none() => "neither the payload nor the Node hooks tell of one",
            Some(_) => "neither the payload nor the bridge tells of one",
        };
        text.to_owned()
    }
}
