//! A theme file: a palette, and roles that use it. A bad key is left out, and the rest applies. The embedded themes
//! are read when this program is built, the user's at run time.

use std::collections::BTreeMap;

use toml::de::{DeTable, DeValue};

// Next to this file, so that build.rs includes it with this one.
#[path = "color.rs"]
#[allow(dead_code, reason = "build.rs uses less of it than the tests")]
pub mod color;

use color::{Rgb, TEXT, contrast, nearest_ansi, nearest_xterm, xterm_rgb};

use super::Role;
use super::look::{Background, Color, Depth, Look, Style};
use crate::base::suggest::did_you_mean;
use crate::base::warning::Warning;

/// The text of a theme file.
#[derive(Debug, Clone, Copy)]
pub struct ThemeText<'a> {
    /// Its path, for warnings.
    pub path: &'a str,
    pub text: &'a str,
}

/// A theme file as read, and its mistakes.
pub struct Loaded {
    /// The theme; an invalid role is that of the parent theme, or plain.
    pub look: Look,
    /// Its description, one sentence.
    pub about: Option<String>,
    /// One for each part that was left out.
    pub warnings: Vec<Warning>,
}

/// The theme that a file inherits from. `None` if there is none, or the text is not TOML.
pub fn parent(text: &str) -> Option<String> {
    let table = DeTable::parse(text).ok()?;
    Some(table.get_ref().get("inherits")?.get_ref().as_str()?.to_owned())
}

/// Resolves a theme. `sources` are the file itself, then those that it inherits from: the first that sets a colour or
/// role decides.
pub fn resolve(sources: &[ThemeText]) -> Loaded {
    let mut warnings = Warnings::default();
    let mut files = Vec::new();
    // Parents first: later ones override.
    for source in sources.iter().rev() {
        match DeTable::parse(source.text) {
            Ok(table) => files.push((*source, table.into_inner())),
            Err(err) => {
                let at = err.span().unwrap_or_default().start;
                warnings.add(source, at, format!("ignored: not valid TOML: {}", err.message()));
            }
        }
    }
    let mut look = Look::plain();
    for entry in entries(&files, "") {
        warnings.of(&entry, set(&mut look, &entry));
    }
    let palette = palette(&files, &mut warnings);
    look.base = base(look.background, palette.get("base"));
    let on_base = |(name, chosen): (_, Chosen)| (name, (chosen, chosen.on(look.base)));
    let paints = Paints { palette: palette.into_iter().map(on_base).collect(), base: look.base };
    let mut roles = BTreeMap::new();
    for entry in entries(&files, "roles") {
        let style = check_role(entry.name).and_then(|()| paints.style(entry.value));
        roles.extend(warnings.of(&entry, style).map(|style| (entry.name, style)));
    }
    for role in Role::ALL {
        look.roles.to_mut()[*role as usize] = fallback(role.name(), &roles);
    }
    let track = &mut look.roles.to_mut()[Role::ContextTrack as usize];
    track.bg = track.bg.or(track.fg.and_then(|color| track_of(look.base, color)));
    let itself = files.last().filter(|_| files.len() == sources.len());
    let about = itself.and_then(|(_, table)| Some(table.get("about")?.get_ref().as_str()?.to_owned()));
    // In the order of the lines of each file.
    warnings.0.sort();
    Loaded { look, about, warnings: warnings.0 }
}

/// The colour that a terminal shows at a depth, if its first sixteen are those of xterm.
pub fn shown(color: Color, depth: Depth) -> Rgb {
    let ansi = xterm_rgb(color.ansi);
    let xterm = color.xterm.map_or(ansi, xterm_rgb);
    match depth {
        Depth::None | Depth::Ansi16 => ansi,
        Depth::Ansi256 => xterm,
        Depth::True => color.rgb.unwrap_or(xterm),
    }
}

/// A key and its value.
#[derive(Clone, Copy)]
struct ThemeEntry<'a> {
    source: &'a ThemeText<'a>,
    /// The table that contains it; empty for the top of the file.
    section: &'a str,
    name: &'a str,
    at: usize,
    value: &'a DeValue<'a>,
}

type ThemeFile<'a> = (ThemeText<'a>, DeTable<'a>);

/// The keys of a table in all files.
fn entries<'a>(files: &'a [ThemeFile<'a>], section: &'a str) -> impl Iterator<Item = ThemeEntry<'a>> {
    files.iter().flat_map(move |(source, file)| {
        let table = match section {
            "" => Some(file),
            _ => file.get(section).and_then(|value| value.get_ref().as_table()),
        };
        table.into_iter().flatten().map(move |(name, value)| {
            let (name, at) = (name.get_ref().as_ref(), name.span().start);
            ThemeEntry { source, section, name, at, value: value.get_ref() }
        })
    })
}

