// The whole way of a newcomer and of an operator, as people walk it: in the page, by its buttons.
import { textsOf } from "./tandem.mjs";
import { takeWalks, Walker } from "./walker.mjs";

const renewing = process.env.TANDEM_WALKS === "all";
const walks = [
  { name: "ru-desktop", language: "ru", phone: false, look: "dark" },
  { name: "en-desktop", language: "en", phone: false, look: "light" },
  { name: "ru-phone", language: "ru", phone: true, look: "dark" },
  { name: "en-phone", language: "en", phone: true, look: "light" },
].filter((one) => renewing || (process.env.TANDEM_WALKS ?? "ru-desktop en-phone").split(" ").includes(one.name));

// One walk of one person, with a second person as the operator in another tab.
class Walk extends Walker {
  // ---- the way

  async arrive(first) {
    const { page, texts } = this;
    await this.step("the page opens", async () => {
      await page.goto(this.tandem.url);
      await page.locator(".page.in-list, .welcome").first().waitFor();
    });
    if (first) return; // a sandbox without people gets two, and shows the first one the tour
    await this.step("a person is added", async () => {
      await this.addPerson(texts.pageRaw("me.second"));
      await page.reload();
      await this.addPerson(texts.pageRaw("me.first"));
    });
  }

  async tour() {
    const { page, texts } = this;
    await this.step("a first visit begins with the tour", async () => {
      await this.named("tour.begin").waitFor();
      await this.picture("welcome");
      await this.named("tour.begin").click();
    });
    await this.step("the main bot greets", async () => {
      await page.locator(".composer .start").click();
      await this.button("choose").waitFor();
    });
    await this.step("categories are chosen in place", async () => {
      await this.press("choose");
      const here = (mark) => new RegExp(`^${mark} ${this.category} · \\d+$`);
      await this.press(here("○"));
      await this.button(here("✓")).waitFor();
      await this.picture("categories");
      await this.press("done");
      await page.locator(".dots .now", { hasText: "2" }).waitFor();
    });
    await this.step("the category's bot is started", async () => {
      await page.locator(".coach button.main").click();
      await page.locator(".conversation h1", { hasText: this.categoryBot }).waitFor();
      await page.locator(".composer .start").click();
      await this.button("main_bot").waitFor();
    });
    await this.step("a post is written into a channel", async () => {
      await page.locator(".coach button.main").click();
      await page.locator(".composer button.publish").click();
      await page.locator(".coach", { hasText: texts.pagePart("tour.done_in") }).waitFor();
      if (!this.phone) {
        await page.locator(".way.open.delivered li.done").nth(6).waitFor(); // posted … sent
        await this.picture("way");
      }
    });
    await this.step("the card has arrived", async () => {
      await page.locator(".coach button.main").click();
      await this.button("save").waitFor();
      await this.named("tour.done_way").click();
      await page.locator(".way.open.delivered li.done").nth(6).waitFor();
      await this.picture("card");
      if (this.phone) await page.locator(".panel header button").click();
      await this.named("tour.done_close").click();
      await page.locator(".coach").waitFor({ state: "detached" });
      if (this.phone) await this.picture("chat");
    });
  }

  async card() {
    const { page, texts } = this;
    await this.step("the post is opened from the card", async () => {
      await this.press("post");
      await page.locator(".message.lit").waitFor();
      await this.open(this.categoryBot);
    });
    await this.step("the card is saved, and not", async () => {
      await this.press("save");
      await this.notice("hunt.card.saved_note");
      await this.press("unsave");
      await this.notice("hunt.card.unsaved_note");
      await this.press("save");
      await this.button("unsave").waitFor();
    });
    await this.step("not relevant, and undone", async () => {
      await this.press("wrong");
      await this.press(texts.bot("hunt.reason.wrong_category"));
      await this.notice("hunt.card.reported_note");
      await this.press("unreport");
      await this.notice("hunt.card.unreported_note");
      await this.button("wrong").waitFor();
    });
    await this.step("it says why it is here", async () => {
      await this.press("more");
      await this.press("why");
      await this.bubble(texts.raw("hunt.why.text").split("\n")[1].replace(/<[^>]+>/g, "")).waitFor();
      await this.picture("why");
      await this.press("back");
    });
    await this.step("the author is hidden, and shown again", async () => {
      await this.press("hide");
      await this.notice("hunt.card.hidden_note");
      await this.press("show");
      await this.notice("hunt.card.shown_note");
      await this.button("hide").waitFor();
    });
  }

