// The first minute: three steps that end with a vacancy arriving. Where one is follows from what is in the chats, so a
// reload, another tab or a wrong turn breaks nothing.
import { setDraft, draftOf } from "./Composer";
import { Icon } from "./icons";
import { startAsked, targetOf } from "./links";
import { go, type Route } from "./route";
import { sample, useTexts, type Texts } from "./texts";
import { journeyOf } from "./ways";
import { useWorld, wayKey, type Way, type World } from "./world";

export type TourState = { begun: number } | null; // when it began, in the sandbox's seconds

export interface TourStep {
  number: 1 | 2 | 3 | 4;
  place: string; // what to open: a bot or a channel
  button: boolean; // Start or Publish is to be pressed there
  category: string; // slug of the category whose post is prepared
  way: Way | null; // of the post that was written
}

// The main bot is the first one; a category's bot is the one that the main bot's message leads to.
export function tourStep(world: World, tour: TourState): TourStep | null {
  if (!tour || !world.state) return null;
  const bots = [...world.state.bots].sort((a, b) => a.id - b.id);
  const main = bots[0];
  if (!main) return null;
  const chat = world.chatOfBot(main.id);
  const others = bots.slice(1);
  const started = others.filter((one) => world.chatOfBot(one.id)?.status === "started");
  const linked = (chat?.views ?? [])
    .flatMap((view) => view.message.reply_markup?.inline_keyboard?.flat() ?? [])
    .map((button) => (button.url ? world.botNamed(targetOf(button.url)?.name ?? "") : undefined))
    .filter((one) => one && one.id !== main.id);
  const step = { category: "", way: null, button: false, place: String(main.id) };
  if (started.length === 0) {
    const next = linked.at(0);
    if (!next) return { ...step, number: 1, button: chat?.status !== "started" };
    return { ...step, number: 2, place: String(next.id), button: true };
  }
  const bot = started[0]!;
  const category = /^tandem_(\w+)_bot$/.exec(bot.username)?.[1] ?? "design";
  // A channel whose pages Tandem can read; best one that is about this category.
  const open = world.state.channels.filter((one) => one.preview).sort((a, b) => b.chat_id - a.chat_id);
  const post = open.find((one) => one.username.includes(category)) ?? open[0];
  const way = [...world.ways.values()]
    .reverse()
    .find((one) => one.stages[0] && one.stages[0].stage === "posted" && one.stages[0].at_us / 1e6 >= tour.begun - 2);
  const done = !!way?.stages.some((one) => one.stage === "sent");
  return {
    ...step,
    number: done ? 4 : 3,
    category,
    way: way ?? null,
    button: true,
    place: done ? String(bot.id) : post ? `@${post.username}` : "",
  };
}

interface Props {
  tour: TourState;
  route: Route;
  onEnd: () => void;
  onWay: (key: string) => void;
}

export function Coach({ tour, route, onEnd, onWay }: Props) {
  const texts = useTexts();
  const world = useWorld();
  const step = tourStep(world, tour);
  if (!step) return null;
  const there = route.place.toLowerCase() === step.place.toLowerCase();
  return (
    <section className="coach" aria-label={texts.of("look.tour")}>
      <span className="dots" aria-hidden="true">
        {[1, 2, 3].map((one) => (
          <i key={one} className={one < step.number ? "done" : one === step.number ? "now" : ""}>
            {one < step.number ? "✓" : one}
          </i>
        ))}
      </span>
      <div className="coach-text" role="status">
        <Words step={step} there={there} texts={texts} world={world} />
      </div>
      <Action step={step} there={there} onEnd={onEnd} onWay={onWay} />
      <button type="button" className="plain" title={texts.of("tour.close")} aria-label={texts.of("tour.close")} onClick={onEnd}>
        <Icon name="close" />
      </button>
    </section>
  );
}

