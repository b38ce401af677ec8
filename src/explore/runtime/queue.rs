//! Writers that wait for a read-write lock.
//!
//! With std's lock readers wait while a writer waits, even if others read: a thread that reads twice
//! may so wait for itself. That a writer queues up is a step only where a program could tell (see
//! [`Finer`]): where a lock is waited for by writers, and a reader only tries to have it or may wait for
//! others while it has it. Both follow from what each thread does, in whatever order.

use super::request::{Op, Request};
use super::{Runtime, State};
use crate::explore::Finer;
use crate::trace::ObjectKind;

/// Would a program tell that readers wait where a writer waits for a lock that others have?
#[derive(Clone, Copy, Default)]
pub(crate) struct Queue {
    /// Writers wait for it.
    written: bool,
    /// A reader looks whether it could have it, or may wait for others while it has it.
    told: bool,
}

impl Request {
    /// May its thread wait with it for what other threads do?
    pub(super) fn may_wait_for_others(&self) -> bool {
        self.may_block() || matches!(self.op, Op::Wait | Op::Arrive)
    }
}

impl Runtime {
    /// A thread has taken a lock.
    pub(super) fn note_queue(&mut self, thread: u8, request: &Request) {
        let Request { op, object, .. } = *request;
        let info = &mut self.objects[object as usize];
        if info.kind == ObjectKind::RwLock {
            info.queue.written |= op == Op::Lock;
            info.queue.told |= op == Op::TryReadLock;
            if matches!(op, Op::ReadLock | Op::TryReadLock) {
                self.reading.push((object, thread));
            }
            self.ask_for_queue(object);
        }
    }

    /// A thread has given a lock back, or keeps it for reading only.
    pub(super) fn note_reading_less(&mut self, thread: u8, request: &Request) {
        let it = (request.object, thread);
        match request.op {
            Op::Downgrade => {
                self.held.push((request.object, thread, request.place));
                self.reading.push(it);
            }
            _ => {
                if let Some(at) = self.reading.iter().rposition(|&reading| reading == it) {
                    self.reading.swap_remove(at);
                }
            }
        }
    }

    /// A thread may have to wait: with the read locks it has, that would tell.
    #[cold]
    pub(super) fn note_waiting(&mut self, thread: u8) {
        for nth in 0..self.reading.len() {
            let (object, reader) = self.reading[nth];
            if reader == thread {
                self.objects[object as usize].queue.told = true;
                self.ask_for_queue(object);
            }
        }
    }

    /// As [`note_waiting`](Self::note_waiting), of the running thread.
    #[inline]
    pub(super) fn note_own_waiting(&mut self) {
        if !self.reading.is_empty() {
            self.note_waiting(self.current);
        }
    }

    fn ask_for_queue(&mut self, object: u32) {
        let Queue { written, told } = self.objects[object as usize].queue;
        if written && told {
            self.needs(Finer::WRITERS_WAIT);
        }
    }

    /// A thread has queued for a lock, and asks to take it when it is free.
    pub(super) fn queue(&mut self, thread: u8) {
        let waiting = &mut self.threads[usize::from(thread)];
        waiting.request.op = Op::Lock;
        waiting.request.a = 1;
        waiting.state = State::Asking;
        self.asking |= 1 << thread;
    }
}
