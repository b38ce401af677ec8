// Drives the pages of `racelab report` in a real browser.
//
//   node report.mjs DIR CHROMIUM
//
// Every check says what it holds; the first that does not hold ends the run with exit code 1.
import assert from "node:assert/strict";
import { existsSync, readFileSync, readdirSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { chromium } from "playwright-core";

const [directory, executablePath] = process.argv.slice(2);
const axe = createRequire(import.meta.url).resolve("axe-core/axe.min.js");
// Tests of a container's root user need the sandbox off; the pages are our own.
const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
const pages = readdirSync(directory).filter((file) => file.endsWith(".html"));
const address = (file, hash = "") => pathToFileURL(join(directory, file)).href + hash;
let checks = 0;

// Opens a page that may not complain and may not reach for the network.
async function open(file, hash = "", options = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  const page = await context.newPage();
  page.complaints = [];
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) page.complaints.push(message.text());
  });
  page.on("pageerror", (error) => page.complaints.push(error.message));
  page.on("request", (request) => {
    if (!/^(file|data|blob):/.test(request.url())) page.complaints.push(request.url());
  });
  await page.goto(address(file, hash));
  return page;
}

async function close(page) {
  assert.deepEqual(page.complaints, [], "no console error, no network");
  await page.context().close();
}

async function check(name, body) {
  try {
    await body();
  } catch (error) {
    console.error(`FAILED: ${name}\n${error.stack}`);
    await browser.close();
    process.exit(1);
  }
  checks += 1;
  console.log(`ok: ${name}`);
}

async function noSeriousFindings(page) {
  await page.addScriptTag({ path: axe });
  // Without `preload` it does not fetch the styles once more, which no browser allows from disk.
  const { violations } = await page.evaluate(() => globalThis.axe.run({ preload: false }));
  const serious = violations.filter(({ impact }) => ["serious", "critical"].includes(impact));
  assert.deepEqual(
    serious.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(" ")}`),
    [],
  );
}

const text = (page, id) => page.locator(`#${id}`).textContent();

for (const file of pages) {
  await check(`${file} opens from disk, complains of nothing, and is accessible`, async () => {
    assert.ok(statSync(join(directory, file)).size < 20_000, "what is shared is not in it");
    // All pages have the same colours: the dark ones are looked at on two.
    const twice = ["index.html", "racy.html"].includes(file);
    for (const colorScheme of twice ? ["light", "dark"] : ["light"]) {
      const page = await open(file, "", { colorScheme, reducedMotion: "reduce" });
      await noSeriousFindings(page);
      if (file !== "index.html") {
        await page.click("#skip-guess");
        await page.keyboard.press("1");
        await noSeriousFindings(page);
      }
      await close(page);
    }
  });
}

await check("the index leads to every page, and a link on it to the page it is about", async () => {
  const page = await open("index.html");
  const links = await page.locator(".path a").evaluateAll((all) => all.map((a) => a.getAttribute("href")));
  assert.deepEqual(links.toSorted(), pages.filter((file) => file !== "index.html").toSorted());
  await close(page);
  const linked = await open("index.html", "#racy/ABAB/3");
  await linked.waitForURL(address("racy.html", "#racy/ABAB/3"));
  await close(linked);
});

await check("the game is won with the keyboard alone", async () => {
  const page = await open("racy.html");
  for (const key of ["1", "2", "1"]) await page.keyboard.press(key);
  assert.equal(await text(page, "verdict"), "");
  await page.keyboard.press("2");
  assert.equal(
    await text(page, "verdict"),
    "An update is lost after 4 steps; the shortest possible is 4. Step 4 overwrote step 3, " +
      "because thread B had read count at step 2. It returned 1.",
  );
  assert.equal(await page.locator("#timeline del").textContent(), "count ← 1");
  for (let undone = 0; undone < 4; undone += 1) await page.keyboard.press("u");
  for (const key of ["1", "1", "2", "2"]) await page.keyboard.press(key);
  assert.match(await text(page, "verdict"), /^It returned 2\. Nothing is lost\./);
  await close(page);
});

await check("every control is reached with the Tab key", async () => {
  const page = await open("racy.html", "#racy/ABAB/2");
  const wanted = ["program", "undo", "back", "forward", "slider", "number", "link", "save", "print"];
  const reached = new Set();
  for (let press = 0; press < 80; press += 1) {
    await page.keyboard.press("Tab");
    reached.add(await page.evaluate(() => document.activeElement.id));
  }
  assert.deepEqual(wanted.filter((id) => !reached.has(id)), []);
  await close(page);
});

await check("a link reproduces what was on screen", async () => {
  const page = await open("racy.html", "#racy/ABAB/3");
  assert.equal((await text(page, "position")).trim(), "step 3 of 4");
  assert.equal(await page.locator("tr[aria-current] del").textContent(), "count ← 1");
  await page.selectOption("#shape", "3x2");
  await page.click("#skip-guess");
  await page.fill("#number", "17000");
  await page.keyboard.press("Enter");
  await page.click("#back");
  const link = await page.locator("#link").getAttribute("href");
  const again = await open("racy.html", link);
  for (const id of ["timeline", "source", "threads", "position"]) {
    assert.equal(
      await again.locator(`#${id}`).innerHTML(),
      await page.locator(`#${id}`).innerHTML(),
      id,
    );
  }
  await close(again);
  await close(page);
});

await check("a link to a schedule that cannot be says who is in the way", async () => {
  const page = await open("mutex.html", "#mutex/AB/2");
  assert.match(await text(page, "cure"), /stops at step 2, B: thread B waits for .*held by A/);
  await close(page);
});

await check("the prediction comes before the counts", async () => {
  const page = await open("racy.html");
  assert.equal(await page.locator("#all").isVisible(), false);
  await page.fill("#guess", "3");
  await page.keyboard.press("Enter");
  assert.equal(
    await text(page, "guess-answer"),
    "You said 3. 4 of 6 interleavings lose an update.",
  );
  assert.equal(await page.locator("#all").isVisible(), true);
  await close(page);
});

await check("what the pages share stands beside them, once", async () => {
  const all = readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !join(entry.parentPath, "/").includes("/rc11/"))
    .filter((entry) => entry.name !== "expected.json");
  const bytes = all.reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).size, 0);
  console.log(`    ${pages.length} pages and what they share have ${bytes} bytes`);
  const scripts = all.map((entry) => entry.name).filter((name) => name.endsWith(".js"));
  const wanted = pages.map((file) => file.replace("index.html", "racelab.html").replace(".html", ".js"));
  assert.deepEqual(scripts.toSorted(), wanted.toSorted());
  assert.ok(bytes < 5_000_000, `${bytes} bytes`);
});

