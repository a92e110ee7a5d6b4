//! Themes: the embedded ones, resolved when this program was built, and the user's own files.

mod cache;
#[cfg(test)]
mod contrast_tests;
pub mod file;
mod look;

pub use cache::{CacheWrite, find_cached};
pub use file::sixteen;
pub use look::{Background, Color, Depth, Look, Style};

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use crate::base::suggest::did_you_mean;
use crate::base::warning::Warning;
use crate::segment::Role;
use crate::store::{self, Absent, Trust};
use file::{Loaded, ThemeText};

/// The theme used if none is chosen.
pub const DEFAULT: &str = "default";

/// The theme for a terminal with an unknown background.
pub const NEUTRAL: &str = "terminal";

/// Maximum size of a theme file in bytes.
const MAX_FILE: u64 = 64 * 1024;

/// Maximum number of themes that one may inherit from.
const MAX_PARENTS: usize = 8;

/// An embedded theme.
struct Embedded {
    name: &'static str,
    about: &'static str,
    source: &'static str,
    look: Look,
}

// `static EMBEDDED: &[Embedded]`, by name.
include!(concat!(env!("OUT_DIR"), "/themes.rs"));

/// A theme, ready for painting.
#[derive(Debug, Clone)]
pub struct Theme {
    /// As requested; the default's if there is no such theme.
    pub name: Cow<'static, str>,
    /// Its description, one sentence. Empty if its file has none.
    pub about: Cow<'static, str>,
    pub look: Look,
    /// The user's file with that name. `None` for an embedded theme.
    pub path: Option<PathBuf>,
    /// Every file that it depends on: its sources, and files that were looked for and are missing. While none of these
    /// changes, appears or disappears, the theme stays the same.
    pub files: Vec<PathBuf>,
    /// Its mistakes.
    pub warnings: Vec<Warning>,
}

/// A former name of the theme `node`, which also selected the preset with that name.
pub const CLASSIC: &str = "classic";

/// Names of the embedded themes.
pub fn names() -> impl Iterator<Item = &'static str> {
    EMBEDDED.iter().map(|theme| theme.name)
}

/// The theme with that name: the user's file in `folder`, else the embedded one, else the default with a warning. Costs
/// one open if the user has no such file.
pub fn find(name: &str, folder: Option<&Path>) -> Theme {
    let mut warnings = match user_text(name, folder) {
        Ok(Some(text)) => return resolved(name, text, folder, |name| user_text(name, folder).ok()?),
        Ok(None) => Vec::new(),
        Err(message) => vec![Warning { file: user_path(name, folder), line: 0, message }],
    };
    let theme = embedded(name).unwrap_or_else(|| {
        if warnings.is_empty() {
            warnings.push(not_found(name, folder).into());
        }
        embedded(DEFAULT).expect("the default theme is embedded")
    });
    Theme {
        name: theme.name.into(),
        about: theme.about.into(),
        look: theme.look.clone(),
        path: None,
        files: user_path(name, folder).into_iter().collect(),
        warnings,
    }
}

impl Theme {
    /// All themes by name, the user's in `folder` and the embedded ones that these do not hide.
    pub fn all(folder: Option<&Path>) -> Vec<Theme> {
        let theme = |name: String| {
            let theme = find(&name, folder);
            // The default theme replaces a file that cannot be read.
            let path = if theme.name == name { theme.path } else { user_path(&name, folder) };
            Theme { name: name.into(), path, ..theme }
        };
        all_names(folder).into_iter().map(theme).collect()
    }

    /// The text of the theme with that name: the user's file, else the embedded one, as a basis for another theme.
    ///
    /// # Errors
    /// There is no such theme, or its file cannot be read.
    pub fn source(name: &str, folder: Option<&Path>) -> Result<Cow<'static, str>, String> {
        match user_text(name, folder)? {
            Some(text) => Ok(text.into()),
            None => embedded(name).map(|theme| theme.source.into()).ok_or_else(|| not_found(name, folder)),
        }
    }
}

/// The texts of all readable themes of the user, by name.
pub fn own(folder: Option<&Path>) -> BTreeMap<String, String> {
    let text = |name: String| Some((user_text(&name, folder).ok()??, name));
    all_names(folder).into_iter().filter_map(text).map(|(text, name)| (name, text)).collect()
}

fn embedded(name: &str) -> Option<&'static Embedded> {
    let name = if name == CLASSIC { "node" } else { name };
    EMBEDDED.iter().find(|theme| theme.name == name)
}

/// Message for a name that no theme has.
pub fn not_found(name: &str, folder: Option<&Path>) -> String {
    let known = all_names(folder);
    match did_you_mean(name, known.iter().map(String::as_str)).as_str() {
        "" => format!("theme {name}: not found; `bridgeline themes` lists them"),
        near => format!("theme {name}: not found{near}"),
    }
}

