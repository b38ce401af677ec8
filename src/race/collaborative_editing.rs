//! A page that two people edit at the same time: whoever saves last wins, and the other's work is gone.
//!
//! # Orderings
//! `Relaxed` throughout: the page is a single number, and all threads agree on the order in which it
//! changes.

use super::replica::Replica;
use super::{at_once, with_owner};
use crate::list::{Entry, Means, Runs, Source, Variant, acceptable, failed, forbidden, runs};
use crate::primitives::{AtomicInteger, Mutex, Primitives, Receiver, Sender};
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

const FORBIDDEN: &str = "an edit is lost, or stands in the wrong place";

/// Two editors of one page.
pub static COLLABORATIVE_EDITING: Entry = Entry {
    name: "collaborative-editing",
    title: "Whoever saves last wins, and the other's edit is gone",
    story: "On a page stands a 2. A writes a 1 before it, and at the same time B writes a 3 behind it; \
            123 is what both want. Each loads the page, edits its own copy and saves it: the page is \
            whatever was saved last, with one of the two edits. To send the edit alone is not \
            enough, if it says 'at position 1' of a page that looks different by then.",
    sources: &[
        Source {
            what: "The problem, and the first algorithm for editors in which nobody waits for anybody.",
            work: "Ellis and Gibbs, Concurrency Control in Groupware Systems, SIGMOD 1989",
            link: "https://doi.org/10.1145/67544.66963",
        },
        Source {
            what: "HTTP's answer to lost updates: save only if the page is still the one that was \
                   loaded.",
            work: "RFC 9110, section 13.1.1, If-Match",
            link: "https://www.rfc-editor.org/rfc/rfc9110.html#section-13.1.1",
        },
        Source {
            what: "Text that can be merged in any order, as the crate yrs does it.",
            work: "Nicolaescu and others, Near Real-Time Peer-to-Peer Shared Editing on Extensible \
                   Data Types, GROUP 2016",
            link: "https://doi.org/10.1145/2957276.2957310",
        },
    ],
    path: "src/race/collaborative_editing.rs",
    source: include_str!("collaborative_editing.rs"),
    outcome: &["page"],
    forbidden: FORBIDDEN,
    grade: |ending, _| match ending {
        Ok([123]) => acceptable("both edits are where they were meant to be"),
        Ok([12]) => forbidden("B's edit is lost"),
        Ok([23]) => forbidden("A's edit is lost"),
        Ok(_) => forbidden("an edit stands in the wrong place"),
        Err(failure) => failed(failure),
    },
    variants: VARIANTS,
    ..Entry::BLANK
};

const VARIANTS: &[Variant] = &[
    Variant::broken("load, edit, save", runs!(P => two_edit::<P>(last_one_wins)))
        .because("Both load the same page, and what is saved last has only one of the edits."),
    Variant::wrong_fix(
        "look again before saving",
        runs!(P => two_edit::<P>(look_then_save)),
    )
    .by(Means::Check)
    .because(
        "The page is still the same when it is looked at, and no longer when the edit is saved.",
    ),
    Variant::wrong_fix("send the edit, with its position", runs!(P => two_edit::<P>(by_position)))
        .because("A position in the page as it was is another place in the page as it is."),
    Variant::cure("lock the page", runs!(P => two_edit::<P>(locked)))
        .by(Means::Lock)
        .because("Nobody else loads the page until the edit has been saved.")
        .costs("One person edits at a time; whoever goes to lunch with the lock stops everybody."),
    Variant::cure("save only onto this page", runs!(P => two_edit::<P>(save_if_unchanged)))
        .by(Means::Atomic)
        .because("To compare and to save are one step, and who was too late edits again: If-Match, a version check.")
        .costs("An edit is done again, by a program or by its author."),
    Variant::cure("one owner", runs!(P => one_owner::<P>()))
        .by(Means::Owner)
        .because("It applies one edit after the other, each to the page as it is by then.")
        .costs(
            "An edit has to say what it means ('before the 2'), and nobody edits without the owner.",
        ),
    // yrs needs more of a stack than loom's threads have.
    Variant::cure(
        "merge (yrs)",
        Runs { loom: None, ..runs!(P => merged::<P>()) },
    )
    .because(
        "Each letter has a name and knows its neighbours; edits commute, so any order will do.",
    )
    .costs(
        "Every letter carries its name, deleted ones too; and a merge can be grammatical nonsense.",
    ),
];

/// A page, a digit for each word.
type Page = i64;
const FIRST: Page = 2;

