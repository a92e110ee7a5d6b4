//! The questions: one page each, with the possible answers.

use std::path::Path;

use clap::ValueEnum;
use ratatui::style::Stylize;
use ratatui::text::Line;

use crate::agent::{self, Agent, CLAUDE_CODE, Scope};
use crate::base::format;
use crate::base::shell::Shell;
use crate::cli::InstallArgs;
use crate::config::{Config, Flags, Invocation, Layers};
use crate::segment::{self, Icons};
use crate::settings::AgentFile;
use crate::snapshot::{Snapshot, sample};
use crate::tools::configure::draft::Draft;
use crate::tools::configure::painted;
use crate::tools::files::{self, Files};
use crate::tools::preview;
use crate::{line, settings, store};

/// All answers.
#[derive(Clone, Default, PartialEq)]
pub struct Answers {
    pub args: InstallArgs,
    /// Values for keys of config. `None` leaves them as they are.
    icons: Option<&'static str>,
    preset: Option<&'static str>,
}

impl Answers {
    /// Keys of config and their new values.
    fn keys(&self) -> impl Iterator<Item = (&'static str, &'static str)> {
        let keys = [("icons", self.icons), ("preset", self.preset)];
        keys.into_iter().filter_map(|(key, value)| Some((key, value?)))
    }

    /// The agents to set up. Without hooks there is nothing to add to an agent that has no statusline.
    pub fn agents(&self) -> Vec<&'static Agent> {
        let has_part = |agent: &&Agent| agent.settings.has_line() || self.args.hooks;
        self.args.places.agents().into_iter().filter(has_part).collect()
    }

    /// The commands that do the same.
    pub fn commands(&self) -> Vec<String> {
        let InstallArgs { places, hooks, replace_node, .. } = &self.args;
        let agents: Vec<&str> = self.agents().iter().map(|agent| agent.name).collect();
        let flags = [
            (!agents.is_empty()).then(|| format!(" --agent {}", agents.join(","))),
            hooks.then(|| " --hooks".to_owned()),
            replace_node.then(|| " --replace-node".to_owned()),
            places.prompt.map(|shell| format!(" --prompt {}", shell.name())),
        ];
        let flags: String = flags.into_iter().flatten().collect();
        let install = (!flags.is_empty()).then(|| format!("bridgeline install{flags}"));
        let set = |(key, value)| format!("bridgeline config set {key} {value}");
        install.into_iter().chain(self.keys().map(set)).collect()
    }
}

/// A question.
pub struct Question {
    pub title: &'static str,
    pub text: &'static str,
    pub choices: Vec<Offer>,
}

/// One of the answers to a question.
pub struct Offer {
    pub lines: Vec<Line<'static>>,
    /// All answers once this one is taken.
    pub then: Answers,
    /// The page stays open for another choice.
    pub stays: bool,
}

impl Offer {
    fn new(line: impl Into<Line<'static>>, answers: &Answers, change: impl FnOnce(&mut Answers)) -> Self {
        let mut then = answers.clone();
        change(&mut then);
        Offer { lines: vec![line.into()], then, stays: false }
    }
}

/// Columns before each choice.
const INDENT: usize = 4;

/// Presets that are offered.
const LOOKS: [&str; 4] = ["default", "powerline", "two-row", "minimal"];

/// Input of the questions.
pub struct Questions<'a> {
    call: &'a Invocation,
    /// The user's present config.
    draft: Draft,
    /// The session to show.
    snapshot: Snapshot,
    /// Claude Code has the Node scripts as hooks.
    has_node: bool,
}

impl<'a> Questions<'a> {
    /// # Errors
    /// There is no home directory, or the config does not parse.
    pub fn new(call: &'a Invocation) -> anyhow::Result<Self> {
        let path = files::config_path(&call.paths)?;
        let draft = Draft::new(path.to_owned(), Files::read(&call.paths)?);
        let busy = || sample::find("busy").expect("it is one of sample::ALL").snapshot();
        let snapshot = preview::session("last", call).unwrap_or_else(|_| busy());
        let path = CLAUDE_CODE.files(Scope::User, &call.env).next();
        let found = path.and_then(|path| {
            let text = String::from_utf8(store::read_settings(&path).ok()??).ok()?;
            settings::inspect(AgentFile::new(&CLAUDE_CODE, &path), &text, "bridgeline").ok()
        });
        let has_node = found.is_some_and(|found| !found.node.is_empty());
        Ok(Questions { call, draft, snapshot, has_node })
    }

    /// The preselected answers.
    pub fn first_answers(&self) -> Answers {
        let mut answers = Answers::default();
        self.set_agents(&mut answers, |agent| agent.is_here(&self.call.env));
        answers
    }

    /// The questions that apply with these answers, in a terminal of this many columns.
    pub fn pages(&self, answers: &Answers, columns: usize) -> Vec<Question> {
        let always = [self.agents(answers), self.icons(answers), self.looks(answers, columns)];
        always.into_iter().chain(self.hooks(answers)).chain(self.prompt(answers)).collect()
    }

