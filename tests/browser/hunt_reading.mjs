// Reading as each person wants it, walked in the page by its buttons: filters, the reply, lists, hidden authors, edits.
// Posts, other people's deeds and the clock come through the control contract. TANDEM_WALKS as in ./run.
import { takeWalks, Walker } from "./walker.mjs";

const walks = [
  { name: "reading-ru-desktop", language: "ru", phone: false, look: "dark" },
  { name: "reading-en-phone", language: "en", phone: true, look: "light" },
];
const words = {
  ru: { wanted: "логотип", minus: "офис", wrong: "«логотип", reply: "Здравствуйте! Пишу про «{title}», начну сегодня." },
  en: { wanted: "логотип", minus: "офис", wrong: "“логотип", reply: "Hello! About “{title}”: I can start today." },
};
let number = 100000;

class ReadingWalk extends Walker {
  async api(method, where, body) {
    const answer = await fetch(`${this.tandem.url}sandbox/v1${where}`, {
      method, headers: { "Content-Type": "application/json" }, body: body && JSON.stringify(body),
    });
    if (!answer.ok) throw new Error(`${method} ${where}: ${answer.status} ${await answer.text()}`);
    return answer.json();
  }
  // Writes a post that the design readers get; how it is told from others.
  async post(text, more = {}) {
    const told = `№${++number}`;
    const done = await this.api("POST", "/posts", { channel: this.channel, text: text.replace("№", told), ...more });
    return { told, id: done.post_id };
  }
  logo(more) {
    return this.post("Нужен графический дизайнер: логотип № и фирменный стиль. Бюджет 25 000 ₽, писать @anna_cafe", more);
  }
  card(told) {
    return this.page.locator(".message", { has: this.page.locator(".bubble", { hasText: told }) }).last();
  }
  // A button under this very card.
  async pressOn(told, name) {
    const text = name instanceof RegExp ? name : this.texts.button(name);
    const button = this.card(told).locator(".inline-keyboard button").filter({ has: this.page.locator("span", { hasText: text }) });
    await button.last().click();
  }
  async says(key, values) {
    let pattern = this.texts.raw(key).replace(/<[^>]+>/g, "");
    for (const [name, value] of Object.entries(values ?? {})) pattern = pattern.replace(`{${name}}`, value);
    await this.bubble(new RegExp(pattern.split(/\{[^{}]*\}/).map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")).join(".+?"))).waitFor();
  }

  async arrive() {
    const { page, texts } = this;
    await this.step("a reader of design opens the page", async () => {
      const bots = (await this.api("GET", "/bots")).bots;
      const main = bots.find((bot) => bot.username === "tandem_hunt_bot").id;
      this.design = bots.find((bot) => bot.username === "tandem_design_bot").id;
      this.channel = `zakazy_${this.language}`;
      await this.api("POST", "/channels", { username: this.channel, title: "Заказы дня" });
      const person = await this.api("POST", "/people", { first_name: "Анна", language_code: this.language });
      this.person = person.id;
      for (const bot of [main, this.design]) await this.api("POST", "/messages", { person: person.id, bot, start: "" });
      await page.goto(`${this.tandem.url}sandbox/#/${person.id}`);
      const later = page.getByRole("button", { name: texts.page("tour.later") });
      await later.or(page.locator(".sidebar .item").first()).first().waitFor();
      if (await later.isVisible()) await later.click();
      await page.locator(".sidebar .item", { hasText: this.mainBot }).first().click();
      await page.locator(".conversation h1", { hasText: this.mainBot }).waitFor();
      await this.write("/menu");
      await this.button("filters").waitFor();
      await this.picture("menu");
    });
  }

  async filters() {
    const { wanted, minus, wrong } = words[this.language];
    await this.step("the filters show that nothing is filtered", async () => {
      await this.press("filters");
      await this.says("hunt.filters.text", { scope: this.texts.raw("hunt.filters.all"), words: this.texts.raw("hunt.filters.any_words") });
    });
    await this.step("a wrong word is asked again, a right one is kept", async () => {
      await this.press("words");
      await this.bubble(this.texts.firstLine("hunt.filter_ask.words")).waitFor();
      await this.picture("words");
      await this.write(wrong);
      await this.bubble(/⚠️/).waitFor();
      await this.write(wanted);
      await this.says("hunt.filters.text", { words: wanted });
    });
    await this.step("a minus-word", async () => {
      await this.press("minus");
      await this.bubble(this.texts.firstLine("hunt.filter_ask.minus")).waitFor();
      await this.write(minus);
      await this.says("hunt.filters.text", { minus });
    });
    await this.step("a smallest budget, and nothing without a sum", async () => {
      await this.press("budget");
      await this.bubble(this.texts.firstLine("hunt.filter_ask.budget")).waitFor();
      await this.write("много");
      await this.bubble(this.texts.part("hunt.filter_hint.budget")).waitFor();
      await this.write("20 000");
      await this.says("hunt.filters.budget_or_none", { sum: "20\u2009000\u2009₽" });
      await this.press(new RegExp(`✓ ${this.texts.raw("hunt.button.without_budget")}`));
      await this.button(new RegExp(`○ ${this.texts.raw("hunt.button.without_budget")}`)).waitFor();
      await this.picture("budget");
      await this.press("back");
    });
    await this.step("quiet hours by a button, their morning as a list", async () => {
      await this.press("quiet");
      await this.press(/^23:00–8:00$/);
      await this.button(/^✓ 23:00–8:00$/).waitFor();
      await this.press(new RegExp(`○ ${this.texts.raw("hunt.button.as_list")}`));
      await this.button(new RegExp(`✓ ${this.texts.raw("hunt.button.as_list")}`)).waitFor();
      await this.picture("quiet");
      await this.press("clear");
      await this.says("hunt.filter_ask.quiet", { scope: this.texts.raw("hunt.filters.all"), now: this.texts.raw("hunt.filters.no_quiet") });
      await this.press("back");
    });
    await this.step("a category gets hours of its own and gives them back", async () => {
      await this.press("by_category_plain");
      await this.press(new RegExp(`^(✓ )?🎨 ${this.category}$`));
      await this.press("when");
      await this.press(/^○ 19:00$/);
      await this.button(/^✓ 19:00$/).waitFor();
      await this.press("back");
      await this.says("hunt.filters.once_a_day", { time: "19:00" });
      await this.picture("filters-of-category");
      await this.press("as_for_all");
      await this.button("as_for_all").waitFor({ state: "detached" });
      await this.press("back");
      await this.says("hunt.filters.scopes");
      await this.press("back");
      await this.says("hunt.filters.text", { scope: this.texts.raw("hunt.filters.all"), words: wanted, minus });
      await this.picture("filters");
    });
  }

  async reply() {
    await this.step("the reply is written, with a look at it", async () => {
      await this.write("/settings");
      await this.press("reply");
      await this.press("write_reply");
      await this.bubble(this.texts.firstLine("hunt.reply.ask")).waitFor();
      await this.write("{name}!");
      await this.bubble(/\{name\}»?/).last().waitFor();
      await this.write(words[this.language].reply);
      await this.bubble(new RegExp(this.texts.raw("hunt.reply.example"))).waitFor();
      await this.picture("reply");
    });
  }

  async cards() {
    const { page, texts } = this;
    await this.step("only what passes the filter comes, and the respond button carries the reply", async () => {
      await this.open(this.categoryBot);
      await this.post("Нужен дизайнер: баннер № для сайта. Бюджет 30 000 ₽, писать @anna_cafe");
      await this.post("Нужен дизайнер: логотип №. Бюджет 3 000 ₽, писать @anna_cafe");
      const { told, id } = await this.logo();
      this.first = { told, id };
      await this.card(told).waitFor();
      const views = (await this.api("GET", `/messages?chat=${this.design}:${this.person}`)).views;
      const shown = views.map((view) => view.message).filter((message) => /№\d{6}/.test(message.text ?? ""));
      if (shown.length !== 1) throw new Error(`${shown.length} cards came`);
      const url = shown[0].reply_markup.inline_keyboard[0][0].url;
      if (!url.startsWith("https://t.me/anna_cafe?text=") || !decodeURIComponent(url).includes(told)) throw new Error(url);
      await this.picture("card");
    });
    await this.step("why it came names the reader's own filter", async () => {
      await this.pressOn(this.first.told, "more");
      await this.press("why");
      await this.bubble(texts.part("hunt.why.own")).waitFor();
      await this.picture("why");
      await this.press("back");
    });
    await this.step("it is marked as responded to, and listed", async () => {
      await this.press("mark_replied");
      await this.notice("hunt.card.replied_note");
      await this.bubble(texts.part("hunt.card.replied")).waitFor();
      await this.open(this.mainBot);
      await this.write("/replies");
      await this.bubble(texts.firstLine("hunt.replies.text")).waitFor();
      await this.picture("replies");
      await this.press(/^1$/);
      await this.bubble(texts.part("hunt.card.replied")).waitFor();
      await this.press("back");
      await this.button(/^1$/).waitFor();
    });
    await this.step("an e-mail is shown where no chat can be opened", async () => {
      await this.open(this.categoryBot);
      const { told } = await this.post("Нужен дизайнер: логотип № для аптеки. Бюджет 40 000 ₽, резюме на hr@apteka.example");
      await this.card(told).waitFor();
      await this.pressOn(told, "how_to_respond");
      await this.bubble(texts.part("hunt.contact.mail")).waitFor();
      await this.picture("contact");
      await this.press("back");
      this.second = told;
    });
    await this.step("the author is hidden, found in the list, and shown again", async () => {
      await this.pressOn(this.second, "more");
      await this.press("hide");
      await this.notice("hunt.card.hidden_note");
      await this.open(this.mainBot);
      await this.write("/settings");
      await this.press("hidden");
      await this.bubble(/hr@apteka\.example/).waitFor();
      await this.picture("hidden");
      await this.press(/^↩️ 1$/);
      await this.bubble(texts.part("hunt.hidden.empty")).waitFor();
    });
    await this.step("saved ones are listed in pages and removed", async () => {
      await this.open(this.categoryBot);
      for (let i = 0; i < 6; ++i) {
        const { told } = await this.logo();
        await this.card(told).waitFor();
        await this.pressOn(told, "save");
        await this.card(told).locator(".inline-keyboard button", { hasText: "★" }).waitFor();
      }
      await this.open(this.mainBot);
      await this.write("/saved");
      await this.press("older");
      await this.press(/^6$/);
      await this.press("unsave");
      await this.notice("hunt.card.unsaved_note");
      await this.press("back");
      await this.button(/^5$/).waitFor();
      await this.picture("saved");
    });
    await this.step("an edited post changes its card, a closed one strikes it, an open one brings it back", async () => {
      await this.open(this.categoryBot);
      const text = "Нужен графический дизайнер: логотип № и стиль. Бюджет 25 000 ₽, писать @anna_cafe";
      const { told, id } = await this.post(text);
      await this.card(told).waitFor();
      const edit = (changed) => this.api("PATCH", `/posts/${this.channel}/${id}`, { text: changed.replace("№", told) });
      await edit(text.replace("25 000", "55 000"));
      await this.card(told).locator(".bubble", { hasText: /55\s000/ }).waitFor();
      await edit(`ЗАКРЫТО! ${text}`);
      await this.card(told).locator("s").first().waitFor();
      await this.bubble(texts.part("hunt.card.closed")).waitFor();
      await this.picture("closed");
      await edit(text.replace("25 000", "65 000"));
      await this.card(told).locator(".bubble", { hasText: /65\s000/ }).waitFor();
    });
  }

  async lists() {
    const { texts } = this;
    await this.step("a list of the day comes at its hour and is leafed through", async () => {
      await this.open(this.mainBot);
      await this.write("/filters");
      await this.press("when");
      const { now } = await this.api("GET", "/clock");
      const hour = (new Date(now * 1000).getUTCHours() + 5) % 24; // two hours from now in Moscow
      await this.write(`${hour}:00`);
      await this.says("hunt.filters.once_a_day", { time: `${hour}:00` });
      await this.picture("when");
      await this.open(this.categoryBot);
      const told = [];
      for (let i = 0; i < 7; ++i) told.push((await this.logo()).told);
      await this.judged(told.at(-1));
      await this.api("PUT", "/clock", { advance_s: 2 * 3600 });
      await this.button("older").waitFor();
      await this.picture("list");
      await this.press("older");
      await this.button("newer").waitFor();
      await this.press(/^7$/);
      await this.button("newer").waitFor({ state: "hidden" }); // the card is there in place of the list
      await this.press("back");
      await this.button("newer").waitFor();
      await this.press("newer");
      await this.button("older").waitFor();
    });
    await this.step("at once again", async () => {
      await this.open(this.mainBot);
      await this.write("/filters");
      await this.press("when");
      await this.press(new RegExp(`○ ${texts.raw("hunt.button.at_once")}`));
      await this.button(new RegExp(`✓ ${texts.raw("hunt.button.at_once")}`)).waitFor();
    });
    await this.step("nothing came from elsewhere and nothing broke", async () => {
      if (this.troubles.length > 0) throw new Error(this.troubles.join("\n"));
    });
  }

  // Until the post has been through the judge: what waits for its hour shows nowhere.
  async judged(told) {
    const id = (await this.api("GET", `/posts?channel=${this.channel}&limit=50`)).views.find((view) => view.message.text.includes(told)).message.message_id;
    for (let i = 0; i < 600; ++i) {
      const { stages } = await this.api("GET", `/stages?channel=${this.channel}&post_id=${id}`);
      if (stages.some((one) => one.stage === "judged")) return;
      await this.page.waitForTimeout(100);
    }
    throw new Error(`${told} is not judged`);
  }

  async walk() {
    await this.arrive();
    await this.filters();
    await this.reply();
    await this.cards();
    await this.lists();
  }
}

await takeWalks(ReadingWalk, walks);
