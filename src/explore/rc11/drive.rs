//! Runs real programs under the memory model: the runtime asks who goes and what a step sees.

use super::data_race;
use super::event::{Choice, EventId, INIT, Op, Step};
use super::graph::Graph;
use super::rounds::Rounds;
use super::search::{Pending, Search, Turn};
use super::wish::Wish;
use crate::explore::dpor::Execution;
use crate::explore::exploration::{Exploration, TAIL};
use crate::explore::runtime::{
    Driver, Ending, Op as Asked, Pick, Request, Runtime, Seen, Taken, Yielded, may_be_address, run,
};
use crate::explore::tally::Steps;
use crate::report::Failure;
use crate::trace::{Besides, Place};

/// The exploration of a real program under RC11.
#[derive(Default)]
pub(in crate::explore) struct Rc11 {
    pub(super) search: Search<Wish>,
    rounds: Rounds,
    /// How many events of the run repeat an earlier one.
    scripted: usize,
    /// Nothing new comes behind them: the run is repeated as a whole.
    is_repeated: bool,
    /// Some operand may be an address, which is another one in every run.
    has_addresses: bool,
    /// Only sleeping threads were left: the rest of this run tells nothing.
    is_cut: bool,
    diverged: Option<(usize, String, String)>,
    pending: Vec<Pending<Wish>>,
}

impl Rc11 {
    /// Collects what every thread waits to do.
    fn look_around(&mut self, runtime: &Runtime, enabled: u64) {
        let mut pending = std::mem::take(&mut self.pending);
        pending.clear();
        for thread in 0..runtime.threads.len() as u8 {
            pending.push(self.wish(runtime, thread, enabled));
        }
        self.pending = pending;
    }

    fn wish(&mut self, runtime: &Runtime, thread: u8, enabled: u64) -> Pending<Wish> {
        let actor = &runtime.threads[usize::from(thread)];
        self.has_addresses |= actor.request.may_have_addresses();
        // Asleep on a condition variable: there is no step that another order could let it take.
        if runtime.asking & (1 << thread) == 0 || actor.request.op == Asked::Asleep {
            return Pending::Gone;
        }
        let search = &self.search;
        let mut wish = Wish::of(runtime, thread, |event| &search.step(event).request);
        if enabled & (1 << thread) == 0 {
            return Pending::Blocked(wish);
        }
        if let Op::Load { location, .. }
        | Op::Update { location, .. }
        | Op::Store { location, .. } = wish.op()
        {
            let initial = runtime.objects[location as usize].initial;
            self.has_addresses |= may_be_address(initial);
            self.search.declare(location, initial);
        }
        let search = &self.search;
        let request = |id| &search.step(id).request;
        repeats(&mut wish, &mut self.rounds, search.graph(), thread, actor.yielded(), request);
        Pending::Ready(wish)
    }

    /// Hands a step to the runtime, with what it sees.
    fn go(&mut self, runtime: &mut Runtime, id: EventId) -> (u8, u32) {
        let graph = self.search.graph();
        let event = graph.event(id);
        runtime.seen = seen(graph, id);
        let yielded = runtime.threads[usize::from(event.thread)].yielded();
        self.rounds.note(yielded, event, |write| graph.origin(write));
        (event.thread, self.search.nth_choice(id))
    }

    fn same_step(&mut self, runtime: &Runtime, id: EventId) -> bool {
        let thread = self.search.graph().event(id).thread;
        let before = &self.search.step(id).request;
        let asks = runtime.asking & (1 << thread) != 0;
        let now = asks.then(|| runtime.threads[usize::from(thread)].request);
        let before = *before;
        let mut same = now.is_some_and(|now| {
            let wish = self.search.step(id);
            now.is_repeated(&before) && wish.does_the_same(&now, thread, || runtime.word(&now))
        });
        if same && self.has_addresses {
            if let Some(object) = runtime.objects.get(before.object as usize) {
                self.search.declare(before.object, object.initial);
            }
            let request = |thread: u8| &runtime.threads[usize::from(thread)].request;
            same = self.search.refresh(id, |thread, step| step.with_values_of(request(thread)));
        }
        if !same {
            self.note_divergence(id as usize, Some(before), now);
        }
        same
    }

