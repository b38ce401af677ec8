// The picture of a path as an SVG of its own, for slides: what the table shows, drawn.
"use strict";

// SVG_STYLE: the styles of the library's own SVG, so that both look the same.
const escapeXml = (text) =>
  text.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);

function drawing(graph, path) {
  const { threads, outcomes } = graph.data;
  const objects = graph.data.shown.map((object) => graph.data.objects[object]);
  const width = (text) => Math.ceil([...text].length * 8.6);
  const links = lostUpdates(path);
  const longest = (texts, least) => Math.max(least, ...texts.map(width));
  const columns = [];
  let x = 60;
  threads.forEach((name, thread) => {
    const texts = path.filter((move) => move.thread === thread).map((move) => move.text);
    const size = longest([name, ...texts], 64) + 24;
    columns.push({ left: x, size, middle: x + size / 2 });
    x += size + 40;
  });
  const values = objects.map((name) => {
    const size = longest([name], 40);
    x += size + 16;
    return x - 16 - size / 2;
  });
  const notes = path.map((move, index) => noteOf(graph, path, index, links));
  const causes = links.map((link) => sentence(graph, path, link));
  const below = [...causes, ...said(graph, path)];
  const last = path.length === 0 ? 0 : path[path.length - 1].next;
  const outcome = graph.outcome(last);
  const ending = outcome === null ? "not ended" : outcomes[outcome].short;
  const title = `Schedule ${graph.schedule(path)}: ${ending}`;
  const full = Math.max(x + longest(notes, 0) + 24, ...below.map((line) => width(line) + 48), 400);
  const row = (index) => 128 + index * 40;
  const height = row(path.length) + 8 + below.length * 22;
  const out = [];
  const text = (x, y, look, words, anchor) =>
    out.push(
      `<text class="${look}" x="${x}" y="${y}"${anchor ? ` text-anchor="${anchor}"` : ""}>` +
        `${escapeXml(words)}</text>`,
    );
  out.push(
    `<svg xmlns="http://www.w3.org/2000/svg" class="racelab" viewBox="0 0 ${full} ${height}" ` +
      `width="${full}" height="${height}" role="img" aria-labelledby="title desc">`,
    `<title id="title">${escapeXml(title)}</title>`,
    `<desc id="desc">${escapeXml(describe(graph, path, links, below))}</desc>`,
    `<style>${SVG_STYLE}</style>`,
    `<rect class="ground" width="${full}" height="${height}" rx="8"/>`,
  );
  text(24, 40, "head", title);
  threads.forEach((name, thread) => {
    const { middle } = columns[thread];
    text(middle, 80, "head", name.length === 1 ? called(graph, thread) : name, "middle");
    const steps = path.map((move, index) => (move.thread === thread ? index : -1));
    const end = row(Math.max(...steps, 0));
    out.push(`<line class="life" x1="${middle}" y1="88" x2="${middle}" y2="${end}"/>`);
  });
  objects.forEach((name, object) => {
    text(values[object], 80, "head", name, "middle");
    text(values[object], 104, "faint", graph.values(0)[object], "middle");
  });
  path.forEach((move, index) => {
    const y = row(index);
    const { left, size, middle } = columns[move.thread];
    const lost = links.some((link) => link.overwritten.includes(index));
    const look = lost ? "lost" : `t${move.thread % 6}`;
    text(40, y + 5, "faint", `${index + 1}`, "end");
    out.push(
      `<rect class="box ${look}" x="${left}" y="${y - 14}" width="${size}" height="28" rx="6"/>`,
    );
    text(middle, y + 5, lost ? "bad struck" : "step", move.text, "middle");
    graph.values(move.next).forEach((value, object) => {
      text(values[object], y + 5, "step", value, "middle");
    });
    if (notes[index] !== "") text(x, y + 5, "bad", notes[index]);
  });
  below.forEach((line, index) => text(24, row(path.length) + index * 22, "cause", line));
  out.push("</svg>");
  return `${out.join("\n")}\n`;
}

// The picture in words.
function describe(graph, path, links, below) {
  const steps = path.map((move, index) => {
    const note = noteOf(graph, path, index, links);
    const who = called(graph, move.thread);
    return `Step ${index + 1}, ${who}: ${move.text}${note === "" ? "" : ` (${note})`}.`;
  });
  return [...steps, ...below.map((line) => `${line}.`)].join(" ");
}
