//! The messages of all sessions, each once, and facts about the sessions.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};
use std::hash::Hash;

use foldhash::fast::FixedState;
use serde::{Deserialize, Serialize};

use super::prices::{ModelPrices, Prices};
use super::tokens::{MessageUsage, Spent};
use super::transcript::keys::MessageKey;
use crate::agent::Agent;

/// One message of a model.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MessageRecord {
    pub(super) key: MessageKey,
    /// Time when it was written, in epoch seconds.
    pub(crate) at: u64,
    /// Its index in the list of [`MessageSet::sessions`].
    pub(crate) session: u32,
    /// Its index in the list of [`MessageSet::models`].
    pub(crate) model: u32,
    /// Set in a side conversation.
    pub(super) sidechain: bool,
    pub(super) usage: MessageUsage,
    /// USD, if the agent recorded it.
    pub(super) host_cost_usd: Option<f64>,
}

impl MessageRecord {
    /// Its day in UTC, as days since 1970.
    pub(super) fn day(&self) -> u32 {
        u32::try_from(self.at / 86_400).unwrap_or(u32::MAX)
    }
}

/// Key of a session. Its project comes first, so that sessions sort like their files.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) struct SessionKey {
    /// The folder of the transcripts: the project's path with `-` for what is not a letter or digit.
    pub(crate) project: String,
    pub(crate) id: String,
    /// Name of its agent.
    pub(crate) agent: String,
}

impl SessionKey {
    pub(crate) fn new(agent: &Agent, project: impl Into<String>, id: impl Into<String>) -> Self {
        SessionKey { project: project.into(), id: id.into(), agent: agent.name.to_owned() }
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
    /// These facts, completed and corrected by the other ones.
    fn join(mut self, other: &SessionInfo) -> Self {
        if self.dir.is_empty() {
            (self.dir, self.main_dir) = (other.dir.clone(), other.main_dir.clone());
        }
        if self.alias.is_empty() {
            self.alias.clone_from(&other.alias);
        }
        if !other.title.is_empty() && (other.is_own_title || !self.is_own_title) {
            (self.title, self.is_own_title) = (other.title.clone(), other.is_own_title);
        }
        self
    }
}

/// Every message once. The union of two sets does not depend on order: reading a transcript again, or the
/// same messages from another file or machine, changes nothing. Sums are computed on demand.
#[derive(Debug, Default)]
pub struct MessageSet {
    all: Vec<MessageRecord>,
    pub(crate) sessions: Interner<SessionKey>,
    pub(crate) models: Interner<String>,
    pub(crate) infos: BTreeMap<SessionKey, SessionInfo>,
    /// The first entry of each message, by the message part of its key.
    first: HashMap<u64, u32, FixedState>,
    /// Further entries, for messages with several requests.
    further: HashMap<u64, Vec<u32>>,
}

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
        let MessageSet { all, sessions, models, infos, .. } = self;
        let mut kept = MessageSet { sessions, models, infos, ..MessageSet::default() };
        for message in all {
            if agents.iter().any(|agent| agent.name == kept.agent(&message)) {
                kept.insert(message);
            }
        }
        kept
    }

    /// Adds facts about a session. Returns `true` if any is new.
    pub(super) fn insert_info(&mut self, session: &SessionKey, info: &SessionInfo) -> bool {
        let known = self.infos.get(session).cloned().unwrap_or_default();
        let joined = known.clone().join(info);
        let is_new = joined != known;
        if is_new {
            self.infos.insert(session.clone(), joined);
        }
        is_new
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
        let (id, day) = (message.key.message(), message.day());
        let Some(&first) = self.first.get(&id) else {
            let at = self.push(message);
            self.first.insert(id, at);
            return Some(day);
        };
        let known = &self.all[first as usize];
        if known.sidechain != message.sidechain {
            return if message.sidechain { None } else { self.replace(first, message) };
        }
        if known.sidechain || known.key == message.key {
            return self.join(first, message);
        }
        let further = self.further.get(&id).map_or(&[][..], Vec::as_slice);
        match further.iter().copied().find(|at| self.all[*at as usize].key == message.key) {
            Some(at) => self.join(at, message),
            None => {
                let at = self.push(message);
                self.further.entry(id).or_default().push(at);
                Some(day)
            }
        }
    }

    /// Adds a message that had another key in earlier versions. Returns the same as [`Self::insert`].
    pub(super) fn insert_anew(&mut self, message: MessageRecord, former: MessageKey) -> Option<u32> {
        let content = |message: &MessageRecord| (message.at, message.session, message.usage);
        let is_it = |known: &MessageRecord| known.key == former && content(known) == content(&message);
        let at = self.first.get(&former.message()).copied();
        let Some(at) = at.filter(|at| is_it(&self.all[*at as usize])) else { return self.insert(message) };
        let day = message.day();
        self.remove(at);
        self.insert(message).or(Some(day))
    }

    /// Removes the first entry of a message; the last one of all moves into its place.
    fn remove(&mut self, at: u32) {
        let removed = self.all.swap_remove(at as usize);
        self.first.remove(&removed.key.message());
        let last = self.all.len() as u32;
        let Some(moved) = self.all.get(at as usize).map(|moved| moved.key.message()) else { return };
        let first = self.first.get_mut(&moved).into_iter();
        let further = self.further.get_mut(&moved).into_iter().flatten();
        first.chain(further).filter(|place| **place == last).for_each(|place| *place = at);
    }

    /// Adds all messages of another set.
    pub(crate) fn merge(&mut self, other: &MessageSet) {
        for (session, info) in &other.infos {
            self.insert_info(session, info);
        }
        let sessions = self.sessions.numbers(&other.sessions.list);
        let models = self.models.numbers(&other.models.list);
        for message in &other.all {
            let (session, model) = (sessions[message.session as usize], models[message.model as usize]);
            self.insert(MessageRecord { session, model, ..*message });
        }
    }

    fn push(&mut self, message: MessageRecord) -> u32 {
        self.all.push(message);
        u32::try_from(self.all.len() - 1).expect("memory is full before 2^32 messages")
    }

    fn replace(&mut self, at: u32, message: MessageRecord) -> Option<u32> {
        Some(std::mem::replace(&mut self.all[at as usize], message).day())
    }

    fn join(&mut self, at: u32, message: MessageRecord) -> Option<u32> {
        let known = &self.all[at as usize];
        if *known == message || self.rank(known) >= self.rank(&message) {
            return None;
        }
        self.replace(at, message)
    }

    /// Decides between two entries of a message; the greater one counts.
    fn rank<'a>(&'a self, message: &'a MessageRecord) -> impl Ord + 'a {
        let MessageUsage { tokens, web_searches, us_only, fast } = message.usage;
        let kinds = (tokens.total(), fast, tokens.cache_write_1h, tokens.output, tokens.input);
        let rest = (tokens.cache_read, web_searches, us_only);
        let cost = message.host_cost_usd.map(f64::to_bits);
        let place = (self.session(message), message.at, &self.models.list[message.model as usize]);
        (kinds, rest, cost, Reverse(place), message.key.0)
    }
}

