//! Rows as a UI tree in JSON, which Codex 0.171 draws below its composer. Each row is a `row` element that wraps,
//! inside one whose gap is wider than any terminal, so that each begins a line. If the terminal is narrower than the
//! rows (Codex does not send its width), whole groups move to the next line. Blanks are non-breaking, since Codex
//! merges and trims others.

use serde_json::{Map, Value, json};

use super::run;
use crate::base::text::Link;
use crate::base::width::ELLIPSIS;
use crate::segment::{Ground, Role, Span};
use crate::theme::file::color::{to_hex, xterm_rgb};
use crate::theme::{Color, Depth, Look, Style};

/// Maximum number of rows that Codex shows.
const MAX_ROWS: usize = 3;

/// More columns than any terminal has.
const WIDER: usize = 1000;

/// A non-breaking space.
const BLANK: &str = "\u{a0}";

/// Names of the colours that Codex leaves to the terminal, in the order of their ANSI numbers.
const NAMES: [&str; 8] = ["black", "red", "green", "yellow", "blue", "magenta", "cyan", "white"];

/// The tree of these rows; `null` without any.
pub fn ui_tree(rows: &[Vec<Span>], look: &Look, depth: Depth) -> String {
    tree(rows, look, depth, Room::ALL)
}

fn tree(rows: &[Vec<Span>], look: &Look, depth: Depth, mut room: Room) -> String {
    let mut lines = Vec::new();
    for row in rows.iter().take(MAX_ROWS) {
        let (line, is_whole) = line(&pieces(row, look, depth), look, depth, &mut room);
        lines.push(line);
        if !is_whole {
            break;
        }
    }
    if lines.is_empty() { "null".to_owned() } else { wrapping(WIDER, &lines).to_string() }
}

/// What is left of Codex's limits for a tree. A part is reserved for the marks of cut text.
struct Room {
    /// Elements and texts: 256.
    nodes: usize,
    /// Bytes of text: 16 KiB.
    text: usize,
    /// Bytes of JSON: 64 KiB.
    json: usize,
}

impl Room {
    const ALL: Room = Room { nodes: 250, text: 16_000, json: 64_000 };

    /// Takes what a part of the tree needs; `false` if there is less.
    fn take(&mut self, part: &Value) -> bool {
        let (nodes, text) = size(part);
        let rest = || Some((self.nodes.checked_sub(nodes)?, self.text.checked_sub(text)?));
        let json = self.json.checked_sub(part.to_string().len() + 1);
        let rest = rest().zip(json).map(|((nodes, text), json)| Room { nodes, text, json });
        rest.map(|rest| *self = rest).is_some()
    }
}

/// Nodes and bytes of text.
fn size(node: &Value) -> (usize, usize) {
    let children = node["children"].as_array().into_iter().flatten().map(size);
    let this = (1, node.as_str().map_or(0, str::len));
    children.fold(this, |(nodes, text), child| (nodes + child.0, text + child.1))
}

/// Text in one look.
struct TextPiece<'a> {
    text: String,
    style: Style,
    /// Address of a web page.
    href: Option<&'a str>,
    /// A line may be broken before it.
    begins: bool,
}

/// The spans of a row, with those of the same look joined.
fn pieces<'a>(row: &'a [Span], look: &Look, depth: Depth) -> Vec<TextPiece<'a>> {
    let mut pieces: Vec<TextPiece> = Vec::new();
    let mut before: Option<&Span> = None;
    let mut is_apart = false;
    for span in row.iter().filter(|span| !span.text.as_str().is_empty()) {
        let found = run(span, look, depth);
        let text = found.text.replace(' ', BLANK);
        let href = span.link.as_ref().map(Link::as_str).filter(|address| address.starts_with("http"));
        let begins = before.is_some_and(|before| may_break(before, span, is_apart));
        let style = turned(found.style, look);
        match pieces.last_mut() {
            Some(last) if !begins && last.goes_on(&style, href, span.is_blank()) => last.text.push_str(&text),
            _ => pieces.push(TextPiece { text, style, href, begins }),
        }
        is_apart = span.role == Role::Separator || (span.is_blank() && (is_apart || found.text.len() > 1));
        before = Some(span);
    }
    pieces
}

