// Who I am, and the chats.
import { useState, type FormEvent } from "react";
import { api, type Person, type View } from "./api";
import { Dialog, Menu } from "./Dialog";
import { Avatar, Icon } from "./icons";
import { attempt } from "./links";
import { go, hashOf, type Route } from "./route";
import { useTexts, type Language, type Texts } from "./texts";
import { firstLine, kindOf, useWorld, type Chat } from "./world";

export type Theme = "system" | "light" | "dark";

interface Props {
  route: Route;
  theme: Theme;
  onTheme: (theme: Theme) => void;
  onLanguage: (language: Language) => void;
  onTour: () => void;
  hinted: string; // the place that the tour wants opened
}

export function Sidebar({ route, theme, onTheme, onLanguage, onTour, hinted }: Props) {
  const texts = useTexts();
  const world = useWorld();
  const [adding, setAdding] = useState<"person" | "channel" | Person | null>(null);
  const [wide, setWide] = useState(false); // all bots are listed
  const state = world.state!;
  const me = world.me();

  const bots = state.bots
    .map((bot) => ({ bot, chat: world.chatOfBot(bot.id) }))
    .sort((a, b) => order(b.chat) - order(a.chat) || a.bot.id - b.bot.id);
  // Bots that one has never met are folded away, all but those to begin with: the first one, and whoever is not one of
  // several with the same first name ("Orders: design").
  const main = Math.min(...bots.map(({ bot }) => bot.id));
  const met = bots.filter(
    ({ bot, chat }) =>
      bot.id === main ||
      !bot.title.includes(":") ||
      chat?.last ||
      chat?.status !== "new" ||
      route.place === String(bot.id) ||
      hinted === String(bot.id),
  );
  bots.sort((a, b) => Number(met.includes(b)) - Number(met.includes(a)));
  const known = bots.length - met.length < 3 ? bots.length : met.length;
  const channels = state.channels
    .map((channel) => ({ channel, chat: world.chatOfChannel(channel.username) }))
    .sort((a, b) => (b.chat?.last?.message.date ?? 0) - (a.chat?.last?.message.date ?? 0));

  return (
    <aside className="sidebar">
      <header>
        <Menu
          label={texts.of("me.switch")}
          className="me"
          face={
            <>
              <Avatar name={me?.first_name ?? "?"} seed={me?.id ?? 0} color={me?.color} size={38} />
              <span>
                <small>{texts.of("page.title")}</small>
                <b>{me ? texts.of("me.you", { name: me.first_name }) : texts.of("me.switch")}</b>
              </span>
            </>
          }
        >
          {state.people.map((one) => (
            <div className="person" key={one.id}>
              <a role="menuitem" href={hashOf({ person: one.id })} aria-current={one.id === me?.id}>
                <Avatar name={one.first_name} seed={one.id} color={one.color} size={32} />
                <span>
                  {one.first_name} {one.last_name}
                  <small>{one.language_code === "ru" ? texts.of("me.language_ru") : texts.of("me.language_en")}</small>
                </span>
                {one.id === me?.id && <Icon name="check" />}
              </a>
              <a
                role="menuitem"
                className="plain"
                href={hashOf({ person: one.id })}
                target="_blank"
                rel="noreferrer"
                title={texts.of("me.new_tab")}
                aria-label={`${one.first_name}: ${texts.of("me.new_tab")}`}
              >
                <Icon name="window" />
              </a>
              <button
                type="button"
                role="menuitem"
                className="plain"
                title={texts.of("me.edit")}
                aria-label={`${one.first_name}: ${texts.of("me.edit")}`}
                onClick={() => setAdding(one)}
              >
                <Icon name="edit" />
              </button>
            </div>
          ))}
          <button type="button" role="menuitem" onClick={() => setAdding("person")}>
            <Icon name="plus" />
            {texts.of("me.add")}
          </button>
        </Menu>
        <Menu label={texts.of("look.settings")} icon="look" className="look">
          <h3>{texts.of("look.theme")}</h3>
          {(["system", "light", "dark"] as const).map((one) => (
            <button type="button" role="menuitemradio" aria-checked={theme === one} key={one} onClick={() => onTheme(one)}>
              {texts.of(`look.${one}`)}
              {theme === one && <Icon name="check" />}
            </button>
          ))}
          <h3>{texts.of("look.language")}</h3>
          {(["ru", "en"] as const).map((one) => (
            <button
              type="button"
              role="menuitemradio"
              aria-checked={texts.language === one}
              key={one}
              lang={one}
              onClick={() => onLanguage(one)}
            >
              {texts.of(one === "ru" ? "me.language_ru" : "me.language_en")}
              {texts.language === one && <Icon name="check" />}
            </button>
          ))}
          <hr />
          <button type="button" role="menuitem" onClick={onTour}>
            {texts.of("look.tour")}
          </button>
        </Menu>
      </header>
      <nav aria-label={texts.of("list.bots")}>
        <h2>{texts.of("list.bots")}</h2>
        {bots.length === 0 && <p className="empty">{texts.of("list.no_bots")}</p>}
        {bots.slice(0, wide ? bots.length : known).map(({ bot, chat }) => (
          <Item
            key={bot.id}
            href={hashOf({ person: route.person, place: String(bot.id) })}
            current={route.place === String(bot.id)}
            hinted={hinted === String(bot.id)}
            name={bot.title || `@${bot.username}`}
            seed={bot.id}
            chat={chat}
            quiet={
              chat?.status === "blocked"
                ? texts.of("list.blocked")
                : chat?.last
                  ? ""
                  : bot.short_description || texts.of("list.not_started")
            }
          />
        ))}
        {bots.length > known && (
          <button type="button" className="item fold" aria-expanded={wide} onClick={() => setWide(!wide)}>
            <Icon name="chevron" />
            {wide ? texts.of("list.fewer") : texts.of("list.other_bots", { n: bots.length - known })}
          </button>
        )}
        <h2>
          {texts.of("list.channels")}
          <button
            type="button"
            className="plain"
            title={texts.of("list.add_channel")}
            aria-label={texts.of("list.add_channel")}
            onClick={() => setAdding("channel")}
          >
            <Icon name="plus" />
          </button>
        </h2>
        {channels.length === 0 && (
          <p className="empty">
            {texts.of("list.no_channels")}
            <button type="button" className="main" onClick={() => void attempt(texts, api.starter)}>
              {texts.of("list.starter")}
            </button>
          </p>
        )}
        {channels.map(({ channel, chat }) => (
          <Item
            key={channel.username}
            href={hashOf({ person: route.person, place: `@${channel.username}` })}
            current={route.place.toLowerCase() === `@${channel.username}`.toLowerCase()}
            hinted={hinted === `@${channel.username}`}
            name={channel.title}
            seed={channel.chat_id}
            chat={chat}
            quiet={chat?.last ? "" : texts.of("list.no_posts")}
          />
        ))}
        {state.groups.length > 0 && <h2>{texts.of("list.groups")}</h2>}
        {state.groups.map((group) => (
          <Item
            key={group.chat_id}
            href={hashOf({ person: route.person, place: String(group.chat_id) })}
            current={route.place === String(group.chat_id)}
            hinted={false}
            name={group.title}
            seed={group.chat_id}
            chat={world.chats.get(String(group.chat_id))}
            quiet=""
          />
        ))}
      </nav>
      {adding === "channel" && <AddChannel onClose={() => setAdding(null)} />}
      {adding && adding !== "channel" && (
        <EditPerson person={adding === "person" ? null : adding} onClose={() => setAdding(null)} />
      )}
    </aside>
  );
}

