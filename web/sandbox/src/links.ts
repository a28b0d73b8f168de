// Links as a Telegram client takes them: those into the sandbox open on the page.
import { api, Refused, type Place } from "./api";
import { go } from "./route";
import type { Texts } from "./texts";
import { world } from "./world";

// A Start button that a link asked for: the chat shows it until it is pressed.
export const startAsked = new Map<string, string>(); // chat → payload

const hosts = /^(?:https?:\/\/)?(?:t\.me|telegram\.me)\/(.*)$/i;

interface Target {
  name: string;
  start: string | null;
  post: number;
}

export function targetOf(url: string): Target | null {
  const inner = hosts.exec(url);
  const resolve = /^tg:\/\/resolve\?(.*)$/i.exec(url);
  if (resolve) {
    const values = new URLSearchParams(resolve[1]);
    return { name: values.get("domain") ?? "", start: values.get("start"), post: Number(values.get("post")) || 0 };
  }
  if (!inner) return null;
  const [path = "", query = ""] = inner[1]!.split("?");
  const parts = path.split("/").filter(Boolean);
  if (parts[0] === "s") parts.shift();
  return { name: parts[0] ?? "", start: new URLSearchParams(query).get("start"), post: Number(parts[1]) || 0 };
}

export function openLink(url: string, texts: Texts) {
  const target = targetOf(url);
  if (!target) {
    if (/^tg:/i.test(url)) world.say(texts.of("trouble.foreign_link", { what: url }));
    else window.open(/^[a-z]+:/i.test(url) ? url : `https://${url}`, "_blank", "noopener,noreferrer");
    return;
  }
  openName(target.name, texts, target);
}

export function openName(name: string, texts: Texts, target?: Target) {
  const person = world.person;
  const bot = world.botNamed(name);
  if (bot) {
    if (target?.start != null) startAsked.set(`${bot.id}:${person}`, target.start);
    go({ person, place: String(bot.id) });
    return;
  }
  const channel = world.channel(name);
  if (channel) go({ person, place: `@${channel.username}`, post: target?.post });
  else world.say(texts.of("trouble.foreign_link", { what: name ? `@${name}` : "t.me" }));
}

// Runs what the person asked for; a refusal is shown in the sandbox's own words.
export async function attempt<T>(texts: Texts, work: () => Promise<T>): Promise<T | null> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    world.say(
      error.status === 0 ? texts.of("trouble.offline") : texts.of("trouble.failed", { why: error.message || error.status }),
    );
    return null;
  }
}

export async function press(
  texts: Texts,
  chat: string,
  place: Place,
  what: { message_id: number; row: number; column: number },
) {
  const key = `${chat} ${what.message_id} ${what.row} ${what.column}`;
  if (world.pressed.has(key)) return;
  world.pressBegins(key);
  const answer = await attempt(texts, () => api.press(world.person, place, what));
  if (answer?.kind === "callback") return; // the event callback_answer ends it
  world.pressEnds(key);
  if (answer?.kind === "url") openLink(answer.url, texts);
  if (answer?.kind === "web_app") world.say(texts.of("trouble.web_app"));
  if (answer?.kind === "copy") {
    await navigator.clipboard.writeText(answer.text).catch(() => undefined);
    world.say(texts.of("trouble.copied"));
  }
}
