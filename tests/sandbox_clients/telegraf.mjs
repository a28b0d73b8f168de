import { Input, Markup, Telegraf } from "telegraf";
import { check, control, fails, finish, history, listen, newBot, newPerson, png, root, say, until } from "./lib.mjs";

const me = await newBot("telegraf");
const anna = await newPerson(me);
await control("PUT", "/limits", { enabled: false });
const bot = new Telegraf(me.token, { telegram: { apiRoot: root } });

let sent, document;
bot.start((ctx) => ctx.reply("started"));
bot.action(/pick:(.+)/, async (ctx) => {
  await ctx.answerCbQuery(`picked ${ctx.match[1]}`);
  await ctx.editMessageReplyMarkup(undefined);
});
bot.on("document", async (ctx) => {
  const link = await ctx.telegram.getFileLink(ctx.message.document.file_id);
  document = Buffer.from(await (await fetch(link)).arrayBuffer()).toString();
});
bot.on("contact", (ctx) => ctx.reply(`number ${ctx.message.contact.phone_number} of ${ctx.message.contact.user_id}`));
bot.hears("Menu", (ctx) => ctx.reply("menu", Markup.keyboard([[Markup.button.contactRequest("My number"), "Back"]]).resize()));
bot.on("edited_message", (ctx) => ctx.reply(`edited to ${ctx.editedMessage.text}`));
bot.on("text", async (ctx) => {
  sent = await ctx.reply(`echo ${ctx.message.text}`, Markup.inlineKeyboard([Markup.button.callback("Pick", "pick:7")]));
});

const polling = bot.launch();
check("getMe works", (await bot.telegram.getMe()).username === me.username);
check("/start is answered", await until(async () => (await history(anna, me)).some((m) => m.text === "started")));
const words = await say(anna, me, "one");
check("an echo comes", await until(() => sent?.text === "echo one"), sent);
const press = await control("POST", "/presses", { person: anna.id, bot: me.id, message_id: sent.message_id, row: 0, column: 0, wait_s: 10 });
check("the press is answered", press.answer?.text === "picked 7" && press.answer.show_alert === false, press);
check("the keyboard is taken away", await until(async () => !(await history(anna, me)).find((m) => m.message_id === sent.message_id).reply_markup));
await control("PATCH", "/messages", { person: anna.id, bot: me.id, message_id: words.message.message_id, text: "two" });
check("an edit is told", await until(async () => (await history(anna, me)).some((m) => m.text === "edited to two")));
await say(anna, me, "Menu");
check("a reply keyboard is shown", await until(async () => {
  const state = await control("GET", `/state?person=${anna.id}`);
  return state.chats.find((chat) => chat.bot === me.id).keyboard?.keyboard?.[0]?.[0]?.request_contact === true;
}));
await control("POST", "/presses", { person: anna.id, bot: me.id, text: "My number" });
check("a shared contact comes", await until(async () => (await history(anna, me)).some((m) => m.text === `number ${anna.phone_number} of ${anna.id}`)));
await control("POST", "/messages", { person: anna.id, bot: me.id, document: Buffer.from("résumé").toString("base64"), file_name: "cv.txt", mime_type: "text/plain" });
check("a document is downloaded", await until(() => document === "résumé"), document);

const photo = await bot.telegram.sendPhoto(anna.id, Input.fromBuffer(png(64, 48), "x.png"), { caption: "hi" });
check("a photo is sent", photo.photo.at(-1).height === 48, photo);
const album = await bot.telegram.sendMediaGroup(anna.id, [
  { type: "photo", media: Input.fromBuffer(png(8, 8, 3), "1.png") },
  { type: "photo", media: Input.fromBuffer(png(8, 8, 4), "2.png"), caption: "second" },
]);
check("an album is sent", album.length === 2 && album[1].caption === "second" && album[0].media_group_id === album[1].media_group_id);
const changed = await bot.telegram.editMessageMedia(anna.id, photo.message_id, undefined, { type: "photo", media: Input.fromBuffer(png(20, 20, 9), "y.png"), caption: "other" });
check("a photo is changed", changed.photo.at(-1).width === 20 && changed.caption === "other", changed);
const text = await bot.telegram.sendMessage(anna.id, "*bold* \\. [link](https://example.com)", { parse_mode: "MarkdownV2" });
check("MarkdownV2 is understood", text.text === "bold . link" && text.entities.map((e) => e.type).join() === "bold,text_link", text);
const edited = await bot.telegram.editMessageText(anna.id, text.message_id, undefined, "plain");
check("a message is edited", edited.text === "plain");
check("a message is deleted", (await bot.telegram.deleteMessage(anna.id, text.message_id)) === true);
const place = await bot.telegram.sendLocation(anna.id, 55.75, 37.61);
check("a location is sent", place.location?.latitude === 55.75, place);
check("a contact is sent", (await bot.telegram.sendContact(anna.id, "+123", "Bob")).contact?.first_name === "Bob");
await bot.telegram.setChatMenuButton({ menuButton: { type: "commands" } });
check("the name is kept", (await bot.telegram.setMyName("Renamed")) === true && (await bot.telegram.getMyName()).name === "Renamed");

await control("POST", "/faults", { kind: "429", bot: me.id, method: "sendMessage", retry_after: 7, count: 1 });
const limited = await fails(bot.telegram.sendMessage(anna.id, "x"));
check("429 carries retry_after", limited?.response?.error_code === 429 && limited.response.parameters.retry_after === 7, limited?.response);
await control("PUT", `/people/${anna.id}/bots/${me.id}`, { blocked: true });
const blocked = await fails(bot.telegram.sendMessage(anna.id, "x"));
check("a blocked bot gets 403", blocked?.response?.description === "Forbidden: bot was blocked by the user", blocked?.response);
const unknown = await fails(bot.telegram.callApi("sendTelepathy", {}));
check("an unknown method is 404", unknown?.response?.error_code === 404 && unknown.response.description === "Not Found: method not found", unknown?.response);

bot.stop("test");
await polling;
check("polling stops", true);

// webhook, several chats side by side
const hook = new Telegraf(me.token, { telegram: { apiRoot: root } });
const order = {};
hook.on("text", async (ctx) => {
  (order[ctx.chat.id] ??= []).push(ctx.message.text);
  if (ctx.message.text === "1" && order[ctx.chat.id].length === 1) throw new Error("once"); // a failure: the update comes again
});
hook.catch((error) => { throw error; });
const callback = hook.webhookCallback("/hook", { secretToken: "abc" });
const web = await listen((request, response) => Promise.resolve(callback(request, response)).catch(() => {
  response.statusCode = 500;
  response.end();
}));
await hook.telegram.setWebhook(web.url, { secret_token: "abc", drop_pending_updates: true, allowed_updates: ["message"] });
const bob = await newPerson(me, "Bob");
const eve = await newPerson(me, "Eve");
for (const number of ["1", "2", "3"]) for (const person of [bob, eve]) await say(person, me, number);
check("a failed update comes again, in the order of its chat", await until(() => [bob, eve].every((one) => order[one.id]?.join() === "/start,1,2,3") ||
  [bob, eve].every((one) => order[one.id]?.filter((t) => t !== "/start").join() === "1,2,3")), order);
check("nothing is left", await until(async () => (await hook.telegram.getWebhookInfo()).pending_update_count === 0));
await hook.telegram.deleteWebhook();
await web.stop();
await control("PUT", "/limits", { enabled: true });
finish("telegraf");
