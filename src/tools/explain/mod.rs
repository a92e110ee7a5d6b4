//! `bridgeline explain`: of each segment of the rows what it shows, from where, how old that is, and why it is
//! shortened, left out or absent. Reads what a render reads, and writes nothing.
//!
//! Promise: fails when there is no session to explain.

mod origin;

use std::io::{self, IsTerminal};
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, bail};
use serde_json::{Value, json};

use self::origin::{Origin, Origins};
use super::report::{self, age, cell};
use crate::agent::Status;
use crate::base::stdin;
use crate::base::text::Text;
use crate::base::width::cut;
use crate::cli::Explain;
use crate::config::{self, Config, Group, Invocation, Row};
use crate::layout;
use crate::line;
use crate::segment::{Cx, Form, Role, Settings, Span};
use crate::session::cache::{self, Cache};
use crate::snapshot::Snapshot;
use crate::store::SessionId;

/// Version of the JSON object: it grows when a key changes its meaning or goes.
const VERSION: u64 = 1;

/// Columns of a segment's text in a report.
const TEXT: usize = 60;

/// Columns of one of its values.
const VALUE: usize = 30;

/// Prints it.
pub fn run(explain: &Explain, call: &Invocation) -> anyhow::Result<()> {
    let Invocation { env, paths, flags } = call;
    let Subject { status, cache, age } = Subject::find(explain, call)?;
    let project = config::project(&status);
    let config = Config::load(flags, env, paths, project.as_deref()).for_host(&status, env);
    let origins = Origins::new(&status, env, paths, age, &cache);
    let snapshot = Snapshot::new(status, env, paths, (cache.history, cache.listings));
    let rows: Vec<Explained> = explained(&snapshot, &config, &origins);
    if explain.json {
        return report::print(&format!("{:#}\n", to_json(&rows, &snapshot, &config, age)));
    }
    report::print_lines(&to_lines(&rows, &snapshot, &config, age), &config, flags)
}

/// The session that is explained.
struct Subject {
    status: Status,
    /// What is kept of it.
    cache: Cache,
    /// Of its payload. `None` when its time makes no sense.
    age: Option<Duration>,
}

impl Subject {
    fn find(explain: &Explain, call: &Invocation) -> anyhow::Result<Self> {
        let Invocation { env, paths, .. } = call;
        if let Some(payload) = payload_on_stdin(explain) {
            let status = call.status(&payload);
            let status = status.context("standard input holds no payload of an agent")?;
            let id = status.session_id.as_deref().and_then(SessionId::new);
            let place = id.zip(paths.state.as_deref());
            let cache =
                place.and_then(|(id, state)| Cache::read(&cache::CACHE.path(state, &id))).unwrap_or_default();
            return Ok(Subject { status, cache, age: Some(Duration::ZERO) });
        }
        let state = paths.state.as_deref().context("there is no home: set BRIDGELINE_STATE_DIR")?;
        let here = env.current_dir();
        let here = here.as_deref().and_then(Path::to_str);
        let cache = match explain.session.as_deref() {
            Some(id) => cache::named(id, state),
            None => {
                cache::newest(state).find(|cache| cache.payload.is_some() && cache.cwd.as_deref() == here)
            }
        };
        let folder = Text::new(cache::folder(state).to_string_lossy());
        let Some(cache) = cache else {
            match &explain.session {
                Some(id) => bail!("session {}: not found in {folder}", Text::new(id)),
                None => bail!(
                    "no session of this directory is in {folder}: --session last takes the newest of all, or pipe a payload in"
                ),
            }
        };
        cache.payload.as_ref().context("its last payload was too large to be kept")?;
        let status = cache.status();
        let age = cache.age(env.now);
        Ok(Subject { status: status.context("its last payload says nothing that is known")?, age, cache })
    }
}

/// `None` when there is none, or a session is named.
fn payload_on_stdin(explain: &Explain) -> Option<String> {
    if explain.session.is_some() || io::stdin().is_terminal() {
        return None;
    }
    let delivery = stdin::payload();
    Some(delivery.text).filter(|text| !text.trim().is_empty())
}

/// A row and what became of its segments.
struct Explained {
    text: String,
    columns: usize,
    /// Why it is not shown. `None` when it is.
    hidden: Option<String>,
    segments: Vec<Part>,
}

/// A segment and what became of it.
struct Part {
    name: String,
    kind: &'static str,
    fate: Fate,
    /// What it shows, or would.
    text: String,
    /// Which of its forms that is, from 1, and how many differ; 0 of 0 where nothing was to be shown.
    form: (usize, usize),
    values: Vec<Named>,
    /// Why it is not shown in its longest form.
    reason: Option<String>,
}

/// A name in a format and what it stands for.
struct Named {
    name: String,
    /// `None` when it has no value.
    text: Option<String>,
    origin: Origin,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Shown,
    Shortened,
    Dropped,
    Absent,
}

