// The keys that move between boxes and zoom.

import { Boxes, boxAt } from "./layout";
import type { Pane } from "./pane";

// The box of the row above or below that is nearest to the middle of what is shown of `box`.
function callee(boxes: Boxes, box: number): number {
  const end = boxes.start[box]! + boxes.width[box]!;
  const row = boxes.row[box]! + 1;
  if (row >= boxes.rows) return -1;
  let widest = -1;
  for (let i = first(boxes, row, boxes.start[box]!); i < boxes.rowFirst[row + 1]!; i++) {
    const other = boxes.order[i]!;
    if (boxes.start[other]! >= end) break;
    if (boxes.parent[other] === box && (widest < 0 || boxes.width[other]! > boxes.width[widest]!)) widest = other;
    if (i - first(boxes, row, boxes.start[box]!) > 20_000) break;
  }
  return widest;
}

function first(boxes: Boxes, row: number, x: number): number {
  let low = boxes.rowFirst[row]!;
  let high = boxes.rowFirst[row + 1]!;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (boxes.start[boxes.order[middle]!]! < x) low = middle + 1;
    else high = middle;
  }
  return low;
}

function beside(boxes: Boxes, box: number, by: 1 | -1): number {
  const row = boxes.row[box]!;
  let at = first(boxes, row, boxes.start[box]!);
  while (at < boxes.rowFirst[row + 1]! && boxes.order[at] !== box) at++;
  at += by;
  return at < boxes.rowFirst[row]! || at >= boxes.rowFirst[row + 1]! ? -1 : boxes.order[at]!;
}

function moved(pane: Pane, key: string): number {
  const boxes = pane.boxes!;
  if (pane.focus < 0) {
    const middle = (pane.camera.left + pane.camera.right) / 2;
    return Math.max(0, pane.zoomed >= 0 ? pane.zoomed : boxAt(boxes, 0, middle));
  }
  const deeper = pane.up ? "ArrowUp" : "ArrowDown";
  if (key === "ArrowLeft") return beside(boxes, pane.focus, -1);
  if (key === "ArrowRight") return beside(boxes, pane.focus, 1);
  return key === deeper ? callee(boxes, pane.focus) : boxes.parent[pane.focus] === pane.focus ? -1 : boxes.parent[pane.focus]!;
}

// Whether the key was for the pane.
export function boxKey(pane: Pane, event: KeyboardEvent): boolean {
  if (!pane.boxes) return false;
  if (/^Arrow(Left|Right|Up|Down)$/.test(event.key)) {
    const box = moved(pane, event.key);
    if (box >= 0) pane.setFocus(box);
    return true;
  }
  if (event.key === "Enter" && pane.focus >= 0) pane.host.chosen(pane, pane.focus);
  else if (event.key === "+" || event.key === "=") pane.camera.zoom(0.7, 0.5);
  else if (event.key === "-") pane.camera.zoom(1 / 0.7, 0.5);
  else if (event.key === "a") pane.camera.pan(-0.2);
  else if (event.key === "d") pane.camera.pan(0.2);
  else if (event.key === "PageDown") pane.scrollTo(pane.scroll + (pane.up ? -0.8 : 0.8) * pane.height);
  else if (event.key === "PageUp") pane.scrollTo(pane.scroll + (pane.up ? 0.8 : -0.8) * pane.height);
  else return false;
  return true;
}
