// Windows, menus and notices above the page.
import { useEffect, useRef, useState, type ReactNode } from "react";
import { Icon, type IconName } from "./icons";
import { useTexts } from "./texts";
import { useWorld } from "./world";

export function Dialog({ title, onClose, children }: { title: string; onClose: () => void; children: ReactNode }) {
  const texts = useTexts();
  const box = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const dialog = box.current!;
    if (!dialog.open) dialog.showModal(); // keeps the focus inside and gives it back
  }, []);
  return (
    <dialog
      ref={box}
      aria-label={title}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      onClick={(event) => {
        if (event.target === box.current) onClose();
      }}
    >
      <div className="dialog">
        <header>
          <h2>{title}</h2>
          <button type="button" className="plain" aria-label={texts.of("dialog.close")} onClick={onClose}>
            <Icon name="close" />
          </button>
        </header>
        {children}
      </div>
    </dialog>
  );
}

// A button that opens a list; a press anywhere, Escape or a choice closes it.
export function Menu({
  label,
  icon,
  className = "",
  children,
  face,
}: {
  label: string;
  icon?: IconName;
  className?: string;
  children: ReactNode;
  face?: ReactNode;
}) {
  const [open, setOpen] = useState(false);
  const [up, setUp] = useState(false);
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (!open) return;
    const items = () => [...box.current!.querySelectorAll<HTMLElement>("[role^=menuitem]")];
    items()[0]?.focus();
    const pressed = (event: PointerEvent) => {
      if (!box.current?.contains(event.target as Node)) setOpen(false);
    };
    const typed = (event: KeyboardEvent) => {
      if (event.key === "Escape") {
        setOpen(false);
        box.current?.querySelector("button")?.focus();
        event.stopPropagation();
      }
      const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
      if (step) {
        const all = items();
        const at = all.indexOf(document.activeElement as HTMLElement);
        all[(at + step + all.length) % all.length]?.focus();
        event.preventDefault();
      }
    };
    document.addEventListener("pointerdown", pressed);
    document.addEventListener("keydown", typed, true);
    return () => {
      document.removeEventListener("pointerdown", pressed);
      document.removeEventListener("keydown", typed, true);
    };
  }, [open]);
  return (
    <div className={`menu ${className} ${open ? "open" : ""}`} ref={box}>
      <button
        type="button"
        className="plain"
        aria-label={label}
        title={label}
        aria-haspopup="menu"
        aria-expanded={open}
        onClick={() => {
          setUp(box.current!.getBoundingClientRect().bottom > innerHeight * 0.6);
          setOpen(!open);
        }}
      >
        {face ?? <Icon name={icon ?? "more"} />}
      </button>
      {open && (
        <div
          role="menu"
          className={`choices ${up ? "up" : ""}`}
          onClick={(event) => {
            if ((event.target as HTMLElement).closest("[role^=menuitem]")) setOpen(false);
          }}
        >
          {children}
        </div>
      )}
    </div>
  );
}

export function Notices() {
  const texts = useTexts();
  const world = useWorld();
  const alert = world.notices.find((one) => one.alert);
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    // As a popover it lies above an open dialog, too; the last one shown is the topmost.
    box.current!.hidePopover();
    if (world.notices.some((one) => !one.alert)) box.current!.showPopover();
  }, [world.notices]);
  return (
    <>
      <div className="notices" role="status" aria-live="polite" popover="manual" ref={box}>
        {world.notices
          .filter((one) => !one.alert)
          .map((one) => (
            <button type="button" key={one.key} onClick={() => world.dismiss(one.key)}>
              {one.text}
            </button>
          ))}
      </div>
      {alert && (
        <Dialog title="Telegram" onClose={() => world.dismiss(alert.key)}>
          <p className="alert">{alert.text}</p>
          <footer>
            <button type="button" className="main" onClick={() => world.dismiss(alert.key)}>
              {texts.of("dialog.ok")}
            </button>
          </footer>
        </Dialog>
      )}
    </>
  );
}
