//! A report for people: a table that fits its terminal. Libraries wrap or cut tables that are too wide; this one tries
//! shapes with less and less detail, so it has its own layout.

use itertools::Itertools;

use crate::base::{format, width};
use crate::segment::bar::fill;
use crate::segment::{Icons, Role, Span};
use crate::spending::tokens::Spent;
use crate::tools::report::wrapped;

const GAP: &str = "  ";

/// Cells of a bar.
const CELLS: usize = 10;

/// Columns of a percentage with the space before it.
const SHARE: usize = 5;

/// Columns that a name may take before others are left out for it.
const NAME: usize = 26;

/// A report for people.
pub(super) struct Table {
    pub(super) names: Vec<NameColumn>,
    pub(super) rows: Vec<TableRow>,
    pub(super) total: Spent,
    /// Lines below it.
    pub(super) notes: Vec<String>,
}

/// A column of names.
pub(super) struct NameColumn {
    title: String,
    role: Role,
    /// Columns that a name keeps at its end when it is too long.
    keeps: usize,
}

pub(super) struct TableRow {
    /// One for each column, at least the first.
    pub(super) names: Vec<String>,
    /// `None` if there is nothing to count.
    pub(super) spent: Option<Spent>,
    /// A part of the row above.
    pub(super) is_part: bool,
}

impl NameColumn {
    /// The column of a key.
    pub(super) fn new(key: &str) -> Self {
        let role = match key {
            "session" => Role::Session,
            "project" => Role::Dir,
            "model" | "models" => Role::Model,
            "agent" => Role::Agent,
            _ => Role::Text,
        };
        let title = format!("{}{}", key[..1].to_uppercase(), &key[1..]);
        let keeps = match key {
            "project" => usize::MAX,
            "session" => " (1a2b3c4d)".len(),
            _ => 0,
        };
        NameColumn { title, role, keeps }
    }

    fn cut(&self, name: &str, columns: usize) -> String {
        if width::width(name) <= columns {
            return name.to_owned();
        }
        let kept = match self.keeps {
            usize::MAX => columns - 1,
            keeps if keeps * 2 < columns => keeps,
            _ => 0,
        };
        let end = width::cut_start(name, kept + 1);
        let end = end.trim_start_matches('…');
        width::cut(name, columns - width::width(end)) + end
    }
}

/// A count of a row, for people and for programs.
pub(super) struct Count {
    /// Its name for programs.
    pub(super) name: &'static str,
    /// Its titles for people, the second above short numbers.
    titles: [&'static str; 2],
    pub(super) of: fn(&Spent) -> u64,
}

/// The last is the sum of all before it except the first.
pub(super) const COUNTS: [Count; 6] = [
    Count { name: "messages", titles: ["Messages", "Messages"], of: |spent| spent.messages },
    Count { name: "input_tokens", titles: ["Input", "Input"], of: |spent| spent.tokens.input },
    Count { name: "output_tokens", titles: ["Output", "Output"], of: |spent| spent.tokens.output },
    Count { name: "cache_write_tokens", titles: ["Cache write", "Write"], of: |spent| spent.tokens.cache_write() },
    Count { name: "cache_read_tokens", titles: ["Cache read", "Read"], of: |spent| spent.tokens.cache_read },
    Count { name: "total_tokens", titles: ["Total tokens", "Tokens"], of: |spent| spent.tokens.total() },
];

/// A way to show a table.
struct GridShape {
    is_short: bool,
    /// The first of [`COUNTS`] that is shown.
    from: usize,
    has_bars: bool,
}

/// From the one with the most detail.
const SHAPES: [GridShape; 7] = [
    GridShape { is_short: false, from: 1, has_bars: true },
    GridShape { is_short: true, from: 1, has_bars: true },
    GridShape { is_short: false, from: 1, has_bars: false },
    GridShape { is_short: true, from: 1, has_bars: false },
    GridShape { is_short: true, from: 5, has_bars: true },
    GridShape { is_short: true, from: 5, has_bars: false },
    GridShape { is_short: true, from: 6, has_bars: false },
];

impl Table {
    /// Its lines, no wider than `columns`: numbers are shortened first, then bars are dropped, then counts that are
    /// included in another are dropped, then that one; then a name makes room for all that again. Names are cut to what
    /// is left, at first those beyond [`NAME`]. Without a terminal (`None`) there are no bars.
    pub(super) fn lines(&self, columns: Option<usize>, icons: Icons) -> Vec<Vec<Span>> {
        if self.rows.is_empty() {
            return vec![vec![Span::fixed(Role::Text, "no usage in this period")]];
        }
        let has_bars = columns.is_some() && self.total.cost_usd > 0.0;
        let columns = columns.unwrap_or(usize::MAX);
        let shapes = SHAPES.iter().filter(|shape| has_bars || !shape.has_bars);
        let shapes = (1..=self.names.len()).rev().cartesian_product(shapes);
        let mut grids = shapes.map(|(names, shape)| Grid::new(self, names, shape, icons));
        let mut grid = grids.next().expect("some shapes have no bars");
        while grid.width(NAME) > columns
            && let Some(narrower) = grids.next()
        {
            grid = narrower;
        }
        grid.cut_names(columns);
        let notes = self.notes.iter().flat_map(|note| wrapped(&[Span::new(Role::Label, note)], columns));
        grid.lines().into_iter().chain(notes).collect()
    }
}

/// A table in one of its shapes.
struct Grid<'a> {
    names: &'a [NameColumn],
    icons: Icons,
    /// Header, rows and total: names, counts and the cost.
    cells: Vec<Vec<String>>,
    /// Columns of each of these.
    widths: Vec<usize>,
    /// Share of the total cost in percent, for rows that are not parts of another. Empty without bars.
    shares: Vec<Option<f64>>,
    /// Rows that are parts of others.
    parts: Vec<bool>,
}

