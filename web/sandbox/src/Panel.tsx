// What happens inside, live: the ways of posts, the exchange of the bots with Telegram, and the conditions.
import { useEffect, useRef, useState } from "react";
import { api } from "./api";
import { Icon } from "./icons";
import { Json } from "./Json";
import { attempt } from "./links";
import { hashOf } from "./route";
import { useTexts } from "./texts";
import { journeyOf, type Journey } from "./ways";
import { useWorld, type Call, type Chat, type Exchange, type Update, type Way } from "./world";

export type Tab = "way" | "wire" | "conditions";

interface Props {
  chat: Chat | undefined;
  tab: Tab;
  onTab: (tab: Tab) => void;
  shown: string; // the way that was asked for
  onShown: (key: string) => void;
  onClose: () => void;
}

export function Panel({ chat, tab, onTab, shown, onShown, onClose }: Props) {
  const texts = useTexts();
  const tabs: Tab[] = ["way", "wire", "conditions"];
  return (
    <section className="panel" aria-label={texts.of("panel.title")}>
      <header>
        <h2>{texts.of("panel.title")}</h2>
        <button type="button" className="plain" title={texts.of("panel.hide")} aria-label={texts.of("panel.hide")} onClick={onClose}>
          <Icon name="close" />
        </button>
      </header>
      <div
        className="tabs"
        role="tablist"
        onKeyDown={(event) => {
          const step = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0;
          if (!step) return;
          const next = tabs[(tabs.indexOf(tab) + step + tabs.length) % tabs.length]!;
          onTab(next);
          (event.currentTarget.children[tabs.indexOf(next)] as HTMLElement).focus();
        }}
      >
        {tabs.map((one) => (
          <button
            type="button"
            role="tab"
            key={one}
            aria-selected={tab === one}
            tabIndex={tab === one ? 0 : -1}
            onClick={() => onTab(one)}
          >
            {texts.of(`panel.${one}`)}
          </button>
        ))}
      </div>
      <div className="panel-body" role="tabpanel">
        {tab === "way" && <Ways chat={chat} shown={shown} onShown={onShown} />}
        {tab === "wire" && <Wire chat={chat} />}
        {tab === "conditions" && <Conditions />}
      </div>
    </section>
  );
}

// ---- the ways of posts

function Ways({ chat, shown, onShown }: { chat: Chat | undefined; shown: string; onShown: (key: string) => void }) {
  const texts = useTexts();
  const world = useWorld();
  const [only, setOnly] = useState(false);
  const channel = chat?.channel;
  const all = [...world.ways.values()].reverse();
  const listed = all.filter((one) => one.key === shown || !only || !channel || one.channel === channel);
  // The one that was asked for first; else the newest is open.
  const open = world.ways.has(shown) ? shown : (listed[0]?.key ?? "");

  useEffect(() => {
    const [name, post] = shown.split("/");
    if (name && post) void attempt(texts, () => world.askWay(name, Number(post)));
  }, [shown, texts, world]);

  return (
    <>
      {channel && (
        <div className="filter">
          {[false, true].map((one) => (
            <button type="button" key={String(one)} aria-pressed={only === one} onClick={() => setOnly(one)}>
              {texts.of(one ? "panel.this_channel" : "panel.all_posts")}
            </button>
          ))}
        </div>
      )}
      {listed.length === 0 && (
        <div className="panel-empty">
          <Icon name="way" />
          <p>{texts.of("panel.way_empty")}</p>
          <p>
            <b>{texts.of("panel.way_empty_hint")}</b>
          </p>
        </div>
      )}
      {listed.map((way) => (
        <WayCard key={way.key} way={way} open={way.key === open} onOpen={() => onShown(way.key === open ? "-" : way.key)} />
      ))}
    </>
  );
}

