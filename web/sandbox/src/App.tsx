import { useEffect, useMemo, useState } from "react";
import { api, Refused } from "./api";
import { Conversation, chatOfRoute } from "./Conversation";
import { Notices } from "./Dialog";
import { openLink } from "./links";
import { Panel, type Tab } from "./Panel";
import { go, useRoute } from "./route";
import { Sidebar, type Theme } from "./Sidebar";
import { firstLanguage, Texts, TextsContext, type Language } from "./texts";
import { Coach, tourStep, Welcome, type TourState } from "./Tour";
import { useWorld, world } from "./world";

const kept = <T,>(name: string, otherwise: T): T => {
  try {
    return (JSON.parse(localStorage.getItem(`tandem.${name}`) ?? "null") as T | null) ?? otherwise;
  } catch {
    return otherwise;
  }
};
const keep = (name: string, value: unknown) => localStorage.setItem(`tandem.${name}`, JSON.stringify(value));

export function App() {
  const [language, setLanguage] = useState<Language>(firstLanguage);
  const [theme, setTheme] = useState<Theme>(() => kept<Theme>("theme", "system"));
  const texts = useMemo(() => new Texts(language), [language]);
  useEffect(() => {
    document.documentElement.dataset.theme = theme;
    keep("theme", theme);
  }, [theme]);
  useEffect(() => {
    document.documentElement.lang = language;
  }, [language]);
  return (
    <TextsContext value={texts}>
      <Page
        texts={texts}
        theme={theme}
        onTheme={setTheme}
        onLanguage={(to) => {
          localStorage.setItem("tandem.language", to);
          setLanguage(to);
        }}
      />
    </TextsContext>
  );
}

interface PageProps {
  texts: Texts;
  theme: Theme;
  onTheme: (theme: Theme) => void;
  onLanguage: (language: Language) => void;
}

function Page({ texts, theme, onTheme, onLanguage }: PageProps) {
  const route = useRoute();
  useWorld();
  const [trouble, setTrouble] = useState("");
  const [panel, setPanel] = useState(() => kept("panel", true) && innerWidth > 1100);
  const [tab, setTab] = useState<Tab>("way");
  const [shown, setShown] = useState("");
  const [tours, setTours] = useState(() => kept<Record<number, TourState | "over">>("tour", {}));

  // Who am I: the person in the address, else the first one; a sandbox without people gets two.
  useEffect(() => {
    let left = false;
    const begin = async () => {
      try {
        const known = world.state?.people.some((one) => one.id === route.person);
        // Somebody who was just made may be news to the events as well: then all is read again.
        let state = known && world.state ? world.state : await world.begin();
        if (state.people.length === 0) {
          const names = [texts.of("me.first"), texts.of("me.second")];
          await api.addPeople(names.map((first_name) => ({ first_name, language_code: texts.language })));
          state = await world.begin();
        }
        if (left) return;
        setTrouble("");
        const there = state.people.some((one) => one.id === route.person);
        if (there) await world.become(route.person);
        else if (state.people[0]) go({ person: state.people[0].id });
      } catch (error) {
        if (left) return;
        if (!(error instanceof Refused)) throw error;
        setTrouble(error.status === 0 ? texts.of("trouble.not_here") : error.message);
        setTimeout(() => void (left || begin()), 2000);
      }
    };
    void begin();
    return () => {
      left = true;
    };
  }, [route.person, texts]);

  useEffect(() => {
    const changed = () => world.visible();
    let away = 0;
    const seen = () => {
      clearTimeout(away);
      if (document.hidden) away = window.setTimeout(() => world.hidden(), 20_000);
      else changed();
    };
    document.addEventListener("visibilitychange", seen);
    return () => document.removeEventListener("visibilitychange", seen);
  }, []);
  useEffect(() => {
    world.answeredUrl = (url) => openLink(url, texts);
    world.silent = () => world.say(texts.of("trouble.silent"));
  }, [texts]);

  const unread = world.state && world.person ? world.unread() : 0;
  useEffect(() => {
    document.title = unread ? texts.of("page.unread", { n: unread }) : texts.of("page.title");
  }, [unread, texts]);

  // Alt + ↑ / ↓: the chat above or below.
  useEffect(() => {
    const typed = (event: KeyboardEvent) => {
      if (!event.altKey || (event.key !== "ArrowDown" && event.key !== "ArrowUp")) return;
      const items = [...document.querySelectorAll<HTMLAnchorElement>(".sidebar .item")];
      const at = items.findIndex((one) => one.getAttribute("aria-current"));
      const next = items[(at + (event.key === "ArrowDown" ? 1 : -1) + items.length) % items.length];
      if (next) location.hash = next.hash;
      event.preventDefault();
    };
    addEventListener("keydown", typed);
    return () => removeEventListener("keydown", typed);
  }, []);

  const chat = world.person === route.person ? chatOfRoute(world, route) : undefined;
  // A channel's panel shows ways, a bot's the exchange, until one chooses; a tour always shows the way.
  const told = tours[world.person];
  const tour = told && told !== "over" ? told : null;
  const step = tourStep(world, tour);
  const kind = chat?.channel ? "way" : chat?.bot ? "wire" : "";
  useEffect(() => {
    if (kind && !step) setTab((now) => (now === "conditions" ? now : kind));
  }, [kind, route.place, !step]);

  if (!world.state || !world.person || world.person !== route.person || world.broken) {
    return (
      <div className="page waiting">
        <p className="pill">{world.broken?.message || trouble || texts.of("chat.loading")}</p>
      </div>
    );
  }

  const setTour = (to: TourState | "over") => {
    const next = { ...tours, [world.person]: to };
    setTours(next);
    keep("tour", next);
  };
  const begin = () => {
    const main = [...world.state!.bots].sort((a, b) => a.id - b.id)[0];
    setTour({ begun: Date.now() / 1000 });
    setTab("way");
    if (main) go({ person: world.person, place: String(main.id) });
  };
  const showPanel = (on: boolean) => {
    setPanel(on);
    if (innerWidth > 1100) keep("panel", on);
  };
  const showWay = (key: string) => {
    setShown(key);
    setTab("way");
    showPanel(true);
  };
  const fresh = told === undefined && [...world.chats.values()].every((one) => one.status !== "started");
  const here = step && route.place.toLowerCase() === step.place.toLowerCase();

  return (
    <div className={`page ${route.place || fresh ? "in-chat" : "in-list"} ${panel ? "with-panel" : ""}`}>
      {!world.online && <p className="offline" role="alert">{texts.of("trouble.offline")}</p>}
      <Sidebar
        route={route}
        theme={theme}
        onTheme={onTheme}
        onLanguage={onLanguage}
        onTour={begin}
        hinted={step && !here ? step.place : ""}
      />
      <div className="middle">
        {step && <Coach tour={tour} route={route} onEnd={() => setTour("over")} onWay={showWay} />}
        {chat ? (
          <Conversation
            chat={chat}
            route={route}
            panel={panel}
            onPanel={() => showPanel(!panel)}
            onWay={showWay}
            hinted={!!step?.button && !!here}
          />
        ) : route.place ? (
          <main className="conversation welcome">
            <p className="pill">{texts.of("chat.gone")}</p>
          </main>
        ) : (
          <Welcome fresh={fresh} onBegin={begin} onLater={() => setTour("over")} />
        )}
      </div>
      {panel && (
        <Panel
          chat={chat}
          tab={tab}
          onTab={setTab}
          shown={shown}
          onShown={setShown}
          onClose={() => showPanel(false)}
        />
      )}
      <Notices />
    </div>
  );
}
