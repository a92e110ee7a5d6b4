//! A theme file: a palette, and roles that use it. One bad key costs that key. Read when this
//! program is built for the embedded themes, and at run time for the user's.

use std::collections::BTreeMap;

use toml::{Table, Value};

use super::Role;
use super::look::{Background, Color, Depth, Look, Style};

/// What came of a theme file, and what was wrong with it.
pub struct Loaded {
    /// The theme; roles that could not be read are plain.
    pub look: Look,
    /// One sentence for each thing that was left out.
    pub warnings: Vec<String>,
}

/// The theme that `source` builds on.
pub fn parent(source: &str) -> Option<String> {
    let table: Table = source.parse().ok()?;
    Some(table.get("inherits")?.as_str()?.to_owned())
}

/// Resolves a theme. `sources` begin with the file itself and go on with those that it builds on:
/// the first that names a colour or a role decides.
pub fn resolve(sources: &[&str]) -> Loaded {
    let mut warnings = Vec::new();
    let mut tables = Vec::new();
    for source in sources {
        match source.parse::<Table>() {
            Ok(table) => tables.push(table),
            Err(err) => warnings.push(format!("not used, it is no TOML: {}", err.message())),
        }
    }
    let mut look = Look::plain();
    let palette = palette(&tables, &mut warnings);
    look.base = palette.get("base").copied().unwrap_or(Color::BLACK);
    let mut roles = BTreeMap::new();
    for (name, value) in section(&tables, "roles") {
        if !Role::ALL.iter().any(|role| is_or_is_above(name, role.name())) {
            warnings.push(format!("roles.{name}: no such role"));
        }
        match style(value, &palette) {
            Ok(style) => _ = roles.insert(name, style),
            Err(why) => warnings.push(format!("roles.{name}: {why}")),
        }
    }
    for role in Role::ALL {
        look.roles[*role as usize] = fallback(role.name(), &roles);
    }
    for table in tables.iter().rev() {
        for (key, value) in table {
            if let Err(why) = set(&mut look, key, value) {
                warnings.push(format!("{key}: {why}"));
            }
        }
    }
    Loaded { look, warnings }
}

/// Keys of the file itself.
fn set(look: &mut Look, key: &str, value: &Value) -> Result<(), String> {
    match (key, value.as_str()) {
        ("palette" | "roles", _) if value.is_table() => {}
        ("inherits" | "about", Some(_)) => {}
        ("background", Some("dark")) => look.background = Background::Dark,
        ("background", Some("light")) => look.background = Background::Light,
        ("depth", Some("16")) => look.depth = Some(Depth::Ansi16),
        ("depth", Some("256")) => look.depth = Some(Depth::Ansi256),
        ("depth", Some("truecolor")) => look.depth = Some(Depth::True),
        ("background", _) => return Err("expected \"dark\" or \"light\"".to_owned()),
        ("depth", _) => return Err("expected \"16\", \"256\" or \"truecolor\"".to_owned()),
        ("palette" | "roles", _) => return Err("expected a table".to_owned()),
        ("inherits" | "about", _) => return Err("expected a string".to_owned()),
        _ => return Err("no such key".to_owned()),
    }
    Ok(())
}

/// The entries of a table, the first file's before those of what it builds on.
fn section<'a>(tables: &'a [Table], name: &str) -> BTreeMap<&'a str, &'a Value> {
    let mut entries = BTreeMap::new();
    for table in tables.iter().filter_map(|table| table.get(name)?.as_table()) {
        for (key, value) in table {
            entries.entry(key.as_str()).or_insert(value);
        }
    }
    entries
}

fn palette<'a>(tables: &'a [Table], warnings: &mut Vec<String>) -> BTreeMap<&'a str, Color> {
    let mut palette = BTreeMap::new();
    for (name, value) in section(tables, "palette") {
        match color(value) {
            Ok(color) => _ = palette.insert(name, color),
            Err(why) => warnings.push(format!("palette.{name}: {why}")),
        }
    }
    palette
}

/// The style of a role: its own, else that of its name without the last dotted part.
fn fallback(name: &str, roles: &BTreeMap<&str, Style>) -> Style {
    let above = || name.rsplit_once('.').map(|(above, _)| fallback(above, roles));
    roles.get(name).copied().or_else(above).unwrap_or(Style::PLAIN)
}