/// Mistakes, each with its place.
#[derive(Default)]
struct Warnings(Vec<Warning>);

impl Warnings {
    /// The value of a key. `None`, with a warning, for an error.
    fn of<T>(&mut self, entry: &ThemeEntry, result: Result<T, String>) -> Option<T> {
        let dot = if entry.section.is_empty() { "" } else { "." };
        let warn = |why| self.add(entry.source, entry.at, format!("{}{dot}{}: {why}", entry.section, entry.name));
        result.map_err(warn).ok()
    }

    fn add(&mut self, source: &ThemeText, at: usize, message: String) {
        let before = source.text.get(..at).unwrap_or(source.text).matches('\n').count();
        self.0.push(Warning { file: Some(source.path.into()), line: before as u32 + 1, message });
    }
}

/// Keys of the file itself.
fn set(look: &mut Look, entry: &ThemeEntry) -> Result<(), String> {
    const KEYS: [&str; 6] = ["about", "inherits", "background", "depth", "palette", "roles"];
    match (entry.name, entry.value.as_str()) {
        ("palette" | "roles", _) if entry.value.is_table() => {}
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
        (name, _) => return Err(format!("unknown key{}", did_you_mean(name, KEYS))),
    }
    Ok(())
}

/// The colours that the files name.
fn palette<'a>(files: &'a [ThemeFile<'a>], warnings: &mut Warnings) -> BTreeMap<&'a str, Chosen> {
    let mut palette: BTreeMap<&str, Chosen> = BTreeMap::new();
    for entry in entries(files, "palette") {
        if let Some(color) = warnings.of(&entry, chosen(entry.value, "")) {
            let above = palette.get(entry.name).and_then(|above| above.ansi.or(above.inherited));
            palette.insert(entry.name, Chosen { inherited: above, ..color });
        }
    }
    palette
}

/// The colour of the background. It is the darkest or the lightest of the sixteen, unless the theme chooses another.
fn base(background: Background, chosen: Option<&Chosen>) -> Color {
    let ansi = match background {
        Background::Dark => 0,
        Background::Light => 15,
    };
    let chosen = chosen.copied().unwrap_or_default();
    let xterm = chosen.xterm.or(chosen.rgb.map(|rgb| nearest_xterm(rgb, |_| true)));
    Color { rgb: chosen.rgb, xterm, ansi: chosen.ansi.unwrap_or(ansi) }
}

/// The background of a bar's track: its colour, faint on the base. `None` if one of them is the terminal's own.
fn track_of(base: Color, color: Color) -> Option<Color> {
    /// Share of the colour in percent.
    const SHARE: u32 = 35;
    let mixed = base.mix(color, SHARE)?;
    Some(Color { xterm: mixed.rgb.map(|rgb| nearest_xterm(rgb, |_| true)), ..mixed })
}

/// Accepts a role, or a name that several roles fall back to.
fn check_role(name: &str) -> Result<(), String> {
    let known = || Role::ALL.iter().map(|role| role.name());
    let is_above = |role: &str| role.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
    if known().any(is_above) { Ok(()) } else { Err(format!("unknown role{}", did_you_mean(name, known()))) }
}

/// The style of a role: its own, else that of its name without the last dotted part.
fn fallback(name: &str, roles: &BTreeMap<&str, Style>) -> Style {
    let above = || name.rsplit_once('.').map(|(above, _)| fallback(above, roles));
    roles.get(name).copied().or_else(above).unwrap_or(Style::PLAIN)
}

/// The colours that roles are painted with.
struct Paints<'a> {
    /// Colours as chosen, and as adapted to the base.
    palette: BTreeMap<&'a str, (Chosen, Color)>,
    base: Color,
}

