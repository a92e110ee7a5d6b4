//! `bridgeline man`: one manual page for all commands, made from their table. It fails if its output cannot be written.

use std::io::{self, Write};

use clap::{Arg, Command};
use clap_mangen::Man;
use clap_mangen::roff::{Roff, roman};

use super::report;
use crate::cli;

/// Prints the page.
pub fn run() -> anyhow::Result<()> {
    let mut whole = named(cli::grammar().disable_help_subcommand(true));
    whole.build();
    let mut page = Vec::new();
    write(&whole, &mut page)?;
    report::print(&String::from_utf8(page).expect("clap writes UTF-8"))
}

/// Names the command in a synopsis, which would be a heading otherwise.
fn named(command: Command) -> Command {
    command.subcommand_value_name("command").mut_subcommands(named)
}

fn write(whole: &Command, page: &mut Vec<u8>) -> io::Result<()> {
    let source = concat!("bridgeline ", env!("CARGO_PKG_VERSION"));
    let man = Man::new(whole.clone()).title("BRIDGELINE").source(source).manual("User Commands");
    man.render_title(page)?;
    man.render_name_section(page)?;
    man.render_synopsis_section(page)?;
    man.render_description_section(page)?;
    write_after_help(whole, page)?;
    man.render_options_section(page)?;
    let known = roman("Options without an explanation are explained above.");
    Roff::new().control("SH", ["COMMANDS"]).text([known]).to_writer(page)?;
    for command in whole.get_subcommands() {
        write_command(command, whole, page)?;
    }
    page.extend_from_slice(include_bytes!("man.roff"));
    Ok(())
}

/// A command and those below it, each in a subsection.
fn write_command(command: &Command, whole: &Command, page: &mut Vec<u8>) -> io::Result<()> {
    let name = command.get_bin_name().unwrap_or_else(|| command.get_name());
    Roff::new().control("SS", [name]).to_writer(page)?;
    let own = command.clone().mut_args(|arg| {
        let is_known = is_explained(&arg, whole);
        arg.hide(is_known)
    });
    write_part(command, Man::render_synopsis_section, page)?;
    page.extend_from_slice(b".PP\n");
    write_part(command, Man::render_description_section, page)?;
    write_part(&own, Man::render_options_section, page)?;
    write_after_help(command, page)?;
    command.get_subcommands().try_for_each(|command| write_command(command, whole, page))
}

/// A section of the page that a command would have, without its heading: here it is part of a subsection.
fn write_part(
    command: &Command, render: fn(&Man, &mut dyn Write) -> io::Result<()>, page: &mut Vec<u8>,
) -> io::Result<()> {
    let mut section = Vec::new();
    render(&Man::new(command.clone()), &mut section)?;
    let lines = section.split_inclusive(|byte| *byte == b'\n');
    page.extend(lines.filter(|line| !line.starts_with(b".SH")).flatten());
    Ok(())
}

/// The option is explained for the program without a command.
fn is_explained(arg: &Arg, whole: &Command) -> bool {
    let text = |arg: &Arg| arg.get_help().map(ToString::to_string);
    whole.get_arguments().any(|other| other.get_id() == arg.get_id() && text(other) == text(arg))
}

/// The end of the help, line by line.
fn write_after_help(command: &Command, page: &mut Vec<u8>) -> io::Result<()> {
    let mut roff = Roff::new();
    if let Some(text) = command.get_after_help() {
        roff.control("PP", []).control("nf", []);
        text.to_string().lines().for_each(|line| _ = roff.text([roman(line)]));
        roff.control("fi", []);
    }
    roff.to_writer(page)
}
