//! System calls that always fail, and which hooks can do without.

use serde_json::json;

use crate::scene::{BRIDGE, SHADOW, bridge, event, run};
use crate::support::Sandbox;

#[test]
fn where_files_cannot_be_swapped_they_are_renamed() {
    for error in ["EPERM", "EACCES", "EOPNOTSUPP", "EXDEV", "EINVAL", "ENOSYS", "EBUSY", "EIO"] {
        let sandbox = Sandbox::new();
        let inject = format!("inject=renameat2:error={error}");
        let tool = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace=renameat2", "-e", &inject];
        for n in 1..=2 {
            run(&sandbox, &tool, &["hook"], &event(n)).assert_quiet(error);
            assert_eq!(sandbox.json(BRIDGE)["tool_count"], json!(n), "{error}");
        }
        assert_eq!(sandbox.json(SHADOW)["tool_count"], 2, "{error}");
        assert_no_temporary_file(&sandbox, error);
    }
}

#[test]
fn a_file_size_limit_ends_no_run_and_leaves_no_file() {
    for (args, input) in [(&["hook"][..], event(1)), (&["--color", "never"], r#"{"session_id":"s"}"#.into())] {
        let sandbox = Sandbox::new();
        sandbox.file(BRIDGE, bridge(9));
        sandbox.file(SHADOW, bridge(9));
        let tool = ["sh", "-c", "ulimit -f 0; exec \"$0\" \"$@\""];
        run(&sandbox, &tool, args, &input).assert_quiet("a limit of nothing");
        assert_eq!((sandbox.read(BRIDGE), sandbox.read(SHADOW)), (bridge(9), bridge(9)));
        assert_no_temporary_file(&sandbox, "a limit of nothing");
    }
}

#[track_caller]
fn assert_no_temporary_file(sandbox: &Sandbox, what: &str) {
    assert_eq!(sandbox.unfinished(), [].into(), "{what}");
}