impl Paints<'_> {
    /// The name of a colour, or a table of colours and attributes.
    fn style(&self, value: &DeValue) -> Result<Style, String> {
        let Some(table) = value.as_table() else {
            return Ok(Style { fg: Some(self.color(value, None)?), ..Style::PLAIN });
        };
        let part = |key: &str, ground| {
            let color = table.get(key).map(|value| self.color(value.get_ref(), ground)).transpose();
            color.map_err(|why| format!("{key}: {why}"))
        };
        let mut style = Style::PLAIN;
        style.bg = part("bg", None)?;
        style.fg = part("fg", style.bg)?;
        for (key, value) in table.iter().filter(|(key, _)| !matches!(key.get_ref().as_ref(), "fg" | "bg")) {
            let key = key.get_ref();
            let Some((_, attribute)) = Style::ATTRIBUTES.iter().find(|(name, _)| name == key) else {
                let known = Style::ATTRIBUTES.iter().map(|(name, _)| *name).chain(["fg", "bg"]);
                return Err(format!("unknown attribute {key}{}", did_you_mean(key, known)));
            };
            let truth = value.get_ref().as_bool();
            *attribute(&mut style) = truth.ok_or_else(|| format!("{key}: expected true or false"))?;
        }
        Ok(style)
    }

    /// A colour of the palette or a literal one, on `ground` or else on the base.
    fn color(&self, value: &DeValue, ground: Option<Color>) -> Result<Color, String> {
        let written = || {
            let chosen = chosen(value, "a colour of the palette, ")?;
            Ok::<_, String>(chosen.on(ground.unwrap_or(self.base)))
        };
        let Some(name) = value.as_str() else { return written() };
        match (self.palette.get(name), ground) {
            (Some((_, on_base)), None) => Ok(*on_base),
            (Some((chosen, _)), Some(ground)) => Ok(chosen.on(ground)),
            (None, _) => {
                let known = self.palette.keys().copied().chain(sixteen());
                written().map_err(|why| why + &did_you_mean(name, known))
            }
        }
    }
}

/// A colour at the depths that the theme chooses, at least one.
#[derive(Debug, Clone, Copy, Default)]
struct Chosen {
    rgb: Option<Rgb>,
    xterm: Option<u8>,
    ansi: Option<u8>,
    /// The one of the sixteen that the parent theme chose for the same name.
    inherited: Option<u8>,
}

impl Chosen {
    /// With computed values for the coarser depths. On `ground` they have the contrast that text needs, or that of the
    /// finer colour if it is lower.
    fn on(self, ground: Color) -> Color {
        let enough = |color: Rgb, depth| contrast(color, shown(ground, depth)).min(TEXT);
        let xterm = self.xterm.or(self.rgb.map(|rgb| {
            let enough = enough(rgb, Depth::True);
            let is_read = |color, depth| contrast(color, shown(ground, depth)) >= enough;
            // A terminal with 256 colours can have a background of any colour.
            nearest_xterm(rgb, |color| is_read(color, Depth::Ansi256) && is_read(color, Depth::True))
        }));
        let ansi = self.ansi.or(self.rgb.or(self.xterm.map(xterm_rgb)).map(|rgb| {
            let finer = if self.rgb.is_some() { Depth::True } else { Depth::Ansi256 };
            let enough = enough(rgb, finer);
            let is_read = |color| contrast(color, shown(ground, Depth::Ansi16)) >= enough;
            let inherited = self.inherited.filter(|ansi| is_read(xterm_rgb(*ansi)));
            inherited.unwrap_or_else(|| nearest_ansi(rgb, is_read))
        }));
        Color { rgb: self.rgb, xterm, ansi: ansi.unwrap_or_default() }
    }
}

/// Names of the sixteen, in the order of their numbers.
pub fn sixteen<'a>() -> impl Iterator<Item = &'a str> {
    "black red green yellow blue magenta cyan white bright-black bright-red bright-green bright-yellow \
     bright-blue bright-magenta bright-cyan bright-white"
        .split(' ')
}

/// `"#rrggbb"`, the name of one of the sixteen, an index into the xterm palette, or a table of these if the coarser
/// ones are chosen, not computed.
///
/// # Errors
/// The expected forms, with `or` as a further one before them.
fn chosen(value: &DeValue, or: &str) -> Result<Chosen, String> {
    let expected = || format!("expected {or}\"#rrggbb\", a terminal colour such as bright-red, or 0-255");
    match value {
        DeValue::String(name) => match (ansi(name), hex(name)) {
            (None, None) => Err(format!("{}, found \"{name}\"", expected())),
            (ansi, rgb) => Ok(Chosen { rgb, ansi, ..Chosen::default() }),
        },
        DeValue::Integer(_) => {
            let xterm = index(value).ok_or_else(expected)?;
            Ok(Chosen { xterm: Some(xterm), ..Chosen::default() })
        }
        DeValue::Table(table) => by_palette(table),
        _ => Err(expected()),
    }
}