// Chats with messages first, the newest on top.
const order = (chat: Chat | undefined) => chat?.last?.message.date ?? 0;

function summary(view: View, texts: Texts): string {
  if (view.message.pinned_message) return texts.of("chat.pinned_other");
  const kind = kindOf(view.message);
  return [kind ? texts.of(`list.${kind}`) : "", firstLine(view)].filter(Boolean).join(": ");
}

interface ItemProps {
  href: string;
  current: boolean;
  hinted: boolean;
  name: string;
  seed: number;
  chat?: Chat;
  quiet: string;
}

function Item({ href, current, hinted, name, seed, chat, quiet }: ItemProps) {
  const texts = useTexts();
  const world = useWorld();
  const last = chat?.last;
  const typing = (chat?.typingUntil ?? 0) > Date.now();
  return (
    <a className={`item ${quiet && !last ? "asleep" : ""} ${hinted ? "hinted" : ""}`} href={href} aria-current={current ? "page" : undefined}>
      <Avatar name={name} seed={seed} />
      <span className="item-name">
        <b>{name}</b>
        {last && (
          <time title={texts.exact(last.message.date)}>{texts.brief(last.message.date, world.now())}</time>
        )}
      </span>
      <span className="item-text">
        <span>
          {typing ? (
            <em>{texts.of("chat.typing")}</em>
          ) : quiet ? (
            quiet
          ) : (
            last && (
              <>
                {last.out && <i>{texts.of("list.you")}: </i>}
                {summary(last, texts)}
              </>
            )
          )}
        </span>
        {!!chat?.unread && (
          <span className="badge" aria-label={texts.of("list.unread", { n: chat.unread })}>
            {chat.unread > 999 ? "999+" : chat.unread}
          </span>
        )}
      </span>
    </a>
  );
}

