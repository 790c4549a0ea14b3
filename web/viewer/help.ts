// The overlay that "?" opens.

import { button, h } from "./dom";

const KEYS: [string, string][] = [
  ["← → ↑ ↓", "move between boxes, rows"],
  ["Enter", "zoom to the box; in tables: open the function"],
  ["Esc", "close, clear the search, zoom out"],
  ["0", "show everything"],
  ["+  −", "zoom in, out"],
  ["A  D", "move left, right"],
  ["/", "search: text or regular expression"],
  ["n  N", "next, previous match"],
  ["1 … 8", "flame, icicle, sandwich, calls, tree, functions, time, changes"],
  ["s", "sandwich of the selected function"],
  ["b", "callers and callees of the selected function"],
  ["v", "next value"],
  ["o", "next colouring"],
  ["f", "filters"],
  ["c", "copy the selected stack"],
  ["l", "copy a link to this view"],
  ["e", "export the view as SVG"],
  ["t", "light or dark"],
  ["?", "this help"],
];

const MOUSE: [string, string][] = [
  ["click, tap", "select a box and zoom to it"],
  ["drag", "move"],
  ["wheel", "scroll; with Ctrl or ⌘: zoom; with Shift: move sideways"],
  ["two fingers", "zoom and move"],
  ["drag the time strip", "choose a stretch of time: everything is computed for it"],
];

function list(rows: [string, string][]): HTMLElement {
  return h("dl", {}, ...rows.flatMap(([keys, what]) => [h("dt", {}, ...keys.split("  ").map((key) => h("kbd", {}, key))), h("dd", {}, what)]));
}

export function helpDialog(): HTMLDialogElement {
  const dialog = h("dialog", { id: "help", "aria-labelledby": "help-title" });
  dialog.append(
    h("div", { class: "title" }, h("h2", { id: "help-title" }, "Keys and gestures"),
      button("Close", () => dialog.close(), { class: "quiet" })),
    h("div", { class: "columns" }, list(KEYS), list(MOUSE)));
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog) dialog.close();
  });
  return dialog;
}