/// Numbers for values that repeat.
#[derive(Debug, Default)]
pub(crate) struct Interner<T> {
    pub(crate) list: Vec<T>,
    known: HashMap<T, u32>,
}

impl<T: Clone + Eq + Hash> Interner<T> {
    pub(super) fn number(&mut self, value: &T) -> u32 {
        if let Some(number) = self.known.get(value) {
            return *number;
        }
        let number = u32::try_from(self.list.len()).expect("memory is full before 2^32 values");
        self.list.push(value.clone());
        self.known.insert(value.clone(), number);
        number
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
        message.host_cost_usd.or_else(|| self.prices.cost_of(model?, &message.usage))
    }

    pub(crate) fn spent(&self, message: &MessageRecord) -> Spent {
        Spent::message(message.usage.tokens, self.of(message))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agent::{CLAUDE_CODE, CODEX};
    use crate::spending::tokens::Tokens;
    use proptest::prelude::*;

    /// A message by what a test is about: message, request, side conversation, output, session, time.
    fn message(set: &mut MessageSet, made: Made) -> MessageRecord {
        let (message, request, sidechain, output, session, at) = made;
        let session = SessionKey::new(&CLAUDE_CODE, "p", session.to_string());
        let key = MessageKey(message << 24 | request);
        let tokens = Tokens { output, ..Tokens::default() };
        let usage = MessageUsage { tokens, ..MessageUsage::default() };
        let (session, model) = (set.sessions.number(&session), set.models.number(&"m".to_owned()));
        MessageRecord { key, at, session, model, sidechain, usage, host_cost_usd: None }
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
            (message.key.0, message.sidechain, message.usage.tokens.output, id, message.at)
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
