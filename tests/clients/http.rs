//! A small HTTP/1.1 server on loopback: requests with a body, answers in JSON or as server-sent events.

use std::collections::HashMap;
use std::io::{self, BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;

use serde_json::Value;

pub struct Request {
    pub method: String,
    /// Without the query.
    pub path: String,
    pub body: Vec<u8>,
}

/// The connection for one answer.
pub struct Answer<'a>(&'a mut TcpStream);

impl<'a> Answer<'a> {
    pub fn json(self, status: &str, body: &Value) -> io::Result<()> {
        let body = body.to_string();
        let head = format!("content-type: application/json\r\ncontent-length: {}", body.len());
        write!(self.0, "HTTP/1.1 {status}\r\n{head}\r\n\r\n{body}")
    }

    pub fn events(self) -> io::Result<Events<'a>> {
        self.events_with(&[])
    }

    /// As [`Self::events`], with these headers of the provider.
    pub fn events_with(self, headers: &[(String, String)]) -> io::Result<Events<'a>> {
        write!(self.0, "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n")?;
        for (name, value) in headers {
            write!(self.0, "{name}: {value}\r\n")?;
        }
        write!(self.0, "\r\n")?;
        Ok(Events(self.0))
    }
}

/// An answer that comes event by event.
pub struct Events<'a>(&'a mut TcpStream);

impl Events<'_> {
    /// Sends some text; fails if the client has gone.
    pub fn send(&mut self, text: &str) -> io::Result<()> {
        self.0.write_all(format!("{:x}\r\n{text}\r\n", text.len()).as_bytes())
    }

    pub fn end(self) -> io::Result<()> {
        self.0.write_all(b"0\r\n\r\n")
    }
}

/// Answers requests, each connection in a thread of its own. Returns the port.
pub fn serve(answer: impl Fn(&Request, Answer) -> io::Result<()> + Clone + Send + 'static) -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let (mut stream, answer) = (stream.unwrap(), answer.clone());
            thread::spawn(move || {
                let mut reader = BufReader::new(stream.try_clone().unwrap());
                // A client that disconnects early does not matter.
                while let Ok(Some(request)) = read(&mut reader) {
                    if answer(&request, Answer(&mut stream)).is_err() {
                        return;
                    }
                }
            });
        }
    });
    port
}

/// The next request of a connection; `None` at its end.
fn read(reader: &mut impl BufRead) -> io::Result<Option<Request>> {
    let mut line = String::new();
    if reader.read_line(&mut line)? == 0 {
        return Ok(None);
    }
    let mut words = line.split_whitespace().map(str::to_owned);
    let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let mut headers = HashMap::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        headers.insert(name.to_lowercase(), value.trim().to_owned());
    }
    assert!(!headers.contains_key("transfer-encoding"), "a body in chunks: {headers:?}");
    let length = headers.get("content-length").map_or(0, |length| length.parse().unwrap());
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    let path = target.split('?').next().unwrap_or_default().to_owned();
    Ok(Some(Request { method, path, body }))
}
