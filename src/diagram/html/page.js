// What the reader does with the page. What is then on screen is view.js's.
"use strict";

const $ = (id) => document.getElementById(id);

// Everything that is on screen follows from this.
const at = {
  program: null, // one of PROGRAMS
  graph: null,
  path: [], // the moves chosen, possibly more than are shown
  position: 0, // how many of them have been taken
  group: null, // the outcome whose interleavings the slider goes through; null: all
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
const capital = (words) => `${words[0].toUpperCase()}${words.slice(1)}`;
const letter = (thread) => at.graph.data.threads[thread][0];
// "thread A", "task A"; the letter may be nobody's.
const named = (letter) => {
  const thread = at.graph.data.threads.findIndex((name) => name[0] === letter);
  return thread < 0 ? `thread ${letter}` : called(at.graph, thread);
};
const taken = () => at.path.slice(0, at.position);
const stateAt = (position) => (position === 0 ? 0 : at.path[position - 1].next);
const here = () => stateAt(at.position);

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
  at.wanted = null;
  at.note = "";
  askForPrediction();
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
  const all = at.graph.total(at.group);
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
  load(program, shape);
  at.wanted = schedule;
  const { path, stopped } = at.graph.follow(schedule, true);
  at.path = path;
  at.position = path.length;
  if (schedule !== "") at.note = sameSchedule(schedule, stopped);
  show();
}

function sameSchedule(schedule, stopped) {
  if (stopped && stopped.reason !== null) {
    const step = `step ${stopped.step}`;
    return `${schedule} cannot happen here: at ${step} ${named(stopped.letter)} ${stopped.reason}.`;
  }
  const outcome = at.graph.outcome(here());
  if (outcome === null) return `After ${schedule} this program still runs.`;
  const { sentence, lost } = at.graph.data.outcomes[outcome];
  const { aim } = at.graph.data;
  const harm = lost ? `${aim.harm} here too` : `${aim.safe} here`;
  const text = sentence.replace(/^It /, "it ").replace(/\.$/, "");
  return `The same order, ${schedule}: ${text}; ${harm}.`;
}

// --- the link: #racy/ABAB/3, and /2x2 behind it for another size ---------------------------------

// What stands behind the page's address. Whoever has typed it may have left a sign half encoded.
function linked() {
  const text = location.hash.slice(1);
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function followLink() {
  const [name, schedule = "", position = "", shape = ""] = linked().split("/");
  const program = PROGRAMS.find((program) => program.name === name);
  if (!program) return false;
  load(program, shape);
  const { path, stopped } = at.graph.follow(schedule, false);
  at.path = path;
  const wanted = Number.parseInt(position, 10);
  at.position = Number.isNaN(wanted) ? path.length : Math.max(0, Math.min(wanted, path.length));
  // Whoever comes to see something is not asked first.
  if (schedule !== "") answer("", false);
  if (stopped) {
    const { letter, reason, able } = stopped;
    const unable = able ? `${named(letter)} has no such choice there` : "nobody can go there";
    const why = reason ? `${named(letter)} ${reason}` : unable;
    at.note = `The link's schedule stops at step ${stopped.step}, ${stopped.word}: ${why}.`;
  }
  return true;
}

// --- wiring --------------------------------------------------------------------------------------

function fillSelects() {
  $("program").replaceChildren(
    ...PROGRAMS.map((program) => {
      const value = { value: program.name, selected: program === at.program };
      // What it does is not said before it was predicted.
      const known = program.graphs.some((data) => answered.has(graphs.get(data)));
      return make("option", value, known ? `${program.label}: ${program.verdict}` : program.label);
    }),
  );
  $("shape").replaceChildren(
    ...at.program.graphs.map((graph) => {
      const value = { value: graph.shape, selected: graph === at.graph.data };
      return make("option", value, graph.label);
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
    const program = PROGRAMS.find((program) => program.name === event.target.value);
    changeProgram(program, at.graph.data.shape);
    fillSelects();
  });
  $("shape").addEventListener("change", (event) => {
    load(at.program, event.target.value);
    fillSelects();
    show();
  });
  $("same").addEventListener("click", trySameOrder);
  $("undo").addEventListener("click", undo);
  $("restart").addEventListener("click", restart);
  $("first").addEventListener("click", () => go(0));
  $("back").addEventListener("click", () => go(at.position - 1));
  $("forward").addEventListener("click", () => go(at.position + 1));
  $("last").addEventListener("click", () => go(at.path.length));
  $("slider").addEventListener("input", (event) => goToNumber(BigInt(event.target.value)));
  $("number").addEventListener("change", (event) => {
    goToNumber(wholeNumber(event.target.value) ?? number());
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

const { first } = document.body.dataset;
load(PROGRAMS.find((program) => program.name === first) ?? PROGRAMS[0], "");
followLink();
fillSelects();
wire();
wirePrediction();
document.querySelector("main").hidden = false;
show();
