//! One JSON object from standard input, read within limits of time and size. Its last brace completes it: some agents
//! never close the pipe.

use std::io;
#[cfg(not(unix))]
use std::io::Read;
use std::time::{Duration, Instant};

use super::abridge::Abridged;
use crate::base::json::plain_length;
use crate::base::text::decode;

/// The object on standard input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// The text of the object, or of the part that arrived. Bytes that are not UTF-8 become U+FFFD.
    pub text: String,
    /// It is a whole object.
    pub complete: bool,
}

/// Limits of size and time.
struct Limits {
    /// Longest time without any input.
    idle: Duration,
    /// Longest time in total.
    total: Duration,
    /// Maximum size of what is kept of an object, in bytes.
    size: usize,
    /// A larger object is read to its end and abridged.
    abridges: bool,
}

/// Reads a payload, which arrives at once and is small: 1 MiB within a second.
pub fn payload() -> Delivery {
    let second = Duration::from_secs(1);
    read(&Limits { idle: second, total: second, size: 1 << 20, abridges: false })
}

/// Reads a hook event. Its time limits are long, since a busy machine may pause its writer in the middle. It can have
/// any size, since a tool's input can hold whole files; from 8 MiB on it is abridged.
pub fn event() -> Delivery {
    let (idle, total) = (Duration::from_secs(15), Duration::from_secs(60));
    read(&Limits { idle, total, size: 8 << 20, abridges: true })
}

fn read(limits: &Limits) -> Delivery {
    let mut source = Stdin::new();
    read_from(&mut |bytes, least, deadline| source.read(bytes, least, deadline), limits)
}

/// Reads from `source`, which appends at least this many bytes if it has them and waits for them until a deadline; it
/// appends none at the end.
fn read_from(source: &mut impl FnMut(&mut Vec<u8>, usize, Instant) -> io::Result<usize>, limits: &Limits) -> Delivery {
    let last = Instant::now() + limits.total;
    let mut scan = Scan::default();
    let mut bytes = Vec::with_capacity(CHUNK);
    let mut abridged: Option<Abridged> = None;
    loop {
        let from = bytes.len();
        let chunk = if abridged.is_some() { LARGE_CHUNK } else { CHUNK };
        let deadline = last.min(Instant::now() + limits.idle);
        let progress = match source(&mut bytes, chunk, deadline) {
            Ok(0) | Err(_) => JsonProgress::NoObject,
            Ok(_) => scan.feed(&bytes[from..]),
        };
        if let JsonProgress::Complete { end } = progress {
            bytes.truncate(from + end);
        }
        let is_large = abridged.is_some() || bytes.len() >= limits.size;
        if is_large && limits.abridges {
            abridged.get_or_insert_default().feed(&bytes);
            bytes = Vec::new();
        }
        if progress != JsonProgress::Open || (is_large && !limits.abridges) {
            let bytes = abridged.map_or(bytes, Abridged::into_bytes);
            return Delivery { text: decode(bytes), complete: matches!(progress, JsonProgress::Complete { .. }) };
        }
    }
}

/// Bytes requested first; a payload is about 2 KiB. After that, twice as many as have arrived are requested.
const CHUNK: usize = 4 * 1024;

/// The same for input that is only scanned: the capacity of a pipe.
const LARGE_CHUNK: usize = 64 * 1024;

/// Finds the end of the first object, over any number of chunks.
#[derive(Default)]
struct Scan {
    depth: usize,
    in_string: bool,
    escaped: bool,
}

#[derive(Debug, PartialEq, Eq)]
enum JsonProgress {
    /// The object's last brace is just before `end` of the chunk.
    Complete { end: usize },
    /// The object is not complete yet.
    Open,
    /// The input does not begin with an object.
    NoObject,
}

