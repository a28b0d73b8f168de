// What the page knows of the sandbox: read once, then kept up to date by the sandbox's events.
import { useSyncExternalStore } from "react";
import {
  api,
  Refused,
  type Bot,
  type Channel,
  type ChatSummary,
  type Group,
  type Message,
  type Person,
  type Pinned,
  type Settings,
  type Stage,
  type State,
  type View,
} from "./api";

export interface Chat extends ChatSummary {
  views: View[]; // ascending
  loaded: boolean; // the last page is there
  complete: boolean; // nothing before views
  typingUntil: number;
}

export interface Update {
  kind: "update";
  key: number;
  bot: number;
  at_us: number;
  update: Record<string, unknown> & { update_id: number };
  taken_us?: number;
}
export interface Call {
  kind: "call";
  key: number;
  bot: number;
  at_us: number;
  method: string;
  params: Record<string, unknown>;
  status: number;
  answer: unknown;
  took_us: number;
}
export type Exchange = Update | Call;

export interface Way {
  key: string; // "design_jobs/42"
  channel: string;
  post_id: number;
  title: string;
  stages: Stage[]; // by time
  asked: boolean; // the sandbox was asked for the stages before the page came
}

export interface Notice {
  key: number;
  text: string;
  alert: boolean;
}

const exchangesKept = 400;
const waysKept = 200;
const answerAwaited = 15_000; // ms; then a press counts as not answered
const stageRank = ["posted", "seen", "passed", "dropped", "new", "repeat", "judged", "queued", "sent", "failed"];

export const wayKey = (channel: string, post: number) => `${channel}/${post}`;

export function firstLine(view: View | undefined): string {
  const text = view?.message.text ?? view?.message.caption ?? "";
  return text.split("\n").find((line) => line.trim() !== "") ?? "";
}

const kinds = ["photo", "video", "animation", "voice", "video_note", "sticker", "audio", "document", "location", "contact"] as const;

// What a message holds besides its text.
export function kindOf(message: Message): (typeof kinds)[number] | null {
  return kinds.find((kind) => message[kind] !== undefined) ?? null;
}

export class World {
  person = 0;
  state: State | null = null;
  online = true;
  broken: Refused | null = null; // the state could not be read at all
  chats = new Map<string, Chat>();
  exchanges: Exchange[] = [];
  ways = new Map<string, Way>(); // in order of appearance
  notices: Notice[] = [];
  pressed = new Map<string, number>(); // "chat message row column" → when
  answeredUrl: ((url: string) => void) | null = null; // a bot's answer to a press may open a link
  silent: (() => void) | null = null; // nobody answered a press

  private open = ""; // the chat on screen
  private source: EventSource | null = null;
  private lastEvent = 0;
  private retry = 0;
  private version = 0;
  private told = false;
  private keys = 0;
  private readonly listeners = new Set<() => void>();

  subscribe = (listener: () => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };
  seen = () => this.version;

  private changed() {
    if (this.told) return;
    this.told = true;
    setTimeout(() => {
      this.told = false;
      ++this.version;
      for (const listener of this.listeners) listener();
    }, 12); // many events, one picture
  }

  // ---- what there is

  bot(id: number): Bot | undefined {
    return this.state?.bots.find((one) => one.id === id);
  }
  botNamed(username: string): Bot | undefined {
    return this.state?.bots.find((one) => one.username.toLowerCase() === username.toLowerCase());
  }
  channel(username: string): Channel | undefined {
    return this.state?.channels.find((one) => one.username.toLowerCase() === username.toLowerCase());
  }
  group(id: string): Group | undefined {
    return this.state?.groups.find((one) => String(one.chat_id) === id);
  }
  me(): Person | undefined {
    return this.state?.people.find((one) => one.id === this.person);
  }
  chatOfBot(bot: number): Chat | undefined {
    return this.chats.get(`${bot}:${this.person}`);
  }
  chatOfChannel(username: string): Chat | undefined {
    const channel = this.channel(username);
    return channel && this.chats.get(String(channel.chat_id));
  }
  unread(): number {
    let sum = 0;
    for (const chat of this.chats.values()) if (chat.bot) sum += chat.unread;
    return sum;
  }
  // The sandbox's clock, which may be ahead of this machine's.
  now(): number {
    return Date.now() / 1000 + (this.state?.clock.offset_s ?? 0);
  }

  // ---- reading it

