// The state graph, as the library computed it. Nothing here knows what a lock or a load does: this
// is walking along edges and adding up counts.
"use strict";

class Graph {
  // data: see html/data.rs. A state is [values, moves, blocked, outcome]; a move is
  // [thread, choice, step, next]. Moves stand in schedule order; state 0 is the start.
  constructor(data) {
    this.data = data;
    this.ways = new Map();
  }

  values(state) {
    return this.data.values[this.data.states[state][0]];
  }

  moves(state) {
    return this.data.states[state][1].map(([thread, choice, step, next]) => {
      const [action, text, object, line, read, written, operation] = this.data.steps[step];
      return { thread, choice, action, text, object, line, read, written, operation, next };
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

  // The interleaving with this number (from 1) among those that end in the outcome (null: in any).
  unrank(number, outcome) {
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
  // that has not ended has the number of the first interleaving that begins like it.
  rank(path, outcome) {
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
      const wanted = moves.find((move) => move.choice === null || `${move.choice}` === choice);
      const move = wanted || (skip ? moves[0] : undefined);
      if (move) {
        path.push(move);
        state = move.next;
        continue;
      }
      const reason = thread < 0 ? null : this.blocked(state, thread);
      if (skip && thread >= 0 && reason === null) continue;
      return { path, stopped: { word, letter, thread, reason, step: path.length + 1 } };
    }
    return { path, stopped: null };
  }
}

// Steps that read, that write, that do both: the names are the library's.
const READS = new Set(["load", "cell_read", "compare_exchange_failed"]);
const WRITES = new Set(["store", "cell_write"]);
const BOTH = new Set(["swap", "fetch_add", "fetch_sub", "fetch_update", "compare_exchange"]);

// The lost updates on a path, as trace/lost_update.rs names them: a write without a read of its
// own, whose thread's latest access was a read in the same operation, loses the other threads'
// writes in between. Step numbers from 0.
function lostUpdates(path) {
  const links = [];
  path.forEach((move, write) => {
    if (!WRITES.has(move.action)) return;
    const same = (other) => other.object === move.object;
    let read = write - 1;
    while (read >= 0 && !(same(path[read]) && path[read].thread === move.thread)) read -= 1;
    if (read < 0 || !READS.has(path[read].action)) return;
    if (path[read].operation !== move.operation) return;
    const overwritten = [];
    for (let i = read + 1; i < write; i += 1) {
      const writes = WRITES.has(path[i].action) || BOTH.has(path[i].action);
      if (same(path[i]) && writes && path[i].thread !== move.thread) overwritten.push(i);
    }
    if (overwritten.length > 0) links.push({ read, overwritten, write });
  });
  return links;
}

// "3", "3 and 5", "3, 5 and 6": step numbers, counted from 1.
function numbers(indices) {
  const shown = indices.map((index) => index + 1);
  const last = shown.pop();
  return shown.length === 0 ? `${last}` : `${shown.join(", ")} and ${last}`;
}

// The sentence that names the cause, word for word as the library says it.
function sentence(graph, path, link) {
  const { thread, object } = path[link.write];
  const steps = link.overwritten.length === 1 ? "step" : "steps";
  return (
    `step ${link.write + 1} overwrote ${steps} ${numbers(link.overwritten)}, because thread ` +
    `${graph.data.threads[thread][0]} had read ${graph.data.objects[object]} at step ${link.read + 1}`
  );
}