impl<'a> Grid<'a> {
    fn new(table: &'a Table, names: usize, shape: &GridShape, icons: Icons) -> Self {
        let names = &table.names[..names];
        let counts = &COUNTS[shape.from..];
        let line = |keys: &[String], spent: Option<&Spent>, indent: &str| -> Vec<String> {
            let count = |of: u64| if shape.is_short { format::compact(of as f64) } else { grouped(of) };
            let name = |at: usize| keys.get(at).map(|key| [if at == 0 { indent } else { "" }, key].concat());
            let keys = (0..names.len()).map(|at| name(at).unwrap_or_default());
            let counts = counts.iter().map(|kind| spent.map(|spent| count((kind.of)(spent))).unwrap_or_default());
            keys.chain(counts).chain([spent.map(cost).unwrap_or_default()]).collect()
        };
        let titles = names
            .iter()
            .map(|name| name.title.clone())
            .chain(counts.iter().map(|it| it.titles[usize::from(shape.is_short)].to_owned()));
        let header = titles.chain(["Cost".to_owned()]).collect();
        let row = |row: &TableRow| line(&row.names, row.spent.as_ref(), if row.is_part { GAP } else { "" });
        let total = line(&["Total".to_owned()], Some(&table.total), "");
        let share =
            |row: &TableRow| Some(row.spent?.known_cost_usd()? / table.total.cost_usd * 100.0).filter(|_| !row.is_part);
        let shares = table.rows.iter().filter(|_| shape.has_bars).map(share);
        let cells: Vec<Vec<_>> = [header].into_iter().chain(table.rows.iter().map(row)).chain([total]).collect();
        let widest = |column: usize| cells.iter().map(|row| width::width(&row[column])).max().unwrap_or(0);
        Grid {
            names,
            icons,
            widths: (0..names.len() + counts.len() + 1).map(widest).collect(),
            cells,
            shares: shares.collect(),
            parts: table.rows.iter().map(|row| row.is_part).collect(),
        }
    }

    /// Its columns, if no name has more than `limit`.
    fn width(&self, limit: usize) -> usize {
        let (names, counts) = self.widths.split_at(self.names.len());
        let bar = if self.shares.is_empty() { 0 } else { GAP.len() + self.bar_width() + SHARE };
        let names: usize = names.iter().map(|width| limit.min(*width)).sum();
        names + counts.iter().sum::<usize>() + GAP.len() * (self.widths.len() - 1) + bar
    }

    fn bar_width(&self) -> usize {
        CELLS * width::width(&fill(100.0, 1, self.icons))
    }

    fn cut_names(&mut self, columns: usize) {
        if self.width(usize::MAX) <= columns {
            return;
        }
        let limit = (1..=columns).rev().find(|limit| self.width(*limit) <= columns).unwrap_or(1);
        for (column, name) in self.names.iter().enumerate() {
            self.widths[column] = limit.min(self.widths[column]);
            self.cells.iter_mut().for_each(|row| row[column] = name.cut(&row[column], limit));
        }
    }

