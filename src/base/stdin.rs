//! One JSON object from standard input, as far as it comes within the time and size given. It is
//! complete with its last brace: hosts have been seen that never close the pipe.

use std::io;
#[cfg(not(unix))]
use std::io::Read;
use std::time::{Duration, Instant};

use super::abridge::Abridged;
use crate::base::json::plain_length;
use crate::base::text::decode;

/// What standard input held.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// The text of the object, or what came of it. Bytes that are no UTF-8 are U+FFFD.
    pub text: String,
    /// Whether it is a whole object.
    pub complete: bool,
}

/// How much is read, and for how long.
struct Limits {
    /// How long nothing may come.
    idle: Duration,
    /// How long it may take in all.
    total: Duration,
    /// Bytes of an object that are kept.
    size: usize,
    /// Whether a larger one is read to its end and kept in short.
    abridges: bool,
}

/// Reads what an agent wants shown, which comes at once and is small: 1 MiB within a second.
pub fn payload() -> Delivery {
    let second = Duration::from_secs(1);
    read(&Limits { idle: second, total: second, size: 1 << 20, abridges: false })
}

/// Reads a hook event. It is waited for as long as its writer is alive to see, since a busy machine may stop it in
/// the middle; one that can be any size, as a tool's input can hold whole files, comes out in short past 8 MiB.
pub fn event() -> Delivery {
    let (idle, total) = (Duration::from_secs(15), Duration::from_secs(60));
    read(&Limits { idle, total, size: 8 << 20, abridges: true })
}

fn read(limits: &Limits) -> Delivery {
    let mut source = Stdin::new();
    read_from(&mut |bytes, least, deadline| source.read(bytes, least, deadline), limits)
}

/// Reads from `source`, which appends at least so many bytes if it has them, waiting until a deadline; none at
/// the end.
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

/// Bytes asked for at first; a payload is about 2 KiB. Twice what has come is asked for after that.
const CHUNK: usize = 4 * 1024;

/// The same of what is only looked through: what a pipe holds.
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
    /// There is more to come.
    Open,
    /// What came first is no object.
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

    /// Passes over a part of the string that `at` lies in. Gives where it ends.
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

    /// Appends what is there, waiting for it until `deadline`; 0 at the end. Asks for `chunk` at least.
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
        // std's own buffer is left aside: it would hold back what poll has reported.
        let count = retry_on_intr(|| read(&self.0, &mut bytes[from..]));
        bytes.truncate(from + count.unwrap_or(0));
        Ok(count?)
    }
}

/// Standard input with a deadline. Windows cannot wait for a pipe and a time at once without
/// overlapped handles, so a thread reads and is left behind when time is up.
#[cfg(not(unix))]
struct Stdin(std::sync::mpsc::Receiver<io::Result<Vec<u8>>>);

/// Chunks that may wait to be looked at.
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

    /// Appends what is there, waiting for it until `deadline`; 0 at the end.
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

    /// Reads what comes in these pieces, the last of which is all that there is.
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
