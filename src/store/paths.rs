//! Folders of our files and the agent's, resolved once per run from the environment.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use crate::base::env::Env;

/// Folder of our state that holds locks: `<kind>-<key>.lock` of refreshes, `<file>.lock` of files elsewhere.
pub const LOCKS: &str = "locks";

/// The folders that files are read from and written to.
#[derive(Debug, Clone)]
pub struct Paths {
    /// Shared with the Node scripts: session bridges and harness cost.
    pub tmp: PathBuf,
    /// Our own state, created 0700 at the first write. `None` without a home directory.
    pub state: Option<PathBuf>,
    /// The agent's configuration: tasks, todos, metrics. `None` without a home directory.
    pub agent_config: Option<PathBuf>,
    /// The user's config: `BRIDGELINE_CONFIG`, else `config.toml` in our folder. `None` without a home directory.
    pub config: Option<PathBuf>,
    /// The user's themes. `None` without a home directory.
    pub themes: Option<PathBuf>,
    /// The user's prices, which replace or add to ours. `None` without a home directory.
    pub prices: Option<PathBuf>,
}

impl Paths {
    /// The folders of this environment. Touches no file.
    pub fn new(env: &Env) -> Self {
        let home = env.home();
        let below = |base: &Option<PathBuf>, rest: &[&str]| {
            let mut path = base.clone()?;
            path.extend(rest);
            Some(path)
        };
        let local_app_data = || env.path("LOCALAPPDATA").filter(|_| cfg!(windows));
        let app_data = || env.path("APPDATA").filter(|_| cfg!(windows));
        let state = env.path("BRIDGELINE_STATE_DIR").or_else(|| {
            let base = env.path("XDG_STATE_HOME").or_else(local_app_data);
            base.or_else(|| below(&home, &[".local", "state"])).map(|base| base.join("bridgeline"))
        });
        let config = env.path("XDG_CONFIG_HOME").or_else(app_data).or_else(|| below(&home, &[".config"]));
        Paths {
            tmp: node_tmpdir(env),
            state,
            agent_config: env.path("CLAUDE_CONFIG_DIR").or_else(|| below(&home, &[".claude"])),
            config: env.path("BRIDGELINE_CONFIG").or_else(|| below(&config, &["bridgeline", "config.toml"])),
            themes: below(&config, &["bridgeline", "themes"]),
            prices: below(&config, &["bridgeline", "prices.toml"]),
        }
    }

    /// Folder of the locks for files in folders that others can write to. `None` without a home directory.
    pub fn locks(&self) -> Option<PathBuf> {
        Some(self.state.as_deref()?.join(LOCKS))
    }
}

/// Node's `os.tmpdir()`, where the shared files lie. `std::env::temp_dir` differs: it treats an empty TMPDIR as the
/// working directory, and uses another folder on macOS.
fn node_tmpdir(env: &Env) -> PathBuf {
    if cfg!(windows) {
        let named = env.var_os("TEMP").or_else(|| env.var_os("TMP"));
        let root = || env.var_os("SystemRoot").or_else(|| env.var_os("windir")).unwrap_or_default();
        return named.map_or_else(|| Path::new(&root()).join("temp"), PathBuf::from);
    }
    let named = ["TMPDIR", "TMP", "TEMP"].iter().find_map(|name| env.var_os(name));
    let tmp = named.unwrap_or_else(|| "/tmp".into());
    // Node removes one slash from the end, which does not change the folder.
    PathBuf::from(tmp)
}

/// Time since `then`. Zero if it is slightly in the future, since clocks of two machines differ; `None` if it is
/// further ahead, so that a wrong clock in the past blocks nothing.
pub fn age_of(then: SystemTime, now: SystemTime) -> Option<Duration> {
    const SKEW: Duration = Duration::from_secs(120);
    match now.duration_since(then) {
        Ok(age) => Some(age),
        Err(ahead) => (ahead.duration() <= SKEW).then_some(Duration::ZERO),
    }
}

/// [`age_of`] a time in epoch milliseconds.
pub fn age_of_ms(then: u64, now: SystemTime) -> Option<Duration> {
    age_of(SystemTime::UNIX_EPOCH.checked_add(Duration::from_millis(then))?, now)
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(unix)]
    use std::ffi::OsString;
    use std::time::UNIX_EPOCH;

    #[cfg(unix)]
    fn env(vars: &[(&'static str, &str)]) -> Env {
        Env::fixed(UNIX_EPOCH, vars.iter().map(|(key, value)| (*key, OsString::from(value))))
    }

    #[test]
    #[cfg(unix)]
    fn tmpdir_is_nodes() {
        let check = |vars: &[(&'static str, &str)], expected: &str| {
            assert_eq!(Paths::new(&env(vars)).tmp, PathBuf::from(expected), "{vars:?}");
        };
        check(&[], "/tmp");
        check(&[("TMPDIR", "/x/")], "/x");
        check(&[("TMPDIR", ""), ("TMP", "/y")], "/y");
        check(&[("TEMP", "/z")], "/z");
        check(&[("TMPDIR", "/x"), ("TMP", "/y")], "/x");
        check(&[("TMPDIR", "/")], "/");
        check(&[("TMPDIR", "rel")], "rel");
    }

    #[test]
    #[cfg(unix)]
    fn folders() {
        let check = |vars: &[(&'static str, &str)], state: Option<&str>, config: Option<&str>| {
            let paths = Paths::new(&env(vars));
            assert_eq!(paths.state, state.map(PathBuf::from), "{vars:?}");
            assert_eq!(paths.agent_config, config.map(PathBuf::from), "{vars:?}");
        };
        check(&[], None, None);
        check(&[("HOME", "/h")], Some("/h/.local/state/bridgeline"), Some("/h/.claude"));
        check(&[("HOME", "/h"), ("XDG_STATE_HOME", "/s")], Some("/s/bridgeline"), Some("/h/.claude"));
        check(&[("HOME", "/h"), ("XDG_STATE_HOME", "rel")], Some("/h/.local/state/bridgeline"), Some("/h/.claude"));
        check(&[("BRIDGELINE_STATE_DIR", "/b"), ("CLAUDE_CONFIG_DIR", "/c")], Some("/b"), Some("/c"));
        check(&[("HOME", "")], None, None);
    }

    #[test]
    fn ages() {
        let at = |seconds| UNIX_EPOCH + Duration::from_secs(seconds);
        assert_eq!(age_of(at(100), at(160)), Some(Duration::from_secs(60)));
        assert_eq!(age_of(at(160), at(100)), Some(Duration::ZERO));
        assert_eq!(age_of(at(100_000), at(100)), None);
    }
}
