// The chart that matters: memory, what is judged of it in front, the verdict drawn over it.

import uPlot from "uplot";
import { h, button } from "../viewer/dom";
import { Chart, Frame, Line } from "./chart";
import { bytes, bytesAxis, clock, day } from "./format";
import { History } from "./history";
import { drawOver, drawUnder, trendOf } from "./overlays";
import { Soak } from "./types";

const NAMES: [name: string, label: string, colour: string][] = [
  ["rss", "Resident", "--line-2"],
  ["heap", "Heap", "--line-3"],
  ["anon_maps", "Arenas and large blocks", "--line-4"],
  ["cgroup_current", "Cgroup", "--line-5"],
  ["pss", "Proportional", "--line-6"],
];
const SHOWN_FIRST = ["rss"];

export class MemoryChart {
  readonly element: HTMLElement;
  private readonly chart: Chart;
  private readonly legend = h("div", { class: "legend", role: "group", "aria-label": "Lines of the memory chart" });
  private readonly chosen = new Set(SHOWN_FIRST);
  private fromZero = false;
  private history = new History();
  private lines: Line[] = [];

  constructor(private soak: Soak, frame: Frame, group: uPlot.SyncPubSub) {
    this.chart = new Chart({
      label: "Memory over time. Arrow keys read values, plus and minus zoom, Escape shows all.",
      height: innerWidth < 600 ? 260 : 360,
      text: bytes, axis: bytesAxis,
      range: (low, high) => this.range(low, high),
      under: (plot) => drawUnder(plot, this.soak),
      over: (plot) => drawOver(plot, this.soak),
    }, frame, group);
    this.chart.pointed = () => this.readout();
    const zero = button("From zero", () => {
      this.fromZero = !this.fromZero;
      zero.setAttribute("aria-pressed", String(this.fromZero));
      this.chart.refresh();
    }, { class: "quiet", "aria-pressed": "false" });
    this.element = h("figure", { class: "panel" },
      h("figcaption", {}, h("h2", {}, "Memory"), this.legend, zero), this.chart.element);
  }

  show(soak: Soak, history: History): void {
    this.soak = soak;
    this.history = history;
    const judged = history.judged();
    this.lines = [];
    for (const [name, label, colour] of NAMES) {
      const curve = this.chosen.has(name) ? history.curve(name) : undefined;
      if (curve && curve.t !== judged?.t) this.lines.push({ label, colour, curve });
    }
    const swaps = judged !== history.curve("anon");
    if (judged) this.lines.push({ label: swaps ? "Anonymous and swap" : "Anonymous", colour: "--line-1", curve: judged, fill: true, width: 2 });
    this.chart.show(this.lines);
    this.readout();
  }

  restyle(): void {
    this.chart.restyle();
  }

  destroy(): void {
    this.chart.destroy();
  }

  // Not so narrow that noise looks like growth.
  private range(low: number, high: number): [number, number] {
    let [bottom, top] = [low, high];
    const trend = trendOf(this.soak);
    if (trend) top = Math.max(top, trend.size);
    if (this.soak.limit_bytes !== null && this.soak.limit_bytes < top * 1.5) top = Math.max(top, this.soak.limit_bytes);
    const least = Math.max(top * 0.2, 1e6);
    if (top - bottom < least) {
      const middle = (top + bottom) / 2;
      [bottom, top] = [middle - least / 2, middle + least / 2];
    }
    const room = (top - bottom) * 0.12;
    return [this.fromZero ? 0 : Math.max(0, bottom - room), top + room];
  }

  // The legend: a button a line, with its value at the cursor or now.
  readout(): void {
    const here = this.chart.values();
    const entries: HTMLElement[] = [];
    if (here) entries.push(h("span", { class: "at" }, `${day(here.at)} ${clock(here.at, true)}`));
    const entry = (label: string, colour: string, text: string, toggle?: () => void, on = true): HTMLElement => {
      const mark = h("i", { class: "swatch", "data-colour": colour });
      const parts = [mark, h("span", {}, label), h("b", {}, text)];
      if (!toggle) return h("span", { class: "key" }, ...parts);
      const element = h("button", { type: "button", class: "key", "aria-pressed": String(on) }, ...parts);
      element.addEventListener("click", toggle);
      return element;
    };
    const shown = this.lines.map((line, i) => ({ line, value: here?.values[i] ?? line.curve.high[line.curve.high.length - 1]! }));
    const main = shown[shown.length - 1];
    if (main) entries.push(entry(main.line.label, main.line.colour, bytes(main.value)));
    for (const [name, label, colour] of NAMES) {
      const curve = this.history.curve(name);
      if (!curve) continue;
      const found = shown.find((each) => each.line.label === label);
      entries.push(entry(label, colour, found ? bytes(found.value) : "", () => {
        if (!this.chosen.delete(name)) this.chosen.add(name);
        this.show(this.soak, this.history);
      }, Boolean(found)));
    }
    // Replacing them would take the focus away from the one that was pressed.
    const focused = [...this.legend.querySelectorAll("button")].indexOf(document.activeElement as HTMLButtonElement);
    this.legend.replaceChildren(...entries);
    if (focused >= 0) this.legend.querySelectorAll("button")[focused]?.focus();
  }
}
