//! Terminals that agents run in.

use std::ops::Deref;
use std::time::{Duration, Instant};

use crate::Agent;
use crate::scene::Scene;
use crate::stand_in::StandIn;
use crate::support::{LIMIT, poll, terminal};

/// A terminal of 140 columns with an agent in it.
pub struct Terminal(terminal::Terminal);

impl Terminal {
    /// Starts an agent in the project, with these variables and the scene's.
    #[track_caller]
    pub fn start(scene: &Scene, name: &str, variables: &[String], agent: &Agent, args: &[&str]) -> Self {
        let (socket, work) = (scene.path(&format!("tmp/{name}.tmux")), scene.text("work"));
        let (variables, agent) = ([&scene.environment, variables].concat(), agent.command());
        let command: Vec<&str> = agent.iter().map(String::as_str).chain(args.iter().copied()).collect();
        Terminal(terminal::Terminal::start(&socket, (140, 45), &work, &variables, &command))
    }

    /// Sends a prompt or a command.
    #[track_caller]
    pub fn says(&self, text: &str) {
        self.types(text);
        self.press(&["Enter"]);
    }

    /// Sends a prompt or a command. An Enter right after it counts as a new line in some agents, and is pressed again.
    #[track_caller]
    pub fn says_until(&self, text: &str, is_taken: impl Fn() -> bool) {
        self.types(text);
        let press = || {
            self.press(&["Enter"]);
            poll(Duration::from_secs(5), &is_taken, |taken| *taken).is_ok()
        };
        assert!((0..9).any(|_| press()), "{text} is not taken:\n{}", self.screen());
    }

    /// Sends a prompt that plays a script, likewise.
    #[track_caller]
    pub fn plays(&self, stand_in: &StandIn, script: &str) {
        self.says_until(&format!("script:{script}"), || stand_in.played(script) > 0);
    }

    /// Types text, and waits until it is on the screen.
    #[track_caller]
    pub fn types(&self, text: &str) {
        self.0.types(text);
        self.wait_for(text);
    }

    /// Answers a question with an option of its list, in which the row of the cursor begins with that mark. Keys can be
    /// lost when the question has only just appeared.
    #[track_caller]
    pub fn answers(&self, question: &str, cursor: char, option: &str) {
        let start = Instant::now();
        loop {
            let screen = self.screen();
            if !screen.contains(question) {
                return;
            }
            assert!(start.elapsed() < LIMIT, "no option {option}:\n{screen}");
            let Some(row) = screen.lines().rfind(|row| row.trim_start_matches([' ', '│']).starts_with(cursor)) else {
                continue;
            };
            let is_there = row.trim_end_matches([' ', '│']).ends_with(&format!(". {option}"));
            self.press(&[if is_there { "Enter" } else { "Down" }]);
            _ = poll(Duration::from_secs(1), || self.screen(), |now| !now.contains(row));
        }
    }

    #[track_caller]
    pub fn columns(&self) -> usize {
        self.tells("#{window_width}").parse().unwrap()
    }

    /// Waits until the stand-in has had this many requests for a script.
    #[track_caller]
    pub fn wait_for_answer(&self, stand_in: &StandIn, script: &str, number: usize) {
        let played = poll(LIMIT, || stand_in.played(script), |played| *played >= number);
        assert!(played.is_ok(), "{script} is played {played:?} times:\n{}", self.screen());
    }
}

impl Deref for Terminal {
    type Target = terminal::Terminal;

    fn deref(&self) -> &terminal::Terminal {
        &self.0
    }
}