impl TextPiece<'_> {
    /// Text in this look can be added.
    fn goes_on(&self, style: &Style, href: Option<&str>, is_blank: bool) -> bool {
        let seen = |style: &Style| (style.bg, style.underline);
        let is_same = self.style == *style || (is_blank && seen(&self.style) == seen(style));
        is_same && self.href == href
    }
}

/// A line may be broken between these: before a band, and after a separator or a gap of several columns.
fn may_break(before: &Span, span: &Span, is_apart: bool) -> bool {
    match (before.ground, span.ground) {
        (Ground::Edge { back: Some(back), .. }, Ground::Band(band)) => back == band,
        (Ground::Terminal, Ground::Edge { .. }) => before.is_blank(),
        (Ground::Terminal, Ground::Terminal) => is_apart && !span.is_blank() && span.role != Role::Separator,
        _ => false,
    }
}

/// A style without reverse video.
fn turned(style: Style, look: &Look) -> Style {
    match style.reverse {
        true => Style { fg: style.bg.or(Some(look.base)), bg: style.fg, reverse: false, ..style },
        false => style,
    }
}

/// A row, and `false` if it was cut because of the limits.
fn line(pieces: &[TextPiece], look: &Look, depth: Depth, room: &mut Room) -> (Value, bool) {
    let mut groups = Vec::new();
    let mut is_whole = true;
    for pieces in pieces.chunk_by(|_, piece| !piece.begins) {
        let group = group(pieces, look, depth);
        is_whole = room.take(&group);
        groups.push(if is_whole { group } else { json!(ELLIPSIS) });
        if !is_whole {
            break;
        }
    }
    (wrapping(0, &groups), is_whole)
}

/// Pieces between which no line is broken: one part for each background.
fn group(pieces: &[TextPiece], look: &Look, depth: Depth) -> Value {
    let part = |pieces: &[TextPiece]| {
        let nodes: Vec<Value> = pieces.iter().map(|piece| node(piece, look, depth)).collect();
        let text = json!({"type": "text", "props": {}, "children": nodes});
        match pieces[0].style.bg.map(|color| named(color, depth)) {
            Some(ground) => json!({"type": "row", "props": {"gap": 0, "background": ground}, "children": [text]}),
            None => text,
        }
    };
    let mut parts: Vec<Value> = pieces.chunk_by(|one, other| one.style.bg == other.style.bg).map(part).collect();
    match parts.len() {
        1 => parts.remove(0),
        _ => json!({"type": "row", "props": {"gap": 0}, "children": parts}),
    }
}

fn wrapping(gap: usize, children: &[Value]) -> Value {
    json!({"type": "row", "props": {"gap": gap, "wrap": "wrap"}, "children": children})
}

/// A piece without its background.
fn node(piece: &TextPiece, look: &Look, depth: Depth) -> Value {
    let Style { bold, italic, underline, .. } = piece.style;
    let props = [
        ("color", foreground(piece.style, look, depth).map(Value::from)),
        ("weight", bold.then(|| json!("bold"))),
        ("italic", italic.then_some(Value::Bool(true))),
        ("underline", underline.then_some(Value::Bool(true))),
    ];
    let props: Map<_, _> = props.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect();
    let text = json!(piece.text);
    let node = if props.is_empty() { text } else { json!({"type": "text", "props": props, "children": [text]}) };
    match piece.href {
        Some(href) => json!({"type": "link", "props": {"href": href}, "children": [node]}),
        None => node,
    }
}

/// The colour of text. Codex has no faint text, so it is mixed with the background, or gets Codex's own colour for
/// secondary text.
fn foreground(style: Style, look: &Look, depth: Depth) -> Option<String> {
    /// Share of the background in faint text, in percent.
    const FAINT: u32 = 40;
    match style.fg {
        Some(color) if style.dim => Some(named(color.mix(look.base, FAINT).unwrap_or(color), depth)),
        Some(color) => Some(named(color, depth)),
        None => style.dim.then(|| "status-metadata".to_owned()),
    }
}

