// One soak: verdict, charts, tables.

import uPlot from "uplot";
import { h, button } from "../viewer/dom";
import { Frame, View } from "./chart";
import { HEADLINES, chip, cost, facts, happened, parts, processes, sentence } from "./facts";
import { span } from "./format";
import { History } from "./history";
import { LoadChart } from "./loadchart";
import { MemoryChart } from "./memorychart";
import { trendOf } from "./overlays";
import { SitesPanel } from "./sites";
import { Store } from "./store";
import { Row, Soak, isRead } from "./types";

const RANGES: [label: string, ms: number][] = [["15 min", 900_000], ["1 h", 3_600_000], ["6 h", 21_600_000], ["24 h", 86_400_000]];
const LONGEST_STILL_MS = 10_000;
const MOST_FRESH = 600; // rows until the history is fetched anew, decimated

export class Detail implements Frame {
  readonly element = h("article", { class: "detail" });
  private readonly head = h("section", { class: "verdict" });
  private readonly more = h("div", { class: "more" });
  private readonly ranges = h("div", { class: "ranges", role: "group", "aria-label": "Time range" });
  private readonly memory: MemoryChart;
  private readonly load: LoadChart;
  private readonly sites: SitesPanel;
  private readonly stop: () => void;
  private history = new History();
  private range: View | number | null = null; // a part, the last so many milliseconds, all
  private fetching: AbortController | null = null;
  private waiting = 0;
  private drawing = 0;
  private drawnLast = 0;
  private drawnAt = 0;
  private spoken = "";
  private over = ""; // what is drawn over the lines

  constructor(private readonly store: Store, private readonly id: string, private readonly announce: (text: string) => void) {
    const group = uPlot.sync(`soak-${id}`);
    this.memory = new MemoryChart(this.soak(), this, group);
    this.load = new LoadChart(this, group);
    this.sites = new SitesPanel(id);
    this.element.append(this.head, h("div", { class: "charts" }, this.ranges, this.memory.element, this.load.element), this.sites.element, this.more);
    this.stop = store.watch({
      soak: (changed) => changed === id && this.words(),
      rows: (changed, rows) => changed === id && this.rows(rows),
      reload: (changed) => {
        if (changed !== id) return;
        this.words();
        void this.fetch();
      },
    });
    this.words();
    this.showRanges();
    void this.fetch();
  }

  destroy(): void {
    this.stop();
    this.fetching?.abort();
    clearTimeout(this.waiting);
    cancelAnimationFrame(this.drawing);
    this.memory.destroy();
    this.load.destroy();
  }

  restyle(): void {
    this.memory.restyle();
    this.load.restyle();
  }

  // For tests: what is drawn.
  drawn(): { last: number; points: number; view: View } {
    const curve = this.history.judged();
    return { last: curve?.t[curve.t.length - 1] ?? 0, points: curve?.t.length ?? 0, view: this.view() };
  }

  private soak(): Soak {
    return this.store.soaks.get(this.id) as Soak;
  }

  whole(): View {
    const from = this.history.first || this.soak().started_ms;
    const to = Math.max(this.history.last, from + 60_000);
    return { from, to };
  }

  // Ahead of now there is room for the band.
  view(): View {
    if (this.range !== null && typeof this.range === "object") return this.range;
    const all = this.whole();
    const from = typeof this.range === "number" ? Math.max(all.from, all.to - this.range) : all.from;
    return { from, to: all.to + (trendOf(this.soak()) ? (all.to - from) * 0.12 : 0) };
  }

  look(view: View | null): void {
    if (view) {
      const all = this.whole();
      const width = Math.max(2000, Math.min(view.to - view.from, (all.to - all.from) * 1.3));
      const from = Math.max(all.from - width / 2, Math.min(view.from, all.to - width / 2));
      this.range = { from, to: from + width };
    } else {
      this.range = null;
    }
    this.changedRange();
  }

  private changedRange(): void {
    this.showRanges();
    this.draw();
    clearTimeout(this.waiting);
    this.waiting = window.setTimeout(() => void this.fetch(), 120);
  }

