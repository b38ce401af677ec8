//! Programs as data, run: once over `racelab::model`, once over `shuttle`.

/// An interpreter of programs over the concurrency library that `$library` names.
macro_rules! world {
    ($name:ident, $library:ident) => {
        pub mod $name {
            use super::super::program::*;
            use super::$library::{extra, sync, thread};
            use std::sync::Arc;
            use sync::atomic::Ordering::SeqCst;
            use sync::atomic::{AtomicU64, fence};
            use sync::mpsc::{Receiver, Sender, SyncSender, TryRecvError, TrySendError};
            use sync::mpsc::{channel, sync_channel};
            use sync::{Barrier, Condvar, Mutex, MutexGuard, Once, RwLock};
            use sync::{RwLockReadGuard, RwLockWriteGuard};

            /// A channel's ends, for the threads that use them.
            type Ends<S, R> = Vec<std::sync::Mutex<(Option<S>, Option<R>)>>;

            pub struct Shared {
                pub program: Program,
                pub atomics: Arc<[AtomicU64; 2]>,
                pub extra: extra::Objects,
                pub mutexes: [Mutex<u64>; 2],
                rwlock: RwLock<u64>,
                condvar: Condvar,
                barrier: Barrier,
                pub once: Once,
                cell: extra::Cell,
                unbounded: Ends<Sender<u64>, Receiver<u64>>,
                bounded: Ends<SyncSender<u64>, Receiver<u64>>,
                /// Handles of the threads that have begun; filled by steps' side effects, but only
                /// read where the begin has happened before.
                handles: Vec<std::sync::Mutex<Option<thread::Thread>>>,
            }

            /// Runs the program and returns what each thread saw, and the final values.
            pub fn run(program: &Program) -> Vec<Vec<u64>> {
                let threads = program.threads.len();
                let atomics = Arc::new([AtomicU64::new(0), AtomicU64::new(0)]);
                let shared = Arc::new(Shared {
                    extra: extra::Objects::new(program, &atomics),
                    atomics,
                    mutexes: [Mutex::new(0), Mutex::new(0)],
                    rwlock: RwLock::new(0),
                    condvar: Condvar::new(),
                    barrier: Barrier::new(2),
                    once: Once::new(),
                    cell: extra::Cell::new(0),
                    unbounded: ends(program, is_send, is_receive, channel),
                    bounded: ends(program, is_send_bounded, is_receive_bounded, || sync_channel(1)),
                    handles: (0..threads).map(|_| std::sync::Mutex::new(None)).collect(),
                    program: program.clone(),
                });
                *shared.handles[0].lock().unwrap() = Some(thread::current());
                let mut seen = vec![Vec::new(); threads];
                body(&shared, 0, &mut seen);
                let atomics = &shared.atomics;
                seen.push(atomics.iter().map(|atomic| atomic.load(SeqCst)).collect());
                seen
            }

            fn ends<S: Clone, R>(
                program: &Program,
                sends: impl Fn(&Stmt) -> bool,
                receives: impl Fn(&Stmt) -> bool,
                make: impl FnOnce() -> (S, R),
            ) -> Ends<S, R> {
                let mut ends: Vec<_> = program.threads.iter().map(|_| (None, None)).collect();
                if program.uses(&sends) || program.uses(&receives) {
                    let (sender, receiver) = make();
                    for (thread, end) in ends.iter_mut().enumerate() {
                        end.0 = program.thread_uses(thread, &sends).then(|| sender.clone());
                    }
                    if let Some(thread) = program.receiver(&receives) {
                        ends[thread].1 = Some(receiver);
                    }
                }
                ends.into_iter().map(std::sync::Mutex::new).collect()
            }

            /// One thread's own state.
            pub struct Local<'a> {
                pub shared: &'a Arc<Shared>,
                pub seen: Vec<u64>,
                #[allow(dead_code, reason = "shuttle has nothing of it")]
                pub extra: extra::Owned,
                mutexes: [Option<MutexGuard<'a, u64>>; 2],
                readers: Vec<RwLockReadGuard<'a, u64>>,
                writer: Option<RwLockWriteGuard<'a, u64>>,
                pub unbounded: (Option<Sender<u64>>, Option<Receiver<u64>>),
                bounded: (Option<SyncSender<u64>>, Option<Receiver<u64>>),
                pub unborn: Vec<usize>,
                pub children: Vec<(usize, thread::JoinHandle<Vec<Vec<u64>>>)>,
                /// Is the rest of the body left out?
                ended: bool,
            }

            pub fn body(shared: &Arc<Shared>, me: usize, all: &mut [Vec<u64>]) {
                let take_unbounded = std::mem::take(&mut *shared.unbounded[me].lock().unwrap());
                let take_bounded = std::mem::take(&mut *shared.bounded[me].lock().unwrap());
                let mut local = Local {
                    shared,
                    seen: Vec::new(),
                    extra: shared.extra.owned(me),
                    mutexes: [None, None],
                    readers: Vec::new(),
                    writer: None,
                    unbounded: take_unbounded,
                    bounded: take_bounded,
                    unborn: shared.program.children(me),
                    children: Vec::new(),
                    ended: false,
                };
                for &stmt in &shared.program.threads[me].body {
                    if !local.ended {
                        local.run(stmt, all);
                    }
                }
                while !local.unborn.is_empty() {
                    local.run(Stmt::Spawn, all);
                }
                local.run(Stmt::Release, all);
                local.mutexes = [None, None];
                local.run(Stmt::Hang, all);
                while !local.children.is_empty() {
                    local.run(Stmt::Join, all);
                }
                all[me] = std::mem::take(&mut local.seen);
            }

            impl<'a> Local<'a> {
                fn lock(&mut self, which: usize) {
                    let guard = self.shared.mutexes[which].lock();
                    let guard = guard.unwrap_or_else(|poisoned| {
                        self.seen.push(1000);
                        poisoned.into_inner()
                    });
                    self.mutexes[which] = Some(guard);
                }

                fn run(&mut self, stmt: Stmt, all: &mut [Vec<u64>]) {
                    use Stmt::*;
                    let shared = self.shared;
                    let atomics = &shared.atomics;
                    match stmt {
                        stmt if is_model_only(&stmt) => extra::run(self, stmt, all),
                        Load(x) => self.seen.push(atomics[x].load(SeqCst)),
                        Store(x, value) => atomics[x].store(value, SeqCst),
                        Add(x, value) => self.seen.push(atomics[x].fetch_add(value, SeqCst)),
                        Max(x, value) => self.seen.push(atomics[x].fetch_max(value, SeqCst)),
                        Swap(x, value) => self.seen.push(atomics[x].swap(value, SeqCst)),
                        Exchange(x, from, to) => {
                            let result = atomics[x].compare_exchange(from, to, SeqCst, SeqCst);
                            self.seen.push(result.unwrap_or_else(|seen| seen + 100));
                        }
                        ExchangeLoop(x) => {
                            let mut seen = atomics[x].load(SeqCst);
                            while let Err(other) =
                                atomics[x].compare_exchange(seen, 2 * seen + 1, SeqCst, SeqCst)
                            {
                                seen = other;
                            }
                            self.seen.push(seen);
                        }
                        SpinUntilSet(x) => {
                            while atomics[x].load(SeqCst) == 0 {
                                thread::yield_now();
                            }
                        }
                        EndUnlessSet(x) => self.ended = atomics[x].load(SeqCst) == 0,
                        Yield => thread::yield_now(),
                        Fence => fence(SeqCst),
                        Lock(m) if self.mutexes[m].is_none() => self.lock(m),
                        TryLock(m) if self.mutexes[m].is_none() => {
                            self.mutexes[m] = shared.mutexes[m].try_lock().ok();
                            self.seen.push(u64::from(self.mutexes[m].is_some()));
                        }
                        Unlock(m) => self.mutexes[m] = None,
                        Guarded(m) => {
                            if let Some(guard) = &mut self.mutexes[m] {
                                **guard += 1;
                                self.seen.push(**guard);
                            }
                        }
                        Read if self.writer.is_none() => {
                            if let Ok(guard) = shared.rwlock.read() {
                                self.seen.push(*guard);
                                self.readers.push(guard);
                            }
                        }
                        TryRead if self.writer.is_none() => {
                            let guard = shared.rwlock.try_read().ok();
                            self.seen.push(guard.as_ref().map_or(99, |guard| **guard));
                            self.readers.extend(guard);
                        }
                        Write if self.writer.is_none() && self.readers.is_empty() => {
                            self.writer = shared.rwlock.write().ok();
                        }
                        TryWrite if self.writer.is_none() && self.readers.is_empty() => {
                            self.writer = shared.rwlock.try_write().ok();
                            self.seen.push(u64::from(self.writer.is_some()));
                        }
                        Release => {
                            if let Some(guard) = &mut self.writer {
                                **guard += 1;
                            }
                            self.writer = None;
                            self.readers.clear();
                        }
                        Wait => {
                            if let Some(guard) = self.mutexes[0].take() {
                                let guard = shared.condvar.wait(guard);
                                self.mutexes[0] = Some(guard.unwrap_or_else(|p| p.into_inner()));
                            }
                        }
                        WaitTimeout => {
                            if let Some(guard) = self.mutexes[0].take() {
                                let (guard, timed_out) =
                                    extra::wait_timeout(&shared.condvar, guard);
                                self.seen.push(u64::from(timed_out));
                                self.mutexes[0] = Some(guard);
                            }
                        }
                        NotifyOne => shared.condvar.notify_one(),
                        NotifyAll => shared.condvar.notify_all(),
                        Send(value) => {
                            if let Some(sender) = &self.unbounded.0 {
                                self.seen.push(u64::from(sender.send(value).is_ok()));
                            }
                        }
                        Receive => {
                            if let Some(receiver) = &self.unbounded.1 {
                                self.seen.push(receiver.recv().unwrap_or(77));
                            }
                        }
                        TryReceive => {
                            if let Some(receiver) = &self.unbounded.1 {
                                let got = receiver.try_recv();
                                self.seen.push(got.unwrap_or_else(|why| match why {
                                    TryRecvError::Empty => 88,
                                    TryRecvError::Disconnected => 77,
                                }));
                            }
                        }
                        SendBounded(value) => {
                            if let Some(sender) = &self.bounded.0 {
                                self.seen.push(u64::from(sender.send(value).is_ok()));
                            }
                        }
                        TrySendBounded(value) => {
                            if let Some(sender) = &self.bounded.0 {
                                self.seen.push(match sender.try_send(value) {
                                    Ok(()) => 1,
                                    Err(TrySendError::Full(_)) => 2,
                                    Err(TrySendError::Disconnected(_)) => 3,
                                });
                            }
                        }
                        ReceiveBounded => {
                            if let Some(receiver) = &self.bounded.1 {
                                self.seen.push(receiver.recv().unwrap_or(77));
                            }
                        }
                        TryReceiveBounded => {
                            if let Some(receiver) = &self.bounded.1 {
                                let got = receiver.try_recv();
                                self.seen.push(got.unwrap_or_else(|why| match why {
                                    TryRecvError::Empty => 88,
                                    TryRecvError::Disconnected => 77,
                                }));
                            }
                        }
                        Hang => {
                            self.unbounded = (None, None);
                            self.bounded = (None, None);
                        }
                        Choose(n) => self.seen.push(extra::choose(n)),
                        Park => thread::park(),
                        ParkTimeout => thread::park_timeout(std::time::Duration::ZERO),
                        Unpark(whom) => {
                            // Main's token is there from the start; a child's handle is known to
                            // whoever started it.
                            let child = self.children.iter().find(|child| child.0 == whom);
                            match (whom, child) {
                                (0, _) => {
                                    let main = shared.handles[0].lock().unwrap().clone();
                                    main.unwrap().unpark();
                                }
                                (_, Some((_, handle))) => handle.thread().unpark(),
                                _ => {}
                            }
                        }
                        Arrive => self.seen.push(u64::from(shared.barrier.wait().is_leader())),
                        Once => {
                            let mut mine = 0;
                            shared.once.call_once(|| {
                                mine = 1 + atomics[1].load(SeqCst);
                            });
                            self.seen.push(mine);
                        }
                        CellRead => self.seen.push(extra::read(&shared.cell)),
                        CellWrite => extra::write(&shared.cell),
                        Spawn if !self.unborn.is_empty() => {
                            let child = self.unborn.remove(0);
                            let theirs = Arc::clone(shared);
                            let handle = thread::spawn(move || {
                                let mut seen = vec![Vec::new(); theirs.program.threads.len()];
                                body(&theirs, child, &mut seen);
                                seen
                            });
                            if !shared.program.threads[child].detached {
                                self.children.push((child, handle));
                            }
                        }
                        Join if !self.children.is_empty() => {
                            let (child, handle) = self.children.remove(0);
                            match handle.join() {
                                Ok(theirs) => {
                                    for (mine, theirs) in all.iter_mut().zip(theirs) {
                                        mine.extend(theirs);
                                    }
                                }
                                Err(_) => all[child].push(666),
                            }
                        }
                        Panic => panic!("on purpose"),
                        _ => {}
                    }
                }
            }
        }
    };
}

