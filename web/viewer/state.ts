// What the reader chose: all of it can be written into the page's address.

import { Filters, NO_FILTERS } from "./shape";
import type { ColourMode } from "./colour";
import type { Order } from "./layout";

export const VIEWS = ["flame", "icicle", "sandwich", "calls", "tree", "functions", "time", "changes"] as const;
export type View = (typeof VIEWS)[number];
export type Widths = "after" | "before" | "both";

export interface State {
  view: View;
  value: number;
  colour: ColourMode;
  order: Order;
  search: string;
  filters: Filters;
  window: [number, number] | null; // nanoseconds since the first sample
  zoom: number; // a node; 0: everything
  frame: number; // of the sandwich and the calls; -1: none
  bottomUp: boolean; // the tree starts with what costs most itself
  widths: Widths;
  normalised: boolean;
}

export function initial(value: number, difference: boolean): State {
  return {
    view: "flame", value, colour: difference ? "difference" : "hash", order: "name", search: "", filters: NO_FILTERS,
    window: null, zoom: 0, frame: -1, bottomUp: false, widths: "after", normalised: false,
  };
}

const whole = (text: string | null, most: number): number | undefined => {
  const number = Number(text);
  return text !== null && Number.isInteger(number) && number >= 0 && number < most ? number : undefined;
};

// "#view=icicle&search=malloc": only what differs from the start is written.
export function toHash(state: State, start: State): string {
  const out = new URLSearchParams();
  for (const key of Object.keys(state) as (keyof State)[]) {
    const value = state[key];
    if (JSON.stringify(value) === JSON.stringify(start[key])) continue;
    if (key === "filters") {
      for (const [name, filter] of Object.entries(state.filters) as [keyof Filters, unknown][]) {
        if (JSON.stringify(filter) !== JSON.stringify(NO_FILTERS[name])) {
          out.set(name, Array.isArray(filter) ? JSON.stringify(filter) : String(filter));
        }
      }
    } else {
      out.set(key, key === "window" ? state.window!.map(Math.round).join("-") : String(value));
    }
  }
  return out.toString();
}

interface Limits {
  readonly values: number;
  readonly frames: number;
}

function listOf(text: string | null): string[] {
  if (text === null) return [];
  try {
    const list: unknown = JSON.parse(text);
    return Array.isArray(list) ? list.filter((item): item is string => typeof item === "string") : [];
  } catch {
    return [];
  }
}

const oneOf = <T extends string>(text: string | null, allowed: readonly T[], otherwise: T): T =>
  allowed.includes(text as T) ? (text as T) : otherwise;

// What an address says; anything it gets wrong stays as it starts.
export function fromHash(hash: string, start: State, limits: Limits): State {
  const from = new URLSearchParams(hash.replace(/^#/, ""));
  const yes = (name: string, otherwise: boolean) => (from.has(name) ? from.get(name) === "true" : otherwise);
  const window = /^(\d+)-(\d+)$/.exec(from.get("window") ?? "");
  return {
    view: oneOf(from.get("view"), VIEWS, start.view),
    value: whole(from.get("value"), limits.values) ?? start.value,
    colour: oneOf(from.get("colour"), ["hash", "module", "package", "recursion", "difference"], start.colour),
    order: oneOf(from.get("order"), ["name", "size"], start.order),
    search: from.get("search") ?? "",
    filters: {
      roots: listOf(from.get("roots")), hidden: listOf(from.get("hidden")), only: listOf(from.get("only")),
      mine: yes("mine", false), folded: yes("folded", false),
      having: from.get("having") ?? "", without: from.get("without") ?? "",
    },
    window: window && Number(window[1]) < Number(window[2]) ? [Number(window[1]), Number(window[2])] : null,
    zoom: whole(from.get("zoom"), 0xffffffff) ?? 0,
    frame: whole(from.get("frame"), limits.frames) ?? -1,
    bottomUp: yes("bottomUp", false),
    widths: oneOf(from.get("widths"), ["after", "before", "both"], start.widths),
    normalised: yes("normalised", false),
  };
}