impl Scan {
    fn feed(&mut self, chunk: &[u8]) -> JsonProgress {
        let mut at = 0;
        while at < chunk.len() {
            if self.in_string {
                at = self.skip_string(chunk, at);
                continue;
            }
            match chunk[at] {
                b'{' => self.depth += 1,
                b'[' if self.depth > 0 => self.depth += 1,
                b' ' | b'\t' | b'\r' | b'\n' | 0xef | 0xbb | 0xbf if self.depth == 0 => {}
                _ if self.depth == 0 => return JsonProgress::NoObject,
                b'"' => self.in_string = true,
                b'}' | b']' => {
                    self.depth -= 1;
                    if self.depth == 0 {
                        return JsonProgress::Complete { end: at + 1 };
                    }
                }
                _ => {
                    let is_mark = |byte: &u8| matches!(byte, b'"' | b'{' | b'}' | b'[' | b']');
                    at += chunk[at..].iter().take_while(|byte| !is_mark(byte)).count();
                    continue;
                }
            }
            at += 1;
        }
        JsonProgress::Open
    }

    /// Skips a part of the string that contains `at`. Returns the end of that part.
    fn skip_string(&mut self, chunk: &[u8], at: usize) -> usize {
        if std::mem::take(&mut self.escaped) {
            return at + 1;
        }
        let end = at + plain_length(&chunk[at..]);
        match chunk.get(end) {
            Some(b'"') => self.in_string = false,
            Some(b'\\') => self.escaped = true,
            _ => {}
        }
        (end + 1).min(chunk.len())
    }
}

/// Standard input with a deadline.
#[cfg(unix)]
struct Stdin(io::Stdin);

#[cfg(unix)]
impl Stdin {
    fn new() -> Self {
        Stdin(io::stdin())
    }

    /// Appends the available bytes, waiting for some until `deadline`; returns 0 at the end. Requests at least `chunk`.
    fn read(&mut self, bytes: &mut Vec<u8>, chunk: usize, deadline: Instant) -> io::Result<usize> {
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
        bytes.resize((from * 2).max(chunk), 0);
        // Bypasses std's own buffer, which would hold back what poll has reported.
        let count = retry_on_intr(|| read(&self.0, &mut bytes[from..]));
        bytes.truncate(from + count.unwrap_or(0));
        Ok(count?)
    }
}

/// Standard input with a deadline. Windows cannot wait for a pipe and a time at once without
/// overlapped handles, so a thread reads and is left behind when time is up.
#[cfg(not(unix))]
struct Stdin(std::sync::mpsc::Receiver<io::Result<Vec<u8>>>);

/// Chunks that may wait to be processed.
#[cfg(not(unix))]
const WAITING: usize = 64;

#[cfg(not(unix))]
impl Stdin {
    fn new() -> Self {
        let (sender, receiver) = std::sync::mpsc::sync_channel(WAITING);
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
        Stdin(receiver)
    }

    /// Appends the available bytes, waiting for some until `deadline`; returns 0 at the end.
    fn read(&mut self, bytes: &mut Vec<u8>, _: usize, deadline: Instant) -> io::Result<usize> {
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
        let check = |chunks: &[&str], expected: JsonProgress| {
            let mut scan = Scan::default();
            let fed: Vec<JsonProgress> = chunks.iter().map(|chunk| scan.feed(chunk.as_bytes())).collect();
            assert_eq!(fed.last(), Some(&expected), "{chunks:?}");
        };
        check(&["{}"], JsonProgress::Complete { end: 2 });
        check(&["\u{feff} \r\n{\"a\":[1,{}]} trailing"], JsonProgress::Complete { end: 18 });
        check(&["{\"a\":\"}", "\\\"", "}\"", "}x"], JsonProgress::Complete { end: 1 });
        check(&["{\"a\":\"\\\\\"}"], JsonProgress::Complete { end: 10 });
        check(&["{", "\"a"], JsonProgress::Open);
        check(&[" \n"], JsonProgress::Open);
        check(&["null"], JsonProgress::NoObject);
        check(&["[1]"], JsonProgress::NoObject);
        check(&["  \"x\""], JsonProgress::NoObject);
    }