    /// The new text of the config. `None` if it does not change.
    pub fn config_text(&self, answers: &Answers) -> Option<String> {
        let edits = answers.keys().flat_map(|(key, value)| self.draft.choosing("", key, value));
        let files = self.draft.with(&edits.collect::<Vec<_>>());
        (files != *self.draft.files()).then_some(files.config)
    }

    fn config(&self, answers: &Answers) -> Config {
        let text = self.config_text(answers).unwrap_or_else(|| self.draft.files().config.clone());
        let layers = Layers::of_text(self.draft.path(), &text, &Flags::default());
        Config::of(layers, self.call)
    }

    fn set_agents(&self, answers: &mut Answers, is_meant: impl Fn(&'static Agent) -> bool) {
        let agents: Vec<_> = agent::ALL.into_iter().filter(|agent| is_meant(agent)).collect();
        self.set_hooks(answers, agents.iter().any(|agent| agent.settings.hooks.is_some()));
        answers.args.places.agent = agents;
    }

    fn set_hooks(&self, answers: &mut Answers, hooks: bool) {
        (answers.args.hooks, answers.args.replace_node) = (hooks, hooks && self.has_node);
    }

    fn agents(&self, answers: &Answers) -> Question {
        let agents = answers.args.places.agents();
        let choice = |agent: &'static Agent| {
            let mark = if agents.contains(&agent) { "x" } else { " " };
            let found = if agent.is_here(&self.call.env) { "found here" } else { "" };
            let turned = |other: &'static Agent| agents.contains(&other) != (agent == other);
            let star = if agent.settings.has_line() { "" } else { "*" };
            let line = format!("[{mark}] {:13} {found}", format!("{}{star}", agent.name));
            Offer { stays: true, ..Offer::new(line, answers, |new| self.set_agents(new, turned)) }
        };
        let done = Offer::new("continue", answers, |_| {});
        Question {
            title: "Which coding agents do you use?",
            text: "Agents with * have no statusline.",
            choices: agent::ALL.into_iter().map(choice).chain([done]).collect(),
        }
    }

    fn icons(&self, answers: &Answers) -> Question {
        let now = self.config(&Answers { icons: None, ..answers.clone() }).icons;
        let choice = |(name, set): &(&'static str, Icons)| {
            let icons = segment::ALL.iter().map(|kind| kind.icon[*set as usize]);
            let icons: Vec<&str> =
                icons.filter(|icon| !icon.contains(char::is_alphabetic) && !icon.is_empty()).take(6).collect();
            let line = format!("{name:6} {}", icons.join("  "));
            Offer::new(line, answers, |new| new.icons = (*set != now).then_some(name))
        };
        Question {
            title: "Which row looks right?",
            text: "Pick the first row that shows small pictures, without boxes or question marks.",
            choices: Icons::ALL.iter().map(choice).collect(),
        }
    }

    fn looks(&self, answers: &Answers, columns: usize) -> Question {
        let now = self.draft.preset();
        let is_listed = LOOKS.contains(&now) && self.draft.source("", "rows") != "file";
        let choice = |preset: Option<&'static str>| {
            let name = preset.unwrap_or("keep the current look").bold();
            let set = |new: &mut Answers| new.preset = preset.filter(|preset| *preset != now);
            let mut choice = Offer::new(name, answers, set);
            let mut config = self.config(&choice.then);
            config.width = columns.saturating_sub(INDENT).max(1);
            let rows = line::rows(&self.snapshot, &config);
            choice.lines.extend(rows.iter().map(|row| painted::line(row, &config.theme.look, config.depth)));
            choice
        };
        let kept = (!is_listed).then_some(None);
        let others = LOOKS.into_iter().filter(|name| is_listed || *name != now).map(Some);
        Question {
            title: "Which look do you like?",
            text: "`bridgeline configure` has more looks and lets you change every detail.",
            choices: kept.into_iter().chain(others).map(choice).collect(),
        }
    }

    fn hooks(&self, answers: &Answers) -> Option<Question> {
        let yes = if self.has_node { "Yes, replacing the Node scripts" } else { "Yes" };
        let choice = |line, hooks| Offer::new(line, answers, |new| self.set_hooks(new, hooks));
        let agents = answers.args.places.agents();
        agents.iter().any(|agent| agent.settings.hooks.is_some()).then(|| Question {
            title: "Add hooks?",
            text: "With hooks the agent reports each step to bridgeline, on this machine only. The line then shows the \
                   mode, the running tool, tasks and subagents, and whether the agent waits for you.",
            choices: vec![choice(yes, true), choice("No, show only what the agent sends", false)],
        })
    }

    fn prompt(&self, answers: &Answers) -> Option<Question> {
        let env = &self.call.env;
        let name = env.var("SHELL")?;
        let name = Path::new(&name).file_name()?;
        let shell = Shell::from_str(name.to_str()?, false).ok()?;
        let path = format::from_home(&settings::start_file(shell, env)?, env.home().as_deref());
        let choice = |line, prompt| Offer::new(line, answers, |new| new.args.places.prompt = prompt);
        Some(Question {
            title: "Show the session above your shell prompt too?",
            text: "You then see in one window what the agent in another is doing.",
            choices: vec![choice("No".to_owned(), None), choice(format!("Yes, add one line to {path}"), Some(shell))],
        })
    }
}
