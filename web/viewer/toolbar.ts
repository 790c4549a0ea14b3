// The two lines at the top: what is shown, the search, the views and how they look.

import type { App } from "./app";
import type { ColourMode } from "./colour";
import { button, h, options } from "./dom";
import { percent, valueName } from "./format";
import type { Order } from "./layout";
import type { View, Widths } from "./state";

const NAMES: Record<View, string> = {
  flame: "Flame", icicle: "Icicle", sandwich: "Sandwich", calls: "Callers & callees", tree: "Tree",
  functions: "Functions", time: "Time", changes: "Changes",
};

function brand(): SVGElement {
  const space = "http://www.w3.org/2000/svg";
  const mark = document.createElementNS(space, "svg");
  for (const [name, value] of [["viewBox", "0 0 24 24"], ["width", "20"], ["height", "20"], ["aria-hidden", "true"], ["class", "brand"]]) mark.setAttribute(name!, value!);
  for (const line of ["M2 9c3.3 0 3.3-3 6.7-3s3.3 3 6.6 3S18.7 6 22 6", "M2 14c3.3 0 3.3-3 6.7-3s3.3 3 6.6 3 3.4-3 6.7-3", "M2 19h20"]) {
    const path = document.createElementNS(space, "path");
    path.setAttribute("d", line);
    mark.append(path);
  }
  return mark;
}

function labelled(label: string, control: HTMLElement): HTMLElement {
  return h("label", { class: "control" }, h("span", {}, label), control);
}

export class Toolbar {
  readonly header: HTMLElement;
  readonly controls: HTMLElement;
  readonly searchBox = h("input", { type: "search", id: "search", placeholder: "Search: text or regex", "aria-label": "Search for functions: text or regular expression", spellcheck: "false", autocomplete: "off" });
  private readonly found = h("output", { id: "found", for: "search" });
  private readonly tabs = h("div", { role: "tablist", "aria-label": "Views", class: "tabs" });
  private readonly value = h("select", { id: "value" });
  private readonly colour = h("select", { id: "colour" });
  private readonly order = h("select", { id: "order" });
  private readonly widths = h("select", { id: "widths" });
  private readonly normalised = h("input", { type: "checkbox", id: "normalised" });
  private readonly theme = button("", () => this.app.toggleTheme(), { id: "theme", class: "quiet" });
  private readonly filters = button("Filters", () => this.app.filters.open(), { id: "open-filters", class: "quiet" });
  private typing = 0;
  private shown: View | null = null;

  constructor(private readonly app: App) {
    const { settings } = app;
    this.header = h("header", {}, brand(),
      h("div", { class: "titles" }, h("h1", {}, settings.title || "Flame graph"), h("p", {}, [settings.subtitle, settings.source].filter((text) => text !== "").join(" · "))),
      h("div", { class: "search", role: "search" }, this.searchBox, this.found,
        button("‹", () => app.step(-1), { "aria-label": "Previous match", class: "step" }),
        button("›", () => app.step(1), { "aria-label": "Next match", class: "step" })),
      this.filters, this.menu(), this.theme,
      button("?", () => app.help.showModal(), { id: "open-help", class: "quiet", "aria-label": "Help: keys and gestures" }));
    for (const view of app.views()) this.tabs.append(this.tab(view));
    this.tabs.addEventListener("keydown", (event) => this.tabKey(event));
    this.controls = h("div", { class: "controls" }, this.tabs, h("div", { class: "choices" }, ...this.choices()));
    this.searchBox.addEventListener("input", () => this.search());
    this.searchBox.addEventListener("keydown", (event) => this.searchKey(event));
  }

  private menu(): HTMLElement {
    const menu = h("details", { class: "menu", id: "export" }, h("summary", {}, "Export"));
    const item = (label: string, action: () => void, id: string) => button(label, () => {
      menu.open = false;
      action();
    }, { id });
    menu.append(h("div", {}, item("View as SVG", () => this.app.export("svg"), "export-svg"), item("View as PNG", () => this.app.export("png"), "export-png"),
      item("Table as CSV", () => this.app.export("csv"), "export-csv"), item("Copy link to this view", () => void this.app.copyLink(), "copy-link")));
    document.addEventListener("click", (event) => {
      if (!menu.contains(event.target as Node)) menu.open = false;
    });
    return menu;
  }

