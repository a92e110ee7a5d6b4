//! The user's own theme as it was resolved last, in `<state>/themes/<name>.json`: good until one of the
//! files changes that it was made of. Resolving takes four times as many instructions as the whole of a
//! render.

use std::borrow::Cow;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::Role;
use super::{Look, Theme, find, is_name, user_path};
use crate::base::hash::Fnv;
use crate::store::{self, Patience, Trust};

/// What is kept of a theme.
#[derive(Serialize, Deserialize)]
struct Kept {
    /// The roles that the look has numbers for.
    roles: u64,
    /// Files with what they were; those that were not there too.
    files: Vec<(PathBuf, Option<Version>)>,
    about: String,
    look: Box<RawValue>,
    warnings: Vec<String>,
}

/// When a file was changed last and how long it is, as [`store::version`] tells.
type Version = (u64, u64);

/// A file that has changed within this time may change again without a sign of it.
const SETTLED: Duration = Duration::from_secs(2);

/// The theme of that name as [`find`] gives it, from what is kept in `state` where that is still good. The
/// second is to be kept, after the line is out.
pub fn find_kept(name: &str, folder: Option<&Path>, state: Option<&Path>) -> (Theme, Option<Unkept>) {
    let path = user_path(name, folder);
    // Where there is no file of the user's, there is nothing to resolve.
    let print = path.as_deref().and_then(store::version);
    let (Some(state), Some(_), true) = (state, print, is_name(name)) else {
        return (find(name, folder), None);
    };
    let kept = state.join("themes").join(format!("{name}.json"));
    if let Some(theme) = read(&kept, name, path) {
        return (theme, None);
    }
    // Looked at first: a change from now on makes the difference.
    let theme = find(name, folder);
    let files: Vec<_> = theme.files.iter().map(|file| (file.clone(), store::version(file))).collect();
    let unkept = theme.path.is_some().then_some(Unkept { path: kept, files });
    (theme, unkept)
}

/// Where a theme is to be kept, and what its files were.
pub struct Unkept {
    path: PathBuf,
    files: Vec<(PathBuf, Option<Version>)>,
}

impl Unkept {
    /// Keeps the theme. A failure is of no consequence: the next render tries again.
    pub fn keep(self, theme: &Theme, now: SystemTime) {
        let is_settled = |(changed, _): &Version| {
            let changed = UNIX_EPOCH + Duration::from_nanos(*changed);
            now.duration_since(changed).is_ok_and(|age| age > SETTLED)
        };
        if !self.files.iter().filter_map(|(_, print)| print.as_ref()).all(is_settled) {
            return;
        }
        let Ok(look) = RawValue::from_string(theme.look.to_json()) else { return };
        let about = theme.about.clone().into_owned();
        let kept = Kept { roles: roles(), files: self.files, about, look, warnings: theme.warnings.clone() };
        if let Ok(json) = serde_json::to_vec(&kept) {
            _ = store::replace(&self.path, &json, Patience::RENDER);
        }
    }
}

fn read(kept: &Path, name: &str, path: Option<PathBuf>) -> Option<Theme> {
    let text = store::read_text(kept, Trust::Strict, store::MAX_STATE).ok()?;
    let kept: Kept = serde_json::from_str(&text).ok()?;
    let is_good =
        kept.roles == roles() && kept.files.iter().all(|(file, print)| store::version(file) == *print);
    let look = is_good.then(|| Look::from_json(kept.look.get())).flatten()?;
    Some(Theme {
        name: name.to_owned().into(),
        about: kept.about.into(),
        look: Cow::Owned(look),
        path,
        files: kept.files.into_iter().map(|(file, _)| file).collect(),
        warnings: kept.warnings,
    })
}

/// Tells versions of this program with other roles apart.
fn roles() -> u64 {
    let mut fnv = Fnv::default();
    Role::ALL.iter().for_each(|role| fnv.bytes(role.name().as_bytes()));
    fnv.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::tests::Folder;

    const LATER: Duration = Duration::from_secs(3600);

    #[test]
    #[expect(clippy::disallowed_methods, reason = "files are dated by the real clock")]
    fn a_kept_theme_is_good_until_one_of_its_files_changes() {
        let folder = Folder::new();
        let (themes, state) = (folder.path(""), folder.path("state"));
        folder.file("mine.toml", b"inherits = \"base\"\n[roles]\nmodel = \"red\"\ntypo = 1\n");
        folder.file("base.toml", b"[roles]\ncost = \"blue\"\n");
        let now = SystemTime::now() + LATER;
        let look = || find_kept("mine", Some(&themes), Some(&state));
        let check = |is_kept: bool| {
            let (theme, unkept) = look();
            let fresh = find("mine", Some(&themes));
            assert_eq!(unkept.is_none(), is_kept);
            assert_eq!(
                (&theme.look, &theme.warnings, &theme.files),
                (&fresh.look, &fresh.warnings, &fresh.files)
            );
            unkept.into_iter().for_each(|unkept| unkept.keep(&theme, now));
        };
        check(false);
        check(true);
        folder.file("base.toml", b"[roles]\ncost = \"green\"\n");
        check(false);
        check(true);
        folder.file("state/themes/mine.json", b"{}");
        check(false);
        check(true);
    }

    #[test]
    #[expect(clippy::disallowed_methods, reason = "files are dated by the real clock")]
    fn what_has_just_changed_is_not_kept() {
        let folder = Folder::new();
        let (themes, state) = (folder.path(""), folder.path("state"));
        folder.file("mine.toml", b"[roles]\nmodel = \"red\"\n");
        let (theme, unkept) = find_kept("mine", Some(&themes), Some(&state));
        unkept.unwrap().keep(&theme, SystemTime::now());
        assert!(find_kept("mine", Some(&themes), Some(&state)).1.is_some());
    }
}
