//! File operations that differ between systems: ownership, opening without following links or blocking,
//! attributes, and the errors of a rename that are worth another try.

use std::ffi::OsStr;
use std::fs::{File, Metadata, OpenOptions};
use std::io;
use std::path::Path;
#[cfg(unix)]
use std::sync::OnceLock;
use std::time::Duration;

#[cfg(any(target_os = "linux", target_os = "android"))]
use crate::base::hash::fnv;

/// Trust in those who may write to a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trust {
    /// Shared state: no link is followed and the file must be ours, since anybody can create files in a shared temp
    /// folder.
    Strict,
    /// Files that the user has put there (themes, which dotfile managers link) or checked out.
    Lenient,
}

/// Owner of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Owner {
    /// Our user.
    Us,
    /// The system.
    Root,
    /// Another user, by number.
    Other(u32),
}

/// Prevents an open from waiting for the other end of a FIFO, and in a strict place from following a link at the end of
/// the path.
#[cfg(unix)]
pub fn guard(options: &mut OpenOptions, trust: Trust) -> &mut OpenOptions {
    use rustix::fs::OFlags;
    use std::os::unix::fs::OpenOptionsExt;
    let flags = match trust {
        Trust::Strict => OFlags::NONBLOCK | OFlags::NOFOLLOW,
        Trust::Lenient => OFlags::NONBLOCK,
    };
    options.custom_flags(flags.bits() as i32)
}

/// In a strict place, makes an open use a link itself instead of its target; it is then refused as not a regular file.
/// Others may replace the file meanwhile, as std shares by default.
#[cfg(windows)]
pub fn guard(options: &mut OpenOptions, trust: Trust) -> &mut OpenOptions {
    use std::os::windows::fs::OpenOptionsExt;
    const FILE_FLAG_OPEN_REPARSE_POINT: u32 = 0x0020_0000;
    options.custom_flags(match trust {
        Trust::Strict => FILE_FLAG_OPEN_REPARSE_POINT,
        Trust::Lenient => 0,
    })
}

/// An entry of a folder.
pub enum Entry {
    Folder,
    Link,
    /// A regular file; its length in bytes, and its modification time in nanoseconds since 1970 or 0 if unknown.
    File(u64, u64),
}

/// Calls `each` with the name and kind of each entry of a folder, other files than the `wanted` ones left out. Sizes
/// and times are asked for by name in the open folder, which takes half the time of asking by path.
#[cfg(unix)]
pub fn entries(folder: &Path, wanted: impl Fn(&str) -> bool, mut each: impl FnMut(&OsStr, Entry)) {
    use rustix::fs::{AtFlags, Dir, FileType, Mode, OFlags, open, statat};
    use std::os::unix::ffi::OsStrExt;
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let Ok(mut dir) = open(folder, flags, Mode::empty()).and_then(Dir::new) else { return };
    while let Some(Ok(entry)) = dir.read() {
        let name = OsStr::from_bytes(entry.file_name().to_bytes());
        let stat = || statat(dir.fd()?, entry.file_name(), AtFlags::SYMLINK_NOFOLLOW);
        let kind = match entry.file_type() {
            FileType::Unknown => stat().map_or(FileType::Unknown, |stat| FileType::from_raw_mode(stat.st_mode)),
            kind => kind,
        };
        match kind {
            FileType::Directory if name != "." && name != ".." => each(name, Entry::Folder),
            FileType::Symlink => each(name, Entry::Link),
            FileType::RegularFile if name.to_str().is_some_and(&wanted) => {
                let Ok(stat) = stat() else { continue };
                let modified = u64::try_from(stat.st_mtime)
                    .map_or(0, |s| s * 1_000_000_000 + u64::from(stat.st_mtime_nsec as u32));
                each(name, Entry::File(stat.st_size as u64, modified));
            }
            _ => {}
        }
    }
}

/// Calls `each` with the name and kind of each entry of a folder, other files than the `wanted` ones left out.
#[cfg(not(unix))]
pub fn entries(folder: &Path, wanted: impl Fn(&str) -> bool, mut each: impl FnMut(&OsStr, Entry)) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let (name, Ok(kind)) = (entry.file_name(), entry.file_type()) else { continue };
        if kind.is_dir() {
            each(&name, Entry::Folder);
        } else if kind.is_symlink() {
            each(&name, Entry::Link);
        } else if kind.is_file()
            && name.to_str().is_some_and(&wanted)
            && let Ok(metadata) = entry.metadata()
        {
            each(&name, Entry::File(metadata.len(), super::modified(&metadata)));
        }
    }
}

