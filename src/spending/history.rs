//! What all sessions used, message by message, each once. A [`History`] is a set whose union does not
//! depend on order: reading a transcript again, or the same messages from another file or machine,
//! changes nothing. All sums are made from it when they are asked for.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};
use std::hash::BuildHasherDefault;

use crate::spending::prices::Usage;
use crate::spending::transcript::keys::{Key, Spread};

/// One message of a model.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    pub(super) key: Key,
    /// When it was written, in epoch seconds.
    pub at: u64,
    /// Which of [`History::sessions`].
    pub session: u32,
    /// Which of [`History::models`].
    pub model: u32,
    /// Whether it belongs to a side conversation.
    pub(super) sidechain: bool,
    /// What it used.
    pub usage: Usage,
    /// USD, where the host wrote it beside the message.
    pub host_cost_usd: Option<f64>,
}

impl Record {
    /// The day of 1970 in UTC.
    pub(super) fn day(&self) -> u32 {
        u32::try_from(self.at / 86_400).unwrap_or(u32::MAX)
    }

    fn tokens(&self) -> u64 {
        let usage = &self.usage;
        [usage.output, usage.cache_write_5m, usage.cache_write_1h, usage.cache_read]
            .into_iter()
            .fold(usage.input, u64::saturating_add)
    }
}

/// A session, named by its project so that sessions sort as their files do.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Session {
    /// The folder of the transcripts, which is the project's path with `-` for what is no letter or digit.
    pub project: String,
    /// Its id.
    pub id: String,
}

/// What is known of a session besides its messages; empty where it is not.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct About {
    /// The folder that it was started in.
    pub dir: String,
    /// The same folder in the repository's main working tree, where it is in a linked one.
    pub main_dir: String,
    /// What its messages call it, where its transcript was copied to a file of another name.
    pub alias: String,
    /// Its title.
    pub title: String,
    /// Whether the user chose the title.
    pub is_own_title: bool,
}

impl About {
    /// Takes over what is known better there. Whether that is anything.
    pub(super) fn join(&mut self, other: &About) -> bool {
        let before = self.clone();
        if self.dir.is_empty() {
            (self.dir, self.main_dir) = (other.dir.clone(), other.main_dir.clone());
        }
        if self.alias.is_empty() {
            self.alias.clone_from(&other.alias);
        }
        if !other.title.is_empty() && (other.is_own_title || !self.is_own_title) {
            (self.title, self.is_own_title) = (other.title.clone(), other.is_own_title);
        }
        *self != before
    }
}

/// Every message once.
#[derive(Debug, Default)]
pub struct History {
    about: BTreeMap<Session, About>,
    records: Vec<Record>,
    sessions: Names<Session>,
    models: Names<String>,
    /// The first record of each message, by the message part of its key.
    first: HashMap<u64, u32, BuildHasherDefault<Spread>>,
    /// Further records of a message that was made by several requests, by the same.
    further: HashMap<u64, Vec<u32>>,
}

/// What a record did to the history.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Change {
    /// The message was known as well or better.
    Nothing,
    /// It is new.
    Added,
    /// It took the place of one of that day.
    Replaced(u32),
}

impl History {
    /// All messages, in no order.
    pub fn records(&self) -> &[Record] {
        &self.records
    }

    /// The session of a record.
    pub fn session(&self, record: &Record) -> &Session {
        &self.sessions.list[record.session as usize]
    }

    /// The models, by the number in a record.
    pub fn models(&self) -> &[String] {
        &self.models.list
    }

    /// The sessions, by the number in a record.
    pub fn sessions(&self) -> &[Session] {
        &self.sessions.list
    }

    /// What is known of sessions besides their messages.
    pub fn about(&self) -> &BTreeMap<Session, About> {
        &self.about
    }

    /// Takes in what is known of a session. Whether that is new.
    pub(super) fn tell(&mut self, session: &Session, about: &About) -> bool {
        match self.about.get_mut(session) {
            Some(known) => known.join(about),
            None if *about == About::default() => false,
            None => self.about.insert(session.clone(), about.clone()).is_none(),
        }
    }

    pub(super) fn session_number(&mut self, session: Session) -> u32 {
        self.sessions.number(session)
    }

    pub(super) fn model_number(&mut self, model: &str) -> u32 {
        match self.models.numbers.get(model) {
            Some(number) => *number,
            None => self.models.number(model.to_owned()),
        }
    }

