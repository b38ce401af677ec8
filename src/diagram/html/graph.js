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