function WayCard({ way, open, onOpen }: { way: Way; open: boolean; onOpen: () => void }) {
  const texts = useTexts();
  const world = useWorld();
  const box = useRef<HTMLElement>(null);
  const now_us = useTick() * 1000;
  const journey = journeyOf(texts, way, now_us);
  useEffect(() => {
    if (open) box.current?.scrollIntoView({ block: "nearest", behavior: "smooth" });
  }, [open]);
  useEffect(() => {
    if (open) void attempt(texts, () => world.askWay(way.channel, way.post_id));
  }, [open, texts, world, way.channel, way.post_id, way.asked]);
  return (
    <article className={`way ${open ? "open" : ""} ${journey.end}`} ref={box}>
      <button type="button" className="way-head" aria-expanded={open} onClick={onOpen}>
        <b>{way.title || way.key}</b>
        <small>
          <span>@{way.channel}</span>
          <Verdict journey={journey} now_us={now_us} />
        </small>
        <Strip journey={journey} />
      </button>
      {open && way.stages.length === 0 && <p className="empty">{texts.of(way.asked ? "panel.way_unknown" : "chat.loading")}</p>}
      {open && (
        <ol>
          {journey.steps.map((step) => (
            <li key={step.stage} className={step.state}>
              <span className="step-name">
                <b>{texts.ifThere(`stage.${step.stage}`) || step.stage}</b>
                {step.at_us !== null && (
                  <time title={`${texts.exact(step.at_us / 1e6)}, ${texts.span(step.at_us - (journey.begun_us ?? 0))}`}>
                    {step.at_us === journey.begun_us
                      ? texts.relative(step.at_us / 1e6, now_us / 1e6)
                      : step.since_us > 0 && `+${texts.span(step.since_us)}`}
                  </time>
                )}
              </span>
              {(step.note || step.tags.length > 0) && (
                <span className="step-note">
                  {step.tags.map((tag) => (
                    <em key={tag}>{tag}</em>
                  ))}
                  {step.note}
                </span>
              )}
            </li>
          ))}
        </ol>
      )}
      {open && (
        <a className="way-link" href={hashOf({ person: world.person, place: `@${way.channel}`, post: way.post_id })}>
          @{way.channel}/{way.post_id}
          <Icon name="chevron" />
        </a>
      )}
    </article>
  );
}

function Verdict({ journey, now_us }: { journey: Journey; now_us: number }) {
  const texts = useTexts();
  const begun = journey.begun_us;
  if (begun === null) return null;
  if (journey.end === "unknown") return <span>{texts.relative(begun / 1e6, now_us / 1e6)}</span>;
  const time = texts.span((journey.ended_us ?? now_us) - begun);
  const key = { delivered: "panel.total", stopped: "panel.stopped", running: "panel.running", unread: "panel.unread" } as const;
  return <strong>{texts.of(key[journey.end], { time })}</strong>;
}

// How the time is shared out among the steps.
function Strip({ journey }: { journey: Journey }) {
  const texts = useTexts();
  const parts = journey.steps.filter((one) => one.at_us !== null && one.since_us > 0);
  if (parts.length === 0) return null;
  return (
    <span className="strip" aria-hidden="true">
      {parts.map((one) => (
        <i
          key={one.stage}
          className={`of-${one.stage}`}
          style={{ flexGrow: Math.max(one.since_us, 1) }}
          title={`${texts.ifThere(`stage.${one.stage}`)}: ${texts.span(one.since_us)}`}
        />
      ))}
    </span>
  );
}

// The machine's time in ms, every second: what the page shows as relative grows old.
function useTick(): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, []);
  return now;
}

// ---- the exchange

const kindOf = (update: Update["update"]) => Object.keys(update).find((key) => key !== "update_id") ?? "update";

interface Inner {
  text?: string;
  caption?: string;
  data?: string;
  chat?: { id: number };
  from?: { id: number };
  message?: Inner;
  new_chat_member?: { status: string };
}

const innerOf = (one: Update) => (one.update[kindOf(one.update)] ?? {}) as Inner;

