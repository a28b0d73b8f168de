// Everything the sandbox answers and sends, and every parameter that it reads, must exist in npm @gramio/types, which is
// generated from Telegram's own page. The rest of the clients' tests have filled the journal before this runs; this adds
// what they leave out and looks at all of it.
import { readFileSync } from "node:fs";
import { check, control, finish, newBot, newPerson, png, root } from "./lib.mjs";

const types = new URL("./node_modules/@gramio/types/out/", import.meta.url);
const source = (name) => readFileSync(new URL(name, types), "utf8").replace(/\/\*[\s\S]*?\*\//g, "");

// interface Name { field?: type … } and type Name = …
function declarations(text) {
  const interfaces = new Map();
  for (const [, name, body] of text.matchAll(/export interface (\w+)[^{]*\{(?:\}|([\s\S]*?)\n\})/g)) {
    const fields = new Map();
    for (const [, field, optional, type] of (body ?? "").matchAll(/^ {4}(\w+)(\?)?:\s*([\s\S]*?)(?=\n {4}\w+\??:|$(?![\s\S]))/gm)) {
      fields.set(field, { required: !optional, type: type.replace(/\s+/g, " ").trim() });
    }
    interfaces.set(name, fields);
  }
  const aliases = new Map();
  for (const [, name, type] of text.matchAll(/export type (\w+)\s*=\s*([\s\S]*?)(?=\nexport |$(?![\s\S]))/g)) {
    aliases.set(name, type.replace(/\s+/g, " ").trim());
  }
  return { interfaces, aliases };
}

const objects = declarations(source("objects.d.ts"));
const params = declarations(source("params.d.ts"));
const methods = new Map();
for (const [, name, call] of source("methods.d.ts").matchAll(/^ {4}(\w+):\s*(CallAPI[\s\S]*?>)(?=\s*\n {4}\w+:|\s*\n\})/gm)) {
  const [, parameters, result] = call.match(/<\s*(?:Params\.(\w+),)?\s*([\s\S]*?),?\s*>$/) ?? [];
  methods.set(name, { parameters, result: (result ?? "").replace(/\s+/g, " ") });
}
check("the types are read", objects.interfaces.size > 200 && params.interfaces.size > 100 && methods.size > 150,
      [objects.interfaces.size, params.interfaces.size, methods.size]);

function alternatives(type) {
  const out = [];
  let depth = 0, begin = 0;
  for (let i = 0; i <= type.length; i += 1) {
    if ("<{(".includes(type[i])) depth += 1;
    if (">})".includes(type[i])) depth -= 1;
    if (i === type.length || (type[i] === "|" && depth === 0)) {
      const one = type.slice(begin, i).trim();
      if (one) out.push(one);
      begin = i + 1;
    }
  }
  return out;
}

