//! The databases of OpenCode, one for each channel of its releases. Reading them needs SQLite, which is written in C
//! and larger than all other dependencies, so it is a feature.

use crate::base::env::Env;
use crate::store::{self, Found};

/// Its databases, each with the last change of it or its log.
pub(super) fn files(env: &Env) -> Vec<Found> {
    let data = env.path("XDG_DATA_HOME").or_else(|| Some(env.home()?.join(".local/share")));
    let Some(folder) = data.map(|data| data.join("opencode")) else { return Vec::new() };
    let is_ours = |name: &str| name.starts_with("opencode") && (name.ends_with(".db") || name.ends_with(".db-wal"));
    let (logs, mut found): (Vec<_>, Vec<_>) = store::files_below(&folder, 0, is_ours)
        .into_iter()
        .partition(|found| found.path.extension() == Some("db-wal".as_ref()));
    for found in &mut found {
        for log in logs.iter().filter(|log| log.path.with_extension("db") == found.path) {
            found.len += log.len;
            found.modified = found.modified.max(log.modified);
        }
    }
    found
}

#[cfg(feature = "opencode")]
pub(super) use with_sqlite::read;

#[cfg(feature = "opencode")]
mod with_sqlite {
    use std::collections::HashMap;
    use std::path::Path;
    use std::time::Instant;

    use rusqlite::{Connection, OpenFlags};

    use crate::base::json::Object;
    use crate::spending::messages::SessionInfo;
    use crate::spending::thread::{MAX_DIR, MAX_ID, Thread, short};
    use crate::spending::tokens::Tokens;
    use crate::spending::transcript::line::MessageLine;

    /// A session of the database.
    #[derive(Default)]
    struct Session {
        parent: Option<String>,
        dir: String,
        title: String,
    }

    /// Calls `each` with the messages that were changed since `updated`, in epoch milliseconds, and their sessions,
    /// the oldest first; and updates `updated`. Returns `true` if it finished in time.
    ///
    /// # Errors
    /// It cannot be opened, or is not a database of OpenCode.
    pub(in crate::spending) fn read(
        path: &Path, updated: &mut u64, until: Instant, mut each: impl FnMut(&Thread, &SessionInfo, MessageLine),
    ) -> rusqlite::Result<bool> {
        /// Steps of SQLite's virtual machine between checks of the clock.
        const STEPS: i32 = 10_000;
        let mut database = open(path)?;
        database.progress_handler(STEPS, Some(move || Instant::now() >= until))?;
        match read_rows(&database, updated, &mut each) {
            Err(err) if err.sqlite_error_code() == Some(rusqlite::ErrorCode::OperationInterrupted) => Ok(false),
            result => result.map(|()| true),
        }
    }

    /// Opens a database. Without a log nobody has it open, and nothing must be written next to it.
    fn open(path: &Path) -> rusqlite::Result<Connection> {
        let has_log = path.with_extension("db-wal").metadata().is_ok_and(|log| log.len() > 0);
        let escaped = path.to_string_lossy().replace('%', "%25").replace('?', "%3f").replace('#', "%23");
        let uri = format!("file:{escaped}{}", if has_log { "" } else { "?immutable=1" });
        Connection::open_with_flags(uri, OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI)
    }

    fn read_rows(
        database: &Connection, updated: &mut u64, each: &mut impl FnMut(&Thread, &SessionInfo, MessageLine),
    ) -> rusqlite::Result<()> {
        let sessions = sessions(database)?;
        // A message of a model is short: its parts are in another table.
        let mut select = database.prepare(
            "SELECT id, session_id, time_updated, data FROM message
             WHERE time_updated >= ?1 AND length(data) < 100000 ORDER BY time_updated",
        )?;
        let mut rows = select.query([i64::try_from(*updated).unwrap_or(i64::MAX)])?;
        while let Some(row) = rows.next()? {
            let (id, session): (String, String) = (row.get(0)?, row.get(1)?);
            if let Some(line) = message(&id, &row.get::<_, String>(3)?) {
                let (thread, info) = root(&sessions, &session);
                each(&thread, &info, line);
            }
            *updated = row.get::<_, i64>(2)?.try_into().unwrap_or(*updated);
        }
        Ok(())
    }

    fn sessions(database: &Connection) -> rusqlite::Result<HashMap<String, Session>> {
        let mut select = database.prepare("SELECT id, parent_id, directory, title FROM session")?;
        let session = |row: &rusqlite::Row| {
            let [dir, title] = [row.get(2)?, row.get(3)?].map(|text| short(text, MAX_DIR));
            Ok((row.get(0)?, Session { parent: row.get(1)?, dir, title }))
        };
        select.query_map([], session)?.collect()
    }

    /// The session that a subagent's session works for, or the session itself.
    fn root(sessions: &HashMap<String, Session>, id: &str) -> (Thread, SessionInfo) {
        /// Deeper than any agent nests.
        const DEPTH: usize = 12;
        let above = |id: &&str| sessions.get(*id)?.parent.as_deref();
        let id = std::iter::successors(Some(id), above).take(DEPTH).last().unwrap_or(id);
        let unknown = Session::default();
        let Session { dir, title, .. } = sessions.get(id).unwrap_or(&unknown);
        let thread = Thread { session: short(Some(id.to_owned()), MAX_ID), dir: dir.clone(), ..Thread::default() };
        (thread, SessionInfo { dir: dir.clone(), title: title.clone(), ..SessionInfo::default() })
    }

    /// `None` if nothing was used.
    fn message(id: &str, data: &str) -> Option<MessageLine> {
        let data = Object::parse(data).filter(|data| data.says("role", "assistant"))?;
        let (tokens, time) = (data.object("tokens")?, data.object("time")?);
        let cache = tokens.object_or_empty("cache");
        let count = |of: &Object, name| of.count(name).unwrap_or(0);
        let tokens = Tokens {
            input: count(&tokens, "input"),
            output: count(&tokens, "output").saturating_add(count(&tokens, "reasoning")),
            cache_write_5m: count(&cache, "write"),
            cache_read: count(&cache, "read"),
            ..Tokens::default()
        };
        let mut line = MessageLine::of_tokens(id, short(data.text("modelID"), MAX_ID), tokens, time.count("created"))?;
        // It writes 0 if it knows no price.
        line.host_cost_usd = data.number("cost").filter(|usd| *usd > 0.0);
        Some(line)
    }
}
