// The page: what is on screen, and what the reader does with it.
"use strict";

const $ = (id) => document.getElementById(id);
const DATA = JSON.parse($("data").textContent);

// Everything that is on screen follows from this.
const at = {
  program: null, // one of DATA.programs
  graph: null,
  path: [], // the moves chosen, possibly more than are shown
  position: 0, // how many of them have been taken
  group: null, // the outcome whose interleavings the slider goes through; null: all
  guessed: false,
  wanted: null, // the schedule that is tried on one program after the other
  note: "", // what became of it
};

// Makes an element. Text is set as text, never as markup.
function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== null && value !== false) element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children);
  return element;
}

const grouped = (number) => number.toString().replace(/\B(?=(\d{3})+(?!\d))/g, ",");
const counted = (number, what) => `${grouped(number)} ${what}${number === 1n ? "" : "s"}`;
const letter = (thread) => at.graph.data.threads[thread][0];
const taken = () => at.path.slice(0, at.position);
const stateAt = (position) => (position === 0 ? 0 : at.path[position - 1].next);
const here = () => stateAt(at.position);
const losing = () =>
  at.graph.data.outcomes.reduce(
    (sum, outcome, number) => (outcome.lost ? sum + at.graph.count(0, number) : sum),
    0n,
  );

// --- changing what is on screen ------------------------------------------------------------------

const graphs = new Map(); // a graph keeps the counts it has worked out

function load(program, shape) {
  const data = program.graphs.find((graph) => graph.shape === shape) || program.graphs[0];
  if (!graphs.has(data)) graphs.set(data, new Graph(data));
  at.program = program;
  at.graph = graphs.get(data);
  at.path = [];
  at.position = 0;
  at.group = null;
  at.guessed = false;
  at.wanted = null;
  at.note = "";
  resetPrediction();
}

function play(thread) {
  const moves = at.graph.moves(here()).filter((move) => move.thread === thread);
  if (moves.length === 0) return;
  take(moves[0]);
}

function take(move) {
  at.path = [...taken(), move];
  at.position += 1;
  forget();
  show();
}

function undo() {
  if (at.position === 0) return;
  at.position -= 1;
  at.path = taken();
  forget();
  show();
}

function restart() {
  at.path = [];
  at.position = 0;
  forget();
  show();
}

// What held for the path before it was changed by hand.
function forget() {
  at.group = null;
  at.wanted = null;
  at.note = "";
}

function go(position) {
  at.position = Math.max(0, Math.min(position, at.path.length));
  show();
}

function goToNumber(number) {
  const all = at.graph.count(0, at.group);
  const inside = number < 1n ? 1n : number > all ? all : number;
  at.path = at.graph.unrank(inside, at.group);
  at.position = at.path.length;
  at.wanted = null;
  at.note = "";
  show();
}

// Another program, the same schedule: harmless there, or not even possible.
function changeProgram(program, shape) {
  const schedule = at.wanted ?? at.graph.schedule(at.path);
  const guessed = at.guessed;
  load(program, shape);
  at.wanted = schedule;
  const { path, stopped } = at.graph.follow(schedule, true);
  at.path = path;
  at.position = path.length;
  at.guessed = guessed;
  if (schedule !== "") at.note = sameSchedule(schedule, stopped);
  show();
}

function sameSchedule(schedule, stopped) {
  if (stopped && stopped.reason !== null) {
    const step = `step ${stopped.step}`;
    return `${schedule} cannot happen here: at ${step} thread ${stopped.letter} ${stopped.reason}.`;
  }
  const outcome = at.graph.outcome(here());
  if (outcome === null) return `After ${schedule} this program still runs.`;
  const { text, lost } = at.graph.data.outcomes[outcome];
  const harm = lost ? "an update is lost here too" : "nothing is lost here";
  return `The same order, ${schedule}: it ${text}; ${harm}.`;
}

// --- showing it ----------------------------------------------------------------------------------

function show() {
  showThreads();
  showVerdict();
  showTimeline();
  showSource();
  showAll();
  $("cure").textContent = at.note;
  const hash = `#${at.program.name}/${at.graph.schedule(at.path)}/${at.position}`;
  const shaped = at.graph.data.shape === at.program.graphs[0].shape ? "" : `/${at.graph.data.shape}`;
  $("link").href = hash + shaped;
  const [threads, increments] = at.graph.data.shape.split("x");
  const schedule = at.graph.schedule(at.path);
  const how = schedule === "" ? "--all" : `--schedule ${schedule}`;
  $("command").textContent =
    `racelab show ${at.program.name} --threads ${threads} --increments ${increments} ${how}`;
  try {
    history.replaceState(null, "", hash + shaped);
  } catch {
    // Some browsers refuse this for files opened from disk; the link on the page is right anyway.
  }
}

