//! Sample sessions, to show looks. One file each: the agent's payload, the bridge as hooks would write it, the branch,
//! and data of earlier renders.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::agent;
use crate::base::env::Env;
use crate::facts::fact::Fact;
use crate::facts::git::{Git, Head};
use crate::session::history::PayloadHistory;
use crate::snapshot::{Given, Snapshot};
use crate::spending::summary::Summary;

/// A sample session.
pub struct Sample {
    /// Name, as in `--sample`.
    pub name: &'static str,
    /// Description for `--sample`, in a few words.
    pub about: &'static str,
    /// Columns, for a sample that shows a narrow terminal.
    pub columns: Option<usize>,
    text: &'static str,
}

/// Content of a sample's file.
#[derive(Deserialize)]
struct Parts {
    branch: Option<String>,
    git: Option<Git>,
    usage: Option<Summary>,
    #[serde(default)]
    history: PayloadHistory,
    payload: Box<RawValue>,
    bridge: Box<RawValue>,
}

/// All samples, in the order in which they are shown.
pub const ALL: &[Sample] = &[
    sample("fresh", "just started", include_str!("samples/fresh.json")),
    sample("busy", "working, billed by tokens", BUSY),
    sample("waiting", "waiting for an answer to a plan, in a worktree", WAITING),
    sample("nearly-full", "every value at its worst", include_str!("samples/nearly-full.json")),
    sample("subscriber", "subscription: limits instead of cost", include_str!("samples/subscriber.json")),
    sample("limits", "limits nearly used up", include_str!("samples/limits.json")),
    sample("wide-text", "wide (CJK) characters", include_str!("samples/wide-text.json")),
    Sample { columns: Some(40), ..sample("narrow", "the busy session in 40 columns", BUSY) },
];

const BUSY: &str = include_str!("samples/busy.json");
const WAITING: &str = include_str!("samples/waiting.json");

const fn sample(name: &'static str, about: &'static str, text: &'static str) -> Sample {
    Sample { name, about, columns: None, text }
}

/// The clock of all samples, in epoch seconds: 2026-11-25T14:05:00Z.
const NOW: u64 = 1_795_615_500;

/// The sample with that name.
pub fn find(name: &str) -> Option<&'static Sample> {
    ALL.iter().find(|sample| sample.name == name)
}

impl Sample {
    /// The session, the same at any time and on any machine.
    pub fn snapshot(&self) -> Snapshot {
        let parts: Parts = serde_json::from_str(self.text).expect("a test reads every sample");
        let env = env();
        let status = agent::read(parts.payload.get()).expect("a test reads every sample");
        let given = Given {
            bridge: Some(parts.bridge.get().to_owned()),
            head: parts.branch.map(Head::Branch),
            operation: None,
            git: parts.git.map(|git| Fact::new(git, env.now)),
            history: parts.history,
            usage: parts.usage,
        };
        Snapshot::given(status, &env, given)
    }
}

/// Environment of the samples.
fn env() -> Env {
    let vars = [("HOME", "/home/ada"), ("USER", "ada"), ("HOSTNAME", "shed"), ("COMPUTERNAME", "shed"), ("TZ", "UTC")];
    let now: SystemTime = UNIX_EPOCH + Duration::from_secs(NOW);
    Env::fixed(now, vars.map(|(name, value)| (name, value.into())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_sample_is_a_session() {
        for sample in ALL {
            let snapshot = sample.snapshot();
            assert!(snapshot.status.model.is_some(), "{}", sample.name);
            assert!(snapshot.ours().is_some_and(|ours| ours.state.is_some()), "{}", sample.name);
        }
        let names: BTreeSet<&str> = ALL.iter().map(|sample| sample.name).collect();
        assert_eq!(names.len(), ALL.len());
    }
}
