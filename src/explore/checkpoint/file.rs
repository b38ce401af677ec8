//! A checkpoint's file: whole or not there, ours alone, and read only as it was written.
//!
//! The first line names the format and has a checksum of all that follows. A new version is written
//! to a file of its own beside the old one, which it then replaces: whatever happens meanwhile, one of
//! the two is there. While somebody explores, a locked file beside it keeps others away; the
//! operating system unlocks it when its process ends, however that ends.

use crate::explore::ExploreError;
use std::ffi::OsString;
use std::fs::{self, File, TryLockError};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

const FORMAT: &str = "racelab checkpoint, version ";
const VERSION: &str = env!("CARGO_PKG_VERSION");
/// What can be done about a file that is not what it has to be.
pub(super) const WAY_OUT: &str = "; remove it, or name another file";

/// The place of a checkpoint, kept from others for as long as this lives.
pub(in crate::explore) struct Keeper {
    path: PathBuf,
    lock: PathBuf,
    /// Locked until it is closed.
    held: Option<File>,
}

impl Keeper {
    /// Takes the place, and finds out at once whether it can be written to.
    pub fn open(path: &Path) -> Result<Self, ExploreError> {
        match fs::metadata(path) {
            Ok(there) if !there.is_file() => return Err(refuse(path, "is not a file")),
            _ if path.file_name().is_none() => return Err(refuse(path, "has no file name")),
            _ => {}
        }
        // What a link points to is replaced, not the link.
        let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        let lock = beside(&path, ".racelab-lock");
        let keeper = match locked(&lock) {
            Ok(held) => Keeper { path, lock, held: Some(held) },
            Err(TryLockError::WouldBlock) => {
                let why =
                    "is in use by another exploration; wait for its end, or name another file";
                return Err(refuse(&path, why));
            }
            Err(TryLockError::Error(error)) => {
                return Err(refuse(&path, &format!("cannot be written: {error}")));
            }
        };
        match keeper.draft().and_then(|(draft, _)| fs::remove_file(draft)) {
            Ok(()) => Ok(keeper),
            Err(error) => Err(keeper.refuse(&format!("cannot be written: {error}"))),
        }
    }

    /// What was written last; `None` where nothing was.
    pub fn read(&self) -> Result<Option<Vec<u8>>, ExploreError> {
        let read = match fs::read(&self.path) {
            Ok(read) => read,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(self.refuse(&format!("could not be read: {error}"))),
        };
        if read.is_empty() {
            return Ok(None);
        }
        match content(&read) {
            Ok(content) => Ok(Some(content.to_vec())),
            Err(why) => Err(self.refuse(&format!("{why}{WAY_OUT}"))),
        }
    }

    /// Replaces what was written last.
    pub fn write(&self, content: &[u8]) -> Result<(), ExploreError> {
        let written = self.draft().and_then(|(draft, mut file)| {
            let replaced = write!(file, "{}", head(content))
                .and_then(|()| file.write_all(content))
                .and_then(|()| file.sync_all())
                .and_then(|()| fs::rename(&draft, &self.path));
            if replaced.is_err() {
                // The error that matters is the first one.
                let _ = fs::remove_file(&draft);
            }
            replaced
        });
        written.map_err(|error| self.refuse(&format!("could not be written: {error}")))
    }

    /// Removes what was written.
    pub fn remove(&self) -> Result<(), ExploreError> {
        match fs::remove_file(&self.path) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                Err(self.refuse(&format!("could not be removed: {error}")))
            }
            _ => Ok(()),
        }
    }

    /// A new file for the next version, with a name that nobody has.
    fn draft(&self) -> io::Result<(PathBuf, File)> {
        let process = std::process::id();
        let mut nth = 0;
        loop {
            let draft = beside(&self.path, &format!(".{process}-{nth}.racelab-draft"));
            match File::create_new(&draft) {
                Ok(file) => return Ok((draft, file)),
                // Left there by a process that was killed.
                Err(error) if error.kind() == ErrorKind::AlreadyExists && nth < 1_000 => nth += 1,
                Err(error) => return Err(error),
            }
        }
    }

    pub fn refuse(&self, why: &str) -> ExploreError {
        refuse(&self.path, why)
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        // Removed before it is unlocked, so that nobody locks what is no longer there; a lock that
        // stays is in nobody's way.
        let _ = fs::remove_file(&self.lock);
        self.held.take();
    }
}

