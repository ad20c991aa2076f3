// What a mail uses that a mail client does not know, by the data of caniemail.com: node clients.mjs MAIL.
import { readFileSync } from "node:fs";
import { caniemail } from "caniemail";

const html = readFileSync(process.argv[2], "utf8"), unknown = {};
for (const client of process.argv.slice(3)) {
  for (const issues of caniemail({ clients: [client], html }).issues.errors.values()) {
    for (const { title } of issues) { (unknown[title] ??= []).push(client); }
  }
}
console.log(JSON.stringify(unknown));