const personColors = ["#e17076", "#eda86c", "#a695e7", "#7bc862", "#6ec9cb", "#65aadd", "#ee7aae", "#3390ec"];

function EditPerson({ person, onClose }: { person: Person | null; onClose: () => void }) {
  const texts = useTexts();
  const [name, setName] = useState(person?.first_name ?? "");
  const [speaks, setSpeaks] = useState(person?.language_code ?? texts.language);
  const [color, setColor] = useState(
    person?.color ?? personColors[Math.floor(Math.random() * personColors.length)]!,
  );
  const title = texts.of(person ? "me.edit" : "me.add");
  const save = async (event: FormEvent) => {
    event.preventDefault();
    const values = { first_name: name.trim(), language_code: speaks, color };
    const kept = await attempt(texts, () => (person ? api.changePerson(person.id, values) : api.addPerson(values)));
    if (!kept) return;
    if (!person) go({ person: kept.id });
    onClose();
  };
  return (
    <Dialog title={title} onClose={onClose}>
      <form onSubmit={(event) => void save(event)}>
        <Avatar name={name || "?"} seed={0} color={color} size={72} />
        <label>
          {texts.of("me.name")}
          <input value={name} required maxLength={64} autoFocus onChange={(event) => setName(event.target.value)} />
        </label>
        <label>
          {texts.of("me.speaks")}
          <select value={speaks} onChange={(event) => setSpeaks(event.target.value)}>
            <option value="ru">{texts.of("me.language_ru")}</option>
            <option value="en">{texts.of("me.language_en")}</option>
          </select>
        </label>
        <fieldset className="colors">
          <legend>{texts.of("me.color")}</legend>
          {personColors.map((one) => (
            <input
              type="radio"
              name="color"
              key={one}
              aria-label={one}
              checked={color === one}
              style={{ background: one }}
              onChange={() => setColor(one)}
            />
          ))}
        </fieldset>
        <footer>
          {person && (
            <button
              type="button"
              className="danger"
              onClick={() => void attempt(texts, () => api.removePerson(person.id)).then(onClose)}
            >
              {texts.of("me.remove")}
            </button>
          )}
          <button type="submit" className="main">
            {texts.of(person ? "dialog.save" : "dialog.create")}
          </button>
        </footer>
      </form>
    </Dialog>
  );
}

function AddChannel({ onClose }: { onClose: () => void }) {
  const texts = useTexts();
  const world = useWorld();
  const [title, setTitle] = useState("");
  const [username, setUsername] = useState("");
  const save = async (event: FormEvent) => {
    event.preventDefault();
    const made = await attempt(texts, () => api.addChannel({ username, title: title.trim() }));
    if (!made) return;
    go({ person: world.person, place: `@${made.username}` });
    onClose();
  };
  return (
    <Dialog title={texts.of("list.add_channel")} onClose={onClose}>
      <form onSubmit={(event) => void save(event)}>
        <label>
          {texts.of("list.channel_name")}
          <input value={title} required maxLength={128} autoFocus onChange={(event) => setTitle(event.target.value)} />
        </label>
        <label>
          {texts.of("list.channel_username")}
          <input
            value={username}
            required
            pattern="[A-Za-z][A-Za-z0-9_]{2,31}"
            title={texts.of("list.channel_hint")}
            spellCheck={false}
            autoCapitalize="none"
            onChange={(event) => setUsername(event.target.value.replace(/^@/, ""))}
          />
          <small>{texts.of("list.channel_hint")}</small>
        </label>
        <footer>
          <button type="submit" className="main">
            {texts.of("dialog.create")}
          </button>
        </footer>
      </form>
    </Dialog>
  );
}
