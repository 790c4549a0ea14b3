// All functions in one table; in a difference also what changed most.

import type { App } from "./app";
import { h } from "./dom";
import { percent, signed } from "./format";
import { FunctionTable } from "./functiontable";
import type { Job } from "./job";
import { Column, VirtualTable } from "./table";
import type { ViewPart } from "./view";

function stepIn(rows: number[], index: number, by: number, matched: Uint8Array | undefined): number {
  if (!matched) return -1;
  for (let i = 1; i <= rows.length; i++) {
    const at = (index + by * i + rows.length * 2) % rows.length;
    if (matched[rows[at]!] === 1) return at;
  }
  return -1;
}

export class FunctionsView implements ViewPart {
  readonly element: HTMLElement;
  readonly panes = [];
  readonly table: { element: HTMLElement; texts(): string[][] };
  private readonly list: FunctionTable;

  constructor(private readonly app: App) {
    this.list = new FunctionTable(app, "Functions", false, (frame) => void app.change({ view: "sandwich", frame }));
    this.table = { element: this.list.element, texts: () => this.list.texts() };
    this.element = h("section", { class: "view table", "aria-label": "Functions" }, this.list.element);
  }

  async refresh(job: Job): Promise<void> {
    await this.app.model.updateCosts(job);
    this.list.refresh();
  }

  repaint(): void {
    this.list.repaint();
  }

  step(by: number): void {
    const { table } = this.list;
    table.select(stepIn(table.rows, table.index, by, this.app.model.matches?.frames));
  }

  focus(): void {
    this.list.table.focus();
  }
}

// Functions by how much they changed; those that came and those that are gone say so.
export class ChangesView implements ViewPart {
  readonly element: HTMLElement;
  readonly panes = [];
  readonly table: { element: HTMLElement; texts(): string[][] };
  private readonly rows: VirtualTable<number>;
  private readonly summary = h("p", { class: "bar-line summary" });
  private shownFor: unknown = null;

  constructor(private readonly app: App) {
    this.rows = new VirtualTable<number>("Largest changes", this.columns(), {
      selected: (frame) => app.select({ frame, node: -1 }, ""),
      chosen: (frame) => void app.change({ view: "sandwich", frame }),
    });
    this.rows.sortBy(0, true);
    this.table = { element: this.rows.element, texts: () => this.rows.rows.map((frame) => this.rows.texts(frame)) };
    this.element = h("section", { class: "view table changes", "aria-label": "Largest changes" }, this.summary, this.rows.element);
  }

  private side(side: 1 | 2, kind: "self" | "total", frame: number): number {
    return this.app.model.costs[side]?.[kind][frame] ?? 0;
  }

  private changeColumn(label: string, kind: "self" | "total"): Column<number> {
    const change = (frame: number) => this.side(2, kind, frame) - this.side(1, kind, frame);
    return {
      label, number: true, sort: (frame) => Math.abs(change(frame)),
      fill: (cell, frame) => {
        const delta = change(frame);
        cell.append(h("span", { class: delta > 0 ? "more" : delta < 0 ? "less" : "" }, signed(delta, this.app.model.unit)));
      },
    };
  }

  private columns(): Column<number>[] {
    const { app } = this;
    const amount = (label: string, side: 1 | 2, kind: "self" | "total"): Column<number> => ({
      label, number: true, share: true, sort: (frame) => this.side(side, kind, frame),
      fill: (cell, frame) => cell.append(app.amount(this.side(side, kind, frame))),
    });
    return [
      this.changeColumn("Self changed", "self"), amount("Self before", 1, "self"), amount("Self after", 2, "self"),
      this.changeColumn("Total changed", "total"), amount("Total before", 1, "total"), amount("Total after", 2, "total"),
      { label: "Function", sort: (frame) => app.model.name(frame), fill: (cell, frame) => {
        cell.title = app.model.name(frame);
        const matched = app.model.matches?.frames[frame] === 1;
        cell.append(h(matched ? "mark" : "span", { class: "name" }, app.model.name(frame)));
      } },
      { label: "New or gone", sort: (frame) => this.kind(frame), fill: (cell, frame) => cell.append(h("span", { class: `tag ${this.kind(frame)}` }, this.kind(frame))) },
    ];
  }

  private kind(frame: number): string {
    if (this.side(1, "total", frame) === 0) return "new";
    return this.side(2, "total", frame) === 0 ? "gone" : "";
  }

  async refresh(job: Job): Promise<void> {
    const { model } = this.app;
    await model.updateCosts(job);
    if (this.shownFor !== model.costs) {
      this.shownFor = model.costs;
      const rows: number[] = [];
      const before = model.costs[1];
      for (let frame = 0; before && frame < before.total.length; frame++) {
        const changed = (["self", "total"] as const).some((kind) => this.side(1, kind, frame) !== this.side(2, kind, frame));
        if (changed) rows.push(frame);
      }
      this.rows.show(rows);
      this.summarise(rows);
    }
    this.repaint();
  }

  private summarise(rows: number[]): void {
    const { sides, unit } = this.app.model;
    if (!sides) {
      this.summary.textContent = "A stretch of time has no difference: drop it to compare.";
      return;
    }
    const [before, after] = [sides.before.total[0]!, sides.after.total[0]!];
    const count = (kind: string) => rows.filter((frame) => this.kind(frame) === kind).length;
    this.summary.replaceChildren(
      h("b", {}, signed(after - before, unit)), ` in all (${percent((after - before) / (before || 1))}): `,
      `${this.app.amount(before)} before, ${this.app.amount(after)} after; functions: ${count("new")} new, ${count("gone")} gone`);
  }

  repaint(): void {
    this.rows.renderAll();
  }

  step(by: number): void {
    this.rows.select(stepIn(this.rows.rows, this.rows.index, by, this.app.model.matches?.frames));
  }

  focus(): void {
    this.rows.focus();
  }
}
