//! The messages of all sessions, each once, and facts about the sessions.

use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::hash::{BuildHasher, Hash};

use foldhash::fast::FixedState;
use hashbrown::HashTable;
use hashbrown::hash_table::Entry;
use serde::{Deserialize, Serialize};

use super::prices::{ModelPrices, Prices};
use super::tokens::{MessageUsage, Spent, Tokens};
use super::transcript::keys::MessageKey;
use crate::agent::Agent;

/// One message of a model, in half of the room that its usage takes: there are hundreds of thousands.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MessageRecord {
    pub(super) key: MessageKey,
    /// The bits of USD, if the agent recorded it, else [`NO_COST`].
    pub(super) cost: u64,
    /// When it was written, in epoch seconds.
    pub(super) at: u32,
    /// Its index in the list of [`MessageSet::sessions`].
    pub(crate) session: u32,
    /// Its index in the list of [`MessageSet::models`].
    pub(crate) model: u32,
    /// In the order of the fields of [`Tokens`].
    pub(super) tokens: [u32; 5],
    pub(super) web_searches: u16,
    pub(super) us_only: bool,
    pub(super) fast: bool,
    /// Set in a side conversation.
    pub(super) sidechain: bool,
}

/// The bits of what is no number.
const NO_COST: u64 = u64::MAX;

impl MessageRecord {
    /// Of the first session and model. `at` is when it was written, in epoch seconds. Times after 2106 and counts of
    /// more than 32 bits are nonsense, and cut to those.
    pub(super) fn new(key: MessageKey, at: u64, usage: &MessageUsage, host_cost_usd: Option<f64>) -> Self {
        let cut = |count| u32::try_from(count).unwrap_or(u32::MAX);
        let MessageUsage { tokens, web_searches, us_only, fast } = *usage;
        let Tokens { input, output, cache_write_5m, cache_write_1h, cache_read } = tokens;
        MessageRecord {
            key,
            cost: host_cost_usd.map_or(NO_COST, f64::to_bits),
            at: cut(at),
            session: 0,
            model: 0,
            tokens: [input, output, cache_write_5m, cache_write_1h, cache_read].map(cut),
            web_searches: u16::try_from(web_searches).unwrap_or(u16::MAX),
            us_only,
            fast,
            sidechain: false,
        }
    }

    /// The time as it is calculated with.
    pub(crate) fn at(&self) -> u64 {
        self.at.into()
    }

    /// Its day in UTC, as days since 1970.
    pub(super) fn day(&self) -> u32 {
        self.at / 86_400
    }

    pub(super) fn usage(&self) -> MessageUsage {
        let [input, output, cache_write_5m, cache_write_1h, cache_read] = self.tokens.map(u64::from);
        let tokens = Tokens { input, output, cache_write_5m, cache_write_1h, cache_read };
        MessageUsage { tokens, web_searches: self.web_searches.into(), us_only: self.us_only, fast: self.fast }
    }

    /// USD, if the agent recorded it.
    pub(super) fn host_cost_usd(&self) -> Option<f64> {
        (self.cost != NO_COST).then(|| f64::from_bits(self.cost))
    }
}

/// Key of a session. Its project comes first, so that sessions sort like their files.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) struct SessionKey {
    /// The folder of the transcripts: the project's path with `-` for what is not a letter or digit.
    pub(crate) project: String,
    pub(crate) id: String,
    /// Name of its agent.
    pub(crate) agent: Cow<'static, str>,
}

impl SessionKey {
    pub(crate) fn new(agent: &Agent, project: impl Into<String>, id: impl Into<String>) -> Self {
        SessionKey { project: project.into(), id: id.into(), agent: agent.name.into() }
    }
}

/// Facts about a session; empty if unknown.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SessionInfo {
    /// The folder that it was started in.
    pub(crate) dir: String,
    /// The same folder in the repository's main working tree, if it is in a linked one.
    pub(crate) main_dir: String,
    /// The id in its messages, if its transcript was copied to a file with another name.
    pub(crate) alias: String,
    pub(crate) title: String,
    /// Set when the user chose the title.
    pub(crate) is_own_title: bool,
}

impl SessionInfo {
    /// Completes and corrects these facts by the other ones. Returns `true` if any has changed.
    fn join(&mut self, other: SessionInfo) -> bool {
        let has_dir = self.dir.is_empty() && !other.dir.is_empty();
        let has_alias = self.alias.is_empty() && !other.alias.is_empty();
        let has_title = !other.title.is_empty()
            && (other.is_own_title || !self.is_own_title)
            && (&self.title, self.is_own_title) != (&other.title, other.is_own_title);
        if has_dir {
            (self.dir, self.main_dir) = (other.dir, other.main_dir);
        }
        if has_alias {
            self.alias = other.alias;
        }
        if has_title {
            (self.title, self.is_own_title) = (other.title, other.is_own_title);
        }
        has_dir || has_alias || has_title
    }
}

