// JSON as one reads it: coloured, and folding where it is deep.
import { useState } from "react";

// Bot API parameters may be JSON texts inside JSON.
function opened(value: unknown): unknown {
  if (typeof value !== "string" || !/^[[{]/.test(value)) return value;
  try {
    return JSON.parse(value) as unknown;
  } catch {
    return value;
  }
}

function Node({ name, value, depth, last }: { name?: string; value: unknown; depth: number; last: boolean }) {
  const it = opened(value);
  const label = name === undefined ? null : <span className="json-name">"{name}"</span>;
  const comma = last ? "" : ",";
  if (it === null || typeof it !== "object") {
    const kind = it === null ? "null" : typeof it;
    return (
      <div className="json-line">
        {label}
        {label && ": "}
        <span className={`json-${kind}`}>{JSON.stringify(it)}</span>
        {comma}
      </div>
    );
  }
  const list = Array.isArray(it);
  const entries = Object.entries(it);
  const [from, to] = list ? ["[", "]"] : ["{", "}"];
  if (entries.length === 0) {
    return (
      <div className="json-line">
        {label}
        {label && ": "}
        {from}
        {to}
        {comma}
      </div>
    );
  }
  return <Branch {...{ label, list, entries, from, to, comma, depth }} />;
}

interface BranchProps {
  label: React.ReactNode;
  list: boolean;
  entries: [string, unknown][];
  from: string;
  to: string;
  comma: string;
  depth: number;
}

function Branch({ label, list, entries, from, to, comma, depth }: BranchProps) {
  const [open, setOpen] = useState(depth < 3 || JSON.stringify(entries).length < 160);
  return (
    <div className="json-branch">
      <button type="button" aria-expanded={open} onClick={() => setOpen(!open)}>
        <i aria-hidden="true">{open ? "▾" : "▸"}</i>
        {label}
        {label && ": "}
        {from}
        {!open && ` … ${entries.length} ${to}${comma}`}
      </button>
      {open && (
        <>
          <div className="json-inner">
            {entries.map(([name, value], at) => (
              <Node
                key={name}
                name={list ? undefined : name}
                value={value}
                depth={depth + 1}
                last={at === entries.length - 1}
              />
            ))}
          </div>
          <div className="json-line">
            {to}
            {comma}
          </div>
        </>
      )}
    </div>
  );
}

export function Json({ value }: { value: unknown }) {
  return (
    <div className="json">
      <Node value={value} depth={0} last />
    </div>
  );
}
