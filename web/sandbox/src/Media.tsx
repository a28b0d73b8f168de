// What plays or sticks: voices, round films, films, stickers.
import { useRef, useState } from "react";
import { api, type Message } from "./api";
import { Icon } from "./icons";
import { useTexts } from "./texts";

const clock = (seconds: number) => `${Math.floor(seconds / 60)}:${String(Math.round(seconds) % 60).padStart(2, "0")}`;

// Bars that look like a voice and are the same each time: made of the file's name.
function bars(seed: string): number[] {
  let state = 7;
  for (const letter of seed) state = (state * 31 + letter.charCodeAt(0)) % 65_521;
  return Array.from({ length: 34 }, (_, at) => {
    state = (state * 75 + 74) % 65_537;
    return 4 + Math.round((state / 65_537) * 14 * Math.sin(((at + 1) / 35) * Math.PI)) + (state % 4);
  });
}

function Voice({ unique, duration, title }: { unique: string; duration: number; title?: string }) {
  const texts = useTexts();
  const sound = useRef<HTMLAudioElement>(null);
  const [playing, setPlaying] = useState(false);
  return (
    <div className="voice">
      <button
        type="button"
        aria-label={texts.of(playing ? "chat.pause" : "chat.play")}
        onClick={() => {
          if (playing) sound.current!.pause();
          else void sound.current!.play().catch(() => setPlaying(false));
        }}
      >
        <Icon name={playing ? "pause" : "play"} />
      </button>
      <span>
        {title ? (
          <b>{title}</b>
        ) : (
          <svg viewBox="0 0 136 24" aria-hidden="true">
            {bars(unique).map((height, at) => (
              <rect key={at} x={at * 4} y={12 - height / 2} width="2.4" height={height} rx="1.2" />
            ))}
          </svg>
        )}
        <small>{clock(duration)}</small>
      </span>
      <audio
        ref={sound}
        src={api.file(unique)}
        preload="none"
        onPlay={() => setPlaying(true)}
        onPause={() => setPlaying(false)}
        onEnded={() => setPlaying(false)}
      />
    </div>
  );
}

function Note({ unique, duration }: { unique: string; duration: number }) {
  const texts = useTexts();
  const film = useRef<HTMLVideoElement>(null);
  const play = () => {
    const it = film.current!;
    if (it.paused) void it.play().catch(() => undefined);
    else it.pause();
  };
  return (
    <button type="button" className="note" aria-label={texts.of("chat.play")} onClick={play}>
      <video ref={film} src={api.file(unique)} preload="metadata" playsInline />
      <small>{clock(duration)}</small>
    </button>
  );
}

// Nothing for a message that holds none of them.
export function Media({ message }: { message: Message }) {
  if (message.voice) return <Voice unique={message.voice.file_unique_id} duration={message.voice.duration} />;
  if (message.audio) {
    const { file_unique_id, duration, title, performer, file_name } = message.audio;
    const name = [performer, title].filter(Boolean).join(" — ") || file_name || "…";
    return <Voice unique={file_unique_id} duration={duration} title={name} />;
  }
  if (message.video_note) return <Note unique={message.video_note.file_unique_id} duration={message.video_note.duration} />;
  const film = message.video ?? message.animation;
  if (film) {
    return <video className="film" src={api.file(film.file_unique_id)} controls preload="metadata" playsInline loop={!!message.animation} />;
  }
  if (message.sticker) {
    const { file_unique_id, emoji } = message.sticker;
    return <img className="sticker" src={api.file(file_unique_id)} alt={emoji ?? ""} width={168} height={168} />;
  }
  return null;
}

// Shown without a bubble around it.
export const standsAlone = (message: Message) => !!message.sticker || !!message.video_note;
