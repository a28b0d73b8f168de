import { webcrypto } from "node:crypto";
import { Api, Bot, InlineKeyboardBuilder, InputFile } from "node-telegram-bot-api";
import { check, control, fails, finish, history, listen, newBot, newPerson, png, root, say, until } from "./lib.mjs";

globalThis.crypto ??= webcrypto;  // the client needs it, and Node 18 has it only as a module
const me = await newBot("ntba");
const anna = await newPerson(me);
await control("PUT", "/limits", { enabled: false });
const api = new Api(me.token, { apiRoot: root });
const bot = new Bot(me.token, { apiRoot: root });

check("getMe works", (await api.getMe()).id === me.id);

let sent;
bot.command("start", (ctx) => ctx.reply("started"));
bot.hears(/say (.+)/, async (ctx) => {
  sent = await ctx.reply(ctx.match[1], { reply_markup: new InlineKeyboardBuilder().text("Yes", "yes").build() });
});
bot.on("callback_query", (ctx) => ctx.answerCallbackQuery({ text: `pressed ${ctx.callbackQuery.data}` }));
const polling = bot.startPolling();
check("/start is answered", await until(async () => (await history(anna, me)).some((m) => m.text === "started")));
await say(anna, me, "say hello & <bye> 😀");
check("an answer comes", await until(() => sent?.text === "hello & <bye> 😀"), sent);
const press = await control("POST", "/presses", { person: anna.id, bot: me.id, message_id: sent.message_id, text: "Yes", wait_s: 10 });
check("the press is answered", press.answer?.text === "pressed yes", press);
const late = await fails(api.answerCallbackQuery({ callback_query_id: press.query_id }));
check("a query is answered once", late && /query is too old and response timeout expired or query ID is invalid/.test(String(late.description ?? late.message ?? late)), String(late));

const entities = await api.sendMessage({ chat_id: anna.id, text: "one two", entities: [{ type: "bold", offset: 4, length: 3 }] });
check("entities are kept", entities.entities?.length === 1 && entities.entities[0].offset === 4, entities);
const photo = await api.sendPhoto({ chat_id: anna.id, photo: new InputFile(png(33, 44), { filename: "cat.png" }), caption: "cat" });
check("a photo is sent", photo.photo?.at(-1)?.width === 33 && photo.caption === "cat", photo);
const file = await api.getFile({ file_id: photo.photo.at(-1).file_id });
const bytes = Buffer.from(await (await fetch(`${root}/file/bot${me.token}/${file.file_path}`)).arrayBuffer());
check("the file is downloaded", bytes.equals(png(33, 44)));
const album = await api.sendMediaGroup({ chat_id: anna.id, media: [
  { type: "photo", media: new InputFile(png(5, 6, 7), { filename: "a.png" }) },
  { type: "photo", media: photo.photo.at(-1).file_id, caption: "known" },
] });
check("an album is sent", album.length === 2 && album[1].caption === "known", album);
const edited = await api.editMessageText({ chat_id: anna.id, message_id: entities.message_id, text: "three" });
check("a message is edited", edited.text === "three");
const caption = await api.editMessageCaption({ chat_id: anna.id, message_id: photo.message_id, caption: "dog" });
check("a caption is edited", caption.caption === "dog");
check("messages are deleted", (await api.deleteMessages({ chat_id: anna.id, message_ids: album.map((m) => m.message_id) })) === true);
check("they are gone", (await history(anna, me)).every((m) => !album.some((one) => one.message_id === m.message_id)));

await control("POST", "/faults", { kind: "429", bot: me.id, method: "sendMessage", retry_after: 1, count: 1 });
const once = new Api(me.token, { apiRoot: root, retry: false, maxRetries: 0 });
const limited = await fails(once.sendMessage({ chat_id: anna.id, text: "x" }));
check("429 is told, or waited for", limited === undefined || /Too Many Requests: retry after 1/.test(String(limited.description ?? limited.message)), String(limited));
await control("PUT", `/people/${anna.id}/bots/${me.id}`, { blocked: true });
const blocked = await fails(api.sendMessage({ chat_id: anna.id, text: "x" }));
check("a blocked bot gets 403", /bot was blocked by the user/.test(String(blocked?.description ?? blocked?.message)), String(blocked));

await bot.stop();
await polling;
check("polling stops", true);

// webhook: the answer's body is a call
const updates = [];
const web = await listen((request, response) => {
  let body = "";
  request.on("data", (piece) => { body += piece; });
  request.on("end", () => {
    const update = JSON.parse(body);
    updates.push(update);
    response.setHeader("content-type", "application/json");
    response.end(update.message?.text ? JSON.stringify({ method: "sendMessage", chat_id: update.message.chat.id, text: `by answer ${update.message.text}` }) : "");
  });
});
await api.setWebhook({ url: web.url, drop_pending_updates: true });
await control("POST", "/messages", { person: anna.id, bot: me.id, start: "deep" });
check("the call in a webhook's answer is carried out", await until(async () => (await history(anna, me)).some((m) => m.text === "by answer /start deep")));
check("unblocking is told", updates.some((one) => one.my_chat_member?.new_chat_member?.status === "member" && one.my_chat_member.old_chat_member.status === "kicked"), updates);
await api.deleteWebhook();
await web.stop();
await control("PUT", "/limits", { enabled: true });
finish("node-telegram-bot-api");
