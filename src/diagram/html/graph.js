// The state graph, as the library computed it. Nothing here knows what a lock or a load does: this
// is walking along edges and adding up counts.
"use strict";

class Graph {
  // data: see html/data.rs. A state is [values, moves, blocked, outcome, said]; a move is
  // [thread, choice, step, next]. Moves stand in schedule order; state 0 is the start.
  constructor(data) {
    this.data = data;
    this.ways = new Map();
    // Under Rust's orderings executions are counted: a path to each, and where it ends.
    this.executions = (data.executions || []).map((schedule) => {
      const { path } = this.follow(schedule, false);
      return { path, state: path.length === 0 ? 0 : path[path.length - 1].next };
    });
  }

  values(state) {
    return this.data.values[this.data.states[state][0]];
  }

  moves(state) {
    return this.data.states[state][1].map(([thread, choice, step, next]) => {
      const [action, text, object, line, read, written, operation, note, sentence, older] =
        this.data.steps[step];
      const seen = { read, written, note: note || "", sentence, older };
      return { thread, choice, action, text, object, line, operation, next, ...seen };
    });
  }

  // Why a thread cannot go: its reason, or null when it can go or has ended.
  blocked(state, thread) {
    const found = this.data.states[state][2].find(([blocked]) => blocked === thread);
    return found ? this.data.reasons[found[1]] : null;
  }

  // The line a thread stands at: of its next step, or of what it waits for.
  line(state, thread) {
    const move = this.data.states[state][1].find(([mover]) => mover === thread);
    if (move) return this.data.steps[move[2]][3];
    const waits = this.data.states[state][2].find(([blocked]) => blocked === thread);
    return waits ? waits[2] : null;
  }

  // The number of the outcome, or null while the program runs.
  outcome(state) {
    return this.data.states[state][3];
  }

  // What is to be said of a state: its data race, and why no interleaving explains it.
  said(state) {
    const number = this.data.states[state][4];
    return number === null ? null : this.data.said[number];
  }

  // The executions that end in the outcome (null: in any).
  ending(outcome) {
    if (outcome === null) return this.executions;
    return this.executions.filter(({ state }) => this.outcome(state) === outcome);
  }

  // How many there are in all that end in the outcome (null: in any): interleavings or executions.
  total(outcome) {
    return this.data.executions ? BigInt(this.ending(outcome).length) : this.count(0, outcome);
  }

  // How many interleavings lead from a state to an outcome (null: to any). BigInt: these numbers
  // grow faster than any other.
  count(state, outcome) {
    const key = `${state}/${outcome}`;
    const known = this.ways.get(key);
    if (known !== undefined) return known;
    const end = this.outcome(state);
    let ways = 0n;
    if (end !== null) {
      ways = outcome === null || outcome === end ? 1n : 0n;
    } else {
      for (const move of this.data.states[state][1]) ways += this.count(move[3], outcome);
    }
    this.ways.set(key, ways);
    return ways;
  }

  // The one with this number (from 1) among those that end in the outcome (null: in any).
  unrank(number, outcome) {
    if (this.data.executions) return this.ending(outcome)[Number(number) - 1].path;
    const path = [];
    let state = 0;
    let rest = number - 1n;
    while (this.outcome(state) === null) {
      const next = this.moves(state).find((move) => {
        const ways = this.count(move.next, outcome);
        if (rest < ways) return true;
        rest -= ways;
        return false;
      });
      path.push(next);
      state = next.next;
    }
    return path;
  }

  // The number of a path among the interleavings that end in the outcome (null: in any). A path
  // that has not ended has the number of the first interleaving that begins like it; on the way
  // to executions, which need not go this way, it has the number 1.
  rank(path, outcome) {
    if (this.data.executions) {
      const end = path.length === 0 ? 0 : path[path.length - 1].next;
      const at = this.ending(outcome).findIndex(({ state }) => state === end);
      return BigInt(Math.max(0, at) + 1);
    }
    let number = 1n;
    let state = 0;
    for (const taken of path) {
      for (const move of this.moves(state)) {
        if (move.thread === taken.thread && move.choice === taken.choice) break;
        number += this.count(move.next, outcome);
      }
      state = taken.next;
    }
    return number;
  }

  // A letter for each step, a free choice as a number behind it.
  schedule(path) {
    return path
      .map((move) => this.data.threads[move.thread][0] + (move.choice === null ? "" : move.choice))
      .join("");
  }

  // Follows a schedule as far as it goes. `skip`: letters of threads that have ended are passed
  // over, so that the schedule of a longer program can be tried on a shorter one.
  follow(schedule, skip) {
    const path = [];
    let state = 0;
    for (const [word, letter, choice] of schedule.matchAll(/([A-Za-z])(\d*)/g)) {
      const thread = this.data.threads.findIndex((name) => name[0] === letter);
      const moves = this.moves(state).filter((move) => move.thread === thread);
      const wanted = moves.find((move) => `${move.choice ?? ""}` === choice);
      const move = wanted || (skip ? moves[0] : undefined);
      if (move) {
        path.push(move);
        state = move.next;
        continue;
      }
      const reason = thread < 0 ? null : this.blocked(state, thread);
      if (skip && thread >= 0 && reason === null) continue;
      const able = moves.length > 0;
      return { path, stopped: { word, letter, thread, reason, able, step: path.length + 1 } };
    }
    return { path, stopped: null };
  }
}

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
