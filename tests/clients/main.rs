//! The real agents, driven in a terminal against a stand-in for the API. The program's output is compared with the
//! stand-in's records. Each scenario runs in a network that has only loopback. Needs Linux, root or user namespaces,
//! `ip`, npm, node and tmux: `cargo test --features opencode --test clients`.
#![cfg(target_os = "linux")]

mod claude_code;
mod codex;
mod gemini_cli;
mod http;
mod kimi_code;
mod namespace;
mod opencode;
mod qwen_code;
mod scene;
mod stand_in;
#[path = "../support/mod.rs"]
mod support;
mod terminal;
mod wire;

use support::npm;

/// An agent as npm has it.
struct Agent {
    package: &'static str,
    /// The tested version.
    version: &'static str,
    /// Names another version.
    variable: &'static str,
    /// The script that node runs, or the program itself; `{arch}` stands for the processor.
    program: &'static str,
}

const CLAUDE_CODE: Agent = Agent {
    package: "@anthropic-ai/claude-code",
    version: "2.1.332",
    variable: "BRIDGELINE_CLAUDE_CODE",
    program: "cli-wrapper.cjs",
};

const QWEN_CODE: Agent =
    Agent { package: "@qwen-code/qwen-code", version: "0.24.4", variable: "BRIDGELINE_QWEN_CODE", program: "cli.js" };

const KIMI_CODE: Agent = Agent {
    package: "@moonshot-ai/kimi-code",
    version: "2.1.0",
    variable: "BRIDGELINE_KIMI_CODE",
    program: "dist/main.mjs",
};

const CODEX: Agent =
    Agent { package: "@openai/codex", version: "0.171.0", variable: "BRIDGELINE_CODEX", program: "bin/codex.js" };

const GEMINI_CLI: Agent = Agent {
    package: "@google/gemini-cli",
    version: "0.61.0",
    variable: "BRIDGELINE_GEMINI_CLI",
    program: "bundle/gemini.js",
};

const OPENCODE: Agent = Agent {
    package: "opencode-ai",
    version: "1.18.33",
    variable: "BRIDGELINE_OPENCODE",
    program: "../opencode-linux-{arch}/bin/opencode",
};

/// Version of node that runs them: they ask for a newer one than Debian has.
const NODE: &str = "24.21.0";

impl Agent {
    /// The command that starts the agent, which npm installs if it is missing.
    #[track_caller]
    fn command(&self) -> Vec<String> {
        let arch = if cfg!(target_arch = "aarch64") { "arm64" } else { "x64" };
        let version = std::env::var(self.variable).unwrap_or_else(|_| self.version.to_owned());
        let program = npm::file(self.package, &version, &self.program.replace("{arch}", arch));
        let node = program.extension().is_some().then(|| npm::file(&format!("node-linux-{arch}"), NODE, "bin/node"));
        node.into_iter().chain([program]).map(|path| path.to_str().unwrap().to_owned()).collect()
    }
}
