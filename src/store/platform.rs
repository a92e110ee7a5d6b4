//! What differs between systems about files: who owns them, how they are opened without following
//! links or blocking, and which errors of a rename are worth another try.

use std::fs::{File, Metadata, OpenOptions};
use std::io;
use std::path::Path;
#[cfg(unix)]
use std::sync::OnceLock;
use std::time::Duration;

use super::{Owner, Trust};
#[cfg(any(target_os = "linux", target_os = "android"))]
use crate::base::hash::Fnv;

/// Makes an open not wait for the other end of a FIFO, and in a strict place not follow a link at
/// the end of the path.
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

/// Makes an open take a link itself instead of what it points to in a strict place: it is refused
/// then as no regular file. Others may replace the file meanwhile, as std shares by default.
#[cfg(windows)]
pub fn guard(options: &mut OpenOptions, trust: Trust) -> &mut OpenOptions {
    use std::os::windows::fs::OpenOptionsExt;
    const FILE_FLAG_OPEN_REPARSE_POINT: u32 = 0x0020_0000;
    options.custom_flags(match trust {
        Trust::Strict => FILE_FLAG_OPEN_REPARSE_POINT,
        Trust::Lenient => 0,
    })
}

/// New files are for their owner only: a bridge holds the paths of a session.
#[cfg(unix)]
fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    use std::os::unix::fs::OpenOptionsExt;
    options.mode(0o600)
}

/// Windows inherits the rights of the folder, which is the user's.
#[cfg(windows)]
fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    options
}

/// Opens a file of ours that, like its folder, need not be there yet.
pub fn open_private(options: &mut OpenOptions, path: &Path) -> io::Result<File> {
    let options = private(options);
    match options.open(path) {
        Err(err) if err.kind() == io::ErrorKind::NotFound => {
            create_private_dir(path.parent().ok_or(err)?)?;
            options.open(path)
        }
        file => file,
    }
}

/// Creates a folder and those above it, for their owner only.
fn create_private_dir(path: &Path) -> io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

/// Whether a file belongs to the user we run as.
#[cfg(unix)]
pub fn is_ours(metadata: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;
    static US: OnceLock<u32> = OnceLock::new();
    metadata.uid() == *US.get_or_init(|| rustix::process::geteuid().as_raw())
}

/// The temp and state folders of Windows are the user's own.
#[cfg(windows)]
pub fn is_ours(_: &Metadata) -> bool {
    true
}

/// Whose a file is.
#[cfg(unix)]
pub fn owner(metadata: &Metadata) -> Owner {
    use std::os::unix::fs::MetadataExt;
    match metadata.uid() {
        _ if is_ours(metadata) => Owner::Us,
        0 => Owner::Root,
        other => Owner::Other(other),
    }
}

/// The temp and state folders of Windows are the user's own.
#[cfg(windows)]
pub fn owner(_: &Metadata) -> Owner {
    Owner::Us
}

/// Who may do what, as chmod(1) takes it.
#[cfg(unix)]
pub fn mode(metadata: &Metadata) -> Option<u32> {
    use std::os::unix::fs::MetadataExt;
    Some(metadata.mode() & 0o7777)
}

/// Windows has no such number.
#[cfg(windows)]
pub fn mode(_: &Metadata) -> Option<u32> {
    None
}

/// Whether we may create files in a folder.
#[cfg(unix)]
pub fn is_writable(folder: &Path) -> bool {
    use rustix::fs::Access;
    rustix::fs::access(folder, Access::WRITE_OK | Access::EXEC_OK).is_ok()
}

/// Only a file that is created tells: its rights are a list.
#[cfg(windows)]
pub fn is_writable(folder: &Path) -> bool {
    super::write::Temp::create(&folder.join("bridgeline"), b"").is_ok()
}

/// Gives a new file the owner and the group of the one whose place it takes.
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

