// The human side of the sandbox for the client tests, and a count of what held.
import http from "node:http";
import { deflateSync } from "node:zlib";

export const root = process.argv[2];
if (!root) throw new Error("usage: node CLIENT.mjs http://127.0.0.1:PORT");

let passed = 0;
let failed = 0;

export function check(name, holds, seen) {
  if (holds) passed += 1;
  else {
    failed += 1;
    console.log(`not ok ${name}${seen === undefined ? "" : `: ${JSON.stringify(seen)}`}`);
  }
}

export function finish(client) {
  console.log(`${client}: ${passed} ok, ${failed} failed`);
  process.exitCode = failed ? 1 : 0;
}

export async function control(method, path, body) {
  const answer = await fetch(`${root}/sandbox/v1${path}`, {
    method,
    headers: { "content-type": "application/json" },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const json = await answer.json();
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(json)}`);
  return json;
}

let made = 0;
export async function newBot(name) {
  return control("POST", "/bots", { username: `${name}_${process.pid}_${++made}_bot`, title: `Test of ${name}` });
}

export async function newPerson(bot, name = "Anna") {
  const person = await control("POST", "/people", { first_name: name, language_code: "en" });
  if (bot) await control("POST", "/messages", { person: person.id, bot: bot.id, start: "" });
  return person;
}

export const say = (person, bot, text) => control("POST", "/messages", { person: person.id, bot: bot.id, text });
export const history = async (person, bot) =>
  (await control("GET", `/messages?chat=${bot.id}:${person.id}&limit=100`)).views.map((view) => view.message);

// Looks again until it is so; false after `seconds`.
export async function until(condition, seconds = 10) {
  const end = Date.now() + seconds * 1000;
  while (Date.now() < end) {
    if (await condition()) return true;
    await new Promise((done) => setTimeout(done, 20));
  }
  return false;
}

// A picture that is really one: a PNG of one colour.
export function png(width, height, shade = 200) {
  const crcTable = [...Array(256).keys()].map((n) => {
    for (let k = 0; k < 8; k += 1) n = n & 1 ? 0xedb88320 ^ (n >>> 1) : n >>> 1;
    return n >>> 0;
  });
  const chunk = (type, data) => {
    const body = Buffer.concat([Buffer.from(type), data]);
    const crc = body.reduce((sum, byte) => crcTable[(sum ^ byte) & 255] ^ (sum >>> 8), 0xffffffff) ^ 0xffffffff;
    const head = Buffer.alloc(4), tail = Buffer.alloc(4);
    head.writeUInt32BE(data.length);
    tail.writeUInt32BE(crc >>> 0);
    return Buffer.concat([head, body, tail]);
  };
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 0, 0, 0, 0], 8);
  const rows = Buffer.concat(Array(height).fill(Buffer.concat([Buffer.from([0]), Buffer.alloc(width, shade)])));
  return Buffer.concat([Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]), chunk("IHDR", header),
                        chunk("IDAT", deflateSync(rows)), chunk("IEND", Buffer.alloc(0))]);
}

// A web server for webhooks: `handle` is a Node request listener. Gives its address and a way to end it.
export function listen(handle) {
  return new Promise((ready) => {
    const server = http.createServer(handle);
    server.listen(0, "127.0.0.1", () => {
      const stop = () => new Promise((done) => {
        server.closeAllConnections();
        server.close(done);
      });
      ready({ url: `http://127.0.0.1:${server.address().port}/hook`, stop });
    });
  });
}

export async function fails(promise) {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  return undefined;
}

// The whole test hangs rather than fails when a client waits for ever; this ends it.
setTimeout(() => {
  console.log("not ok: took longer than two minutes");
  process.exit(1);
}, 120_000).unref();