/// Every message once. The union of two sets does not depend on order: reading a transcript again, or the
/// same messages from another file or machine, changes nothing. Sums are computed on demand.
#[derive(Debug, Default)]
pub struct MessageSet {
    all: Vec<MessageRecord>,
    pub(crate) sessions: Interner<SessionKey>,
    pub(crate) models: Interner<String>,
    /// By the number of the session.
    pub(crate) infos: BTreeMap<u32, SessionInfo>,
    /// Indexes by the message part of the key: several are of one message that several requests made.
    places: HashTable<u32>,
    /// Some messages are not in `places` yet. They are the only ones of their message.
    is_partial: bool,
}

const HASHER: FixedState = FixedState::with_seed(0);

impl MessageSet {
    /// All messages, in no order.
    pub fn all(&self) -> &[MessageRecord] {
        &self.all
    }

    pub(crate) fn session(&self, message: &MessageRecord) -> &SessionKey {
        &self.sessions.list[message.session as usize]
    }

    /// Name of the agent whose session has the message.
    pub fn agent(&self, message: &MessageRecord) -> &str {
        &self.session(message).agent
    }

    /// There are sessions of the agent.
    pub(super) fn has(&self, agent: &Agent) -> bool {
        self.sessions.list.iter().any(|session| session.agent == agent.name)
    }

    /// The messages of these agents, or of all if none is named.
    #[must_use]
    pub(crate) fn of_agents(self, agents: &[&Agent]) -> Self {
        if agents.is_empty() {
            return self;
        }
        let is_meant = |message: &MessageRecord| agents.iter().any(|agent| agent.name == self.agent(message));
        let all = self.all.iter().copied().filter(is_meant).collect();
        MessageSet { all, places: HashTable::new(), is_partial: true, ..self }
    }

    /// The number of a session by its key.
    pub(super) fn session_number(&mut self, project: &str, id: &str, agent: &str) -> u32 {
        let is_it = |known: &SessionKey| known.id == id && known.project == project && known.agent == agent;
        self.sessions.number_of(&(project, id, agent), is_it, || {
            let agent =
                Agent::named(agent).map_or_else(|| Cow::Owned(agent.to_owned()), |known| Cow::Borrowed(known.name));
            SessionKey { project: project.to_owned(), id: id.to_owned(), agent }
        })
    }

    /// The number of a model by its name.
    pub(super) fn model_number(&mut self, name: &str) -> u32 {
        self.models.number_of(&name, |known| known == name, || name.to_owned())
    }

    /// Adds facts about a session, by its number. Returns `true` if any is new.
    pub(super) fn insert_info(&mut self, session: u32, info: SessionInfo) -> bool {
        self.infos.entry(session).or_default().join(info)
    }

    /// Adds a message, numbered for this set.
    ///
    /// For the same message and request, the entry with more tokens counts: the first lines of a message may have fewer
    /// than the last. A side conversation repeats messages of the main one with its own requests: those of the main one
    /// count. Between equal entries the session that sorts first counts, then the earlier line, so that the order of
    /// reading makes no difference.
    ///
    /// Returns the day of the entry that it replaced, or its own day if it is new; `None` if nothing has changed.
    pub(super) fn insert(&mut self, message: MessageRecord) -> Option<u32> {
        self.place_all();
        self.unite(message)
    }

    /// Adds a message that is stored in the file of its day. Messages of days that repeat none of each other are `apart`:
    /// a report needs no table of all to add them up. Returns the day whose file is not up to date, if the message was
    /// there already.
    pub(super) fn load(&mut self, message: MessageRecord, is_apart: bool) -> Option<u32> {
        if !is_apart {
            self.place_all();
        }
        let count = self.all.len();
        if is_apart && self.find(message.key, |_| true).is_none() {
            self.all.push(message);
            self.is_partial = true;
            return None;
        }
        let changed = self.unite(message);
        (self.all.len() == count).then(|| changed.unwrap_or(message.day()))
    }

    fn place_all(&mut self) {
        if std::mem::take(&mut self.is_partial) {
            let hash_at = |at: &u32| hash_of(self.all[*at as usize].key);
            self.places.clear();
            self.places.reserve(self.all.len(), hash_at);
            for at in 0..self.all.len() as u32 {
                self.places.insert_unique(hash_at(&at), at, hash_at);
            }
        }
    }

