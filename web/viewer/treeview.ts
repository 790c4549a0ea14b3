// The stacks as rows that open: from the outermost callers down, or from the functions that
// cost most themselves up to their callers.

import type { App } from "./app";
import { button, h } from "./dom";
import { percent, signed } from "./format";
import type { Job } from "./job";
import { Column, VirtualTable, barCell } from "./table";
import { Tree, countingSort } from "./tree";
import type { ViewPart } from "./view";

const LONGEST_CHAIN = 60; // rows that open by themselves while there is no choice
const MOST_CALLEES = 2000; // shown of one row

interface Row {
  readonly frame: number;
  readonly level: number;
  readonly total: number;
  readonly self: number;
  readonly delta: number;
  readonly node: number; // -1: bottom up
  readonly stacks: Uint32Array; // bottom up: pairs of a stack's end and where this row's frame is on it
  open: boolean;
  leaf: boolean;
}

export class TreeView implements ViewPart {
  readonly element: HTMLElement;
  readonly panes = [];
  readonly table: { element: HTMLElement; texts(): string[][] };
  private readonly rows: VirtualTable<Row>;
  private readonly way: HTMLButtonElement;
  private shownFor: unknown[] = [];

  constructor(private readonly app: App) {
    this.rows = new VirtualTable<Row>("Call tree", this.columns(), {
      selected: (row) => app.select({ frame: row.frame, node: row.node }, ""),
      chosen: (row) => this.toggle(row),
      key: (event, row, index) => this.rowKey(event, row, index),
      level: (row) => ({ level: row.level + 1, open: row.leaf ? undefined : row.open }),
    });
    this.way = button("", () => void app.change({ bottomUp: !app.state.bottomUp }), { class: "quiet" });
    this.element = h("section", { class: "view table", "aria-label": "Call tree" },
      h("div", { class: "bar-line" }, this.way, h("span", { class: "hint" }, "→ opens, ← closes, * opens everything below")), this.rows.element);
    this.table = { element: this.rows.element, texts: () => this.rows.rows.map((row) => this.rows.texts(row)) };
  }

  private columns(): Column<Row>[] {
    const { app } = this;
    const whole = () => app.model.values.total[0]! || 1;
    const columns: Column<Row>[] = [
      { label: "Total", number: true, fill: (cell, row) => barCell(cell, app.amount(row.total), row.total / whole(), "total") },
      { label: "%", number: true, share: true, fill: (cell, row) => cell.append(percent(row.total / whole())) },
      { label: "Self", number: true, fill: (cell, row) => barCell(cell, app.amount(row.self), row.self / whole(), "self") },
    ];
    if (app.settings.before !== undefined) {
      columns.push({
        label: "Change", number: true,
        fill: (cell, row) => cell.append(h("span", { class: row.delta > 0 ? "more" : row.delta < 0 ? "less" : "" }, signed(row.delta, app.model.unit))),
      });
    }
    columns.push({ label: "Function", fill: (cell, row) => this.name(cell, row) });
    return columns;
  }

  private name(cell: HTMLTableCellElement, row: Row): void {
    const { app } = this;
    const indent = h("span", { class: "indent" });
    indent.style.width = `${Math.min(row.level, 40) * 14}px`;
    const twist = h("button", { type: "button", class: "twist", tabindex: -1, "aria-hidden": "true" }, row.leaf ? "" : row.open ? "▾" : "▸");
    twist.addEventListener("click", (event) => {
      event.stopPropagation();
      this.toggle(row);
    });
    const swatch = h("span", { class: "swatch" });
    swatch.style.background = app.frameColour(row.frame);
    const matched = app.model.matches?.frames[row.frame] === 1;
    cell.title = app.model.name(row.frame);
    cell.append(indent, twist, swatch, h(matched ? "mark" : "span", { class: "name" }, app.model.name(row.frame)));
    const source = app.model.source(row.frame);
    if (source) cell.append(h("small", {}, source.slice(source.lastIndexOf("/") + 1)));
  }

  async refresh(job: Job): Promise<void> {
    const { app } = this;
    this.way.textContent = app.state.bottomUp ? "Bottom up: by self, then callers" : "Top down: by total, then callees";
    this.way.setAttribute("aria-pressed", String(app.state.bottomUp));
    const key = [app.model.values, app.model.tree, app.state.bottomUp];
    if (!key.every((part, i) => part === this.shownFor[i])) {
      if (app.state.bottomUp) await app.model.updateCosts(job);
      const rows = app.state.bottomUp ? this.functions() : this.calleesOf(0, 0);
      this.rows.show(rows);
      this.shownFor = key;
      if (rows[0]) this.open(0);
    }
    this.repaint();
  }

  repaint(): void {
    this.rows.renderAll();
  }

  private calleesOf(node: number, level: number): Row[] {
    const { tree, values } = this.app.model;
    const list: Row[] = [];
    for (let i = node + 1; i < tree.end[node]!; i = tree.end[i]!) {
      if (values.total[i]! <= 0 && this.app.model.delta(i) === 0) continue;
      list.push({
        frame: tree.frame[i]!, level, total: values.total[i]!, self: values.self[i]!, delta: this.app.model.delta(i),
        node: i, stacks: NO_STACKS, open: false, leaf: tree.end[i] === i + 1,
      });
    }
    return list.sort((a, b) => b.total - a.total || a.frame - b.frame).slice(0, MOST_CALLEES);
  }

