//! The messages of one day in UTC, as the file `<state>/usage/<YYYY-MM-DD>.day` holds them. A refresh
//! replaces the files of the days that it changed, which is nearly always one.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, UNIX_EPOCH};

use super::bytes::{Reader, Writer};
use super::history::{History, Record, Session};
use crate::spending::prices::Usage;
use crate::spending::transcript::keys::Key;

const FORMAT: &str = "bridgeline usage day 1\n";

/// How the names of the files end.
pub(super) const EXTENSION: &str = ".day";

const SIDECHAIN: u64 = 1;
const FAST: u64 = 2;
const US_ONLY: u64 = 4;
const COST: u64 = 8;
const HOUR_CACHE: u64 = 16;
const SEARCHES: u64 = 32;

pub(super) fn path(folder: &Path, day: u32) -> PathBuf {
    let date = humantime::format_rfc3339_seconds(UNIX_EPOCH + Duration::from_secs(u64::from(day) * 86_400));
    let date = date.to_string();
    folder.join(format!("{}{EXTENSION}", &date[..10]))
}

/// The day that a file name stands for.
pub(super) fn number(name: &str) -> Option<u32> {
    let date = name.strip_suffix(EXTENSION).filter(|date| date.len() == 10)?;
    let start = humantime::parse_rfc3339(&format!("{date}T00:00:00Z")).ok()?;
    u32::try_from(start.duration_since(UNIX_EPOCH).ok()?.as_secs() / 86_400).ok()
}

/// The file of a day: these records, as of a revision of the file.
pub(super) fn encode(history: &History, mut records: Vec<&Record>, revision: u64) -> Vec<u8> {
    // By time, so that the distances are small.
    records.sort_by_key(|record| (record.at, record.key.0));
    let mut sessions = Local::default();
    let mut models = Local::default();
    let numbers: Vec<_> =
        records.iter().map(|record| (sessions.number(record.session), models.number(record.model))).collect();
    let mut writer = Writer::new(FORMAT);
    writer.number(revision);
    writer.number(sessions.list.len() as u64);
    for session in sessions.list.iter().map(|number| &history.sessions()[*number as usize]) {
        writer.text(&session.project);
        writer.text(&session.id);
    }
    writer.number(models.list.len() as u64);
    for model in &models.list {
        writer.text(&history.models()[*model as usize]);
    }
    writer.number(records.len() as u64);
    let mut before = 0;
    for (record, (session, model)) in records.into_iter().zip(numbers) {
        writer.number(record.at - before);
        before = record.at;
        writer.number(session);
        writer.number(model);
        put(&mut writer, record);
    }
    writer.finish()
}

fn put(writer: &mut Writer, record: &Record) {
    let usage = &record.usage;
    let flags = [
        (SIDECHAIN, record.sidechain),
        (FAST, usage.fast),
        (US_ONLY, usage.us_only),
        (COST, record.host_cost_usd.is_some()),
        (HOUR_CACHE, usage.cache_write_1h > 0),
        (SEARCHES, usage.web_searches > 0),
    ];
    let flags: u64 = flags.iter().filter(|(_, set)| *set).map(|(flag, _)| flag).sum();
    writer.number(flags);
    writer.large(record.key.0);
    for count in [usage.input, usage.output, usage.cache_write_5m, usage.cache_read] {
        writer.number(count);
    }
    for count in [usage.cache_write_1h, usage.web_searches].into_iter().filter(|count| *count > 0) {
        writer.number(count);
    }
    if let Some(usd) = record.host_cost_usd {
        writer.large(usd.to_bits());
    }
}

