// Where one writes: to a bot, to a group, or a post into a channel.
import { useEffect, useLayoutEffect, useRef, useState, type ClipboardEvent } from "react";
import { api, type Bot, type Channel, type Place, type View } from "./api";
import { Menu } from "./Dialog";
import { Icon } from "./icons";
import { attempt, startAsked } from "./links";
import { sample, useTexts } from "./texts";
import { useWorld, type Chat } from "./world";

interface Props {
  chat: Chat;
  place: Place;
  bot?: Bot;
  channel?: Channel;
  editing: View | null;
  replying: View | null;
  onDone: () => void; // with editing or replying
  hinted: boolean; // the tour wants Start or Publish pressed
}

const drafts = new Map<string, string>(); // chat → what was typed
const listeners = new Set<() => void>();

// Puts a text where a chat's text is typed.
export function setDraft(chat: string, text: string) {
  drafts.set(chat, text);
  for (const listener of listeners) listener();
}
export const draftOf = (chat: string) => drafts.get(chat) ?? "";

interface Attached {
  name: string;
  type: string;
  base64: string;
  url: string; // to show a photo
}

const largest = 20 * 2 ** 20;
const sampleNames = ["design", "development", "copywriting", "smm", "translation", "video", "illustration"];

export function Composer({ chat, place, bot, channel, editing, replying, onDone, hinted }: Props) {
  const texts = useTexts();
  const world = useWorld();
  const [text, setText] = useState(() => draftOf(chat.chat));
  const [file, setFile] = useState<Attached | null>(null);
  const [folded, setFolded] = useState(false);
  const [signed, setSigned] = useState(false);
  const [chosen, setChosen] = useState(0); // in the list of commands
  const area = useRef<HTMLTextAreaElement>(null);
  const picker = useRef<HTMLInputElement>(null);
  const me = world.me();

  useEffect(() => {
    const changed = () => {
      setText(draftOf(chat.chat));
      area.current?.focus();
    };
    listeners.add(changed);
    return () => void listeners.delete(changed);
  }, [chat.chat]);
  useEffect(() => {
    if (editing) setText(editing.message.text ?? editing.message.caption ?? "");
    if (editing || replying) area.current?.focus();
  }, [editing, replying]);
  useEffect(() => {
    if (matchMedia("(min-width: 761px)").matches) area.current?.focus();
  }, [chat.chat]);
  useEffect(() => setFolded(false), [chat.keyboard]);
  useEffect(() => {
    if (chat.keyboard?.force_reply) area.current?.focus();
  }, [chat.keyboard]);
  useLayoutEffect(() => {
    const box = area.current;
    if (!box) return;
    box.style.height = "auto";
    box.style.height = `${Math.min(box.scrollHeight, innerHeight * 0.4)}px`;
  }, [text]);

  const type = (to: string) => {
    setText(to);
    setChosen(0);
    if (!editing) drafts.set(chat.chat, to);
  };

  const asked = startAsked.get(chat.chat);
  const start = async () => {
    const sent = await attempt(texts, () => api.write(world.person, place, { start: asked ?? "" }));
    if (sent) startAsked.delete(chat.chat);
  };
  if (bot && (chat.status !== "started" || asked !== undefined)) {
    return (
      <div className="composer">
        <button type="button" className={`start ${hinted ? "hinted" : ""}`} onClick={() => void start()}>
          {texts.of(chat.status === "blocked" ? "chat.restart" : "chat.start")}
        </button>
      </div>
    );
  }

  const commands =
    bot && /^\/\w*$/.test(text)
      ? bot.commands.filter((one) => one.command.startsWith(text.slice(1).toLowerCase()))
      : [];

  const send = async (typed = text) => {
    const body = typed.trim();
    const id = editing?.message.message_id;
    if (!body && !file) return;
    let done: unknown;
    if (id && channel) done = await attempt(texts, () => api.repost(channel.username, id, body).then(() => true));
    else if (id) done = await attempt(texts, () => api.rewrite(world.person, place, id, body));
    else if (channel) {
      done = await attempt(texts, () =>
        api.post({
          channel: channel.username,
          text: body,
          ...(file && { photo: file.base64 }),
          ...(signed && me && { author_signature: me.first_name }),
        }),
      );
    } else {
      const photo = file?.type.startsWith("image/");
      const content = !file
        ? { text: body }
        : photo
          ? { photo: file.base64, file_name: file.name, mime_type: file.type }
          : { document: file.base64, file_name: file.name, mime_type: file.type || "application/octet-stream" };
      done = await attempt(texts, () =>
        api.write(world.person, place, {
          ...content,
          ...(file && body && { caption: body }),
          ...(replying && { reply_to: replying.message.message_id }),
        }),
      );
    }
    if (!done) return; // what was typed stays
    drafts.delete(chat.chat);
    setText("");
    setFile(null);
    onDone();
    if (chat.keyboard?.one_time_keyboard) setFolded(true);
  };

  const attach = (from: File | undefined) => {
    if (!from) return;
    if (from.size > largest) {
      world.say(texts.of("trouble.too_big"));
      return;
    }
    const reader = new FileReader();
    reader.onload = () => {
      const url = reader.result as string;
      setFile({ name: from.name, type: from.type, base64: url.slice(url.indexOf(",") + 1), url });
      area.current?.focus();
    };
    reader.readAsDataURL(from);
  };
  const pasted = (event: ClipboardEvent) => {
    const image = [...event.clipboardData.files][0];
    if (image) {
      event.preventDefault();
      attach(image);
    }
  };

  const keyboard = chat.keyboard?.keyboard;
  const context = editing ?? replying;
  return (
    <div className="composer">
      {commands.length > 0 && (
        <ul className="commands" role="listbox" aria-label={texts.of("compose.commands")}>
          {commands.map((one, at) => (
            <li key={one.command} role="option" aria-selected={at === chosen}>
              <button type="button" tabIndex={-1} onClick={() => void send(`/${one.command}`)}>
                <b>/{one.command}</b> {one.description}
              </button>
            </li>
          ))}
        </ul>
      )}
      {context && (
        <div className="context">
          <Icon name={editing ? "edit" : "reply"} />
          <span>
            <b>{texts.of(editing ? "compose.editing" : "compose.replying")}</b>
            <small>{(context.message.text ?? context.message.caption ?? "").split("\n")[0]}</small>
          </span>
          <button
            type="button"
            className="plain"
            aria-label={texts.of("compose.cancel")}
            onClick={() => {
              if (editing) setText(draftOf(chat.chat));
              onDone();
            }}
          >
            <Icon name="close" />
          </button>
        </div>
      )}
      {file && (
        <div className="context">
          {file.type.startsWith("image/") ? <img src={file.url} alt="" /> : <Icon name="file" />}
          <span>
            <b>{file.name}</b>
          </span>
          <button type="button" className="plain" aria-label={texts.of("compose.remove_file")} onClick={() => setFile(null)}>
            <Icon name="close" />
          </button>
        </div>
      )}
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void send();
        }}
      >
        {bot && bot.commands.length > 0 && (
          <button
            type="button"
            className="plain slash"
            title={texts.of("compose.commands")}
            aria-label={texts.of("compose.commands")}
            onClick={() => {
              type(text === "/" ? "" : "/");
              area.current?.focus();
            }}
          >
            /
          </button>
        )}
        {channel && !editing && (
          <Menu label={texts.of("compose.samples")} icon="text" className="samples">
            {sampleNames.map((name) => (
              <button type="button" role="menuitem" key={name} onClick={() => setDraft(chat.chat, sample(texts, name))}>
                {texts.of("samples.vacancy", { category: texts.ifThere(`samples.categories.${name}`) })}
              </button>
            ))}
            {(["cv", "ad", "scam"] as const).map((name) => (
              <button type="button" role="menuitem" key={name} onClick={() => setDraft(chat.chat, sample(texts, name))}>
                {texts.of(`samples.${name}`)}
              </button>
            ))}
            <hr />
            {me && (
              <button type="button" role="menuitemcheckbox" aria-checked={signed} onClick={() => setSigned(!signed)}>
                {texts.of("compose.signature", { name: me.first_name })}
                {signed && <Icon name="check" />}
              </button>
            )}
          </Menu>
        )}
        <textarea
          ref={area}
          rows={1}
          value={text}
          dir="auto"
          maxLength={4096}
          aria-label={texts.of(channel ? "compose.post" : "compose.message")}
          placeholder={chat.keyboard?.input_field_placeholder ?? texts.of(channel ? "compose.post" : "compose.message")}
          onChange={(event) => type(event.target.value)}
          onPaste={pasted}
          onKeyDown={(event) => {
            if (commands.length > 0 && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
              event.preventDefault();
              const step = event.key === "ArrowDown" ? 1 : -1;
              setChosen((chosen + step + commands.length) % commands.length);
            } else if (event.key === "Enter" && !event.shiftKey && !event.nativeEvent.isComposing) {
              event.preventDefault();
              const command = commands[chosen];
              void send(command ? `/${command.command}` : text);
            } else if (event.key === "Escape" && context) {
              onDone();
            }
          }}
        />
        {keyboard && (
          <button
            type="button"
            className="plain"
            title={texts.of("compose.keyboard")}
            aria-label={texts.of("compose.keyboard")}
            aria-expanded={!folded}
            onClick={() => setFolded(!folded)}
          >
            <Icon name="keyboard" />
          </button>
        )}
        {!editing && (
          <button
            type="button"
            className="plain"
            title={texts.of("compose.attach")}
            aria-label={texts.of("compose.attach")}
            onClick={() => picker.current?.click()}
          >
            <Icon name="attach" />
          </button>
        )}
        <input
          ref={picker}
          type="file"
          hidden
          accept={channel ? "image/*" : undefined}
          onChange={(event) => {
            attach(event.target.files?.[0]);
            event.target.value = "";
          }}
        />
        <button
          type="submit"
          className={`send ${hinted && text ? "hinted" : ""} ${channel ? "publish" : ""}`}
          disabled={!text.trim() && !file}
          title={texts.of(channel ? "compose.publish" : "compose.send")}
          aria-label={texts.of(channel ? "compose.publish" : "compose.send")}
        >
          {channel && <span>{texts.of("compose.publish")}</span>}
          <Icon name="send" />
        </button>
      </form>
      {keyboard && !folded && (
        <div className={`reply-keyboard ${chat.keyboard?.resize_keyboard ? "" : "tall"}`}>
          {keyboard.map((row, at) => (
            <div key={at}>
              {row.map((button, column) => {
                const label = typeof button === "string" ? button : button.text;
                return (
                  <button
                    type="button"
                    key={column}
                    onClick={() =>
                      void attempt(texts, () => api.press(world.person, place, { text: label })).then((sent) => {
                        if (sent && chat.keyboard?.one_time_keyboard) setFolded(true);
                      })
                    }
                  >
                    {label}
                  </button>
                );
              })}
            </div>
          ))}
        </div>
      )}
    </div>
  );
}