function showThreads() {
  const state = here();
  const focused = document.activeElement?.dataset?.thread;
  const buttons = at.graph.data.threads.flatMap((name, thread) => {
    const moves = at.graph.moves(state).filter((move) => move.thread === thread);
    const key = thread + 1;
    const attributes = { type: "button", class: `t${thread % 5}`, "data-thread": `${thread}` };
    if (moves.length === 0) {
      const reason = at.graph.blocked(state, thread);
      const why = make("span", { class: reason ? "waits" : "" }, reason || "has ended");
      // Not `disabled`: the focus would be lost, and the reason could not be read.
      const button = make("button", { ...attributes, "aria-disabled": "true" }, `${name}: `, why);
      return [button];
    }
    return moves.map((move, choice) => {
      const shortcut = choice === 0 ? { "aria-keyshortcuts": `${key}` } : {};
      const hint = choice === 0 ? [make("kbd", {}, `${key}`), " "] : [];
      const which = move.choice === null ? "" : ` (choice ${move.choice})`;
      const text = `${name}: ${move.text}${which}`;
      const button = make("button", { ...attributes, ...shortcut }, ...hint, text);
      button.addEventListener("click", () => take(move));
      return button;
    });
  });
  $("threads").replaceChildren(...buttons);
  if (focused !== undefined) {
    const again = buttons.find((button) => button.dataset.thread === focused);
    again?.focus({ preventScroll: true });
  }
  $("undo").disabled = at.position === 0;
  $("restart").disabled = at.path.length === 0;
}

function showVerdict() {
  const path = taken();
  const [first] = lostUpdates(path);
  const outcome = at.graph.outcome(here());
  const words = [];
  let look = "";
  if (first) {
    const steps = counted(BigInt(first.write + 1), "step");
    words.push(`An update is lost after ${steps}; the shortest possible is ${at.graph.data.shortest}.`);
    const cause = sentence(at.graph, path, first);
    words.push(`${cause[0].toUpperCase()}${cause.slice(1)}.`);
    look = "won";
  }
  if (outcome !== null) {
    const { text, lost } = at.graph.data.outcomes[outcome];
    words.push(`It ${text}.`);
    if (!lost) {
      words.push("Nothing is lost.");
      if (at.graph.data.shortest !== null) words.push("Take a step back with u, and try another order.");
      look = look || "safe";
    } else {
      look = "won";
    }
  }
  $("verdict").textContent = words.join(" ");
  $("verdict").className = `verdict ${look}`;
}

function showTimeline() {
  const { threads, objects, shown } = at.graph.data;
  const links = lostUpdates(at.path);
  const head = make("tr", {}, make("th", { scope: "col" }, "Step"));
  for (const name of threads) head.append(make("th", { scope: "col" }, name));
  for (const object of shown) {
    head.append(make("th", { scope: "col", class: "value" }, objects[object]));
  }
  head.append(make("th", { scope: "col" }, "Note"));
  const rows = [timelineRow(null, 0, links)];
  at.path.forEach((move, index) => rows.push(timelineRow(move, index + 1, links)));
  $("timeline").replaceChildren(
    make("caption", {}, `Schedule ${at.graph.schedule(at.path) || "not begun"}`),
    make("thead", {}, head),
    make("tbody", {}, ...rows),
  );
  $("position").textContent = `step ${at.position} of ${at.path.length}`;
  $("first").disabled = $("back").disabled = at.position === 0;
  $("last").disabled = $("forward").disabled = at.position === at.path.length;
  const done = links.filter((link) => link.write < at.position);
  $("causes").replaceChildren(
    ...done.map((link) => make("li", { class: "bad" }, sentence(at.graph, at.path, link))),
  );
}

