//! The messages of one day in UTC, in the file `<state>/usage/<YYYY-MM-DD>.day`. A refresh
//! replaces the files of the days that it changed, usually only one.

use std::path::{Path, PathBuf};
use std::time::{Duration, UNIX_EPOCH};

use super::codec::{self, put, take, take_number};
use super::messages::{Interner, MessageRecord, MessageSet};
use super::tokens::{MessageUsage, Tokens};
use super::transcript::keys::MessageKey;
use crate::agent::CLAUDE_CODE;

const FORMAT: &str = "bridgeline usage day 2\n";

/// The format of the first version, in which sessions have no agent: all were Claude Code's.
const FORMAT_1: &str = "bridgeline usage day 1\n";

/// Extension of the files' names.
const EXTENSION: &str = ".day";

const SIDECHAIN: u64 = 1;
const FAST: u64 = 2;
const US_ONLY: u64 = 4;
const COST: u64 = 8;
const HOUR_CACHE: u64 = 16;
const SEARCHES: u64 = 32;

/// The path of a day's file; the day as days since 1970.
pub(super) fn path(folder: &Path, day: u32) -> PathBuf {
    let date = humantime::format_rfc3339_seconds(UNIX_EPOCH + Duration::from_secs(u64::from(day) * 86_400));
    folder.join(format!("{}{EXTENSION}", &date.to_string()[..10]))
}

/// The day of a file name.
pub(super) fn number(name: &str) -> Option<u32> {
    let date = name.strip_suffix(EXTENSION).filter(|date| date.len() == 10)?;
    let start = humantime::parse_rfc3339(&format!("{date}T00:00:00Z")).ok()?;
    u32::try_from(start.duration_since(UNIX_EPOCH).ok()?.as_secs() / 86_400).ok()
}

/// The file of a day: these messages of a set, as of a revision of the file.
pub(super) fn encode(set: &MessageSet, mut messages: Vec<&MessageRecord>, revision: u64) -> Vec<u8> {
    // Sorted by time, so that the differences are small.
    messages.sort_by_key(|message| (message.at, message.key.0));
    let (mut sessions, mut models) = (Interner::default(), Interner::default());
    let numbers = |it: &&MessageRecord| (sessions.number(&it.session), models.number(&it.model));
    let numbers: Vec<_> = messages.iter().map(numbers).collect();
    let sessions: Vec<_> = sessions.list.iter().map(|number| &set.sessions.list[*number as usize]).collect();
    let models: Vec<_> = models.list.iter().map(|number| &set.models.list[*number as usize]).collect();
    let mut file = FORMAT.as_bytes().to_vec();
    put(&mut file, &(revision, sessions, models, messages.len()));
    let mut before = 0;
    for (message, (session, model)) in messages.into_iter().zip(numbers) {
        put(&mut file, &(message.at() - before, session, model));
        before = message.at();
        put_usage(&mut file, message);
    }
    codec::seal(file)
}

fn put_usage(file: &mut Vec<u8>, message: &MessageRecord) {
    let MessageUsage { tokens, web_searches, us_only, fast } = message.usage();
    let flags = [
        (SIDECHAIN, message.sidechain),
        (FAST, fast),
        (US_ONLY, us_only),
        (COST, message.host_cost_usd().is_some()),
        (HOUR_CACHE, tokens.cache_write_1h > 0),
        (SEARCHES, web_searches > 0),
    ];
    let flags: u64 = flags.iter().filter(|(_, set)| *set).map(|(flag, _)| flag).sum();
    let Tokens { input, output, cache_write_5m, cache_write_1h, cache_read } = tokens;
    put(file, &(flags, message.key.0.to_le_bytes(), input, output, cache_write_5m, cache_read));
    for count in [cache_write_1h, web_searches].into_iter().filter(|count| *count > 0) {
        put(file, &count);
    }
    if let Some(usd) = message.host_cost_usd() {
        put(file, &usd);
    }
}

/// Gives `each` the messages of a file, numbered for the set, with the file's revision. Returns the revision; `None` if it
/// is damaged or has another version; it may have given some messages then.
pub(super) fn decode(
    file: &[u8], set: &mut MessageSet, mut each: impl FnMut(&mut MessageSet, u64, MessageRecord),
) -> Option<u64> {
    let (mut content, is_first) = codec::open_either([FORMAT, FORMAT_1], file)?;
    let content = &mut content;
    let revision = take(content)?;
    let sessions = (0..take_number(content)?).map(|_| take_session(content, is_first, set));
    let sessions: Vec<_> = sessions.collect::<Option<_>>()?;
    let models = (0..take_number(content)?).map(|_| Some(set.model_number(take(content)?)));
    let models: Vec<_> = models.collect::<Option<_>>()?;
    let mut at = 0_u64;
    for _ in 0..take_number(content)? {
        at = at.checked_add(take_number(content)?)?;
        let [session, model] = [take_number(content)?, take_number(content)?].map(|number| number as usize);
        let message = take_usage(content, at, *sessions.get(session)?, *models.get(model)?)?;
        each(set, revision, message);
    }
    Some(revision)
}

