// Draws the visible boxes and nothing else. A row costs as many steps as it has pixels at
// most: what is narrower than half a pixel is passed over to the next pixel by search,
// and drawn as dust.

import type { Palette } from "./colour";
import type { Labels } from "./labels";
import { Boxes, firstAfter, startingFrom } from "./layout";
import { Batch, Surface } from "./surface";
import { NONE } from "./tree";

export const ROW = 18;

// What part of the boxes is shown, and where. Rows lie `scroll` pixels off.
export interface Window {
  readonly width: number;
  readonly height: number;
  readonly left: number; // in units of the boxes
  readonly right: number;
  readonly scroll: number;
  readonly row: number; // height of one
  readonly up: boolean; // rows grow upwards: a flame
}

export interface Look {
  readonly palette: Palette;
  readonly colour: (box: number) => number;
  readonly matches: ((frame: number) => boolean) | null;
  readonly zoomed: number; // its callers are faded; -1: none
  readonly labels: Labels | null;
  readonly rootLabel: string;
}

const LEAST = 0.5; // pixels
const LABELLED = 26;

export function rowTop(window: Window, row: number): number {
  return window.up ? window.height - (row + 1) * window.row + window.scroll : row * window.row - window.scroll;
}

export function rowAt(window: Window, y: number): number {
  return Math.floor((window.up ? window.height - y + window.scroll : y + window.scroll) / window.row);
}

export class Painter {
  private readonly batch = new Batch();
  private ratio = 1;
  drawn = 0; // boxes in the last drawing, for measurements

  draw(surface: Surface, boxes: Boxes, window: Window, look: Look): void {
    const { fills, faded, dim, match, dust } = look.palette;
    const all = [...fills, ...faded, dim, match, dust];
    const special = 2 * fills.length; // dim, match, dust
    this.batch.count = 0;
    this.ratio = globalThis.devicePixelRatio || 1;
    const ends = [rowAt(window, 0), rowAt(window, window.height - 0.001)];
    const first = Math.max(0, Math.min(...ends));
    const last = Math.min(boxes.rows - 1, Math.max(...ends));
    const zoomedRow = look.zoomed < 0 ? -1 : boxes.row[look.zoomed]!;
    const step = Math.max(1, Math.floor(1 / window.row)); // rows thinner than a pixel
    for (let row = first; row <= last; row += step) {
      this.collect(boxes, window, look, row, row < zoomedRow, special);
    }
    this.drawn = this.batch.count;
    this.paint(surface, window, all, look.palette.background);
    if (look.labels) this.label(surface, boxes, window, look);
  }

  // Edges lie between device pixels: a row of small boxes is crisp, not a smear.
  private snapped(x: number): number {
    return Math.round(x * this.ratio) / this.ratio;
  }

  private collect(boxes: Boxes, window: Window, look: Look, row: number, faded: boolean, special: number): void {
    const { order, start, width, frame } = boxes;
    const scale = window.width / (window.right - window.left);
    const y = rowTop(window, row);
    const end = boxes.rowFirst[row + 1]!;
    const pixel = 1 / scale;
    let at = firstAfter(boxes, row, window.left);
    while (at < end) {
      const box = order[at]!;
      const from = start[box]!;
      if (from >= window.right) break;
      const wide = width[box]! * scale;
      const x = (from - window.left) * scale;
      if (wide >= LEAST) {
        const left = Math.max(this.snapped(x), -2);
        const right = Math.min(Math.max(this.snapped(x + wide), left + LEAST), window.width + 2);
        const matched = look.matches !== null && frame[box] !== NONE && look.matches(frame[box]!);
        const fill = matched ? special + 1
          : look.matches !== null ? special
          : look.colour(box) + (faded ? look.palette.fills.length : 0);
        this.batch.add(fill, box, left, y, right - left);
        at++;
        continue;
      }
      // Dust: on to the first box that can be seen, as long as there are no gaps.
      let reach = from + width[box]!;
      while (at < end) {
        const here = order[at]!;
        if (width[here]! * scale >= LEAST || start[here]! > reach + pixel || start[here]! >= window.right) break;
        let next = startingFrom(boxes, at + 1, end, start[here]! + pixel);
        if (next - 1 > at && width[order[next - 1]!]! * scale >= LEAST) next--;
        const lastOne = order[next - 1]!;
        reach = start[lastOne]! + width[lastOne]!;
        at = next;
      }
      const right = (reach - window.left) * scale;
      this.batch.add(look.matches ? special : special + 2, NONE, Math.max(x, -2), y, Math.max(LEAST, right - Math.max(x, -2)));
    }
  }

  private paint(surface: Surface, window: Window, fills: string[], ground: string): void {
    const height = window.row > 6 ? window.row - 1 : window.row > 2 ? window.row - 0.5 : Math.max(1, window.row);
    if (surface.plot(this.batch, fills, ground, height)) return;
    const { x, y, width, fill, count } = this.batch;
    surface.fill(ground);
    surface.rect(0, 0, window.width, window.height);
    for (let i = 0; i < count; i++) {
      const gap = width[i]! > 3 && window.row > 6 ? 1 : 0;
      if (i === 0 || fill[i] !== fill[i - 1]) surface.fill(fills[fill[i]!]!);
      surface.rect(x[i]!, y[i]!, Math.max(LEAST, width[i]! - gap), height);
    }
  }

  private label(surface: Surface, boxes: Boxes, window: Window, look: Look): void {
    const { box, x, y, width, count } = this.batch;
    const labels = look.labels!;
    surface.fill(look.palette.text);
    const baseline = Math.round(window.row / 2 + 3.5);
    for (let i = 0; i < count; i++) {
      if (width[i]! < LABELLED || box[i] === NONE) continue;
      const left = Math.max(x[i]!, 0) + 4;
      const room = Math.min(x[i]! + width[i]!, window.width) - left - 3;
      const frame = boxes.frame[box[i]!]!;
      const text = frame === NONE ? labels.cut(look.rootLabel, room) : labels.fit(frame, room);
      if (text !== "") surface.text(left, y[i]! + baseline, text);
    }
  }

  // What the last drawing showed of at least that width, for tests.
  visible(least: number): { box: number; x: number; y: number; width: number }[] {
    const { box, x, y, width, count } = this.batch;
    const list = [];
    for (let i = 0; i < count; i++) {
      if (box[i] !== NONE && width[i]! >= least) list.push({ box: box[i]!, x: x[i]!, y: y[i]!, width: width[i]! });
    }
    return list;
  }

  // Where a box is drawn, cut to the window.
  static place(boxes: Boxes, window: Window, box: number): { x: number; y: number; width: number; height: number } {
    const scale = window.width / (window.right - window.left);
    const x = Math.max(-2, (boxes.start[box]! - window.left) * scale);
    const right = Math.min(window.width + 2, (boxes.start[box]! + boxes.width[box]! - window.left) * scale);
    return { x, y: rowTop(window, boxes.row[box]!), width: Math.max(1, right - x), height: window.row - 1 };
  }
}