await check("the index is a numbered path, one line each, from counters to orderings", async () => {
  const page = await open("index.html", "", { viewport: { width: 1280, height: 800 } });
  const lines = await page.locator(".path li").evaluateAll((all) =>
    all.map((li) => ({
      number: li.parentElement.start + [...li.parentElement.children].indexOf(li),
      high: li.getBoundingClientRect().height,
    })),
  );
  assert.deepEqual(lines.map(({ number }) => number), lines.map((_, at) => at + 1));
  assert.deepEqual(lines.filter(({ high }) => high > 40), [], "one line each");
  const parts = await page.locator("h2").allTextContents();
  assert.deepEqual([parts[0], parts.at(-1)], ["Counters", "Races of orderings"]);
  await close(page);
});

const SIZES = [{ width: 1280, height: 800 }, { width: 390, height: 844 }];

for (const viewport of SIZES) {
  const size = `${viewport.width}×${viewport.height}`;
  await check(`how it went, why, and what is next are seen without scrolling at ${size}`, async () => {
    let highest = 0;
    for (const file of pages.filter((file) => file !== "index.html")) {
      const page = await open(file, "", { viewport });
      const seen = await page.evaluate(() => {
        // One that ends as it must not, where there is one, taken as a reader takes it.
        const lost = at.graph.data.outcomes.findIndex((outcome) => outcome.lost);
        at.graph.unrank(1n, lost < 0 ? null : lost).forEach(take);
        const { top, bottom, height } = $("result").getBoundingClientRect();
        const clipped = $("result").scrollHeight - $("result").clientHeight;
        const reached = (id) => {
          const { left, top, width, height } = $(id).getBoundingClientRect();
          return document.elementFromPoint(left + width / 2, top + height / 2)?.closest(`#${id}`) !== null;
        };
        const onTop = ["verdict", "onward", "book"].filter((id) => !reached(id));
        return { top, bottom, height, clipped, scrolled: scrollY, hidden: onTop, lost: lost >= 0 };
      });
      highest = Math.max(highest, seen.height);
      assert.equal(seen.scrolled, 0, file);
      assert.ok(seen.top >= 0 && seen.bottom <= viewport.height, `${file}: ${JSON.stringify(seen)}`);
      assert.ok(seen.clipped <= 0, `${file}: ${seen.clipped} pixels more than fit`);
      assert.deepEqual(seen.hidden, [], file);
      if (seen.lost) assert.match(await page.locator("#verdict").getAttribute("class"), /won/, file);
      await close(page);
    }
    console.log(`    the highest is ${Math.round(highest)} of ${viewport.height} pixels`);
  });
}

