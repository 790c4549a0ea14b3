// Colours are mixed in OKLCH, where equal lightness looks equally light, and written as
// rgb(), which every SVG reader knows. Categories differ in lightness as well as hue, and
// differences run from blue to orange: both can be told apart with any colour vision.

import type { Frames } from "./data";
import type { Boxes } from "./layout";
import { moduleLabel, packageOf } from "./names";

export type ColourMode = "hash" | "module" | "package" | "recursion" | "difference";

function toByte(linear: number): number {
  const value = linear <= 0.0031308 ? 12.92 * linear : 1.055 * Math.pow(linear, 1 / 2.4) - 0.055;
  return Math.round(255 * Math.min(1, Math.max(0, value)));
}

// https://bottosson.github.io/posts/oklab/
export function oklch(lightness: number, chroma: number, hue: number): string {
  const a = chroma * Math.cos((hue * Math.PI) / 180);
  const b = chroma * Math.sin((hue * Math.PI) / 180);
  const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3;
  const red = toByte(4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s);
  const green = toByte(-1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s);
  const blue = toByte(-0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s);
  return `rgb(${red},${green},${blue})`;
}

type Shade = [lightness: number, chroma: number, hue: number];

// Lightness is for the light theme; the dark one has its own.
const CATEGORIES: Shade[] = [
  [0.78, 0.1, 250], [0.83, 0.11, 70], [0.8, 0.1, 165], [0.76, 0.11, 15], [0.88, 0.11, 100],
  [0.75, 0.11, 305], [0.86, 0.08, 210], [0.72, 0.1, 45], [0.84, 0.11, 135], [0.82, 0.09, 340],
];
const OTHER: Shade = [0.85, 0.012, 80];
const HASHES = 48;
const STEPS = 16; // of a difference, to either side
const RECURSIONS = 6;

const inDark = ([lightness, chroma, hue]: Shade): Shade => [0.5 + (lightness - 0.8) * 0.75, chroma * 0.9, hue];

function hashShades(): Shade[] {
  return Array.from({ length: HASHES }, (_, i): Shade => {
    const along = i / (HASHES - 1);
    return [0.76 + 0.1 * along, 0.115 - 0.015 * ((i * 7) % 5) / 4, 32 + 62 * along];
  });
}

function differenceShades(dark: boolean): Shade[] {
  return Array.from({ length: 2 * STEPS + 1 }, (_, i): Shade => {
    const strength = Math.abs(i - STEPS) / STEPS;
    const hue = i > STEPS ? 42 : 250;
    return dark ? [0.33 + 0.22 * strength, 0.008 + 0.13 * strength, hue]
                : [0.925 - 0.255 * strength, 0.005 + 0.165 * strength, hue];
  });
}

function recursionShades(): Shade[] {
  return [OTHER, ...Array.from({ length: RECURSIONS }, (_, i): Shade => [0.88 - 0.035 * i, 0.07 + 0.016 * i, 100 - 14 * i])];
}

// The colours of one mode, and what a frame's or a box's is.
export interface Palette {
  readonly fills: string[];
  readonly faded: string[]; // callers of what is zoomed in on
  readonly text: string;
  readonly dim: string; // what a search does not match
  readonly match: string;
  readonly matchText: string;
  readonly dust: string; // many boxes too small to be seen
  readonly background: string;
  readonly load: string; // of the time strip
}

export function paletteOf(mode: ColourMode, dark: boolean): Palette {
  const shades = mode === "hash" ? hashShades()
    : mode === "difference" ? differenceShades(dark)
    : mode === "recursion" ? recursionShades() : [...CATEGORIES, OTHER];
  const own = dark && mode !== "difference" ? shades.map(inDark) : shades;
  const ground = dark ? 0.215 : 0.99;
  return {
    fills: own.map((shade) => oklch(...shade)),
    faded: own.map(([l, c, h]) => oklch(l + (ground - l) * 0.5, c * 0.45, h)),
    text: dark ? "#f4f2ed" : "#1d1c1a",
    dim: dark ? oklch(0.3, 0.006, 80) : oklch(0.925, 0.005, 80),
    match: dark ? oklch(0.55, 0.19, 320) : oklch(0.76, 0.15, 325),
    matchText: dark ? "#fff" : "#1d1c1a",
    dust: oklch(dark ? 0.36 : 0.9, mode === "hash" ? 0.045 : 0.008, 65),
    load: dark ? "#4f6b8f" : "#93aecf",
    background: dark ? "#16191c" : "#fdfdfc",
  };
}