    /// Reads input that arrives in these pieces; nothing follows the last one.
    fn deliver(pieces: &[&[u8]], limits: &Limits) -> Delivery {
        let mut pieces = pieces.iter();
        let mut source = |bytes: &mut Vec<u8>, _, _| {
            let piece = pieces.next().copied().ok_or(io::ErrorKind::TimedOut)?;
            bytes.extend(piece);
            Ok(piece.len())
        };
        read_from(&mut source, limits)
    }

    const SMALL: Limits = Limits { idle: Duration::ZERO, total: Duration::ZERO, size: 9, abridges: false };

    #[test]
    fn an_object_is_complete_or_what_came_of_it() {
        let check = |pieces: &[&[u8]], text: &str, complete| {
            let expected = Delivery { text: text.to_owned(), complete };
            assert_eq!(deliver(pieces, &SMALL), expected, "{text}");
            if text.len() < SMALL.size {
                assert_eq!(deliver(pieces, &Limits { abridges: true, ..SMALL }), expected, "{text}");
            }
        };
        check(&[b"{\"a\"", b":1}rest"], "{\"a\":1}", true);
        check(&[b"{\"a\""], "{\"a\"", false);
        check(&[b"{\"a\"", b""], "{\"a\"", false);
        check(&[b"null"], "null", false);
        check(&[b"{\"a\"", b":12345", b"6}"], "{\"a\":12345", false);
    }

    #[test]
    fn a_large_object_comes_out_in_short() {
        let limits = Limits { abridges: true, ..SMALL };
        let long = [b'x'; 99_999];
        let pieces: [&[u8]; 5] = [b"{ \"a\"", b" : \"", &long, b"\", \"b", b"\":2 } {"];
        let delivery = deliver(&pieces, &limits);
        assert!(delivery.complete && delivery.text.len() < 5000, "{}", delivery.text.len());
        assert!(delivery.text.starts_with("{\"a\":\"xxx") && delivery.text.ends_with("\",\"b\":2}"));
    }

    #[test]
    fn what_goes_on_coming_is_waited_for_up_to_a_limit() {
        let deadlines = |idle: u64, total: u64| {
            let (start, mut deadlines) = (Instant::now(), Vec::new());
            let mut source = |bytes: &mut Vec<u8>, _, deadline: Instant| {
                deadlines.push(deadline - start);
                bytes.extend(if deadlines.len() == 1 { b"{" } else { b" " });
                if deadlines.len() < 5 { Ok(1) } else { Err(io::ErrorKind::TimedOut.into()) }
            };
            let (idle, total) = (Duration::from_secs(idle), Duration::from_secs(total));
            assert!(!read_from(&mut source, &Limits { idle, total, ..SMALL }).complete);
            deadlines
        };
        let moving = deadlines(1000, 9000);
        assert!(moving.is_sorted_by(|a, b| a < b), "{moving:?}");
        let fixed = deadlines(9000, 1000);
        assert!(fixed.iter().all(|deadline| *deadline == fixed[0]), "{fixed:?}");
        assert_eq!((moving[0].as_secs(), fixed[0].as_secs()), (1000, 1000));
    }

    proptest! {
        #[test]
        fn the_chunks_make_no_difference(text in ".*", cuts in proptest::collection::vec(1usize..9, 0..30)) {
            let document = format!("{{\"k\":{},\"n\":[{{}}]}}", crate::base::json::quote(&text));
            let (mut rest, mut scan, mut fed) = (document.as_bytes(), Scan::default(), 0);
            for cut in cuts.into_iter().chain([usize::MAX]) {
                let (chunk, tail) = rest.split_at(cut.min(rest.len()));
                if let JsonProgress::Complete { end } = scan.feed(chunk) {
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
