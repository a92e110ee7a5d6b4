//! The installed node_exporter, Prometheus and promtool, on loopback; they end with the test.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Write;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::Value;

use crate::support::{LIMIT, ROOT, Sandbox, poll, wait_until};

/// A free port.
fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// Body of a page. `None` while nobody answers.
fn get(url: &str) -> Option<String> {
    ureq::get(url).call().ok()?.body_mut().read_to_string().ok()
}

/// A program that ends with this value.
struct Running(Child);

impl Running {
    fn start(command: &mut Command) -> Self {
        let program = command.get_program().to_owned();
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).spawn();
        Running(child.unwrap_or_else(|err| panic!("{}: {err}", program.display())))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        _ = self.0.kill();
        _ = self.0.wait();
    }
}

pub struct NodeExporter {
    folder: PathBuf,
    pub port: u16,
    running: Option<Running>,
}

impl NodeExporter {
    pub fn start(folder: &Path, port: Option<u16>) -> Self {
        let port = port.unwrap_or_else(free_port);
        let mut command = Command::new("prometheus-node-exporter");
        command.args(["--collector.disable-defaults", "--collector.textfile", "--log.level=error"]);
        command.arg(format!("--collector.textfile.directory={}", folder.display()));
        command.arg(format!("--web.listen-address=127.0.0.1:{port}"));
        let exporter = NodeExporter { folder: folder.to_owned(), port, running: Some(Running::start(&mut command)) };
        wait_until("node_exporter", || get(&exporter.url()).is_some_and(|page| page.contains("bridgeline_")));
        exporter
    }

    fn url(&self) -> String {
        format!("http://127.0.0.1:{}/metrics", self.port)
    }

    pub fn restart(&mut self) {
        drop(self.running.take());
        *self = NodeExporter::start(&self.folder, Some(self.port));
    }
}

pub struct Prometheus {
    port: u16,
    _running: Running,
}

impl Prometheus {
    /// Prometheus scrapes these exporters many times a second, and has our rules.
    pub fn start(folder: &Path, exporters: &[NodeExporter]) -> Self {
        fs::create_dir(folder).unwrap();
        let rules = fs::read_to_string(Path::new(ROOT).join("packaging/grafana/bridgeline.rules.yml")).unwrap();
        // Rules are evaluated as often as the exporters are scraped.
        fs::write(folder.join("rules.yml"), rules.replace("interval: 1m", "interval: 1s")).unwrap();
        let targets: Vec<String> = exporters.iter().map(|exporter| format!("'127.0.0.1:{}'", exporter.port)).collect();
        let config = format!(
            "global: {{ scrape_interval: 250ms, scrape_timeout: 250ms, evaluation_interval: 1s }}\n\
             rule_files: [rules.yml]\n\
             scrape_configs:\n- {{ job_name: node, static_configs: [{{ targets: [{}] }}] }}\n",
            targets.join(", ")
        );
        fs::write(folder.join("prometheus.yml"), config).unwrap();
        let port = free_port();
        let mut command = Command::new("prometheus");
        command.current_dir(folder).args(["--config.file=prometheus.yml", "--storage.tsdb.path=data"]);
        command.arg(format!("--web.listen-address=127.0.0.1:{port}"));
        command.stderr(File::create(folder.join("log")).unwrap());
        let prometheus = Prometheus { port, _running: Running::start(&mut command) };
        wait_until("Prometheus", || get(&format!("http://127.0.0.1:{port}/-/ready")).is_some());
        prometheus
    }

    /// The result of an instant query: labels and value of each series.
    #[track_caller]
    pub fn query(&self, query: &str) -> Vec<(BTreeMap<String, String>, f64)> {
        let url = format!("http://127.0.0.1:{}/api/v1/query", self.port);
        let answer = ureq::get(&url).query("query", query).call();
        let answer = answer.unwrap_or_else(|err| panic!("{query}: {err}")).body_mut().read_to_string().unwrap();
        let answer: Value = serde_json::from_str(&answer).unwrap();
        assert_eq!(answer["status"], "success", "{query}: {answer}");
        let results = answer["data"]["result"].as_array().unwrap().iter();
        let series = results.map(|series| {
            let labels = series["metric"].as_object().unwrap().iter();
            let labels = labels.map(|(name, value)| (name.clone(), value.as_str().unwrap().to_owned()));
            (labels.collect(), series["value"][1].as_str().unwrap().parse().unwrap())
        });
        series.collect()
    }

    /// The only value of a query.
    #[track_caller]
    pub fn sum(&self, query: &str) -> f64 {
        let found = self.query(query);
        assert_eq!(found.len(), 1, "{query}: {found:?}");
        found[0].1
    }

    /// Waits until a query has an answer.
    #[track_caller]
    pub fn wait_for(&self, query: &str) {
        let answered = poll(LIMIT, || self.query(query), |found| !found.is_empty());
        assert!(answered.is_ok(), "{query}: no data");
    }

    /// Waits until everything was scraped again: two scrapes have begun.
    #[track_caller]
    pub fn wait_for_scrape(&self) {
        let count = || {
            let counts = self.query("count_over_time(up[1h])");
            counts.into_iter().map(|(_, count)| count as u64).min().unwrap_or(0)
        };
        let before = count();
        wait_until("a scrape", || count() >= before + 2);
    }
}

/// Runs promtool in `work`, with this on standard input. It finds nothing wrong.
#[track_caller]
pub fn promtool(sandbox: &Sandbox, args: &[&str], input: &str) {
    let mut command = sandbox.installed("promtool");
    let child = command.args(args).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let mut child = child.unwrap_or_else(|err| panic!("promtool: {err}"));
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let text = [output.stdout, output.stderr].map(|text| String::from_utf8_lossy(&text).into_owned()).concat();
    assert!(output.status.success(), "{args:?}: {text}");
}
