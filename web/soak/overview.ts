// All soaks side by side: verdict, sentence, and the shape of the memory.

import { h } from "../viewer/dom";
import { chip, sentence, shortGrowth } from "./facts";
import { bytes, span } from "./format";
import { History } from "./history";
import { Store, judged } from "./store";
import { Soak, Unread, isRead } from "./types";

const SPARK_AGAIN_MS = 30_000;
const WIDTH = 240;
const HEIGHT = 44;
const SVG = "http://www.w3.org/2000/svg";
const ORDER = { leak: 0, not_enough: 1, bounded: 2, no_leak: 3 };

// Leaks first; those that are watched before those that are over.
function rank(soak: Soak | Unread): number {
  if (!isRead(soak)) return soak.problem ? -1 : 20;
  return ORDER[soak.verdict.answer] + (soak.watching ? 0 : 10);
}

function spark(history: History): SVGElement {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", `0 0 ${WIDTH} ${HEIGHT}`);
  svg.setAttribute("preserveAspectRatio", "none");
  svg.setAttribute("aria-hidden", "true");
  const curve = history.judged();
  if (!curve || curve.t.length < 2) return svg;
  const first = curve.t[0]!;
  const wide = Math.max(1, curve.t[curve.t.length - 1]! - first);
  const top = Math.max(...curve.high);
  const bottom = Math.min(...curve.low, top * 0.8);
  const points = curve.t.map((time, i) =>
    `${((WIDTH * (time - first)) / wide).toFixed(1)},${(HEIGHT - 3 - ((HEIGHT - 6) * (curve.high[i]! - bottom)) / Math.max(1, top - bottom)).toFixed(1)}`);
  const area = document.createElementNS(SVG, "path");
  area.setAttribute("class", "area");
  area.setAttribute("d", `M0,${HEIGHT}L${points.join("L")}L${WIDTH},${HEIGHT}Z`);
  const line = document.createElementNS(SVG, "path");
  line.setAttribute("class", "line");
  line.setAttribute("d", `M${points.join("L")}`);
  svg.append(area, line);
  return svg;
}

class Card {
  readonly element = h("li", {});
  private readonly spark = h("div", { class: "spark" });
  private drawn = 0;

  constructor(readonly id: string) {}

  show(soak: Soak | Unread): void {
    if (!isRead(soak)) {
      this.element.className = "card unread";
      this.element.replaceChildren(h("h2", {}, soak.id), h("p", {}, soak.problem || "being read"));
      return;
    }
    const memory = judged(soak);
    this.element.className = `card ${soak.verdict.answer}`;
    const fill = (): void => this.element.replaceChildren(h("a", { href: `#/${encodeURIComponent(soak.id)}` },
      h("div", { class: "above" }, chip(soak), h("span", { class: soak.watching ? "state live" : "state" }, soak.state)),
      h("h2", {}, soak.id), h("p", { class: "target" }, soak.target), this.spark,
      h("p", { class: "numbers" }, h("b", {}, memory === null ? "–" : bytes(memory)), ` ${shortGrowth(soak)}`),
      h("p", { class: "sentence" }, sentence(soak)),
      h("p", { class: "quiet" }, `${span(soak.now_ms - soak.started_ms)} watched`)));
    const focused = this.element.contains(document.activeElement);
    fill();
    if (focused) this.element.querySelector("a")?.focus();
    void this.drawSpark();
  }

  private async drawSpark(): Promise<void> {
    if (performance.now() - this.drawn < SPARK_AGAIN_MS && this.drawn) return;
    this.drawn = performance.now();
    try {
      this.spark.replaceChildren(spark(await History.fetch(this.id, WIDTH / 2)));
    } catch {
      this.drawn = 0; // with the next change, again
    }
  }
}

export class Overview {
  readonly element: HTMLElement;
  private readonly list = h("ul", { class: "cards" });
  private readonly title = h("h1", {});
  private readonly cards = new Map<string, Card>();
  private readonly stop: () => void;

  constructor(private readonly store: Store) {
    this.element = h("article", { class: "overview" }, this.title, this.list);
    this.stop = store.watch({ soaks: () => this.all(), soak: (id) => this.one(id) });
    this.all();
  }

  destroy(): void {
    this.stop();
  }

  restyle(): void {
    // Drawn by the style sheet.
  }

  private one(id: string): void {
    const card = this.cards.get(id);
    const soak = this.store.soaks.get(id);
    if (!card || !soak) return this.all();
    card.show(soak);
    this.count();
  }

  private all(): void {
    const soaks = [...this.store.soaks.values()];
    const order = soaks.map((soak, i) => ({ soak, i })).sort((a, b) => rank(a.soak) - rank(b.soak) || a.i - b.i);
    for (const { soak } of order) {
      let card = this.cards.get(soak.id);
      if (!card) this.cards.set(soak.id, (card = new Card(soak.id)));
      card.show(soak);
      this.list.append(card.element);
    }
    this.count();
  }

  private count(): void {
    const soaks = [...this.store.soaks.values()].filter(isRead);
    const leaks = soaks.filter((soak) => soak.verdict.answer === "leak").length;
    const undecided = soaks.filter((soak) => soak.verdict.answer === "not_enough").length;
    const all = `${soaks.length} ${soaks.length === 1 ? "soak" : "soaks"}`;
    this.title.textContent = soaks.length === 0 ? "No soak here yet"
      : leaks ? `${leaks} of ${all} ${leaks === 1 ? "leaks" : "leak"}`
        : undecided ? `${all}: no leak so far, ${undecided} undecided` : `${all}: no leak`;
  }
}