    fn unite(&mut self, message: MessageRecord) -> Option<u32> {
        let Some(first) = self.find(message.key, |_| true) else { return Some(self.push(message)) };
        let known = &self.all[first];
        if known.sidechain != message.sidechain {
            return if message.sidechain { None } else { self.replace(first, message) };
        }
        if known.sidechain {
            return self.join(first, message);
        }
        match self.find(message.key, |known| known.key == message.key) {
            Some(at) => self.join(at, message),
            None => Some(self.push(message)),
        }
    }

    /// The index of an entry of the same message.
    fn find(&self, key: MessageKey, is_it: impl Fn(&MessageRecord) -> bool) -> Option<usize> {
        let fits = |known: &MessageRecord| known.key.message() == key.message() && is_it(known);
        self.places.find(hash_of(key), |at| fits(&self.all[*at as usize])).map(|at| *at as usize)
    }

    /// Adds a message that earlier versions knew by another key. Returns the same as [`Self::insert`].
    pub(super) fn insert_anew(&mut self, message: MessageRecord, former: MessageKey) -> Option<u32> {
        let content = |message: &MessageRecord| (message.at, message.session, message.usage());
        let is_it = |known: &MessageRecord| known.key == former && content(known) == content(&message);
        self.place_all();
        let Some(at) = self.find(former, is_it) else { return self.insert(message) };
        let day = message.day();
        self.remove(at);
        self.insert(message).or(Some(day))
    }

    /// Removes an entry; the last one of all moves into its place.
    fn remove(&mut self, at: usize) {
        let last = self.all.len() - 1;
        let is_at = |place: usize| move |other: &u32| *other as usize == place;
        if let Ok(place) = self.places.find_entry(hash_of(self.all[at].key), is_at(at)) {
            place.remove();
        }
        if let Some(moved) = self.places.find_mut(hash_of(self.all[last].key), is_at(last)) {
            *moved = at as u32;
        }
        self.all.swap_remove(at);
    }

    /// Adds all messages of another set.
    pub(crate) fn merge(&mut self, other: &MessageSet) {
        let sessions = self.sessions.numbers(&other.sessions.list);
        for (number, info) in &other.infos {
            self.insert_info(sessions[*number as usize], info.clone());
        }
        let models = self.models.numbers(&other.models.list);
        for message in &other.all {
            let (session, model) = (sessions[message.session as usize], models[message.model as usize]);
            self.insert(MessageRecord { session, model, ..*message });
        }
    }

    /// Returns its day.
    fn push(&mut self, message: MessageRecord) -> u32 {
        let at = u32::try_from(self.all.len()).expect("memory ends before 2^32 messages");
        self.all.push(message);
        let all = &self.all;
        self.places.insert_unique(hash_of(message.key), at, |at| hash_of(all[*at as usize].key));
        message.day()
    }

    fn replace(&mut self, at: usize, message: MessageRecord) -> Option<u32> {
        Some(std::mem::replace(&mut self.all[at], message).day())
    }

    fn join(&mut self, at: usize, message: MessageRecord) -> Option<u32> {
        let known = &self.all[at];
        if *known == message || self.rank(known) >= self.rank(&message) {
            return None;
        }
        self.replace(at, message)
    }

    /// Decides between two entries of a message; the greater one counts.
    fn rank<'a>(&'a self, message: &'a MessageRecord) -> impl Ord + 'a {
        let MessageUsage { tokens, web_searches, us_only, fast } = message.usage();
        let kinds = (tokens.total(), fast, tokens.cache_write_1h, tokens.output, tokens.input);
        let rest = (tokens.cache_read, web_searches, us_only);
        let cost = message.host_cost_usd().map(f64::to_bits);
        let place = (self.session(message), message.at, &self.models.list[message.model as usize]);
        (kinds, rest, cost, Reverse(place), message.key.0)
    }
}

/// The hash that entries of the same message have.
fn hash_of(key: MessageKey) -> u64 {
    // It is a hash already: of 40 bits, the table uses the low ones and the highest of 64.
    key.message() << 24 | key.message()
}

/// Numbers for values that repeat.
#[derive(Debug, Default)]
pub(crate) struct Interner<T> {
    pub(crate) list: Vec<T>,
    known: HashTable<u32>,
}

impl<T: Clone + Eq + Hash> Interner<T> {
    pub(crate) fn number(&mut self, value: &T) -> u32 {
        self.number_of(value, |known| known == value, || value.clone())
    }

