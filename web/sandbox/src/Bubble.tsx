// One message, or the photos of one album, as a Telegram client shows it.
import { memo } from "react";
import { api, type Message, type Place, type View } from "./api";
import { Avatar, Icon, Ticks, type IconName } from "./icons";
import { Media, standsAlone } from "./Media";
import { press } from "./links";
import { Rich } from "./rich";
import { useTexts } from "./texts";
import { Menu } from "./Dialog";
import { kindOf } from "./world";

export interface BubbleAction {
  name: string;
  icon: IconName;
  run: () => void;
  danger?: boolean;
}

interface Props {
  views: View[]; // more than one: an album
  chat: string;
  place: Place;
  pressing: string; // the buttons of this message that wait for an answer: "row column|…"
  first: boolean; // of a run of messages by the same author
  lit: boolean;
  actions: BubbleAction[];
  onCommand: (command: string) => void;
  onPhoto: (url: string) => void;
  onShow?: () => void; // the message belongs to a post whose way can be shown
  showName?: string;
}

export const Bubble = memo(
  function Bubble(props: Props) {
    const texts = useTexts();
    const { views, chat, place, actions, onCommand, onPhoto } = props;
    const view = views[views.length - 1]!;
    const message = view.message;
    const captioned = views.find((one) => one.message.text || one.message.caption)?.message ?? message;
    const photos = views.filter((one) => one.message.photo);
    const buttons = message.reply_markup?.inline_keyboard ?? [];
    const waiting = new Set(props.pressing.split("|"));
    const whole = captioned.text ?? captioned.caption ?? "";
    // As in Telegram: what a link gave to /start is for the bot, not for the reader.
    const body = view.out ? whole.replace(/^\/start \S+$/, "/start") : whole;
    const entities = captioned.entities ?? captioned.caption_entities;
    return (
      <div
        className={`message ${view.out ? "mine" : "theirs"} ${props.first ? "first" : ""} ${props.lit ? "lit" : ""}`}
        data-message={message.message_id}
      >
        <div className="bubble-row">
          <article className={`bubble ${photos.length ? "with-photo" : ""} ${standsAlone(message) ? "bare" : ""}`} onDoubleClick={props.onShow}>
            {props.showName && <div className="author">{props.showName}</div>}
            {message.forward_origin && (
              <div className="forwarded">{texts.of("chat.forwarded", { name: originOf(message, texts.of("chat.hidden")) })}</div>
            )}
            {message.reply_to_message && <Quoted message={message.reply_to_message} />}
            {photos.length > 0 && (
              <div className={`photos of-${Math.min(photos.length, 4)}`}>
                {photos.map((one) => {
                  const photo = one.message.photo!.at(-1)!;
                  const url = api.file(photo.file_unique_id);
                  return (
                    <button
                      type="button"
                      key={one.message.message_id}
                      aria-label={texts.of("chat.show_photo")}
                      onClick={() => onPhoto(url)}
                    >
                      <img src={url} alt="" width={photo.width} height={photo.height} loading="lazy" />
                    </button>
                  );
                })}
              </div>
            )}
            <Media message={message} />
            <Attached message={message} />
            {body && (
              <div className="text" dir="auto">
                <Rich text={body} entities={entities} onCommand={onCommand} />
              </div>
            )}
            {!body && kindOf(message) === null && (
              <div className="text faint">{texts.of("chat.unsupported")}</div>
            )}
            <span className="about">
              {message.author_signature && <span className="signature">{message.author_signature}</span>}
              {message.edit_date && <span>{texts.of("chat.edited")}</span>}
              <time title={texts.exact(message.date)}>{texts.time(message.date)}</time>
              {view.out && (
                <span title={texts.of(view.seen ? "chat.seen" : "chat.sent")} aria-label={texts.of(view.seen ? "chat.seen" : "chat.sent")} role="img">
                  <Ticks both={view.seen} />
                </span>
              )}
            </span>
          </article>
          <Menu label={texts.of("chat.actions")} icon="more" className="of-message">
            {actions.map((action) => (
              <button type="button" role="menuitem" key={action.name} className={action.danger ? "danger" : ""} onClick={action.run}>
                <Icon name={action.icon} />
                {action.name}
              </button>
            ))}
          </Menu>
        </div>
        {buttons.length > 0 && (
          <div className="inline-keyboard">
            {buttons.map((line, row) => (
              <div key={row}>
                {line.map((button, column) => (
                  <button
                    type="button"
                    key={column}
                    className={`${button.style ?? ""} ${waiting.has(`${row} ${column}`) ? "waiting" : ""}`}
                    title={button.url}
                    onClick={() => void press(texts, chat, place, { message_id: message.message_id, row, column })}
                  >
                    <span>{button.text}</span>
                    {button.url && <i className="corner" aria-hidden="true">↗</i>}
                    {button.copy_text && <i className="corner" aria-hidden="true"><Icon name="copy" /></i>}
                  </button>
                ))}
              </div>
            ))}
          </div>
        )}
      </div>
    );
  },
  (a, b) =>
    a.views.length === b.views.length &&
    a.views.every((one, at) => one === b.views[at]) &&
    a.pressing === b.pressing &&
    a.first === b.first &&
    a.lit === b.lit &&
    a.actions.map((one) => one.name).join() === b.actions.map((one) => one.name).join() &&
    a.showName === b.showName,
);

function originOf(message: Message, hidden: string): string {
  const origin = message.forward_origin!;
  return origin.chat?.title ?? origin.sender_user?.first_name ?? origin.sender_user_name ?? hidden;
}

export function Quoted({ message }: { message: Message }) {
  const texts = useTexts();
  const text = message.text ?? message.caption ?? "";
  const kind = kindOf(message);
  return (
    <div className="quoted">
      <b>{message.from?.first_name ?? message.sender_chat?.title}</b>
      <span>{text.split("\n")[0] || (kind ? texts.of(`list.${kind}`) : "…")}</span>
    </div>
  );
}

function Attached({ message }: { message: Message }) {
  const texts = useTexts();
  if (message.document && !message.animation) {
    const { file_unique_id, file_name, file_size } = message.document;
    return (
      <a className="attached" href={api.file(file_unique_id)} download={file_name ?? file_unique_id}>
        <Icon name="file" />
        <span>
          <b>{file_name ?? file_unique_id}</b>
          <small>{file_size ? `${Math.max(1, Math.round(file_size / 1024))} KB` : ""}</small>
        </span>
      </a>
    );
  }
  if (message.location) {
    const { latitude, longitude } = message.location;
    return (
      <div className="attached">
        <Icon name="place" />
        <span>
          <b>{texts.of("list.location")}</b>
          <small>
            {latitude.toFixed(4)}, {longitude.toFixed(4)}
          </small>
        </span>
      </div>
    );
  }
  if (message.contact) {
    return (
      <div className="attached">
        <Avatar name={message.contact.first_name} seed={1} size={36} />
        <span>
          <b>{[message.contact.first_name, message.contact.last_name].filter(Boolean).join(" ")}</b>
          <small>{message.contact.phone_number}</small>
        </span>
      </div>
    );
  }
  return null;
}