fn by_palette(table: &DeTable) -> Result<Chosen, String> {
    let mut chosen = Chosen::default();
    for (key, value) in table {
        let value = value.get_ref();
        let text = value.as_str();
        match &**key.get_ref() {
            "rgb" => chosen.rgb = Some(text.and_then(hex).ok_or("rgb: expected \"#rrggbb\"")?),
            "xterm" => chosen.xterm = Some(index(value).ok_or("xterm: expected 0-255")?),
            "ansi" => {
                let expected = || {
                    let near = did_you_mean(text.unwrap_or_default(), sixteen());
                    format!("ansi: expected a terminal colour such as bright-red{near}")
                };
                chosen.ansi = Some(text.and_then(ansi).ok_or_else(expected)?);
            }
            key => return Err(format!("expected rgb, xterm or ansi, found {key}")),
        }
    }
    if table.is_empty() { Err("expected rgb, xterm or ansi".to_owned()) } else { Ok(chosen) }
}

fn ansi(name: &str) -> Option<u8> {
    (0..).zip(sixteen()).find(|(_, known)| *known == name).map(|(index, _)| index)
}

fn hex(text: &str) -> Option<Rgb> {
    let digits = text.strip_prefix('#').filter(|digits| digits.len() == 6)?;
    let all_hex = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    let [_, r, g, b] = u32::from_str_radix(digits, 16).ok()?.to_be_bytes();
    all_hex.then_some((r, g, b))
}

