//! Targets of painting, and their escapes: shells need to know which bytes take no columns, tmux has its own styles,
//! and each interprets some characters.

use std::fmt::Write;

use super::{END, LINK, RESET, begin};
use crate::base::text::Link;
use crate::theme::file::color::to_hex;
use crate::theme::{Color, Depth, Style};

/// The reader of the painted text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// A terminal, or a shell that measures prompts itself and interprets nothing in them: fish, Nushell, PowerShell.
    Terminal,
    /// A variable that bash's `PS1` refers to as `${name}`. Its value is not expanded again, whatever the options are;
    /// readline's marks enclose what takes no columns (bash turns its own `\[` and `\]` into them).
    Bash,
    /// A variable that zsh's `PROMPT` refers to under `PROMPT_SUBST`, or contains without it: only percent escapes are
    /// special (`PROMPT_PERCENT`). Under `PROMPT_BANG` each `!` must also be doubled.
    Zsh,
    /// The output of a `#()` in a status line of tmux, which expands formats in it and draws styles.
    Tmux,
}

/// Placeholder for a `#` in text until the next character is known. It cannot occur in text (`Text` drops
/// noncharacters).
const HASH: char = '\u{fdd0}';

impl Target {
    /// Writes text of a span.
    pub(super) fn text(self, out: &mut String, text: &str) {
        match self {
            Target::Terminal | Target::Bash => out.push_str(text),
            Target::Zsh => doubled(out, text, '%'),
            Target::Tmux => out.extend(text.chars().map(|c| if c == '#' { HASH } else { c })),
        }
    }

    /// Begins a style.
    pub(super) fn begin(self, out: &mut String, style: Style, depth: Depth) {
        match self {
            Target::Tmux => tmux_style(out, style, depth),
            _ => self.unseen(out, |out| begin(out, style, depth)),
        }
    }

    /// Ends the style that was begun.
    pub(super) fn end(self, out: &mut String) {
        match self {
            Target::Tmux => out.push_str("#[default]"),
            _ => self.unseen(out, |out| out.push_str(RESET)),
        }
    }

    /// Begins a link; `None` ends it. Tmux draws no links in its status line.
    pub(super) fn link(self, out: &mut String, link: Option<&Link>) {
        let address = link.map_or("", Link::as_str);
        match self {
            Target::Tmux => {}
            Target::Terminal | Target::Bash => {
                self.unseen(out, |out| _ = write!(out, "{LINK}{address}{END}"));
            }
            Target::Zsh => self.unseen(out, |out| {
                out.push_str(LINK);
                doubled(out, address, '%');
                out.push_str(END);
            }),
        }
    }

    /// Finishes a row.
    pub(super) fn finish(self, out: String) -> String {
        if self == Target::Tmux && out.contains(HASH) { hashes(&out) } else { out }
    }

    /// Writes what takes no columns.
    fn unseen(self, out: &mut String, write: impl FnOnce(&mut String)) {
        let (before, after) = match self {
            // RL_PROMPT_START_IGNORE and RL_PROMPT_END_IGNORE of readline.
            Target::Bash => ("\u{1}", "\u{2}"),
            Target::Zsh => ("%{", "%}"),
            Target::Terminal | Target::Tmux => ("", ""),
        };
        out.push_str(before);
        write(out);
        out.push_str(after);
    }
}

fn doubled(out: &mut String, text: &str, special: char) {
    for c in text.chars() {
        out.push(c);
        if c == special {
            out.push(c);
        }
    }
}

/// Escapes literal `#` characters for tmux 3, which reads the text twice: expanding formats halves a run of them unless
/// `[` follows, and drawing shows one for each two, rounded up, or exactly half of them before `[`, whether that begins
/// a style or not.
fn hashes(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    let mut rest = text;
    while let Some(at) = rest.find(HASH) {
        out.push_str(&rest[..at]);
        let behind = rest[at..].trim_start_matches(HASH);
        let run = (rest.len() - at - behind.len()) / HASH.len_utf8();
        let count = if behind.starts_with('[') || behind.starts_with("#[") { 2 * run } else { 4 * run - 2 };
        out.extend(std::iter::repeat_n('#', count));
        rest = behind;
    }
    out.push_str(rest);
    out
}

fn tmux_style(out: &mut String, style: Style, depth: Depth) {
    let flags = style.set(["bold", "dim", "italics", "underscore", "reverse", "strikethrough"]);
    let colors = [("fg", style.fg), ("bg", style.bg)];
    let colors = colors.into_iter().filter_map(|(ground, color)| Some((ground, color?)));
    let colors = colors.map(|(ground, color)| format!("{ground}={}", tmux_color(color, depth)));
    let words: Vec<String> = colors.chain(flags.map(str::to_owned)).collect();
    _ = write!(out, "#[{}]", words.join(","));
}