fn is_or_is_above(name: &str, role: &str) -> bool {
    role.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// The name of a colour, or a table of colours and attributes.
fn style(value: &Value, palette: &BTreeMap<&str, Color>) -> Result<Style, String> {
    let named = |value: &Value| match value.as_str() {
        Some(name) if palette.contains_key(name) => Ok(palette[name]),
        _ => color(value),
    };
    let Some(table) = value.as_table() else {
        return Ok(Style { fg: Some(named(value)?), ..Style::PLAIN });
    };
    let mut style = Style::PLAIN;
    for (key, value) in table {
        let flag = match key.as_str() {
            "fg" => {
                style.fg = Some(named(value)?);
                continue;
            }
            "bg" => {
                style.bg = Some(named(value)?);
                continue;
            }
            "bold" => &mut style.bold,
            "dim" => &mut style.dim,
            "italic" => &mut style.italic,
            "underline" => &mut style.underline,
            "reverse" => &mut style.reverse,
            "strikethrough" => &mut style.strikethrough,
            _ => return Err(format!("no such attribute: {key}")),
        };
        *flag = value.as_bool().ok_or_else(|| format!("{key}: expected true or false"))?;
    }
    Ok(style)
}

/// The sixteen, by their numbers.
const ANSI: [&str; 16] = [
    "black",
    "red",
    "green",
    "yellow",
    "blue",
    "magenta",
    "cyan",
    "white",
    "bright-black",
    "bright-red",
    "bright-green",
    "bright-yellow",
    "bright-blue",
    "bright-magenta",
    "bright-cyan",
    "bright-white",
];

/// `"#rrggbb"`, the name of one of the sixteen, an index into the xterm palette, or a table of
/// these where the coarser ones are chosen and not reckoned.
fn color(value: &Value) -> Result<Color, String> {
    const EXPECTED: &str = "expected a colour of the palette, \"#rrggbb\", one of the sixteen, or 0-255";
    match value {
        Value::String(name) => {
            if let Some(ansi) = ansi(name) {
                return Ok(Color { rgb: None, xterm: None, ansi });
            }
            let rgb = hex(name).ok_or_else(|| format!("{EXPECTED}, found \"{name}\""))?;
            let xterm = nearest(rgb, 16..=255);
            Ok(Color { rgb: Some(rgb), xterm: Some(xterm), ansi: nearest(rgb, 0..=15) })
        }
        Value::Integer(index) => {
            let xterm = u8::try_from(*index).map_err(|_| EXPECTED)?;
            Ok(Color { rgb: None, xterm: Some(xterm), ansi: nearest(xterm_rgb(xterm), 0..=15) })
        }
        Value::Table(table) => table_color(table),
        _ => Err(EXPECTED.to_owned()),
    }
}

fn table_color(table: &Table) -> Result<Color, String> {
    let part = |key: &str| table.get(key).map(color).transpose();
    if let Some(key) = table.keys().find(|key| !matches!(key.as_str(), "rgb" | "xterm" | "ansi")) {
        return Err(format!("expected rgb, xterm or ansi, found {key}"));
    }
    let (rgb, xterm, ansi) = (part("rgb")?, part("xterm")?, part("ansi")?);
    let base = rgb.or(xterm).or(ansi).ok_or("expected rgb, xterm or ansi")?;
    Ok(Color {
        rgb: base.rgb,
        xterm: xterm.or(rgb).and_then(|color| color.xterm),
        ansi: ansi.unwrap_or(base).ansi,
    })
}

fn ansi(name: &str) -> Option<u8> {
    ANSI.iter().position(|ansi| *ansi == name).and_then(|index| u8::try_from(index).ok())
}

fn hex(text: &str) -> Option<(u8, u8, u8)> {
    let digits = text.strip_prefix('#').filter(|digits| digits.len() == 6 && digits.is_ascii())?;
    let byte = |at: usize| u8::from_str_radix(&digits[at..at + 2], 16).ok();
    Some((byte(0)?, byte(2)?, byte(4)?))
}

/// The colour of a palette that looks most like `rgb`: nearest in OKLab, where distance is what the
/// eye sees (Björn Ottosson, 2020).
fn nearest(rgb: (u8, u8, u8), palette: std::ops::RangeInclusive<u8>) -> u8 {
    let target = oklab(rgb);
    let distance = |index: u8| {
        let other = oklab(xterm_rgb(index));
        target.iter().zip(other).map(|(a, b)| (a - b) * (a - b)).sum::<f64>()
    };
    palette.min_by(|a, b| distance(*a).total_cmp(&distance(*b))).expect("a palette has colours")
}

fn oklab((r, g, b): (u8, u8, u8)) -> [f64; 3] {
    let linear = |channel: u8| {
        let c = f64::from(channel) / 255.0;
        if c <= 0.04045 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) }
    };
    let (r, g, b) = (linear(r), linear(g), linear(b));
    let l = (0.412_221_470_8 * r + 0.536_332_536_3 * g + 0.051_445_992_9 * b).cbrt();
    let m = (0.211_903_498_2 * r + 0.680_699_545_1 * g + 0.107_396_956_6 * b).cbrt();
    let s = (0.088_302_461_9 * r + 0.281_718_837_6 * g + 0.629_978_700_5 * b).cbrt();
    [
        0.210_454_255_3 * l + 0.793_617_785_0 * m - 0.004_072_046_8 * s,
        1.977_998_495_1 * l - 2.428_592_205_0 * m + 0.450_593_709_9 * s,
        0.025_904_037_1 * l + 0.782_771_766_2 * m - 0.808_675_766_0 * s,
    ]
}

