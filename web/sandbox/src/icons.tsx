// The page's pictures: lines of one weight on a grid of 24.
const paths = {
  back: "M15 5l-7 7 7 7",
  send: "M4 12l16-8-6 16-3-7z",
  attach: "M20 11l-8.5 8.5a5 5 0 0 1-7-7L13 4a3.3 3.3 0 0 1 4.7 4.7L9.4 17a1.7 1.7 0 0 1-2.4-2.4L14.5 7",
  close: "M6 6l12 12M18 6L6 18",
  more: "M12 5.5v.01M12 12v.01M12 18.5v.01",
  panel: "M4 5h16v14H4zM14.5 5v14",
  plus: "M12 5v14M5 12h14",
  down: "M12 5v14M6 13l6 6 6-6",
  keyboard: "M3 7h18v10H3zM7 10.5v.01M10.5 10.5v.01M14 10.5v.01M17 10.5v.01M8 14h8",
  text: "M5 6h14M5 10h14M5 14h9M5 18h6",
  edit: "M5 19l1-4L16 5l3 3L9 18z",
  reply: "M10 6l-6 6 6 6M4 12h9a7 7 0 0 1 7 7",
  trash: "M5 7h14M10 7V5h4v2M7 7l1 12h8l1-12",
  copy: "M9 9h10v10H9zM5 15V5h10",
  way: "M6 5v14M6 5v.01M6 12v.01M6 19v.01M10 5h9M10 12h9M10 19h9",
  look: "M12 4v2M12 18v2M4 12h2M18 12h2M6.3 6.3l1.4 1.4M16.3 16.3l1.4 1.4M6.3 17.7l1.4-1.4M16.3 7.7l1.4-1.4M12 8.5a3.5 3.5 0 1 0 0 7 3.5 3.5 0 0 0 0-7z",
  window: "M13 5h6v6M19 5l-8 8M10 6H5v13h13v-5",
  check: "M5 12.5l4.5 4.5L19 7",
  ban: "M12 4a8 8 0 1 0 0 16 8 8 0 0 0 0-16zM6.5 6.5l11 11",
  file: "M7 4h7l4 4v12H7zM14 4v4h4",
  chevron: "M9 6l6 6-6 6",
  photo: "M4 6h16v13H4zM4 16l5-5 4 4 3-3 4 4M15.5 9.5v.01",
  place: "M12 21s6-6.3 6-11a6 6 0 0 0-12 0c0 4.7 6 11 6 11zM12 8.2a1.8 1.8 0 1 0 0 3.6 1.8 1.8 0 0 0 0-3.6z",
  person: "M12 4a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM5 20c.6-3.6 3.4-5.5 7-5.5s6.4 1.9 7 5.5",
  voice: "M12 4a2.6 2.6 0 0 0-2.6 2.6v5a2.6 2.6 0 0 0 5.2 0v-5A2.6 2.6 0 0 0 12 4zM6 11.5a6 6 0 0 0 12 0M12 17.5V21",
  round: "M12 4a8 8 0 1 0 0 16 8 8 0 0 0 0-16zM10 9v6l5-3z",
  sticker: "M5 5h14v9l-5 5H5zM14 19v-5h5M9 9.5v.01M15 9.5v.01M9 12.5c1.6 2 4.4 2 6 0",
  play: "M8 5.5v13l10.5-6.5z",
  pause: "M9 6v12M15 6v12",
  pin: "M14 4l6 6-3 1-4 4-.6 4-7.4-7.4 4-.6 4-4zM8.5 15.5L4 20",
} as const;

export type IconName = keyof typeof paths;

export function Icon({ name }: { name: IconName }) {
  return (
    <svg className="icon" viewBox="0 0 24 24" aria-hidden="true">
      <path d={paths[name]} />
    </svg>
  );
}

// A ✓ for sent, ✓✓ for taken by the bot.
export function Ticks({ both }: { both: boolean }) {
  return (
    <svg className="ticks" viewBox="0 0 20 12" aria-hidden="true">
      <path d={both ? "M1.5 6.5l3 3L11 3M8 9l.7.6L15.5 3" : "M5.5 6.5l3 3L15 3"} />
    </svg>
  );
}

const colors = ["#e17076", "#d9933f", "#8f7ee7", "#5fae45", "#3ba3a8", "#4a93cf", "#d9629a", "#3f7fd9"];

export function Avatar({ name, seed, color, size = 46 }: { name: string; seed: number; color?: string; size?: number }) {
  // The first letters of two words; one word before a colon is the same for many.
  const words = name.replace(/^\S+:\s*/, "").replace(/[^\p{L}\p{N}\s]/gu, " ").split(/\s+/).filter(Boolean);
  const letters = words.slice(0, 2).map((word) => [...word][0] ?? "").join("").toUpperCase();
  const back = color ?? colors[Math.abs(seed) % colors.length]!;
  return (
    <span
      className="avatar"
      aria-hidden="true"
      style={{ width: size, height: size, fontSize: size * 0.38, background: back }}
    >
      {letters || "?"}
    </span>
  );
}
