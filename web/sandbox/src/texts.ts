// The page's own texts: ru and en with the same keys; "one|few|many" by the language's plural rules where {n} is given.
import { createContext, useContext } from "react";
import en from "./locales/en.json";
import ru from "./locales/ru.json";

export type Language = "ru" | "en";
type Table = typeof ru & typeof en; // a key that one of them lacks does not compile where it is used

type Keys<T> = { [K in keyof T & string]: T[K] extends string ? K : `${K}.${Keys<T[K]>}` }[keyof T & string];
export type Key = Keys<Table>;
type Values = Record<string, string | number>;

const tables: Record<Language, unknown> = { ru, en };

function found(language: Language, key: string): string {
  let at = tables[language];
  for (const part of key.split(".")) at = (at as Record<string, unknown> | undefined)?.[part];
  return typeof at === "string" ? at : "";
}

export class Texts {
  private readonly plural: Intl.PluralRules;
  private readonly ago: Intl.RelativeTimeFormat;
  private readonly clock: Intl.DateTimeFormat;
  private readonly day: Intl.DateTimeFormat;
  private readonly exact_: Intl.DateTimeFormat;

  constructor(readonly language: Language) {
    // The reader's own way to write times, if it is of this language ("en-GB").
    const place = navigator.languages.find((one) => one.startsWith(language)) ?? language;
    this.plural = new Intl.PluralRules(language);
    this.ago = new Intl.RelativeTimeFormat(place, { style: "short", numeric: "auto" });
    this.clock = new Intl.DateTimeFormat(place, { hour: "2-digit", minute: "2-digit" });
    this.day = new Intl.DateTimeFormat(place, { day: "numeric", month: "long" });
    this.exact_ = new Intl.DateTimeFormat(place, { dateStyle: "long", timeStyle: "medium" });
  }

  of(key: Key, values: Values = {}): string {
    let text = found(this.language, key);
    if (typeof values.n === "number" && text.includes("|")) {
      const forms = text.split("|");
      const kinds = this.language === "ru" ? ["one", "few", "many"] : ["one", "other"];
      const at = kinds.indexOf(this.plural.select(values.n));
      text = forms[at < 0 ? forms.length - 1 : at] ?? "";
    }
    return text.replace(/\{(\w+)\}/g, (all, name: string) => {
      const value = values[name];
      return value === undefined ? all : typeof value === "number" ? this.number(value) : value;
    });
  }

  // For keys that come from outside (a stage, a category): "" if there is no such text.
  ifThere(key: string): string {
    return found(this.language, key);
  }

  number(value: number): string {
    return value.toLocaleString(this.language, { maximumFractionDigits: 2 });
  }

  // 0.00084 s → "840 µs" would tell nobody anything: below a millisecond it is "0.8 ms".
  span(us: number): string {
    const ms = Math.max(us, 0) / 1000;
    if (ms < 10) return this.of("panel.ms", { n: Math.round(ms * 10) / 10 });
    if (ms < 1000) return this.of("panel.ms", { n: Math.round(ms) });
    if (ms < 120_000) return this.of("panel.s", { n: Math.round(ms / 10) / 100 });
    if (ms < 7_200_000) return this.of("panel.min", { n: Math.round(ms / 60_000) });
    if (ms < 172_800_000) return this.of("time.brief_h", { n: Math.round(ms / 3_600_000) });
    return this.of("time.brief_d", { n: Math.round(ms / 86_400_000) });
  }

  time(unix: number): string {
    return this.clock.format(unix * 1000);
  }

  exact(unix: number): string {
    return this.exact_.format(unix * 1000);
  }

  // "just now", "12 sec. ago", … ; `now` is the sandbox's.
  relative(unix: number, now: number): string {
    const passed = now - unix;
    if (passed < 5) return this.of("time.now");
    if (passed < 60) return this.ago.format(-Math.round(passed), "second");
    if (passed < 3600) return this.ago.format(-Math.round(passed / 60), "minute");
    if (passed < 86_400) return this.ago.format(-Math.round(passed / 3600), "hour");
    if (passed < 7 * 86_400) return this.ago.format(-Math.round(passed / 86_400), "day");
    return this.day.format(unix * 1000);
  }

  // The same for lists, where room is short: "now", "5 min", "2 h", "3 d".
  brief(unix: number, now: number): string {
    const passed = now - unix;
    if (passed < 60) return this.of("time.brief_now");
    if (passed < 3600) return this.of("time.brief_min", { n: Math.floor(passed / 60) });
    if (passed < 86_400) return this.of("time.brief_h", { n: Math.floor(passed / 3600) });
    if (passed < 7 * 86_400) return this.of("time.brief_d", { n: Math.floor(passed / 86_400) });
    return this.day.format(unix * 1000);
  }

  date(unix: number, now: number): string {
    const start = (at: number) => new Date(at * 1000).setHours(0, 0, 0, 0);
    const days = Math.round((start(now) - start(unix)) / 86_400_000);
    if (days === 0) return this.of("time.today");
    if (days === 1) return this.of("time.yesterday");
    return this.day.format(unix * 1000);
  }
}

export function firstLanguage(): Language {
  const kept = localStorage.getItem("tandem.language");
  if (kept === "ru" || kept === "en") return kept;
  return navigator.language.toLowerCase().startsWith("ru") ? "ru" : "en";
}

export const TextsContext = createContext(new Texts("en"));
export const useTexts = () => useContext(TextsContext);

// A post that nobody has written yet: the place, the money and the contact differ each time, so that it is no repeat.
export function sample(texts: Texts, name: string): string {
  const chance = (below: number) => Math.floor(Math.random() * below);
  const places = texts.of("samples.places").split("|");
  const money = texts.language === "ru" ? 20_000 + 500 * chance(140) : 300 + 20 * chance(140);
  return texts
    .ifThere(`samples.texts.${name}`)
    .replace("{place}", places[chance(places.length)] ?? "")
    .replace("{money}", texts.number(money))
    .replace("{n}", String(100 + chance(900)));
}