  async operator() {
    const { page, texts } = this;
    const second = await this.context.newPage();
    this.watch(second);
    await this.step("an operator claims a chat, in another tab as another person", async () => {
      const people = await (await fetch(`${this.tandem.url}sandbox/v1/people`)).json();
      const name = texts.pageRaw("me.second");
      const who = people.people.filter((one) => one.first_name === name).at(-1);
      await second.goto(`${this.tandem.url}sandbox/#/${who.id}`);
      await second.getByRole("button", { name: texts.page("tour.later") }).click();
      await second.locator(".sidebar .item", { hasText: this.mainBot }).click();
      await second.locator(".composer .start").click();
      await this.button("choose", second).waitFor();
      await this.write(`/claim ${await this.tandem.operatorCode()}`, second);
      await this.bubble(texts.part("hunt.operator.claimed"), second).waitFor();
    });
    await this.step("a complaint reaches the operator", async () => {
      await page.bringToFront();
      await this.press("complain");
      await this.press(texts.bot("hunt.reason.scam"));
      await this.notice("hunt.card.reported_note");
      await second.bringToFront();
      await this.button(texts.bot("hunt.operator_button.withdraw"), second).waitFor();
      await this.picture("operator", second);
    });
    await this.step("the operator withdraws it everywhere; the reporter hears of it", async () => {
      await this.press(texts.bot("hunt.operator_button.withdraw"), second);
      await this.press(texts.bot("hunt.operator_button.yes_withdraw"), second);
      await this.bubble(texts.raw("hunt.decision.withdrawn"), second).waitFor();
      await page.bringToFront();
      await this.bubble(texts.part("hunt.outcome.withdrawn")).waitFor();
      await page.locator(".bubble s").first().waitFor();
      await this.picture("withdrawn");
    });
    await second.close();
  }

  async settings() {
    const { page, texts } = this;
    const other = textsOf(this.language === "ru" ? "en" : "ru");
    await this.step("the menu comes by its command", async () => {
      await this.open(this.mainBot);
      await page.locator(".composer .slash").click();
      await page.locator(".commands button", { hasText: "/menu" }).click();
      await this.button("pause").waitFor();
      await this.picture("menu");
    });
    await this.step("a pause, and on again", async () => {
      await this.press("pause");
      await this.bubble(texts.raw("hunt.menu.paused")).waitFor();
      await this.press("resume");
      await this.bubble(texts.raw("hunt.menu.on")).waitFor();
    });
    await this.step("the other language, and back", async () => {
      await this.press("settings");
      await this.press("language");
      await this.press(new RegExp(`○ ${this.language === "ru" ? "English" : "Русский"}`));
      await this.bubble(other.raw("hunt.language.text").split("\n")[1]).waitFor();
      await this.press(new RegExp(`○ ${this.language === "ru" ? "Русский" : "English"}`));
      await this.bubble(texts.raw("hunt.language.text").split("\n")[1]).waitFor();
      await this.press("back");
      await this.button("zone").waitFor();
    });
    await this.step("a time zone by a city", async () => {
      await this.press("zone");
      await this.bubble(texts.firstLine("hunt.zone.text")).waitFor();
      await this.write(this.language === "ru" ? "Владивосток" : "Vladivostok");
      await this.bubble(/UTC\+10/).waitFor();
      await this.write("/settings");
      await this.button("privacy").waitFor();
      await this.bubble(/UTC\+10/).waitFor();
    });
    await this.step("a lost bot's chat can be blocked and opened again", async () => {
      await page.locator(".conversation header .menu > button").click();
      await page.getByRole("menuitem", { name: texts.page("chat.block") }).click();
      await page.getByRole("button", { name: texts.page("chat.restart") }).click();
      await page.locator(".composer textarea").waitFor();
    });
    await this.step("all data is deleted", async () => {
      await this.write("/privacy");
      await this.press("delete");
      await this.press("delete_yes");
      await this.bubble(texts.firstLine("hunt.delete.done")).waitFor();
    });
  }

  async around() {
    const { page, texts } = this;
    await this.step("the exchange is there as JSON", async () => {
      if (this.phone) await page.locator(".conversation header button").last().click();
      await page.getByRole("tab", { name: texts.page("panel.wire") }).click();
      await page.locator(".exchange > button").first().click();
      await page.locator(".inside .json").first().waitFor();
      await this.picture("exchange");
      if (this.phone) await page.locator(".panel header button").click();
    });
    await this.step("nothing came from elsewhere and nothing broke", async () => {
      if (this.troubles.length > 0) throw new Error(this.troubles.join("\n"));
    });
    await this.step("the page outlives a restart of the program", async () => {
      await this.tandem.away(() => page.locator(".offline").waitFor());
      await page.locator(".offline").waitFor({ state: "detached" });
      await this.write("/help");
      await this.bubble(texts.firstLine("hunt.help.text")).waitFor();
    });
  }

  async walk(first) {
    await this.arrive(first);
    await this.tour();
    await this.card();
    await this.operator();
    await this.settings();
    await this.around();
  }
}

await takeWalks(Walk, walks);
