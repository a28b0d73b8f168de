// A person at the sandbox's page: what they see and press. Walks are written on top of it.
import { mkdirSync } from "node:fs";
import path from "node:path";
import { root, startBrowser, startTandem, textsOf } from "./tandem.mjs";

export const counts = { ok: 0, failed: 0 };
const renewing = process.env.TANDEM_WALKS === "all";
const pictures = path.join(root, renewing ? "docs/pictures" : "build/pictures");
// What README.md and the other documents show.
const inDocuments = {
  "way-en-desktop": "way",
  "welcome-en-desktop": "welcome",
  "exchange-en-desktop": "exchange",
  "operator-ru-desktop": "operator",
  "chat-ru-phone": "phone",
  "card-dating-ru-desktop": "dating-card",
  "match-dating-en-desktop": "dating-match",
  "words-dating-en-phone": "dating-talk",
  "interests-dating-ru-phone": "dating-registration",
};
mkdirSync(pictures, { recursive: true });

export class Walker {
  constructor(tandem, context, settings) {
    Object.assign(this, settings);
    this.tandem = tandem;
    this.context = context;
    this.page = context.pages()[0];
    this.texts = textsOf(settings.language);
    this.troubles = [];
    this.watch(this.page);
  }

  watch(page) {
    page.on("pageerror", (error) => this.troubles.push(error.message));
    page.on("console", (line) => line.type() === "error" && this.troubles.push(line.text()));
    page.on("request", (request) => {
      const to = new URL(request.url());
      const inside = to.origin === new URL(this.tandem.url).origin || to.protocol === "data:";
      if (!inside) this.troubles.push(`asked for ${request.url()}`);
    });
  }

  // A step that counts. The steps behind a failed one make no sense.
  async step(what, work) {
    try {
      await work();
      ++counts.ok;
      console.log(`ok      ${this.name}: ${what}`);
    } catch (error) {
      ++counts.failed;
      console.log(`FAILED  ${this.name}: ${what}\n${error.stack}`);
      await this.page.screenshot({ path: `${root}/build/failed-${this.name}.png` }).catch(() => undefined);
      throw error;
    }
  }

  async picture(name, page = this.page) {
    const file = renewing ? inDocuments[`${name}-${this.name}`] : `${name}-${this.name}`;
    if (!file) return;
    await page.mouse.move(0, 0); // nothing is hovered
    await page.screenshot({ path: `${pictures}/${file}.png`, animations: "disabled" });
  }

  // ---- what one sees

  bubble(text, page = this.page) {
    return page.locator(".bubble", { hasText: text }).last();
  }
  button(name, page = this.page) {
    const text = name instanceof RegExp ? name : this.texts.button(name);
    return page.locator(".inline-keyboard button").filter({ has: page.locator("span", { hasText: text }) }).last();
  }
  async press(name, page = this.page) {
    await this.button(name, page).click();
  }
  named(key, page = this.page) {
    return page.getByRole("button", { name: this.texts.page(key) });
  }
  async notice(key) {
    await this.page.locator(".notices", { hasText: this.texts.part(key) }).waitFor();
  }
  async open(title, page = this.page) {
    if (this.phone) await page.locator(".conversation .back").click();
    await page.locator(".sidebar .item", { hasText: title }).first().click();
    await page.locator(".conversation h1", { hasText: title }).waitFor();
  }
  async write(text, page = this.page) {
    await page.locator(".composer textarea").fill(text);
    await page.keyboard.press("Enter");
  }
  get mainBot() {
    return this.texts.raw("hunt.about.main_name");
  }
  get category() {
    return this.texts.raw("category.design");
  }
  get categoryBot() {
    return this.texts.raw("hunt.about.category_name").replace("{title}", this.category);
  }

  async addPerson(name) {
    const { page } = this;
    if (this.phone && !(await page.locator(".sidebar").isVisible())) {
      await page.goto(`${this.tandem.url}sandbox/#/5001`); // the one who has been around has the list
    }
    await page.locator(".me > button").click();
    await page.getByRole("menuitem", { name: this.texts.page("me.add") }).click();
    await page.getByLabel(this.texts.page("me.name")).fill(name);
    await page.getByRole("button", { name: this.texts.page("dialog.create") }).click();
    await page.locator(".welcome-card").waitFor();
  }
}

async function walkOnce(Kind, tandem, settings, first) {
  const browser = await startBrowser({
    viewport: settings.phone ? { width: 390, height: 844 } : { width: 1380, height: 860 },
    locale: settings.language === "ru" ? "ru-RU" : "en-GB",
    colorScheme: settings.look,
    ...(settings.phone && { isMobile: true, hasTouch: true, deviceScaleFactor: 2 }),
  });
  const it = new Kind(tandem, browser.context, settings);
  try {
    await it.walk(first);
  } catch {
    console.log(`the walk ${settings.name} ends here; what the page said: ${it.troubles.join(" | ") || "nothing"}`);
  } finally {
    await browser.close();
  }
}

// Takes all walks of a kind with one program, one after the other, and ends with the counts. Kind: a Walker with
// walk(first), the steps of one person; `first` is true for the one who finds the sandbox new.
export async function takeWalks(Kind, walks) {
  let tandem;
  try {
    tandem = await startTandem();
    for (const [at, settings] of walks.entries()) await walkOnce(Kind, tandem, settings, at === 0);
  } catch (error) {
    ++counts.failed;
    console.log(error.stack);
  }
  if (tandem) {
    const code = await tandem.stop();
    tandem.remove();
    if (code === 0) ++counts.ok;
    else ++counts.failed;
    console.log(`${code === 0 ? "ok    " : "FAILED"}  the program ends when it is told to (${code})`);
    if (counts.failed > 0) console.log(tandem.said.filter((line) => /"(warn|error)"/.test(line)).slice(-20).join("\n"));
  }
  console.log(`${counts.ok} ok, ${counts.failed} failed`);
  process.exit(counts.failed > 0 ? 1 : 0);
}