    #[cold]
    fn note_divergence(&mut self, nth: usize, before: Option<Request>, now: Option<Request>) {
        let describe = |request: Option<Request>| {
            request.map_or_else(|| "nothing".to_owned(), |request| request.described())
        };
        self.diverged.get_or_insert_with(|| (nth + 1, describe(before), describe(now)));
    }

    /// Does every thread that sleeps ask for what it asked for when it fell asleep?
    fn check_sleepers(&mut self) {
        for thread in 0..self.pending.len() {
            let Pending::Ready(wish) = &self.pending[thread] else { continue };
            let Some((since, before)) = self.search.slept_on(thread as u8) else { continue };
            let is_woken = wish.reasons().iter().any(|reason| reason.event >= since);
            if !is_woken && !wish.request.is_repeated(&before.request) {
                let (before, now) = (before.request, wish.request);
                self.note_divergence(since as usize, Some(before), Some(now));
            }
        }
    }

    /// Has the run done what it did before?
    fn check_repetition(&mut self, runtime: &Runtime) {
        let steps = runtime.steps as usize;
        if steps < self.scripted {
            let missing = self.search.step(steps as EventId).request;
            self.note_divergence(steps, Some(missing), None);
        }
    }
}

impl Exploration for Rc11 {
    fn execute(
        &mut self,
        runtime: &mut Runtime,
        max_steps: u32,
        program: &mut dyn FnMut(),
        at_end: impl FnOnce(Execution<'_, Self>),
    ) {
        self.is_cut = false;
        self.rounds.reset();
        self.scripted = self.search.graph().events().len();
        run(runtime, self, max_steps, program, |runtime, this, ending| {
            this.check_repetition(runtime);
            this.is_repeated = false;
            if this.is_cut && this.diverged.is_none() {
                return;
            }
            let as_before = this.diverged.is_none();
            if as_before && matches!(ending, Ending::Finished | Ending::Deadlock | Ending::Livelock)
            {
                this.look_around(runtime, 0);
                this.search.next(&this.pending);
            }
            at_end(Execution { runtime, ending, course: this, interleavings: None });
        });
    }

    fn again(&mut self) {
        self.is_repeated = true;
        self.search.restart();
    }

    fn backtrack(&mut self) -> bool {
        self.search.backtrack()
    }

    fn redundant(&self) -> u64 {
        self.search.cut()
    }

    fn diverged(&self) -> Option<&(usize, String, String)> {
        self.diverged.as_ref()
    }

    fn data_race(&self, besides: Besides<'_>, name: impl Fn(u32) -> String) -> Option<Failure> {
        data_race::find(&self.search, besides, name)
    }

    fn happens_before(&self, a: u32, b: u32) -> bool {
        // What a thread has read brings it about, relaxed or not.
        a == b || self.search.graph().causes(a, b)
    }

    fn uses(&self) -> impl Iterator<Item = (u8, u32)> {
        let all = 0..self.search.graph().events().len() as EventId;
        all.map(|id| (self.search.graph().event(id).thread, self.search.step(id).request.object))
    }

    fn fingerprint(&self) -> Option<u128> {
        None
    }

    fn last_places(&self) -> Vec<Place> {
        let count = self.search.graph().events().len();
        let tail = count.saturating_sub(TAIL) as EventId..count as EventId;
        tail.map(|id| self.search.step(id).request.place.into()).collect()
    }

    fn offer_example(&mut self, switches: &mut usize, best: &mut Steps) {
        super::example::offer(&self.search, switches, best);
    }
}

/// Notes with which choices a thread would only do again what it has done before.
///
/// They are the writes that would complete a repeated round, and those on which the thread's weak
/// compare-exchange has failed for no reason: once for each is enough to see what comes of it, and a
/// loop could go on failing for ever.
pub(super) fn repeats<'r>(
    wish: &mut Wish,
    rounds: &mut Rounds,
    graph: &Graph,
    thread: u8,
    yielded: Yielded,
    request: impl Fn(EventId) -> &'r Request,
) {
    if let Op::Load { location, .. } | Op::Update { location, .. } | Op::Store { location, .. } =
        wish.op()
        && let Some(origin) = rounds.declined(thread, yielded, location)
    {
        let all = graph.modification_order(location).iter().copied().chain([INIT]);
        wish.declined = all.filter(|&write| graph.origin(write) == origin).collect();
    }
    if wish.request.op == Asked::CompareExchangeWeak {
        let events = graph.events().iter().zip(0..);
        let failed = events.filter_map(|(event, id)| match event.choice {
            Choice::Fail(write) if event.thread == thread => Some((write, id)),
            _ => None,
        });
        let same = failed.filter(|&(_, id)| request(id).fails_like(&wish.request));
        wish.failed_on = same.map(|(write, _)| write).collect();
    }
}

