// Two people who find each other, as they walk it in the page, each in a tab: registration with photos, likes, a match, a
// talk with all that it may hold, its end, a complaint, deletion. TANDEM_WALKS as in ./run.
import { looks, photosOf } from "./portraits.mjs";
import { takeWalks, Walker } from "./walker.mjs";

// Each walk is in a town of its own, so that nobody meets the people of another one; typed: its name with a mistake.
const walks = [
  { name: "dating-ru-desktop", language: "ru", phone: false, look: "light", town: "moscow", typed: "масква" },
  { name: "dating-en-desktop", language: "en", phone: false, look: "dark", town: "berlin", typed: "Berrlin" },
  { name: "dating-ru-phone", language: "ru", phone: true, look: "dark", town: "novosibirsk", typed: "навасибирск" },
  { name: "dating-en-phone", language: "en", phone: true, look: "light", town: "london", typed: "Lonndon" },
].filter(
  (one) =>
    process.env.TANDEM_WALKS === "all" ||
    (process.env.TANDEM_WALKS ?? "dating-ru-desktop dating-en-phone").split(" ").includes(one.name),
);

const cast = {
  ru: {
    anna: { name: "Аня", sex: "woman", seeks: "men", age: "27", about: "Дизайнер. Ищу того, с кем можно молчать." },
    max: { name: "Максим", sex: "man", seeks: "women", age: "14.03.1996", about: "Инженер, по выходным пеку хлеб." },
    stranger: "Игорь",
    own: "шахматы",
    letter: "Какая гора у тебя любимая?",
    said: "Привет! Белуха, была там в мае",
    edited: "Привет! Белуха, была там в июне",
    answer: "И как наверху?",
    caption: "Вот так",
    slip: "Ой, это не сюда",
    late: "Ты здесь?",
  },
  en: {
    anna: { name: "Ann", sex: "woman", seeks: "men", age: "27", about: "Designer. Looking for somebody to be silent with." },
    max: { name: "Max", sex: "man", seeks: "women", age: "14.03.1996", about: "Engineer, I bake bread at weekends." },
    stranger: "Igor",
    own: "chess",
    letter: "Which mountain do you like best?",
    said: "Hi! Ben Nevis, I was there in May",
    edited: "Hi! Ben Nevis, I was there in June",
    answer: "And how is it up there?",
    caption: "Like this",
    slip: "Oops, wrong place",
    late: "Are you there?",
  },
};

const exactly = (text) => new RegExp(`^${text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")}$`);

// One of the two: a tab and what they say.
class Person {
  constructor(walk, page, facts, look) {
    Object.assign(this, { walk, page, look }, facts);
    this.texts = walk.texts;
  }

  key(name) {
    return this.texts.bot(`dating.${name}`);
  }
  // The newest button: by the key of its text, or by its words.
  button(name) {
    const words = name instanceof RegExp ? name : /^[\w.]+\.[\w.]+$/.test(name) ? this.key(name) : exactly(name);
    return this.walk.button(words, this.page);
  }
  async press(name) {
    await this.button(name).click();
  }
  // Waits for a message that begins as this text does.
  async sees(name) {
    await this.page.locator(".bubble", { hasText: this.texts.firstLine(`dating.${name}`) }).last().waitFor();
  }
  async reads(words) {
    await this.page.locator(".bubble", { hasText: words }).last().waitFor();
  }
  async writes(text) {
    await this.walk.write(text, this.page);
  }
  async front() {
    await this.page.bringToFront();
  }
  async actsOn(message, action) {
    await message.hover();
    await message.locator(".of-message > button").click({ force: true });
    await this.page.getByRole("menuitem", { name: this.texts.page(`chat.${action}`) }).click();
  }
  async attaches(what) {
    await this.page.locator(".attachments > button").click();
    await this.page.getByRole("menuitem", { name: this.texts.page(`compose.attach_${what}`) }).click();
  }
  // The newest message with these words: the person's own, or one that came.
  message(words, whose) {
    return this.page.locator(`.message.${whose}`, { hasText: words }).last();
  }
}

class DatingWalk extends Walker {
  get bot() {
    return this.texts.raw("dating.about.name");
  }

