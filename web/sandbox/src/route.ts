// Where the page is: #/PERSON, #/PERSON/BOT, #/PERSON/@CHANNEL, #/PERSON/@CHANNEL/POST, #/PERSON/GROUP.
import { useSyncExternalStore } from "react";

export interface Route {
  person: number;
  place: string; // "7000000001" a bot, "@design_jobs" a channel, "-100…" a group, "" the list
  post: number;
}

export function routeOf(hash: string): Route {
  const [person = "", place = "", post = ""] = hash.replace(/^#?\/?/, "").split("/");
  return { person: Number(person) || 0, place, post: Number(post) || 0 };
}

export function hashOf(route: { person: number; place?: string; post?: number }): string {
  return `#/${[route.person, route.place, route.post].filter(Boolean).join("/")}`;
}

export function go(route: { person: number; place?: string; post?: number }) {
  location.hash = hashOf(route);
}

const subscribe = (listener: () => void) => {
  addEventListener("hashchange", listener);
  return () => removeEventListener("hashchange", listener);
};

export function useRoute(): Route {
  return routeOf(useSyncExternalStore(subscribe, () => location.hash));
}
