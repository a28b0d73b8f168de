import { autoRetry } from "@grammyjs/auto-retry";
import { Bot, GrammyError, InlineKeyboard, InputFile, InputMediaBuilder, webhookCallback } from "grammy";
import { check, control, fails, finish, history, listen, newBot, newPerson, png, root, say, until } from "./lib.mjs";

const me = await newBot("grammy");
const anna = await newPerson(me);
const bot = new Bot(me.token, { client: { apiRoot: root } });
let failures = 0;
bot.catch(() => { failures += 1; });

let sent, picture;
bot.command("start", (ctx) => ctx.reply("started"));
bot.on("callback_query:data", async (ctx) => {
  await ctx.answerCallbackQuery({ text: `you chose ${ctx.callbackQuery.data}`, show_alert: true });
  await ctx.editMessageText("<b>chosen</b>", { parse_mode: "HTML" });
});
bot.on(":photo", async (ctx) => {
  const file = await ctx.getFile();
  const url = `${root}/file/bot${me.token}/${file.file_path}`;
  picture = Buffer.from(await (await fetch(url)).arrayBuffer());
});
bot.on("message:text", async (ctx) => {
  sent = await ctx.reply(`echo ${ctx.msg.text}`, { reply_markup: new InlineKeyboard().text("One", "1").url("Site", "https://example.com") });
});

// polling
let started;
const polling = bot.start({ onStart: (info) => { started = info; }, drop_pending_updates: false });
check("onStart tells who the bot is", await until(() => started?.username === me.username), started);
check("/start is answered", await until(async () => (await history(anna, me)).some((m) => m.text === "started")));
await say(anna, me, "hello");
check("an echo comes", await until(() => sent?.text === "echo hello"), sent);
check("the keyboard is there", sent?.reply_markup?.inline_keyboard?.[0]?.[1]?.url === "https://example.com/", sent?.reply_markup);
const press = await control("POST", "/presses", { person: anna.id, bot: me.id, message_id: sent.message_id, text: "One", wait_s: 10 });
check("the press is answered", press.answer?.text === "you chose 1" && press.answer?.show_alert === true, press);
check("the message is edited", await until(async () => {
  const m = (await history(anna, me)).find((one) => one.message_id === sent.message_id);
  return m.text === "chosen" && m.entities?.[0]?.type === "bold" && m.edit_date > 0 && !m.reply_markup;
}));

// files, one way and the other
await control("PUT", "/limits", { enabled: false });
const image = png(40, 30);
const photo = await bot.api.sendPhoto(anna.id, new InputFile(image, "p.png"), { caption: "a <i>photo</i>", parse_mode: "HTML" });
check("a photo is sent", photo.photo?.at(-1)?.width === 40 && photo.caption === "a photo" && photo.caption_entities?.[0]?.type === "italic", photo);
const again = await bot.api.sendPhoto(anna.id, photo.photo.at(-1).file_id);
check("a photo is sent again by its id", again.photo?.at(-1)?.file_unique_id === photo.photo.at(-1).file_unique_id);
const album = await bot.api.sendMediaGroup(anna.id, [
  InputMediaBuilder.photo(new InputFile(png(10, 10, 1), "a.png"), { caption: "first" }),
  InputMediaBuilder.photo(new InputFile(png(10, 10, 2), "b.png")),
  InputMediaBuilder.photo(photo.photo.at(-1).file_id),
]);
check("an album is sent", album.length === 3 && album[0].caption === "first" && new Set(album.map((m) => m.media_group_id)).size === 1, album);
const paper = await bot.api.sendDocument(anna.id, new InputFile(Buffer.from("text"), "note.txt"));
check("a document keeps its name", paper.document?.file_name === "note.txt" && paper.document?.file_size === 4, paper);
await control("POST", "/messages", { person: anna.id, bot: me.id, photo: image.toString("base64"), caption: "mine" });
check("a person's photo is downloaded whole", await until(() => picture?.equals(image)));