await check("a win leads to a cure with the same order, to the next program and to the book", async () => {
  const page = await open("racy.html", "", { viewport: SIZES[1] });
  for (const key of ["1", "2", "1", "2"]) await page.keyboard.press(key);
  assert.equal(await text(page, "book"), "docs/src/racy.md");
  const books = await page.evaluate(() => RACES.map((race) => race.book));
  assert.deepEqual(books.filter((book) => !existsSync(book)), [], "pages of the book that are not there");
  assert.equal(await page.locator("#onward").getAttribute("href"), "seqcst-pair.html");
  assert.equal(await text(page, "same"), "Try this order on: mutex");
  await page.locator("#same").press("Enter");
  assert.match(await text(page, "cure"), /^ABAB cannot happen here: at step 2 thread B waits for/);
  assert.equal(await page.evaluate(() => document.activeElement.id), "same", "and on from there");
  await page.locator("#same").press("Enter");
  assert.equal(await text(page, "cure"), "The same order, ABAB: it returned 2; nothing is lost here.");
  const { y, height } = await page.locator("#result").boundingBox();
  assert.ok(y >= 0 && y + height <= SIZES[1].height, `${y} + ${height}`);
  await close(page);
});

await check("every sign has a line in the legend", async () => {
  const page = await open("racy.html", "#racy/ABAB/4");
  await page.click("#legend summary");
  await noSeriousFindings(page);
  const signs = await page.locator("#legend dt").allInnerTexts();
  const wanted = [
    "count → 0", "count ← 1", "[count → 0 ← 1]", "stale", "an older value", "comes too late", "races with",
    "rlx", "acq", "rel", "acq-rel", "sc", "┊", "ABB1",
  ];
  assert.deepEqual(wanted.filter((sign) => !signs.some((text) => text.includes(sign))), []);
  assert.equal(await page.locator("#legend dt del").isVisible(), true, "struck out");
  await close(page);
});

await check("another program has its own heading, title and neighbours", async () => {
  const page = await open("racy.html");
  const heading = () => page.locator("h1").innerText();
  const around = async () => [await text(page, "previous"), await text(page, "following")];
  assert.deepEqual([await heading(), await page.title()], ["Load, then store", "racy: racelab"]);
  await page.selectOption("#program", "mutex");
  assert.deepEqual([await heading(), await page.title()], ["One thread at a time", "mutex: racelab"]);
  assert.deepEqual(await around(), ["← lock-the-read", "atomic →"]);
  await close(page);
  const race = await open("message-passing.html");
  const before = [await race.locator("h1").innerText(), await race.title()];
  await race.selectOption("#program", { index: 0 });
  await race.selectOption("#program", { index: 3 });
  const after = [await race.locator("h1").innerText(), await race.title()];
  assert.notEqual(after[0], before[0]);
  assert.notEqual(after[1], before[1]);
  await close(race);
});

