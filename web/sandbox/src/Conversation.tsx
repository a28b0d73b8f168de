// The chat on screen.
import { useCallback, useEffect, useLayoutEffect, useRef, useState } from "react";
import { api, type Place, type View } from "./api";
import { Bubble, type BubbleAction } from "./Bubble";
import { Composer } from "./Composer";
import { Dialog, Menu } from "./Dialog";
import { Avatar, Icon } from "./icons";
import { attempt, targetOf } from "./links";
import { hashOf, type Route } from "./route";
import { useTexts } from "./texts";
import { firstLine, kindOf, useWorld, wayKey, type Chat, type World } from "./world";

export function chatOfRoute(world: World, route: Route): Chat | undefined {
  if (route.place.startsWith("@")) return world.chatOfChannel(route.place.slice(1));
  if (route.place.startsWith("-")) return world.chats.get(route.place);
  return route.place ? world.chatOfBot(Number(route.place)) : undefined;
}

// The post that a message is, or that its buttons lead to: "design_jobs/42".
export function postOf(chat: Chat, view: View, world: World): string | null {
  if (chat.channel) return wayKey(chat.channel, view.message.message_id);
  for (const button of view.message.reply_markup?.inline_keyboard?.flat() ?? []) {
    const target = button.url ? targetOf(button.url) : null;
    if (target?.post && world.channel(target.name)) return wayKey(target.name, target.post);
  }
  return null;
}

interface Props {
  chat: Chat;
  route: Route;
  panel: boolean;
  onPanel: () => void;
  onWay: (key: string) => void;
  hinted: boolean;
}

