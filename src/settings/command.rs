//! Command lines in settings: quoting, and recognising our own.

use std::borrow::Cow;
use std::ops::Range;

/// A program as a word of a shell's command line, quoted if needed.
///
/// On Windows it is put in double quotes, which Git Bash and cmd.exe understand and PowerShell does not: no
/// spelling of a path with spaces works in all three.
pub fn on_command_line(program: &str) -> Cow<'_, str> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "/._-+:@%,~".contains(c) || c > '\u{7f}';
    if program.chars().all(is_plain) {
        Cow::Borrowed(program)
    } else if cfg!(windows) {
        Cow::Owned(format!("\"{program}\""))
    } else {
        Cow::Owned(format!("'{}'", program.replace('\'', r"'\''")))
    }
}

/// A command line starts bridgeline, or `program`, which may be installed under another name. It may set
/// variables first.
pub fn is_ours(command: &str, program: &str) -> bool {
    program_of(command).is_some_and(|(word, _)| names_us(&word, program))
}

/// A command line is `bridgeline hook`.
pub fn is_our_hook(command: &str, program: &str) -> bool {
    is_ours(command, program) && arguments(command).split_whitespace().next() == Some("hook")
}

/// The command line with `program` instead of the one that it starts; `None` if it starts that already.
pub fn with_program(command: &str, program: &str) -> Option<String> {
    let (word, range) = program_of(command)?;
    (word != program)
        .then(|| format!("{}{}{}", &command[..range.start], on_command_line(program), &command[range.end..]))
}

/// The program that a command line starts, as spelled there, without quotes.
pub fn program(command: &str) -> Option<String> {
    program_of(command).map(|(word, _)| word)
}

/// The arguments in a command line, trimmed.
pub fn arguments(command: &str) -> &str {
    program_of(command).map_or("", |(_, range)| command[range.end..].trim())
}

/// A word, with or without a path, names bridgeline or `program`.
pub fn names_us(word: &str, program: &str) -> bool {
    let name = word.rsplit(['/', '\\']).next().unwrap_or(word);
    let stem = match name.rsplit_once('.') {
        Some((stem, extension)) if extension.eq_ignore_ascii_case("exe") => stem,
        _ => name,
    };
    stem.eq_ignore_ascii_case("bridgeline") || word == program
}

/// The first word that does not set a variable, without quotes, and its place.
fn program_of(command: &str) -> Option<(String, Range<usize>)> {
    let sets_variable = |word: &str| {
        let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
        word.split_once('=').is_some_and(|(name, _)| !name.is_empty() && name.chars().all(is_name))
    };
    let next = |(_, range): &(String, Range<usize>)| first_word(command, range.end);
    let mut words = std::iter::successors(first_word(command, 0), next);
    words.find(|(_, range)| !sets_variable(&command[range.clone()]))
}

/// The next word after a byte, without quotes, and its place. A backslash is only an escape before a space or a
/// quote: Windows paths have backslashes.
fn first_word(command: &str, from: usize) -> Option<(String, Range<usize>)> {
    let start = from + command[from..].find(|c: char| !c.is_whitespace())?;
    let mut word = String::new();
    let mut quote = None;
    let mut chars = command[start..].char_indices().peekable();
    let mut end = command.len();
    while let Some((at, c)) = chars.next() {
        match c {
            _ if quote == Some(c) => quote = None,
            '\'' | '"' if quote.is_none() => quote = Some(c),
            '\\' if quote != Some('\'') => match chars.next_if(|(_, next)| matches!(next, ' ' | '"' | '\'')) {
                Some((_, escaped)) => word.push(escaped),
                None => word.push('\\'),
            },
            c if quote.is_none() && (c.is_whitespace() || matches!(c, ';' | '|' | '&' | '<' | '>')) => {
                end = start + at;
                break;
            }
            c => word.push(c),
        }
    }
    Some((word, start..end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ours_are_told_from_others() {
        let check = |command: &str, expected| {
            assert_eq!(is_ours(command, "/opt/line/bl"), expected, "{command}");
        };
        check("bridgeline", true);
        check("  /usr/bin/bridgeline --theme light", true);
        check("'/home/ada lovelace/bridgeline' subagents", true);
        check("\"C:/Program Files/bridgeline.exe\"", true);
        check(r"C:\Users\ada\bridgeline.EXE hook", true);
        check(r"/home/ada\ lovelace/bridgeline hook", true);
        check("FORCE_COLOR=3 COLORTERM='true color' bridgeline", true);
        check("/opt/line/bl", true);
        check("bridgeline|cat", true);
        check("", false);
        check("   ", false);
        check("A=1", false);
        check("echo bridgeline", false);
        check("bridgeline-extra", false);
        check("/opt/bridgeline/run", false);
        check("node bridgeline.js", false);
        check("日本語", false);
    }

    #[test]
    fn the_program_is_exchanged_and_the_rest_stays() {
        let check = |command: &str, program: &str, expected: Option<&str>| {
            assert_eq!(with_program(command, program).as_deref(), expected, "{command}");
        };
        check("bridgeline --theme light", "/b/bridgeline", Some("/b/bridgeline --theme light"));
        check("A=1 '/a b/bridgeline'  hook # x", "/b/bridgeline", Some("A=1 /b/bridgeline  hook # x"));
        check("'/b/bridgeline' hook", "/b/bridgeline", None);
        assert_eq!(arguments("A=1 '/a b/bridgeline'  hook "), "hook");
    }

    #[test]
    #[cfg(unix)]
    fn any_path_survives_the_shell() {
        for path in ["/bin/x", "/a b/x", "/it's/x", "/$HOME/`x`", "/a\"b/x", "/a&b;c/x", "/日本/x"] {
            let (word, range) = program_of(&on_command_line(path)).map(|(word, range)| (word, range.len())).unwrap();
            assert_eq!(range, on_command_line(path).len());
            assert_eq!(word, path);
            #[expect(clippy::disallowed_methods, reason = "asks the shell that it is written for")]
            let shell = std::process::Command::new("/bin/sh")
                .args(["-c", &format!("printf %s {}", on_command_line(path))])
                .output()
                .unwrap();
            assert_eq!(String::from_utf8(shell.stdout).unwrap(), path);
        }
    }
}
