// The control contract of the sandbox (docs/sandbox.md): its objects and its calls.

export interface Entity {
  type: string;
  offset: number; // in UTF-16 units, as JavaScript counts
  length: number;
  url?: string;
  language?: string;
  user?: { id: number; first_name: string };
  unix_time?: number;
}

export interface Button {
  text: string;
  style?: "primary" | "danger" | "success";
  callback_data?: string;
  url?: string;
  copy_text?: { text: string };
  web_app?: { url: string };
}

export interface ReplyButton {
  text: string;
  request_contact?: boolean;
  request_location?: boolean;
}

export interface Keyboard {
  keyboard?: (ReplyButton | string)[][];
  resize_keyboard?: boolean;
  one_time_keyboard?: boolean;
  remove_keyboard?: boolean;
  force_reply?: boolean;
  input_field_placeholder?: string;
}

export interface Photo {
  file_unique_id: string;
  width: number;
  height: number;
}

interface Played {
  file_unique_id: string;
  duration: number; // seconds
}

export interface Message {
  message_id: number;
  date: number;
  edit_date?: number;
  from?: { id: number; is_bot: boolean; first_name: string; username?: string };
  sender_chat?: { id: number; title: string };
  author_signature?: string;
  media_group_id?: string;
  text?: string;
  entities?: Entity[];
  caption?: string;
  caption_entities?: Entity[];
  photo?: Photo[];
  document?: { file_unique_id: string; file_name?: string; mime_type?: string; file_size?: number };
  voice?: Played;
  video_note?: Played & { length: number };
  video?: Played & { width: number; height: number };
  animation?: Played & { width: number; height: number };
  audio?: Played & { performer?: string; title?: string; file_name?: string };
  sticker?: { file_unique_id: string; width: number; height: number; emoji?: string };
  pinned_message?: Message; // a line of the chat: this was pinned
  location?: { latitude: number; longitude: number };
  contact?: { phone_number: string; first_name: string; last_name?: string };
  forward_origin?: {
    type: string;
    sender_user_name?: string;
    sender_user?: { first_name: string };
    chat?: { title: string; username?: string };
    message_id?: number;
  };
  reply_to_message?: Message;
  reply_markup?: { inline_keyboard?: Button[][] };
}

export interface View {
  chat: string;
  message: Message;
  out: boolean;
  seen: boolean;
  keyboard?: Keyboard;
}

export interface Person {
  id: number;
  first_name: string;
  last_name?: string;
  username?: string;
  language_code?: string;
  color: string;
}

export interface Bot {
  id: number;
  username: string;
  title: string;
  description: string;
  short_description: string;
  commands: { command: string; description: string }[];
  pending_updates: number;
  polling: boolean;
  webhook: string;
}

export interface Channel {
  chat_id: number;
  username: string;
  title: string;
  description: string;
  subscribers: number;
  preview: boolean;
  last_post_id: number;
}

export interface Group {
  chat_id: number;
  title: string;
  username?: string;
  people: number[];
  bots: number[];
}

export type Status = "new" | "started" | "blocked";

export interface Pinned {
  message_ids: number[]; // the last one is on top
  top: View;
}

export interface ChatSummary {
  chat: string;
  bot?: number;
  status?: Status;
  channel?: string;
  unread: number;
  last?: View;
  keyboard?: Keyboard;
  pinned?: Pinned;
}

export interface Fault {
  id: number;
  kind: string;
  bot?: number;
  method?: string;
  count?: number;
  hits?: number;
}

export interface Settings {
  limits: boolean;
  faults: Fault[];
  clock: { offset_s: number; now: number };
}

export interface State extends Settings {
  event: number;
  now: number;
  people: Person[];
  bots: Bot[];
  channels: Channel[];
  groups: Group[];
  chats?: ChatSummary[];
}

export interface Stage {
  channel: string;
  post_id: number;
  stage: string;
  at_us: number;
  detail?: Record<string, unknown>;
}

export type Press =
  | { kind: "callback"; query_id: string }
  | { kind: "url"; url: string }
  | { kind: "copy"; text: string }
  | { kind: "web_app"; url: string }
  | { kind: "message"; view: View };

const root = "/sandbox/v1";

// The sandbox refused a call, in its own words; or it is not there (status 0).
export class Refused extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