/// One word more, and where it is to stand.
#[derive(Clone, Copy)]
enum Edit {
    /// 1 before the 2.
    Before,
    /// 3 behind the 2.
    Behind,
}

impl Edit {
    fn word(self) -> &'static str {
        match self {
            Edit::Before => "1",
            Edit::Behind => "3",
        }
    }

    /// Where its word has to stand on this page.
    fn place(self, page: Page) -> usize {
        let two = page.to_string().find('2').expect("nobody deletes anything");
        match self {
            Edit::Before => two,
            Edit::Behind => two + 1,
        }
    }

    fn of(self, page: Page) -> Page {
        self.at(self.place(page), page)
    }

    fn at(self, place: usize, page: Page) -> Page {
        let mut text = page.to_string();
        text.insert_str(place, self.word());
        text.parse().expect("only digits")
    }
}

struct Wiki<P: Primitives> {
    page: P::AtomicI64,
    lock: P::Mutex<()>,
}

fn two_edit<P: Primitives>(edit: impl Fn(&Wiki<P>, Edit) + Copy + Send + 'static) -> Page {
    let wiki = Arc::new(Wiki::<P> {
        page: P::AtomicI64::named("page", FIRST),
        lock: P::Mutex::named("m", ()),
    });
    let editor = |which| {
        let wiki = Arc::clone(&wiki);
        move || P::operation(|| edit(&wiki, which))
    };
    at_once::<P, _, _>(editor(Edit::Before), editor(Edit::Behind));
    wiki.page.load(Relaxed)
}

fn last_one_wins<P: Primitives>(wiki: &Wiki<P>, edit: Edit) {
    let page = wiki.page.load(Relaxed);
    wiki.page.store(edit.of(page), Relaxed); // what has been saved meanwhile is gone
}

fn look_then_save<P: Primitives>(wiki: &Wiki<P>, edit: Edit) {
    loop {
        let page = wiki.page.load(Relaxed);
        let edited = edit.of(page);
        if wiki.page.load(Relaxed) == page {
            return wiki.page.store(edited, Relaxed); // a moment later
        }
    }
}

/// Saves what `edit` makes of the page, whatever the page is by now.
fn update<P: Primitives>(wiki: &Wiki<P>, edit: impl Fn(Page) -> Page) {
    let mut page = wiki.page.load(Relaxed);
    while let Err(now) = wiki.page.compare_exchange(page, edit(page), Relaxed, Relaxed) {
        page = now;
    }
}

fn by_position<P: Primitives>(wiki: &Wiki<P>, edit: Edit) {
    let place = edit.place(wiki.page.load(Relaxed));
    update(wiki, |page| edit.at(place, page)); // on this page it may be another place
}

fn locked<P: Primitives>(wiki: &Wiki<P>, edit: Edit) {
    let _guard = wiki.lock.lock();
    last_one_wins(wiki, edit);
}

fn save_if_unchanged<P: Primitives>(wiki: &Wiki<P>, edit: Edit) {
    update(wiki, |page| edit.of(page));
}

fn one_owner<P: Primitives>() -> Page {
    let (sender, edits) = P::channel("edits", None);
    let other = sender.clone();
    let owner = move || {
        let mut page = FIRST;
        for _ in 0..2 {
            let edit: Edit = edits.receive().expect("both edit");
            page = edit.of(page);
        }
        page
    };
    let (.., page) = with_owner::<P, _, _, _>(
        move || _ = sender.send(Edit::Before),
        move || _ = other.send(Edit::Behind),
        owner,
    );
    page
}

/// Each edits a copy of its own and sends what has changed; both take what comes from the other.
fn merged<P: Primitives>() -> Page {
    let editor = |number, edit: Edit, sender: P::Sender<Vec<u8>>, inbox: P::Receiver<Vec<u8>>| {
        move || {
            let copy = Replica::of(&FIRST.to_string(), number);
            let changes = copy.insert(edit.place(FIRST), edit.word());
            let _ = sender.send(changes);
            copy.merge(&inbox.receive().expect("the other edits as well"));
            copy.read()
        }
    };
    let (to_a, from_b) = P::channel("to A", None);
    let (to_b, from_a) = P::channel("to B", None);
    let (a, b) = at_once::<P, _, _>(
        editor(2, Edit::Before, to_b, from_b),
        editor(3, Edit::Behind, to_a, from_a),
    );
    assert_eq!(a, b, "both read the same");
    a.parse().expect("only digits")
}