fn all_names(folder: Option<&Path>) -> BTreeSet<String> {
    let name = |file: &str| file.strip_suffix(".toml").filter(|name| is_name(name)).map(str::to_owned);
    let files = folder.map(|folder| store::list(folder, |file| name(file).is_some()));
    let users = files.unwrap_or_default().into_iter().filter_map(|file| name(&file));
    users.chain(names().map(str::to_owned)).collect()
}

/// The name is allowed for a theme: it becomes part of a path.
pub fn is_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
}

/// The path for a user's theme with that name. `None` without a folder, or if the name is not allowed.
fn user_path(name: &str, folder: Option<&Path>) -> Option<PathBuf> {
    folder.filter(|_| is_name(name)).map(|folder| folder.join(format!("{name}.toml")))
}

/// The text of the user's theme with that name. `None` if there is none.
fn user_text(name: &str, folder: Option<&Path>) -> Result<Option<String>, String> {
    match user_path(name, folder).map(|path| store::read_text(&path, Trust::Lenient, MAX_FILE)) {
        Some(Ok(text)) => Ok(Some(text)),
        Some(Err(Absent::Missing)) | None => Ok(None),
        Some(Err(absent)) => Err(format!("theme {name}: the file is {absent}")),
    }
}

/// The theme of a text that is, or would be, in the user's folder under that name. `others` returns the texts of themes
/// that it may inherit from.
pub fn resolved(name: &str, text: String, folder: Option<&Path>, others: impl Fn(&str) -> Option<String>) -> Theme {
    let path = user_path(name, folder);
    let mut files: Vec<PathBuf> = path.iter().cloned().collect();
    // Texts, each with its place.
    let mut chain = vec![(place(name, path.as_deref()), Cow::Owned(text))];
    let mut child = name.to_owned();
    let mut warnings = Vec::new();
    while let Some(parent) = chain.last().and_then(|(_, text)| file::parent(text)) {
        // A file may inherit from the embedded theme that it replaces.
        let is_other = parent != child;
        let file = user_path(&parent, folder).filter(|_| is_other);
        let found = others(&parent).filter(|_| is_other).map(Cow::Owned);
        let place = place(&parent, file.as_deref().filter(|_| found.is_some()));
        files.extend(file);
        let why = match found.or_else(|| Some(embedded(&parent)?.source.into())) {
            Some(text) if chain.len() <= MAX_PARENTS => {
                chain.push((place, text));
                child = parent;
                continue;
            }
            Some(_) => format!("the theme inherits from itself, or from more than {MAX_PARENTS} others"),
            None => {
                let known = all_names(folder);
                format!("unknown theme {parent}{}", did_you_mean(&parent, known.iter().map(String::as_str)))
            }
        };
        warnings.extend(chain.last().map(|(file, text)| wrong_parent(file, text, &why)));
        break;
    }
    let sources: Vec<ThemeText> = chain.iter().map(|(path, text)| ThemeText { path, text }).collect();
    let Loaded { look, about, warnings: more, .. } = file::resolve(&sources);
    warnings.extend(more);
    Theme { name: name.to_owned().into(), about: about.unwrap_or_default().into(), look, path, files, warnings }
}

/// A mistake in a file's `inherits`.
fn wrong_parent(file: &str, text: &str, why: &str) -> Warning {
    let before = text.lines().take_while(|line| !line.trim_start().starts_with("inherits")).count();
    Warning { file: Some(file.into()), line: before as u32 + 1, message: format!("inherits: {why}") }
}

