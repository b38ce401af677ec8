//! The text of a source line, for the lines that a picture names.
//!
//! The catalogue's own sources are part of the library, so that its pictures are the same wherever
//! the command runs; other files are read from disk, and a file that is not there has no text.

use crate::list;
use crate::trace::Place;
use std::collections::HashMap;

/// Files read so far.
#[derive(Default)]
pub(crate) struct Sources {
    files: HashMap<String, Option<String>>,
}

impl Sources {
    /// The line at `place`, without its indentation and without a comment behind it.
    pub fn line(&mut self, place: &Place) -> Option<String> {
        let text = match embedded(&place.file) {
            Some((_, text)) => text,
            None => self
                .files
                .entry(place.file.to_string())
                .or_insert_with(|| std::fs::read_to_string(&*place.file).ok())
                .as_deref()?,
        };
        let line = text.lines().nth(place.line.checked_sub(1)? as usize)?;
        let code = line.split(" // ").next().unwrap_or(line).trim();
        (!code.is_empty()).then(|| code.to_owned())
    }
}

/// The catalogue's source that `file` names: built here or as somebody's dependency.
pub(crate) fn embedded(file: &str) -> Option<(&'static str, &'static str)> {
    let file = file.replace('\\', "/");
    list::all()
        .map(|entry| (entry.path, entry.source))
        .find(|(path, _)| file == *path || file.strip_suffix(path).is_some_and(is_package_root))
}

/// Is `head` the directory of some version of this package? Another package may have a file of
/// the same path, and its text is not ours to show.
fn is_package_root(head: &str) -> bool {
    let last = head.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
    last.starts_with("racelab")
}

/// The path as it is shown: short for the library's own files.
pub(crate) fn shown(place: &Place) -> String {
    match embedded(&place.file) {
        Some((path, _)) => format!("{path}:{}", place.line),
        None => place.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(file: &'static str, line: u32) -> Place {
        Place { file: file.into(), line, column: 1 }
    }

    #[test]
    fn the_catalogue_is_found_wherever_it_was_built() {
        let race = "/x/racelab-0.1.0/src/race/spin_lock.rs";
        assert_eq!(shown(&place(race, 3)), "src/race/spin_lock.rs:3");
        for file in ["src/counter/racy.rs", "/x/racelab-0.1.0/src/counter/racy.rs"] {
            assert_eq!(shown(&place(file, 3)), "src/counter/racy.rs:3");
            let text = embedded(file).unwrap().1;
            let line = 1 + text.lines().position(|line| line.contains(".store(")).unwrap() as u32;
            let line = Sources::default().line(&place(file, line)).unwrap();
            assert!(line.contains(".store(") && !line.contains("//"), "{line}");
        }
    }

    #[test]
    fn a_stranger_s_file_of_the_same_name_is_not_ours() {
        let file = "/home/me/other/src/counter/racy.rs";
        assert!(embedded(file).is_none());
        assert_eq!(shown(&place(file, 3)), "/home/me/other/src/counter/racy.rs:3");
    }

    #[test]
    fn a_line_that_is_not_there_has_no_text() {
        assert_eq!(Sources::default().line(&place("src/counter/racy.rs", 9999)), None);
        assert_eq!(Sources::default().line(&place("src/counter/racy.rs", 0)), None);
        assert_eq!(Sources::default().line(&place("no/such/file.rs", 1)), None);
    }
}
