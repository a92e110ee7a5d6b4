//! `bridgeline preview`: sample sessions in a theme, without any set-up. Fails only when its output
//! cannot be written.

use std::io::Write;
use std::time::{Duration, SystemTime};

use anyhow::Context;

use super::render;
use crate::agent::{self, Status};
use crate::bridge::Bridge;
use crate::config::{Config, Flags};
use crate::env::Env;
use crate::input::git::Head;
use crate::input::tasks;
use crate::snapshot::Snapshot;
use crate::store::Paths;
use crate::text::Text;

/// A session that never was.
struct Sample {
    name: &'static str,
    payload: &'static str,
    tasks: &'static str,
    branch: Option<&'static str>,
    tools: u64,
    files: u64,
    /// Columns, where the sample is about having few of them.
    width: Option<usize>,
}

const SAMPLES: &[Sample] = &[
    Sample {
        name: "fresh",
        payload: include_str!("samples/fresh.json"),
        tasks: "[]",
        branch: Some("main"),
        tools: 0,
        files: 0,
        width: None,
    },
    Sample {
        name: "busy",
        payload: include_str!("samples/busy.json"),
        tasks: include_str!("samples/busy.tasks.json"),
        branch: Some("feature/login"),
        tools: 47,
        files: 5,
        width: None,
    },
    Sample {
        name: "nearly full",
        payload: include_str!("samples/nearly-full.json"),
        tasks: "[]",
        branch: Some("main"),
        tools: 1203,
        files: 64,
        width: None,
    },
    Sample {
        name: "subscriber",
        payload: include_str!("samples/subscriber.json"),
        tasks: include_str!("samples/busy.tasks.json"),
        branch: None,
        tools: 12,
        files: 1,
        width: None,
    },
    Sample {
        name: "wide text",
        payload: include_str!("samples/wide-text.json"),
        tasks: include_str!("samples/wide-text.tasks.json"),
        branch: Some("機能/認証"),
        tools: 8,
        files: 2,
        width: None,
    },
    Sample {
        name: "narrow",
        payload: include_str!("samples/busy.json"),
        tasks: include_str!("samples/busy.tasks.json"),
        branch: Some("feature/login"),
        tools: 47,
        files: 5,
        width: Some(40),
    },
];

/// Prints every sample.
///
/// # Errors
/// Standard output cannot be written.
pub fn run(flags: &Flags, env: &Env, out: &mut impl Write) -> anyhow::Result<()> {
    let mut config = Config::load(flags, env, &Paths::new(env), None);
    let asked = config.width;
    for warning in &config.warnings {
        writeln!(out, "warning: {}", Text::new(warning.to_string())).context("standard output")?;
    }
    for sample in SAMPLES {
        config.width = sample.width.unwrap_or(usize::MAX).min(asked);
        let rows = render::rows(&snapshot(sample, env), &config);
        let rows = render::painted(&rows, &config);
        writeln!(out, "{}\n{}\n", sample.name, rows.trim_end_matches('\n')).context("standard output")?;
    }
    Ok(())
}

/// The samples by name, without those that are about having few columns.
pub fn samples(env: &Env) -> impl Iterator<Item = (&'static str, Snapshot)> {
    let whole = SAMPLES.iter().filter(|sample| sample.width.is_none());
    whole.map(|sample| (sample.name, snapshot(sample, env)))
}

fn snapshot(sample: &Sample, env: &Env) -> Snapshot {
    let now = env.now;
    let status = in_time(agent::read(sample.payload).expect("a test reads every sample"), now);
    let bridge = Bridge {
        cost_usd: status.cost_usd,
        tool_count: Some(sample.tools),
        files_modified: Some(sample.files),
        first: status.duration.and_then(|duration| now.checked_sub(duration)),
        ..Bridge::default()
    };
    let head = sample.branch.map(|branch| Head::Branch(branch.to_owned()));
    Snapshot::given(status, env, Some(bridge), &tasks::from_array(sample.tasks), head)
}

/// Samples tell their instants in seconds from now, small enough to be told from real ones.
fn in_time(mut status: Status, now: SystemTime) -> Status {
    let shift = |at: Option<SystemTime>| {
        let from_now = at?.duration_since(SystemTime::UNIX_EPOCH).unwrap_or(Duration::ZERO);
        now.checked_add(from_now)
    };
    for limit in status.limits.iter_mut().flatten() {
        limit.resets_at = shift(limit.resets_at);
    }
    if let Some(cache) = &mut status.prompt_cache {
        cache.expires_at = shift(cache.expires_at);
    }
    status
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_sample_is_a_session() {
        for sample in SAMPLES {
            let env = Env::fixed(SystemTime::UNIX_EPOCH, []);
            assert!(snapshot(sample, &env).status.model.is_some(), "{}", sample.name);
        }
    }
}