function timelineRow(move, position, links) {
  const index = position - 1;
  const jump = make("button", { type: "button" }, position === 0 ? "start" : `${position}`);
  jump.setAttribute("aria-label", position === 0 ? "Go to the start" : `Go to step ${position}`);
  jump.addEventListener("click", () => go(position));
  const row = make(
    "tr",
    {
      class: position > at.position ? "future" : "",
      "aria-current": position === at.position ? "step" : null,
    },
    make("td", {}, jump),
  );
  const state = stateAt(position);
  const before = position === 0 ? state : stateAt(position - 1);
  at.graph.data.threads.forEach((name, thread) => {
    if (move && move.thread === thread) {
      const lost = links.some((link) => link.overwritten.includes(index));
      const step = make(lost ? "del" : "span", { class: lost ? "step lost" : "step" }, move.text);
      row.append(make("td", { class: `t${thread % 5}` }, step));
    } else {
      const reason = position === 0 ? null : at.graph.blocked(before, thread);
      row.append(make("td", { class: "idle" }, reason || ""));
    }
  });
  const old = at.graph.values(before);
  at.graph.values(state).forEach((value, object) => {
    const changed = position > 0 && old[object] !== value;
    row.append(make("td", { class: changed ? "value changed" : "value" }, value));
  });
  row.append(make("td", { class: "note" }, position === 0 ? "" : noteOf(index, links)));
  return row;
}

// What has to be said beside a step.
function noteOf(index, links) {
  const notes = [];
  if (links.some((link) => link.overwritten.includes(index))) notes.push("lost");
  for (const link of links) {
    if (link.write === index) notes.push(`overwrites ${numbers(link.overwritten)}`);
    if (link.read === index) notes.push(`stale from ${Math.min(...link.overwritten) + 1}`);
  }
  return notes.join(", ");
}

function showSource() {
  const state = here();
  const lines = new Map();
  at.graph.data.threads.forEach((name, thread) => {
    const line = at.graph.line(state, thread);
    if (line !== null) lines.set(line, [...(lines.get(line) || []), thread]);
  });
  const whole = $("whole").checked;
  const [from, to] = whole ? [1, at.program.source.length] : at.program.range;
  const items = at.program.source.slice(from - 1, to).map((text, index) => {
    const number = from + index;
    const threads = lines.get(number) || [];
    const marks = threads.map((thread) => make("b", { class: `t${thread % 5}` }, letter(thread)));
    const item = make(
      "li",
      { class: threads.length > 0 ? "lit" : "" },
      make("span", { class: "here" }, ...marks),
      make("span", { class: "number" }, `${number}`),
      make("code", {}, text),
    );
    return item;
  });
  $("source").replaceChildren(...items);
  $("source-file").textContent = `${at.program.path}, lines ${from} to ${to}`;
}

function showAll() {
  $("all").hidden = !at.guessed;
  if (!at.guessed) return;
  const { outcomes } = at.graph.data;
  const all = at.graph.count(0, null);
  const chip = (text, group, lost) => {
    const look = { class: lost ? "bad" : "" };
    const pressed = { type: "button", "aria-pressed": `${at.group === group}` };
    const button = make("button", { ...pressed, "data-group": `${group}` }, make("span", look, text));
    button.addEventListener("click", () => {
      at.group = group;
      goToNumber(1n);
      $("groups").querySelector(`[data-group="${group}"]`).focus({ preventScroll: true });
    });
    return button;
  };
  const chips = outcomes.map((outcome, number) => {
    const lost = outcome.lost ? ", loses" : "";
    return chip(`${outcome.text}: ${grouped(at.graph.count(0, number))}${lost}`, number, outcome.lost);
  });
  $("groups").replaceChildren(chip(`all: ${grouped(all)}`, null, false), ...chips);
  const total = at.graph.count(0, at.group);
  const number = at.graph.rank(at.path, at.group);
  $("slider").max = `${total}`;
  $("slider").value = `${number}`;
  $("slider").setAttribute("aria-valuetext", `${grouped(number)} of ${grouped(total)}`);
  if (document.activeElement !== $("number")) $("number").value = `${number}`;
  $("of").textContent = `of ${grouped(total)}`;
  $("earlier").disabled = number <= 1n;
  $("later").disabled = number >= total;
}

// --- predicting ----------------------------------------------------------------------------------

function resetPrediction() {
  const all = at.graph.count(0, null);
  $("guess-label").textContent =
    `The threads' steps can be ordered in ${grouped(all)} ways. In how many of them is an update lost?`;
  $("guess-answer").textContent = "";
  $("guess").value = "";
  $("predict").hidden = false;
  const goal =
    at.graph.data.shortest === null
      ? "Goal: lose an update. (Nobody can, in this program. Try.)"
      : "Goal: lose an update. Choose who goes next, by click or with the keys";
  const keys = at.graph.data.threads.map((name, thread) => make("kbd", {}, `${thread + 1}`));
  const parts = at.graph.data.shortest === null ? [] : keys.flatMap((key) => [" ", key]);
  $("goal").replaceChildren(goal, ...parts, parts.length > 0 ? "." : "");
}

