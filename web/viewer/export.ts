// The view as a file, and what goes to the clipboard.

import { h } from "./dom";
import type { Pane } from "./pane";
import { SvgSurface } from "./surface";

function save(name: string, contents: Blob): void {
  const url = URL.createObjectURL(contents);
  const link = h("a", { href: url, download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

export const fileName = (title: string): string => title.replace(/[^\w.-]+/g, "-").replace(/^[-.]+|-+$/g, "").slice(0, 80) || "flame";

// All panes of the view, one below the other.
export function svgOf(panes: Pane[], title: string): string {
  const width = Math.max(...panes.map((pane) => pane.width));
  const height = panes.reduce((sum, pane) => sum + pane.height, 0);
  const surface = new SvgSurface(width, height);
  let top = 0;
  for (const pane of panes) {
    surface.open(top, pane.height);
    pane.paint(surface);
    surface.close();
    top += pane.height;
  }
  return surface.finish(title);
}

export function exportSvg(panes: Pane[], title: string): void {
  save(`${fileName(title)}.svg`, new Blob([svgOf(panes, title)], { type: "image/svg+xml" }));
}

export function exportPng(panes: Pane[], title: string): void {
  const whole = h("canvas");
  whole.width = Math.max(...panes.map((pane) => pane.canvas.width));
  whole.height = panes.reduce((sum, pane) => sum + pane.canvas.height, 0);
  const context = whole.getContext("2d")!;
  let top = 0;
  for (const { canvas } of panes) {
    context.drawImage(canvas, 0, top);
    top += canvas.height;
  }
  whole.toBlob((blob) => blob && save(`${fileName(title)}.png`, blob), "image/png");
}

export function exportTable(table: HTMLTableElement, rows: string[][], title: string): void {
  const heading = [...table.querySelectorAll("thead th")].map((cell) => cell.textContent ?? "");
  // A cell that a spreadsheet would take for a formula starts with a quote.
  const cell = (text: string) => `"${(/^[=+@\t-]/.test(text) && !/^-?[\d.]+$/.test(text) ? `'${text}` : text).replaceAll('"', '""')}"`;
  const lines = [heading, ...rows].map((row) => row.map(cell).join(","));
  save(`${fileName(title)}.csv`, new Blob([`${lines.join("\n")}\n`], { type: "text/csv" }));
}

// file: pages may not have the clipboard's interface: a selection does as well.
export async function copy(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const area = h("textarea", { class: "off", "aria-hidden": "true" });
    area.value = text;
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    return done;
  }
}