await check("nothing gives the answer away before it is asked for", async () => {
  for (const file of pages.filter((file) => file !== "index.html")) {
    const page = await open(file);
    const told = await page.evaluate(() => {
      const verdicts = new Set(PROGRAMS.map((program) => program.verdict));
      const options = [...$("program").options].map((option) => option.text);
      const telling = options.filter((text) => [...verdicts].some((verdict) => text.endsWith(verdict)));
      const story = RACES.find((race) => race.name === at.program.race).summary;
      const seen = document.body.innerText;
      return [...telling, ...[story, "Nobody can", "the shortest possible"].filter((words) => seen.includes(words))];
    });
    assert.deepEqual(told, [], file);
    await close(page);
  }
  const page = await open("mutex.html");
  await page.click("#skip-guess");
  assert.match(await text(page, "goal"), /Nobody can, in this program/);
  assert.equal(await page.locator("#program option:checked").textContent(), "mutex: exact");
  await close(page);
});

await check("a deadlock is drawn as the circle of who waits for whom", async () => {
  const page = await open("lock-order.html", "#lock-order-1/AB/2");
  assert.equal(await page.locator("#waits svg").isVisible(), true);
  assert.deepEqual(await page.locator("#waits svg > text").allTextContents(), ["account 2", "A", "account 1", "B"]);
  const lines = await page.locator("#waits li").allTextContents();
  assert.match(lines[0], /^thread A waits for mutex account 2 at .*, held by B since /);
  assert.match(await text(page, "waits"), /each waits for the next, and the last for the first/);
  await noSeriousFindings(page);
  await page.click("#back");
  assert.equal(await page.locator("#waits").isVisible(), false, "it has not happened yet");
  await close(page);
  const sleeper = await open("lost-wakeup.html");
  await sleeper.evaluate(() => {
    at.graph.unrank(1n, at.graph.data.outcomes.findIndex((outcome) => outcome.waits)).forEach(take);
  });
  assert.match(await text(sleeper, "waits"), /waits for condvar finished .*, and nobody will change that/);
  assert.equal(await sleeper.locator("#waits svg").count(), 0, "nobody goes round");
  await close(sleeper);
});

await check("a large number is predicted as one of a few answers", async () => {
  const page = await open("racy.html");
  assert.equal(await page.locator("#guess").isVisible(), true, "of 6 the number is asked for");
  assert.equal(await page.locator("#guess-choices button").first().isVisible(), false);
  await page.selectOption("#shape", "3x2");
  assert.equal(await page.locator("#guess").isVisible(), false);
  const choices = await page.locator("#guess-choices button").allTextContents();
  assert.equal(choices.length, 5);
  await page.locator("#guess-choices button", { hasText: "none" }).press("Enter");
  assert.equal(
    await text(page, "guess-answer"),
    "You said none. 34,560 of 34,650 interleavings lose an update.",
  );
  await page.selectOption("#shape", "2x2");
  await page.click("#guess-choices button:has-text('more than half')");
  assert.equal(await text(page, "guess-answer"), "Exactly. 64 of 70 interleavings lose an update.");
  await close(page);
});

await check("no link leaves the page empty", async () => {
  for (const hash of ["#%", "#%E0%A4%A", "#racy/%", "#racy/ABAB/%", "#//", `#racy/${"A".repeat(50_000)}`]) {
    const page = await open("racy.html", hash);
    assert.equal(await page.locator("main").isVisible(), true, hash.slice(0, 20));
    assert.equal(await page.locator("#threads button").count(), 2, hash.slice(0, 20));
    await close(page);
  }
});

await check("a guess of 200,000 digits is refused and not worked on", async () => {
  const page = await open("racy.html");
  await page.evaluate((digits) => (document.getElementById("guess").value = digits), "7".repeat(200_000));
  await page.click("#guess-form button[type=submit]");
  assert.match(await text(page, "guess-answer"), /^Type a whole number of at most 40 digits/);
  await page.fill("#guess", "4");
  await page.click("#guess-form button[type=submit]");
  assert.match(await text(page, "guess-answer"), /^Exactly\. 4 of 6 /);
  await page.evaluate((digits) => {
    const number = document.getElementById("number");
    number.value = digits;
    number.dispatchEvent(new Event("change"));
  }, "7".repeat(200_000));
  assert.equal(await page.inputValue("#number"), "1");
  await close(page);
});