/// Takes the records of a file into the history. The file's revision; `None` when it is no file of
/// this version, and some of its records may have been taken.
pub(super) fn decode(bytes: &[u8], history: &mut History) -> Option<u64> {
    let mut reader = Reader::new(bytes, FORMAT)?;
    let revision = reader.number()?;
    let mut sessions = Vec::new();
    for _ in 0..reader.count()? {
        let session = Session { project: reader.text()?, id: reader.text()? };
        sessions.push(history.session_number(session));
    }
    let mut models = Vec::new();
    for _ in 0..reader.count()? {
        models.push(history.model_number(&reader.text()?));
    }
    let mut at = 0_u64;
    for _ in 0..reader.count()? {
        at = at.checked_add(reader.number()?)?;
        let session = *sessions.get(usize::try_from(reader.number()?).ok()?)?;
        let model = *models.get(usize::try_from(reader.number()?).ok()?)?;
        history.insert(take(&mut reader, at, session, model)?);
    }
    Some(revision)
}

fn take(reader: &mut Reader, at: u64, session: u32, model: u32) -> Option<Record> {
    let flags = reader.number()?;
    let key = Key(reader.large()?);
    let mut usage = Usage {
        input: reader.number()?,
        output: reader.number()?,
        cache_write_5m: reader.number()?,
        cache_read: reader.number()?,
        us_only: flags & US_ONLY != 0,
        fast: flags & FAST != 0,
        ..Usage::default()
    };
    if flags & HOUR_CACHE != 0 {
        usage.cache_write_1h = reader.number()?;
    }
    if flags & SEARCHES != 0 {
        usage.web_searches = reader.number()?;
    }
    let host_cost_usd = if flags & COST != 0 { Some(f64::from_bits(reader.large()?)) } else { None };
    Some(Record { key, at, session, model, sidechain: flags & SIDECHAIN != 0, usage, host_cost_usd })
}

/// Numbers of a file's own for numbers of the history.
#[derive(Default)]
struct Local {
    list: Vec<u32>,
    numbers: HashMap<u32, u64>,
}

impl Local {
    fn number(&mut self, number: u32) -> u64 {
        *self.numbers.entry(number).or_insert_with(|| {
            self.list.push(number);
            self.list.len() as u64 - 1
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
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

    prop_compose! {
        fn any_record()(
            key: u64, at in 0..1_u64 << 40, session in 0..4_u32, model in 0..3_u32, sidechain: bool,
            counts: [u32; 6], flags: [bool; 4], usd in 0..1000_u32,
        ) -> Record {
            let [input, output, cache_write_5m, cache_write_1h, cache_read, web_searches] = counts.map(u64::from);
            let [us_only, fast, host, zero] = flags;
            let usage = Usage { input, output, cache_write_5m, cache_write_1h, cache_read, web_searches, us_only, fast };
            let usage = if zero { Usage { cache_write_1h: 0, web_searches: 0, ..usage } } else { usage };
            let host_cost_usd = host.then(|| f64::from(usd) / 8.0);
            Record { key: Key(key), at, session, model, sidechain, usage, host_cost_usd }
        }
    }

    proptest! {
        #[test]
        fn a_day_is_read_as_it_was_written(records in proptest::collection::vec(any_record(), 0..30), cut: proptest::sample::Index) {
            let mut history = History::default();
            for number in 0..4 {
                history.session_number(Session { project: format!("p{number}"), id: "ü".repeat(number) });
                history.model_number(&number.to_string());
            }
            for record in records {
                history.insert(record);
            }
            let bytes = encode(&history, history.records().iter().collect(), 7);
            let mut again = History::default();
            prop_assert_eq!(decode(&bytes, &mut again), Some(7));
            let named = |history: &History| {
                let of = |record: &Record| {
                    let model = history.models()[record.model as usize].clone();
                    (history.session(record).clone(), model, Record { session: 0, model: 0, ..record.clone() })
                };
                let mut records: Vec<_> = history.records().iter().map(of).collect();
                records.sort_by_key(|(_, _, record)| record.key.0);
                records
            };
            prop_assert_eq!(named(&again), named(&history));
            prop_assert_eq!(decode(&bytes[..cut.index(bytes.len())], &mut History::default()), None);
        }
    }
}
