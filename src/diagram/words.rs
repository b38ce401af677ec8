//! A step in few words: `count → 0` reads, `count ← 1` writes.

use crate::trace::{Action, Object, ObjectId, Step, Thread, ThreadId, order_name};
use std::sync::atomic::Ordering;

/// The step in the words of the pictures.
///
/// `x → 0` is a read, `x ← 1` a write, and what stands in brackets is one step that does both.
pub(crate) fn step_text(objects: &[Object], step: &Step, orders: bool) -> String {
    let called = |id: ObjectId| objects[id.0 as usize].name.as_ref();
    let name = step.object.map(called).unwrap_or_default();
    let mutex = step.mutex.map(called);
    let read = step.read.map(|v| v.to_string()).unwrap_or_else(|| "?".into());
    let written = step.written.map(|v| v.to_string()).unwrap_or_else(|| "?".into());
    // What a lock guards, where it can be told.
    let found = step.read.map(|value| format!(" → {value}")).unwrap_or_default();
    let left = step.written.map(|value| format!(" ← {value}")).unwrap_or_default();
    use Action::*;
    let mut text = match step.action {
        Load | CellRead => format!("{name} → {read}"),
        Store | CellWrite | CellWriteEnd => format!("{name} ← {written}"),
        CellGet => format!("{name} get → {read}"),
        CellGetWrite => format!("{name} get → {read} ← {written}"),
        CellReadEnd => format!("{name} read to the end"),
        Swap | FetchAdd | FetchSub | FetchUpdate | CompareExchange => {
            format!("[{name} → {read} ← {written}]")
        }
        CompareExchangeFailed => format!("[{name} → {read} no write]"),
        Fence => "fence".into(),
        Lock => format!("{name} lock{found}"),
        LockQueued => format!("{name} wait to lock"),
        TryLockFailed | TryReadLockFailed => format!("{name} taken, goes on"),
        Unlock => format!("{name} unlock{left}"),
        ReadLock => format!("{name} read lock{found}"),
        ReadUnlock => format!("{name} read unlock"),
        Downgrade => format!("{name} keep for reading"),
        IsPoisoned => format!("{name} poisoned?"),
        ClearPoison => format!("{name} clear poison"),
        Wait => match mutex {
            Some(mutex) => format!("{name} sleep, {mutex} free"),
            None => format!("{name} sleep"),
        },
        TimeOut => format!("{name} time-out"),
        Reacquire => format!("{name} lock again{found}"),
        NotifyOne => format!("{name} notify one"),
        NotifyAll => format!("{name} notify all"),
        NotifyNobody => format!("{name} notify: nobody"),
        Send => match step.written {
            Some(_) => format!("{name} send {written}"),
            None => format!("{name} send"),
        },
        TrySendFull => format!("{name} full, goes on"),
        SendClosed => format!("{name} send: closed"),
        Receive => match step.read {
            Some(_) => format!("{name} receive {read}"),
            None => format!("{name} receive"),
        },
        TryReceiveEmpty => format!("{name} empty, goes on"),
        ReceiveClosed => format!("{name} receive: closed"),
        CloseSender => format!("{name} close sender"),
        CloseReceiver => format!("{name} close receiver"),
        Park => format!("{name} take token"),
        Unpark => format!("{name} give token"),
        Arrive => format!("{name} arrive"),
        OnceBegin => format!("{name} begin"),
        OnceEnd => format!("{name} done"),
        OnceDone => format!("{name} was done"),
        OnceNotDone => format!("{name} not done"),
        OncePoisoned => format!("{name} poisoned"),
        TaskStart => "starts".into(),
        Await => "await".into(),
        GoOn => "goes on".into(),
        TaskEnd => "ends".into(),
        TaskCancelled => "cancelled".into(),
        WakeTask => "wakes a task".into(),
        Choose => format!("choose {}", step.choice.unwrap_or_default()),
    };
    if let (true, Some(order)) = (orders || step.action == Fence, step.order) {
        text.push(' ');
        text.push_str(short_order(order));
    }
    text
}

/// An ordering in four letters at most, for narrow columns.
fn short_order(order: Ordering) -> &'static str {
    match order_name(order) {
        "Relaxed" => "rlx",
        "Release" => "rel",
        "Acquire" => "acq",
        "AcqRel" => "acq-rel",
        _ => "sc",
    }
}

/// What stands for steps that are not drawn.
pub(crate) fn fold(count: usize, by: &[(ThreadId, usize)]) -> String {
    let by: Vec<_> = by.iter().map(|(id, n)| format!("{n} by {id}")).collect();
    format!("{count} steps: {}", by.join(", "))
}

/// The head of a thread's column: its letter, and its name where it has one of its own.
pub(crate) fn thread_name(threads: &[Thread], id: ThreadId) -> String {
    let name = threads.get(id.index()).and_then(|thread| thread.name.as_deref());
    let letter = id.letter().to_string();
    match name {
        Some(name) if name != letter && id != ThreadId::MAIN => format!("{letter} {name}"),
        _ if id == ThreadId::MAIN => "M main".into(),
        _ => letter,
    }
}

/// The head of a thread's column in a picture that has room for it: `thread A`, `A actor`.
pub(crate) fn heading(threads: &[Thread], id: ThreadId) -> String {
    let name = thread_name(threads, id);
    match threads.get(id.index()) {
        Some(thread) if name.len() == 1 => thread.called(),
        _ => name,
    }
}

/// Can the object's state be written in a narrow column, and is it worth one?
pub(crate) fn has_value(object: &Object) -> bool {
    use crate::trace::ObjectKind::*;
    matches!(object.kind, Mutex | RwLock | Channel) || object.initial.is_some()
}
