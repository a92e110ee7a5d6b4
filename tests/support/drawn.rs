//! Pictures in the documentation, and printed output in the form that they draw.

use std::path::{Path, PathBuf};

use bridgeline::paint::{StyledRun, sgr};
use bridgeline::theme::Style;

use super::ROOT;

/// The folder of all pictures.
pub fn pictures() -> PathBuf {
    Path::new(ROOT).join("docs/pictures")
}

/// Painted lines, in runs of one style. Links are skipped.
pub fn lines(painted: &str) -> Vec<Vec<StyledRun<'_>>> {
    // A style continues after the end of a line.
    let mut style = Style::PLAIN;
    painted.trim_end_matches('\n').split('\n').map(|text| line(text, &mut style)).collect()
}

fn line<'a>(text: &'a str, style: &mut Style) -> Vec<StyledRun<'a>> {
    let mut runs = Vec::new();
    for (at, part) in text.split('\x1b').enumerate() {
        let text = match part.strip_prefix('[').and_then(|part| part.split_once('m')) {
            _ if at == 0 => part,
            Some((codes, text)) => {
                *style = sgr::styled(*style, codes);
                text
            }
            // The address of a link, and then the backslash that ends it.
            None => part.strip_prefix('\\').unwrap_or(""),
        };
        if !text.is_empty() {
            runs.push(StyledRun { text, style: *style });
        }
    }
    runs
}