impl Fate {
    fn word(self) -> &'static str {
        match self {
            Fate::Shown => "shown",
            Fate::Shortened => "shortened",
            Fate::Dropped => "dropped",
            Fate::Absent => "absent",
        }
    }

    fn role(self) -> Role {
        match self {
            Fate::Shown => Role::PrApproved,
            Fate::Shortened => Role::ContextNotice,
            Fate::Dropped => Role::ContextWarning,
            Fate::Absent => Role::Label,
        }
    }
}

fn explained(snapshot: &Snapshot, config: &Config, origins: &Origins) -> Vec<Explained> {
    let mut rows: Vec<Explained> =
        config.rows.iter().map(|row| explained_row(row, snapshot, config, origins)).collect();
    let most = snapshot.status.max_rows.unwrap_or(usize::MAX);
    let full = rows.iter_mut().filter(|row| row.hidden.is_none()).skip(most);
    full.for_each(|row| row.hidden = Some(format!("{} shows no more than {most}", snapshot.status.agent)));
    rows
}

fn explained_row(row: &Row, snapshot: &Snapshot, config: &Config, origins: &Origins) -> Explained {
    let (mut items, shown) = line::items(snapshot, row, config);
    let columns = line::columns(row, config);
    // Shorter forms count only where there is no room for the longest.
    let fits = layout::columns_of_items(&items, &config.decor) <= columns;
    layout::choose(&mut items, columns, &config.decor);
    let part = |settings: &Settings| {
        let cx = config.cx(snapshot, settings);
        let mut part = Part {
            name: settings.name().to_owned(),
            kind: settings.kind.name,
            fate: Fate::Absent,
            text: String::new(),
            form: (0, 0),
            values: values(&cx, origins),
            reason: None,
        };
        // One segment can stand in a row twice; both are alike.
        let Some(at) = shown.iter().position(|other| std::ptr::eq(*other, settings)) else {
            part.reason = Some(why_absent(&cx, &part.values, origins));
            return part;
        };
        let chosen = items[at].chosen();
        let forms = if fits { &items[at].forms()[..1] } else { items[at].forms() };
        let form = chosen.unwrap_or(forms.len() - 1);
        part.text = text(&forms[form]);
        part.form = (form + 1, forms.len());
        (part.fate, part.reason) = match chosen {
            None if part.text.is_empty() => (Fate::Absent, Some("nothing of it can be shown".to_owned())),
            None => (
                Fate::Dropped,
                Some(format!("for want of room, priority {} being the lowest", settings.priority)),
            ),
            Some(0) => (Fate::Shown, origins.failure(&cx)),
            Some(form) => {
                (Fate::Shortened, Some(format!("form {} of {}, for want of room", form + 1, forms.len())))
            }
        };
        part
    };
    let segments: Vec<Part> = row.groups.iter().flat_map(Group::segments).map(part).collect();
    let text = line::plain(&line::joined(items, row, config));
    let hidden = match () {
        () if segments.is_empty() => Some("it has no segments".to_owned()),
        () if text.trim().is_empty() => Some("none of its segments has anything to show".to_owned()),
        () => None,
    };
    Explained { text, columns, hidden, segments }
}

fn text(form: &Form) -> String {
    form.spans.iter().map(|span| span.text.as_str()).collect()
}