// What is wrong with `value` as `type`, "" if nothing is.
function wrong(value, type, path) {
  const options = alternatives(type.replace(/Objects\./g, ""));
  if (options.length > 1) {
    const all = options.map((one) => wrong(value, one, path));
    if (all.includes("")) return "";
    // The complaint of the alternative that comes closest.
    return all.filter((one) => !one.includes("is no ")).sort((a, b) => b.length - a.length)[0] ?? all[0];
  }
  const one = options[0];
  if (one.endsWith("[]")) {
    if (!Array.isArray(value)) return `${path} is no list`;
    for (const [i, item] of value.entries()) {
      const problem = wrong(item, one.slice(0, -2).replace(/^\((.*)\)$/, "$1"), `${path}[${i}]`);
      if (problem) return problem;
    }
    return "";
  }
  if (one === "string" || one === "number" || one === "boolean") return typeof value === one ? "" : `${path} is no ${one}`;
  if (one === "true" || one === "false") return value === (one === "true") ? "" : `${path} is no ${one}`;
  if (/^"/.test(one)) return value === JSON.parse(one) ? "" : `${path} is no ${one}`;
  if (/^Exclude<keyof TelegramUpdate/.test(one)) {
    return objects.interfaces.get("TelegramUpdate").has(value) ? "" : `${path} is no kind of update: ${value}`;
  }
  if (one.startsWith("{")) return "is no wire type";
  if (objects.aliases.has(one)) return wrong(value, objects.aliases.get(one), path);
  const fields = objects.interfaces.get(one);
  if (!fields) return `${path}: unknown type ${one}`;
  if (typeof value !== "object" || value === null || Array.isArray(value)) return `${path} is no ${one}`;
  for (const name of Object.keys(value)) {
    if (!fields.has(name)) return `${path}.${name} does not exist in ${one}`;
    const problem = wrong(value[name], fields.get(name).type, `${path}.${name}`);
    if (problem) return problem;
  }
  for (const [name, field] of fields) {
    if (field.required && !(name in value)) return `${path}.${name} is missing in ${one}`;
  }
  return "";
}

// The checker itself must see a fault.
check("a made-up field is seen", wrong({ id: 1, is_bot: false, first_name: "A", shoe_size: 44 }, "TelegramUser", "user") !== "");
check("a missing field is seen", wrong({ id: 1, is_bot: false }, "TelegramUser", "user") !== "");
check("a wrong type is seen", wrong({ id: "1", is_bot: false, first_name: "A" }, "TelegramUser", "user") !== "");

// ---- parameters
const { methods: offered } = await control("GET", "/methods");
for (const one of offered) {
  const known = methods.get(one.name);
  check(`${one.name} exists`, Boolean(known));
  if (!known) continue;
  const fields = known.parameters ? params.interfaces.get(known.parameters) : new Map();
  for (const name of one.parameters) check(`${one.name}(${name}) exists`, fields?.has(name));
}

// ---- answers of every method, as they come over the wire
const me = await newBot("types");
const anna = await newPerson(me);
const bob = await newPerson(me, "Bob");
await control("PUT", "/limits", { enabled: false });
const channel = await control("POST", "/channels", { username: `types_${process.pid}`, title: "Types", description: "All", bots: [me.id] });
const group = await control("POST", "/groups", { title: "Group", people: [anna.id], bots: [me.id] });
const answered = new Set();
async function call(method, body = {}, file) {
  let options = { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
  if (file) {
    const form = new FormData();
    for (const [name, value] of Object.entries(body)) form.set(name, typeof value === "object" ? JSON.stringify(value) : String(value));
    for (const [name, bytes] of Object.entries(file)) form.set(name, new Blob([bytes]), `${name}.png`);
    options = { method: "POST", body: form };
  }
  const answer = await (await fetch(`${root}/bot${me.token}/${method}`, options)).json();
  if (!answer.ok) {
    check(`${method} is carried out`, false, answer);
    return undefined;
  }
  answered.add(method);
  const problem = wrong(answer.result, methods.get(method).result, method);
  check(`the answer of ${method} is as the types say`, problem === "", problem);
  return answer.result;
}

const chat = { chat_id: anna.id };
const markup = { inline_keyboard: [[{ text: "A", callback_data: "a" }, { text: "B", url: "https://b.example" }, { text: "C", copy_text: { text: "c" } }]] };
await call("getMe");
await call("logOut");
await call("close");
const rich = '<b>b</b><i>i</i><u>u</u><s>s</s><tg-spoiler>p</tg-spoiler><code>c</code><pre><code class="language-c">x</code></pre>' +
  `<blockquote>q</blockquote><blockquote expandable>q</blockquote><a href="https://a.example">a</a><a href="tg://user?id=${bob.id}">m</a>` +
  '<tg-emoji emoji-id="5368324170671202286">👍</tg-emoji><tg-time unix="1700000000" format="wDT">t</tg-time> @someone #tag $USD /go a@b.example https://c.example';
const text = await call("sendMessage", { ...chat, text: rich, parse_mode: "HTML", reply_markup: markup, link_preview_options: { is_disabled: true }, protect_content: true });
await call("sendMessage", { ...chat, text: "reply", reply_parameters: { message_id: text.message_id }, reply_markup: { keyboard: [[{ text: "x", request_contact: true }, "y"]], resize_keyboard: true } });
const plain = await call("sendMessage", { ...chat, text: "plain" });
const photo = await call("sendPhoto", { ...chat, caption: "<b>c</b>", parse_mode: "HTML", has_spoiler: true, show_caption_above_media: true }, { photo: png(9, 9) });
const paper = await call("sendDocument", { ...chat }, { document: Buffer.from("x") });
await call("sendMediaGroup", { ...chat, media: [{ type: "photo", media: "attach://one" }, { type: "photo", media: photo.photo[0].file_id }] }, { one: png(7, 7) });
const ogg = Buffer.from("OggS\0\x02 a voice"), film = Buffer.from("a film");
const note = await call("sendVideoNote", { ...chat, length: 240, duration: 2 }, { video_note: film });
const voice = await call("sendVoice", { ...chat, caption: "<i>v</i>", parse_mode: "HTML", duration: 3 }, { voice: ogg });
await call("sendVideo", { ...chat, width: 64, height: 48, duration: 2, caption: "v", has_spoiler: true }, { video: film });
await call("sendAnimation", { ...chat, width: 64, height: 48, duration: 2 }, { animation: film });
await call("sendAudio", { ...chat, duration: 200, performer: "P", title: "T" }, { audio: film });
const sticker = await call("sendSticker", { ...chat, emoji: "👍" }, { sticker: png(512, 512) });
for (const [field, sent] of Object.entries({ video_note: note, voice, sticker })) {
  const method = { video_note: "sendVideoNote", voice: "sendVoice", sticker: "sendSticker" }[field];
  await call(method, { ...chat, [field]: sent[field].file_id });
}
await call("pinChatMessage", { ...chat, message_id: text.message_id });
await call("pinChatMessage", { ...chat, message_id: photo.message_id, disable_notification: true });
await call("getChat", chat);
await call("unpinChatMessage", { ...chat, message_id: photo.message_id });
await call("unpinAllChatMessages", chat);
const place = await call("sendLocation", { ...chat, latitude: 1.5, longitude: 2.5, horizontal_accuracy: 10 });
await call("sendContact", { ...chat, phone_number: "+1", first_name: "C" });
await call("sendChatAction", { ...chat, action: "typing" });
await call("forwardMessage", { ...chat, from_chat_id: anna.id, message_id: plain.message_id });
await call("forwardMessages", { ...chat, from_chat_id: anna.id, message_ids: [plain.message_id, place.message_id] });
await call("copyMessage", { ...chat, from_chat_id: anna.id, message_id: photo.message_id, caption: "copy" });
await call("copyMessages", { ...chat, from_chat_id: anna.id, message_ids: [plain.message_id] });
await call("editMessageText", { ...chat, message_id: plain.message_id, text: "edited", reply_markup: markup });
await call("editMessageReplyMarkup", { ...chat, message_id: plain.message_id });
await call("editMessageCaption", { ...chat, message_id: photo.message_id, caption: "edited" });
await call("editMessageMedia", { ...chat, message_id: photo.message_id, media: { type: "document", media: paper.document.file_id } });
await call("editMessageMedia", { ...chat, message_id: photo.message_id, reply_markup: markup,
  media: { type: "photo", media: "attach://new", caption: "<b>c</b>", parse_mode: "HTML", has_spoiler: true } }, { new: png(5, 5) });
await call("setMessageReaction", { ...chat, message_id: plain.message_id, reaction: [{ type: "emoji", emoji: "👍" }] });
const post = await call("sendMessage", { chat_id: `@${channel.username}`, text: "post" });
await call("sendMessage", { chat_id: group.chat_id, text: "to the group" });
await call("forwardMessage", { ...chat, from_chat_id: channel.chat_id, message_id: post.message_id });
await call("getFile", { file_id: photo.photo[0].file_id });
for (const id of [anna.id, channel.chat_id, group.chat_id]) {
  await call("getChat", { chat_id: id });
  await call("getChatMemberCount", { chat_id: id });
  for (const user of [anna.id, me.id]) await call("getChatMember", { chat_id: id, user_id: user });
}
await call("getChatMember", { chat_id: group.chat_id, user_id: bob.id });
await call("getChatAdministrators", { chat_id: channel.chat_id });
await call("getUserProfilePhotos", { user_id: anna.id });
await call("setMyCommands", { commands: [{ command: "go", description: "Go" }], scope: { type: "all_private_chats" }, language_code: "en" });
await call("getMyCommands", { scope: { type: "all_private_chats" }, language_code: "en" });
await call("deleteMyCommands");
for (const one of ["Name", "Description", "ShortDescription"]) {
  const name = { Name: "name", Description: "description", ShortDescription: "short_description" }[one];
  await call(`setMy${one}`, { [name]: "text", language_code: "en" });
  await call(`getMy${one}`, { language_code: "en" });
}
await call("setChatMenuButton", { menu_button: { type: "web_app", text: "App", web_app: { url: "https://app.example" } } });
await call("getChatMenuButton", { chat_id: anna.id });
await call("getWebhookInfo");
await call("setWebhook", { url: "http://127.0.0.1:9/hook", allowed_updates: ["message", "callback_query", "edited_message", "my_chat_member", "channel_post", "edited_channel_post"] });
await call("getWebhookInfo");
await call("deleteWebhook", { drop_pending_updates: true });

// Every kind of update.
const update = (body) => control("POST", "/messages", { person: anna.id, bot: me.id, ...body });
await update({ start: "x" });
const said = await update({ text: "see @someone #tag https://d.example", reply_to: plain.message_id });
await update({ photo: png(3, 3).toString("base64"), caption: "c" });
await update({ document: Buffer.from("d").toString("base64"), file_name: "d.txt", mime_type: "text/plain" });
await update({ location: { latitude: 1, longitude: 2 } });
await update({ photos: [png(3, 3), png(4, 4)].map((one) => one.toString("base64")), caption: "album" });
await update({ voice: ogg.toString("base64"), duration: 3 });
await update({ video_note: film.toString("base64") });
await update({ video: film.toString("base64"), caption: "v" });
await update({ sticker: png(512, 512).toString("base64"), emoji: "👍" });
await update({ contact: "me" });
await update({ forward: { chat: String(channel.chat_id), message_id: post.message_id } });
await update({ forward: { chat: `${me.id}:${anna.id}`, message_id: plain.message_id } });
await control("PATCH", "/messages", { person: anna.id, bot: me.id, message_id: said.message.message_id, text: "edited" });
await control("POST", "/messages", { person: anna.id, chat_id: group.chat_id, text: "/go" });
const written = await control("POST", "/posts", { channel: channel.username, text: "<b>new</b>", format: "html", photo: png(2, 2).toString("base64"), author_signature: "Ed", forward_from: "Someone" });
await control("PATCH", `/posts/${channel.username}/${written.post_id}`, { text: "changed" });
const press = await control("POST", "/presses", { person: anna.id, bot: me.id, message_id: text.message_id, text: "A" });
await control("PUT", `/people/${anna.id}/bots/${me.id}`, { blocked: true });
await control("PUT", `/people/${anna.id}/bots/${me.id}`, { blocked: false });
await control("PATCH", `/groups/${group.chat_id}`, { bots: [] });
await call("answerCallbackQuery", { callback_query_id: press.query_id, text: "ok", show_alert: true });
const updates = await call("getUpdates", { allowed_updates: [] });
const kinds = new Set(updates.flatMap((one) => Object.keys(one)).filter((name) => name !== "update_id"));
for (const kind of ["message", "edited_message", "channel_post", "edited_channel_post", "callback_query", "my_chat_member"]) {
  check(`an update ${kind} was looked at`, kinds.has(kind), [...kinds]);
}
await call("deleteMessage", { ...chat, message_id: plain.message_id });
await call("deleteMessages", { ...chat, message_ids: [place.message_id] });
await call("leaveChat", { chat_id: channel.chat_id });
for (const one of offered) check(`${one.name} was looked at`, answered.has(one.name));

// ---- what all other tests made the sandbox say
const record = await (await fetch(`${root}/sandbox/v1/record?all=1`)).text();
let looked = 0;
for (const line of record.split("\n").filter(Boolean).map((one) => JSON.parse(one))) {
  for (const message of line.messages ?? []) {
    const problem = wrong(message, "TelegramMessage", `record ${line.seq}`);
    if (problem) check("a message of the record is as the types say", false, problem);
    looked += 1;
  }
  for (const one of line.updates ?? []) {
    const problem = wrong(one.update, "TelegramUpdate", `record ${line.seq}`);
    if (problem) check("an update of the record is as the types say", false, problem);
    looked += 1;
  }
}
check("the record was looked at", looked > 40, looked);
await control("PUT", "/limits", { enabled: true });
finish("types");