    fn lines(&self) -> Vec<Vec<Span>> {
        let rule = if self.icons == Icons::Ascii { "-" } else { "─" };
        let rule = vec![Span::drawn(Role::Separator, rule.repeat(self.width(usize::MAX) / width::width(rule)))];
        let mut lines: Vec<_> = (0..self.cells.len()).map(|row| self.line(row)).collect();
        lines.insert(lines.len() - 1, rule.clone());
        lines.insert(1, rule);
        lines
    }

    fn line(&self, row: usize) -> Vec<Span> {
        let mut line = Vec::new();
        for (column, (cell, width)) in self.cells[row].iter().zip(&self.widths).enumerate() {
            let space = " ".repeat(width - width::width(cell));
            let gap = if column == 0 { "" } else { GAP };
            let text = if column < self.names.len() { [gap, cell, &space] } else { [gap, &space, cell] };
            line.push(Span::new(self.role(row, column), text.concat()));
        }
        let at = row.checked_sub(1);
        if row == 0 && !self.shares.is_empty() {
            line.push(Span::fixed(Role::Label, "  Share"));
        } else if let Some(Some(share)) = at.and_then(|at| self.shares.get(at)) {
            let fill = fill(*share, CELLS, self.icons);
            let space = " ".repeat(self.bar_width() - width::width(&fill));
            line.push(Span::drawn(Role::Cost, format!("{GAP}{fill}{space}")));
            line.push(Span::new(Role::Label, format!("{:>SHARE$}", format::percent(*share))));
        }
        while let Some(last) = line.last_mut() {
            last.text.trim_end();
            if !last.is_blank() {
                break;
            }
            line.pop();
        }
        line
    }

    fn role(&self, row: usize, column: usize) -> Role {
        let is_part = row.checked_sub(1).and_then(|at| self.parts.get(at)) == Some(&true);
        match self.names.get(column) {
            _ if row == 0 => Role::Label,
            Some(_) if is_part => Role::Model,
            Some(_) if row + 1 == self.cells.len() => Role::Text,
            Some(name) => name.role,
            None if column + 1 == self.cells[row].len() => Role::Cost,
            None => Role::Tokens,
        }
    }
}

/// `+` if some of it has no known price, `–` if all of it has none.
pub(super) fn cost(spent: &Spent) -> String {
    spent.known_cost_usd().map_or_else(|| "–".to_owned(), |usd| format::usd_known(usd, spent.unpriced))
}

