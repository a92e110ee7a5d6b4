//! `bridgeline install` and `uninstall`: whose settings, and how far.

use clap::builder::{NonEmptyStringValueParser, PossibleValuesParser};
use clap::error::ErrorKind;
use clap::{Arg, ArgAction, ArgMatches};

use super::{UsageError, switch};
use crate::agent::{self, Agent, CLAUDE_CODE, Scope};
use crate::base::shell::Shell;
use crate::bridge::event::registered_by;

/// What `install` and `uninstall` are about.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Setup {
    /// The agents that are named; none where all that are found are meant.
    pub agents: Vec<&'static Agent>,
    /// Which of their settings.
    pub scope: Scope,
    /// The shell whose prompt shall show the line.
    pub prompt: Option<Shell>,
    /// Register the hooks too.
    pub hooks: bool,
    /// Take out the Node scripts.
    pub replace_node: bool,
    /// Show rows of subagents too.
    pub subagents: bool,
    /// Show the statusline that is there now in a row of its own.
    pub wrap: bool,
    /// The program to name, in place of the one that runs.
    pub command: Option<String>,
    /// Whether the changes are agreed to.
    pub consent: Consent,
}

/// Whether changes are agreed to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Consent {
    /// Not yet.
    #[default]
    Ask,
    /// All of them.
    Yes,
    /// They are only to be shown.
    DryRun,
}

pub(super) fn install() -> clap::Command {
    clap::Command::new("install")
        .about("Set the line up in the settings of agents found here, or in a shell's start file")
        .args(places())
        .args([
            switch("hooks", "Register the hooks too (claude-code, qwen, kimi)"),
            switch("replace-node", "Register the hooks in the place of the Node scripts' (claude-code)"),
            switch("subagents", "Show rows of subagents too: a deprecated setting (claude-code)"),
            switch("wrap", "Keep the current statusline below, with all its rows and colours"),
        ])
        .arg(
            Arg::new("command")
                .long("command")
                .value_name("PATH")
                .value_parser(NonEmptyStringValueParser::new())
                .help("The program to name in the settings, in place of this one"),
        )
        .args(consents())
}

pub(super) fn uninstall() -> clap::Command {
    clap::Command::new("uninstall")
        .about("Put settings and start files back to what they were")
        .args(places())
        .args(consents())
}

fn places() -> [Arg; 3] {
    [
        Arg::new("agent")
            .long("agent")
            .value_name("NAME")
            .value_parser(PossibleValuesParser::new(agent::ALL.map(|agent| agent.name)))
            .value_delimiter(',')
            .action(ArgAction::Append)
            .help("The agent, also several; without it, those found here"),
        Arg::new("scope")
            .long("scope")
            .value_name("SCOPE")
            .value_parser(SCOPES.map(|(name, _)| name))
            .help("Whose settings; project and local are of this directory (claude-code) [default: user]"),
        Arg::new("prompt")
            .long("prompt")
            .value_name("SHELL")
            .value_parser(PossibleValuesParser::new(Shell::ALL.map(Shell::name)))
            .help("The start file of this shell"),
    ]
}

fn consents() -> [Arg; 2] {
    [
        switch("dry-run", "Only show what would be changed"),
        switch("yes", "Change it without asking").short('y').conflicts_with("dry-run"),
    ]
}

/// Managed settings are nobody's to install in.
const SCOPES: [(&str, Scope); 3] =
    [("user", Scope::User), ("project", Scope::Project), ("local", Scope::Local)];

pub(super) fn read(matches: &ArgMatches) -> Result<Setup, UsageError> {
    checked(setup(matches))
}

fn setup(matches: &ArgMatches) -> Setup {
    let text = |name: &str| matches.try_get_one::<String>(name).ok().flatten();
    let is_set = |name: &str| matches.try_get_one::<bool>(name).ok().flatten() == Some(&true);
    let names = matches.get_many::<String>("agent").into_iter().flatten();
    let names: Vec<&str> = names.map(String::as_str).collect();
    let scope = text("scope").and_then(|name| SCOPES.iter().find(|(known, _)| known == name));
    Setup {
        agents: agent::ALL.into_iter().filter(|agent| names.contains(&agent.name)).collect(),
        scope: scope.map(|(_, scope)| *scope).unwrap_or_default(),
        prompt: text("prompt").and_then(|name| Shell::ALL.into_iter().find(|shell| shell.name() == name)),
        hooks: is_set("hooks") || is_set("replace-node"),
        replace_node: is_set("replace-node"),
        subagents: is_set("subagents"),
        wrap: is_set("wrap"),
        command: text("command").cloned(),
        consent: match () {
            () if is_set("yes") => Consent::Yes,
            () if is_set("dry-run") => Consent::DryRun,
            () => Consent::Ask,
        },
    }
}

/// Refuses what would be left undone.
fn checked(setup: Setup) -> Result<Setup, UsageError> {
    let refuse = |why: &str| {
        let err = super::grammar().error(ErrorKind::ArgumentConflict, why);
        Err(UsageError(err.render().to_string()))
    };
    let others = setup.agents.iter().any(|agent| **agent != CLAUDE_CODE);
    if setup.scope != Scope::User && others {
        return refuse("'--scope project' and '--scope local' are of claude-code only");
    }
    let is_for = |wanted: fn(&Agent) -> bool| {
        setup.agents.is_empty() || setup.agents.iter().any(|agent| wanted(agent))
    };
    if (setup.replace_node || setup.subagents) && !is_for(|agent| *agent == CLAUDE_CODE) {
        return refuse("'--replace-node' and '--subagents' are of claude-code only");
    }
    if setup.hooks && !is_for(|agent| registered_by(agent).next().is_some()) {
        return refuse("'--hooks' is of claude-code, qwen and kimi only");
    }
    if setup.prompt.is_some() && setup.agents.is_empty() && (setup.hooks || setup.subagents || setup.wrap) {
        return refuse("'--prompt' alone is about the shell: name the agents with '--agent'");
    }
    Ok(setup)
}

#[cfg(test)]
mod tests {
    use super::super::{Command, parse};
    use super::*;
    use std::ffi::OsString;

    fn run(args: &[&str]) -> Result<Command, UsageError> {
        parse(&args.iter().map(OsString::from).collect::<Vec<_>>())
    }

    #[test]
    fn what_install_is_about() {
        let words = [
            "install",
            "--agent",
            "kimi,claude-code",
            "--agent=kimi",
            "--replace-node",
            "--subagents",
            "--wrap",
            "--prompt",
            "fish",
            "--command",
            "/b/x",
            "-y",
        ];
        let expected = Setup {
            agents: vec![&CLAUDE_CODE, &agent::KIMI],
            scope: Scope::User,
            prompt: Some(Shell::Fish),
            hooks: true,
            replace_node: true,
            subagents: true,
            wrap: true,
            command: Some("/b/x".into()),
            consent: Consent::Yes,
        };
        assert_eq!(run(&words).unwrap(), Command::Install(expected));
        assert_eq!(run(&["install"]).unwrap(), Command::Install(Setup::default()));
        let expected = Setup { scope: Scope::Local, consent: Consent::DryRun, ..Setup::default() };
        assert_eq!(
            run(&["uninstall", "--scope", "local", "--dry-run"]).unwrap(),
            Command::Uninstall(expected)
        );
    }
}