  // The first call finds the people; the page then says who it is with `become`.
  async begin(): Promise<State> {
    const state = await api.state();
    this.state = state;
    return state;
  }

  async become(person: number) {
    if (this.person === person) return;
    this.person = person;
    this.chats.clear();
    this.exchanges = [];
    this.pressed.clear();
    this.source?.close();
    this.source = null;
    this.changed();
    await this.refresh();
  }

  async refresh() {
    const person = this.person;
    try {
      const state = await api.state(person);
      if (this.person !== person) return;
      this.state = state;
      this.broken = null;
      this.lastEvent = state.event;
      const known = this.chats;
      this.chats = new Map();
      for (const one of state.chats ?? []) {
        const before = known.get(one.chat);
        this.chats.set(one.chat, {
          ...one,
          views: before?.views ?? [],
          loaded: false,
          complete: before?.complete ?? false,
          typingUntil: 0,
        });
      }
      for (const way of this.ways.values()) way.asked = false;
      if (this.open) void this.load(this.open);
      this.listen();
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      if (this.person !== person) return;
      if (error.status !== 0) this.broken = error; // it is there and does not want us: say so
      else this.lost();
    }
    this.changed();
  }

  async load(key: string) {
    const chat = this.chats.get(key);
    if (!chat || chat.loaded) return;
    chat.loaded = true;
    try {
      const { views } = await api.messages(key);
      // What the events brought meanwhile is newer than the answer.
      const last = views.at(-1)?.message.message_id ?? 0;
      chat.views = [...views, ...chat.views.filter((one) => one.message.message_id > last)];
      chat.complete = views.length < 50;
    } catch (error) {
      chat.loaded = false;
      if (error instanceof Refused) this.say(error.message);
    }
    this.changed();
  }

  async loadEarlier(key: string) {
    const chat = this.chats.get(key);
    const first = chat?.views[0]?.message.message_id;
    if (!chat || !first) return;
    const { views } = await api.messages(key, first);
    chat.views = [...views.filter((one) => one.message.message_id < first), ...chat.views];
    chat.complete = views.length < 50;
    this.changed();
  }

  async askWay(channel: string, post: number) {
    const way = this.way(channel, post);
    if (way.asked) return;
    way.asked = true;
    const { stages } = await api.stages(channel, post);
    for (const one of stages) this.addStage({ ...one, channel, post_id: post });
    if (!way.title) {
      const { views } = await api.onePost(channel, post);
      this.way(channel, post).title = firstLine(views.find((one) => one.message.message_id === post));
    }
    this.changed();
  }

  // ---- the chat on screen

  show(key: string) {
    this.open = key;
    if (key) void this.load(key);
    this.readOpen();
  }

  readOpen() {
    const chat = this.chats.get(this.open);
    if (!chat || document.hidden || chat.unread === 0) return;
    const last = Math.max(chat.last?.message.message_id ?? 0, chat.views.at(-1)?.message.message_id ?? 0);
    chat.unread = 0;
    this.changed();
    if (last > 0) void api.read(this.person, chat.chat, last).catch(() => undefined);
  }

  // ---- notices

  say(text: string, alert = false) {
    const key = ++this.keys;
    this.notices = [...this.notices.slice(-2), { key, text, alert }];
    if (!alert) setTimeout(() => this.dismiss(key), 5000);
    this.changed();
  }
  dismiss(key: number) {
    this.notices = this.notices.filter((one) => one.key !== key);
    this.changed();
  }

  pressBegins(key: string) {
    const at = Date.now();
    this.pressed.set(key, at);
    setTimeout(() => {
      if (this.pressed.get(key) !== at) return;
      this.pressed.delete(key);
      this.silent?.();
      this.changed();
    }, answerAwaited);
    this.changed();
  }
  pressEnds(key: string) {
    this.pressed.delete(key);
    this.changed();
  }

  clearExchanges() {
    this.exchanges = [];
    this.changed();
  }

  // ---- events

  // A tab that nobody sees gives its connection back (a browser has six for one address); it re-reads what it missed.
  visible() {
    if (document.hidden) return;
    if (!this.source && this.state) this.listen();
    this.readOpen();
  }
  hidden() {
    this.source?.close();
    this.source = null;
  }

  private lost() {
    this.online = false;
    this.source?.close();
    this.source = null;
    this.retry = Math.min(this.retry + 1, 6);
    setTimeout(() => {
      if (!this.source) void this.refresh();
    }, 500 * this.retry);
    this.changed();
  }

