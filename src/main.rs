//! Parses, runs, and maps the result to an exit status; nothing else ends the process.
#![warn(clippy::disallowed_macros, clippy::disallowed_methods, clippy::unwrap_used)]

mod arena;

use std::ffi::OsString;
use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;

use bridgeline::base::env::Env;
use bridgeline::base::text::Text;
use bridgeline::cli::{self, Command, Preview, UsageError};
use bridgeline::commands::{hook, prompt, refresh, render, subagents};
use bridgeline::config::Flags;
use bridgeline::store;
use bridgeline::tools::install::Console;
use bridgeline::tools::{
    Printer, completions, config, configure, doctor, explain, install, preview, sessions, themes, usage,
};

#[global_allocator]
static ARENA: arena::Arena = arena::Arena::new();

fn main() -> ExitCode {
    store::outlive_file_size_limit();
    let args: Vec<OsString> = std::env::args_os().skip(1).collect();
    match cli::parse(&args).map_err(anyhow::Error::from).and_then(run) {
        Ok(()) => ExitCode::SUCCESS,
        Err(err) => report(&err),
    }
}

fn run(command: Command) -> anyhow::Result<()> {
    let env = Env::from_process();
    match command {
        // Nobody types a payload: whoever runs the bare program wants to know what it is.
        Command::Render(flags) if io::stdin().is_terminal() => apart(|| introduce(flags, &env)),
        Command::Render(flags) => {
            render::run(&flags, &env);
            Ok(())
        }
        Command::Hook => {
            hook::run(&env);
            Ok(())
        }
        Command::Subagents(flags) => {
            subagents::run(&flags, &env);
            Ok(())
        }
        Command::Prompt(asked) => {
            prompt::run(&asked, &env);
            Ok(())
        }
        Command::Config(show, flags) => apart(|| config::run(show, &flags, &env, &mut io::stdout().lock())),
        Command::Doctor(flags) => apart(|| doctor::run(&flags, &env, &mut report_to(io::stdout().lock()))),
        Command::Explain(flags) => apart(|| explain::run(&flags, &env, &mut report_to(io::stdout().lock()))),
        Command::Refresh(facts) => apart(|| refresh::run(&facts, &env)),
        Command::Install(setup) => {
            apart(|| at_console(&env, |console| install::install(&setup, &env, console)))
        }
        Command::Uninstall(setup) => {
            apart(|| at_console(&env, |console| install::uninstall(&setup, &env, console)))
        }
        Command::Usage(flags) => apart(|| usage::run(&flags, &env, &mut io::stdout().lock())),
        Command::Preview(preview) => apart(|| preview::run(&preview, &env, &mut io::stdout().lock())),
        Command::Themes(themes) => apart(|| themes::run(&themes, &env, &mut io::stdout().lock())),
        Command::Configure => apart(|| configure::run(&env)),
        Command::Document(flags) => apart(|| {
            render::document(&flags, &env);
            Ok(())
        }),
        Command::Init(shell) => Ok(write!(io::stdout(), "{}", shell.init())?),
        Command::Sessions(asked) => apart(|| sessions::run(&asked, &env)),
        Command::Completions(shell) => apart(|| completions::run(shell, &env, &mut io::stdout().lock())),
        Command::Show(text) => Ok(write!(io::stdout(), "{text}")?),
    }
}

/// Calls what people run, and no agent or shell at every turn. With the variables of all these in its own frame
/// `run` would take 32 KB of stack, of which each page costs a render a microsecond.
#[inline(never)]
fn apart<T>(command: impl FnOnce() -> T) -> T {
    command()
}

fn introduce(flags: Flags, env: &Env) -> anyhow::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{}", cli::help())?;
    preview::run(&Preview { flags, ..Preview::default() }, env, &mut out)
}

fn report_to<W: Write + IsTerminal>(out: W) -> Printer<W> {
    let is_terminal = out.is_terminal();
    Printer { out, is_terminal }
}

fn at_console(env: &Env, command: impl FnOnce(&mut Console) -> anyhow::Result<()>) -> anyhow::Result<()> {
    let (stdin, stdout) = (io::stdin(), io::stdout());
    let is_dumb = env.has("NO_COLOR") || env.var("TERM").is_some_and(|term| term == "dumb");
    command(&mut Console {
        is_interactive: stdin.is_terminal(),
        is_coloured: stdout.is_terminal() && !is_dumb,
        out: &mut stdout.lock(),
        input: &mut stdin.lock(),
    })
}

fn report(err: &anyhow::Error) -> ExitCode {
    let broken_pipe = |cause: &(dyn std::error::Error + 'static)| {
        let err = cause.downcast_ref::<io::Error>();
        err.is_some_and(|err| err.kind() == io::ErrorKind::BrokenPipe)
    };
    if err.chain().any(broken_pipe) {
        return ExitCode::SUCCESS;
    }
    if let Some(usage) = err.downcast_ref::<UsageError>() {
        let usage = usage.to_string();
        usage.lines().for_each(|line| _ = writeln!(io::stderr(), "{}", Text::new(line)));
        return ExitCode::from(2);
    }
    _ = writeln!(io::stderr(), "bridgeline: {}", Text::new(format!("{err:#}")));
    ExitCode::FAILURE
}
