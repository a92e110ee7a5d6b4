//! One JSON object from standard input, as far as it comes within the time and size given. It is
//! complete with its last brace: hosts have been seen that never close the pipe.

use std::io;
#[cfg(not(unix))]
use std::io::Read;
use std::time::{Duration, Instant};

use crate::json::quote_or_backslash;
use crate::text::decode;

/// What standard input held.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// The text of the object, or what came of it. Bytes that are no UTF-8 are U+FFFD.
    pub text: String,
    /// Whether it is a whole object.
    pub complete: bool,
}

/// Reads what an agent wants shown, which comes at once and is small: 1 MiB within a second.
pub fn payload() -> Delivery {
    read(Duration::from_secs(1), 1 << 20)
}

/// Reads one object of at most `cap` bytes within `limit`.
pub fn read(limit: Duration, cap: usize) -> Delivery {
    let deadline = Instant::now() + limit;
    let mut source = Source::new();
    let mut scan = Scan::default();
    let mut bytes = Vec::with_capacity(CHUNK);
    loop {
        let from = bytes.len();
        match source.read(&mut bytes, deadline) {
            Ok(0) | Err(_) => return Delivery { text: decode(bytes), complete: false },
            Ok(_) => {}
        }
        match scan.feed(&bytes[from..]) {
            Progress::Open if bytes.len() < cap => {}
            Progress::Open | Progress::NoObject => {
                return Delivery { text: decode(bytes), complete: false };
            }
            Progress::Complete { end } => {
                bytes.truncate(from + end);
                return Delivery { text: decode(bytes), complete: true };
            }
        }
    }
}

/// Bytes asked for at first; a payload is about 2 KiB. Twice what has come is asked for after that.
const CHUNK: usize = 4 * 1024;

/// Finds the end of the first object, over any number of chunks.
#[derive(Default)]
struct Scan {
    depth: usize,
    in_string: bool,
    escaped: bool,
}

#[derive(Debug, PartialEq, Eq)]
enum Progress {
    /// The object's last brace is just before `end` of the chunk.
    Complete { end: usize },
    /// There is more to come.
    Open,
    /// What came first is no object.
    NoObject,
}

impl Scan {
    fn feed(&mut self, chunk: &[u8]) -> Progress {
        let mut at = 0;
        while at < chunk.len() {
            if self.in_string {
                at = self.skip_string(chunk, at);
                continue;
            }
            match chunk[at] {
                b'"' if self.depth > 0 => self.in_string = true,
                b'{' => self.depth += 1,
                b'[' if self.depth > 0 => self.depth += 1,
                b'}' | b']' if self.depth > 0 => {
                    self.depth -= 1;
                    if self.depth == 0 {
                        return Progress::Complete { end: at + 1 };
                    }
                }
                _ if self.depth > 0 => {}
                b' ' | b'\t' | b'\r' | b'\n' | 0xef | 0xbb | 0xbf => {}
                _ => return Progress::NoObject,
            }
            at += 1;
        }
        Progress::Open
    }

    /// Where the string that `at` lies in ends, or the chunk.
    fn skip_string(&mut self, chunk: &[u8], at: usize) -> usize {
        if std::mem::take(&mut self.escaped) {
            return at + 1;
        }
        let Some(found) = quote_or_backslash(&chunk[at..]) else { return chunk.len() };
        match chunk[at + found] {
            b'"' => self.in_string = false,
            _ => self.escaped = true,
        }
        at + found + 1
    }
}

/// Standard input with a deadline.
#[cfg(unix)]
struct Source(io::Stdin);

#[cfg(unix)]
impl Source {
    fn new() -> Self {
        Source(io::stdin())
    }

    /// Appends what is there, waiting for it until `deadline`; 0 at the end.
    fn read(&mut self, bytes: &mut Vec<u8>, deadline: Instant) -> io::Result<usize> {
        use rustix::event::{PollFd, PollFlags, Timespec, poll};
        use rustix::io::{read, retry_on_intr};
        let ready = retry_on_intr(|| {
            let left = deadline.saturating_duration_since(Instant::now());
            let left = Timespec::try_from(left).unwrap_or_default();
            poll(&mut [PollFd::new(&self.0, PollFlags::IN)], Some(&left))
        });
        if ready? == 0 {
            return Err(io::ErrorKind::TimedOut.into());
        }
        let from = bytes.len();
        bytes.resize((from * 2).max(CHUNK), 0);
        // std's own buffer is left aside: it would hold back what poll has reported.
        let count = retry_on_intr(|| read(&self.0, &mut bytes[from..]));
        bytes.truncate(from + count.unwrap_or(0));
        Ok(count?)
    }
}

/// Standard input with a deadline. Windows cannot wait for a pipe and a time at once without
/// overlapped handles, so a thread reads and is left behind when time is up.
#[cfg(not(unix))]
struct Source(std::sync::mpsc::Receiver<io::Result<Vec<u8>>>);

#[cfg(not(unix))]
impl Source {
    fn new() -> Self {
        let (sender, receiver) = std::sync::mpsc::channel();
        std::thread::spawn(move || {
            loop {
                let mut chunk = vec![0; CHUNK];
                let read = io::stdin().read(&mut chunk).map(|count| {
                    chunk.truncate(count);
                    chunk
                });
                let ended = !read.as_ref().is_ok_and(|chunk| !chunk.is_empty());
                if sender.send(read).is_err() || ended {
                    return;
                }
            }
        });
        Source(receiver)
    }

    /// Appends what is there, waiting for it until `deadline`; 0 at the end.
    fn read(&mut self, bytes: &mut Vec<u8>, deadline: Instant) -> io::Result<usize> {
        let left = deadline.saturating_duration_since(Instant::now());
        let chunk = self.0.recv_timeout(left).map_err(|_| io::ErrorKind::TimedOut)??;
        bytes.extend_from_slice(&chunk);
        Ok(chunk.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_last_brace_completes() {
        let check = |chunks: &[&str], expected: Progress| {
            let mut scan = Scan::default();
            let fed: Vec<Progress> = chunks.iter().map(|chunk| scan.feed(chunk.as_bytes())).collect();
            assert_eq!(fed.last(), Some(&expected), "{chunks:?}");
        };
        check(&["{}"], Progress::Complete { end: 2 });
        check(&["\u{feff} \r\n{\"a\":[1,{}]} trailing"], Progress::Complete { end: 18 });
        check(&["{\"a\":\"}", "\\\"", "}\"", "}x"], Progress::Complete { end: 1 });
        check(&["{\"a\":\"\\\\\"}"], Progress::Complete { end: 10 });
        check(&["{", "\"a"], Progress::Open);
        check(&[" \n"], Progress::Open);
        check(&["null"], Progress::NoObject);
        check(&["[1]"], Progress::NoObject);
        check(&["  \"x\""], Progress::NoObject);
    }

    proptest! {
        #[test]
        fn the_chunks_make_no_difference(text in ".*", cuts in proptest::collection::vec(1usize..9, 0..30)) {
            let document = format!("{{\"k\":{},\"n\":[{{}}]}}", crate::json::quote(&text));
            let (mut rest, mut scan, mut fed) = (document.as_bytes(), Scan::default(), 0);
            for cut in cuts.into_iter().chain([usize::MAX]) {
                let (chunk, tail) = rest.split_at(cut.min(rest.len()));
                if let Progress::Complete { end } = scan.feed(chunk) {
                    prop_assert_eq!(fed + end, document.len());
                    return Ok(());
                }
                fed += chunk.len();
                rest = tail;
            }
            prop_assert!(false, "never complete: {document}");
        }
    }
}