await check("the same schedule is harmless or blocked under a cure", async () => {
  const page = await open("racy.html", "#racy/ABAB/4");
  await page.selectOption("#program", "mutex");
  assert.match(await text(page, "cure"), /^ABAB cannot happen here: at step 2 thread B waits for/);
  await page.selectOption("#program", "atomic");
  assert.equal(await text(page, "cure"), "The same order, ABAB: it returned 2; nothing is lost here.");
  await page.selectOption("#program", "seqcst-pair");
  assert.match(await text(page, "cure"), /it returned 1; an update is lost here too\.$/);
  await close(page);
});

await check("numbers and interleavings go back and forth, and the counts are the known ones", async () => {
  const page = await open("racy.html");
  const found = await page.evaluate(() => {
    const found = {};
    for (const data of PROGRAMS.find((program) => program.name === "racy").graphs) {
      const graph = new Graph(data);
      const counts = {};
      data.outcomes.forEach((outcome, number) => {
        counts[outcome.short] = `${graph.count(0, number)}`;
      });
      const total = graph.count(0, null);
      const wrong = [];
      for (let number = 1n; number <= total; number += total > 1000n ? 97n : 1n) {
        if (graph.rank(graph.unrank(number, null), null) !== number) wrong.push(`${number}`);
      }
      found[data.shape] = { total: `${total}`, counts, wrong };
    }
    return found;
  });
  assert.deepEqual(found["2x1"], {
    total: "6",
    counts: { "returned 1": "4", "returned 2": "2" },
    wrong: [],
  });
  assert.equal(found["2x2"].total, "70");
  assert.equal(found["3x1"].total, "90");
  assert.deepEqual(found["3x2"], {
    total: "34650",
    counts: {
      "returned 2": "10428",
      "returned 3": "15180",
      "returned 4": "7512",
      "returned 5": "1440",
      "returned 6": "90",
    },
    wrong: [],
  });
  await close(page);
});

await check("the page names the same causes as the library, for every interleaving", async () => {
  // Written by the test that calls this script: schedule, then the library's sentences.
  const expected = JSON.parse(readFileSync(join(directory, "expected.json"), "utf8"));
  for (const [name, traces] of Object.entries(expected)) {
    if (name === "store-buffering") continue; // below
    const page = await open(`${name}.html`);
    const found = await page.evaluate(
      ([name, shape]) => {
        const program = PROGRAMS.find((program) => program.name === name);
        const graph = new Graph(program.graphs.find((graph) => graph.shape === shape));
        const all = {};
        for (let number = 1n; number <= graph.count(0, null); number += 1n) {
          const path = graph.unrank(number, null);
          const said = lostUpdates(path).map((link) => sentence(graph, path, link));
          all[graph.schedule(path)] = said;
        }
        return all;
      },
      [name, traces.shape],
    );
    assert.deepEqual(found, traces.sentences, name);
    await close(page);
  }
});

await check("under Rust's orderings a load may see an older value, and the page proves it", async () => {
  const page = await open("store-buffering.html", "#store-buffering-6//0/rc11");
  for (const key of ["1", "1", "1", "2", "2"]) await page.keyboard.press(key);
  await page.click("#threads button:has-text('an older value')");
  assert.equal(
    await text(page, "verdict"),
    "It returned [A saw y = 0, B saw x = 0]. Neither saw the other: both go in. " +
      "No interleaving explains these values.",
  );
  assert.equal(await page.locator("tr[aria-current] .note").textContent(), "an older value");
  const said = await page.locator("#causes li").allTextContents();
  assert.match(said[0], /^step 6 read x as 0: the write of step 1 is not yet visible to B; /);
  assert.ok(said.includes("step 6 comes before step 1: it reads x as 0, which step 1 overwrites"));
  // Another order of the same steps: the numbers in the proof are those of the steps as taken.
  const link = await page.locator("#link").getAttribute("href");
  assert.equal(link, "#store-buffering-6/AAABBB1/6/rc11");
  await close(page);
  const other = await open("store-buffering.html", "#store-buffering-6/ABAA1BB1/6/rc11");
  const again = await other.locator("#causes li").allTextContents();
  assert.ok(again.includes("step 4 comes before step 2: it reads y as 0, which step 2 overwrites"));
  assert.equal((await text(other, "of")).trim(), "of 4");
  await close(other);
  const sequential = await open("store-buffering.html", "#store-buffering-6/AAABBB1/6/sc");
  const stops = /stops at step 6, B1: thread B has no such choice there/;
  assert.match(await text(sequential, "cure"), stops);
  await close(sequential);
});

