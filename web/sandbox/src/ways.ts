// A post's way through the product, put together from its stages.
import type { Stage } from "./api";
import type { Texts } from "./texts";
import type { Way } from "./world";

export interface Step {
  stage: string;
  at_us: number | null; // null: not yet
  since_us: number; // from the step before
  note: string;
  tags: string[]; // categories of a verdict
  state: "done" | "stopped" | "next" | "later";
}

export interface Journey {
  steps: Step[];
  begun_us: number | null;
  ended_us: number | null; // the first reader has it, or it goes no further
  end: "delivered" | "stopped" | "running" | "unread" | "unknown";
}

const usual = ["posted", "seen", "passed", "new", "judged", "queued", "sent"];
const unreadAfter_us = 5e6; // a vacancy that is judged and not sent by then has no reader, as far as one can see
const quietAfter_us = 120e6; // a post that nobody reads is not "still on its way" for ever

const number = (value: unknown) => (typeof value === "number" ? value : 0);
const text = (value: unknown) => (typeof value === "string" ? value : "");

function stops({ stage, detail }: Stage): boolean {
  if (stage === "dropped" || stage === "repeat" || stage === "failed") return true;
  return stage === "judged" && (detail?.scam === true || text(detail?.kind) !== "vacancy");
}

function noteOf(texts: Texts, way: Way, { stage, detail = {} }: Stage): string {
  switch (stage) {
    case "posted": return texts.of("stage.in_channel", { channel: way.channel });
    case "seen": return detail.source ? texts.of("stage.source", { source: text(detail.source) }) : "";
    case "passed":
      return detail.rule ? texts.of("stage.rule", { rule: text(detail.rule) }) : texts.of("stage.no_rule");
    case "dropped": {
      const rule = text(detail.rule);
      const known = ["no_text", "old", "banned_author"].includes(rule) ? texts.ifThere(`stage.${rule}`) : "";
      return known || texts.of("stage.rule", { rule });
    }
    case "new": return texts.of("stage.first_seen");
    case "repeat": return detail.of ? texts.of("stage.repeat_of", { of: text(detail.of) }) : texts.of("stage.repeat_known");
    case "judged": {
      const kind = detail.scam ? "scam" : text(detail.kind);
      const said = texts.ifThere(`stage.${kind}`) || kind;
      const share = texts.of("stage.confidence", { n: Math.round(number(detail.confidence) * 100) });
      return detail.engine ? `${said} · ${share} · ${text(detail.engine)}` : `${said} · ${share}`;
    }
    case "failed": return text(detail.error);
    default: return "";
  }
}

export function journeyOf(texts: Texts, way: Way, now_us: number): Journey {
  const steps: Step[] = [];
  const begun_us = way.stages[0]?.at_us ?? null;
  let before = begun_us ?? 0;
  let ended_us: number | null = null;
  let end: Journey["end"] = "running";
  const sent = way.stages.filter((one) => one.stage === "sent");
  const seen = new Set<string>();
  for (const one of way.stages) {
    if (seen.has(one.stage)) continue; // readers are summed up in one step
    seen.add(one.stage);
    let note = noteOf(texts, way, one);
    if (one.stage === "sent") {
      const readers = sent.reduce((sum, each) => sum + (number(each.detail?.readers) || 1), 0);
      note = texts.of("stage.readers", { n: readers });
      const last = sent.at(-1)!.at_us;
      if (last > one.at_us) note += ` · ${texts.of("stage.last_reader", { time: texts.span(last - (begun_us ?? last)) })}`;
      if (end === "running") [ended_us, end] = [one.at_us, "delivered"];
    }
    const stopped = stops(one);
    if (stopped && end === "running") [ended_us, end] = [one.at_us, "stopped"];
    const categories = one.detail?.categories;
    const tags = one.stage === "judged" && Array.isArray(categories) ? categories.map(String) : [];
    steps.push({
      stage: one.stage,
      at_us: one.at_us,
      since_us: one.at_us - before,
      note,
      tags: tags.map((slug) => texts.ifThere(`samples.categories.${slug}`) || slug),
      state: stopped ? "stopped" : "done",
    });
    before = one.at_us;
  }
  const last = steps.at(-1)?.stage;
  if (end === "running" && (last === "judged" || last === "queued") && now_us - before > unreadAfter_us) {
    [ended_us, end] = [before, "unread"];
  }
  if (end === "running" && now_us - before > quietAfter_us) end = "unknown";
  if (end === "running" && steps.length > 0) {
    const reached = Math.max(...steps.map((one) => usual.indexOf(one.stage)));
    usual.slice(reached + 1).forEach((stage, at) =>
      steps.push({ stage, at_us: null, since_us: 0, note: "", tags: [], state: at === 0 ? "next" : "later" }),
    );
  }
  return { steps, begun_us, ended_us, end };
}
