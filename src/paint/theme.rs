//! Themes: embedded ones, resolved when this program was built, and the user's own files.

use std::borrow::Cow;
use std::path::Path;

use super::look::{Background, Color, Depth, Look, Style};
use super::theme_file::{self, Loaded};
use crate::store::{self, Absent, Trust};

/// The theme without a choice.
pub const DEFAULT: &str = "default";

/// Most that is read of a theme file, in bytes.
const MAX_FILE: u64 = 64 * 1024;

/// How many themes one may build on another.
const MAX_PARENTS: usize = 8;

/// An embedded theme.
struct Embedded {
    name: &'static str,
    source: &'static str,
    look: Look,
}

// `static EMBEDDED: &[Embedded]`, by name.
include!(concat!(env!("OUT_DIR"), "/themes.rs"));

/// A theme, ready for painting.
pub struct Theme {
    /// As asked for; the default's when there is no such theme.
    pub name: Cow<'static, str>,
    /// How it looks.
    pub look: Cow<'static, Look>,
    /// What was wrong with it, one sentence each.
    pub warnings: Vec<String>,
}

/// Names of the embedded themes.
pub fn names() -> impl Iterator<Item = &'static str> {
    EMBEDDED.iter().map(|theme| theme.name)
}

/// The theme of that name: the user's file in `folder`, else the embedded one, else the default
/// with a warning. Costs one open when the user has no such file.
pub fn find(name: &str, folder: Option<&Path>) -> Theme {
    let mut warnings = Vec::new();
    match folder.filter(|_| is_name(name)).map(|folder| user_source(name, folder)) {
        Some(Ok(source)) => return user_theme(name, &source, folder),
        Some(Err(absent @ (Absent::Invalid(_) | Absent::Unavailable(_)))) => {
            warnings.push(format!("theme {name}: the file is {absent}"));
        }
        Some(Err(Absent::Missing)) | None => {}
    }
    let theme = embedded(name).unwrap_or_else(|| {
        warnings.push(format!("theme {name}: not found; `bridgeline preview --help` lists them"));
        embedded(DEFAULT).expect("the default theme is embedded")
    });
    Theme { name: theme.name.into(), look: Cow::Borrowed(&theme.look), warnings }
}

fn embedded(name: &str) -> Option<&'static Embedded> {
    EMBEDDED.iter().find(|theme| theme.name == name)
}

/// Whether a theme may have that name: it becomes part of a path.
fn is_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
}

fn user_source(name: &str, folder: &Path) -> Result<String, Absent> {
    store::read_text(&folder.join(format!("{name}.toml")), Trust::Lenient, MAX_FILE)
}

fn user_theme(name: &str, source: &str, folder: Option<&Path>) -> Theme {
    let mut sources = vec![source.to_owned()];
    let mut child = name.to_owned();
    let mut warnings = Vec::new();
    while let Some(parent) = sources.last().and_then(|source| theme_file::parent(source)) {
        // A file may build on the embedded theme that it stands for.
        let file = folder.filter(|_| parent != child && is_name(&parent));
        let found = file.and_then(|folder| user_source(&parent, folder).ok());
        let Some(source) = found.or_else(|| Some(embedded(&parent)?.source.to_owned())) else {
            warnings.push(format!("theme {name}: builds on {parent}, which is not there"));
            break;
        };
        if sources.len() > MAX_PARENTS {
            warnings.push(format!("theme {name}: builds on itself, or on more than {MAX_PARENTS} others"));
            break;
        }
        sources.push(source);
        child = parent;
    }
    let chain: Vec<&str> = sources.iter().map(String::as_str).collect();
    let Loaded { look, warnings: more } = theme_file::resolve(&chain);
    warnings.extend(more.into_iter().map(|warning| format!("theme {name}: {warning}")));
    Theme { name: name.to_owned().into(), look: Cow::Owned(look), warnings }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_embedded_is_what_the_files_say() {
        for theme in EMBEDDED {
            let mut chain = vec![theme.source];
            while let Some(parent) = theme_file::parent(chain.last().unwrap()) {
                chain.push(embedded(&parent).unwrap().source);
            }
            let loaded = theme_file::resolve(&chain);
            assert_eq!(loaded.look, theme.look, "{}", theme.name);
            assert_eq!(loaded.warnings, Vec::<String>::new(), "{}", theme.name);
        }
    }

    #[test]
    fn an_unknown_theme_is_the_default_with_a_warning() {
        let theme = find("../../etc/passwd", Some(Path::new("/")));
        assert_eq!((theme.name.as_ref(), theme.warnings.len()), (DEFAULT, 1));
    }
}