await check("the page of a racy counter under Rust's orderings marks an older value", async () => {
  const page = await open("rc11/racy.html", "#racy/AAB1B/4");
  assert.equal(await page.locator("tr:nth-child(4) .note").textContent(), "stale from 2, an older value");
  const said = (await page.locator("#causes li").allTextContents()).join("\n");
  assert.match(said, /step 3 read count as 0: the write of step 2 is not yet visible to B/);
  assert.match(await text(page, "verdict"), /It returned 1\./);
  assert.match(await text(page, "command"), /--memory rc11 --schedule AAB1B/);
  await noSeriousFindings(page);
  await close(page);
});

await check("the executions on a page are those that the library lists", async () => {
  const expected = JSON.parse(readFileSync(join(directory, "expected.json"), "utf8"));
  const page = await open("store-buffering.html");
  const found = await page.evaluate(() => {
    const program = PROGRAMS.find((program) => program.name === "store-buffering-6");
    const graph = new Graph(program.graphs.find((graph) => graph.shape === "rc11"));
    const all = {};
    for (let number = 1n; number <= graph.total(null); number += 1n) {
      const path = graph.unrank(number, null);
      const { cycle, lines } = graph.said(path.at(-1).next) ?? { cycle: false, lines: [] };
      all[graph.schedule(path)] = cycle ? lines.slice(1).map((line) => numbered(path, line)) : [];
    }
    return all;
  });
  assert.deepEqual(found, expected["store-buffering"].sentences);
  await close(page);
});

await check("a data race is shown with both accesses, however the steps are ordered", async () => {
  const page = await open("unsafe.html");
  for (const key of ["1", "2", "1"]) await page.keyboard.press(key);
  assert.equal(
    await text(page, "verdict"),
    "Two accesses race after 3 steps; the shortest possible is 3. " +
      "Step 3 races with step 2: A writes count, B reads it, and nothing orders the two.",
  );
  const notes = await page.locator("#timeline .note").allTextContents();
  assert.deepEqual(notes.slice(-2).map((note) => note.split(",")[0]), ["races with 3", "races with 2"]);
  await close(page);
});

await check("34,650 interleavings stay smooth", async () => {
  const page = await open("racy.html", "#racy//0/3x2");
  await page.click("#skip-guess");
  const slowest = await page.evaluate(() => {
    let slowest = 0;
    for (let number = 1n; number <= 34_650n; number += 693n) {
      const before = performance.now();
      goToNumber(number);
      document.body.getBoundingClientRect();
      slowest = Math.max(slowest, performance.now() - before);
    }
    return slowest;
  });
  // Printed, not asserted: a time on a busy machine proves nothing.
  console.log(`    the slowest of 51 jumps took ${slowest.toFixed(1)} ms`);
  assert.equal((await text(page, "of")).trim(), "of 34,650");
  await close(page);
});

await check("the page fits a phone", async () => {
  const page = await open("racy.html", "#racy/ABAB/4", { viewport: { width: 360, height: 740 } });
  const width = await page.evaluate(() => document.documentElement.scrollWidth);
  assert.ok(width <= 360, `${width} pixels wide`);
  await close(page);
});

await check("the picture is saved as an SVG that a browser draws", async () => {
  const page = await open("racy.html", "#racy/ABAB/4");
  const [download] = await Promise.all([page.waitForEvent("download"), page.click("#save")]);
  assert.equal(download.suggestedFilename(), "racy-ABAB.svg");
  const svg = readFileSync(await download.path(), "utf8");
  const problem = await page.evaluate((svg) => {
    const parsed = new DOMParser().parseFromString(svg, "image/svg+xml");
    return parsed.querySelector("parsererror")?.textContent ?? "";
  }, svg);
  assert.equal(problem, "");
  assert.match(svg, /step 4 overwrote step 3, because thread B had read count at step 2/);
  await close(page);
});

await browser.close();
console.log(`${checks} passed, 0 failed`);