  private tab(view: View): HTMLElement {
    return button(NAMES[view], () => void this.app.change({ view }), { role: "tab", id: `tab-${view}`, "aria-controls": "views" });
  }

  private tabKey(event: KeyboardEvent): void {
    const by = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0;
    if (by === 0) return;
    event.preventDefault();
    event.stopPropagation();
    const list = [...this.tabs.children] as HTMLElement[];
    const next = list[(list.indexOf(document.activeElement as HTMLElement) + by + list.length) % list.length]!;
    next.focus();
    next.click();
  }

  private choices(): HTMLElement[] {
    const { app } = this;
    const list: HTMLElement[] = [];
    const on = (select: HTMLSelectElement, action: (value: string) => void) => select.addEventListener("change", () => action(select.value));
    if (app.model.difference) {
      list.push(labelled("Widths", this.widths), h("label", { class: "control check" }, this.normalised, h("span", {}, "Normalised")));
      on(this.widths, (value) => void app.change({ widths: value as Widths }));
      this.normalised.addEventListener("change", () => void app.change({ normalised: this.normalised.checked }));
    } else if (app.profile.values.length > 1) {
      list.push(labelled("Value", this.value));
      on(this.value, (value) => void app.change({ value: Number(value) }));
    }
    list.push(labelled("Colour", this.colour), labelled("Order", this.order));
    on(this.colour, (value) => void app.change({ colour: value as ColourMode }));
    on(this.order, (value) => void app.change({ order: value as Order }));
    return list;
  }

  private search(): void {
    clearTimeout(this.typing);
    const wait = this.app.profile.tree.size > 300_000 ? 180 : 40;
    this.typing = window.setTimeout(() => void this.app.change({ search: this.searchBox.value }), wait);
  }

  private searchKey(event: KeyboardEvent): void {
    if (event.key === "Enter") {
      clearTimeout(this.typing);
      void this.app.change({ search: this.searchBox.value }).then(() => this.app.step(event.shiftKey ? -1 : 1));
    } else if (event.key === "Escape") {
      this.searchBox.value = "";
      void this.app.change({ search: "" });
      this.app.part().focus();
    } else {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  }

  refresh(): void {
    const { state, model, profile } = this.app;
    for (const tab of this.tabs.children) {
      const mine = tab.id === `tab-${state.view}`;
      tab.setAttribute("aria-selected", String(mine));
      (tab as HTMLElement).tabIndex = mine ? 0 : -1;
      if (mine && this.shown !== state.view) tab.scrollIntoView({ block: "nearest", inline: "nearest" });
    }
    this.shown = state.view;
    options(this.value, profile.values.map((value, i) => [String(i), valueName(value.name)]), String(model.valueOf(state)));
    this.value.disabled = state.window !== null;
    this.value.title = state.window ? "Samples in time carry this value only" : "";
    const modes: [ColourMode, string][] = [["hash", "by name"], ["module", "by module"], ["package", "by package"], ["recursion", "by recursion"]];
    options(this.colour, model.difference ? [["difference", "by change"], ...modes] : modes, this.app.colourMode);
    options(this.order, [["name", "by name"], ["size", "widest first"]], state.order);
    options(this.widths, [["after", "as after"], ["before", "as before"], ["both", "the larger"]], state.widths);
    this.normalised.checked = state.normalised;
    if (document.activeElement !== this.searchBox) this.searchBox.value = state.search;
    this.theme.textContent = this.app.dark ? "Light" : "Dark";
    this.theme.setAttribute("aria-label", this.app.dark ? "Switch to light colours" : "Switch to dark colours");
    this.filters.classList.toggle("on", this.app.filtered);
    this.tellFound("");
  }

  tellFound(place: string): void {
    const { matches, values } = this.app.model;
    if (!matches) this.found.textContent = "";
    else if (matches.functions === 0) this.found.textContent = "no match";
    else this.found.textContent = `${place === "" ? "" : `${place} · `}${percent(matches.total / (values.total[0]! || 1))} matched`;
  }
}
