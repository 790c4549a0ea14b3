// Numbers as people read them.

const grouped = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });

const BINARY = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];
const TIMES: [number, string][] = [[1, "ns"], [1e3, "µs"], [1e6, "ms"], [1e9, "s"]];
const NANOSECONDS: Record<string, number> = {
  ns: 1, nanoseconds: 1, us: 1e3, microseconds: 1e3, ms: 1e6, milliseconds: 1e6, s: 1e9, seconds: 1e9,
};

function three(value: number): string {
  const size = Math.abs(value);
  return value.toFixed(size >= 100 ? 0 : size >= 10 ? 1 : 2);
}

function bytes(value: number): string {
  let size = Math.abs(value);
  let unit = 0;
  while (size >= 1024 && unit + 1 < BINARY.length) {
    size /= 1024;
    unit++;
  }
  return unit === 0 ? `${grouped.format(value)} B` : `${three(Math.sign(value) * size)} ${BINARY[unit]}`;
}

export function timeText(nanoseconds: number): string {
  const size = Math.abs(nanoseconds);
  let [scale, unit] = TIMES[0]!;
  for (const [candidate, name] of TIMES) if (size >= candidate) [scale, unit] = [candidate, name];
  return scale === 1 ? `${grouped.format(nanoseconds)} ns` : `${three(nanoseconds / scale)} ${unit}`;
}

export function valueText(value: number, unit: string): string {
  if (unit === "bytes" || unit === "byte") return bytes(value);
  const scale = NANOSECONDS[unit];
  if (scale !== undefined) return timeText(value * scale);
  const size = Math.abs(value);
  if (size >= 1e9) return `${three(value / 1e9)} G`;
  if (size >= 1e6) return `${three(value / 1e6)} M`;
  return grouped.format(value);
}

export function signed(value: number, unit: string): string {
  return value > 0 ? `+${valueText(value, unit)}` : value < 0 ? `−${valueText(-value, unit)}` : "0";
}

export function percent(share: number): string {
  if (!Number.isFinite(share)) return "–";
  const size = Math.abs(share * 100);
  if (size === 0) return "0 %";
  if (size < 0.01) return "< 0.01 %";
  return `${(share * 100).toFixed(size >= 99.95 ? 0 : size >= 10 ? 1 : 2)} %`;
}

export const countText = (count: number): string => grouped.format(count);

// "in use, bytes" of "inuse_space": the field's words for the usual value types.
const KNOWN: Record<string, string> = {
  inuse_space: "in use, bytes", inuse_objects: "in use, objects",
  alloc_space: "allocated, bytes", alloc_objects: "allocated, objects",
  leaked_space: "leaked, bytes", leaked_objects: "leaked, objects",
  peak_space: "at the peak, bytes", peak_objects: "at the peak, objects",
};

export function valueName(name: string): string {
  return KNOWN[name] ?? name.replaceAll("_", " ");
}
