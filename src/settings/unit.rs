//! Files of systemd and launchd that run a command every minute.

use std::path::PathBuf;

use itertools::Itertools;

use crate::base::env::Env;
use crate::base::text::in_xml;

/// The files of a service manager, and the commands that start and stop the service.
pub struct Service {
    /// Templates with `{command}`, by their files below the folder.
    files: &'static [(&'static str, &'static str)],
    folder: fn(&Env) -> Option<PathBuf>,
    /// A command line in a template.
    line: fn(&[String]) -> String,
    pub start: &'static str,
    pub stop: &'static str,
}

const SYSTEMD: Service = Service {
    files: &[
        ("bridgeline-usage.service", include_str!("units/bridgeline-usage.service")),
        ("bridgeline-usage.timer", include_str!("units/bridgeline-usage.timer")),
    ],
    folder: |env| {
        let config = env.path("XDG_CONFIG_HOME").or_else(|| Some(env.home()?.join(".config")))?;
        Some(config.join("systemd/user"))
    },
    line: |words| words.iter().map(|word| quoted(word)).join(" "),
    start: "systemctl --user daemon-reload && systemctl --user enable --now bridgeline-usage.timer",
    stop: "systemctl --user disable --now bridgeline-usage.timer",
};

const LAUNCHD: Service = Service {
    files: &[("bridgeline-usage.plist", include_str!("units/bridgeline-usage.plist"))],
    folder: |env| Some(env.home()?.join("Library/LaunchAgents")),
    line: |words| words.iter().map(|word| format!("    <string>{}</string>", in_xml(word))).join("\n"),
    start: "launchctl bootstrap gui/$(id -u) ~/Library/LaunchAgents/bridgeline-usage.plist",
    stop: "launchctl bootout gui/$(id -u)/bridgeline-usage",
};

/// The service manager of this system. `None` on Windows.
pub fn service() -> Option<&'static Service> {
    match std::env::consts::OS {
        "linux" => Some(&SYSTEMD),
        "macos" => Some(&LAUNCHD),
        _ => None,
    }
}

impl Service {
    /// The paths of the files, with their templates.
    pub fn files(&self, env: &Env) -> Vec<(PathBuf, Template)> {
        let folder = (self.folder)(env);
        let files = self.files.iter().map(|(name, text)| (name, Template { text, line: self.line }));
        folder.map(|folder| files.map(|(name, text)| (folder.join(name), text)).collect()).unwrap_or_default()
    }
}

#[derive(Clone, Copy)]
pub struct Template {
    text: &'static str,
    line: fn(&[String]) -> String,
}

impl Template {
    /// The file that runs a command.
    pub fn with(&self, command: &[String]) -> String {
        self.text.replace("{command}", &(self.line)(command))
    }
}

/// A word of a command line of systemd.
fn quoted(word: &str) -> String {
    let special = word.replace('\\', "\\\\").replace('"', "\\\"").replace('%', "%%").replace('$', "$$");
    format!("\"{special}\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_quoted_as_each_system_reads_them() {
        let command = ["/a b/x".to_owned(), "50%$\"<&".to_owned()];
        let text = |service: &Service| Template { text: "{command}", line: service.line }.with(&command);
        assert_eq!(text(&SYSTEMD), r#""/a b/x" "50%%$$\"<&""#);
        assert_eq!(text(&LAUNCHD), "    <string>/a b/x</string>\n    <string>50%$\"&lt;&amp;</string>");
    }
}