// Whom it concerns; null when nobody in particular. `pressed`: who has sent the queries that calls answer.
function chatIdOf(one: Exchange, pressed: Map<string, string>): string | null {
  if (one.kind === "call") {
    const { chat_id, callback_query_id } = one.params;
    if (chat_id !== undefined) return String(chat_id);
    return pressed.get(String(callback_query_id)) ?? null;
  }
  const inner = innerOf(one);
  const id = inner.chat?.id ?? inner.message?.chat?.id ?? inner.from?.id;
  return id === undefined ? null : String(id);
}

function summaryOf(one: Exchange): string {
  const inner = one.kind === "update" ? innerOf(one) : (one.params as Inner);
  const text = inner.text ?? inner.caption ?? inner.data ?? inner.new_chat_member?.status ?? "";
  return String(text).replace(/<[^>]+>/g, "").split("\n")[0]!.slice(0, 90);
}

function Wire({ chat }: { chat: Chat | undefined }) {
  const texts = useTexts();
  const world = useWorld();
  const [everything, setEverything] = useState(false);
  const [open, setOpen] = useState<Set<number>>(new Set());
  const bot = chat?.bot;
  const mine = bot && !everything;
  const pressed = new Map<string, string>();
  for (const one of world.exchanges) {
    const query = one.kind === "update" && (one.update.callback_query as { id: string; from: { id: number } } | undefined);
    if (query) pressed.set(query.id, String(query.from.id));
  }
  const listed = world.exchanges.filter(
    (one) => !mine || (one.bot === bot && [null, String(world.person)].includes(chatIdOf(one, pressed))),
  );
  // An update opens an exchange; the calls behind it are its answers.
  const begun = new Map<number, number>(); // bot → when its last update came
  const rows = listed.map((one) => {
    if (one.kind === "update") begun.set(one.bot, one.at_us);
    return { one, since_us: one.kind === "call" ? one.at_us - (begun.get(one.bot) ?? one.at_us) : 0 };
  });
  const toggle = (key: number) => {
    const next = new Set(open);
    if (!next.delete(key)) next.add(key);
    setOpen(next);
  };
  return (
    <>
      <div className="filter">
        {bot !== undefined &&
          [false, true].map((one) => (
            <button type="button" key={String(one)} aria-pressed={everything === one} onClick={() => setEverything(one)}>
              {texts.of(one ? "panel.all_bots" : "panel.this_chat")}
            </button>
          ))}
        {listed.length > 0 && (
          <button type="button" className="right" onClick={() => world.clearExchanges()}>
            {texts.of("panel.clear")}
          </button>
        )}
      </div>
      {rows.length === 0 && (
        <div className="panel-empty">
          <span className="braces" aria-hidden="true">{"{ }"}</span>
          <p>{texts.of("panel.wire_empty")}</p>
          <p>
            <b>{texts.of("panel.wire_empty_hint")}</b>
          </p>
        </div>
      )}
      {[...rows].reverse().map(({ one, since_us }) => (
        <article key={one.key} className={`exchange ${one.kind} ${one.kind === "call" && one.status !== 200 ? "failed" : ""}`}>
          <button type="button" aria-expanded={open.has(one.key)} onClick={() => toggle(one.key)}>
            <i aria-hidden="true">{one.kind === "update" ? "→" : "←"}</i>
            <b>{one.kind === "update" ? kindOf(one.update) : one.method}</b>
            {one.kind === "call" && one.status !== 200 && <em>{one.status}</em>}
            <time title={texts.exact(one.at_us / 1e6)}>{timing(one, since_us)}</time>
            <small>
              {!mine && <span>@{world.bot(one.bot)?.username} </span>}
              {summaryOf(one)}
            </small>
          </button>
          {open.has(one.key) && <Inside one={one} />}
        </article>
      ))}
    </>
  );

  function timing(one: Exchange, since_us: number): string {
    if (one.kind === "call") return since_us > 0 && since_us < 1e6 ? `+${texts.span(since_us)}` : texts.time(one.at_us / 1e6);
    return one.taken_us ? texts.of("panel.taken", { time: texts.span(one.taken_us - one.at_us) }) : texts.of("panel.waiting");
  }
}