  private listen() {
    this.source?.close();
    const source = new EventSource(api.events(this.lastEvent, this.person));
    this.source = source;
    source.onopen = () => {
      this.online = true;
      this.retry = 0;
      this.changed();
    };
    source.onerror = () => {
      if (this.source === source) this.lost();
    };
    const on = <T>(name: string, handle: (data: T) => void) =>
      source.addEventListener(name, (event) => {
        if (this.source !== source) return;
        if (event.lastEventId) this.lastEvent = Number(event.lastEventId);
        handle(JSON.parse(event.data as string) as T);
        this.changed();
      });

    on("reset", () => {
      this.source?.close();
      this.source = null;
      void this.refresh();
    });
    on<View>("message", (view) => this.arrived(view));
    on<View>("edited", (view) => {
      const chat = this.chats.get(view.chat);
      if (!chat) return;
      const id = view.message.message_id;
      chat.views = chat.views.map((one) => {
        if (one.message.message_id === id) return view;
        if (one.message.reply_to_message?.message_id !== id) return one;
        return { ...one, message: { ...one.message, reply_to_message: view.message } }; // what is quoted follows
      });
      if (chat.last?.message.message_id === id) chat.last = view;
      if (chat.pinned?.top.message.message_id === id) chat.pinned = { ...chat.pinned, top: view };
    });
    on<{ chat: string; pinned?: Pinned }>("pinned", ({ chat: key, pinned }) => {
      const chat = this.chats.get(key);
      if (chat) chat.pinned = pinned;
    });
    on<{ chat: string; message_ids: number[] }>("deleted", ({ chat: key, message_ids }) => {
      const chat = this.chats.get(key);
      if (!chat) return;
      chat.views = chat.views.filter((one) => !message_ids.includes(one.message.message_id));
      if (chat.last && message_ids.includes(chat.last.message.message_id)) chat.last = chat.views.at(-1);
    });
    on<{ chat: string; message_ids: number[] }>("seen", ({ chat: key, message_ids }) => {
      const chat = this.chats.get(key);
      if (!chat) return;
      const mark = (one: View) => (message_ids.includes(one.message.message_id) ? { ...one, seen: true } : one);
      chat.views = chat.views.map(mark);
      if (chat.last) chat.last = mark(chat.last);
    });
    on<{ person: number; chat: string; message_id: number }>("read", ({ person, chat: key, message_id }) => {
      const chat = this.chats.get(key);
      if (!chat || person !== this.person) return;
      const last = chat.last?.message.message_id ?? 0;
      chat.unread = message_id >= last ? 0 : Math.min(chat.unread, last - message_id);
    });
    on<{ person: number; bot: number; message_id: number; text?: string; show_alert?: boolean; url?: string }>(
      "callback_answer",
      (answer) => {
        if (answer.person !== this.person) return;
        // Only the tab that pressed shows the answer.
        const mine = [...this.pressed.keys()].filter((key) => Number(key.split(" ")[1]) === answer.message_id);
        if (mine.length === 0) return;
        for (const key of mine) this.pressed.delete(key);
        if (answer.text) this.say(answer.text, answer.show_alert);
        if (answer.url) this.answeredUrl?.(answer.url);
      },
    );
    on<{ chat: string; action: string }>("chat_action", ({ chat: key }) => {
      const chat = this.chats.get(key);
      if (!chat) return;
      chat.typingUntil = Date.now() + 5000;
      setTimeout(() => this.changed(), 5100);
    });
    on<{ person: number; bot: number; status: ChatSummary["status"] }>("membership", ({ person, bot, status }) => {
      const chat = person === this.person ? this.chatOfBot(bot) : undefined;
      if (chat) chat.status = status;
    });
    on<Bot>("bot", (bot) => {
      const state = this.state!;
      const known = state.bots.some((one) => one.id === bot.id);
      if (!known) state.bots = [...state.bots, bot];
      // The event's texts are in no one's language: ask for this person's.
      void api.bot(bot.id, this.person).then((mine) => {
        state.bots = state.bots.map((one) => (one.id === bot.id ? mine : one));
        this.changed();
      }, () => undefined);
      this.expectChat({ chat: `${bot.id}:${this.person}`, bot: bot.id, status: "new", unread: 0 });
    });
    on<{ id: number }>("bot_removed", ({ id }) => {
      this.state!.bots = this.state!.bots.filter((one) => one.id !== id);
    });
    on<Person>("person", (person) => {
      const others = this.state!.people.filter((one) => one.id !== person.id);
      this.state!.people = [...others, person].sort((a, b) => a.id - b.id);
    });
    on<{ id: number }>("person_removed", ({ id }) => {
      this.state!.people = this.state!.people.filter((one) => one.id !== id);
    });
    on<Channel>("channel", (channel) => {
      const state = this.state!;
      const others = state.channels.filter((one) => one.chat_id !== channel.chat_id);
      state.channels = [...others, channel].sort((a, b) => b.chat_id - a.chat_id);
      this.expectChat({ chat: String(channel.chat_id), channel: channel.username, unread: 0 });
    });
    on<{ username: string }>("channel_removed", ({ username }) => {
      this.state!.channels = this.state!.channels.filter((one) => one.username !== username);
    });
    on<Group>("group", (group) => {
      const others = this.state!.groups.filter((one) => one.chat_id !== group.chat_id);
      this.state!.groups = [...others, group];
      this.expectChat({ chat: String(group.chat_id), unread: 0 });
    });
    on<Settings>("settings", (settings) => Object.assign(this.state!, settings));
    on<{ bot: number; update: Update["update"]; at_us: number }>("update", (one) =>
      this.addExchange({ ...one, kind: "update", key: ++this.keys }),
    );
    on<{ bot: number; update_ids: number[]; at_us: number }>("taken", ({ bot, update_ids, at_us }) => {
      this.exchanges = this.exchanges.map((one) =>
        one.kind === "update" && one.bot === bot && update_ids.includes(one.update.update_id)
          ? { ...one, taken_us: one.taken_us ?? at_us }
          : one,
      );
    });
    on<Omit<Call, "kind" | "key">>("call", (one) => {
      if (one.method.toLowerCase() !== "getupdates") this.addExchange({ ...one, kind: "call", key: ++this.keys });
    });
    on<Stage>("stage", (stage) => this.addStage(stage));
  }