/// Name of a theme's file in warnings.
fn place(name: &str, path: Option<&Path>) -> String {
    path.map_or_else(|| format!("{name}.toml"), |path| path.display().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::tests::Folder;

    /// An embedded theme and those that it builds on, read again.
    fn load(theme: &'static Embedded) -> Loaded {
        let mut chain = vec![ThemeText { path: theme.name, text: theme.source }];
        while let Some(parent) = file::parent(chain.last().unwrap().text) {
            let parent = embedded(&parent).unwrap();
            chain.push(ThemeText { path: parent.name, text: parent.source });
        }
        file::resolve(&chain)
    }

    fn told(theme: &Theme) -> Vec<String> {
        theme.warnings.iter().map(Warning::to_string).collect()
    }

    #[test]
    fn what_was_embedded_is_what_the_files_say() {
        for theme in EMBEDDED {
            let loaded = load(theme);
            assert_eq!(loaded.look, theme.look, "{}", theme.name);
            assert_eq!(loaded.about.as_deref(), Some(theme.about), "{}", theme.name);
            assert_eq!(loaded.warnings, [], "{}", theme.name);
        }
    }

    #[test]
    fn the_example_in_the_documentation_is_a_theme() {
        let (_, example) = include_str!("../../docs/themes.md").split_once("```toml\n").unwrap();
        let (example, _) = example.split_once("```").unwrap();
        let folder = Folder::new();
        folder.file("mine.toml", example.as_bytes());
        let (mine, nord) = (find("mine", Some(&folder.path(""))), find("nord", None));
        assert_eq!(mine.warnings, []);
        assert_eq!(mine.look.base, nord.look.base);
        assert_ne!(mine.look, nord.look);
    }

    #[test]
    fn a_theme_knows_the_files_that_decided() {
        let folder = Folder::new();
        let path = |name: &str| folder.path(&format!("{name}.toml"));
        folder.file("mine.toml", b"inherits = \"night\"\nabout = \"Mine\"\n[roles]\nmodel = \"red\"\n");
        folder.file("night.toml", b"inherits = \"nord\"\n[roles]\nmodle = \"red\"\n");
        let theme = find("mine", Some(&folder.path("")));
        assert_eq!(theme.files, [path("mine"), path("night"), path("nord"), path("default")]);
        assert_eq!((&theme.path, theme.about.as_ref()), (&Some(path("mine")), "Mine"));
        assert_eq!(theme.look.base, embedded("nord").unwrap().look.base);
        let night = path("night").display().to_string();
        assert_eq!(told(&theme), [format!("{night}:3: roles.modle: unknown role; did you mean model?")]);
        let embedded = find("nord", Some(&folder.path("")));
        assert_eq!((embedded.path, embedded.files), (None, vec![path("nord")]));
        assert_eq!(find("nord", None).files, Vec::<PathBuf>::new());
    }

    #[test]
    fn all_themes_are_listed_and_a_file_of_the_user_hides_an_embedded_one() {
        let folder = Folder::new();
        let users = "about = \"My own\"\nbackground = \"light\"\n";
        folder.file("nord.toml", users.as_bytes());
        folder.file("zebra.toml", b"");
        folder.file("not a name.toml", b"");
        folder.file("notes.txt", b"");
        let themes = Theme::all(Some(&folder.path("")));
        let (own, embedded): (Vec<_>, Vec<_>) = themes.iter().partition(|theme| theme.path.is_some());
        let told = |theme: &Theme| (theme.name.to_string(), theme.about.to_string(), theme.look.background);
        assert_eq!(
            own.into_iter().map(told).collect::<Vec<_>>(),
            [
                ("nord".to_owned(), "My own".to_owned(), Background::Light),
                ("zebra".to_owned(), super::embedded(DEFAULT).unwrap().about.to_owned(), Background::Dark),
            ]
        );
        let zebra = themes.last().unwrap();
        let file = folder.path("zebra.toml").display().to_string();
        assert_eq!(self::told(zebra), [format!("{file}: theme zebra: the file is invalid: empty")]);
        assert_eq!(embedded.len(), names().count() - 1);
        assert_eq!(Theme::all(None).len(), names().count());
        assert_eq!(Theme::source("nord", Some(&folder.path(""))).unwrap(), users);
        assert_eq!(Theme::source("mono", Some(&folder.path(""))).unwrap(), super::embedded("mono").unwrap().source);
        assert!(Theme::source("zebra", Some(&folder.path(""))).unwrap_err().contains("invalid"));
    }

    #[test]
    fn what_a_theme_builds_on_has_to_be_there() {
        let folder = Folder::new();
        folder.file("mine.toml", b"about = \"x\"\ninherits = \"dusk\"\n");
        folder.file("dusk.toml", b"inherits = \"nrod\"\n");
        folder.file("ring.toml", b"# round\ninherits = \"gnir\"\n");
        folder.file("gnir.toml", b"inherits = \"ring\"\n");
        let check = |name: &str, at: &str, expected: &str| {
            let file = folder.path(at.split(':').next().unwrap()).display().to_string();
            let line = at.split(':').nth(1).unwrap();
            let theme = find(name, Some(&folder.path("")));
            assert_eq!(told(&theme), [format!("{file}:{line}: inherits: {expected}")], "{name}");
        };
        check("mine", "dusk.toml:1", "unknown theme nrod; did you mean nord?");
        check("ring", "ring.toml:2", "the theme inherits from itself, or from more than 8 others");
    }

    #[test]
    fn an_unknown_theme_is_the_default_with_a_warning() {
        let theme = find("../../etc/passwd", Some(Path::new("/")));
        assert_eq!((theme.name.as_ref(), theme.warnings.len()), (DEFAULT, 1));
        let warning = "theme dracla: not found; did you mean dracula?";
        assert_eq!(told(&find("dracla", None)), [warning]);
        assert_eq!(Theme::source("dracla", None).unwrap_err(), warning);
    }
}