function Words({ step, there, texts, world }: { step: TourStep; there: boolean; texts: Texts; world: World }) {
  const on = step.way && step.way.stages.length > 0;
  switch (step.number) {
    case 1:
      return (
        <>
          <b>{texts.of("tour.choose")}</b>
          <p>{texts.of(step.button ? "tour.choose_start" : "tour.choose_press")}</p>
        </>
      );
    case 2:
      return (
        <>
          <b>{texts.of("tour.start")}</b>
          <p>{texts.of(there ? "tour.start_press" : "tour.start_text")}</p>
        </>
      );
    case 3: {
      const waiting = on && !journeyOf(texts, step.way!, Date.now() * 1000).ended_us;
      const chat = world.chatOfChannel(step.place.slice(1));
      const typed = there && chat && draftOf(chat.chat);
      return (
        <>
          <b>{texts.of("tour.post")}</b>
          <p className="wide">{texts.of(waiting ? "tour.post_wait" : typed ? "tour.post_send" : "tour.post_text")}</p>
          <p className="narrow">
            {texts.of(waiting ? "tour.post_wait_phone" : typed ? "tour.post_send" : "tour.post_text_phone")}
          </p>
        </>
      );
    }
    default: {
      const journey = journeyOf(texts, step.way!, Date.now() * 1000);
      const time = texts.span((journey.ended_us ?? 0) - (journey.begun_us ?? 0));
      return (
        <>
          <b>
            🎉 {texts.of("tour.done_in", { time })}
          </b>
          <p>{texts.of("tour.done_text")}</p>
        </>
      );
    }
  }
}

function Action({ step, there, onEnd, onWay }: { step: TourStep; there: boolean; onEnd: () => void; onWay: Props["onWay"] }) {
  const texts = useTexts();
  const world = useWorld();
  const person = world.person;
  const open = () => go({ person, place: step.place });
  if (step.number === 4) {
    return there ? (
      <span className="coach-actions">
        <button
          type="button"
          onClick={() => {
            const way = step.way!;
            onWay(wayKey(way.channel, way.post_id));
          }}
        >
          {texts.of("tour.done_way")}
        </button>
        <button type="button" className="main" onClick={onEnd}>
          {texts.of("tour.done_close")}
        </button>
      </span>
    ) : (
      <button type="button" className="main" onClick={open}>
        {texts.of("tour.done_open")}
      </button>
    );
  }
  if (step.number === 3) {
    const channel = world.channel(step.place.slice(1));
    const chat = channel && world.chatOfChannel(channel.username);
    if (!channel || !chat) return null;
    const sent = step.way && !journeyOf(texts, step.way, Date.now() * 1000).ended_us;
    if (sent || (there && draftOf(chat.chat))) return null;
    return (
      <button
        type="button"
        className="main"
        onClick={() => {
          setDraft(chat.chat, sample(texts, step.category) || sample(texts, "design"));
          open();
        }}
      >
        {texts.of("tour.post_go")}
      </button>
    );
  }
  if (there) return null;
  if (step.number === 1) {
    return (
      <button type="button" className="main" onClick={open}>
        {texts.of("tour.go_bot")}
      </button>
    );
  }
  return (
    <button
      type="button"
      className="main"
      onClick={() => {
        startAsked.set(`${step.place}:${person}`, "main");
        open();
      }}
    >
      {texts.of("tour.go_bot")}
    </button>
  );
}

// What a newcomer sees in place of a chat.
export function Welcome({ onBegin, onLater, fresh }: { onBegin: () => void; onLater: () => void; fresh: boolean }) {
  const texts = useTexts();
  if (!fresh) {
    return (
      <main className="conversation welcome">
        <p className="pill">{texts.of("chat.choose")}</p>
      </main>
    );
  }
  return (
    <main className="conversation welcome">
      <div className="welcome-card">
        <h1>{texts.of("tour.title")}</h1>
        <p>{texts.of("tour.text")}</p>
        <ol>
          <li>{texts.of("tour.plan_1")}</li>
          <li>{texts.of("tour.plan_2")}</li>
          <li>{texts.of("tour.plan_3")}</li>
        </ol>
        <footer>
          <button type="button" className="main" autoFocus onClick={onBegin}>
            {texts.of("tour.begin")}
          </button>
          <button type="button" onClick={onLater}>
            {texts.of("tour.later")}
          </button>
        </footer>
      </div>
    </main>
  );
}
