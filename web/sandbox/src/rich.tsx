// A text with Telegram's entities.
import { useState, type ReactNode } from "react";
import type { Entity } from "./api";
import { openLink, openName } from "./links";
import { useTexts } from "./texts";

interface Props {
  text: string;
  entities?: Entity[];
  onCommand?: (command: string) => void;
}

export function Rich({ text, entities = [], onCommand }: Props) {
  const texts = useTexts();
  // Outer entities before inner ones.
  const sorted = [...entities].sort((a, b) => a.offset - b.offset || b.length - a.length);

  const piece = (from: number, to: number, list: Entity[]): ReactNode[] => {
    const out: ReactNode[] = [];
    let at = from;
    for (let i = 0; i < list.length; ) {
      const one = list[i]!;
      const end = Math.min(one.offset + one.length, to);
      const inner: Entity[] = [];
      for (++i; i < list.length && list[i]!.offset < end; ++i) inner.push(list[i]!);
      if (one.offset < at) continue;
      if (one.offset > at) out.push(text.slice(at, one.offset));
      out.push(
        <Formatted
          key={`${one.offset}.${one.type}`}
          one={one}
          raw={text.slice(one.offset, end)}
          onLink={(url) => openLink(url, texts)}
          onName={(name) => openName(name, texts)}
          onCommand={onCommand}
        >
          {piece(one.offset, end, inner)}
        </Formatted>,
      );
      at = end;
      // A block stands on its own lines: the line break behind it is its own.
      if (/blockquote|^pre$/.test(one.type) && text[at] === "\n") ++at;
    }
    if (at < to) out.push(text.slice(at, to));
    return out;
  };
  return <>{piece(0, text.length, sorted)}</>;
}

interface FormattedProps {
  one: Entity;
  raw: string;
  children: ReactNode;
  onLink: (url: string) => void;
  onName: (name: string) => void;
  onCommand?: (command: string) => void;
}

function Formatted({ one, raw, children, onLink, onName, onCommand }: FormattedProps) {
  const link = (href: string, onOpen: () => void) => (
    <a
      href={href}
      onClick={(event) => {
        event.preventDefault();
        onOpen();
      }}
    >
      {children}
    </a>
  );
  switch (one.type) {
    case "bold": return <b>{children}</b>;
    case "italic": return <i>{children}</i>;
    case "underline": return <u>{children}</u>;
    case "strikethrough": return <s>{children}</s>;
    case "code": return <code>{children}</code>;
    case "pre": return <pre data-language={one.language}>{children}</pre>;
    case "spoiler": return <Spoiler>{children}</Spoiler>;
    case "blockquote": return <blockquote>{children}</blockquote>;
    case "expandable_blockquote": return <Expandable>{children}</Expandable>;
    case "text_link": return link(one.url ?? "", () => onLink(one.url ?? ""));
    case "url": return link(/^[a-z]+:/i.test(raw) ? raw : `https://${raw}`, () => onLink(raw));
    case "mention": return link(`https://t.me/${raw.slice(1)}`, () => onName(raw.slice(1)));
    case "bot_command":
      return onCommand ? (
        <button type="button" className="linklike" onClick={() => onCommand(raw)}>
          {children}
        </button>
      ) : (
        <span className="tag">{children}</span>
      );
    case "email": return <a href={`mailto:${raw}`}>{children}</a>;
    case "phone_number": return <a href={`tel:${raw}`}>{children}</a>;
    case "hashtag":
    case "cashtag":
    case "text_mention":
      return <span className="tag">{children}</span>;
    default: return <>{children}</>;
  }
}

function Spoiler({ children }: { children: ReactNode }) {
  const texts = useTexts();
  const [open, setOpen] = useState(false);
  if (open) return <span>{children}</span>;
  return (
    <button type="button" className="spoiler" aria-label={texts.of("chat.spoiler")} onClick={() => setOpen(true)}>
      <span aria-hidden="true">{children}</span>
    </button>
  );
}

function Expandable({ children }: { children: ReactNode }) {
  const texts = useTexts();
  const [open, setOpen] = useState(false);
  return (
    <blockquote className={open ? "" : "folded"}>
      {children}
      {!open && (
        <button type="button" className="unfold" aria-label={texts.of("chat.more")} onClick={() => setOpen(true)}>
          ⌄
        </button>
      )}
    </blockquote>
  );
}
