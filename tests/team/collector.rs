//! An OpenTelemetry collector for one request, which decodes it by the protocol.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::sync::mpsc::{self, Receiver};
use std::thread;

use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::common::v1::KeyValue;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::number_data_point::Value as Number;
use opentelemetry_proto::tonic::metrics::v1::{AggregationTemporality, Metric, NumberDataPoint};

use crate::support::LIMIT;

pub struct Collector {
    port: u16,
    received: Receiver<Received>,
}

type Attributes = BTreeMap<String, String>;

/// The request.
pub struct Received {
    pub path: String,
    pub headers: BTreeMap<String, String>,
    pub resource: Attributes,
    metrics: Vec<Metric>,
    /// Start of the sums, in epoch nanoseconds.
    pub starts: BTreeSet<u64>,
}

impl Collector {
    /// Its answer.
    pub fn start(status: &str, body: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let answer = format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len());
        let (sender, received) = mpsc::channel();
        thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let request = read(&mut BufReader::new(&stream));
            stream.write_all(answer.as_bytes()).unwrap();
            _ = sender.send(request);
        });
        Collector { port, received }
    }

    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    #[track_caller]
    pub fn received(&self) -> Received {
        self.received.recv_timeout(LIMIT).expect("nothing was sent, or nothing that can be decoded")
    }
}

fn read(stream: &mut impl BufRead) -> Received {
    let mut line = || {
        let mut line = String::new();
        stream.read_line(&mut line).unwrap();
        line.trim_end().to_owned()
    };
    let path = line().split(' ').nth(1).unwrap().to_owned();
    let mut headers = BTreeMap::new();
    while let Some((name, value)) = line().split_once(':') {
        headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
    }
    let mut body = vec![0; headers["content-length"].parse().unwrap()];
    stream.read_exact(&mut body).unwrap();
    let request: ExportMetricsServiceRequest = serde_json::from_slice(&body).unwrap();
    let [of_resource] = &request.resource_metrics[..] else { panic!("{request:?}") };
    let [of_scope] = &of_resource.scope_metrics[..] else { panic!("{request:?}") };
    let metrics = of_scope.metrics.clone();
    let points = metrics.iter().filter_map(|metric| match &metric.data {
        Some(Data::Sum(sum)) => {
            assert!(sum.is_monotonic, "{metric:?}");
            assert_eq!(sum.aggregation_temporality, AggregationTemporality::Cumulative as i32);
            Some(&sum.data_points)
        }
        _ => None,
    });
    let starts = points.flatten().map(|point| {
        assert!(0 < point.start_time_unix_nano && point.start_time_unix_nano < point.time_unix_nano, "{point:?}");
        point.start_time_unix_nano
    });
    let starts = starts.collect();
    let resource = attributes(&of_resource.resource.as_ref().unwrap().attributes);
    Received { path, headers, resource, metrics, starts }
}

fn attributes(pairs: &[KeyValue]) -> Attributes {
    let pair = |pair: &KeyValue| match pair.value.as_ref().and_then(|value| value.value.as_ref()) {
        Some(Value::StringValue(value)) => (pair.key.clone(), value.clone()),
        other => panic!("{}: {other:?}", pair.key),
    };
    pairs.iter().map(pair).collect()
}

fn number(point: &NumberDataPoint) -> f64 {
    match point.value {
        Some(Number::AsDouble(number)) => number,
        ref other => panic!("{other:?}"),
    }
}

impl Received {
    #[track_caller]
    fn data(&self, name: &str) -> &Data {
        let metric = self.metrics.iter().find(|metric| metric.name == name);
        metric.unwrap_or_else(|| panic!("no metric {name}")).data.as_ref().unwrap()
    }

    /// The values of a sum, added up by two attributes.
    #[track_caller]
    pub fn sums(&self, name: &str, by: [&str; 2]) -> BTreeMap<(String, String), f64> {
        let Data::Sum(sum) = self.data(name) else { panic!("{name} is no sum") };
        let mut sums = BTreeMap::new();
        for point in &sum.data_points {
            let attributes = attributes(&point.attributes);
            let [one, other] = by.map(|name| attributes.get(name).cloned().unwrap_or_default());
            *sums.entry((one, other)).or_default() += number(point);
        }
        sums
    }

    #[track_caller]
    pub fn gauge(&self, name: &str) -> Vec<f64> {
        let Data::Gauge(gauge) = self.data(name) else { panic!("{name} is no gauge") };
        gauge.data_points.iter().map(number).collect()
    }
}