fn refuse(path: &Path, why: &str) -> ExploreError {
    let name: String = path.display().to_string().chars().flat_map(visible).collect();
    ExploreError::Checkpoint(format!("the checkpoint {name} {why}"))
}

/// The character, spelt where it would not stay on its line.
fn visible(c: char) -> impl Iterator<Item = char> {
    let (spelt, plain) = match c.is_control() {
        true => (Some(c.escape_default()), None),
        false => (None, Some(c)),
    };
    spelt.into_iter().flatten().chain(plain)
}

/// A hidden file in the same folder: `.name` and what is to stand behind it.
fn beside(path: &Path, behind: &str) -> PathBuf {
    let mut name = OsString::from(".");
    name.push(path.file_name().unwrap_or_default());
    name.push(behind);
    path.with_file_name(name)
}

/// The lock's file, locked.
fn locked(path: &Path) -> Result<File, TryLockError> {
    loop {
        let file = File::options().create(true).truncate(false).write(true).open(path);
        let file = file.map_err(TryLockError::Error)?;
        match file.try_lock() {
            // A file system that knows no locks: nobody can be kept away there.
            Err(TryLockError::Error(error)) if error.kind() == ErrorKind::Unsupported => {}
            Err(error) => return Err(error),
            Ok(()) => {}
        }
        if is_still(&file, path) {
            return Ok(file);
        }
        // Whoever had it has removed it between the two calls.
    }
}

/// Does the path still lead to the file?
#[cfg(unix)]
fn is_still(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let of = |metadata: io::Result<fs::Metadata>| metadata.map(|m| (m.dev(), m.ino())).ok();
    of(file.metadata()) == of(fs::metadata(path))
}

/// Does the path still lead to the file? Elsewhere a file that is open cannot be removed.
#[cfg(not(unix))]
fn is_still(_: &File, _: &Path) -> bool {
    true
}

/// The first line.
fn head(content: &[u8]) -> String {
    format!("{FORMAT}{VERSION}, checksum {:032x}\n", checksum(content))
}

/// What stands behind the first line, if it is what was written.
fn content(file: &[u8]) -> Result<&[u8], String> {
    let Some(rest) = file.strip_prefix(FORMAT.as_bytes()) else {
        return Err("is not one of racelab's".to_owned());
    };
    let end = rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len());
    let (line, content) = (&rest[..end], rest.get(end + 1..).unwrap_or_default());
    if file[..file.len() - content.len()] == *head(content).as_bytes() {
        return Ok(content);
    }
    let version = line.split(|byte| *byte == b',').next().unwrap_or_default();
    match version == VERSION.as_bytes() {
        true => Err("is damaged: its checksum is another".to_owned()),
        false => Err(format!("is of another version or damaged (this is version {VERSION})")),
    }
}

/// FNV-1a with 128 bits. Each step is one to one, so that a single changed byte always shows.
fn checksum(content: &[u8]) -> u128 {
    const PRIME: u128 = 0x0000_0000_0100_0000_0000_0000_0000_013b;
    let step = |hash: u128, byte: &u8| (hash ^ u128::from(*byte)).wrapping_mul(PRIME);
    content.iter().fold(0x6c62_272e_07bb_0142_62b8_2175_6295_c58d, step)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_bit_of_the_file_can_be_another() {
        let text = br#"{"program": "0123", "outcomes": [1, 2, 3]}"#;
        let file = [head(text).as_bytes(), text].concat();
        assert_eq!(content(&file), Ok(&text[..]));
        for bit in 0..file.len() * 8 {
            let mut damaged = file.clone();
            damaged[bit / 8] ^= 1 << (bit % 8);
            assert!(content(&damaged).is_err(), "bit {bit}");
        }
        for end in 0..file.len() {
            assert!(content(&file[..end]).is_err(), "cut after {end} bytes");
        }
        assert!(content(&[&file[..], b" "].concat()).is_err(), "something behind it");
    }

    #[test]
    fn the_checksum_is_the_published_one() {
        // http://www.isthe.com/chongo/tech/comp/fnv: FNV-1a, 128 bits.
        assert_eq!(checksum(b""), 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d);
        assert_eq!(checksum(b"a"), 0xd228_cb69_6f1a_8caf_7891_2b70_4e4a_8964);
    }
}