world!(modelled, model_world);
world!(shuttled, shuttle_world);

mod model_world {
    pub(crate) use super::super::model_only as extra;
    pub use racelab::model::{sync, thread};
}

mod shuttle_world {
    pub use super::shuttled_extra as extra;
    pub use shuttle::{sync, thread};
}

/// Programs that use these are not given to shuttle.
pub mod shuttled_extra {
    use super::super::program::{Program, Stmt};
    use super::shuttled::Local;
    use shuttle::sync::atomic::AtomicU64;
    use shuttle::sync::{Condvar, MutexGuard};

    pub struct Objects;

    pub struct Owned;

    impl Objects {
        pub fn new(_: &Program, _: &[AtomicU64; 2]) -> Self {
            Objects
        }

        pub fn owned(&self, _: usize) -> Owned {
            Owned
        }
    }

    pub fn run(_: &mut Local, stmt: Stmt, _: &mut [Vec<u64>]) {
        unreachable!("shuttle has no {stmt:?}")
    }

    pub struct Cell;

    impl Cell {
        pub fn new(_: u64) -> Self {
            Cell
        }
    }

    pub fn choose(_: usize) -> u64 {
        unreachable!("shuttle has no choices")
    }

    pub fn read(_: &Cell) -> u64 {
        unreachable!("shuttle has no cells")
    }

    pub fn write(_: &Cell) {
        unreachable!("shuttle has no cells")
    }

    pub fn wait_timeout<'a>(_: &Condvar, _: MutexGuard<'a, u64>) -> (MutexGuard<'a, u64>, bool) {
        unreachable!("shuttle has no time-outs")
    }
}
