// A real <table> of any number of rows: those on the screen exist, spacers stand for the
// others. Sorting by click on a heading; the arrow keys move the selected row.

import { h } from "./dom";

export interface Column<Row> {
  readonly label: string;
  readonly number?: boolean;
  readonly share?: boolean; // a number that is there twice: left out on a phone
  readonly sort?: (row: Row) => number | string;
  fill(cell: HTMLTableCellElement, row: Row): void;
}

export interface TableHost<Row> {
  selected?(row: Row): void;
  chosen?(row: Row): void; // a double click or Enter
  // What the other keys do; true: it was for this table.
  key?(event: KeyboardEvent, row: Row, index: number): boolean;
  // For a tree: the level of a row and whether it is open (undefined: it cannot be).
  level?(row: Row): { level: number; open: boolean | undefined };
}

const kindOf = (column: Column<never>): string => (column.share ? "number share" : column.number ? "number" : "text");

const ROW_HEIGHT = 24;
let tables = 0;

export class VirtualTable<Row> {
  readonly element: HTMLElement;
  rows: Row[] = [];
  index = -1; // of the selected row
  private readonly table: HTMLTableElement;
  private readonly body: HTMLTableSectionElement;
  private readonly id = `table${++tables}`;
  private sortColumn = -1;
  private descending = true;
  private first = -1;
  private last = -1;

  constructor(label: string, private readonly columns: Column<Row>[], private readonly host: TableHost<Row>, caption = "") {
    const headings = columns.map((column, i) => this.heading(column, i));
    this.body = h("tbody");
    this.table = h("table", { role: host.level ? "treegrid" : "grid", tabindex: 0, "aria-label": label },
      h("caption", { class: caption ? "" : "hidden" }, caption || label), h("thead", {}, h("tr", {}, ...headings)), this.body);
    this.element = h("div", { class: "scroll" }, this.table);
    this.element.addEventListener("scroll", () => this.render(), { passive: true });
    new ResizeObserver(() => this.render()).observe(this.element);
    this.table.addEventListener("keydown", (event) => this.key(event));
    this.body.addEventListener("click", (event) => this.select(this.rowOf(event)));
    this.body.addEventListener("dblclick", (event) => this.choose(this.rowOf(event)));
  }

  private heading(column: Column<Row>, i: number): HTMLElement {
    const cell = h("th", { scope: "col", class: kindOf(column) });
    if (!column.sort) {
      cell.append(column.label);
      return cell;
    }
    const click = h("button", { type: "button" }, column.label);
    click.addEventListener("click", () => this.sortBy(i, this.sortColumn === i ? !this.descending : column.number === true));
    cell.append(click);
    return cell;
  }

  sortBy(column: number, descending: boolean): void {
    this.sortColumn = column;
    this.descending = descending;
    const selected = this.rows[this.index];
    this.order();
    this.index = selected === undefined ? -1 : this.rows.indexOf(selected);
    this.table.querySelectorAll("th").forEach((cell, i) => {
      if (i === column) cell.setAttribute("aria-sort", descending ? "descending" : "ascending");
      else cell.removeAttribute("aria-sort");
    });
    this.element.scrollTop = 0;
    this.renderAll();
  }

  private order(): void {
    const key = this.columns[this.sortColumn]?.sort;
    if (!key) return;
    const sign = this.descending ? -1 : 1;
    const keyed = this.rows.map((row, i): [number | string, number] => [key(row), i]);
    keyed.sort((a, b) => (a[0] < b[0] ? -sign : a[0] > b[0] ? sign : a[1] - b[1]));
    this.rows = keyed.map(([, i]) => this.rows[i]!);
  }

  show(rows: Row[], keep = false): void {
    const top = this.element.scrollTop;
    this.rows = rows;
    this.index = keep ? Math.min(this.index, rows.length - 1) : -1;
    if (!keep) this.order();
    this.renderAll();
    this.element.scrollTop = keep ? top : 0;
  }

  renderAll(): void {
    this.first = this.last = -1;
    this.table.setAttribute("aria-rowcount", String(this.rows.length + 1));
    this.render();
  }