/// What xterm shows for an index of its palette; terminals differ in the first sixteen.
fn xterm_rgb(index: u8) -> (u8, u8, u8) {
    const SIXTEEN: [(u8, u8, u8); 16] = [
        (0, 0, 0),
        (205, 0, 0),
        (0, 205, 0),
        (205, 205, 0),
        (0, 0, 238),
        (205, 0, 205),
        (0, 205, 205),
        (229, 229, 229),
        (127, 127, 127),
        (255, 0, 0),
        (0, 255, 0),
        (255, 255, 0),
        (92, 92, 255),
        (255, 0, 255),
        (0, 255, 255),
        (255, 255, 255),
    ];
    match index {
        0..16 => SIXTEEN[usize::from(index)],
        16..232 => {
            let level = |step: u8| if step == 0 { 0 } else { 55 + 40 * step };
            let cube = index - 16;
            (level(cube / 36), level(cube / 6 % 6), level(cube % 6))
        }
        232.. => {
            let grey = 8 + 10 * (index - 232);
            (grey, grey, grey)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn style_of(role: Role, sources: &[&str]) -> Style {
        resolve(sources).look.style(role)
    }

    #[test]
    fn colours() {
        let check = |text: &str, expected: Color| {
            let source = format!("[palette]\nx = {text}\n[roles]\nmodel = \"x\"");
            let loaded = resolve(&[&source]);
            assert_eq!(loaded.warnings, Vec::<String>::new(), "{text}");
            assert_eq!(loaded.look.style(Role::Model).fg, Some(expected), "{text}");
        };
        check("\"bright-red\"", Color { rgb: None, xterm: None, ansi: 9 });
        check("117", Color { rgb: None, xterm: Some(117), ansi: 6 });
        check("\"#87d7ff\"", Color { rgb: Some((0x87, 0xd7, 0xff)), xterm: Some(117), ansi: 6 });
        check(
            r##"{ rgb = "#87d7ff", ansi = "blue" }"##,
            Color { rgb: Some((0x87, 0xd7, 0xff)), xterm: Some(117), ansi: 4 },
        );
        check("{ xterm = 208, ansi = \"yellow\" }", Color { rgb: None, xterm: Some(208), ansi: 3 });
    }

    #[test]
    fn a_role_falls_back_and_a_theme_inherits() {
        let child =
            "inherits = \"base\"\n[palette]\nred = \"#ff0000\"\n[roles]\n\"context.danger\" = \"red\"";
        let base = "[palette]\nred = \"bright-black\"\n[roles]\ncontext = { fg = \"green\", bold = true }\ncost = \"red\"";
        let red = Color { rgb: Some((255, 0, 0)), xterm: Some(196), ansi: 9 };
        assert_eq!(parent(child).as_deref(), Some("base"));
        assert_eq!(style_of(Role::ContextDanger, &[child, base]).fg, Some(red));
        assert_eq!(style_of(Role::CostDanger, &[child, base]).fg, Some(red));
        let notice = style_of(Role::ContextNotice, &[child, base]);
        assert!(notice.bold && notice.fg.is_some());
        assert_eq!(style_of(Role::Dir, &[child, base]), Style::PLAIN);
    }

    #[test]
    fn one_bad_key_costs_that_key() {
        let check = |line: &str, expected: &str| {
            let source = format!("{line}\n[roles]\nmodel = \"red\"");
            let loaded = resolve(&[&source]);
            assert_eq!(loaded.warnings, [expected], "{line}");
            assert!(loaded.look.style(Role::Model).fg.is_some(), "{line}");
        };
        check("background = \"grey\"", "background: expected \"dark\" or \"light\"");
        check("depth = 256", "depth: expected \"16\", \"256\" or \"truecolor\"");
        check("typo = 1", "typo: no such key");
        check(
            "[palette]\nx = 300",
            "palette.x: expected a colour of the palette, \"#rrggbb\", one of the sixteen, or 0-255",
        );
        check("[palette]\nx = { hsl = 1 }", "palette.x: expected rgb, xterm or ansi, found hsl");
        let loaded = resolve(&["[roles]\nmodel = { blink = true }\nmodle = \"red\"\ncost = \"mauve\""]);
        assert_eq!(
            loaded.warnings,
            [
                "roles.cost: expected a colour of the palette, \"#rrggbb\", one of the sixteen, or 0-255, found \"mauve\"",
                "roles.model: no such attribute: blink",
                "roles.modle: no such role",
            ]
        );
        assert_eq!(resolve(&["not toml"]).warnings.len(), 1);
    }
}