async function ask<T>(method: string, path: string, body?: unknown): Promise<T> {
  const request: RequestInit = { method };
  if (body !== undefined) {
    request.body = JSON.stringify(body);
    request.headers = { "Content-Type": "application/json" };
  }
  let answer: Response;
  try {
    answer = await fetch(root + path, request);
  } catch {
    throw new Refused(0, "");
  }
  const text = await answer.text();
  let parsed: unknown = null;
  try {
    parsed = text === "" ? null : JSON.parse(text);
  } catch {
    throw new Refused(answer.status, text.slice(0, 200));
  }
  if (!answer.ok) throw new Refused(answer.status, (parsed as { error?: string } | null)?.error ?? "");
  return parsed as T;
}

const query = (values: Record<string, string | number>) =>
  new URLSearchParams(Object.entries(values).map(([name, value]) => [name, String(value)])).toString();

// A private chat is named by its bot, any other by its id.
export type Place = { bot: number } | { chat_id: number };

export interface Coordinates {
  latitude: number;
  longitude: number;
}

export type Content = {
  text?: string;
  start?: string;
  photo?: string;
  photos?: string[]; // an album
  document?: string;
  voice?: string;
  video_note?: string;
  sticker?: string;
  emoji?: string;
  duration?: number;
  location?: Coordinates;
  contact?: "me";
  file_name?: string;
  mime_type?: string;
  caption?: string;
  reply_to?: number;
};

export const api = {
  state: (person?: number) => ask<State>("GET", person ? `/state?${query({ person })}` : "/state"),
  bot: (id: number, person: number) => ask<Bot>("GET", `/bots/${id}?${query({ person })}`),
  events: (after: number, person: number) => `${root}/events?${query({ after, person })}`,
  file: (unique: string) => `${root}/files/${unique}`,

  addPerson: (person: { first_name: string; language_code: string; color?: string }) =>
    ask<Person>("POST", "/people", person),
  addPeople: (people: { first_name: string; language_code: string }[]) => ask<unknown>("POST", "/people", { people }),
  changePerson: (id: number, change: { first_name?: string; language_code?: string; color?: string }) =>
    ask<Person>("PATCH", `/people/${id}`, change),
  removePerson: (id: number) => ask<unknown>("DELETE", `/people/${id}`),
  block: (person: number, bot: number, blocked: boolean) =>
    ask<unknown>("PUT", `/people/${person}/bots/${bot}`, { blocked }),
  clear: (person: number, bot: number) => ask<unknown>("DELETE", `/people/${person}/bots/${bot}`),

  messages: (chat: string, before?: number) =>
    ask<{ views: View[] }>("GET", `/messages?${query(before ? { chat, before, limit: 50 } : { chat, limit: 50 })}`),
  write: (person: number, place: Place, content: Content) =>
    ask<View>("POST", "/messages", { person, ...place, ...content }),
  rewrite: (person: number, place: Place, message_id: number, text: string) =>
    ask<View>("PATCH", "/messages", { person, ...place, message_id, text }),
  remove: (chat: string, message_id: number) => ask<unknown>("DELETE", `/messages?${query({ chat, message_id })}`),
  read: (person: number, chat: string, message_id: number) =>
    ask<unknown>("POST", "/reads", { person, chat, message_id }),
  press: (person: number, place: Place, what: { message_id?: number; row?: number; column?: number; text?: string; location?: Coordinates }) =>
    ask<Press>("POST", "/presses", { person, ...place, ...what }),

  addChannel: (channel: { username: string; title: string; description?: string }) =>
    ask<Channel>("POST", "/channels", channel),
  post: (post: { channel: string; text: string; photo?: string; format?: string; author_signature?: string }) =>
    ask<{ post_id: number; view?: View }>("POST", "/posts", post),
  repost: (channel: string, id: number, text: string) => ask<unknown>("PATCH", `/posts/${channel}/${id}`, { text }),
  unpost: (channel: string, id: number) => ask<unknown>("DELETE", `/posts/${channel}/${id}`),
  onePost: (channel: string, id: number) =>
    ask<{ views: View[] }>("GET", `/posts?${query({ channel, after: id - 1, limit: 1 })}`),
  stages: (channel: string, post_id: number) =>
    ask<{ stages: Stage[] }>("GET", `/stages?${query({ channel, post_id })}`),

  starter: () => ask<unknown>("POST", "/starter", {}),

  limits: (enabled: boolean) => ask<unknown>("PUT", "/limits", { enabled }),
  clock: (change: { advance_s?: number; offset_s?: number }) => ask<unknown>("PUT", "/clock", change),
  addFault: (fault: { kind: string; bot?: number; count?: number; retry_after?: number; seconds?: number }) =>
    ask<Fault>("POST", "/faults", fault),
  removeFaults: () => ask<unknown>("DELETE", "/faults"),
};