/// A colour as Codex names it. Of the bright ones, only grey has no name.
fn named(color: Color, depth: Depth) -> String {
    match (depth, color.rgb, color.xterm) {
        (Depth::True, Some(rgb), _) => to_hex(rgb),
        (Depth::True | Depth::Ansi256, _, Some(index @ 16..)) => to_hex(xterm_rgb(index)),
        (_, _, index) => match index.filter(|index| *index < 16).unwrap_or(color.ansi) & 15 {
            8 => to_hex(xterm_rgb(8)),
            ansi => NAMES[usize::from(ansi & 7)].to_owned(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::text::Text;
    use crate::theme::{find, names};
    use proptest::prelude::*;

    /// A row of spans, on one line of few words: `{colour}` before text, `[` around a background, `<` a link.
    fn seen(node: &Value) -> String {
        let apart = if node["props"]["wrap"] == "wrap" { " / " } else { "" };
        let children = || node["children"].as_array().unwrap().iter().map(seen).collect::<Vec<_>>().join(apart);
        let props = &node["props"];
        match (node.as_str(), node["type"].as_str()) {
            (Some(text), _) => text.replace(BLANK, "_"),
            (_, Some("link")) => format!("<{} {}>", props["href"].as_str().unwrap(), children()),
            (_, Some("row")) => match props["background"].as_str() {
                Some(ground) => format!("[{ground} {}]", children()),
                None => format!("({})", children()),
            },
            _ if props == &json!({}) => children(),
            _ => {
                let words = props.as_object().unwrap().values();
                let words: Vec<_> = words.map(|word| word.as_str().unwrap_or("on").to_owned()).collect();
                format!("{{{}}}{}", words.join(" "), children())
            }
        }
    }

    fn look() -> Look {
        let mut look = Look::plain();
        let rgb = |r, g, b| Some(Color { rgb: Some((r, g, b)), xterm: Some(208), ansi: 3 });
        let ansi = |ansi| Some(Color { rgb: None, xterm: None, ansi });
        look.base = rgb(0, 0, 0).unwrap();
        let roles = look.roles.to_mut();
        let mut set = |role: Role, style: Style| roles[role as usize] = style;
        set(Role::Model, Style { fg: rgb(255, 135, 0), bold: true, ..Style::PLAIN });
        set(Role::Task, Style { fg: ansi(11), italic: true, underline: true, ..Style::PLAIN });
        set(Role::Dir, Style { fg: rgb(100, 100, 100), dim: true, ..Style::PLAIN });
        set(Role::Label, Style { dim: true, ..Style::PLAIN });
        set(Role::Cost, Style { fg: ansi(8), bg: ansi(1), ..Style::PLAIN });
        set(Role::State, Style { fg: rgb(1, 2, 3), reverse: true, ..Style::PLAIN });
        look
    }

    fn shown(row: Vec<Span>, depth: Depth) -> String {
        seen(&serde_json::from_str(&ui_tree(&[row], &look(), depth)).unwrap())
    }

    #[test]
    fn styles_become_properties() {
        let check = |role, depth, expected: &str| {
            assert_eq!(shown(vec![Span::fixed(role, "a b")], depth), format!("(({expected}))"), "{role:?} {depth:?}");
        };
        check(Role::Text, Depth::True, "a_b");
        check(Role::Model, Depth::True, "{#ff8700 bold}a_b");
        check(Role::Model, Depth::Ansi256, "{#ff8700 bold}a_b");
        check(Role::Model, Depth::Ansi16, "{yellow bold}a_b");
        check(Role::Model, Depth::None, "a_b");
        check(Role::Task, Depth::True, "{yellow on on}a_b");
        check(Role::Dir, Depth::True, "{#3c3c3c}a_b");
        check(Role::Label, Depth::True, "{status-metadata}a_b");
        check(Role::Cost, Depth::True, "[red {#7f7f7f}a_b]");
        check(Role::State, Depth::True, "[#010203 {#000000}a_b]");
    }

    #[test]
    fn lines_are_broken_between_groups() {
        let span = |role, text: &str| Span::new(role, text);
        let (gap, bar) = (span(Role::Text, " "), span(Role::Separator, "│"));
        let link = |address| Span { link: Link::new(address), ..span(Role::Text, "#1") };
        let row = vec![
            span(Role::Model, "M"),
            gap.clone(),
            span(Role::Text, "a b"),
            gap.clone(),
            bar,
            gap.clone(),
            link("https://example.org/a?b=1"),
            link("file:///etc"),
            span(Role::Text, "   "),
            span(Role::Text, "c"),
        ];
        let expected = "(({#ff8700 bold}M_a_b_│_ / <https://example.org/a?b=1 #1>#1___ / c))";
        assert_eq!(shown(row, Depth::True), expected);
        let band = |role, text: &str| Span { ground: Ground::Band(role), ..span(role, text) };
        let edge = |front, back| Span { ground: Ground::Edge { front, back, seam: "|" }, ..span(front, ">") };
        let row = vec![
            band(Role::Model, " M "),
            edge(Role::Model, Some(Role::Dir)),
            band(Role::Dir, " d "),
            edge(Role::Dir, None),
        ];
        let expected = "((([#ff8700 {#000000 bold}_M_][#646464 {#ff8700}>]) / ([#646464 {#000000}_d_]{#646464}>)))";
        assert_eq!(shown(row, Depth::True), expected);
    }

    #[test]
    fn nothing_is_drawn_without_rows() {
        assert_eq!(ui_tree(&[], &look(), Depth::True), "null");
    }

    /// Nodes that are not null, depth, and bytes of text.
    fn measured(node: &Value) -> (usize, usize, usize) {
        let children = node["children"].as_array().into_iter().flatten().map(measured);
        let add = |(n, d, t): (usize, usize, usize), (nodes, depth, text)| (n + nodes, d.max(depth + 1), t + text);
        children.fold((1, 0, node.as_str().map_or(0, str::len)), add)
    }

    fn any_span() -> impl Strategy<Value = Span> {
        let role = (0..Role::ALL.len()).prop_map(|role| Role::ALL[role]);
        let text = prop_oneof![Just(" ".to_owned()), "\\PC{0,8}", "[\"\\\\]{0,600}", "[a-z │]{0,900}"];
        let ground = (0..5, role.clone()).prop_map(|(kind, other)| (kind, other));
        (role, text, ground, any::<bool>()).prop_map(|(role, text, (kind, other), is_link)| {
            let ground = match kind {
                0 => Ground::Band(other),
                1 => Ground::Edge { front: role, back: Some(other), seam: "|" },
                _ => Ground::Terminal,
            };
            let address = format!("https://example.org/{}", "a".repeat(300));
            let link = Link::new(&address).filter(|_| is_link);
            Span { ground, link, ..Span::new(role, text) }
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]

        #[test]
        fn any_rows_are_within_the_limits_of_codex(
            rows in prop::collection::vec(prop::collection::vec(any_span(), 0..120), 0..5),
            theme in 0..names().count(),
        ) {
            let look = find(names().nth(theme).unwrap(), None).look;
            let json = ui_tree(&rows, &look, Depth::True);
            let tree: Value = serde_json::from_str(&json).unwrap();
            let (nodes, depth, text) = measured(&tree);
            prop_assert!(nodes <= 256 && depth <= 16 && text <= 16 * 1024 && json.len() <= 64 * 1024,
                "{nodes} {depth} {text} {}", json.len());
            prop_assert!(!json.contains(|c: char| c.is_control()));
            // All text is there, or a cut text ends in a mark.
            let mut all = String::new();
            let mut stack = vec![&tree];
            while let Some(node) = stack.pop() {
                all.extend(node.as_str());
                stack.extend(node["children"].as_array().into_iter().flatten().rev());
            }
            let spans = rows.iter().take(MAX_ROWS).flatten().filter(|span| !span.text.as_str().is_empty());
            let whole: String = spans.map(|span| run(span, &look, Depth::True).text.replace(' ', BLANK)).collect();
            let start = all.strip_suffix(ELLIPSIS).unwrap_or(&all);
            prop_assert!(all == whole || whole.starts_with(start));
            let unlimited = Room { nodes: usize::MAX, text: usize::MAX, json: usize::MAX };
            let uncut = super::tree(&rows, &look, Depth::True, unlimited);
            let (nodes, _, text) = measured(&serde_json::from_str(&uncut).unwrap());
            let is_too_large = nodes > 249 || text > Room::ALL.text || uncut.len() > Room::ALL.json;
            prop_assert!(all == whole || is_too_large, "cut without need: {nodes} {text} {}", uncut.len());
        }
    }

    #[test]
    fn text_is_as_the_sanitiser_left_it() {
        let row = vec![Span { text: Text::new("a\u{1b}[31mb\nc"), ..Span::fixed(Role::Text, "") }];
        assert!(!shown(row, Depth::True).contains(['\u{1b}', '\n']));
    }
}