// editing, copying, deleting
const text = await bot.api.sendMessage(anna.id, "to be changed");
const edited = await bot.api.editMessageText(anna.id, text.message_id, "changed");
check("a message is edited", edited.text === "changed" && edited.edit_date > 0, edited);
const same = await fails(bot.api.editMessageText(anna.id, text.message_id, "changed"));
check("the same text is refused", same instanceof GrammyError && same.description.startsWith("Bad Request: message is not modified: specified new message content"), same?.description);
const copy = await bot.api.copyMessage(anna.id, anna.id, text.message_id);
check("a copy has an id of its own", copy.message_id > text.message_id && !copy.text, copy);
const forward = await bot.api.forwardMessage(anna.id, anna.id, text.message_id);
check("a forward tells where it is from", forward.forward_origin?.type === "user" && forward.text === "changed", forward);
check("a message is deleted", (await bot.api.deleteMessage(anna.id, text.message_id)) === true);
const gone = await fails(bot.api.deleteMessage(anna.id, text.message_id));
check("what is gone cannot be deleted", gone?.description === "Bad Request: message to delete not found", gone?.description);
await bot.api.setMyCommands([{ command: "start", description: "Begin" }]);
check("commands are kept", (await bot.api.getMyCommands())[0]?.description === "Begin");
check("a chat is told", (await bot.api.getChat(anna.id)).first_name === "Anna");

// refusals
const html = await fails(bot.api.sendMessage(anna.id, "<b>x", { parse_mode: "HTML" }));
check("broken HTML is refused", html?.error_code === 400 && html.description === "Bad Request: can't parse entities: Can't find end tag corresponding to start tag \"b\"", html?.description);
await control("PUT", "/limits", { enabled: true });
const burst = await Promise.all(Array.from({ length: 6 }, (_, i) => fails(bot.api.sendMessage(anna.id, `fast ${i}`))));
const limited = burst.find((one) => one?.error_code === 429);
check("too many messages meet 429", limited?.parameters?.retry_after >= 1, burst.map((one) => one?.description));
const patient = new Bot(me.token, { client: { apiRoot: root } });
patient.api.config.use(autoRetry({ maxRetryAttempts: 20 }));
const began = Date.now();
check("auto-retry gets through", (await patient.api.sendMessage(anna.id, "patient")).text === "patient" && Date.now() - began >= 900);
await control("POST", "/faults", { kind: "502", bot: me.id, method: "sendChatAction", count: 1 });
check("auto-retry gets over a 502 page", (await patient.api.sendChatAction(anna.id, "typing")) === true);
await control("PUT", `/people/${anna.id}/bots/${me.id}`, { blocked: true });
const blocked = await fails(bot.api.sendMessage(anna.id, "are you there?"));
check("a blocked bot gets 403", blocked?.error_code === 403 && blocked.description === "Forbidden: bot was blocked by the user", blocked?.description);
const other = await newPerson();
const stranger = await fails(bot.api.sendMessage(other.id, "hello"));
check("a stranger cannot be written to", stranger?.error_code === 403, stranger?.description);

await bot.stop();
await polling;
check("polling stops", !bot.isRunning());
check("no handler failed", failures === 0, failures);

// webhook
const hookBot = new Bot(me.token, { client: { apiRoot: root } });
await hookBot.init();
hookBot.on("message:text", (ctx) => ctx.reply(`hook ${ctx.msg.text}`));
let secrets = 0;
const callback = webhookCallback(hookBot, "http", { secretToken: "s3cret" });
const web = await listen((request, response) => {
  if (request.headers["x-telegram-bot-api-secret-token"] === "s3cret") secrets += 1;
  return callback(request, response);
});
check("a webhook is set", (await hookBot.api.setWebhook(web.url, { secret_token: "s3cret", drop_pending_updates: true })) === true);
check("the webhook is told", (await hookBot.api.getWebhookInfo()).url === web.url);
const conflict = await fails(hookBot.api.getUpdates());
check("no polling beside a webhook", conflict?.error_code === 409 && conflict.description.startsWith("Conflict: can't use getUpdates method while webhook is active"), conflict?.description);
await control("POST", "/messages", { person: anna.id, bot: me.id, start: "" });
await say(anna, me, "ring");
check("the webhook answers", await until(async () => (await history(anna, me)).some((m) => m.text === "hook ring")));
check("each call carried the secret", secrets >= 2, secrets);
await hookBot.api.deleteWebhook();
check("the webhook is gone", (await hookBot.api.getWebhookInfo()).url === "");
await web.stop();
finish("grammY");