    /// The number of a value with the same hash as `key`, which `is_it` recognises and `make` makes if it is new.
    fn number_of(&mut self, key: &impl Hash, is_it: impl Fn(&T) -> bool, make: impl FnOnce() -> T) -> u32 {
        let list = &mut self.list;
        let of = |number: &u32| &list[*number as usize];
        let known = self.known.entry(HASHER.hash_one(key), |it| is_it(of(it)), |it| HASHER.hash_one(of(it)));
        match known {
            Entry::Occupied(known) => *known.get(),
            Entry::Vacant(place) => {
                let number = u32::try_from(list.len()).expect("memory ends before 2^32 values");
                place.insert(number);
                list.push(make());
                number
            }
        }
    }

    pub(super) fn numbers(&mut self, values: &[T]) -> Vec<u32> {
        values.iter().map(|value| self.number(value)).collect()
    }
}

/// The costs of the messages of a set, the prices of its models looked up once.
pub(crate) struct Costs<'a> {
    prices: &'a Prices,
    models: Vec<Option<&'a ModelPrices>>,
}

impl<'a> Costs<'a> {
    pub(crate) fn new(messages: &MessageSet, prices: &'a Prices) -> Self {
        Costs { prices, models: messages.models.list.iter().map(|model| prices.of(model)).collect() }
    }

    /// USD, the agent's own if it recorded it. `None` if no price is known.
    pub(crate) fn of(&self, message: &MessageRecord) -> Option<f64> {
        let model = self.models[message.model as usize];
        message.host_cost_usd().or_else(|| self.prices.cost_of(model?, &message.usage()))
    }

