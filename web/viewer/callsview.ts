// The callers of a function, the function, and its callees, as two tables: a click goes on
// from there.

import type { App } from "./app";
import { button, h } from "./dom";
import { percent, signed } from "./format";
import { neighboursOf } from "./functions";
import type { Job } from "./job";
import { Column, VirtualTable, barCell } from "./table";
import { NONE } from "./tree";
import type { ViewPart } from "./view";

interface Row {
  readonly frame: number;
  readonly values: number[]; // shown, or shown, before, after
}

export class CallsView implements ViewPart {
  readonly element: HTMLElement;
  readonly panes = [];
  readonly table: { element: HTMLElement; texts(): string[][] };
  private readonly callers: VirtualTable<Row>;
  private readonly callees: VirtualTable<Row>;
  private readonly heading = h("div", { class: "middle" });
  private total = 1;
  private shownFor: unknown[] = [];
  private readonly past: number[] = [];

  constructor(private readonly app: App) {
    const host = {
      selected: (row: Row) => app.select({ frame: row.frame, node: -1 }, ""),
      chosen: (row: Row) => this.go(row.frame),
    };
    this.callers = new VirtualTable<Row>("Callers", this.columns(), host, "Callers");
    this.callees = new VirtualTable<Row>("Callees", this.columns(), host, "Callees");
    for (const table of [this.callers, this.callees]) table.sortBy(0, true);
    this.table = { element: this.callees.element, texts: () => this.callees.rows.map((row) => this.callees.texts(row)) };
    this.element = h("section", { class: "view calls", "aria-label": "Callers and callees" },
      this.callers.element, this.heading, this.callees.element);
  }

  private columns(): Column<Row>[] {
    const { app } = this;
    const columns: Column<Row>[] = [
      { label: "Amount", number: true, sort: (row) => row.values[0]!, fill: (cell, row) => barCell(cell, app.amount(row.values[0]!), row.values[0]! / this.total, "total") },
      { label: "%", number: true, share: true, sort: (row) => row.values[0]!, fill: (cell, row) => cell.append(percent(row.values[0]! / this.total)) },
    ];
    if (app.settings.before !== undefined) {
      const change = (row: Row) => (row.values[2] ?? 0) - (row.values[1] ?? 0);
      columns.push({
        label: "Change", number: true, sort: change,
        fill: (cell, row) => cell.append(h("span", { class: change(row) > 0 ? "more" : change(row) < 0 ? "less" : "" }, signed(change(row), app.model.unit))),
      });
    }
    columns.push({
      label: "Function", sort: (row) => app.model.name(row.frame),
      fill: (cell, row) => {
        const swatch = h("span", { class: "swatch" });
        swatch.style.background = app.frameColour(row.frame);
        const name = h("button", { type: "button", class: "link", tabindex: -1 }, row.frame === NONE ? "(called by nothing)" : app.model.name(row.frame));
        name.addEventListener("click", () => this.go(row.frame));
        cell.title = app.model.name(row.frame);
        cell.append(swatch, name);
      },
    });
    return columns;
  }

  private go(frame: number): void {
    if (frame === NONE) return;
    if (this.app.state.frame >= 0) this.past.push(this.app.state.frame);
    void this.app.change({ frame });
  }

  private back(): void {
    const frame = this.past.pop();
    if (frame !== undefined) void this.app.change({ frame });
  }

  async refresh(job: Job): Promise<void> {
    const { app } = this;
    await app.model.updateCosts(job);
    if (app.state.frame < 0) app.state.frame = app.heaviest();
    const { frame } = app.state;
    const key = [app.model.values, frame];
    if (frame < 0 || key.every((part, i) => part === this.shownFor[i])) return;
    this.shownFor = key;
    const all = [app.model.values, ...(app.model.sides ? [app.model.sides.before, app.model.sides.after] : [])];
    const { callers, callees } = await neighboursOf(app.model.tree, frame, all.map((values) => values.total), job);
    this.total = app.model.costs[0]!.total[frame]! || 1;
    const rows = (map: Map<number, number[]>): Row[] => [...map].map(([other, values]) => ({ frame: other, values }));
    this.fillHeading(frame);
    this.callers.show(rows(callers));
    this.callees.show(rows(callees));
  }

  private fillHeading(frame: number): void {
    const { app } = this;
    const [cost] = app.model.costs;
    const whole = app.model.values.total[0]! || 1;
    const back = button("← Back", () => this.back(), { class: "quiet" });
    back.disabled = this.past.length === 0;
    this.heading.replaceChildren(back, h("b", { class: "name", title: app.model.name(frame) }, app.model.name(frame)),
      h("span", {}, `total ${app.amount(cost!.total[frame]!)} (${percent(cost!.total[frame]! / whole)})`),
      h("span", {}, `self ${app.amount(cost!.self[frame]!)} (${percent(cost!.self[frame]! / whole)})`));
  }

  repaint(): void {
    this.callers.renderAll();
    this.callees.renderAll();
  }

  key(event: KeyboardEvent): boolean {
    if (event.key !== "Backspace" || this.past.length === 0) return false;
    this.back();
    return true;
  }

  focus(): void {
    this.callers.focus();
  }
}