fn tmux_color(color: Color, depth: Depth) -> String {
    match (depth, color.rgb, color.xterm) {
        // Lower case: `#F` and the like are formats.
        (Depth::True, Some(rgb), _) => to_hex(rgb),
        (Depth::True | Depth::Ansi256, _, Some(index)) => format!("colour{index}"),
        _ => format!("colour{}", color.ansi & 15),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::paint::paint_for;
    use crate::segment::{Role, Span};
    use crate::theme::Look;
    use proptest::prelude::*;

    const ALL: [Target; 4] = [Target::Terminal, Target::Bash, Target::Zsh, Target::Tmux];

    fn look() -> Look {
        let mut look = Look::plain();
        let orange = Color { rgb: Some((255, 135, 0)), xterm: Some(208), ansi: 3 };
        look.roles.to_mut()[Role::Task as usize] = Style { bold: true, fg: Some(orange), ..Style::PLAIN };
        look
    }

    fn painted(target: Target, texts: &[(Role, &str)]) -> String {
        let row: Vec<Span> = texts.iter().map(|(role, text)| Span::new(*role, *text)).collect();
        paint_for(&row, &look(), Depth::True, target)
    }

    #[test]
    fn text_that_a_target_would_expand() {
        let check = |text: &str, expected: [&str; 4]| {
            assert_eq!(ALL.map(|target| painted(target, &[(Role::Text, text)])), expected, "{text}");
        };
        check("plain", ["plain"; 4]);
        // bash and zsh don't expand the value of a variable again.
        for text in ["$(touch x)", "`touch x`", "${x}", "\\w", "\\$", "!!", "!1", "a;b|c&d"] {
            check(text, [text; 4]);
        }
        check("100% %n", ["100% %n", "100% %n", "100%% %%n", "100% %n"]);
        check("%{x%}", ["%{x%}", "%{x%}", "%%{x%%}", "%{x%}"]);
        check("#1", ["#1", "#1", "#1", "##1"]);
        check("#{x} #(y)", ["#{x} #(y)", "#{x} #(y)", "#{x} #(y)", "##{x} ##(y)"]);
        check("#[x]", ["#[x]", "#[x]", "#[x]", "##[x]"]);
        check("##", ["##", "##", "##", "######"]);
        check("##[", ["##[", "##[", "##[", "####["]);
    }

    #[test]
    fn styles_and_what_takes_no_columns() {
        let check = |texts: &[(Role, &str)], expected: [&str; 4]| {
            assert_eq!(ALL.map(|target| painted(target, texts)), expected, "{texts:?}");
        };
        check(
            &[(Role::Task, "a#"), (Role::Text, "b")],
            [
                "\x1b[1;38;2;255;135;0ma#\x1b[0mb",
                "\x01\x1b[1;38;2;255;135;0m\x02a#\x01\x1b[0m\x02b",
                "%{\x1b[1;38;2;255;135;0m%}a#%{\x1b[0m%}b",
                "#[fg=#ff8700,bold]a###[default]b",
            ],
        );
    }

    #[test]
    fn tmux_colours_at_every_depth() {
        let orange = Color { rgb: Some((255, 135, 0)), xterm: Some(208), ansi: 3 };
        let check = |depth, expected: &str| assert_eq!(tmux_color(orange, depth), expected);
        check(Depth::True, "#ff8700");
        check(Depth::Ansi256, "colour208");
        check(Depth::Ansi16, "colour3");
    }

    #[test]
    fn a_link_takes_no_columns() {
        let link = Link::new("https://example.org/a%20b");
        let row = [Span { link, ..Span::fixed(Role::Text, "x") }];
        let check = |target, expected: &str| {
            assert_eq!(paint_for(&row, &look(), Depth::True, target), expected, "{target:?}");
        };
        let (open, close) = ("\x1b]8;;https://example.org/a%20b\x1b\\", "\x1b]8;;\x1b\\");
        check(Target::Terminal, &format!("{open}x{close}"));
        check(Target::Bash, &format!("\x01{open}\x02x\x01{close}\x02"));
        check(Target::Zsh, &format!("%{{{}%}}x%{{{close}%}}", open.replace('%', "%%")));
        check(Target::Tmux, "x");
    }

    /// The effect of tmux on `##`: see FORMATS and STYLES in its manual.
    fn drawn_by_tmux(text: &str) -> String {
        let run = |text: &str| text.len() - text.trim_start_matches('#').len();
        let (mut expanded, mut rest) = (String::new(), text);
        while let Some(c) = rest.chars().next() {
            let count = run(rest);
            let followed = rest[count..].starts_with('[');
            let take = if count == 0 { c.len_utf8() } else { count };
            match count {
                0 => expanded.push(c),
                _ if followed => expanded.push_str(&rest[..count]),
                _ => expanded.push_str(&rest[..count.div_ceil(2)]),
            }
            rest = &rest[take..];
        }
        let (mut drawn, mut rest) = (String::new(), expanded.as_str());
        while let Some(c) = rest.chars().next() {
            let count = run(rest);
            let behind = &rest[count..];
            let style = behind.starts_with('[') && count % 2 == 1;
            match count {
                0 => drawn.push(c),
                _ if behind.starts_with('[') => drawn.push_str(&rest[..count / 2]),
                _ => drawn.push_str(&rest[..count.div_ceil(2)]),
            }
            rest = match (count, style) {
                (0, _) => &rest[c.len_utf8()..],
                (_, true) => behind.split_once(']').unwrap().1,
                (_, false) => behind,
            };
        }
        drawn
    }

    proptest! {
        #[test]
        fn tmux_draws_what_was_meant(parts in proptest::collection::vec("[#\\[a{]{0,5}", 1..5)) {
            let roles = [Role::Task, Role::Text];
            let texts: Vec<(Role, &str)> =
                parts.iter().enumerate().map(|(i, part)| (roles[i % 2], part.as_str())).collect();
            prop_assert_eq!(drawn_by_tmux(&painted(Target::Tmux, &texts)), parts.concat());
        }
    }
}
