//! The folder that a session was started in; the folder of its transcripts is named after it.

use std::path::Path;

use super::messages::{Interner, MessageSet, SessionInfo};
use crate::facts::git::Repository;

/// Maximum length of a name in bytes; the agent cuts longer ones and appends a hash.
const MAX_NAME: usize = 200;

/// The name that the agent gives to the folder of a project's transcripts: `-` for each character except ASCII letters
/// and digits.
pub(super) fn folder_name(dir: &str) -> String {
    let dash = |c: char| std::iter::repeat_n('-', c.len_utf16());
    let mut name = String::with_capacity(dir.len());
    for c in dir.chars() {
        if c.is_ascii_alphanumeric() { name.push(c) } else { name.extend(dash(c)) }
    }
    name
}

/// The folder, `cwd` or one above it, whose transcripts are in the folder `name`: a session may have moved
/// before a line was written. `None` if it is none of them.
pub(super) fn dir<'a>(cwd: &'a str, name: &str) -> Option<&'a str> {
    let is_it = |dir: &&str| {
        let own = folder_name(dir);
        own == name || own.len() > MAX_NAME && name.starts_with(&own[..MAX_NAME])
    };
    let above = |dir: &&'a str| dir.rfind(['/', '\\']).map(|at| &dir[..at]);
    std::iter::successors(Some(cwd), above).find(is_it)
}

/// The same folder in the main working tree of its repository, or in a bare repository itself. Empty if `dir` is not in
/// a linked working tree.
pub(super) fn main_dir(dir: &str) -> String {
    // The agent's own working trees, which it removes when it is done.
    let own = ["/.claude/worktrees/", "\\.claude\\worktrees\\"].iter().find_map(|own| dir.split_once(own));
    if let Some((main, _)) = own {
        return main.to_owned();
    }
    let find = || {
        let dir = Path::new(dir);
        let place = Repository::find(dir, None).filter(|place| place.git_dir != place.common_dir)?;
        let common = place.common_dir.canonicalize().ok()?;
        let main = if common.file_name()? == ".git" { common.parent()? } else { &common };
        let below = dir.strip_prefix(place.top?).unwrap_or(Path::new(""));
        Some(main.join(below).to_string_lossy().trim_end_matches('/').to_owned())
    };
    find().unwrap_or_default()
}

/// The projects of all sessions.
pub(crate) struct Projects<'a> {
    /// Name of each: its folder if that is known, else the name of the folder with its transcripts. Several may have the
    /// same.
    pub(crate) names: Vec<&'a str>,
    /// Index of the name of each session, by the session's number.
    pub(crate) of_session: Vec<u32>,
}

impl<'a> Projects<'a> {
    /// Linked working trees of a repository count as one project, unless `worktrees` separates them.
    pub(crate) fn new(messages: &'a MessageSet, worktrees: bool) -> Self {
        // All sessions of a folder share its name, including those whose transcripts are gone.
        let mut folders = Interner::default();
        let sessions = messages.sessions.list.iter();
        let of_session: Vec<_> = sessions.map(|session| folders.number(&session.project.as_str())).collect();
        let mut dirs: Vec<Option<&SessionInfo>> = vec![None; folders.list.len()];
        for (number, info) in messages.infos.iter().filter(|(_, info)| !info.dir.is_empty()) {
            let known = &mut dirs[of_session[*number as usize] as usize];
            // Several folders may have one name: the order of the sessions makes no difference.
            let first = |known| std::cmp::min_by_key(info, known, |info| (info.main_dir.is_empty(), &info.dir));
            *known = Some(known.map_or(info, first));
        }
        let names = folders.list.into_iter().zip(dirs).map(|(folder, info)| match info {
            Some(info) if !worktrees && !info.main_dir.is_empty() => info.main_dir.as_str(),
            Some(info) => info.dir.as_str(),
            None => folder,
        });
        Projects { names: names.collect(), of_session }
    }

    /// The name of the session with this number.
    pub(crate) fn name(&self, session: u32) -> &'a str {
        self.names[self.of_session[session as usize] as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_found_by_the_name_of_its_transcripts() {
        let check = |cwd: &str, name: &str, expected| assert_eq!(dir(cwd, name), expected, "{cwd} {name}");
        check("/home/ada/garden", "-home-ada-garden", Some("/home/ada/garden"));
        check("/home/ada/garden/src/beds", "-home-ada-garden", Some("/home/ada/garden"));
        check("/home/ada/my.garden_2", "-home-ada-my-garden-2", Some("/home/ada/my.garden_2"));
        check("C:\\Users\\ada\\garden\\src", "C--Users-ada-garden", Some("C:\\Users\\ada\\garden"));
        check("/home/ada/grün😀", "-home-ada-gr-n--", Some("/home/ada/grün😀"));
        check("/home/ada", "-home-ada-garden", None);
        check("", "p", None);
        let long = format!("/{}", "x".repeat(300));
        check(&long, &format!("-{}-1a2b3c", "x".repeat(199)), Some(&long));
    }

    #[test]
    fn worktrees_of_the_agent_are_known_by_their_path() {
        let check = |dir: &str, expected: &str| assert_eq!(main_dir(dir), expected, "{dir}");
        check("/nowhere/garden/.claude/worktrees/roses", "/nowhere/garden");
        check("/nowhere/garden/.claude/worktrees/roses/src", "/nowhere/garden");
        check("C:\\garden\\.claude\\worktrees\\roses", "C:\\garden");
        check("/nowhere/garden", "");
        check("garden", "");
    }
}
