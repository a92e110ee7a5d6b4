//! Reads the new parts of all projects' transcripts into the index.

use std::panic::resume_unwind;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;
use std::{io, thread};

use super::extract::Extract;
use super::index::{Extent, Index};
use super::jobs::{self, FoundTranscripts, Job, Listing};
use super::transcript::bookmark::Reading;
use crate::base::env::Env;
use crate::store::Absent;

/// Number of bytes after which the index is saved.
const SAVE_EVERY: u64 = 256 << 20;

/// Number of bytes from which a second thread is worthwhile.
const WORTH_A_THREAD: u64 = 2 << 20;

/// The transcripts that could not be read.
pub type Unreadable = Vec<(PathBuf, io::Error)>;

/// Called with the number of bytes read, and the total.
pub type Progress<'a> = dyn FnMut(u64, u64) + 'a;

/// The result of an update.
pub(super) struct Update {
    /// Every readable transcript was read to its end; otherwise the next update continues.
    pub(super) complete: bool,
    pub(super) unreadable: Unreadable,
}

/// Reads new messages until `until`, newest transcripts first, and saves them. `found` are
/// the transcripts as with [`Extent::Recent`]. Calls `progress` with the number of bytes read and the total.
///
/// # Errors
/// The index cannot be read or written.
pub(super) fn update(
    index: &mut Index, mut found: FoundTranscripts, env: &Env, until: Instant, progress: &mut Progress,
) -> io::Result<Update> {
    // Once an hour everything is checked.
    let extent = if index.is_listing_due() { Extent::All } else { Extent::Recent };
    if extent == Extent::All {
        found = jobs::find(extent, env);
    }
    let listing = Listing::new(found, index, extent, env);
    let total = listing.bytes;
    let update = Update { complete: true, unreadable: Vec::new() };
    let shared = Mutex::new(Shared { index, update, read: 0 });
    let scan = JobQueue { listing, next: AtomicUsize::new(0), until };
    thread::scope(|scope| {
        let is_worth_it = scan.listing.changed.len() > 1 && total > WORTH_A_THREAD;
        let helper = is_worth_it.then(|| scope.spawn(|| scan.run(&shared, &mut |_| {})));
        scan.run(&shared, &mut |read| progress(read, total))?;
        helper.map_or(Ok(()), |helper| helper.join().unwrap_or_else(|panic| resume_unwind(panic)))
    })?;
    let Shared { index, mut update, .. } = shared.into_inner().unwrap_or_else(PoisonError::into_inner);
    update.complete &= !index.is_short;
    if extent == Extent::All && update.complete {
        index.set_listed();
    }
    index.save()?;
    Ok(update)
}

/// The transcripts of an update.
struct JobQueue {
    listing: Listing,
    /// Index of the next of those that have changed.
    next: AtomicUsize,
    until: Instant,
}

/// The results of an update, which its threads fill.
struct Shared<'a> {
    index: &'a mut Index,
    update: Update,
    /// Number of bytes read.
    read: u64,
}

impl JobQueue {
    /// Reads one transcript after another until time is up.
    fn run(&self, shared: &Mutex<Shared>, progress: &mut dyn FnMut(u64)) -> io::Result<()> {
        let mut reading = Reading { buffer: Vec::new(), until: self.until };
        loop {
            let at = self.next.fetch_add(1, Relaxed);
            let Some(changed) = self.listing.changed.get(at) else { return Ok(()) };
            let lock = || shared.lock().unwrap_or_else(PoisonError::into_inner);
            // One is always read, so that every refresh makes progress.
            if at > 0 && Instant::now() >= self.until {
                lock().update.complete = false;
                return Ok(());
            }
            let job = self.listing.job(*changed, lock().index);
            let extract = Extract::read(&job, &self.listing, &mut reading);
            let mut shared = lock();
            shared.take(&job, extract)?;
            progress(shared.read);
        }
    }
}

impl Shared<'_> {
    fn take(&mut self, job: &Job, extract: Result<Extract, Absent>) -> io::Result<()> {
        match extract {
            Ok(extract) => {
                self.update.complete &= extract.complete;
                extract.take_into(job, self.index)?;
            }
            // Removed since it was found.
            Err(Absent::Missing) => {}
            Err(Absent::Invalid(why)) => {
                self.update.unreadable.push((job.found.path.clone(), io::Error::other(why)));
            }
            Err(Absent::Unavailable(err)) => self.update.unreadable.push((job.found.path.clone(), err)),
        }
        let before = self.read;
        self.read += job.found.len.saturating_sub(job.state.place.offset);
        if before / SAVE_EVERY < self.read / SAVE_EVERY {
            self.index.save()?;
        }
        Ok(())
    }
}