/// Opens a file of ours; it and its folder need not exist yet. New ones are private to their owner, since a bridge has
/// the paths of a session; on Windows they inherit the rights of the user's folder.
pub fn open_private(options: &mut OpenOptions, path: &Path) -> io::Result<File> {
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
    match options.open(path) {
        Err(err) if err.kind() == io::ErrorKind::NotFound => {
            create_private_dir(path.parent().ok_or(err)?)?;
            options.open(path)
        }
        file => file,
    }
}

/// Creates a folder and those above it, private to their owner.
fn create_private_dir(path: &Path) -> io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

/// `true` for a file that belongs to our user.
pub fn is_ours(metadata: &Metadata) -> bool {
    owner(metadata) == Owner::Us
}

/// Owner of a file.
#[cfg(unix)]
pub fn owner(metadata: &Metadata) -> Owner {
    static US: OnceLock<u32> = OnceLock::new();
    match std::os::unix::fs::MetadataExt::uid(metadata) {
        uid if uid == *US.get_or_init(|| rustix::process::geteuid().as_raw()) => Owner::Us,
        0 => Owner::Root,
        uid => Owner::Other(uid),
    }
}

/// The temp and state folders of Windows are the user's own.
#[cfg(windows)]
pub fn owner(_: &Metadata) -> Owner {
    Owner::Us
}

/// Permissions, as chmod(1) takes them. `None` on Windows.
#[cfg(unix)]
pub fn mode(metadata: &Metadata) -> Option<u32> {
    Some(std::os::unix::fs::MetadataExt::mode(metadata) & 0o7777)
}

/// Windows has no such permissions.
#[cfg(windows)]
pub fn mode(_: &Metadata) -> Option<u32> {
    None
}

/// `true` if we may create files in a folder. `None` on Windows, whose permissions are a list: only creating
/// a file shows it.
#[cfg(unix)]
pub fn is_writable(folder: &Path) -> Option<bool> {
    use rustix::fs::Access;
    Some(rustix::fs::access(folder, Access::WRITE_OK | Access::EXEC_OK).is_ok())
}

/// Unknown on Windows.
#[cfg(windows)]
pub fn is_writable(_: &Path) -> Option<bool> {
    None
}

/// Gives a new file the owner and group of the file that it replaces.
#[cfg(unix)]
pub fn keep_owner(file: &File, metadata: &Metadata) -> io::Result<()> {
    use std::os::unix::fs::{MetadataExt, fchown};
    let ours = file.metadata()?;
    if (ours.uid(), ours.gid()) == (metadata.uid(), metadata.gid()) {
        return Ok(());
    }
    fchown(file, Some(metadata.uid()), Some(metadata.gid()))
}

/// A file takes its owner from the folder.
#[cfg(windows)]
pub fn keep_owner(_: &File, _: &Metadata) -> io::Result<()> {
    Ok(())
}

/// Gives a new file the extended attributes of the file that it replaces, access lists among them. Fails only if an
/// access list is lost, since that could give others access.
#[cfg(any(target_os = "linux", target_os = "android", target_vendor = "apple"))]
pub fn keep_attributes(file: &File, old: &File) -> io::Result<()> {
    use rustix::fs::{XattrFlags, fgetxattr, flistxattr, fsetxattr};
    // Both are larger than the maximum on Linux.
    let (mut names, mut value) = (vec![0u8; 1 << 16], vec![0u8; (1 << 16) + 1]);
    // A file system without attributes has none to keep.
    let Ok(len) = flistxattr(old, names.as_mut_slice()) else { return Ok(()) };
    for name in names[..len].split(|byte| *byte == 0).filter(|name| !name.is_empty()) {
        let copied = fgetxattr(old, name, value.as_mut_slice())
            .and_then(|len| fsetxattr(file, name, &value[..len], XattrFlags::empty()));
        if name.ends_with(b"_acl") || name.ends_with(b"acl_access") {
            copied?;
        }
    }
    Ok(())
}

/// Other systems have no such attributes, or files inherit their access list from the folder.
#[cfg(not(any(target_os = "linux", target_os = "android", target_vendor = "apple")))]
pub fn keep_attributes(_: &File, _: &File) -> io::Result<()> {
    Ok(())
}

/// Number of names (hard links) of a file.
#[cfg(unix)]
pub fn links(metadata: &Metadata) -> u64 {
    std::os::unix::fs::MetadataExt::nlink(metadata)
}

/// std does not count them on Windows.
#[cfg(windows)]
pub fn links(_: &Metadata) -> u64 {
    1
}

/// Flushes the names in a folder to disk. If that fails, the file exists all the same.
#[cfg(unix)]
pub fn sync_dir(path: &Path) {
    if let Ok(folder) = File::open(path) {
        _ = folder.sync_all();
    }
}

/// Windows writes names on its own.
#[cfg(windows)]
pub fn sync_dir(_: &Path) {}

