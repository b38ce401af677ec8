//! Which objects of different executions are the same.
//!
//! Objects are numbered as an execution meets them, and those that are not registered when made are
//! known by the line that made them: an array's elements all look alike. But a step with all that
//! comes before it is the same step in every execution that has it, so it touches the same object
//! there. Objects that such a step leads to get the same name; two that were met in one execution
//! are known to be apart.
//!
//! No schedule can change what a name stands for. A step's *past* is its thread's steps before it and
//! all they depend on, so a program that is deterministic but for the schedule has the same locals
//! there, and hence the same object in hand. An object may get several names, one for each past that
//! leads to it first; so two names are taken for one object until an execution has both on different
//! ones. A doubt can cost an execution that repeats a class, never miss one: whoever asks whether two
//! touches conflict is told that they do.
//!
//! Neither an object's address nor its place in the order of creation would do: the one differs from
//! run to run, and the other is not known of an object that is made by a `const fn`, as std's are.

use super::tree::{FarTouch, FarTouches};
use super::{History, Touch, Touches};
use crate::explore::runtime::{NONE, Runtime};
use std::collections::HashMap;

/// So many steps are remembered; what is met later goes without a name.
const MOST: usize = 1 << 16;

#[derive(Default)]
pub(super) struct Names {
    /// What a step touches, by its past and by which of its objects it is.
    by_step: HashMap<(u64, usize), u32>,
    /// For each name: the line that made the object, and the names it may be the same as.
    all: Vec<(u64, Vec<u32>)>,
    /// Names that may be the same as another.
    doubtful: usize,
    /// The names of the execution's objects, and their keys.
    of: Vec<u32>,
    keys: Vec<u64>,
}

impl Names {
    /// Have objects been met that look alike?
    pub fn any(&self) -> bool {
        !self.keys.is_empty()
    }

    /// The name of an object of the execution under way; `NONE` if it needs none or has none.
    pub fn of(&self, object: u32) -> u32 {
        self.of.get(object as usize).copied().unwrap_or(NONE)
    }

    /// What a step touches that could be taken now, as other executions know it. `None` if these
    /// objects have not been looked at.
    pub fn far(&self, touches: Touches) -> Option<FarTouches> {
        let known = |touch: &Touch| (touch.object as usize) < self.keys.len();
        let far = |Touch { object, mode }| {
            let key = self.keys[object as usize];
            FarTouch { object, met: 0, key, name: self.of(object), mode }
        };
        let all_known = touches.iter().flatten().all(known);
        all_known.then(|| touches.map(|touch| touch.map(far)))
    }

    /// Are these names of two objects for certain?
    pub fn apart(&self, a: u32, b: u32) -> bool {
        let doubts = |a: u32, b: u32| self.all[a as usize].1.contains(&b);
        a != NONE && b != NONE && a != b && !doubts(a, b) && !doubts(b, a)
    }

    /// Names the objects of an execution, of which the first `old` steps were known.
    pub fn learn(&mut self, runtime: &Runtime, history: &History, old: usize) {
        if !runtime.crowded {
            return;
        }
        let objects = &runtime.objects;
        self.of.truncate(objects.partition_point(|object| object.born as usize <= old));
        self.of.resize(objects.len(), NONE);
        self.keys.clear();
        self.keys.extend(objects.iter().map(|object| object.key));
        let mut news = Vec::new();
        for event in &history.events[old.min(history.len())..] {
            for (slot, touch) in event.touches.iter().enumerate() {
                let Some(object) = touch.map(|touch| touch.object as usize) else { continue };
                if objects[object].exact {
                    continue;
                }
                match self.by_step.get(&(event.past, slot)) {
                    Some(&name) if self.of[object] == NONE => self.of[object] = name,
                    Some(_) => {}
                    None => news.push(((event.past, slot), object)),
                }
            }
        }
        if self.by_step.len() + news.len() <= MOST {
            for (step, object) in news {
                if self.of[object] == NONE {
                    self.of[object] = self.invent(objects[object].key);
                }
                self.by_step.insert(step, self.of[object]);
            }
        }
        if self.doubtful > 0 {
            self.dispel();
        }
    }

    /// A new name: it may be the same as any that this execution has not met.
    fn invent(&mut self, key: u64) -> u32 {
        let name = self.all.len() as u32;
        let alike = (0..name).filter(|&other| self.all[other as usize].0 == key);
        let doubts: Vec<u32> = alike.filter(|other| !self.of.contains(other)).collect();
        self.doubtful += usize::from(!doubts.is_empty());
        self.all.push((key, doubts));
        name
    }

    /// Objects that are met together are apart.
    fn dispel(&mut self) {
        for &name in self.of.iter().filter(|&&name| name != NONE) {
            let doubts = &mut self.all[name as usize].1;
            if !doubts.is_empty() {
                doubts.retain(|other| !self.of.contains(other));
                self.doubtful -= usize::from(doubts.is_empty());
            }
        }
    }
}