  private showRanges(): void {
    const all = this.whole();
    const choose = (range: number | null) => (): void => {
      this.range = range;
      this.changedRange();
    };
    const entry = (label: string, range: number | null): HTMLElement =>
      button(label, choose(range), { "aria-pressed": String(this.range === range) });
    const fitting = RANGES.filter(([, ms]) => ms < all.to - all.from);
    this.ranges.replaceChildren(entry("All", null), ...fitting.reverse().map(([label, ms]) => entry(label, ms)));
    if (this.range !== null && typeof this.range === "object") {
      this.ranges.append(h("span", { class: "zoomed" }, `${span(this.range.to - this.range.from)} shown`));
    }
  }

  private async fetch(): Promise<void> {
    this.fetching?.abort();
    const mine = (this.fetching = new AbortController());
    const columns = Math.min(2000, Math.max(300, this.element.clientWidth));
    const part = this.range === null ? null : this.view();
    try {
      const history = await History.fetch(this.id, columns, part?.from, part?.to, mine.signal);
      if (mine.signal.aborted) return;
      const known = this.history.last;
      this.history = history;
      // Rows that came meanwhile come again with the next fetch; until then the line is short
      // of them for a moment at most.
      if (known > history.last) window.setTimeout(() => void this.fetch(), 500);
      this.showRanges();
      this.draw();
    } catch (problem) {
      if (!mine.signal.aborted) this.announce(`The history could not be read: ${String(problem)}`);
    }
  }

  private rows(rows: Row[]): void {
    for (const row of rows) this.history.add(row);
    if (this.history.fresh > MOST_FRESH) void this.fetch();
    if (this.moved()) this.draw();
    else this.memory.readout();
    const soak = this.soak();
    if (isRead(soak)) this.head.querySelector(".facts")?.replaceChildren(...facts(soak));
  }

  // Whether the charts would look otherwise: a second of a day is a hundredth of a pixel.
  private moved(): boolean {
    const { from, to } = this.view();
    const pixels = (this.element.clientWidth * (this.history.last - this.drawnLast)) / (to - from);
    return pixels >= 0.5 || performance.now() - this.drawnAt > LONGEST_STILL_MS;
  }

  private draw(): void {
    if (this.drawing) return;
    this.drawing = requestAnimationFrame(() => {
      this.drawing = 0;
      this.drawnLast = this.history.last;
      this.drawnAt = performance.now();
      this.memory.show(this.soak(), this.history);
      this.load.show(this.soak(), this.history);
    });
  }

  private words(): void {
    const soak = this.soak();
    const state = soak.watching ? h("span", { class: "state live" }, "watching")
      : h("span", { class: "state" }, soak.why ? `${soak.state}: ${soak.why}` : soak.state);
    this.head.className = `verdict ${soak.verdict.answer}`;
    this.head.replaceChildren(
      h("div", { class: "above" }, chip(soak), state),
      h("h1", {}, HEADLINES[soak.verdict.answer]),
      h("p", { class: "sentence" }, sentence(soak)),
      h("p", { class: "target" }, h("code", {}, soak.target || soak.id), soak.host ? ` on ${soak.host}` : ""),
      h("dl", { class: "facts" }, ...facts(soak)),
    );
    this.more.replaceChildren(
      ...(soak.troubles.length ? [h("section", { class: "panel notes" }, h("h2", {}, "To know"), h("ul", {}, ...soak.troubles.map((each) => h("li", {}, each))))] : []),
      h("div", { class: "columns" }, h("div", {}, parts(soak)), h("div", {}, processes(soak), happened(soak))), cost(soak));
    void this.sites.show(soak);
    const said = `${soak.id}: ${HEADLINES[soak.verdict.answer]}. ${sentence(soak)}`;
    if (this.spoken !== said) this.announce((this.spoken = said));
    const over = JSON.stringify([soak.verdict, soak.events, soak.limit_bytes]);
    if (this.over !== over) this.draw();
    this.over = over;
  }
}
