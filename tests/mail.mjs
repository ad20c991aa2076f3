// Opens a mail as a mail program would and says in JSON what was seen.
// node mail.mjs CHROMIUM MAIL FOLDER: pictures of it go to FOLDER.
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { chromium } from "playwright-core";

const [, , executablePath, file, folder] = process.argv;
const axe = readFileSync(new URL("./node_modules/axe-core/axe.min.js", import.meta.url), "utf8");
const address = pathToFileURL(file).href;
const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
const seen = { requests: [], errors: [], axe: {}, wide: {}, texts: {} };

for (const [name, width, colorScheme, plain] of [
  ["640 light", 640, "light"], ["640 dark", 640, "dark"], ["390 light", 390, "light"], ["390 dark", 390, "dark"],
  ["without styles", 640, "light", true],
]) {
  const context = await browser.newContext({ viewport: { width, height: 900 }, colorScheme });
  const page = await context.newPage();
  page.on("request", (request) => { if (request.url() !== address) seen.requests.push(request.url()); });
  page.on("console", (message) => { if (message.type() === "error") seen.errors.push(message.text()); });
  page.on("dialog", (dialog) => { seen.errors.push(`dialog: ${dialog.message()}`); dialog.dismiss(); });
  await page.goto(address);
  if (plain) {
    await page.evaluate(() => {
      document.querySelectorAll("style").forEach((s) => s.remove());
      document.querySelectorAll("[style]").forEach((e) => e.removeAttribute("style"));
    });
  }
  seen.wide[name] = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  await page.evaluate(axe);
  seen.axe[name] = plain ? [] : await page.evaluate(async () =>
    (await axe.run()).violations.flatMap((v) => v.nodes.map((n) => `${v.id}: ${n.html.slice(0, 200)}`)));
  seen.texts[name] = await page.evaluate(() => document.body.innerText);
  seen.hacked = await page.evaluate(() => typeof window.hacked);
  await page.screenshot({ path: `${folder}/${name.replace(" ", "-")}.png`, fullPage: true });
  await context.close();
}
await browser.close();
console.log(JSON.stringify(seen));
