//! Sources at the end of a turn: the transcripts, and the cost that the render has left.

use std::path::Path;
use std::thread;
use std::time::{Duration, Instant, UNIX_EPOCH};

use super::Session;
use crate::base::format;
use crate::base::json::Object;
use crate::bridge::cost::Said;
use crate::bridge::event::{Event, EventKind};
use crate::session::cache;
use crate::session::interrupt::Tail;
use crate::spending;
use crate::spending::transcript::{self, Ledger};
use crate::store::{self, Absent, Patience, Trust};

/// Maximum age of the cost that the render has left (ARCHITECTURE.md).
const HARNESS: Duration = Duration::from_secs(300);

/// Time for reading transcripts at the end of a turn; the rest is read at the next.
const READ_LIMIT: Duration = Duration::from_secs(3);

/// The same at the end of a session, for which the agent gives all its hooks 1.5 s.
const END_LIMIT: Duration = Duration::from_secs(1);

/// Longest wait for the last answer of a turn: Claude Code may write it to the transcript about 50 ms after it has run
/// the hook.
const ANSWER_LIMIT: Duration = Duration::from_millis(250);

/// Longest wait for another hook that holds the reading state, which only saves time.
const TRANSCRIPTS_LOCK: Duration = Duration::from_secs(1);

impl Session<'_> {
    /// The agent's own cost, as the render left it for cost trackers: its time is in whole seconds, and the cost may be
    /// from the end of that second.
    pub(super) fn harness_cost(&self) -> Option<Said> {
        let path = cache::HARNESS_COST.path(&self.paths.tmp, &self.file_id);
        let text = store::read_text(&path, Trust::Strict, store::MAX_STATE).ok()?;
        let left = Object::parse(text.trim())?;
        let at = UNIX_EPOCH.checked_add(Duration::try_from_secs_f64(left.number("ts")?).ok()?)?;
        let age = store::age_of(at, self.env.now)?;
        let usd = left.number("cost_usd").filter(|usd| *usd >= 0.0 && age <= HARNESS)?;
        Some(Said { usd, at_ms: format::epoch_ms(at) / 1000 * 1000 + 999 })
    }

    /// Usage in the transcripts of the session, read from where the last turn ended. `None` if the event names no
    /// transcript.
    pub(super) fn read_transcripts(&self, event: &Event) -> Option<Ledger> {
        let transcript = event.text("transcript_path")?;
        let transcript = Path::new(&transcript);
        if event.kind == EventKind::Stop
            && let Some(answer) = event.text("last_assistant_message")
        {
            wait_for_answer(transcript, &answer);
        }
        let (prices, _) = spending::prices(self.paths);
        let subagents = transcript::subagents(transcript);
        let limit = if event.kind == EventKind::SessionEnd { END_LIMIT } else { READ_LIMIT };
        let until = Instant::now() + limit;
        let read_on = |mut ledger: Ledger| {
            ledger.read(transcript, &subagents, &prices, until);
            ledger
        };
        let Some(state) = &self.paths.state else { return Some(read_on(Ledger::default())) };
        let mut result = None;
        let merge = |found: Result<Object, &Absent>| {
            let kept = found.ok().and_then(|kept| serde_json::from_str(&kept.to_string()).ok());
            serde_json::to_string(result.insert(read_on(kept.unwrap_or_default()))).ok()
        };
        // If the state cannot be saved, the next turn reads again, so a lock that is held for long is not waited for.
        let patience =
            Patience { lock: TRANSCRIPTS_LOCK, proceed_unlocked: true, ..Patience::HOOK }.until(self.deadline);
        _ = store::update(&transcript::LEDGER.path(state, &self.file_id), None, patience, merge);
        result
    }
}

/// Waits until the transcript ends with the answer that ended the turn.
fn wait_for_answer(transcript: &Path, answer: &str) {
    let until = Instant::now() + ANSWER_LIMIT;
    while Tail::read(transcript, 0).is_some_and(|tail| !tail.ends_with(answer)) && Instant::now() < until {
        thread::sleep(Duration::from_millis(10));
    }
}