/// A name that only one process can hold, without a file, released at its end: an abstract socket.
#[cfg(any(target_os = "linux", target_os = "android"))]
pub type HeldName = std::os::unix::net::UnixDatagram;

/// Takes the name for a file of ours.
///
/// # Errors
/// `AddrInUse` while another process holds it.
#[cfg(any(target_os = "linux", target_os = "android"))]
pub fn take_name(path: &Path) -> io::Result<HeldName> {
    #[cfg(target_os = "android")]
    use std::os::android::net::SocketAddrExt;
    #[cfg(target_os = "linux")]
    use std::os::linux::net::SocketAddrExt;
    use std::os::unix::{ffi::OsStrExt, net::SocketAddr};
    let hash = fnv(path.as_os_str().as_bytes());
    let name = format!("bridgeline-{}-{hash:016x}", rustix::process::geteuid().as_raw());
    HeldName::bind_addr(&SocketAddr::from_abstract_name(name)?)
}

/// Other systems have no such sockets; their file systems have locks.
#[cfg(not(any(target_os = "linux", target_os = "android")))]
pub type HeldName = std::convert::Infallible;

/// Unsupported elsewhere.
#[cfg(not(any(target_os = "linux", target_os = "android")))]
pub fn take_name(_: &Path) -> io::Result<HeldName> {
    Err(io::ErrorKind::Unsupported.into())
}

/// Time for which a rename is first tried every other millisecond. On Windows, a reader in a loop leaves only moments
/// between two opens of the target: under Wine, one try in eighty hits such a moment.
pub const QUICK_RETRY: Duration = Duration::from_millis(if cfg!(windows) { 300 } else { 0 });

/// Replaces `to`, which need not exist, by `from`.
///
/// Linux swaps an existing `to` with `from` and removes the old one: ext4 and btrfs start writing out a file
/// that replaces another by rename, which takes four times as long (measured on ext4 for 2 KiB: 244 µs
/// against 63). A cache needs no such care.
pub fn replace(from: &Path, to: &Path) -> io::Result<()> {
    if cfg!(any(target_os = "linux", target_os = "android")) && swap(from, to).is_ok() {
        // It does no harm if the old file stays: it has the name of a temporary file.
        return std::fs::remove_file(from).or(Ok(()));
    }
    // There is no such file yet, or kernel, file system or sandbox cannot swap, each with a different error. If the
    // file cannot be replaced either, the rename reports the error.
    rename(from, to)
}

/// Swaps two existing files atomically.
#[cfg(any(target_os = "linux", target_os = "android", target_vendor = "apple"))]
pub fn swap(a: &Path, b: &Path) -> io::Result<()> {
    use rustix::fs::{CWD, RenameFlags, renameat_with};
    Ok(renameat_with(CWD, a, CWD, b, RenameFlags::EXCHANGE)?)
}

/// Unsupported elsewhere.
#[cfg(not(any(target_os = "linux", target_os = "android", target_vendor = "apple")))]
pub fn swap(_: &Path, _: &Path) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

/// Plain rename: replaces an existing target.
#[expect(clippy::disallowed_methods, reason = "the one place that renames")]
pub fn rename(from: &Path, to: &Path) -> io::Result<()> {
    std::fs::rename(from, to)
}

/// Makes a write beyond the limit on file sizes (RLIMIT_FSIZE) fail like any other: its signal would end the process
/// and leave the temporary file behind. For the whole process, but not for those that it starts.
#[cfg(unix)]
pub fn outlive_file_size_limit() {
    use rustix::process::{Resource, getrlimit};
    use signal_hook::{consts::SIGXFSZ, flag};
    if getrlimit(Resource::Fsize).current.is_some() {
        _ = flag::register(SIGXFSZ, std::sync::Arc::default());
    }
}

/// Windows has no such limit.
#[cfg(windows)]
pub fn outlive_file_size_limit() {}

/// `true` if a failed rename may succeed in a moment. EPERM, EACCES and EBUSY are seen on the mounts
/// of WSL and on SMB while the target is open.
#[cfg(unix)]
pub fn is_transient(err: &io::Error) -> bool {
    use rustix::io::Errno;
    let transient = [Errno::PERM, Errno::ACCESS, Errno::BUSY];
    err.raw_os_error().is_some_and(|code| transient.iter().any(|errno| errno.raw_os_error() == code))
}

/// `true` if a failed rename may succeed in a moment: ERROR_ACCESS_DENIED, ERROR_SHARING_VIOLATION
/// (which has no stable `ErrorKind`) and ERROR_LOCK_VIOLATION, as scanners and readers cause them.
#[cfg(windows)]
pub fn is_transient(err: &io::Error) -> bool {
    matches!(err.raw_os_error(), Some(5 | 32 | 33))
}