/// What the newest event lets its step see; `None` where that is the present state.
pub(super) fn seen(graph: &Graph, id: EventId) -> Option<Seen> {
    let event = graph.event(id);
    let location = match event.op {
        Op::Load { location, .. } | Op::Update { location, .. } | Op::Store { location, .. } => {
            location
        }
        _ => return None,
    };
    // Later events may be in the graph already, when the run repeats an earlier one.
    let mut before = graph.modification_order(location).iter().copied().filter(|&write| write < id);
    let newest = before.next_back().unwrap_or(INIT);
    let step = |write: EventId| (write != INIT).then_some(write as usize);
    let behind = match event.choice {
        Choice::Behind(write) => write,
        _ => event.reads.unwrap_or(newest),
    };
    let older = (behind != newest).then(|| step(behind));
    Some(Seen {
        value: event.read,
        fails: matches!(event.choice, Choice::Fail(_)),
        reads: event.reads.is_some(),
        writes: event.written.is_some(),
        newest: event.written.is_some() && older.is_none(),
        outdated: event.reads.is_some_and(|read| graph.origin(read) != graph.origin(newest)),
        stale: older.filter(|_| event.reads.is_some()),
        behind: older.filter(|_| event.reads.is_none()),
    })
}

impl Driver for Rc11 {
    fn rerun(&mut self) {
        self.is_cut = false;
        self.rounds.reset();
        self.search.restart();
        self.scripted = self.search.graph().events().len();
    }

    fn scripted(&mut self, runtime: &mut Runtime) -> Option<(u8, u32)> {
        let depth = runtime.steps as usize;
        let id = depth as EventId;
        if depth >= self.scripted || self.is_cut || !self.same_step(runtime, id) {
            return None;
        }
        self.search.next(&[]);
        Some(self.go(runtime, id))
    }

    fn pick(&mut self, runtime: &mut Runtime, enabled: u64) -> Pick {
        if self.is_cut {
            return Pick::Go(enabled.trailing_zeros() as u8, 0);
        }
        if self.is_repeated && runtime.steps as usize >= self.scripted {
            let new = runtime.threads[enabled.trailing_zeros() as usize].request;
            self.note_divergence(runtime.steps as usize, None, Some(new));
        }
        if self.diverged.is_some() {
            return Pick::Stop;
        }
        self.look_around(runtime, enabled);
        self.check_sleepers();
        if self.diverged.is_some() {
            return Pick::Stop;
        }
        let pending = std::mem::take(&mut self.pending);
        let turn = self.search.next(&pending);
        self.pending = pending;
        match turn {
            Turn::Step(id) => {
                let (thread, choice) = self.go(runtime, id);
                Pick::Go(thread, choice)
            }
            _ => {
                self.is_cut = true;
                self.pick(runtime, enabled)
            }
        }
    }

    fn taken(&mut self, _: &mut Runtime, _: u8, _: u32, _: &Taken) {}
}