/// A count with commas between groups of three digits.
fn grouped(count: u64) -> String {
    let digits = count.to_string();
    digits.as_bytes().rchunks(3).rev().map(String::from_utf8_lossy).join(",")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::line::plain;
    use crate::spending::tokens::Tokens;
    use proptest::prelude::*;

    fn table(names: &[&str], spent: Spent) -> Table {
        let row = |name: &&str| {
            let names = vec![(*name).to_owned(), format!("{name} of a project")];
            TableRow { names, spent: Some(spent), is_part: false }
        };
        let mut total = Spent::default();
        names.iter().for_each(|_| total += spent);
        let columns = ["session", "project"].map(NameColumn::new);
        Table { names: columns.into(), rows: names.iter().map(row).collect(), total, notes: Vec::new() }
    }

    fn text(table: &Table, columns: Option<usize>, icons: Icons) -> String {
        table.lines(columns, icons).iter().map(|line| plain(line) + "\n").collect()
    }

    #[test]
    fn a_table_fits_its_terminal() {
        let tokens = Tokens {
            input: 1_234_567,
            output: 12_345,
            cache_write_5m: 900,
            cache_write_1h: 99,
            cache_read: 88_123_456,
        };
        let spent = Spent { messages: 3, tokens, cost_usd: 12.345, unpriced: 0 };
        let table = table(&["11111111-2222-3333-4444-555555555555"], spent);
        let text = |columns| text(&table, columns, Icons::Text);
        let header = |columns| {
            let text = text(columns);
            let words = text.lines().next().unwrap().split("  ").map(str::trim).filter(|word| !word.is_empty());
            words.collect::<Vec<_>>().join("|")
        };
        let all = "Session|Project|Input|Output|Cache write|Cache read|Total tokens|Cost";
        assert_eq!(header(None), all);
        assert_eq!(header(Some(200)), format!("{all}|Share"));
        assert!(text(Some(200)).contains("  1,234,567  12,345  "));
        let short = "Session|Project|Input|Output|Write|Read|Tokens|Cost";
        assert_eq!(header(Some(120)), format!("{short}|Share"));
        assert!(text(Some(120)).contains("   1.2M     12k  "), "{}", text(Some(120)));
        assert_eq!(header(Some(100)), short);
        assert_eq!(header(Some(90)), "Session|Project|Tokens|Cost|Share");
        assert_eq!(header(Some(75)), "Session|Project|Tokens|Cost");
        assert_eq!(header(Some(65)), "Session|Project|Cost");
        let cut = "11111111-2222-3…55555555555  …-555555555555 of a project  $12.35";
        assert!(text(Some(65)).contains(cut), "{}", text(Some(65)));
        assert_eq!(header(Some(60)), "Session|Tokens|Cost|Share");
        assert_eq!(header(Some(42)), "Session|Tokens|Cost");
        assert_eq!(header(Some(41)), "Session|Cost");
        assert!(text(Some(30)).contains("11111111-2222-3333-44…  $12.35"), "{}", text(Some(30)));
    }

    #[test]
    fn a_long_name_leaves_room_for_counts_and_notes_go_on_in_the_next_line() {
        let spent = Spent { messages: 1, cost_usd: 1.0, ..Spent::default() };
        let mut table = table(&[&format!("{} (1a2b3c4d)", "a".repeat(100)), "b"], spent);
        table.notes = vec![
            "a note of some length, which is worth reading to its very end, as each note of a report is".to_owned(),
        ];
        let text = text(&table, Some(85), Icons::Text);
        assert!(text.contains("aaa…(1a2b3c4d)  …") && text.contains("  Tokens  "), "{text}");
        assert!(text.contains(" as each note of a \n    report is"), "{text}");
    }

    #[test]
    fn shares_are_bars_and_parts_stand_below() {
        let spent = |usd| Spent { messages: 1, cost_usd: usd, ..Spent::default() };
        let row =
            |name: &str, usd, is_part| TableRow { names: vec![name.to_owned()], spent: Some(spent(usd)), is_part };
        let unknown = Spent { messages: 1, unpriced: 1, ..Spent::default() };
        let unknown = TableRow { spent: Some(unknown), ..row("2026-11-25", 0.0, false) };
        let rows = vec![row("2026-11-23", 3.0, false), row("Opus", 3.0, true), row("2026-11-24", 1.0, false), unknown];
        let table =
            Table { names: vec![NameColumn::new("day")], rows, total: spent(4.0), notes: vec!["a note".into()] };
        let expected = "\
Day         Tokens   Cost  Share
──────────────────────────────────────────
2026-11-23       0  $3.00  ███████▌    75%
  Opus           0  $3.00
2026-11-24       0  $1.00  ██▌         25%
2026-11-25       0      –
──────────────────────────────────────────
Total            0  $4.00
a note
";
        assert_eq!(text(&table, Some(50), Icons::Text), expected);
        let ascii = text(&table, Some(50), Icons::Ascii);
        assert!(ascii.replace('–', "").is_ascii() && ascii.contains("$3.00  ########    75%\n"), "{ascii}");
        let roles: Vec<Role> = table.lines(Some(50), Icons::Text)[3].iter().map(|span| span.role).collect();
        assert_eq!(roles, [Role::Model, Role::Tokens, Role::Cost]);
    }

    #[test]
    fn a_cost_says_how_sure_it_is() {
        let check = |messages, unpriced, cost_usd, expected: &str| {
            assert_eq!(cost(&Spent { messages, unpriced, cost_usd, ..Spent::default() }), expected);
        };
        check(3, 0, 1.5, "$1.50");
        check(3, 1, 1.5, "$1.50+");
        check(3, 3, 0.0, "–");
        // An agent's own cost.
        check(3, 3, 1.5, "$1.50+");
        check(0, 0, 1.5, "$1.50");
    }

    #[test]
    fn counts_are_grouped() {
        let check = |count, expected: &str| assert_eq!(grouped(count), expected);
        check(0, "0");
        check(999, "999");
        check(1_000, "1,000");
        check(u64::MAX, "18,446,744,073,709,551,615");
    }

    proptest! {
        #[test]
        fn no_table_is_wider_than_the_terminal(names in proptest::collection::vec("\\PC{0,40}", 1..4), columns in 20..200_usize, count in 0..u64::MAX / 8) {
            let names: Vec<_> = names.iter().map(|name| crate::base::text::Text::new(name.as_str()).as_str().to_owned()).collect();
            let names: Vec<_> = names.iter().map(String::as_str).collect();
            let tokens = Tokens { input: count, cache_read: count, ..Tokens::default() };
            let spent = Spent { messages: 1, tokens, cost_usd: count as f64, unpriced: 0 };
            for line in text(&table(&names, spent), Some(columns), Icons::Text).lines() {
                prop_assert!(width::width(line) <= columns, "{line:?}");
            }
        }
    }
}