  async arrive() {
    const facts = cast[this.language];
    const make = async (name) => {
      const answer = await fetch(`${this.tandem.url}sandbox/v1/people`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ first_name: name, username: `${name === facts.anna.name ? "anna" : "max"}_${Date.now()}`,
                               language_code: this.language }),
      });
      return (await answer.json()).id;
    };
    const enter = async (page, id) => {
      await page.goto(`${this.tandem.url}sandbox/#/${id}`);
      await page.getByRole("button", { name: this.texts.page("tour.later") }).click();
      await page.locator(".sidebar .item", { hasText: this.bot }).first().click();
      await page.locator(".conversation h1", { hasText: this.bot }).waitFor();
      await page.locator(".composer .start").click();
    };
    await this.step("two people open Dating's bot, each in a tab", async () => {
      const second = await this.context.newPage();
      this.watch(second);
      await enter(this.page, await make(facts.anna.name));
      await enter(second, await make(facts.max.name));
      this.anna = new Person(this, this.page, facts.anna, looks.anna);
      this.max = new Person(this, second, facts.max, looks.max);
    });
  }

  async register(who, photos) {
    const { page, texts } = who;
    const facts = cast[this.language];
    const town = texts.pageRaw(`location.town.${this.town}`);
    const isAnna = who === this.anna;
    await who.front();
    await this.step(`${who.name} agrees to the document`, async () => {
      await who.sees("consent.text");
      if (isAnna) await this.picture("consent");
      await who.press("consent.read");
      await who.button("button.back").waitFor();
      await who.press("consent.agree");
    });
    await this.step(`${who.name} says who they are`, async () => {
      await who.press(who.name);
      await who.button("registration.cancel").waitFor();
      await who.sees("registration.age");
      if (!isAnna) {
        await who.writes("200");
        await who.sees("hint.absurd_age");
      }
      await who.writes(who.age);
      await who.press(`registration.${who.sex}`);
      if (isAnna) {
        await who.press(`registration.${who.seeks}`);
      } else {
        await who.button(`registration.${who.seeks}`).waitFor();
        await who.writes(texts.raw(`dating.registration.${who.seeks}`).toLowerCase());  // typed, not pressed
      }
    });
    await this.step(`${who.name} says where they are`, async () => {
      const share = page.locator(".reply-keyboard button", { hasText: texts.raw("dating.registration.share_place") });
      await share.waitFor();
      if (isAnna) {
        await this.picture("place");
        await share.click();
        await page.getByRole("button", { name: town, exact: true }).click();
      } else {
        await who.writes(this.typed);
        await who.sees("registration.guessed_town");
        await this.picture("town", page);
        await page.locator(".inline-keyboard button", { hasText: town }).first().click();
      }
      await who.reads(town);
    });
    await this.step(`${who.name} tells of themselves`, async () => {
      await who.sees("registration.about");
      await who.writes(who.about);
      await who.press("interest.mountains");
      await who.button(`✓ ${texts.raw("dating.interest.mountains")}`).waitFor();
      await who.writes(texts.raw("dating.interest.coffee"));
      if (isAnna) {
        await who.press("interest.jazz");
        await who.writes(facts.own);
      }
      const done = texts.raw("dating.registration.done_count").replace("{count}", isAnna ? "4" : "2");
      await who.button(done).waitFor();
      if (isAnna) await this.picture("interests");
      await who.press(done);
    });
    await this.step(`${who.name} sends photos`, async () => {
      await who.sees("registration.photos");
      await page.locator(".pick-photos").setInputFiles(await photosOf(page, who.look, photos));
      await page.locator(".attached-files img").nth(photos - 1).waitFor();
      await page.locator(".composer button.send").click();
      await who.press("photo_button.go_on");
    });
    await this.step(`${who.name} sees the own card and publishes it`, async () => {
      const wide = texts.raw("dating.registration.radius").replace("{km, number, integer}", "100");
      await who.press(wide);
      await who.button(`✓ ${wide}`).waitFor();
      if (isAnna) await this.picture("preferences");
      await who.press("registration.done");
      await who.button("registration.publish").waitFor();
      await page.locator(".photos img").last().waitFor();
      if (isAnna) await this.picture("preview");
      await who.press("registration.publish");
      await who.reads(texts.raw("dating.registration.published"));
    });
  }

  // ---- likes

  async like() {
    const { anna, max } = this;
    const facts = cast[this.language];
    await anna.front();
    await this.step(`${anna.name} sees ${max.name}, all photos, and what else can be done`, async () => {
      await anna.press("registration.deck");
      await anna.reads(max.about);
      await this.picture("card");
      await anna.press("deck_button.photo_after");
      await anna.reads("2/2");
      await anna.press("deck_button.more");
      await anna.button("deck_button.hide").waitFor();
      await this.picture("more");
      await anna.press("button.back");
    });
    await this.step(`${anna.name} likes; then there is nobody left`, async () => {
      await anna.press("deck_button.like");
      await anna.button("deck_button.change").waitFor();
      await this.picture("empty");
    });
    await max.front();
    await this.step(`${max.name} answers with a letter: both hear of it`, async () => {
      await max.press("registration.deck");
      await max.reads(anna.about);
      await max.press("deck_button.letter");
      await max.reads(anna.name);
      await max.writes(facts.letter);
      await max.button("match_button.write").waitFor();
      await max.page.locator(".bubble .photos img").last().waitFor();
      await this.picture("match", max.page);
      await anna.front();
      await anna.button("match_button.write").waitFor();
      await this.picture("mutual");
    });
  }

  // ---- the talk

  async talk() {
    const { anna, max, texts } = this;
    const facts = cast[this.language];
    const line = (who) => who.page.locator(".pinned", { hasText: who === anna ? max.name : anna.name });
    await this.step("both begin to write; the pinned line says to whom", async () => {
      await anna.press("match_button.write");
      await line(anna).waitFor();
      await max.front();
      await max.press("match_button.write");
      await line(max).waitFor();
    });
    await this.step("a text, an answer to it, an edit", async () => {
      await anna.front();
      await anna.writes(facts.said);
      await max.front();
      await max.reads(facts.said);
      await max.actsOn(max.message(facts.said, "theirs"), "reply");
      await max.writes(facts.answer);
      await anna.front();
      await anna.page.locator(".bubble:has(.quoted)", { hasText: facts.answer }).waitFor();
      await anna.actsOn(anna.message(facts.said, "mine"), "edit");
      await anna.page.locator(".composer textarea").fill(facts.edited);
      await anna.page.keyboard.press("Enter");
      await max.front();
      await max.reads(facts.edited);
      await anna.front();
      await anna.page.locator(".notices button").first().waitFor({ state: "hidden" });
      await this.picture("words");
    });
    await this.step("a photo, a voice, a round film, a sticker", async () => {
      await anna.front();
      const [photo] = await photosOf(anna.page, looks.anna, 1);
      await anna.page.locator(".pick-photos").setInputFiles([photo]);
      await anna.page.locator(".attached-files img").waitFor();
      await anna.writes(facts.caption);
      await anna.attaches("voice");
      await max.front();
      await max.reads(facts.caption);
      await max.page.locator(".message.theirs .voice").waitFor();
      await max.attaches("note");
      await max.page.locator(".stickers > button").click();
      await max.page.locator(".stickers [role=menuitem]").nth(4).click();
      await anna.front();
      await anna.page.locator(".message.theirs .note").waitFor();
      await anna.page.locator(".message.theirs .sticker").waitFor();
      await this.picture("talk");
      await max.front();
      await this.picture("talk-other", max.page);
    });
    await this.step("a place goes only when it is confirmed", async () => {
      await anna.front();
      await anna.attaches("location");
      await anna.page.getByRole("button", { name: texts.pageRaw(`location.town.${this.town}`), exact: true }).click();
      await anna.button("talk_button.drop_place").waitFor();
      await this.picture("ask-place");
      await anna.press("talk_button.send_place");
      await max.front();
      await max.page.locator(".message.theirs .attached", { hasText: texts.pageRaw("list.location") }).waitFor();
    });
    await this.step("a slip is deleted for both", async () => {
      await anna.front();
      await anna.writes(facts.slip);
      await max.front();
      await max.reads(facts.slip);
      await anna.front();
      await anna.actsOn(anna.message(facts.slip, "mine"), "reply");
      await anna.writes("/delete");
      await max.front();
      await max.page.locator(".bubble", { hasText: facts.slip }).waitFor({ state: "detached" });
    });
    await this.step("contacts open when both agree", async () => {
      await anna.front();
      await anna.press("talk_button.contact");
      await anna.press("talk_button.agree");
      await anna.page.locator("dialog button.main").click();
      await max.front();
      await max.sees("talk.contact_asked");
      await this.picture("contact-asked", max.page);
      await max.press("talk_button.agree");
      await max.page.locator(".bubble a", { hasText: anna.name }).waitFor();
      await anna.front();
      await anna.page.locator(".bubble a", { hasText: max.name }).waitFor();
      await this.picture("contact");
    });
    await this.step("one ends it; the other hears of it when writing", async () => {
      await max.front();
      await max.press("talk_button.end");
      await max.button("talk_button.yes_end").waitFor();
      await this.picture("ask-end", max.page);
      await max.press("talk_button.yes_end");
      await max.sees("talk.ended");
      await max.page.locator(".pinned").waitFor({ state: "detached" });
      await anna.front();
      await anna.writes(facts.late);
      await anna.sees("talk.closed_theirs");
      await this.picture("closed");
    });
  }

  // ---- what should not be

  // A third one comes, without a page: by the contract, as fast as the bot answers.
  async bringStranger() {
    const facts = cast[this.language];
    const call = async (method, path, body) => {
      const answer = await fetch(`${this.tandem.url}sandbox/v1${path}`, {
        method, headers: { "content-type": "application/json" }, body: body && JSON.stringify(body),
      });
      const json = await answer.json();
      if (!answer.ok) throw new Error(`${method} ${path}: ${JSON.stringify(json)}`);
      return json;
    };
    const { id: person } = await call("POST", "/people", { first_name: facts.stranger, language_code: this.language });
    const bot = (await call("GET", "/bots")).bots.find((one) => one.username === "tandem_dating_bot").id;
    const offered = async () => (await call("GET", `/messages?chat=${bot}:${person}`)).views.reverse();
    const until = async (what, find) => {
      for (let tries = 0; tries < 300; ++tries) {
        const found = find(await offered());
        if (found) return found;
        await new Promise((done) => setTimeout(done, 100));
      }
      throw new Error(`${facts.stranger} is not offered ${what}`);
    };
    const button = (data) =>
      until(data, (views) => {
        const has = (view) => view.message.reply_markup?.inline_keyboard?.flat().find((one) => one.callback_data?.startsWith(data));
        const view = views.find(has);
        return view && { message_id: view.message.message_id, data: has(view).callback_data };
      });
    const press = async (data) => call("POST", "/presses", { person, bot, ...(await button(data)) });
    const say = (content) => call("POST", "/messages", { person, bot, ...content });
    const [latitude, longitude] = { moscow: [55.75, 37.61], berlin: [52.52, 13.4], novosibirsk: [55.03, 82.92], london: [51.5, -0.12] }[this.town];
    await say({ start: "" });
    await press("reg:agree:");
    await press("me:name");
    await button("reg:ask:0"); // back from the age to the name
    await say({ text: "31" });
    await press("me:sex:1");
    await press("me:seeks:0");
    await until("to share the place", (views) => views.find((view) => view.keyboard?.keyboard));
    await say({ location: { latitude, longitude } });
    for (const step of [6, 7, 8, 9]) await press(`reg:ask:${step}`); // about, interests, photos, preferences
    await press("reg:publish");
    await button("deck:next");
  }

  async trouble() {
    const { anna, max, texts } = this;
    const facts = cast[this.language];
    await this.step(`${max.name} is the operator, too`, async () => {
      await max.front();
      await max.writes(`/claim ${await this.tandem.operatorCode()}`);
      await max.sees("desk.claimed");
    });
    await this.step(`${anna.name} complains about a stranger`, async () => {
      await this.bringStranger();
      await anna.front();
      await anna.writes("/people");
      await anna.reads(facts.stranger);
      await anna.press("deck_button.more");
      await anna.press("deck_button.complain");
      await anna.button("reason.spam").waitFor();
      await this.picture("complaint");
      await anna.press("reason.spam");
      await anna.sees("safety.thanks");
    });
    await this.step("the operator bans the stranger, and may take it back", async () => {
      await max.front();
      await max.button("case_button.ban").waitFor();
      await this.picture("case", max.page);
      await max.press("case_button.ban");
      await max.press("case_button.yes_ban");
      await max.button("case_button.undo").waitFor();
      await max.reads(texts.raw("dating.action.ban"));
    });
  }

  async leave() {
    const { anna, texts } = this;
    await anna.front();
    await this.step("the menu, the profile, the statistics", async () => {
      await anna.writes("/menu");
      await anna.button("button.figures").waitFor();
      await this.picture("menu");
      await anna.press("button.figures");
      await anna.reads(texts.raw("dating.figures.text").split("\n")[0].replace(/<[^>]+>/g, ""));
      await anna.page.locator(".bubble .photos img").last().waitFor();
      await this.picture("figures");
      await anna.writes("/profile");
      await anna.button("profile.edit").waitFor();
      await this.picture("profile");
    });
    await this.step("all data is deleted, with a number to prove it", async () => {
      await anna.writes("/delete_me");
      await anna.button("deletion.yes").waitFor();
      await this.picture("ask-deletion");
      await anna.press("deletion.yes");
      await anna.sees("deletion.done");
      await this.picture("deleted");
    });
    await this.step("nothing came from elsewhere and nothing broke", async () => {
      if (this.troubles.length > 0) throw new Error(this.troubles.join("\n"));
    });
  }

  async walk() {
    await this.arrive();
    await this.register(this.anna, 3);
    await this.register(this.max, 2);
    await this.like();
    await this.talk();
    await this.trouble();
    await this.leave();
  }
}

await takeWalks(DatingWalk, walks);
