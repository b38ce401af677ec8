//! A copy of a page that can be merged with every other copy of it, by yrs.

use yrs::updates::decoder::Decode;
use yrs::{Doc, GetString, ReadTxn, Text, TextRef, Transact, Update};

/// Who writes what stands on the page in the beginning.
const FIRST: u64 = 1;

/// A copy of a page.
pub(super) struct Replica {
    doc: Doc,
    text: TextRef,
}

impl Replica {
    /// A copy of the page that says `page`, for an editor whose number no other copy has.
    ///
    /// The numbers are given and not drawn: yrs orders what stands in one place by them, and a
    /// program under exploration has to do the same each time.
    pub fn of(page: &str, editor: u64) -> Self {
        let first = Replica::empty(FIRST);
        let beginning = first.insert(0, page);
        let copy = Replica::empty(editor);
        copy.merge(&beginning);
        copy
    }

    fn empty(editor: u64) -> Self {
        let doc = Doc::with_client_id(editor);
        let text = doc.get_or_insert_text("page");
        Replica { doc, text }
    }

    /// Inserts a word, and returns what the other copies have to be told.
    pub fn insert(&self, place: usize, word: &str) -> Vec<u8> {
        let mut change = self.doc.transact_mut();
        let before = change.state_vector();
        self.text.insert(&mut change, place as u32, word);
        change.encode_diff_v1(&before)
    }

    /// Takes over what another copy has told.
    pub fn merge(&self, changes: &[u8]) {
        let update = Update::decode_v1(changes).expect("yrs has written it");
        self.doc.transact_mut().apply_update(update).expect("yrs has written it");
    }

    pub fn read(&self) -> String {
        self.text.get_string(&self.doc.transact())
    }
}

#[cfg(test)]
mod tests {
    use super::Replica;

    #[test]
    fn in_whichever_order_edits_come_all_copies_read_the_same() {
        let edits: Vec<_> = [(0, "a"), (1, "c"), (1, "d")]
            .into_iter()
            .zip(2..)
            .map(|((place, word), editor)| Replica::of("b", editor).insert(place, word))
            .collect();
        let orders = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]];
        let read = orders.map(|order| {
            let copy = Replica::of("b", 9);
            order.into_iter().for_each(|nth: usize| copy.merge(&edits[nth]));
            copy.merge(&edits[order[0]]); // what comes twice counts once
            copy.read()
        });
        assert!(["abcd", "abdc"].contains(&read[0].as_str()), "{read:?}");
        assert!(read.iter().all(|text| *text == read[0]), "{read:?}");
    }
}