    /// Takes in a record, whose numbers are those of this history.
    ///
    /// Of one message with one request, the record with more tokens counts: the first lines of a
    /// message may hold less than the last. A side conversation repeats messages of the main one with
    /// requests of its own: those of the main one count. Between equals the session that sorts first
    /// counts, then the earlier line, so that no order of reading makes a difference.
    pub(super) fn insert(&mut self, record: Record) -> Change {
        let message = record.key.message();
        let Some(&first) = self.first.get(&message) else {
            let at = self.push(record);
            self.first.insert(message, at);
            return Change::Added;
        };
        let known = &self.records[first as usize];
        match (known.sidechain, record.sidechain) {
            (false, true) => Change::Nothing,
            (true, false) => self.replace(first, record),
            (true, true) => self.join(first, record),
            (false, false) if known.key == record.key => self.join(first, record),
            (false, false) => {
                let further = self.further.get(&message).map_or(&[][..], Vec::as_slice);
                let same = |at: &&u32| self.records[**at as usize].key == record.key;
                match further.iter().find(same).copied() {
                    Some(at) => self.join(at, record),
                    None => {
                        let at = self.push(record);
                        self.further.entry(message).or_default().push(at);
                        Change::Added
                    }
                }
            }
        }
    }

    /// Takes in a record which earlier versions knew by another key.
    pub(super) fn insert_anew(&mut self, record: Record, former: Key) -> Change {
        let of = |record: &Record| (record.at, record.session, record.usage);
        let known = self.first.get(&former.message()).copied();
        let known = known.filter(|at| {
            let known = &self.records[*at as usize];
            known.key == former && of(known) == of(&record)
        });
        let Some(at) = known else { return self.insert(record) };
        let day = record.day();
        self.remove(at);
        match self.insert(record) {
            Change::Nothing => Change::Replaced(day),
            change => change,
        }
    }

    /// Removes the first record of a message; the last record of all moves into its place.
    fn remove(&mut self, at: u32) {
        let removed = self.records.swap_remove(at as usize);
        self.first.remove(&removed.key.message());
        let last = u32::try_from(self.records.len()).unwrap_or(u32::MAX);
        let Some(moved) = self.records.get(at as usize).map(|moved| moved.key.message()) else { return };
        let first = self.first.get_mut(&moved).into_iter();
        let further = self.further.get_mut(&moved).into_iter().flatten();
        first.chain(further).filter(|place| **place == last).for_each(|place| *place = at);
    }

    /// Takes in all of another history.
    pub fn merge(&mut self, other: &History) {
        for (session, about) in &other.about {
            self.tell(session, about);
        }
        let sessions: Vec<_> =
            other.sessions.list.iter().map(|session| self.session_number(session.clone())).collect();
        let models: Vec<_> = other.models.list.iter().map(|model| self.model_number(model)).collect();
        for record in &other.records {
            self.insert(Record {
                session: sessions[record.session as usize],
                model: models[record.model as usize],
                ..record.clone()
            });
        }
    }

    fn push(&mut self, record: Record) -> u32 {
        self.records.push(record);
        u32::try_from(self.records.len() - 1).expect("memory ends before 2^32 records")
    }

    fn replace(&mut self, at: u32, record: Record) -> Change {
        let known = &mut self.records[at as usize];
        let day = known.day();
        *known = record;
        Change::Replaced(day)
    }

    fn join(&mut self, at: u32, record: Record) -> Change {
        let known = &self.records[at as usize];
        if *known == record || self.rank(known) >= self.rank(&record) {
            return Change::Nothing;
        }
        self.replace(at, record)
    }

    /// What decides between two records of a message; the greater counts.
    fn rank<'a>(&'a self, record: &'a Record) -> impl Ord + 'a {
        let usage = &record.usage;
        let tokens = (record.tokens(), usage.fast, usage.cache_write_1h, usage.output, usage.input);
        let rest = (usage.cache_read, usage.web_searches, usage.us_only);
        let cost = record.host_cost_usd.map(f64::to_bits);
        let place = (self.session(record), record.at, &self.models.list[record.model as usize]);
        (tokens, rest, cost, Reverse(place), record.key.0)
    }
}

/// Numbers for values that repeat.
#[derive(Debug)]
struct Names<T> {
    list: Vec<T>,
    numbers: HashMap<T, u32>,
}

impl<T> Default for Names<T> {
    fn default() -> Self {
        Names { list: Vec::new(), numbers: HashMap::new() }
    }
}

