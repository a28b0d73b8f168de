// Files as a Telegram app would send them: photos made smaller, a sticker drawn from its emoji, a ready voice and film.

import { Refused } from "./api";

export interface Ready {
  name: string;
  type: string;
  base64: string;
  url: string; // to show it
}

const bare = (url: string) => url.slice(url.indexOf(",") + 1);

function dataUrlOf(blob: Blob): Promise<string> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result as string);
    reader.onerror = () => reject(reader.error ?? new Error("unreadable"));
    reader.readAsDataURL(blob);
  });
}

export async function asFile(from: File): Promise<Ready> {
  const url = await dataUrlOf(from);
  return { name: from.name, type: from.type || "application/octet-stream", base64: bare(url), url };
}

const longestSide = 1280; // what Telegram's apps send
const photoQuality = 0.87;

// A JPEG of at most 1280 points a side, turned as its EXIF says and without it. What no browser can read goes as it is:
// the sandbox says what is wrong with it.
export async function asPhoto(from: File): Promise<Ready> {
  const picture = await createImageBitmap(from, { imageOrientation: "from-image" }).catch(() => null);
  if (!picture) return asFile(from);
  const scale = Math.min(1, longestSide / Math.max(picture.width, picture.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(picture.width * scale));
  canvas.height = Math.max(1, Math.round(picture.height * scale));
  const pen = canvas.getContext("2d")!;
  pen.fillStyle = "#fff"; // where it is transparent
  pen.fillRect(0, 0, canvas.width, canvas.height);
  pen.drawImage(picture, 0, 0, canvas.width, canvas.height);
  picture.close();
  const url = canvas.toDataURL("image/jpeg", photoQuality);
  return { name: `${from.name.replace(/\.\w+$/, "")}.jpg`, type: "image/jpeg", base64: bare(url), url };
}

export const stickers = ["👍", "❤️", "😂", "🎉", "🌸", "🐱", "☕", "👋"];

export function sticker(emoji: string): string {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = 512;
  const pen = canvas.getContext("2d")!;
  pen.font = "400px 'Apple Color Emoji', 'Segoe UI Emoji', 'Noto Color Emoji', sans-serif";
  pen.textAlign = "center";
  pen.textBaseline = "middle";
  pen.fillText(emoji, 256, 286);
  return bare(canvas.toDataURL("image/webp"));
}

async function base64Of(address: URL): Promise<string> {
  const answer = await fetch(address);
  if (!answer.ok) throw new Refused(answer.status, address.pathname);
  return bare(await dataUrlOf(await answer.blob()));
}

export const voice = async () => ({ voice: await base64Of(new URL("./assets/voice.ogg", import.meta.url)), duration: 2 });
export const note = async () => ({ video_note: await base64Of(new URL("./assets/note.mp4", import.meta.url)), duration: 2 });