    pub(crate) fn spent(&self, message: &MessageRecord) -> Spent {
        Spent::message(message.usage().tokens, self.of(message))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agent::{CLAUDE_CODE, CODEX};
    use proptest::prelude::*;

    /// A message by what a test is about: message, request, side conversation, output, session, time.
    fn message(set: &mut MessageSet, made: Made) -> MessageRecord {
        let (message, request, sidechain, output, session, at) = made;
        let session = SessionKey::new(&CLAUDE_CODE, "p", session.to_string());
        let key = MessageKey(message << 24 | request);
        let tokens = Tokens { output, ..Tokens::default() };
        let usage = MessageUsage { tokens, ..MessageUsage::default() };
        let (session, model) = (set.sessions.number(&session), set.models.number(&"m".to_owned()));
        MessageRecord { session, model, sidechain, ..MessageRecord::new(key, at, &usage, None) }
    }

    type Made = (u64, u64, bool, u64, u32, u64);

    fn set(made: &[Made]) -> MessageSet {
        let mut set = MessageSet::default();
        for made in made {
            let message = message(&mut set, *made);
            set.insert(message);
        }
        set
    }

    fn sorted(set: &MessageSet) -> Vec<(u64, bool, u64, String, u64)> {
        let of = |message: &MessageRecord| {
            let id = set.session(message).id.clone();
            (message.key.0, message.sidechain, message.usage().tokens.output, id, message.at())
        };
        let mut found: Vec<_> = set.all().iter().map(of).collect();
        found.sort();
        found
    }

    #[test]
    fn each_message_counts_once() {
        let check = |made: &[Made], expected: &[(u64, &str)]| {
            let found = sorted(&set(made));
            let found: Vec<_> = found.iter().map(|(_, _, output, id, _)| (*output, id.as_str())).collect();
            assert_eq!(found, expected, "{made:?}");
        };
        check(&[(1, 1, false, 5, 1, 0), (1, 1, false, 9, 1, 1)], &[(9, "1")]);
        check(&[(1, 1, false, 9, 1, 0), (1, 1, false, 5, 1, 1)], &[(9, "1")]);
        check(&[(1, 1, false, 5, 2, 0), (1, 1, false, 5, 1, 0)], &[(5, "1")]);
        check(&[(1, 1, false, 5, 1, 0), (1, 2, false, 6, 1, 0)], &[(5, "1"), (6, "1")]);
        check(&[(1, 1, false, 5, 1, 0), (1, 2, false, 6, 1, 0), (1, 2, false, 7, 1, 0)], &[(5, "1"), (7, "1")]);
        check(&[(1, 1, false, 5, 1, 0), (1, 2, true, 9, 2, 0)], &[(5, "1")]);
        check(&[(1, 2, true, 9, 2, 0), (1, 1, false, 5, 1, 0)], &[(5, "1")]);
        check(&[(1, 2, true, 9, 2, 0), (1, 1, true, 5, 1, 0)], &[(9, "2")]);
        check(&[(1, 1, false, 5, 1, 0), (2, 1, false, 5, 1, 0)], &[(5, "1"), (5, "1")]);
    }

    #[test]
    fn a_message_returns_the_day_that_it_changed() {
        let mut set = MessageSet::default();
        let mut insert = |made: Made| {
            let message = message(&mut set, made);
            set.insert(message)
        };
        assert_eq!(insert((1, 1, false, 5, 1, 0)), Some(0));
        assert_eq!(insert((1, 1, false, 5, 1, 0)), None);
        assert_eq!(insert((1, 1, false, 6, 1, 3 * 86_400)), Some(0));
        assert_eq!(insert((1, 1, false, 7, 1, 0)), Some(3));
    }

    #[test]
    fn the_key_of_an_earlier_version_is_given_up() {
        let mut set = set(&[(1, 1, false, 9, 1, 0), (2, 1, false, 5, 1, 0), (3, 1, false, 6, 1, 0)]);
        let former = MessageKey(1 << 24 | 1);
        let mut anew = |made: Made| {
            let message = message(&mut set, made);
            set.insert_anew(message, former)
        };
        assert_eq!(anew((7, 0, false, 2, 1, 0)), Some(0));
        assert_eq!(anew((7, 0, false, 9, 1, 0)), Some(0));
        assert_eq!(anew((7, 0, false, 9, 1, 0)), None);
        assert_eq!(anew((8, 0, false, 9, 1, 1)), Some(0));
        let message = message(&mut set, (3, 1, false, 7, 1, 0));
        assert_eq!(set.insert(message), Some(0));
        let found: Vec<u64> = sorted(&set).iter().map(|(_, _, output, ..)| *output).collect();
        assert_eq!(found, [5, 7, 9, 9]);
    }

    #[test]
    fn a_set_is_narrowed_to_agents() {
        let mut set = set(&[(1, 1, false, 5, 1, 0), (1, 2, false, 6, 1, 0)]);
        let codex = set.sessions.number(&SessionKey::new(&CODEX, "p", "1"));
        let mut other = message(&mut set, (2, 1, false, 7, 1, 0));
        other.session = codex;
        set.insert(other);
        let agents =
            |set: &MessageSet| set.all().iter().map(|message| set.agent(message).to_owned()).collect::<Vec<_>>();
        let set = set.of_agents(&[]);
        assert_eq!(agents(&set), ["claude-code", "claude-code", "codex"]);
        let set = set.of_agents(&[&CODEX]);
        assert_eq!(agents(&set), ["codex"]);
        assert!(agents(&set.of_agents(&[&CLAUDE_CODE])).is_empty());
    }

    fn any_made() -> impl Strategy<Value = Made> {
        (0..6_u64, 0..3_u64, any::<bool>(), 1..4_u64, 0..3_u32, 0..3_u64)
    }

    proptest! {
        #[test]
        fn days_that_are_apart_are_read_as_any_other(
            made in proptest::collection::vec(any_made(), 0..40),
            again in proptest::collection::vec(any_made(), 0..40),
            last in any_made(),
        ) {
            let (apart, others) = (set(&made), set(&again));
            for order in [[true, false], [false, true]] {
                let mut loaded = MessageSet::default();
                for is_apart in order {
                    let from = if is_apart { &apart } else { &others };
                    let sessions = loaded.sessions.numbers(&from.sessions.list);
                    let model = loaded.models.number(&"m".to_owned());
                    for message in from.all() {
                        let session = sessions[message.session as usize];
                        loaded.load(MessageRecord { session, model, ..*message }, is_apart);
                    }
                }
                let all: Vec<_> = made.iter().chain(&again).copied().collect();
                prop_assert_eq!(sorted(&loaded), sorted(&set(&all)));
                let message = message(&mut loaded, last);
                loaded.insert(message);
                prop_assert_eq!(sorted(&loaded), sorted(&set(&[all, vec![last]].concat())));
            }
        }

        #[test]
        fn order_and_repetition_make_no_difference(
            made in proptest::collection::vec(any_made(), 0..40),
            again in proptest::collection::vec(any_made(), 0..40),
        ) {
            let (one, other) = (set(&made), set(&again));
            let mut merged = set(&made);
            merged.merge(&other);
            let mut reversed = other;
            reversed.merge(&one);
            reversed.merge(&one);
            prop_assert_eq!(sorted(&merged), sorted(&reversed));
            let all: Vec<_> = made.iter().chain(&again).rev().copied().collect();
            prop_assert_eq!(sorted(&merged), sorted(&set(&all)));
        }
    }
}