// By the characters of the name, the first counting most: similar names, similar colours.
function nameHash(name: string): number {
  let sum = 0;
  let weight = 1;
  let most = 0;
  for (let i = 0; i < Math.min(name.length, 8); i++) {
    sum += weight * ((name.charCodeAt(i) * 37 + 11) % 64) / 64;
    most += weight;
    weight *= 0.7;
  }
  return most === 0 ? 0 : sum / most;
}

export interface Legend {
  readonly label: string;
  readonly colour: number; // index into Palette.fills
  readonly share: number; // of the whole
}

// Colour indexes by frame.
export interface FrameColours {
  readonly of: Uint8Array;
  readonly legend: Legend[];
}

export function hashColours(frames: Frames): FrameColours {
  const of = Uint8Array.from(frames.name, (name) => Math.min(HASHES - 1, Math.floor(nameHash(frames.names[name]!) * HASHES)));
  return { of, legend: [] };
}

// The heaviest categories have colours of their own; the others share one.
export function categoryColours(frames: Frames, mode: "module" | "package", self: Float64Array): FrameColours {
  const cache = new Map<number, string>();
  const keys = mode === "module" ? frames.module : frames.name;
  const category = (frame: number): string => {
    const key = keys[frame]!;
    let label = cache.get(key);
    if (label === undefined) {
      label = mode === "package" ? packageOf(frames.names[key]!) : "";
      if (label === "") label = moduleLabel(frames.names[frames.module[frame]!]!);
      cache.set(key, label);
    }
    return label;
  };
  const weights = new Map<string, number>();
  let whole = 0;
  for (let frame = 0; frame < keys.length; frame++) {
    weights.set(category(frame), (weights.get(category(frame)) ?? 0) + self[frame]!);
    whole += self[frame]!;
  }
  const ranked = [...weights].filter(([label, weight]) => label !== "unknown" && weight > 0)
    .sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)).slice(0, CATEGORIES.length);
  const index = new Map(ranked.map(([label], i) => [label, i]));
  const of = Uint8Array.from(keys, (_, frame) => index.get(category(frame)) ?? CATEGORIES.length);
  const legend = ranked.map(([label, weight], colour) => ({ label, colour, share: weight / (whole || 1) }));
  const rest = 1 - legend.reduce((sum, entry) => sum + entry.share, 0);
  if (rest > 1e-6) legend.push({ label: "other", colour: CATEGORIES.length, share: rest });
  return { of, legend };
}

// How often a frame is on its own stack already.
export function recursionColours(boxes: Boxes): Uint8Array {
  const of = new Uint8Array(boxes.frame.length);
  for (let i = 0; i < of.length; i++) {
    const frame = boxes.frame[i]!;
    // Only the near callers: deep stacks would take time by the square of their depth.
    let left = 64;
    for (let at = i; boxes.parent[at]! !== at && left-- > 0; ) {
      at = boxes.parent[at]!;
      if (boxes.frame[at] === frame) {
        of[i] = Math.min(RECURSIONS, of[at]! + 1);
        break;
      }
    }
  }
  return of;
}

// The index of a change; `largest` has the strongest colour. The root of the share: small
// changes are many, and what tells them apart is not how small they are.
export function differenceColour(delta: number, largest: number): number {
  if (delta === 0 || largest === 0) return STEPS;
  const strength = Math.sqrt(Math.min(1, Math.abs(delta) / largest));
  return STEPS + Math.sign(delta) * Math.max(1, Math.round(strength * STEPS));
}

export const DIFFERENCE_STEPS = STEPS;