/// The names that the formats of a segment use, in their order.
fn values(cx: &Cx, origins: &Origins) -> Vec<Named> {
    // Icons and the like are no news.
    let is_own = |name: &&str| cx.settings.kind.fields.iter().any(|own| own.name == *name);
    let formats =
        cx.settings.formats.iter().map(|format| format.fields().into_iter().filter(is_own).collect());
    let mut formats: Vec<Vec<&str>> = formats.collect();
    // A format of which nothing is known is for when the others have nothing.
    let is_known = |fields: &Vec<&str>| fields.iter().any(|name| cx.value(name).is_some());
    if formats.iter().any(is_known) {
        formats.retain(is_known);
    }
    let mut names: Vec<&str> = Vec::new();
    for name in formats.into_iter().flatten() {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    let named = |name: &str| {
        let value = cx.value(name);
        let origin = origins.of(cx, name);
        Named { name: name.to_owned(), text: value.map(|value| value.as_text()), origin }
    };
    names.into_iter().map(named).collect()
}

/// Why a segment has nothing to show.
fn why_absent(cx: &Cx, values: &[Named], origins: &Origins) -> String {
    let holds = cx.settings.hide_when.iter().find(|condition| condition.holds(|name| cx.value(name)));
    if let Some(condition) = holds {
        return format!("hidden while `{}`", condition.source);
    }
    if cx.settings.formats.is_empty() {
        return "it has no format".to_owned();
    }
    let missing: Vec<&str> =
        values.iter().filter(|named| named.text.is_none()).map(|named| named.name.as_str()).collect();
    match missing.len() {
        0 => "its format shows nothing".to_owned(),
        count if count == values.len() => origins.why_not(cx),
        _ => format!("no {}: {}", missing.join(", "), origins.why_not(cx)),
    }
}

fn to_lines(
    rows: &[Explained],
    snapshot: &Snapshot,
    config: &Config,
    payload_age: Option<Duration>,
) -> Vec<Vec<Span>> {
    let status = &snapshot.status;
    let session = status.session_id.as_deref().unwrap_or("without id");
    let head = format!("session {session} of {}, payload {}", status.agent, age(payload_age));
    let mut lines = vec![vec![Span::new(Role::Session, head)]];
    for (number, row) in rows.iter().enumerate() {
        let why = row.hidden.as_ref().map(|why| format!(": not shown, {why}")).unwrap_or_default();
        let heading =
            format!("row {} in {} columns ({}){why}", number + 1, row.columns, config.reasons.width);
        lines.push(vec![Span::new(Role::Model, heading)]);
        if row.hidden.is_none() {
            lines.push(vec![Span::new(Role::Text, format!("  {}", row.text))]);
        }
        lines.extend(row.segments.iter().map(line));
    }
    if !config.warnings.is_empty() {
        let text =
            "config or theme have mistakes: `bridgeline config check` and `bridgeline doctor` list them";
        lines.push(vec![Span::fixed(Role::ContextWarning, text)]);
    }
    lines
}

fn line(part: &Part) -> Vec<Span> {
    let mut line = vec![
        Span::fixed(Role::Text, "  "),
        cell(part.fate.role(), part.fate.word(), 9),
        cell(Role::Label, &part.name, 11),
    ];
    let mut between = "";
    if part.fate != Fate::Absent {
        line.push(Span::new(Role::Text, cut(&part.text, TEXT)));
        between = "  ";
        let mut origins: Vec<String> = Vec::new();
        let told = part.values.iter().filter(|named| named.text.is_some());
        for text in told.map(|named| named.origin.in_words()) {
            if !origins.contains(&text) {
                origins.push(text);
            }
        }
        let named = part.values.iter().filter_map(|named| Some((&named.name, named.text.as_deref()?)));
        let named: Vec<String> = named
            .filter(|(_, text)| *text != part.text)
            .map(|(name, text)| format!("{name} {}", cut(text, VALUE)))
            .collect();
        if !named.is_empty() {
            line.push(Span::new(Role::Label, format!("  ({})", named.join(", "))));
        }
        if !origins.is_empty() {
            line.push(Span::new(Role::Label, format!("  from {}", origins.join(" and "))));
        }
        let lacking: Vec<&str> = part
            .values
            .iter()
            .filter(|named| named.text.is_none())
            .map(|named| named.name.as_str())
            .collect();
        if !lacking.is_empty() {
            line.push(Span::new(Role::Label, format!("; without {}", lacking.join(", "))));
        }
        if part.reason.is_some() {
            between = "; ";
        }
    }
    if let Some(reason) = &part.reason {
        line.push(Span::new(part.fate.role(), format!("{between}{reason}")));
    }
    line
}

fn to_json(rows: &[Explained], snapshot: &Snapshot, config: &Config, payload_age: Option<Duration>) -> Value {
    let clean = |text: &str| Text::new(text).as_str().to_owned();
    let seconds = |age: Option<Duration>| age.map(|age| age.as_secs());
    let named = |named: &Named| {
        json!({
            "name": named.name,
            "text": named.text,
            "source": named.origin.source,
            "path": named.origin.path.as_ref().map(|path| clean(&path.to_string_lossy())),
            "age_s": seconds(named.origin.age),
            "took_ms": named.origin.took_ms,
        })
    };
    let segment = |part: &Part| {
        json!({
            "name": clean(&part.name),
            "kind": part.kind,
            "fate": part.fate.word(),
            "text": part.text,
            "form": part.form.0,
            "forms": part.form.1,
            "values": part.values.iter().map(named).collect::<Vec<_>>(),
            "reason": part.reason.as_deref().map(clean),
        })
    };
    let row = |row: &Explained| {
        json!({
            "text": row.text,
            "columns": row.columns,
            "hidden": row.hidden,
            "segments": row.segments.iter().map(segment).collect::<Vec<_>>(),
        })
    };
    json!({
        "schema": "bridgeline.explain",
        "version": VERSION,
        "session": snapshot.status.session_id.as_deref().map(clean),
        "agent": snapshot.status.agent,
        "payload_age_s": seconds(payload_age),
        "columns": config.width,
        "columns_by": config.reasons.width,
        "rows": rows.iter().map(row).collect::<Vec<_>>(),
        "mistakes": config.warnings.len(),
    })
}