function answer(guess) {
  at.guessed = true;
  const right = losing();
  const all = at.graph.count(0, null);
  const truth = `${grouped(right)} of ${grouped(all)} interleavings lose an update.`;
  const words = guess === null ? "" : guess === right ? "Exactly. " : `You said ${grouped(guess)}. `;
  $("guess-answer").textContent = words + truth;
  show();
}

// --- the link: #racy/ABAB/3, and /2x2 behind it for another size ---------------------------------

function followLink() {
  const [name, schedule = "", position = "", shape = ""] = decodeURIComponent(
    location.hash.slice(1),
  ).split("/");
  const program = DATA.programs.find((program) => program.name === name);
  if (!program) return false;
  load(program, shape);
  const { path, stopped } = at.graph.follow(schedule, false);
  at.path = path;
  const wanted = Number.parseInt(position, 10);
  at.position = Number.isNaN(wanted) ? path.length : Math.max(0, Math.min(wanted, path.length));
  at.guessed = true;
  $("predict").hidden = true;
  if (stopped) {
    const why = stopped.reason ? `thread ${stopped.letter} ${stopped.reason}` : "nobody can go there";
    at.note = `The link's schedule stops at step ${stopped.step}, ${stopped.word}: ${why}.`;
  }
  return true;
}

// --- wiring --------------------------------------------------------------------------------------

function fillSelects() {
  $("program").replaceChildren(
    ...DATA.programs.map((program) => {
      const value = { value: program.name, selected: program === at.program };
      return make("option", value, `${program.name} (${program.kind})`);
    }),
  );
  $("shape").replaceChildren(
    ...at.program.graphs.map((graph) => {
      const value = { value: graph.shape, selected: graph === at.graph.data };
      return make("option", value, graph.shape.replace("x", " × "));
    }),
  );
}

function onKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.matches("input, select, textarea")) return;
  if (/^[1-9]$/.test(event.key)) {
    const thread = Number(event.key) - 1;
    if (thread < at.graph.data.threads.length) play(thread);
  } else if (event.key === "u") {
    undo();
  } else if (event.key === "r") {
    restart();
  } else if (event.key === "ArrowLeft" && !event.target.matches(".scroll")) {
    go(at.position - 1);
  } else if (event.key === "ArrowRight" && !event.target.matches(".scroll")) {
    go(at.position + 1);
  } else {
    return;
  }
  event.preventDefault();
}

function save() {
  const file = new Blob([drawing(at.graph, at.path)], { type: "image/svg+xml" });
  const url = URL.createObjectURL(file);
  const name = `${at.program.name}-${at.graph.schedule(at.path) || "start"}.svg`;
  const link = make("a", { href: url, download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 1000);
}

function wire() {
  const number = () => at.graph.rank(at.path, at.group);
  $("program").addEventListener("change", (event) => {
    const program = DATA.programs.find((program) => program.name === event.target.value);
    changeProgram(program, at.graph.data.shape);
    fillSelects();
  });
  $("shape").addEventListener("change", (event) => {
    load(at.program, event.target.value);
    fillSelects();
    show();
  });
  $("guess-form").addEventListener("submit", (event) => {
    event.preventDefault();
    const text = $("guess").value.replace(/[,\s_]/g, "");
    if (/^\d+$/.test(text)) answer(BigInt(text));
    else $("guess-answer").textContent = "Type a whole number: 0, 1, 2, …";
  });
  $("skip-guess").addEventListener("click", () => answer(null));
  $("undo").addEventListener("click", undo);
  $("restart").addEventListener("click", restart);
  $("first").addEventListener("click", () => go(0));
  $("back").addEventListener("click", () => go(at.position - 1));
  $("forward").addEventListener("click", () => go(at.position + 1));
  $("last").addEventListener("click", () => go(at.path.length));
  $("slider").addEventListener("input", (event) => goToNumber(BigInt(event.target.value)));
  $("number").addEventListener("change", (event) => {
    const text = event.target.value.replace(/[,\s_]/g, "");
    goToNumber(/^\d+$/.test(text) ? BigInt(text) : number());
    event.target.value = `${number()}`;
  });
  $("earlier").addEventListener("click", () => goToNumber(number() - 1n));
  $("later").addEventListener("click", () => goToNumber(number() + 1n));
  $("whole").addEventListener("change", showSource);
  $("save").addEventListener("click", save);
  $("print").addEventListener("click", () => window.print());
  document.addEventListener("keydown", onKey);
  window.addEventListener("hashchange", () => {
    if (followLink()) {
      fillSelects();
      show();
    }
  });
}

load(DATA.programs.find((program) => program.name === DATA.name), "");
followLink();
fillSelects();
wire();
document.querySelector("main").hidden = false;
show();
