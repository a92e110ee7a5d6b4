//! The user's own theme as last resolved, in `<state>/themes/<name>`, serialised by postcard, valid until one of its
//! files changes. Resolving takes four times as many instructions as the whole of a render.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

use super::{Look, Role, Theme, find, is_name, user_path};
use crate::base::hash::Fnv;
use crate::base::warning::Warning;
use crate::store::{self, Patience, Trust};

/// A theme in the cache.
#[derive(Serialize, Deserialize)]
struct Cached {
    /// Hash of the roles that the look has styles for.
    roles: u64,
    /// Files with their versions; `None` for a missing one.
    files: Vec<(PathBuf, Option<Version>)>,
    about: String,
    look: Look,
    warnings: Vec<Warning>,
}

/// Time of the last change and length, as [`store::version`] gives them.
type Version = (u64, u64);

/// A file that changed this recently may change again without a visible difference.
const SETTLED: Duration = Duration::from_secs(2);

/// The theme with that name as given by [`find`], from the cache in `state` if that is still valid; otherwise with the
/// write to make after the line is out.
pub fn find_cached(name: &str, folder: Option<&Path>, state: Option<&Path>) -> (Theme, Option<CacheWrite>) {
    let path = user_path(name, folder);
    // Without a user's file there is nothing to resolve.
    let version = path.as_deref().and_then(store::version);
    let (Some(state), Some(_), true) = (state, version, is_name(name)) else {
        return (find(name, folder), None);
    };
    let cache = state.join("themes").join(name);
    if let Some(theme) = read(&cache, name, path) {
        return (theme, None);
    }
    // Read first, so that a change from now on is noticed.
    let theme = find(name, folder);
    let files: Vec<_> = theme.files.iter().map(|file| (file.clone(), store::version(file))).collect();
    let write = theme.path.is_some().then_some(CacheWrite { path: cache, files });
    (theme, write)
}

/// A pending write of a theme to the cache, with the versions of its files.
pub struct CacheWrite {
    path: PathBuf,
    files: Vec<(PathBuf, Option<Version>)>,
}

impl CacheWrite {
    /// Writes the theme. A failure is ignored: the next render tries again.
    pub fn write(self, theme: &Theme, now: SystemTime) {
        let is_settled = |(changed, _): &Version| {
            let changed = UNIX_EPOCH + Duration::from_nanos(*changed);
            now.duration_since(changed).is_ok_and(|age| age > SETTLED)
        };
        if !self.files.iter().filter_map(|(_, version)| version.as_ref()).all(is_settled) {
            return;
        }
        let (about, look) = (theme.about.clone().into_owned(), theme.look.clone());
        let cached = Cached { roles: roles(), files: self.files, about, look, warnings: theme.warnings.clone() };
        if let Ok(bytes) = postcard::to_stdvec(&cached) {
            _ = store::replace(&self.path, &bytes, Patience::RENDER);
        }
    }
}

fn read(cache: &Path, name: &str, path: Option<PathBuf>) -> Option<Theme> {
    let cached: Cached = decode(&store::read(cache, Trust::Strict, store::MAX_STATE).ok()?)?;
    let is_current = |(file, version): &(PathBuf, _)| store::version(file) == *version;
    if !cached.files.iter().all(is_current) {
        return None;
    }
    Some(Theme {
        name: name.to_owned().into(),
        about: cached.about.into(),
        look: cached.look,
        path,
        files: cached.files.into_iter().map(|(file, _)| file).collect(),
        warnings: cached.warnings,
    })
}

/// `None` for anything not written by this version.
fn decode(bytes: &[u8]) -> Option<Cached> {
    let cached: Cached = postcard::from_bytes(bytes).ok()?;
    (cached.roles == roles() && cached.look.roles.len() == Role::ALL.len()).then_some(cached)
}

/// Hash of all roles, which differs between versions of this program with different roles.
fn roles() -> u64 {
    let mut fnv = Fnv::default();
    Role::ALL.iter().for_each(|role| fnv.bytes(role.name().as_bytes()));
    fnv.finish()
}

#[cfg(test)]
mod tests {
    use super::super::{EMBEDDED, Style};
    use super::*;
    use crate::store::tests::Folder;
    use proptest::prelude::*;

    const LATER: Duration = Duration::from_secs(3600);

    #[test]
    #[expect(clippy::disallowed_methods, reason = "files are dated by the real clock")]
    fn a_cached_theme_is_good_until_one_of_its_files_changes() {
        let folder = Folder::new();
        let (themes, state) = (folder.path(""), folder.path("state"));
        folder.file("mine.toml", b"inherits = \"base\"\n[roles]\nmodel = \"red\"\ntypo = 1\n");
        folder.file("base.toml", b"[roles]\ncost = \"blue\"\n");
        let now = SystemTime::now() + LATER;
        let look = || find_cached("mine", Some(&themes), Some(&state));
        let check = |is_cached: bool| {
            let (theme, write) = look();
            let fresh = find("mine", Some(&themes));
            assert_eq!(write.is_none(), is_cached);
            assert_eq!((&theme.look, &theme.warnings, &theme.files), (&fresh.look, &fresh.warnings, &fresh.files));
            write.into_iter().for_each(|write| write.write(&theme, now));
        };
        check(false);
        check(true);
        folder.file("base.toml", b"[roles]\ncost = \"green\"\n");
        check(false);
        check(true);
        folder.file("state/themes/mine", b"{}");
        check(false);
        check(true);
    }

    #[test]
    #[expect(clippy::disallowed_methods, reason = "files are dated by the real clock")]
    fn what_has_just_changed_is_not_cached() {
        let folder = Folder::new();
        let (themes, state) = (folder.path(""), folder.path("state"));
        folder.file("mine.toml", b"[roles]\nmodel = \"red\"\n");
        let (theme, write) = find_cached("mine", Some(&themes), Some(&state));
        write.unwrap().write(&theme, SystemTime::now());
        assert!(find_cached("mine", Some(&themes), Some(&state)).1.is_some());
    }

    fn cached(look: Look) -> Cached {
        Cached { roles: roles(), files: Vec::new(), about: String::new(), look, warnings: Vec::new() }
    }

    #[test]
    fn an_embedded_theme_comes_back_and_anything_else_is_none() {
        for theme in EMBEDDED {
            let bytes = postcard::to_stdvec(&cached(theme.look.clone())).unwrap();
            assert_eq!(decode(&bytes).map(|cached| cached.look).as_ref(), Some(&theme.look), "{}", theme.name);
            assert!(bytes.len() < 2000, "{}: {}", theme.name, bytes.len());
            for cut in 0..bytes.len() {
                assert!(decode(&bytes[..cut]).is_none(), "{}: {cut}", theme.name);
            }
        }
        let short = Look { roles: vec![Style::PLAIN].into(), ..Look::plain() };
        assert!(decode(&postcard::to_stdvec(&cached(short)).unwrap()).is_none());
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_panic(mut bytes: Vec<u8>) {
            assert!(decode(&bytes).is_none());
            bytes.splice(..0, postcard::to_stdvec(&roles()).unwrap());
            _ = decode(&bytes);
        }
    }
}
