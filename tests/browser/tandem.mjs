// The program under test, its texts and its browser.
import { execFile, spawn } from "node:child_process";
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import path from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { chromium } from "playwright-core";

export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../..");
const binary = path.resolve(root, process.env.TANDEM_BINARY ?? "build/asan/tandem");

// Starts the program on an empty folder and a free port. `stop` ends it and tells its exit code; `away` ends it and
// starts it again on the same folder and port, `remove` takes the folder away.
export async function startTandem() {
  const data = mkdtempSync("/var/tmp/tandem-walk-");
  chmodSync(data, 0o755); // PostgreSQL's account must get in
  // The developer's own settings are no part of a test.
  const others = Object.entries(process.env).filter(([name]) => !name.startsWith("TANDEM_"));
  const env = { ...Object.fromEntries(others), TANDEM_DATA: data, TANDEM_PORT: "0", TANDEM_BOT_RATE: "0" };
  const said = [];
  let program;
  let ended;

  const start = async () => {
    program = spawn(binary, ["up"], { env, stdio: ["ignore", "pipe", "pipe"] });
    ended = new Promise((resolve) => program.on("exit", (code, signal) => resolve(code ?? signal)));
    createInterface({ input: program.stderr }).on("line", (line) => said.push(line));
    return new Promise((resolve, reject) => {
      createInterface({ input: program.stdout }).on("line", (line) => {
        said.push(line);
        const found = /^ready (http\S+)/.exec(line);
        if (found) resolve(found[1]);
      });
      program.on("error", reject);
      void ended.then((code) => reject(new Error(`the program ended with ${code}:\n${said.slice(-20).join("\n")}`)));
    });
  };
  const stop = () => {
    program.kill("SIGTERM");
    return ended;
  };
  const remove = () => rmSync(data, { recursive: true, force: true });

  let url;
  try {
    url = await start();
    // Nobody in a walk reads as slowly as Telegram's second between two messages of a chat.
    await fetch(`${url}sandbox/v1/limits`, {
      method: "PUT", headers: { "Content-Type": "application/json" }, body: '{"enabled":false}',
    });
  } catch (error) {
    remove();
    throw error;
  }
  return {
    url,
    said,
    stop,
    remove,
    async away(meanwhile) {
      await stop();
      await meanwhile();
      env.TANDEM_PORT = new URL(url).port;
      await start();
    },
    // A one-time code for an operator's chat, by the command that the operator would use.
    async operatorCode() {
      const { stdout } = await promisify(execFile)(binary, ["admin", "create"], { env });
      return /\/claim (\S+)/.exec(stdout)[1];
    },
  };
}

export async function startBrowser(options) {
  const folder = mkdtempSync("/var/tmp/tandem-walk-browser-");
  const context = await chromium.launchPersistentContext(folder, {
    executablePath: "/usr/bin/chromium",
    args: [
      "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", "--disable-quic", "--no-first-run",
      "--disable-background-networking", "--disable-component-update", "--disable-sync",
    ],
    ...options,
  });
  context.setDefaultTimeout(60_000);
  return {
    context,
    async close() {
      await context.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

const escaped = (text) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");

// A text with {values} as a pattern of the whole; a pattern that is a part of a longer text with `part`.
function pattern(text, part) {
  const inner = text.split(/\{[^{}]*\}/).map(escaped).join(".+?");
  return new RegExp(part ? inner : `^${inner}$`);
}

// The product's own texts (locales/LANGUAGE/*.toml, those of one line) and the page's.
export function textsOf(language) {
  const bot = {};
  let section = "";
  for (const file of readdirSync(`${root}/locales/${language}`).filter((name) => name.endsWith(".toml"))) {
    for (const line of readFileSync(`${root}/locales/${language}/${file}`, "utf8").split("\n")) {
      const table = /^\[(.+)\]$/.exec(line);
      if (table) section = table[1];
      const entry = /^(\w+) = (".*")$/.exec(line);
      if (entry) bot[`${section}.${entry[1]}`] = JSON.parse(entry[2]);
    }
  }
  const page = JSON.parse(readFileSync(`${root}/web/sandbox/src/locales/${language}.json`, "utf8"));
  const found = (table, key) => {
    const text = table === bot ? bot[key] : key.split(".").reduce((at, name) => at?.[name], page);
    if (!text) throw new Error(`there is no text ${key} in ${language}`);
    return text;
  };
  return {
    button: (name) => pattern(found(bot, `hunt.button.${name}`)),
    bot: (key) => pattern(found(bot, key)),
    firstLine: (key) => pattern(found(bot, key).replace(/<[^>]+>/g, "").split("\n")[0], true),
    part: (key) => pattern(found(bot, key).replace(/<[^>]+>/g, ""), true),
    raw: (key) => found(bot, key),
    page: (key) => pattern(found(page, key)),
    pagePart: (key) => pattern(found(page, key), true),
    pageRaw: (key) => found(page, key),
  };
}
