// Where one writes: to a bot, to a group, or a post into a channel.
import { useEffect, useLayoutEffect, useRef, useState, type ClipboardEvent } from "react";
import { api, type Bot, type Channel, type Content, type Coordinates, type Place, type View } from "./api";
import { Menu } from "./Dialog";
import { Icon } from "./icons";
import { attempt, startAsked } from "./links";
import { LocationDialog } from "./LocationDialog";
import { asFile, asPhoto, note, sticker, stickers, voice, type Ready } from "./media";
import { sample, useTexts } from "./texts";
import { firstLine, kindOf, useWorld, type Chat } from "./world";

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

// Photos go as one album, a file goes as it is.
interface Attached {
  photos: boolean;
  files: Ready[];
}

const largest = 20 * 2 ** 20;
const largestAlbum = 10;
const sampleNames = ["design", "development", "copywriting", "smm", "translation", "video", "illustration"];

export function Composer({ chat, place, bot, channel, editing, replying, onDone, hinted }: Props) {
  const texts = useTexts();
  const world = useWorld();
  const [text, setText] = useState(() => draftOf(chat.chat));
  const [attached, setAttached] = useState<Attached | null>(null);
  // The place that is asked for: by a button of the reply keyboard, or to be sent by itself.
  const [locating, setLocating] = useState<{ button?: string } | null>(null);
  const [folded, setFolded] = useState(false);
  const [signed, setSigned] = useState(false);
  const [chosen, setChosen] = useState(-1); // in the list of commands; what was typed goes unless one is chosen
  const area = useRef<HTMLTextAreaElement>(null);
  const photoPicker = useRef<HTMLInputElement>(null);
  const filePicker = useRef<HTMLInputElement>(null);
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
    setChosen(-1);
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

  const reply = replying ? { reply_to: replying.message.message_id } : {};
  // What is sent at once, beside what is being typed.
  const write = async (content: () => Promise<Content> | Content) => {
    const sent = await attempt(texts, async () => api.write(world.person, place, { ...(await content()), ...reply }));
    if (sent) onDone();
    return sent;
  };
  const used = () => {
    if (chat.keyboard?.one_time_keyboard) setFolded(true);
  };
  const pressKey = (label: string, location?: Coordinates) =>
    attempt(texts, () => api.press(world.person, place, { text: label, ...(location && { location }) })).then((sent) => {
      if (sent) used();
    });

  const send = async (typed = text) => {
    const body = typed.trim();
    const id = editing?.message.message_id;
    if (!body && !attached) return;
    let done: unknown;
    if (id && channel) done = await attempt(texts, () => api.repost(channel.username, id, body).then(() => true));
    else if (id) done = await attempt(texts, () => api.rewrite(world.person, place, id, body));
    else if (channel) {
      done = await attempt(texts, () =>
        api.post({
          channel: channel.username,
          text: body,
          ...(attached && { photo: attached.files[0]!.base64 }),
          ...(signed && me && { author_signature: me.first_name }),
        }),
      );
    } else {
      const [file, ...more] = attached?.files ?? [];
      const content: Content = !file
        ? { text: body }
        : !attached!.photos
          ? { document: file.base64, file_name: file.name, mime_type: file.type }
          : more.length > 0
            ? { photos: attached!.files.map((one) => one.base64) }
            : { photo: file.base64 };
      done = await write(() => ({ ...content, ...(file && body && { caption: body }) }));
    }
    if (!done) return; // what was typed stays
    drafts.delete(chat.chat);
    setText("");
    setAttached(null);
    onDone();
    used();
  };

  const attach = async (from: File[], photos: boolean) => {
    if (from.length === 0) return;
    if (from.some((one) => one.size > largest)) {
      world.say(texts.of("trouble.too_big"));
      return;
    }
    const files = await Promise.all(from.slice(0, channel ? 1 : largestAlbum).map(photos ? asPhoto : asFile));
    setAttached({ photos, files: photos ? files : files.slice(0, 1) });
    area.current?.focus();
  };
  const pasted = (event: ClipboardEvent) => {
    const images = [...event.clipboardData.files].filter((one) => one.type.startsWith("image/"));
    if (images.length > 0) {
      event.preventDefault();
      void attach(images, true);
    }
  };

  const keyboard = chat.keyboard?.keyboard;
  const context = editing ?? replying;
  const contextKind = context && kindOf(context.message);
  return (
    <>
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
              <small>{firstLine(context) || (contextKind && texts.of(`list.${contextKind}`))}</small>
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
        {attached && (
          <div className="context attached-files">
            {attached.photos ? attached.files.map((one, at) => <img key={at} src={one.url} alt="" />) : <Icon name="file" />}
            <span>
              <b>
                {attached.files.length > 1 ? texts.of("compose.photos", { n: attached.files.length }) : attached.files[0]!.name}
              </b>
            </span>
            <button type="button" className="plain" aria-label={texts.of("compose.remove_file")} onClick={() => setAttached(null)}>
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
                const next = event.key === "ArrowDown" ? chosen + 1 : Math.max(chosen, 0) - 1;
                setChosen((next + commands.length) % commands.length);
              } else if (commands.length > 0 && event.key === "Tab" && !event.shiftKey) {
                event.preventDefault();
                type(`/${commands[Math.max(chosen, 0)]!.command}`);
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
          {!editing && !channel && (
            <Menu label={texts.of("compose.stickers")} icon="sticker" className="stickers">
              {stickers.map((emoji) => (
                <button
                  type="button"
                  role="menuitem"
                  key={emoji}
                  aria-label={emoji}
                  onClick={() => void write(() => ({ sticker: sticker(emoji), emoji }))}
                >
                  {emoji}
                </button>
              ))}
            </Menu>
          )}
          {!editing && channel && (
            <button
              type="button"
              className="plain"
              title={texts.of("compose.attach_photo")}
              aria-label={texts.of("compose.attach_photo")}
              onClick={() => photoPicker.current?.click()}
            >
              <Icon name="attach" />
            </button>
          )}
          {!editing && !channel && (
            <Menu label={texts.of("compose.attach")} icon="attach" className="attachments">
              <button type="button" role="menuitem" onClick={() => photoPicker.current?.click()}>
                <Icon name="photo" />
                {texts.of("compose.attach_photo")}
              </button>
              <button type="button" role="menuitem" onClick={() => filePicker.current?.click()}>
                <Icon name="file" />
                {texts.of("compose.attach_file")}
              </button>
              <button type="button" role="menuitem" onClick={() => setLocating({})}>
                <Icon name="place" />
                {texts.of("compose.attach_location")}
              </button>
              <button type="button" role="menuitem" onClick={() => void write(() => ({ contact: "me" }))}>
                <Icon name="person" />
                {texts.of("compose.attach_contact")}
              </button>
              <button type="button" role="menuitem" onClick={() => void write(voice)}>
                <Icon name="voice" />
                {texts.of("compose.attach_voice")}
              </button>
              <button type="button" role="menuitem" onClick={() => void write(note)}>
                <Icon name="round" />
                {texts.of("compose.attach_note")}
              </button>
            </Menu>
          )}
          <input
            ref={photoPicker}
            className="pick-photos"
            type="file"
            hidden
            multiple={!channel}
            accept="image/*"
            onChange={(event) => {
              void attach([...(event.target.files ?? [])], true);
              event.target.value = "";
            }}
          />
          <input
            ref={filePicker}
            className="pick-file"
            type="file"
            hidden
            onChange={(event) => {
              void attach([...(event.target.files ?? [])], false);
              event.target.value = "";
            }}
          />
          <button
            type="submit"
            className={`send ${hinted && text ? "hinted" : ""} ${channel ? "publish" : ""}`}
            disabled={!text.trim() && !attached}
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
                      onClick={() => {
                        if (typeof button !== "string" && button.request_location) setLocating({ button: label });
                        else void pressKey(label);
                      }}
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
      {locating && (
        <LocationDialog
          onClose={() => setLocating(null)}
          onSend={(where) => {
            setLocating(null);
            if (locating.button) void pressKey(locating.button, where);
            else void write(() => ({ location: where }));
          }}
        />
      )}
    </>
  );
}