function Inside({ one }: { one: Update | Call }) {
  const texts = useTexts();
  const [copied, setCopied] = useState(false);
  const whole = one.kind === "update" ? one.update : { method: one.method, params: one.params, answer: one.answer };
  return (
    <div className="inside">
      <button
        type="button"
        className="copy"
        onClick={() =>
          void navigator.clipboard.writeText(JSON.stringify(whole, null, 2)).then(() => setCopied(true), () => undefined)
        }
      >
        {texts.of(copied ? "panel.copied" : "panel.copy")}
      </button>
      {one.kind === "update" ? (
        <Json value={one.update} />
      ) : (
        <>
          <h4>{texts.of("panel.params")}</h4>
          <Json value={one.params} />
          <h4>
            {texts.of("panel.answer")} · {texts.span(one.took_us)}
          </h4>
          <Json value={one.answer} />
        </>
      )}
    </div>
  );
}

// ---- the conditions

const faults = [
  { kind: "429", key: "fault_429", more: { retry_after: 2 } },
  { kind: "502", key: "fault_502", more: {} },
  { kind: "hang", key: "fault_hang", more: { seconds: 10 } },
  { kind: "cut", key: "fault_cut", more: {} },
] as const;

function Conditions() {
  const texts = useTexts();
  const world = useWorld();
  const now_us = useTick() * 1000;
  const { limits, clock, faults: active } = world.state!;
  return (
    <div className="conditions">
      <section>
        <label className="switch">
          <b>{texts.of("conditions.limits")}</b>
          <input
            type="checkbox"
            role="switch"
            checked={limits}
            onChange={(event) => void attempt(texts, () => api.limits(event.target.checked))}
          />
        </label>
        <p>{texts.of("conditions.limits_hint")}</p>
      </section>
      <section>
        <h3>{texts.of("conditions.clock")}</h3>
        <p>{texts.of("conditions.clock_hint")}</p>
        <p className="clock">
          {texts.exact(now_us / 1e6 + clock.offset_s)}
          <small>
            {clock.offset_s
              ? texts.of("conditions.offset", { time: texts.span(clock.offset_s * 1e6) })
              : texts.of("conditions.real")}
          </small>
        </p>
        <div className="choice">
          <button type="button" onClick={() => void attempt(texts, () => api.clock({ advance_s: 3600 }))}>
            {texts.of("conditions.hour")}
          </button>
          <button type="button" onClick={() => void attempt(texts, () => api.clock({ advance_s: 86_400 }))}>
            {texts.of("conditions.day")}
          </button>
          <button type="button" disabled={!clock.offset_s} onClick={() => void attempt(texts, () => api.clock({ offset_s: 0 }))}>
            {texts.of("conditions.now")}
          </button>
        </div>
      </section>
      <section>
        <h3>{texts.of("conditions.faults")}</h3>
        <p>{texts.of("conditions.faults_hint")}</p>
        <div className="choice">
          {faults.map((one) => (
            <button
              type="button"
              key={one.kind}
              onClick={() => void attempt(texts, () => api.addFault({ kind: one.kind, count: 5, ...one.more }))}
            >
              {texts.of(`conditions.${one.key}`)}
            </button>
          ))}
        </div>
        {active.length > 0 && (
          <p className="active">
            {texts.of("conditions.active", {
              what: active
                .map((one) => `${one.kind} · ${texts.of("conditions.hits", { n: one.hits ?? 0 })}`)
                .join("; "),
            })}
            <button type="button" className="main" onClick={() => void attempt(texts, api.removeFaults)}>
              {texts.of("conditions.stop")}
            </button>
          </p>
        )}
      </section>
    </div>
  );
}