/// Gives a new file the extended attributes of the one whose place it takes, access lists among them.
/// Fails only where a list of who may do what is lost: its absence could let somebody in.
#[cfg(any(target_os = "linux", target_os = "android", target_vendor = "apple"))]
pub fn keep_attributes(file: &File, old: &File) -> io::Result<()> {
    use rustix::fs::{XattrFlags, fgetxattr, flistxattr, fsetxattr};
    // Of both, more than the largest that Linux allows.
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

/// Other systems have no such attributes, or a file inherits its access list from the folder.
#[cfg(not(any(target_os = "linux", target_os = "android", target_vendor = "apple")))]
pub fn keep_attributes(_: &File, _: &File) -> io::Result<()> {
    Ok(())
}

/// Names that a file has.
#[cfg(unix)]
pub fn links(metadata: &Metadata) -> u64 {
    std::os::unix::fs::MetadataExt::nlink(metadata)
}

/// std does not count them on Windows.
#[cfg(windows)]
pub fn links(_: &Metadata) -> u64 {
    1
}

/// Has the names in a folder on disk. Where that cannot be, the file is there all the same.
#[cfg(unix)]
pub fn sync_dir(path: &Path) {
    if let Ok(folder) = File::open(path) {
        _ = folder.sync_all();
    }
}

/// Windows writes names on its own.
#[cfg(windows)]
pub fn sync_dir(_: &Path) {}

/// A name that only one process can hold, which needs no file and goes with its holder: that of a socket which
/// is in no folder.
#[cfg(any(target_os = "linux", target_os = "android"))]
pub type Name = std::os::unix::net::UnixDatagram;

/// Takes the name that stands for a file of ours.
///
/// # Errors
/// `AddrInUse` while another process holds it.
#[cfg(any(target_os = "linux", target_os = "android"))]
pub fn take_name(path: &Path) -> io::Result<Name> {
    #[cfg(target_os = "android")]
    use std::os::android::net::SocketAddrExt;
    #[cfg(target_os = "linux")]
    use std::os::linux::net::SocketAddrExt;
    use std::os::unix::{ffi::OsStrExt, net::SocketAddr};
    let mut hash = Fnv::default();
    hash.bytes(path.as_os_str().as_bytes());
    let name = format!("bridgeline-{}-{:016x}", rustix::process::geteuid().as_raw(), hash.finish());
    Name::bind_addr(&SocketAddr::from_abstract_name(name)?)
}

/// Other systems have none that needs no folder; their folders have locks.
#[cfg(not(any(target_os = "linux", target_os = "android")))]
pub type Name = std::convert::Infallible;

/// Other systems have none.
#[cfg(not(any(target_os = "linux", target_os = "android")))]
pub fn take_name(_: &Path) -> io::Result<Name> {
    Err(io::ErrorKind::Unsupported.into())
}

/// How long a rename is first tried every other millisecond. On Windows a reader that comes back at
/// once leaves an open target only for moments: under Wine one try in eighty hits one.
pub const QUICK_RETRY: Duration = Duration::from_millis(if cfg!(windows) { 300 } else { 0 });

/// Puts `from` in the place of `to`, which may be there or not.
///
/// Where `to` is there, Linux swaps the two and removes the old one: ext4 and btrfs start writing
/// out a file that replaces another by rename, which takes four times as long (measured on ext4 for
/// 2 KiB: 244 µs against 63). A cache needs no such care.
#[cfg(any(target_os = "linux", target_os = "android"))]
pub fn replace(from: &Path, to: &Path) -> io::Result<()> {
    use rustix::fs::{CWD, RenameFlags, renameat_with};
    match renameat_with(CWD, from, CWD, to, RenameFlags::EXCHANGE) {
        // Nothing is lost if the old one stays: its name is that of a temporary file.
        Ok(()) => std::fs::remove_file(from).or(Ok(())),
        // There is no such file yet, or something cannot swap: the kernel, the file system, or a sandbox, each
        // with an error of its own. What keeps a file from being replaced as well is the error of the rename.
        Err(_) => rename(from, to),
    }
}

/// Puts `from` in the place of `to`, which may be there or not.
#[cfg(not(any(target_os = "linux", target_os = "android")))]
pub fn replace(from: &Path, to: &Path) -> io::Result<()> {
    rename(from, to)
}

/// Swaps two files that are there, at once.
#[cfg(any(target_os = "linux", target_os = "android", target_vendor = "apple"))]
pub fn swap(a: &Path, b: &Path) -> io::Result<()> {
    use rustix::fs::{CWD, RenameFlags, renameat_with};
    Ok(renameat_with(CWD, a, CWD, b, RenameFlags::EXCHANGE)?)
}

/// Other systems cannot.
#[cfg(not(any(target_os = "linux", target_os = "android", target_vendor = "apple")))]
pub fn swap(_: &Path, _: &Path) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

/// Plain rename: replaces what is there.
#[expect(clippy::disallowed_methods, reason = "the one place that renames")]
pub fn rename(from: &Path, to: &Path) -> io::Result<()> {
    std::fs::rename(from, to)
}

/// Makes a write that would pass the limit on the size of a file (RLIMIT_FSIZE) fail like any other: the
/// signal that comes with it would end the process, and leave its temporary file behind. For the whole
/// process; what it starts is not affected.
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

/// Whether a failed rename may succeed in a moment. EPERM, EACCES and EBUSY are seen on the mounts
/// of WSL and on SMB while the target is open.
#[cfg(unix)]
pub fn is_transient(err: &io::Error) -> bool {
    use rustix::io::Errno;
    let transient = [Errno::PERM, Errno::ACCESS, Errno::BUSY];
    err.raw_os_error().is_some_and(|code| transient.iter().any(|errno| errno.raw_os_error() == code))
}

/// Whether a failed rename may succeed in a moment: ERROR_ACCESS_DENIED, ERROR_SHARING_VIOLATION
/// (which has no stable `ErrorKind`) and ERROR_LOCK_VIOLATION, as scanners and readers cause them.
#[cfg(windows)]
pub fn is_transient(err: &io::Error) -> bool {
    matches!(err.raw_os_error(), Some(5 | 32 | 33))
}
