//! A line at every width.

use serde_json::{Value, json};
use unicode_width::UnicodeWidthStr;

use super::{RICH, Sandbox};

/// Wide characters, emoji sequences, stacked marks, and text far longer than any terminal.
pub fn wide(sandbox: &Sandbox) -> Value {
    let mut payload = sandbox.rich();
    payload["model"]["display_name"] = json!("模型 五 (百万)");
    payload["session_name"] = json!("認証の修正 e\u{301}\u{301}\u{301} 👩\u{200d}💻🇩🇪");
    payload["workspace"]["current_dir"] = json!(sandbox.text("work/日本語のとても長い名前"));
    sandbox.file("work/日本語のとても長い名前/.git/HEAD", "ref: refs/heads/機能/👩\u{200d}👩\u{200d}👧-認証\n");
    sandbox.file(
        &format!("config/tasks/{RICH}/2.json"),
        json!({"id": "2", "subject": "型検査を直しています 👩\u{200d}💻".repeat(9), "status": "in_progress"})
            .to_string(),
    );
    payload
}

/// At these widths no row of that session is wider than its terminal.
#[track_caller]
pub fn never_wider(payload: fn(&Sandbox) -> Value, widths: impl Iterator<Item = usize>) {
    let sandbox = Sandbox::new();
    let payload = payload(&sandbox);
    for width in widths {
        for preset in ["default", "full"] {
            let call = || sandbox.render(&payload).args(&["--preset", preset]);
            let rows = call().args(&["--width", &width.to_string()]).run().rows();
            assert!(!rows.is_empty(), "{preset} {width}");
            for row in &rows {
                assert!(!row.is_empty() && row.width() <= width, "{preset} {width}: {row}");
            }
            let by_host = call().env("COLUMNS", (width + 4).to_string()).run().rows();
            assert_eq!(by_host, rows, "COLUMNS is 4 more than {width}");
        }
    }
}
