// What has to be said of a path: which updates it loses, and why.
"use strict";

// Steps that read, that write, that do both: the names are the library's.
const READS = new Set(["load", "cell_read", "compare_exchange_failed"]);
const WRITES = new Set(["store", "cell_write"]);
const BOTH = new Set(["swap", "fetch_add", "fetch_sub", "fetch_update", "compare_exchange"]);

// The index in a path of a thread's so-manieth step.
function indexOf(path, [thread, nth]) {
  const own = path.flatMap((move, index) => (move.thread === thread ? [index] : []));
  return own[nth] ?? -1;
}

// Which write each step reads or stands behind (-1: the initial value), and each object's writes in
// modification order, as trace/orders.rs has them.
function ordersOf(path) {
  const writes = new Map();
  const sources = path.map((move, index) => {
    const order = writes.get(move.object) ?? [];
    writes.set(move.object, order);
    const newest = order.at(-1) ?? -1;
    const source = move.older ? indexOf(path, move.older) : newest;
    if (WRITES.has(move.action) || BOTH.has(move.action)) {
      order.splice(order.indexOf(source) + 1, 0, index);
    }
    return source;
  });
  return { sources, writes };
}

// The lost updates on a path, as trace/lost_update.rs names them: a write without a read of its
// own, whose thread's latest access was a read in the same operation, loses the other threads'
// writes between the one that was read and itself. Step numbers from 0.
function lostUpdates(path) {
  const links = [];
  const { sources, writes } = ordersOf(path);
  path.forEach((move, write) => {
    if (!WRITES.has(move.action)) return;
    const same = (other) => other.object === move.object;
    let read = write - 1;
    while (read >= 0 && !(same(path[read]) && path[read].thread === move.thread)) read -= 1;
    if (read < 0 || !READS.has(path[read].action)) return;
    if (path[read].operation !== move.operation) return;
    const order = writes.get(move.object);
    const unseen = order.slice(order.indexOf(sources[read]) + 1, order.indexOf(write));
    const overwritten = unseen.filter((i) => path[i].thread !== move.thread);
    if (overwritten.length > 0) links.push({ read, overwritten, write });
  });
  return links;
}

// A sentence with the numbers that its steps have on this path: "{0.2}" is the first thread's third.
function numbered(path, sentence) {
  return sentence.replace(/\{(\d+)\.(\d+)\}/g, (name, thread, nth) => {
    return `${indexOf(path, [Number(thread), Number(nth)]) + 1}`;
  });
}

// Everything that has to be said of a path besides its lost updates.
function said(graph, path) {
  const own = path.map((move) => move.sentence).filter(Boolean);
  const last = path.length === 0 ? 0 : path[path.length - 1].next;
  const lines = graph.said(last)?.lines ?? [];
  return [...own, ...lines].map((sentence) => numbered(path, sentence));
}

// What has to be said beside a step.
function noteOf(graph, path, index, links) {
  const notes = [];
  const last = path[path.length - 1].next;
  const nth = path.slice(0, index).filter((move) => move.thread === path[index].thread).length;
  for (const [thread, step, note] of graph.said(last)?.marks ?? []) {
    if (thread === path[index].thread && step === nth) notes.push(numbered(path, note));
  }
  if (links.some((link) => link.overwritten.includes(index))) notes.push("lost");
  for (const link of links) {
    if (link.write === index) notes.push(`overwrites ${numbers(link.overwritten)}`);
    if (link.read === index) notes.push(`stale from ${Math.min(...link.overwritten) + 1}`);
  }
  if (path[index].note !== "") notes.push(path[index].note);
  return notes.join(", ");
}

// "thread A", "task A".
function called(graph, thread) {
  const kind = graph.data.tasks.includes(thread) ? "task" : "thread";
  return `${kind} ${graph.data.threads[thread][0]}`;
}

// "3", "3 and 5", "3, 5 and 6": step numbers, counted from 1. Of more than twelve the first five and
// the last, as diagram/links.rs writes them.
function numbers(indices) {
  const shown = indices.map((index) => index + 1);
  if (shown.length > 12) {
    return `${shown.slice(0, 5).join(", ")}, … and ${shown.at(-1)} (${shown.length} in all)`;
  }
  const last = shown.pop();
  return shown.length === 0 ? `${last}` : `${shown.join(", ")} and ${last}`;
}

// The sentence that names the cause, word for word as the library says it.
function sentence(graph, path, link) {
  const { thread, object } = path[link.write];
  const steps = link.overwritten.length === 1 ? "step" : "steps";
  const awaits = path.findIndex((move, index) => {
    return index > link.read && index < link.write && move.thread === thread && move.action === "await";
  });
  const [kind, gap] = awaits < 0 ? ["thread", ""] : ["task", `, before its await at step ${awaits + 1}`];
  return (
    `step ${link.write + 1} overwrote ${steps} ${numbers(link.overwritten)}, because ${kind} ` +
    `${graph.data.threads[thread][0]} had read ${graph.data.objects[object]} at step ${link.read + 1}${gap}`
  );
}
