//! Parses, runs, and maps the result to an exit status; nothing else ends the process.
#![warn(clippy::disallowed_macros, clippy::disallowed_methods, clippy::unwrap_used)]

mod arena;

use std::ffi::OsString;
use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;

use bridgeline::base::env::Env;
use bridgeline::base::text::Text;
use bridgeline::cli::{self, Command, InstallArgs, PreviewArgs, Tool, UninstallArgs};
use bridgeline::commands::{hook, mcp, prompt, refresh, render, subagents};
use bridgeline::config::Invocation;
use bridgeline::store;
use bridgeline::tools::{
    background, completions, config, configure, doctor, explain, install, man, preview, screen, sessions, setup,
    themes, usage,
};

#[global_allocator]
static ARENA: arena::Arena = arena::Arena::new();

fn main() -> ExitCode {
    store::outlive_file_size_limit();
    let args: Vec<OsString> = std::env::args_os().skip(1).collect();
    let done = match cli::parse(&args) {
        Ok((command, flags)) => run(command, &Invocation::new(Env::from_process(), flags)).map(|()| ExitCode::SUCCESS),
        Err(err) => explain_usage(&err),
    };
    done.unwrap_or_else(|err| report(&err))
}

fn run(command: Command, call: &Invocation) -> anyhow::Result<()> {
    match command {
        // Nobody types a payload: people who run the program without arguments want to know what it is.
        Command::Render if io::stdin().is_terminal() => return cold(|| introduce(call)),
        Command::Render => render::run(call),
        Command::Hook => hook::run(call),
        Command::Subagents(_) => subagents::run(call),
        Command::Prompt(prompt) => prompt::run(&prompt, call),
        Command::Mcp(_) => cold(|| mcp::run(call)),
        Command::Document => cold(|| render::document(call)),
        Command::Refresh(facts) => return cold(|| refresh::run(&facts, call)),
        Command::Tool(tool) => return cold(|| run_tool(tool, call)),
    }
    Ok(())
}

/// Keeps commands for people out of the stack frame of `run`. With their variables it would have 32 KB, of which each
/// page costs a render a microsecond.
#[inline(never)]
fn cold<T>(command: impl FnOnce() -> T) -> T {
    command()
}

fn run_tool(tool: Tool, call: &Invocation) -> anyhow::Result<()> {
    let asks = match &tool {
        Tool::Preview(_) | Tool::Themes(_) | Tool::Configure => true,
        Tool::Install(install) => !install.consent.dry_run,
        Tool::Setup { dry_run } => !dry_run,
        _ => false,
    };
    if asks {
        background::ask(call);
    }
    let Invocation { paths, .. } = call;
    match tool {
        Tool::Init { shell } => Ok(write!(io::stdout(), "{}", shell.init())?),
        Tool::Sessions(sessions) => sessions::run(&sessions, call),
        Tool::Preview(preview) => preview::run(&preview, call),
        Tool::Themes(themes) => themes::run(&themes, call),
        Tool::Config(show) => config::run(show, call, &mut io::stdout().lock()),
        Tool::Configure => configure::run(call),
        Tool::Doctor(doctor) => doctor::run(&doctor, call),
        Tool::Explain(explain) => explain::run(&explain, call),
        Tool::Install(args) if args == InstallArgs::default() && screen::is_at_terminal() => setup::run(false, call),
        Tool::Install(args) => install::install(&args, call),
        Tool::Uninstall(UninstallArgs { places, consent }) => {
            install::uninstall(&InstallArgs { places, consent, ..InstallArgs::default() }, call)
        }
        Tool::Usage(usage) => usage::run(&usage, call),
        Tool::Completions { shell } => completions::run(shell, paths),
        Tool::Man => man::run(),
        Tool::Version => Ok(write!(io::stdout(), "{}", cli::grammar().render_version())?),
        Tool::Setup { dry_run } => setup::run(dry_run, call),
    }
}

fn introduce(call: &Invocation) -> anyhow::Result<()> {
    let looks = ["default", "powerline", "two-row"].map(str::to_owned).to_vec();
    background::ask(call);
    let (welcome, next) = include_str!("welcome.txt").split_once("---\n").unwrap_or_default();
    write!(io::stdout(), "{welcome}")?;
    preview::run(&PreviewArgs { presets: looks, sample: vec!["busy".to_owned()], ..PreviewArgs::default() }, call)?;
    Ok(write!(io::stdout(), "{next}")?)
}

/// Prints the parser's message: help, version, or a mistake in the arguments.
fn explain_usage(err: &clap::Error) -> anyhow::Result<ExitCode> {
    if !err.use_stderr() {
        // In colours on a terminal.
        err.print()?;
        return Ok(ExitCode::SUCCESS);
    }
    err.render().to_string().lines().for_each(|line| _ = writeln!(io::stderr(), "{}", Text::new(line)));
    Ok(ExitCode::from(2))
}

fn report(err: &anyhow::Error) -> ExitCode {
    let broken_pipe = |cause: &(dyn std::error::Error + 'static)| {
        let err = cause.downcast_ref::<io::Error>();
        err.is_some_and(|err| err.kind() == io::ErrorKind::BrokenPipe)
    };
    if err.chain().any(broken_pipe) {
        return ExitCode::SUCCESS;
    }
    _ = writeln!(io::stderr(), "bridgeline: {}", Text::new(format!("{err:#}")));
    ExitCode::FAILURE
}
