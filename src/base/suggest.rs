//! Suggestions for unknown words.

/// The known word most similar to `word`. `None` if more than one letter, and more than a third of them, would have to
/// change.
pub fn suggest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    /// Longer than every known word, in bytes.
    const LONGEST: usize = 64;
    if word.len() > LONGEST {
        return None;
    }
    let most = (word.chars().count() / 3).max(1);
    let changes = |known: &'a str| (strsim::osa_distance(word, known), known);
    let (changes, known) = known.into_iter().map(changes).min_by_key(|(changes, _)| *changes)?;
    (changes <= most).then_some(known)
}

/// `; did you mean WORD?`, or nothing if [`suggest`] finds none: to append to a message.
pub fn did_you_mean<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    suggest(word, known).map(|known| format!("; did you mean {known}?")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_near_is_suggested() {
        let check = |word: &str, expected: Option<&str>| {
            let known = ["model", "mode", "context.notice", "cost", "dir"];
            assert_eq!(suggest(word, known), expected, "{word}");
        };
        check("modle", Some("model"));
        check("Model", Some("model"));
        check("mode", Some("mode"));
        check("context.notce", Some("context.notice"));
        check("contxt-notice", Some("context.notice"));
        check("dri", Some("dir"));
        check("typo", None);
        check("mosl", None);
        check("x", None);
        check("", None);
    }

    #[test]
    fn nothing_known_suggests_nothing() {
        assert_eq!(suggest("model", []), None);
        assert_eq!(did_you_mean("modle", ["model"]), "; did you mean model?");
        assert_eq!(did_you_mean("nothing", ["model"]), "");
    }
}
