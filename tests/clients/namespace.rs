//! Scenarios in network and process namespaces of their own: the test starts itself again as the first process, and all
//! its processes end with it.

use std::any::type_name;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::process::Command;

use crate::Agent;
use crate::scene::Scene;
use crate::support::Sandbox;

/// Variable with the folder of a scenario, for the process that runs it.
const FOLDER: &str = "BRIDGELINE_SCENARIO";

/// Brings loopback up, and becomes the program in `$0`.
const ENTER: &str = r#"ip link set lo up && exec "$0" "$@""#;

/// Time limit of a scenario in seconds.
const LIMIT: &str = "400";

/// Runs a scenario, a closure of the calling test. Fails with everything that was unexpected.
#[track_caller]
pub fn play<F: FnOnce(&Scene)>(agent: &Agent, scenario: F) {
    // While there still is a network.
    agent.command();
    if let Some(folder) = std::env::var_os(FOLDER) {
        let scene = Scene::new(Sandbox::lent(Path::new(&folder)));
        scenario(&scene);
        scene.assert_as_expected();
        scene.file("played", "");
        return;
    }
    let (_, test) = type_name::<F>().split_once("::").unwrap();
    let test = test.trim_end_matches("::{{closure}}");
    let sandbox = Sandbox::new();
    let mut command = Command::new("timeout");
    command.args([LIMIT, "unshare", "--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"]);
    if fs::metadata(sandbox.path(".")).unwrap().uid() != 0 {
        command.arg("--map-root-user");
    }
    command.args(["sh", "-euc", ENTER]).arg(std::env::current_exe().unwrap());
    command.args(["--exact", test, "--nocapture"]).env(FOLDER, sandbox.path(""));
    let output = command.output().expect("unshare is needed");
    let said = [output.stdout, output.stderr].map(|said| String::from_utf8_lossy(&said).into_owned()).concat();
    let played = output.status.success() && sandbox.path("played").exists();
    assert!(played, "{test} (it needs root or user namespaces, and `ip`):\n{said}");
}