/// The number of the session that is next in a file; in the first format it has no agent.
pub(super) fn take_session(content: &mut &[u8], is_first: bool, set: &mut MessageSet) -> Option<u32> {
    let (project, id) = take(content)?;
    let agent = if is_first { CLAUDE_CODE.name } else { take(content)? };
    Some(set.session_number(project, id, agent))
}

fn take_usage(content: &mut &[u8], at: u64, session: u32, model: u32) -> Option<MessageRecord> {
    let flags = take_number(content)?;
    let key = content.split_off(..8)?.try_into().ok()?;
    let mut number = |is_there| if is_there { take_number(content) } else { Some(0) };
    let [input, output, cache_write_5m, cache_read] = [number(true)?, number(true)?, number(true)?, number(true)?];
    let (cache_write_1h, web_searches) = (number(flags & HOUR_CACHE != 0)?, number(flags & SEARCHES != 0)?);
    let host_cost_usd = if flags & COST != 0 { Some(take(content)?) } else { None };
    let tokens = Tokens { input, output, cache_write_5m, cache_write_1h, cache_read };
    let (us_only, fast) = (flags & US_ONLY != 0, flags & FAST != 0);
    let usage = MessageUsage { tokens, web_searches, us_only, fast };
    let (key, sidechain) = (MessageKey(u64::from_le_bytes(key)), flags & SIDECHAIN != 0);
    Some(MessageRecord { session, model, sidechain, ..MessageRecord::new(key, at, &usage, host_cost_usd) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agent::CODEX;
    use crate::spending::messages::SessionKey;
    use proptest::prelude::*;

    #[test]
    fn files_are_named_by_their_day() {
        let check = |day: u32, name: &str| {
            assert_eq!(path(Path::new("/s"), day), Path::new("/s").join(name));
            assert_eq!(number(name), Some(day));
        };
        check(0, "1970-01-01.day");
        check(20_780, "2026-11-23.day");
        for name in ["2026-11-23", "x.day", "2026-13-01.day", "2026-11-23.day.lock", "1969-12-31.day"] {
            assert_eq!(number(name), None, "{name}");
        }
    }

    fn add(set: &mut MessageSet, _: u64, message: MessageRecord) {
        set.insert(message);
    }

    #[test]
    fn the_form_of_days_stays() {
        for (first, second) in [
            (
                &include_bytes!("../../tests/fixtures/usage-index-1/2026-11-20.day")[..],
                &include_bytes!("../../tests/fixtures/usage-index-2/2026-11-20.day")[..],
            ),
            (
                include_bytes!("../../tests/fixtures/usage-index-1/2026-11-21.day"),
                include_bytes!("../../tests/fixtures/usage-index-2/2026-11-21.day"),
            ),
        ] {
            for file in [first, second] {
                let mut set = MessageSet::default();
                let revision = decode(file, &mut set, add).unwrap();
                assert!(set.all().iter().all(|message| set.agent(message) == "claude-code"));
                let again = encode(&set, set.all().iter().collect(), revision);
                assert_eq!(codec::open(FORMAT, &again).unwrap(), codec::open(FORMAT, second).unwrap());
            }
        }
    }

    prop_compose! {
        fn any_message()(
            key: u64, at in 0..1_u64 << 32, session in 0..4_u32, model in 0..3_u32, sidechain: bool,
            counts: [u32; 5], searches: u16, flags: [bool; 4], usd in 0..1000_u32,
        ) -> MessageRecord {
            let [input, output, cache_write_5m, cache_write_1h, cache_read] = counts.map(u64::from);
            let [us_only, fast, host, zero] = flags;
            let (cache_write_1h, web_searches) = if zero { (0, 0) } else { (cache_write_1h, searches.into()) };
            let tokens = Tokens { input, output, cache_write_5m, cache_write_1h, cache_read };
            let usage = MessageUsage { tokens, web_searches, us_only, fast };
            let host_cost_usd = host.then(|| f64::from(usd) / 8.0);
            let message = MessageRecord::new(MessageKey(key), at, &usage, host_cost_usd);
            MessageRecord { session, model, sidechain, ..message }
        }
    }

    proptest! {
        #[test]
        fn a_day_is_read_as_it_was_written(messages in proptest::collection::vec(any_message(), 0..30), cut: proptest::sample::Index) {
            let mut set = MessageSet::default();
            for number in 0..4 {
                set.sessions.number(&SessionKey::new(&CODEX, format!("p{number}"), "ü".repeat(number)));
                set.models.number(&number.to_string());
            }
            for message in messages {
                set.insert(message);
            }
            let bytes = encode(&set, set.all().iter().collect(), 7);
            let mut again = MessageSet::default();
            prop_assert_eq!(decode(&bytes, &mut again, add), Some(7));
            let named = |set: &MessageSet| {
                let of = |message: &MessageRecord| {
                    let model = set.models.list[message.model as usize].clone();
                    (set.session(message).clone(), model, MessageRecord { session: 0, model: 0, ..*message })
                };
                let mut messages: Vec<_> = set.all().iter().map(of).collect();
                messages.sort_by_key(|(_, _, message)| message.key.0);
                messages
            };
            prop_assert_eq!(named(&again), named(&set));
            prop_assert_eq!(decode(&bytes[..cut.index(bytes.len())], &mut MessageSet::default(), add), None);
        }
    }
}
