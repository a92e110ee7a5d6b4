//! Cursor CLI: the object on the stdin of its `statusLine` command, by the text of its built-in
//! `statusline` skill.

use super::{Agent, HookDialect, SettingsSpec, Status, claude_code};
use crate::base::json::Object;

pub static CURSOR: Agent = Agent {
    name: "cursor",
    resume: "cursor-agent --resume",
    max_rows: None,
    recognises,
    read,
    hooks: HookDialect::COMMON,
    settings: SettingsSpec {
        moved_by: &[("CURSOR_CONFIG_DIR", ""), ("XDG_CONFIG_HOME", "cursor")],
        folder: ".cursor",
        file: "cli-config.json",
        // The editor uses it too.
        shares_folder: true,
        ..SettingsSpec::COMMON
    },
};

fn recognises(payload: &Object) -> bool {
    payload.has("render_width_chars") || payload.has("autorun")
}

fn read(payload: &Object) -> Status {
    Status {
        columns: payload.count("render_width_chars").map(|columns| columns as usize).filter(|n| *n > 0),
        // Cursor sends the folder of the transcripts.
        project_dir: None,
        mode: (payload.bool("autorun") == Some(true)).then(|| "autorun".to_owned()),
        session_usage: None,
        ..claude_code::read(payload)
    }
}

#[cfg(test)]
mod tests {
    use crate::agent;

    #[test]
    fn the_row_has_a_width_and_the_project_is_unknown() {
        let status = agent::read(include_str!("../../tests/fixtures/status/cursor/working.json")).unwrap();
        assert_eq!((status.agent, status.columns), ("cursor", Some(96)));
        assert_eq!((status.project_dir, status.mode.as_deref()), (None, Some("autorun")));
        assert_eq!((status.context.used, status.context.tokens), (Some(61.25), None));
        assert_eq!((status.usage, status.session_usage, status.cost_usd), (None, None, None));
        assert_eq!((status.worktree.as_deref(), status.style.as_deref()), (Some("fence"), Some("compact")));
        assert_eq!(status.added_dirs, ["/home/ada/tools"]);
    }

    #[test]
    fn widths_and_modes() {
        let check = |fields: &str, columns: Option<usize>, mode: Option<&str>| {
            let status = agent::read(&format!(r#"{{"model":"M",{fields}}}"#)).unwrap();
            assert_eq!((status.columns, status.mode.as_deref()), (columns, mode), "{fields}");
        };
        check(r#""render_width_chars":80.9,"autorun":false"#, Some(80), None);
        check(r#""render_width_chars":0,"autorun":null"#, None, None);
        check(r#""render_width_chars":-4"#, None, None);
        check(r#""render_width_chars":"wide","autorun":"yes""#, None, None);
        check(r#""render_width_chars":"90","autorun":true"#, Some(90), Some("autorun"));
    }
}