export function Conversation({ chat, route, panel, onPanel, onWay, hinted }: Props) {
  const texts = useTexts();
  const world = useWorld();
  const [editing, setEditing] = useState<View | null>(null);
  const [replying, setReplying] = useState<View | null>(null);
  const [photo, setPhoto] = useState("");
  const [low, setLow] = useState(true); // the end is on screen
  const scroller = useRef<HTMLDivElement>(null);
  const stuck = useRef(true);

  const bot = chat.bot ? world.bot(chat.bot) : undefined;
  const channel = chat.channel ? world.channel(chat.channel) : undefined;
  const group = bot || channel ? undefined : world.group(chat.chat);
  const place: Place = chat.bot ? { bot: chat.bot } : { chat_id: Number(chat.chat) };
  const name = bot ? bot.title || `@${bot.username}` : (channel?.title ?? group?.title ?? chat.chat);
  const typing = chat.typingUntil > Date.now();
  const last = chat.views.at(-1);

  useEffect(() => {
    world.show(chat.chat);
    setEditing(null);
    setReplying(null);
    stuck.current = true;
    return () => world.show("");
  }, [world, chat.chat]);

  // New messages keep the end in sight, unless one reads further up.
  useLayoutEffect(() => {
    const box = scroller.current!;
    if (stuck.current) box.scrollTop = box.scrollHeight;
  });
  useEffect(() => {
    const box = scroller.current!;
    const grown = new ResizeObserver(() => {
      if (stuck.current) box.scrollTop = box.scrollHeight;
    });
    grown.observe(box);
    grown.observe(box.firstElementChild!);
    return () => grown.disconnect();
  }, []);
  useEffect(() => {
    if (last?.out) stuck.current = true;
    if (stuck.current) scroller.current!.scrollTop = scroller.current!.scrollHeight;
  }, [last]);
  // A link to one post shows it.
  useEffect(() => {
    if (!route.post) return;
    const target = scroller.current!.querySelector(`[data-message="${route.post}"]`);
    if (!target) return;
    stuck.current = false;
    target.scrollIntoView({ block: "center" });
  }, [route.post, chat.chat, chat.views.length]);

  const scrolled = () => {
    const box = scroller.current!;
    stuck.current = box.scrollHeight - box.scrollTop - box.clientHeight < 60;
    setLow(stuck.current);
  };

  const command = useCallback(
    (text: string) => {
      if (chat.bot) void attempt(texts, () => api.write(world.person, { bot: chat.bot! }, { text }));
    },
    [chat.bot, texts, world],
  );

  const actionsOf = (view: View): BubbleAction[] => {
    const id = view.message.message_id;
    const own = view.out || !!channel;
    const text = view.message.text ?? view.message.caption ?? "";
    const post = postOf(chat, view, world);
    return [
      post && { name: texts.of("chat.way"), icon: "way", run: () => onWay(post) },
      !channel && { name: texts.of("chat.reply"), icon: "reply", run: () => setReplying(view) },
      text && {
        name: texts.of("chat.copy"),
        icon: "copy",
        run: () => void navigator.clipboard.writeText(text).then(() => world.say(texts.of("trouble.copied")), () => undefined),
      },
      own && text && !view.message.forward_origin && { name: texts.of("chat.edit"), icon: "edit", run: () => setEditing(view) },
      (own || bot) && {
        name: texts.of("chat.delete"),
        icon: "trash",
        danger: true,
        run: () =>
          void attempt(texts, () =>
            channel ? api.unpost(channel.username, id) : api.remove(chat.chat, id),
          ),
      },
    ].filter(Boolean) as BubbleAction[];
  };

  // What a message is called where there is room for a line only.
  const nameOf = (view: View) => {
    const kind = kindOf(view.message);
    return firstLine(view) || (kind ? texts.of(`list.${kind}`) : "…");
  };
  const pinned = chat.pinned?.top;
  const showPinned = () => {
    const target = scroller.current!.querySelector(`[data-message="${pinned!.message.message_id}"]`);
    if (!target) return;
    stuck.current = false;
    target.scrollIntoView({ block: "center", behavior: "smooth" });
  };

  const pressingOf = (view: View) => {
    const begin = `${chat.chat} ${view.message.message_id} `;
    return [...world.pressed.keys()]
      .filter((key) => key.startsWith(begin))
      .map((key) => key.slice(begin.length))
      .join("|");
  };

  // Albums are one bubble; a new day gets its line.
  const runs: View[][] = [];
  for (const view of chat.views) {
    const before = runs.at(-1)?.[0]?.message.media_group_id;
    if (before && before === view.message.media_group_id) runs.at(-1)!.push(view);
    else runs.push([view]);
  }
  let day = "";
  let author = "";
  const now = world.now();

  const about = typing
    ? texts.of("chat.typing")
    : bot
      ? `@${bot.username} · ${texts.of("chat.bot")}`
      : channel
        ? `@${channel.username} · ${texts.of("chat.subscribers", { n: channel.subscribers })}${channel.preview ? "" : ` · ${texts.of("chat.no_preview")}`}`
        : texts.of("chat.members", { n: (group?.people.length ?? 0) + (group?.bots.length ?? 0) });

  return (
    <main className="conversation">
      <header>
        <a className="plain back" href={hashOf({ person: route.person })} aria-label={texts.of("chat.back")}>
          <Icon name="back" />
        </a>
        <Avatar name={name} seed={chat.bot ?? Number(chat.chat)} size={40} />
        <div className="title">
          <h1>{name}</h1>
          <small className={typing ? "typing" : ""}>{about}</small>
        </div>
        {bot && (
          <Menu label={texts.of("chat.menu")} icon="more">
            <button
              type="button"
              role="menuitem"
              onClick={() => void attempt(texts, () => api.block(world.person, bot.id, chat.status !== "blocked"))}
            >
              <Icon name="ban" />
              {texts.of(chat.status === "blocked" ? "chat.unblock" : "chat.block")}
            </button>
            <button
              type="button"
              role="menuitem"
              className="danger"
              onClick={() =>
                void attempt(texts, () => api.clear(world.person, bot.id)).then(() => {
                  chat.loaded = false;
                  chat.views = [];
                  return world.refresh();
                })
              }
            >
              <Icon name="trash" />
              {texts.of("chat.clear")}
            </button>
          </Menu>
        )}
        <button
          type="button"
          className="plain"
          aria-pressed={panel}
          title={texts.of(panel ? "panel.hide" : "panel.show")}
          aria-label={texts.of(panel ? "panel.hide" : "panel.show")}
          onClick={onPanel}
        >
          <Icon name="panel" />
        </button>
      </header>
      {pinned && (
        <button type="button" className="pinned" onClick={showPinned}>
          <Icon name="pin" />
          <span>
            <b>{texts.of("chat.pinned")}</b>
            <small>{nameOf(pinned)}</small>
          </span>
        </button>
      )}
      <div className="scroller" ref={scroller} onScroll={scrolled} tabIndex={-1}>
        <div className="messages" role="log" aria-live="polite">
          {!chat.complete && chat.views.length > 0 && (
            <button
              type="button"
              className="pill"
              onClick={() => {
                stuck.current = false;
                void attempt(texts, () => world.loadEarlier(chat.chat));
              }}
            >
              {texts.of("chat.earlier")}
            </button>
          )}
          {chat.views.length === 0 && (
            <div className="nothing">
              {bot && bot.description ? (
                <div className="bubble description">
                  <b>{texts.of("chat.what_can")}</b>
                  <p>{bot.description}</p>
                </div>
              ) : (
                <p className="pill">
                  {texts.of(channel ? "chat.empty_channel" : bot && chat.status === "new" ? "chat.start_hint" : "chat.empty")}
                </p>
              )}
            </div>
          )}
          {runs.map((views) => {
            const view = views.at(-1)!;
            const message = views[0]!.message;
            const date = texts.date(message.date, now);
            const from = view.out ? "me" : String(message.from?.id ?? message.sender_chat?.id);
            const first = from !== author || date !== day;
            const line = date !== day ? <div className="pill day" key={`day ${message.message_id}`}>{date}</div> : null;
            day = date;
            author = from;
            const post = postOf(chat, view, world);
            if (message.pinned_message) {
              author = "";
              const text = nameOf({ ...view, message: message.pinned_message });
              return [line, <div className="pill service" key={message.message_id}>{texts.of("chat.pinned_line", { text })}</div>];
            }
            return [
              line,
              <Bubble
                key={message.message_id}
                views={views}
                chat={chat.chat}
                place={place}
                pressing={pressingOf(view)}
                first={first}
                lit={route.post === view.message.message_id}
                actions={actionsOf(view)}
                onCommand={command}
                onPhoto={setPhoto}
                onShow={post ? () => onWay(post) : undefined}
                showName={group && !view.out && first ? message.from?.first_name : undefined}
              />,
            ];
          })}
        </div>
      </div>
      {!low && (
        <button
          type="button"
          className="to-bottom"
          aria-label={texts.of("chat.to_bottom")}
          onClick={() => {
            const box = scroller.current!;
            box.scrollTo({ top: box.scrollHeight, behavior: "smooth" });
          }}
        >
          <Icon name="down" />
        </button>
      )}
      <Composer
        key={chat.chat}
        chat={chat}
        place={place}
        bot={bot}
        channel={channel}
        editing={editing}
        replying={replying}
        hinted={hinted}
        onDone={() => {
          setEditing(null);
          setReplying(null);
        }}
      />
      {photo && (
        <Dialog title={texts.of("list.photo")} onClose={() => setPhoto("")}>
          <img className="whole-photo" src={photo} alt="" />
        </Dialog>
      )}
    </main>
  );
}
