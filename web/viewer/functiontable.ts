// Every function with its self and total cost; in a difference also what changed.

import type { App } from "./app";
import { h } from "./dom";
import { percent, signed } from "./format";
import { moduleLabel } from "./names";
import { Column, VirtualTable, barCell } from "./table";

export class FunctionTable {
  readonly element: HTMLElement;
  readonly table: VirtualTable<number>;
  private whole = 1;
  private shownFor: unknown = null;

  constructor(private readonly app: App, label: string, brief: boolean, open: (frame: number) => void) {
    this.table = new VirtualTable<number>(label, brief ? this.brief() : this.full(), {
      selected: (frame) => {
        app.select({ frame, node: -1 }, "");
        if (brief) open(frame);
      },
      chosen: open,
    });
    this.table.sortBy(0, true);
    this.element = this.table.element;
  }

  private cost(kind: "self" | "total", side = 0): (frame: number) => number {
    return (frame) => this.app.model.costs[side]?.[kind][frame] ?? 0;
  }

  private costColumn(label: string, kind: "self" | "total"): Column<number> {
    const cost = this.cost(kind);
    return {
      label, number: true, sort: cost,
      fill: (cell, frame) => barCell(cell, this.app.amount(cost(frame)), cost(frame) / this.whole, kind),
    };
  }

  private shareColumn(kind: "self" | "total"): Column<number> {
    const cost = this.cost(kind);
    return { label: "%", number: true, share: true, sort: cost, fill: (cell, frame) => cell.append(percent(cost(frame) / this.whole)) };
  }

  private name(): Column<number> {
    const { model } = this.app;
    return {
      label: "Function", sort: (frame) => model.name(frame),
      fill: (cell, frame) => {
        cell.title = model.name(frame);
        const matched = this.app.model.matches?.frames[frame] === 1;
        cell.append(h("span", { class: "swatch", "data-colour": this.app.colourMode }), h(matched ? "mark" : "span", { class: "name" }, model.name(frame)));
        (cell.firstChild as HTMLElement).style.background = this.app.frameColour(frame);
      },
    };
  }

  private brief(): Column<number>[] {
    return [this.costColumn("Self", "self"), this.costColumn("Total", "total"), this.name()];
  }

  private full(): Column<number>[] {
    const { settings } = this.app;
    const columns = [this.costColumn("Self", "self"), this.shareColumn("self"), this.costColumn("Total", "total"), this.shareColumn("total")];
    if (settings.before !== undefined) {
      const change = (frame: number) => this.cost("total", 2)(frame) - this.cost("total", 1)(frame);
      columns.push({
        label: "Change", number: true, sort: change,
        fill: (cell, frame) => {
          const delta = change(frame);
          cell.append(h("span", { class: delta > 0 ? "more" : delta < 0 ? "less" : "" }, signed(delta, this.app.model.unit)));
        },
      });
    }
    columns.push(this.name());
    const { module, file } = this.app.profile.frames;
    if (module.some((known) => known !== 0)) columns.push(this.module());
    if (file.some((known) => known !== 0)) columns.push(this.source());
    return columns;
  }

  private module(): Column<number> {
    const { model } = this.app;
    return {
      label: "Module", sort: (frame) => moduleLabel(model.module(frame)),
      fill: (cell, frame) => {
        cell.title = model.module(frame);
        cell.append(model.module(frame) === "" ? "" : moduleLabel(model.module(frame)));
      },
    };
  }

  private source(): Column<number> {
    const { model } = this.app;
    return {
      label: "Source", sort: (frame) => model.source(frame),
      fill: (cell, frame) => {
        const source = model.source(frame);
        cell.title = source;
        cell.append(source.slice(source.lastIndexOf("/") + 1));
      },
    };
  }

  refresh(): void {
    const { model } = this.app;
    this.whole = model.values.total[0]! || 1;
    const key = model.costs;
    if (key === this.shownFor) {
      this.repaint();
      return;
    }
    this.shownFor = key;
    const rows: number[] = [];
    const { total } = model.costs[0]!;
    const others = model.costs.slice(1);
    for (let frame = 0; frame < total.length; frame++) {
      if (total[frame] !== 0 || others.some((cost) => cost.total[frame] !== 0)) rows.push(frame);
    }
    this.table.show(rows);
  }

  repaint(): void {
    this.table.renderAll();
  }

  firstFrame(): number {
    return this.table.rows[0] ?? -1;
  }

  selectFrame(frame: number): void {
    const index = this.table.rows.indexOf(frame);
    if (index >= 0 && this.table.index !== index) {
      this.table.index = index;
      this.table.renderAll();
    }
  }

  texts(): string[][] {
    return this.table.rows.map((frame) => this.table.texts(frame));
  }
}
