// Which processes, modules and stacks count.

import type { App } from "./app";
import { button, h } from "./dom";
import { percent } from "./format";
import { moduleLabel } from "./names";
import { Filters, NO_FILTERS, filtering } from "./shape";

const MOST = 300; // entries of a list

interface Entry {
  readonly label: string;
  readonly share: number;
}

function ranked(weights: Map<string, number>): Entry[] {
  const whole = [...weights.values()].reduce((a, b) => a + b, 0) || 1;
  return [...weights].map(([label, weight]) => ({ label, share: weight / whole }))
    .sort((a, b) => b.share - a.share || (a.label < b.label ? -1 : 1));
}

// "server-100" of "server-100/101", a thread of it.
const processOf = (root: string): string => root.replace(/\/\d+$/, "");

// Of the whole profile, whatever is filtered now.
function rootsOf(app: App): Entry[] {
  const { tree, frames } = app.profile;
  const total = app.baseTotal;
  const weights = new Map<string, number>();
  for (let i = 1; i < tree.size; i = tree.end[i]!) {
    const name = frames.names[frames.name[tree.frame[i]!]!]!;
    weights.set(name, (weights.get(name) ?? 0) + total[i]!);
  }
  return ranked(weights);
}

function modulesOf(app: App): Entry[] {
  const { tree, frames } = app.profile;
  const self = tree.self[app.profile.defaultValue]!;
  const sums = new Float64Array(frames.names.length);
  for (let i = 1; i < tree.size; i++) sums[frames.module[tree.frame[i]!]!]! += self[i]!;
  const used = new Set(frames.module);
  const weights = new Map<string, number>();
  for (const module of used) {
    const label = moduleLabel(frames.names[module]!);
    weights.set(label, (weights.get(label) ?? 0) + sums[module]!);
  }
  return ranked(weights).filter((entry) => entry.label !== "unknown" || entry.share > 0);
}

export class FilterPanel {
  readonly dialog = h("dialog", { id: "filters", "aria-labelledby": "filters-title" });
  private readonly body = h("div", { class: "body" });
  private readonly hint = h("p", { class: "hint", role: "status" });

  constructor(private readonly app: App) {
    this.dialog.append(
      h("div", { class: "title" }, h("h2", { id: "filters-title" }, "Filters"),
        button("Reset", () => this.apply(NO_FILTERS, true), { class: "quiet" }),
        button("Close", () => this.dialog.close(), { class: "quiet" })),
      this.hint, this.body);
    this.dialog.addEventListener("click", (event) => {
      if (event.target === this.dialog) this.dialog.close();
    });
  }

  open(): void {
    this.fill();
    this.dialog.showModal();
  }

  private apply(filters: Filters, refill = false): void {
    void this.app.change({ filters }).then(() => this.tell());
    if (refill) this.fill();
  }

  private tell(): void {
    const kept = this.app.model.values.total[0]! / (this.app.wholeOfValue() || 1);
    this.hint.textContent = filtering(this.app.state.filters)
      ? `${percent(kept)} of the whole is shown` : "Everything is shown";
  }

  private fill(): void {
    this.tell();
    this.body.replaceChildren(this.switches(), this.patterns());
    if (this.app.settings.roots === "processes") this.body.append(this.processes());
    const modules = modulesOf(this.app);
    if (modules.some((entry) => entry.label !== "unknown")) this.body.append(this.modules(modules));
  }

  private switches(): HTMLElement {
    const one = (key: "mine" | "folded", label: string, hint: string) => {
      const box = h("input", { type: "checkbox", checked: this.app.state.filters[key], id: `filter-${key}` });
      box.addEventListener("change", () => this.apply({ ...this.app.state.filters, [key]: box.checked }));
      return h("label", { class: "check" }, box, h("span", {}, h("b", {}, label), " ", h("small", {}, hint)));
    };
    return h("fieldset", {}, h("legend", {}, "Frames"),
      one("mine", "My code only", "frames of the system and of language libraries count for their callers"),
      one("folded", "Fold recursion", "a function that calls itself is one frame"));
  }

  private patterns(): HTMLElement {
    const one = (key: "having" | "without", label: string) => {
      const input = h("input", { type: "search", value: this.app.state.filters[key], placeholder: "text or regular expression", spellcheck: "false", id: `filter-${key}` });
      input.addEventListener("change", () => this.apply({ ...this.app.state.filters, [key]: input.value }));
      return h("label", { class: "line" }, h("span", {}, label), input);
    };
    return h("fieldset", {}, h("legend", {}, "Stacks"), one("having", "Only with"), one("without", "None with"));
  }

  private processes(): HTMLElement {
    const entries = rootsOf(this.app);
    const groups = new Map<string, Entry[]>();
    for (const entry of entries) {
      const process = processOf(entry.label);
      const group = groups.get(process);
      if (group) group.push(entry);
      else groups.set(process, [entry]);
    }
    const all = entries.map(({ label }) => label);
    const items = [...groups].flatMap(([process, threads]) => {
      const lone = threads.length === 1;
      const whole = this.rootItem(lone ? threads[0]!.label : process, threads, all, "");
      return lone ? [whole] : [whole, ...threads.map((thread) => this.rootItem(thread.label, [thread], all, "thread"))];
    });
    return h("fieldset", {}, h("legend", {}, "Processes and threads"), this.listOf(items.slice(0, MOST), items.length));
  }

  // One process with its threads, or one thread.
  private rootItem(label: string, threads: Entry[], all: string[], kind: string): HTMLElement {
    const gone = this.app.state.filters.roots;
    const mine = threads.map((thread) => thread.label);
    const set = (roots: string[]) => this.apply({ ...this.app.state.filters, roots: roots.sort() }, true);
    const box = h("input", { type: "checkbox", checked: !mine.every((name) => gone.includes(name)) });
    box.addEventListener("change", () => {
      const others = this.app.state.filters.roots.filter((name) => !mine.includes(name));
      set(box.checked ? others : [...others, ...mine]);
    });
    const only = button("only", () => set(all.filter((name) => !mine.includes(name))), { class: "only", "aria-label": `only ${label}` });
    const share = threads.reduce((sum, thread) => sum + thread.share, 0);
    return h("li", { class: kind }, h("label", { class: "check" }, box, h("span", {}, label)), only, h("small", {}, percent(share)));
  }

  private modules(entries: Entry[]): HTMLElement {
    const { hidden, only } = this.app.state.filters;
    const items = entries.slice(0, MOST).map((entry) => {
      const select = h("select", { "aria-label": entry.label },
        ...[["", "shown"], ["hide", "left out"], ["only", "only this"]].map(([value, label]) => h("option", { value: value! }, label!)));
      select.value = hidden.includes(entry.label) ? "hide" : only.includes(entry.label) ? "only" : "";
      select.addEventListener("change", () => {
        const filters = this.app.state.filters;
        const others = (list: readonly string[]) => list.filter((label) => label !== entry.label);
        this.apply({
          ...filters,
          hidden: select.value === "hide" ? [...others(filters.hidden), entry.label].sort() : others(filters.hidden),
          only: select.value === "only" ? [...others(filters.only), entry.label].sort() : others(filters.only),
        });
      });
      return h("li", {}, h("span", { class: "name" }, entry.label), select, h("small", {}, percent(entry.share)));
    });
    return h("fieldset", {}, h("legend", {}, "Modules"), this.listOf(items, entries.length));
  }

  private listOf(items: HTMLElement[], count: number): HTMLElement {
    return h("ul", {}, ...items, count > MOST ? h("li", {}, `… and ${count - MOST} smaller ones`) : null);
  }
}
