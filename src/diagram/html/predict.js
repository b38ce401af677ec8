// The question before the game: how many of them do it? Until it is answered nothing on the page
// tells, and each program is asked about anew.
"use strict";

// Nobody can count more than this before they have seen them. Then a share is asked for.
const FEW = 20n;

// The shares to choose from; the first that fits is right. None lies closer than another: which is
// right does not show.
const SHARES = [
  ["none", (some) => some === 0n],
  ["all", (some, all) => some === all],
  ["one in ten at most", (some, all) => some * 10n <= all],
  ["more, up to half", (some, all) => some * 2n <= all],
  ["more than half, not all", () => true],
];
const SHOWN = [0, 2, 3, 4, 1]; // from none to all

const answered = new Set(); // graphs
const isAnswered = () => answered.has(at.graph);

const losing = () =>
  at.graph.data.outcomes.reduce(
    (sum, outcome, number) => (outcome.lost ? sum + at.graph.total(number) : sum),
    0n,
  );

function askForPrediction() {
  const all = at.graph.total(null);
  const { aim, executions, tasks } = at.graph.data;
  const ways = executions
    ? `Rust's orderings allow ${counted(all, "execution")} of this program.`
    : `The ${tasks.length > 0 ? "tasks" : "threads"}' steps can be ordered in ${grouped(all)} ways.`;
  $("guess-label").textContent = `${ways} In how many of them ${aim.question}?`;
  $("guess-number").hidden = all > FEW;
  $("guess-choices").hidden = all <= FEW;
  $("guess").value = "";
  $("guess-answer").textContent = "";
  showGoal();
  showAnswered();
}

// What may be seen once the question is answered, and not before.
function showAnswered() {
  $("guess-form").hidden = isAnswered();
  $("predict-head").textContent = isAnswered() ? "What it is about" : "First, predict";
  $("summary").hidden = !isAnswered();
  $("summary").textContent = RACES.find((race) => race.name === at.program.race).summary;
}

function showGoal() {
  const { aim, executions, shortest, threads } = at.graph.data;
  if (isAnswered() && shortest === null) {
    const elsewhere = at.program.graphs.some((graph) => graph.shortest !== null);
    const nobody = elsewhere
      ? "Nobody can while a load sees the newest store. Try, then let it see more."
      : "Nobody can, in this program. Try.";
    $("goal").textContent = `Goal: ${aim.goal}. (${nobody})`;
    return;
  }
  const how = executions ? "who goes next, and what a load sees" : "who goes next";
  const keys = threads.flatMap((name, thread) => [" ", make("kbd", {}, `${thread + 1}`)]);
  const goal = `Goal: ${aim.goal}. Choose ${how}, by click or with the keys`;
  $("goal").replaceChildren(goal, ...keys, ".");
}

// `said`: the reader's words, "" where there were none; `right`: were they?
function answer(said, right) {
  answered.add(at.graph);
  const { aim, executions } = at.graph.data;
  const what = executions ? "executions" : "interleavings";
  const truth = `${grouped(losing())} of ${grouped(at.graph.total(null))} ${what} ${aim.found}.`;
  const words = said === "" ? "" : right ? "Exactly. " : `You said ${said}. `;
  showGoal();
  showAnswered();
  fillSelects();
  show();
  $("guess-answer").textContent = words + truth;
}

function answerNumber() {
  const guess = wholeNumber($("guess").value);
  if (guess !== null) answer(grouped(guess), guess === losing());
  else $("guess-answer").textContent = "Type a whole number of at most 40 digits: 0, 1, 2, …";
}

function answerShare(share) {
  const fits = ([, holds]) => holds(losing(), at.graph.total(null));
  answer(share[0], share === SHARES.find(fits));
}

function wirePrediction() {
  const choice = (share) => {
    const button = make("button", { type: "button" }, share[0]);
    button.addEventListener("click", () => answerShare(share));
    return button;
  };
  $("guess-choices").replaceChildren(...SHOWN.map((at) => choice(SHARES[at])));
  $("guess-form").addEventListener("submit", (event) => {
    event.preventDefault();
    if (at.graph.total(null) <= FEW) answerNumber();
  });
  $("skip-guess").addEventListener("click", () => answer("", false));
  // What was clicked is gone, and the game is what comes next.
  $("predict").addEventListener("click", () => {
    if (isAnswered()) $("game").focus({ preventScroll: true });
  });
}

// The whole number that somebody has typed, or null. No count on a page has more than 39 digits, and
// a far longer one would take the browser's time.
function wholeNumber(typed) {
  const text = typed.slice(0, 1000).replace(/[,\s_]/g, "");
  return /^\d{1,40}$/.test(text) ? BigInt(text) : null;
}
