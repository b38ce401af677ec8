//! A folder of pages: all of them, or as it was before.

use super::Usage;
use racelab::diagram::html;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// A folder that pages will be written to.
pub struct Folder {
    path: PathBuf,
    /// Those of its folders that were made for it, the innermost first.
    made: Vec<PathBuf>,
}

impl Folder {
    /// Makes the folder, if it is not there. One with a first page of somebody else's is refused.
    pub fn open(path: &str) -> Result<Self, Usage> {
        if path.is_empty() {
            return Err(Usage::new("--out names no folder; name one, like --out pages"));
        }
        let path = PathBuf::from(path);
        let missing = path.ancestors().filter(|folder| !folder.as_os_str().is_empty());
        let made = missing.take_while(|folder| !folder.exists()).map(Path::to_owned).collect();
        let folder = Folder { path, made };
        if let Err(error) = fs::create_dir_all(&folder.path) {
            folder.unmake();
            let path = folder.path.display();
            return Err(Usage::new(format!("cannot make the folder {path}: {error}")));
        }
        let index = folder.path.join("index.html");
        if fs::read(&index).is_ok_and(|text| !html::is_index(&String::from_utf8_lossy(&text))) {
            let index = index.display();
            return Err(Usage::new(format!("{index} is not racelab's; name another folder")));
        }
        Ok(folder)
    }

    /// The first page.
    pub fn index(&self) -> PathBuf {
        self.path.join("index.html")
    }

    /// Writes the pages. They are written where nobody looks, and moved to their places once all are
    /// there: a disk that fills up leaves neither half a page nor a link to one that is missing.
    pub fn publish(self, pages: &[(String, String)]) -> Result<(), Usage> {
        let draft = self.path.join(format!(".racelab-draft-{}", std::process::id()));
        let written = write(&draft, pages).and_then(|()| {
            pages.iter().try_for_each(|(name, _)| {
                let to = self.path.join(name);
                make_folder_of(&to)?;
                fs::rename(draft.join(name), to)
            })
        });
        // What could not be written has to go; an error in that would hide the first one.
        let _ = fs::remove_dir_all(&draft);
        written.map_err(|error| {
            self.unmake();
            Usage::new(format!("cannot write the pages to {}: {error}", self.path.display()))
        })
    }

    /// Removes what was made, unless somebody has put something there.
    fn unmake(&self) {
        let _ = self.made.iter().try_for_each(fs::remove_dir);
    }
}

fn write(draft: &Path, pages: &[(String, String)]) -> io::Result<()> {
    fs::create_dir(draft)?;
    pages.iter().try_for_each(|(name, page)| {
        let file = draft.join(name);
        make_folder_of(&file)?;
        fs::write(file, page)
    })
}

fn make_folder_of(file: &Path) -> io::Result<()> {
    file.parent().map_or(Ok(()), fs::create_dir_all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_there_before_stays_as_it_was_when_a_page_cannot_be_written() {
        let folder = std::env::temp_dir().join(format!("racelab-pages-{}", std::process::id()));
        fs::create_dir(&folder).unwrap();
        let path = folder.to_str().unwrap();
        let page = |name: &str, text: &str| (name.to_owned(), text.to_owned());
        let index = html::index(&[]);
        let first = [page("index.html", &index), page("racy.html", "old")];
        Folder::open(path).unwrap().publish(&first).unwrap();
        let second = [page("racy.html", "new"), page("racy.html/no-folder.html", "")];
        let error = Folder::open(path).unwrap().publish(&second).unwrap_err();
        assert!(error.to_string().starts_with("cannot write the pages to "), "{error}");
        assert_eq!(fs::read_to_string(folder.join("racy.html")).unwrap(), "old");
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 2, "and no draft");
        fs::remove_dir_all(&folder).unwrap();
    }
}