  // Every function with a self value, and the stacks that end in it.
  private functions(): Row[] {
    const { tree, values } = this.app.model;
    const ends: number[] = [];
    for (let i = 1; i < tree.size; i++) if (values.self[i] !== 0) ends.push(i);
    const { nodes, first } = countingSort(Uint32Array.from(ends), tree.frame, this.app.profile.frames.name.length);
    const rows: Row[] = [];
    for (let frame = 0; frame + 1 < first.length; frame++) {
      if (first[frame] === first[frame + 1]) continue;
      const stacks = new Uint32Array(2 * (first[frame + 1]! - first[frame]!));
      for (let i = 0; i < stacks.length / 2; i++) stacks[2 * i] = stacks[2 * i + 1] = nodes[first[frame]! + i]!;
      rows.push(this.stackRow(tree, frame, 0, stacks));
    }
    return rows.sort((a, b) => b.total - a.total || a.frame - b.frame);
  }

  private stackRow(tree: Tree, frame: number, level: number, stacks: Uint32Array): Row {
    const { model } = this.app;
    let total = 0;
    let delta = 0;
    let leaf = true;
    for (let i = 0; i < stacks.length; i += 2) {
      const end = stacks[i]!;
      total += model.values.self[end]!;
      if (model.sides) delta += model.sides.after.self[end]! - model.sides.before.self[end]!;
      if (tree.parent[stacks[i + 1]!] !== 0) leaf = false;
    }
    return { frame, level, total, self: level === 0 ? total : 0, delta, node: -1, stacks, open: false, leaf };
  }

  private callersOf(row: Row): Row[] {
    const { tree } = this.app.model;
    const groups = new Map<number, number[]>();
    for (let i = 0; i < row.stacks.length; i += 2) {
      const above = tree.parent[row.stacks[i + 1]!]!;
      if (above === 0) continue;
      const group = groups.get(tree.frame[above]!);
      if (group) group.push(row.stacks[i]!, above);
      else groups.set(tree.frame[above]!, [row.stacks[i]!, above]);
    }
    return [...groups].map(([frame, stacks]) => this.stackRow(tree, frame, row.level + 1, Uint32Array.from(stacks)))
      .sort((a, b) => b.total - a.total || a.frame - b.frame).slice(0, MOST_CALLEES);
  }

  private below(row: Row): Row[] {
    return row.node >= 0 ? this.calleesOf(row.node, row.level + 1) : this.callersOf(row);
  }

  // Opens a row, and those below it as long as each has one callee.
  private open(index: number, chain = LONGEST_CHAIN): void {
    const { rows } = this.rows;
    let at = index;
    for (let left = chain; left > 0; left--) {
      const row = rows[at]!;
      if (row.leaf || row.open) break;
      const list = this.below(row);
      row.open = true;
      rows.splice(at + 1, 0, ...list);
      if (list.length !== 1) break;
      at++;
    }
    this.rows.renderAll();
  }

  private close(index: number): void {
    const { rows } = this.rows;
    const row = rows[index]!;
    let end = index + 1;
    while (end < rows.length && rows[end]!.level > row.level) end++;
    rows.splice(index + 1, end - index - 1);
    row.open = false;
    this.rows.renderAll();
  }

  private toggle(row: Row): void {
    const index = this.rows.rows.indexOf(row);
    if (row.open) this.close(index);
    else this.open(index);
    this.rows.select(index);
  }

  private rowKey(event: KeyboardEvent, row: Row, index: number): boolean {
    const { rows } = this.rows;
    if (event.key === "ArrowRight") {
      if (!row.open && !row.leaf) this.open(index);
      else if (row.open) this.rows.select(index + 1);
      return true;
    }
    if (event.key === "ArrowLeft") {
      if (row.open) this.close(index);
      else for (let i = index - 1; i >= 0; i--) if (rows[i]!.level < row.level) return this.rows.select(i), true;
      return true;
    }
    if (event.key === "*") {
      let opened = 0;
      for (let i = index; i < rows.length && (i === index || rows[i]!.level > row.level) && opened < 500; i++) {
        if (!rows[i]!.open && !rows[i]!.leaf) {
          this.open(i, 1);
          opened++;
        }
      }
      return true;
    }
    return false;
  }

  // Matches among the rows that are there.
  step(by: number): void {
    const matched = this.app.model.matches?.frames;
    const { rows, index } = this.rows;
    if (!matched || rows.length === 0) return;
    for (let i = 1; i <= rows.length; i++) {
      const at = (index + by * i + rows.length * 2) % rows.length;
      if (matched[rows[at]!.frame] === 1) return this.rows.select(at);
    }
  }

  focus(): void {
    this.rows.focus();
  }
}

const NO_STACKS = new Uint32Array(0);