  private render(): void {
    const height = this.element.clientHeight;
    if (height === 0) return;
    const first = Math.max(0, Math.floor(this.element.scrollTop / ROW_HEIGHT) - 8);
    const last = Math.min(this.rows.length, first + Math.ceil(height / ROW_HEIGHT) + 16);
    if (first === this.first && last === this.last) return;
    this.first = first;
    this.last = last;
    const rows = [];
    for (let i = first; i < last; i++) rows.push(this.row(i));
    this.body.replaceChildren(this.spacer(first), ...rows, this.spacer(this.rows.length - last));
    this.mark();
  }

  private spacer(rows: number): HTMLElement {
    const spacer = h("tr", { "aria-hidden": "true", class: "spacer" });
    spacer.style.height = `${rows * ROW_HEIGHT}px`;
    return spacer;
  }

  private row(i: number): HTMLElement {
    const row = this.rows[i]!;
    const element = h("tr", { "aria-rowindex": i + 2, "data-row": i, id: `${this.id}-${i}` });
    const level = this.host.level?.(row);
    if (level) {
      element.setAttribute("aria-level", String(level.level));
      if (level.open !== undefined) element.setAttribute("aria-expanded", String(level.open));
    }
    for (const column of this.columns) {
      const cell = h("td", { class: kindOf(column) });
      column.fill(cell, row);
      element.append(cell);
    }
    return element;
  }

  private mark(): void {
    for (const row of this.body.children) {
      const mine = (row as HTMLElement).dataset["row"] === String(this.index);
      if (mine) row.setAttribute("aria-selected", "true");
      else row.removeAttribute("aria-selected");
    }
    if (this.index >= 0) this.table.setAttribute("aria-activedescendant", `${this.id}-${this.index}`);
    else this.table.removeAttribute("aria-activedescendant");
  }

  private rowOf(event: Event): number {
    const row = (event.target as HTMLElement).closest<HTMLElement>("tr[data-row]");
    return row ? Number(row.dataset["row"]) : -1;
  }

  select(index: number): void {
    if (index < 0 || index >= this.rows.length) return;
    this.index = index;
    const top = index * ROW_HEIGHT;
    const visible = this.element.clientHeight - 2 * ROW_HEIGHT;
    if (top < this.element.scrollTop) this.element.scrollTop = top;
    else if (top > this.element.scrollTop + visible) this.element.scrollTop = top - visible;
    this.render();
    this.mark();
    this.host.selected?.(this.rows[index]!);
  }

  private choose(index: number): void {
    const row = this.rows[index];
    if (row !== undefined) this.host.chosen?.(row);
  }

  private key(event: KeyboardEvent): void {
    if (event.target !== this.table || event.ctrlKey || event.metaKey || event.altKey) return;
    const page = Math.max(1, Math.floor(this.element.clientHeight / ROW_HEIGHT) - 2);
    const to: Record<string, number> = {
      ArrowDown: this.index + 1, ArrowUp: this.index - 1, PageDown: this.index + page, PageUp: this.index - page,
      Home: 0, End: this.rows.length - 1,
    };
    const row = this.rows[this.index];
    if (event.key in to) this.select(Math.min(this.rows.length - 1, Math.max(0, to[event.key]!)));
    else if (row !== undefined && this.host.key?.(event, row, this.index)) this.render();
    else if (event.key === "Enter") this.choose(this.index);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  // What a row's cells say.
  texts(row: Row): string[] {
    return this.columns.map((column) => {
      const cell = h("td");
      column.fill(cell, row);
      return cell.textContent ?? "";
    });
  }

  focus(): void {
    this.table.focus();
  }
}

// A number with a bar behind it that shows its share.
export function barCell(cell: HTMLTableCellElement, text: string, share: number, colour = ""): void {
  if (share < 0.005) {
    cell.append(text);
    return;
  }
  const bar = h("span", { class: `bar ${colour}`, "aria-hidden": "true" });
  bar.style.width = `${Math.max(0, Math.min(1, share)) * 100}%`;
  cell.append(bar, h("span", {}, text));
}
