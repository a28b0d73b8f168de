// Where one is: one of a few towns, or any coordinates.
import { useState } from "react";
import type { Coordinates } from "./api";
import { Dialog } from "./Dialog";
import { useTexts } from "./texts";

const towns = {
  moscow: [55.7558, 37.6173],
  petersburg: [59.9386, 30.3141],
  kazan: [55.7963, 49.1088],
  yekaterinburg: [56.8389, 60.6057],
  novosibirsk: [55.0302, 82.9204],
  vladivostok: [43.1155, 131.8855],
  tbilisi: [41.7151, 44.8271],
  berlin: [52.52, 13.405],
  london: [51.5074, -0.1278],
} as const;

const numberOf = (text: string) => (text.trim() === "" ? NaN : Number(text.replace(",", ".").replace("−", "-")));

export function LocationDialog({ onSend, onClose }: { onSend: (where: Coordinates) => void; onClose: () => void }) {
  const texts = useTexts();
  const [latitude, setLatitude] = useState("");
  const [longitude, setLongitude] = useState("");
  const where = { latitude: numberOf(latitude), longitude: numberOf(longitude) };
  const good = Math.abs(where.latitude) <= 90 && Math.abs(where.longitude) <= 180;
  return (
    <Dialog title={texts.of("location.title")} onClose={onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (good) onSend(where);
        }}
      >
        <p className="faint">{texts.of("location.towns")}</p>
        <div className="choice towns">
          {(Object.keys(towns) as (keyof typeof towns)[]).map((name) => (
            <button type="button" key={name} onClick={() => onSend({ latitude: towns[name][0], longitude: towns[name][1] })}>
              {texts.of(`location.town.${name}`)}
            </button>
          ))}
        </div>
        <div className="coordinates">
          <label>
            {texts.of("location.latitude")}
            <input value={latitude} inputMode="decimal" placeholder="55.7558" onChange={(event) => setLatitude(event.target.value)} />
          </label>
          <label>
            {texts.of("location.longitude")}
            <input value={longitude} inputMode="decimal" placeholder="37.6173" onChange={(event) => setLongitude(event.target.value)} />
          </label>
        </div>
        {latitude && longitude && !good && <p className="faint">{texts.of("location.wrong")}</p>}
        <footer>
          <button type="submit" className="main" disabled={!good}>
            {texts.of("location.send")}
          </button>
        </footer>
      </form>
    </Dialog>
  );
}