impl<T: Clone + Eq + std::hash::Hash> Names<T> {
    fn number(&mut self, value: T) -> u32 {
        if let Some(number) = self.numbers.get(&value) {
            return *number;
        }
        let number = u32::try_from(self.list.len()).expect("memory ends before 2^32 names");
        self.list.push(value.clone());
        self.numbers.insert(value, number);
        number
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A record by what a test is about: message, request, side conversation, output, session, time.
    fn record(history: &mut History, made: (u64, u64, bool, u64, u32, u64)) -> Record {
        let (message, request, sidechain, output, session, at) = made;
        let session = Session { project: "p".to_owned(), id: session.to_string() };
        let key = Key(message << 24 | request);
        let usage = Usage { output, ..Usage::default() };
        let (session, model) = (history.session_number(session), history.model_number("m"));
        Record { key, at, session, model, sidechain, usage, host_cost_usd: None }
    }

    type Made = (u64, u64, bool, u64, u32, u64);

    fn history(made: &[Made]) -> History {
        let mut history = History::default();
        for made in made {
            let record = record(&mut history, *made);
            history.insert(record);
        }
        history
    }

    fn sorted(history: &History) -> Vec<(u64, bool, u64, String, u64)> {
        let of = |record: &Record| {
            let id = history.session(record).id.clone();
            (record.key.0, record.sidechain, record.usage.output, id, record.at)
        };
        let mut found: Vec<_> = history.records().iter().map(of).collect();
        found.sort();
        found
    }

    #[test]
    fn each_message_counts_once() {
        let check = |made: &[Made], expected: &[(u64, &str)]| {
            let found = sorted(&history(made));
            let found: Vec<_> = found.iter().map(|(_, _, output, id, _)| (*output, id.as_str())).collect();
            assert_eq!(found, expected, "{made:?}");
        };
        check(&[(1, 1, false, 5, 1, 0), (1, 1, false, 9, 1, 1)], &[(9, "1")]);
        check(&[(1, 1, false, 9, 1, 0), (1, 1, false, 5, 1, 1)], &[(9, "1")]);
        check(&[(1, 1, false, 5, 2, 0), (1, 1, false, 5, 1, 0)], &[(5, "1")]);
        check(&[(1, 1, false, 5, 1, 0), (1, 2, false, 6, 1, 0)], &[(5, "1"), (6, "1")]);
        check(
            &[(1, 1, false, 5, 1, 0), (1, 2, false, 6, 1, 0), (1, 2, false, 7, 1, 0)],
            &[(5, "1"), (7, "1")],
        );
        check(&[(1, 1, false, 5, 1, 0), (1, 2, true, 9, 2, 0)], &[(5, "1")]);
        check(&[(1, 2, true, 9, 2, 0), (1, 1, false, 5, 1, 0)], &[(5, "1")]);
        check(&[(1, 2, true, 9, 2, 0), (1, 1, true, 5, 1, 0)], &[(9, "2")]);
        check(&[(1, 1, false, 5, 1, 0), (2, 1, false, 5, 1, 0)], &[(5, "1"), (5, "1")]);
    }

    #[test]
    fn a_record_tells_what_it_changed() {
        let mut history = History::default();
        let mut insert = |made: Made| {
            let record = record(&mut history, made);
            history.insert(record)
        };
        assert_eq!(insert((1, 1, false, 5, 1, 0)), Change::Added);
        assert_eq!(insert((1, 1, false, 5, 1, 0)), Change::Nothing);
        assert_eq!(insert((1, 1, false, 6, 1, 3 * 86_400)), Change::Replaced(0));
        assert_eq!(insert((1, 1, false, 7, 1, 0)), Change::Replaced(3));
    }

    #[test]
    fn the_key_of_an_earlier_version_is_given_up() {
        let mut history = history(&[(1, 1, false, 9, 1, 0), (2, 1, false, 5, 1, 0), (3, 1, false, 6, 1, 0)]);
        let former = Key(1 << 24 | 1);
        let mut anew = |made: Made| {
            let record = record(&mut history, made);
            history.insert_anew(record, former)
        };
        assert_eq!(anew((7, 0, false, 2, 1, 0)), Change::Added);
        assert_eq!(anew((7, 0, false, 9, 1, 0)), Change::Replaced(0));
        assert_eq!(anew((7, 0, false, 9, 1, 0)), Change::Nothing);
        assert_eq!(anew((8, 0, false, 9, 1, 1)), Change::Added);
        let record = record(&mut history, (3, 1, false, 7, 1, 0));
        assert_eq!(history.insert(record), Change::Replaced(0));
        let found: Vec<u64> = sorted(&history).iter().map(|(_, _, output, ..)| *output).collect();
        assert_eq!(found, [5, 7, 9, 9]);
    }

    fn any_made() -> impl Strategy<Value = Made> {
        (0..6_u64, 0..3_u64, any::<bool>(), 1..4_u64, 0..3_u32, 0..3_u64)
    }

    proptest! {
        #[test]
        fn order_and_repetition_make_no_difference(
            made in proptest::collection::vec(any_made(), 0..40),
            again in proptest::collection::vec(any_made(), 0..40),
        ) {
            let (one, other) = (history(&made), history(&again));
            let mut merged = history(&made);
            merged.merge(&other);
            let mut reversed = other;
            reversed.merge(&one);
            reversed.merge(&one);
            prop_assert_eq!(sorted(&merged), sorted(&reversed));
            let all: Vec<_> = made.iter().chain(&again).rev().copied().collect();
            prop_assert_eq!(sorted(&merged), sorted(&history(&all)));
        }
    }
}
