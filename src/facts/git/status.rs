//! Output of `git status --porcelain=v2 --branch --show-stash -z` (git-status(1), "Porcelain Format Version 2").

use super::Git;

/// Reads the complete records of the output; one that is cut off at the end is left out.
pub fn parse(output: &[u8]) -> Git {
    let mut git = Git::default();
    let mut is_unborn = false;
    let mut has_counts = false;
    let mut records = whole_records(output);
    while let Some(record) = records.next() {
        match record {
            [b'#', b' ', header @ ..] => {
                let header = String::from_utf8_lossy(header);
                let (name, value) = header.split_once(' ').unwrap_or((&header, ""));
                match name {
                    "branch.oid" if value == "(initial)" => is_unborn = true,
                    "branch.oid" => git.commit = Some(value.chars().take(7).collect()),
                    "branch.head" => git.branch = Some(value.to_owned()).filter(|name| name != "(detached)"),
                    "branch.upstream" => git.upstream = Some(value.to_owned()),
                    "branch.ab" => {
                        has_counts = true;
                        (git.ahead, git.behind) = ahead_behind(value).unzip();
                    }
                    "stash" => git.stashes = value.parse().unwrap_or(0),
                    _ => {}
                }
            }
            [kind @ (b'1' | b'2'), b' ', index, worktree, ..] => {
                git.staged += u64::from(*index != b'.');
                git.unstaged += u64::from(*worktree != b'.');
                if *kind == b'2' {
                    // The path before a rename or copy.
                    records.next();
                }
            }
            [b'u', b' ', ..] => git.conflicts += 1,
            [b'?', b' ', ..] => git.untracked += 1,
            _ => {}
        }
    }
    // git omits the counts if the upstream does not exist, and before the first commit.
    git.gone = git.upstream.is_some() && !has_counts && !is_unborn;
    git
}

/// `+<ahead> -<behind>`; question marks with `--no-ahead-behind`.
fn ahead_behind(value: &str) -> Option<(u64, u64)> {
    let (ahead, behind) = value.split_once(' ')?;
    Some((ahead.strip_prefix('+')?.parse().ok()?, behind.strip_prefix('-')?.parse().ok()?))
}

fn whole_records(output: &[u8]) -> impl Iterator<Item = &[u8]> {
    let end = output.iter().rposition(|byte| *byte == 0).unwrap_or(0);
    output[..end].split(|byte| *byte == 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(output: &str, expected: &Git) {
        assert_eq!(parse(output.as_bytes()), *expected, "{output:?}");
    }

    fn some(text: &str) -> Option<String> {
        Some(text.to_owned())
    }

    #[test]
    fn the_branch() {
        let head = "# branch.oid 3b1a5a6f9e103b1a5a6f9e103b1a5a6f9e103b1a\0# branch.head a b\0";
        let git = Git { commit: some("3b1a5a6"), branch: some("a b"), ..Git::default() };
        check(head, &git);
        let follows = format!("{head}# branch.upstream origin/a\0");
        let git = Git { upstream: some("origin/a"), gone: true, ..git };
        check(&follows, &git);
        let git = Git { gone: false, ..git };
        check(&format!("{follows}# branch.ab +? -?\0"), &git);
        let git = Git { ahead: Some(1), behind: Some(20), stashes: 3, ..git };
        check(&format!("{follows}# branch.ab +1 -20\0# stash 3\0"), &git);
        check("# branch.oid (initial)\0# branch.head (detached)\0", &Git::default());
        let unborn = "# branch.oid (initial)\0# branch.head main\0# branch.upstream origin/main\0";
        check(unborn, &Git { branch: some("main"), upstream: some("origin/main"), ..Git::default() });
    }

    #[test]
    fn paths() {
        let ordinary = "N... 100644 100644 100644 0 0";
        let output = [
            &format!("1 M. {ordinary} staged"),
            &format!("1 .M {ordinary} un\nstaged"),
            &format!("1 AM {ordinary} both"),
            &format!("2 R. {ordinary} R100 new"),
            "? looks like another record",
            "u UU N... 100644 100644 100644 100644 0 0 0 conflict",
            "? new file",
            "? ",
            "! ignored",
            "",
        ];
        let git = Git { staged: 3, unstaged: 2, conflicts: 1, untracked: 2, ..Git::default() };
        check(&output.join("\0"), &git);
    }

    #[test]
    fn what_is_cut_off_is_left_out() {
        check("? a\0? b\0? c", &Git { untracked: 2, ..Git::default() });
        check("? a", &Git::default());
        check("", &Git::default());
    }
}
