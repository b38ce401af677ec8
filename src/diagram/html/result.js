// How it went, and what is next: below everything, in sight wherever the reader is.
"use strict";

function showResult() {
  const { words, look } = verdict();
  $("verdict").textContent = words;
  $("verdict").className = `verdict ${look}`;
  $("cure").textContent = at.note;
  $("result").classList.toggle("shown", words !== "" || at.note !== "");
  $("next").hidden = look === "" && at.note === "";
  const cure = nextCure();
  $("same").hidden = cure === null || at.path.length === 0;
  if (cure) $("same").textContent = `Try this order on: ${cure.label}`;
  const place = RACES.findIndex((race) => race.name === at.program.race);
  const onward = RACES[place + 1];
  $("onward").textContent = onward ? `Next: ${onward.name}` : "All races";
  $("onward").href = onward ? `${onward.name}.html` : "index.html";
  $("book").textContent = RACES[place].book;
}

// The first cure behind this program; behind the last one, the first of all.
function nextCure() {
  const here = PROGRAMS.indexOf(at.program);
  const inTurn = [...PROGRAMS.slice(here + 1), ...PROGRAMS.slice(0, here)];
  return inTurn.find((program) => program.cure) ?? null;
}

function trySameOrder() {
  changeProgram(nextCure(), at.graph.data.shape);
  fillSelects();
}

// How the program has gone, in words and in a colour.
function verdict() {
  const path = taken();
  const { aim, shortest, outcomes } = at.graph.data;
  const outcome = at.graph.outcome(here());
  const words = [];
  let look = "";
  const win = (harm, after, why) => {
    const steps = counted(BigInt(after), "step");
    words.push(`${capital(harm)} after ${steps}; the shortest possible is ${shortest}.`);
    words.push(`${capital(why)}.`);
    look = "won";
  };
  const races = (move) => at.graph.said(move.next)?.race;
  const lost = aim.harm === "an update is lost" ? lostUpdates(path) : [];
  if (path.some(races)) {
    const after = path.findIndex(races) + 1;
    const [why] = at.graph.said(path[after - 1].next).lines;
    win("two accesses race", after, numbered(path, why));
  } else if (lost.length > 0) {
    win(aim.harm, lost[0].write + 1, sentence(at.graph, path, lost[0]));
  }
  if (outcome !== null) {
    const { sentence, lost, waits } = outcomes[outcome];
    // Of a data race all has been said.
    // And who waits for whom stands below the steps, drawn.
    if (!path.some(races)) words.push(waits ? `${capital(waits.heading)}.` : sentence);
    if (lost && look === "") words.push(`${capital(aim.harm)}.`);
    if (lost && at.graph.said(here())?.cycle) words.push("No interleaving explains these values.");
    if (!lost) {
      words.push(`${capital(aim.safe)}.`);
      // That there is no other order is not said before it was predicted.
      if (shortest !== null || !isAnswered()) words.push("Take a step back with u, and try another order.");
      look = look || "safe";
    } else {
      look = "won";
    }
  }
  return { words: words.join(" "), look };
}