fn index(value: &DeValue) -> Option<u8> {
    let number = value.as_integer()?;
    u8::from_str_radix(number.as_str(), number.radix()).ok()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use proptest::prelude::*;
    use snapbox::{Data, assert_data_eq};

    fn load(texts: &[&str]) -> Loaded {
        let sources: Vec<ThemeText> = texts.iter().map(|text| ThemeText { path: "my.toml", text }).collect();
        resolve(&sources)
    }

    fn style_of(role: Role, texts: &[&str]) -> Style {
        load(texts).look.style(role)
    }

    #[test]
    fn colours() {
        let check = |text: &str, expected: Color| {
            let source = format!("[palette]\nx = {text}\n[roles]\nmodel = \"x\"");
            let loaded = load(&[&source]);
            assert_eq!(loaded.warnings, [], "{text}");
            assert_eq!(loaded.look.style(Role::Model).fg, Some(expected), "{text}");
        };
        check("\"bright-red\"", Color { rgb: None, xterm: None, ansi: 9 });
        check("117", Color { rgb: None, xterm: Some(117), ansi: 14 });
        check("0x75", Color { rgb: None, xterm: Some(117), ansi: 14 });
        check("\"#87d7ff\"", Color { rgb: Some((0x87, 0xd7, 0xff)), xterm: Some(117), ansi: 14 });
        check(
            r##"{ rgb = "#87d7ff", ansi = "blue" }"##,
            Color { rgb: Some((0x87, 0xd7, 0xff)), xterm: Some(117), ansi: 4 },
        );
        check(
            r##"{ rgb = "#87d7ff", xterm = 33, ansi = "blue" }"##,
            Color { rgb: Some((0x87, 0xd7, 0xff)), xterm: Some(33), ansi: 4 },
        );
        check("{ xterm = 208, ansi = \"yellow\" }", Color { rgb: None, xterm: Some(208), ansi: 3 });
    }

    #[test]
    fn a_role_falls_back_and_a_theme_inherits() {
        let child = "inherits = \"base\"\n[palette]\nred = \"#ff0000\"\n[roles]\n\"context.danger\" = \"red\"";
        let base = "[palette]\nred = \"#00ff00\"\n[roles]\ncontext = { fg = \"green\", bold = true }\ncost = \"red\"";
        let red = Color { rgb: Some((255, 0, 0)), xterm: Some(196), ansi: 9 };
        assert_eq!(parent(child).as_deref(), Some("base"));
        assert_eq!(style_of(Role::ContextDanger, &[child, base]).fg, Some(red));
        assert_eq!(style_of(Role::CostDanger, &[child, base]).fg, Some(red));
        let notice = style_of(Role::ContextNotice, &[child, base]);
        assert!(notice.bold && notice.fg.is_some());
        assert_eq!(style_of(Role::Dir, &[child, base]), Style::PLAIN);
    }

    #[test]
    fn the_background_is_what_the_file_says_or_black_or_white() {
        let check = |text: &str, expected| assert_eq!(load(&[text]).look.base, expected, "{text}");
        check("", Color { rgb: None, xterm: None, ansi: 0 });
        check("background = \"light\"", Color { rgb: None, xterm: None, ansi: 15 });
        check("[palette]\nbase = \"#282a36\"", Color { rgb: Some((40, 42, 54)), xterm: Some(235), ansi: 0 });
        check("[palette]\nbase = 236", Color { rgb: None, xterm: Some(236), ansi: 0 });
        check("[palette]\nbase = \"white\"", Color { rgb: None, xterm: None, ansi: 7 });
    }

    /// A colour is read on its own ground, if it has one.
    #[test]
    fn a_coarser_colour_is_read_on_its_ground() {
        let on = |bg: &str| {
            let role = format!("[roles]\nmodel = {{ fg = \"#6272a4\", bg = \"{bg}\" }}");
            style_of(Role::Model, &[&role]).fg.unwrap().ansi
        };
        assert_eq!(on("black"), 5);
        assert_eq!(on("bright-white"), 12);
    }

    /// The sixteen are chosen once for each name, as long as they are read.
    #[test]
    fn a_colour_inherits_what_was_chosen_of_the_sixteen() {
        let ansi = |child: &str, base: &str| {
            let child = format!("{child}\n[roles]\nmodel = \"x\"");
            style_of(Role::Model, &[&child, &format!("[palette]\nx = {base}")]).fg.unwrap().ansi
        };
        let on_black = "[palette]\nx = \"#8be9fd\"";
        assert_eq!(ansi(on_black, "\"#123456\""), 14);
        assert_eq!(ansi(on_black, "{ rgb = \"#123456\", ansi = \"yellow\" }"), 3);
        assert_eq!(ansi(on_black, "\"green\""), 2);
        assert_eq!(ansi(on_black, "\"blue\""), 14, "blue is not read on black");
        let on_white = "background = \"light\"\n[palette]\nx = \"#07507f\"";
        assert_eq!(ansi(on_white, "\"red\""), 1);
        assert_eq!(ansi(on_white, "\"green\""), 4, "green is not read on white");
    }

    #[test]
    fn a_key_that_cannot_be_read_is_that_of_the_theme_it_builds_on() {
        let child = "[palette]\nblue = \"blu\"\n[roles]\nmodel = \"mauve\"\ncost = \"blue\"";
        let base = "[palette]\nblue = \"bright-blue\"\n[roles]\nmodel = \"red\"";
        assert_eq!(style_of(Role::Model, &[child, base]).fg.map(|color| color.ansi), Some(1));
        assert_eq!(style_of(Role::Cost, &[child, base]).fg.map(|color| color.ansi), Some(12));
        assert_eq!(load(&[child, base]).warnings.len(), 2);
    }

    /// Each file in `tests/fixtures/themes-invalid` gives the messages next to it, and loses nothing else.
    #[test]
    #[expect(clippy::disallowed_methods, reason = "reads fixtures")]
    fn invalid_themes_give_their_messages() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/themes-invalid");
        let mut files: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        files.retain(|path| path.extension().is_some_and(|extension| extension == "toml"));
        assert!(files.len() > 5, "{}", files.len());
        for path in files {
            let name = path.file_name().unwrap().to_str().unwrap();
            let text = std::fs::read_to_string(&path).unwrap();
            let warnings = resolve(&[ThemeText { path: name, text: &text }]).warnings;
            assert!(!warnings.is_empty(), "{name}");
            let told: String = warnings.iter().map(|warning| format!("{warning}\n")).collect();
            assert_data_eq!(told, Data::read_from(&path.with_extension("txt"), None));
        }
    }

    proptest! {
        /// With fewer colours, down to sixteen, a theme stays as readable as it was, or as it must be.
        #[test]
        fn coarser_colours_are_read_as_well(rgb: Rgb, ground: Rgb, background in 0..2u8) {
            let background = if background == 0 { Background::Dark } else { Background::Light };
            let ground = base(background, Some(&Chosen { rgb: Some(ground), ..Chosen::default() }));
            // No background is a colour in the middle, on which neither black nor white is readable.
            let middle = shown(ground, Depth::True);
            prop_assume!(contrast(middle, (0, 0, 0)).max(contrast(middle, (255, 255, 255))) > 8.0);
            let color = Chosen { rgb: Some(rgb), ..Chosen::default() }.on(ground);
            let read = |depth| contrast(shown(color, depth), shown(ground, depth));
            let enough = read(Depth::True).min(TEXT);
            prop_assert!(read(Depth::Ansi16) >= enough);
            prop_assert!(read(Depth::Ansi256) >= enough);
        }

        #[test]
        fn any_text_is_a_theme(text: String, value in "[a-z#0-9\"{}=. ]{0,12}") {
            load(&[&text]);
            load(&[&format!("[palette]\nx = {value}\n[roles]\nmodel = {value}")]);
        }
    }
}
