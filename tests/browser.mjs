// Opens a page in Chromium as a reader would and says in JSON what was seen.
// node browser.mjs CHROMIUM PAGE: the folder it lies in holds playwright-core and axe-core. Prints PAGE.pdf too.
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { chromium } from "playwright-core";

const [, , executablePath, file] = process.argv;
const axe = readFileSync(new URL("./node_modules/axe-core/axe.min.js", import.meta.url), "utf8");
const address = pathToFileURL(file).href;
const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
const seen = { requests: [], errors: [], axe: {}, crowded: {}, wide: {} };

async function open(width, colorScheme, address_ = address) {
  const context = await browser.newContext({ viewport: { width, height: 900 }, colorScheme });
  const page = await context.newPage();
  page.on("request", (request) => { if (request.url() !== address_) seen.requests.push(request.url()); });
  page.on("console", (message) => { if (message.type() === "error") seen.errors.push(message.text()); });
  page.on("pageerror", (error) => seen.errors.push(String(error)));
  page.on("dialog", (dialog) => { seen.errors.push(`dialog: ${dialog.message()}`); dialog.dismiss(); });
  await page.goto(address_);
  return page;
}

async function violations(page) {
  await page.evaluate(axe);
  return page.evaluate(async () => (await axe.run()).violations.flatMap((v) => v.nodes.map((n) => `${v.id}: ${n.html}`)));
}

// Texts of a chart that meet each other or stick out of it, as this browser's fonts draw them.
function crowded() {
  const found = [];
  for (const svg of document.querySelectorAll("svg[role=img]")) {
    if (!svg.getClientRects().length) { continue; }
    const view = svg.viewBox.baseVal;
    const boxes = [...svg.querySelectorAll("text")].map((t) => [t.textContent, t.getBBox()]);
    boxes.forEach(([said, box], n) => {
      if (box.x < -1 || box.x + box.width > view.width + 1) { found.push(`${said} sticks out`); }
      for (const [other, b] of boxes.slice(n + 1)) {
        const across = Math.min(box.x + box.width, b.x + b.width) - Math.max(box.x, b.x);
        const down = Math.min(box.y + box.height, b.y + b.height) - Math.max(box.y, b.y);
        // A text's box holds its line spacing, so boxes may share a few pixels without ink.
        if (across > 1 && down > box.height / 3) { found.push(`${said} meets ${other}`); }
      }
    });
  }
  return found;
}

for (const [name, width, scheme] of [["light", 1240, "light"], ["dark", 1240, "dark"], ["tablet", 800, "light"], ["phone", 390, "dark"]]) {
  const page = await open(width, scheme);
  seen.crowded[name] = await page.evaluate(crowded);
  seen.wide[name] = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  seen.axe[name] = await violations(page);
  await page.evaluate(() => document.querySelectorAll("details").forEach((d) => { d.open = true; }));
  for (const button of await page.$$(".rest button")) { await button.click(); }
  await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
  seen.axe[`${name}, all open`] = await violations(page);
  await page.context().close();
}

const page = await open(1240, "light");
await page.keyboard.press("Tab");
seen.skip = await page.evaluate(() => document.activeElement.textContent);
const background = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
const theme = page.locator("button.theme");
if (await theme.count()) {
  seen.theme = [await background()];
  for (let n = 0; n < 2; n++) { await theme.click(); seen.theme.push(await background()); }
}

// Each sortable column of each table: the values after one click and after two, and what is announced.
seen.sorted = {};
for (const id of await page.evaluate(() => [...document.querySelectorAll("table")].map((t) => t.id))) {
  await page.evaluate((id) => { const d = document.getElementById(id).closest("details"); if (d) { d.open = true; } }, id);
  const heads = page.locator(`#${id} thead th`);
  seen.sorted[id] = [];
  for (let column = 0; column < await heads.count(); column++) {
    const button = heads.nth(column).locator("button");
    if (!await button.count()) { continue; }
    for (let click = 0; click < 2; click++) {
      await button.click();
      seen.sorted[id].push(await page.evaluate(([id, column]) => {
        const table = document.getElementById(id), head = table.tHead.rows[0].cells[column];
        const rows = [...table.tBodies[0].rows];
        const values = rows.map((r) => r.cells[column].dataset.v ?? r.cells[column].textContent.trim());
        const announced = table.querySelectorAll("[aria-sort]");
        return { column: head.textContent, values, order: head.getAttribute("aria-sort"), announced: announced.length,
          shown: rows.filter((r) => r.getClientRects().length).map((r) => rows.indexOf(r)), all: rows.length };
      }, [id, column]));
    }
  }
}

// Rows a click away, and the numbers under a chart.
seen.folded = [];
for (const id of await page.evaluate(() => [...document.querySelectorAll("table[data-first]")].map((t) => t.id))) {
  const count = () => page.evaluate((id) => [...document.getElementById(id).tBodies[0].rows].filter((r) => r.getClientRects().length).length, id);
  const button = page.locator(`.scroll:has(#${id}) + .rest button`);
  const states = [[await count(), await button.textContent(), await button.getAttribute("aria-expanded")]];
  for (let n = 0; n < 2; n++) {
    await button.click();
    states.push([await count(), await button.textContent(), await button.getAttribute("aria-expanded")]);
  }
  seen.folded.push(states);
}
await page.reload();
seen.numbers = [];
for (const details of await page.$$("details")) {
  const table = await details.$("table");
  const before = await table.isVisible();
  await (await details.$("summary")).click();
  seen.numbers.push([before, await table.isVisible()]);
}
await page.reload();
seen.hacked = await page.evaluate(() => typeof window.hacked);
await page.pdf({ path: `${file}.pdf`, preferCSSPageSize: true, printBackground: true });
await page.emulateMedia({ media: "print", colorScheme: "dark" });
seen.paper = await page.evaluate(() => [document.body, document.querySelector("h1") ?? document.body]
  .map((e, n) => getComputedStyle(e)[n ? "color" : "backgroundColor"]));
await page.emulateMedia({ media: null, colorScheme: "light" });

// What somebody could smuggle into the running page runs nothing, and what it asks for is refused.
const errors = seen.errors.length, requests = seen.requests.length;
const failures = [];
page.on("requestfailed", (request) => failures.push([request.url(), request.failure().errorText]));
seen.smuggled = await page.evaluate(async () => {
  const box = document.createElement("div");
  document.body.append(box);
  box.innerHTML = '<img src="https://example.org/x.png" onerror="window.hacked = 1"><b onclick="window.hacked = 1">x</b>' +
    '<a href="javascript:window.hacked = 1">x</a><iframe src="https://example.org/"></iframe>';
  const script = document.createElement("script");
  script.textContent = "window.hacked = 1";
  box.append(script);
  const far = document.createElement("script");
  far.src = "https://example.org/x.js";
  box.append(far);
  box.querySelector("b").click();
  box.querySelector("a").click();
  await fetch("https://example.org/").catch(() => 0);
  await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
  return typeof window.hacked;
});
seen.refused = seen.errors.splice(errors).filter((e) => /Content Security Policy/.test(e)).length;
const refused = failures.filter(([, why]) => why === "csp").map(([url]) => url);
seen.smuggledOut = seen.requests.splice(requests).filter((url) => !refused.includes(url));

await browser.close();
console.log(JSON.stringify(seen));
