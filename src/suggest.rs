//! What somebody may have meant who wrote a word that is not known.

/// The most similar of the known words; `None` when none is similar enough to be meant.
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    /// Of Jaro and Winkler, where 1 is the same word: below this suggestions are noise.
    const SIMILAR: f64 = 0.8;
    let scored = known.into_iter().map(|known| (strsim::jaro_winkler(word, known), known));
    let best = scored.max_by(|a, b| a.0.total_cmp(&b.0))?;
    (best.0 >= SIMILAR).then_some(best.1)
}

/// `; did you mean …?` for the end of a message, or nothing.
pub fn hint<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    nearest(word, known).map(|known| format!("; did you mean {known}?")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suggestions() {
        let known = ["context", "cost", "model", "theme", "theme_dark"];
        let check = |word: &str, expected: Option<&str>| assert_eq!(nearest(word, known), expected, "{word}");
        check("contxt", Some("context"));
        check("modle", Some("model"));
        check("themes", Some("theme"));
        check("theme-dark", Some("theme_dark"));
        check("xyzzy", None);
        check("", None);
        assert_eq!(hint("modle", known), "; did you mean model?");
        assert_eq!(hint("xyzzy", known), "");
    }
}
