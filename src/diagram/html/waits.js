// Who waits for whom where the program stands still: the circle, drawn, and everybody in words.
"use strict";

const CENTRE = { x: 200, y: 105 };
const RADIUS = 70;
const NODE = 20; // the radius of a thread
const GAP = 0.4; // radians, from the middle of a thread to the end of an arrow

function showWaits() {
  const outcome = at.graph.outcome(here());
  const waits = outcome === null ? null : at.graph.data.outcomes[outcome].waits;
  $("waits").hidden = waits === null;
  if (waits === null) return;
  const lines = waits.lines.map((line) => make("li", {}, line));
  const drawn = waits.circle.length > 0 ? [circle(waits)] : [];
  $("waits").replaceChildren(make("h3", {}, capital(waits.heading)), ...drawn, make("ul", {}, ...lines));
}

// Those who go round stand on a circle; an arrow leads from each to the one it waits for and says
// what for. One who waits for itself has an arrow all the way round.
function circle({ heading, circle, lines }) {
  const label = `${capital(heading)}. ${lines.join("; ")}.`;
  const picture = draw("svg", { viewBox: "0 0 400 220", class: "circle", role: "img", "aria-label": label });
  const tip = draw("marker", { id: "tip", viewBox: "0 0 8 8", refX: 7, refY: 4, markerWidth: 8, markerHeight: 8, orient: "auto" });
  tip.append(draw("path", { d: "M0 0L8 4L0 8Z" }));
  picture.append(tip);
  const each = (2 * Math.PI) / circle.length;
  circle.forEach(([letter, what], index) => {
    const angle = index * each - Math.PI / 2;
    const [from, to] = [point(angle + GAP), point(angle + each - GAP)];
    const far = each - 2 * GAP > Math.PI ? 1 : 0;
    const arrow = `M${from.x} ${from.y}A${RADIUS} ${RADIUS} 0 ${far} 1 ${to.x} ${to.y}`;
    picture.append(draw("path", { d: arrow, class: "waits-for", "marker-end": "url(#tip)" }));
    const middle = angle + each / 2;
    const aside = point(middle, RADIUS + 12);
    const side = Math.cos(middle);
    const anchor = Math.abs(side) < 0.1 ? "middle" : side > 0 ? "start" : "end";
    const low = 5 + 8 * Math.sin(middle);
    picture.append(draw("text", { x: aside.x, y: aside.y + low, "text-anchor": anchor }, what));
    const { x, y } = point(angle);
    const thread = at.graph.data.threads.findIndex((name) => name[0] === letter);
    picture.append(draw("circle", { cx: x, cy: y, r: NODE, class: `t${Math.max(0, thread) % 5}` }));
    picture.append(draw("text", { x, y: y + 5, "text-anchor": "middle" }, letter));
  });
  return picture;
}

function point(angle, radius = RADIUS) {
  const round = (number) => Math.round(number * 10) / 10;
  return {
    x: round(CENTRE.x + radius * Math.cos(angle)),
    y: round(CENTRE.y + radius * Math.sin(angle)),
  };
}

function draw(name, attributes, text = "") {
  const element = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.textContent = text;
  return element;
}
