// What is on screen: everything follows from `at`, in page.js.
"use strict";

function show() {
  showHeading();
  showThreads();
  showResult();
  showTimeline();
  showWaits();
  showSource();
  showAll();
  const hash = `#${at.program.name}/${at.graph.schedule(at.path)}/${at.position}`;
  const shaped = at.graph.data.shape === at.program.graphs[0].shape ? "" : `/${at.graph.data.shape}`;
  $("link").href = hash + shaped;
  const schedule = at.graph.schedule(at.path);
  const how = schedule === "" ? "--all" : `--schedule ${schedule}`;
  const words = [at.program.command, at.graph.data.arguments, how];
  $("command").textContent = words.filter((word) => word !== "").join(" ").replace(/ +/g, " ");
  try {
    history.replaceState(null, "", hash + shaped);
  } catch {
    // Some browsers refuse this for files opened from disk; the link on the page is right anyway.
  }
}

// Heading, title and neighbours are those of the program that is chosen, whichever page it is on.
function showHeading() {
  const place = RACES.findIndex((race) => race.name === at.program.race);
  const race = RACES[place];
  const which = at.program.label === race.name ? "" : at.program.label;
  $("heading").textContent = race.heading;
  $("which").textContent = which;
  document.title = `${which === "" ? race.name : `${race.name}, ${which}`}: racelab`;
  const lead = (id, neighbour, words) => {
    $(id).hidden = !neighbour;
    if (!neighbour) return;
    $(id).textContent = words(neighbour.name);
    $(id).href = `${neighbour.name}.html`;
  };
  lead("previous", RACES[place - 1], (name) => `← ${name}`);
  lead("following", RACES[place + 1], (name) => `${name} →`);
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
      const older = move.note === "" ? "" : `, ${move.note}`;
      const which = move.choice === null || older !== "" ? older : ` (choice ${move.choice})`;
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
  const causes = done.map((link) => sentence(at.graph, at.path, link));
  const sentences = [...causes, ...said(at.graph, taken())];
  $("causes").replaceChildren(...sentences.map((words) => make("li", { class: "bad" }, words)));
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
      // That another task of its thread runs is seen anyway.
      const runs = /^waits for the thread\b/.test(reason || "");
      row.append(make("td", { class: "idle" }, runs ? "┊" : reason || ""));
    }
  });
  const old = at.graph.values(before);
  at.graph.values(state).forEach((value, object) => {
    const changed = position > 0 && old[object] !== value;
    row.append(make("td", { class: changed ? "value changed" : "value" }, value));
  });
  row.append(make("td", { class: "note" }, position === 0 ? "" : noteOf(at.graph, at.path, index, links)));
  return row;
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
  $("all").hidden = !isAnswered();
  if (!isAnswered()) return;
  const { outcomes, executions } = at.graph.data;
  $("all-head").textContent = executions ? "Every execution" : "Every interleaving";
  $("number-label").textContent = executions ? "Execution" : "Interleaving";
  const all = at.graph.total(null);
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
    const loses = at.graph.data.aim.goal === "lose an update" ? ", loses" : ", must not be";
    const lost = outcome.lost ? loses : "";
    return chip(`${outcome.short}: ${grouped(at.graph.total(number))}${lost}`, number, outcome.lost);
  });
  $("groups").replaceChildren(chip(`all: ${grouped(all)}`, null, false), ...chips);
  const total = at.graph.total(at.group);
  const number = at.graph.rank(at.path, at.group);
  $("slider").max = `${total}`;
  $("slider").value = `${number}`;
  $("slider").setAttribute("aria-valuetext", `${grouped(number)} of ${grouped(total)}`);
  if (document.activeElement !== $("number")) $("number").value = `${number}`;
  $("of").textContent = `of ${grouped(total)}`;
  $("earlier").disabled = number <= 1n;
  $("later").disabled = number >= total;
}