  private expectChat(one: ChatSummary) {
    if (!this.chats.has(one.chat)) {
      this.chats.set(one.chat, { ...one, views: [], loaded: false, complete: false, typingUntil: 0 });
    }
  }

  private arrived(view: View) {
    const chat = this.chats.get(view.chat);
    if (!chat) return;
    const id = view.message.message_id;
    chat.typingUntil = 0;
    if (chat.views.some((one) => one.message.message_id === id)) return;
    chat.views = [...chat.views, view];
    chat.last = view;
    if (view.keyboard) chat.keyboard = view.keyboard.remove_keyboard ? undefined : view.keyboard;
    if (chat.channel) {
      const way = this.ways.get(wayKey(chat.channel, id));
      if (way && !way.title) way.title = firstLine(view);
    }
    if (!view.out) ++chat.unread;
    if (view.chat === this.open) this.readOpen();
  }

  private addExchange(one: Exchange) {
    this.exchanges = [...this.exchanges.slice(-exchangesKept), one];
  }

  way(channel: string, post: number): Way {
    const key = wayKey(channel, post);
    let way = this.ways.get(key);
    if (!way) {
      const view = this.chatOfChannel(channel)?.views.find((one) => one.message.message_id === post);
      way = { key, channel, post_id: post, title: firstLine(view), stages: [], asked: false };
      this.ways.set(key, way);
      if (this.ways.size > waysKept) this.ways.delete(this.ways.keys().next().value!);
    }
    return way;
  }

  private addStage(stage: Stage) {
    const way = this.way(stage.channel, stage.post_id);
    const same = (one: Stage) =>
      one.stage === stage.stage &&
      one.at_us === stage.at_us &&
      JSON.stringify(one.detail ?? {}) === JSON.stringify(stage.detail ?? {});
    if (way.stages.some(same)) return;
    const stages = [...way.stages, stage].sort(
      (a, b) => a.at_us - b.at_us || stageRank.indexOf(a.stage) - stageRank.indexOf(b.stage),
    );
    this.ways.set(way.key, { ...way, stages });
  }
}

export const world = new World();

// The world, and a new picture each time it changes.
export function useWorld(): World {
  useSyncExternalStore(world.subscribe, world.seen);
  return world;
}
