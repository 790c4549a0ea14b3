// Holds the parts together: what the reader chose, the model, the views, and the page.

import { CallsView } from "./callsview";
import { ColourMode, FrameColours, Palette, categoryColours, differenceColour, hashColours, paletteOf } from "./colour";
import type { Profile, Settings } from "./data";
import { Details } from "./details";
import { button, h } from "./dom";
import { copy, exportPng, exportSvg, exportTable } from "./export";
import { FilterPanel } from "./filterpanel";
import { FlameView } from "./flameview";
import { percent, timeText, valueName, valueText } from "./format";
import { ChangesView, FunctionsView } from "./functionsview";
import { helpDialog } from "./help";
import { Cancelled, Job } from "./job";
import { Keys } from "./keys";
import { Labels } from "./labels";
import { Model } from "./model";
import { SandwichView } from "./sandwichview";
import { NO_FILTERS, filtering } from "./shape";
import { State, VIEWS, View, fromHash, initial, toHash } from "./state";
import { Theme } from "./theme";
import { TimeStrip } from "./timestrip";
import { Toolbar } from "./toolbar";
import { NONE, totals } from "./tree";
import { TreeView } from "./treeview";
import type { Subject, ViewPart } from "./view";

export class App {
  state: State;
  readonly model: Model;
  readonly labels: Labels;
  readonly filters: FilterPanel;
  readonly help = helpDialog();
  readonly details: Details;
  readonly toolbar: Toolbar;
  readonly baseTotal: Float64Array; // of the default value, nothing filtered
  palette: Palette;
  private readonly theme: Theme;
  private readonly start: State;
  private readonly parts = new Map<View, ViewPart>();
  private readonly place = h("main", { id: "views" });
  private readonly chips = h("div", { class: "chips", hidden: true });
  private readonly legend = h("div", { class: "legend", hidden: true });
  private readonly live = h("div", { class: "off", "aria-live": "polite", id: "live" });
  private readonly toastBox = h("div", { class: "toast", role: "status", hidden: true });
  private readonly progress = h("div", { class: "progress", role: "progressbar", "aria-label": "Working", hidden: true });
  private readonly strip: TimeStrip | null;
  private readonly colours = new Map<ColourMode, FrameColours>();
  private running: Promise<void> | null = null;
  private again = false;
  private job: Job | null = null;

  constructor(readonly profile: Profile, readonly settings: Settings) {
    this.start = initial(settings.after ?? profile.defaultValue, settings.before !== undefined);
    this.state = fromHash(location.hash, this.start, this.limits);
    this.model = new Model(profile, settings);
    this.labels = new Labels(profile.frames);
    this.baseTotal = totals(profile.tree, profile.tree.self[profile.defaultValue]!);
    this.theme = new Theme(() => this.recolour());
    this.palette = paletteOf(this.colourMode, this.theme.dark);
    this.details = new Details(this);
    this.filters = new FilterPanel(this);
    this.toolbar = new Toolbar(this);
    this.strip = this.timeStrip();
    this.build();
    new Keys(this);
    window.addEventListener("hashchange", () => void this.change(fromHash(location.hash, this.start, this.limits)));
  }

  private get limits(): { values: number; frames: number } {
    return { values: this.profile.values.length, frames: this.profile.frames.name.length };
  }

  private timeStrip(): TimeStrip | null {
    const { moments } = this.profile;
    if (!moments || moments.at.length < 2) return null;
    const canvas = h("canvas", {
      class: "strip", tabindex: 0, role: "slider", "aria-label": "Stretch of time", "aria-valuemin": 0,
      "aria-valuemax": Math.round(moments.at[moments.at.length - 1]!),
    });
    return new TimeStrip(canvas, moments, {
      palette: () => this.palette,
      chosen: (window, final) => {
        if (final || this.profile.tree.size < 400_000) void this.change({ window });
      },
    });
  }

  private build(): void {
    document.body.append(this.progress, this.toolbar.header, this.toolbar.controls, this.chips);
    if (this.strip) document.body.append(this.strip.canvas);
    document.body.append(this.legend, this.place, this.details.bar, this.details.tip, this.live, this.toastBox, this.filters.dialog, this.help,
      h("p", { class: "off", id: "graph-keys" }, "Arrow keys move between boxes, Enter zooms, Escape zooms out, slash searches, question mark lists all keys."));
  }

  views(): View[] {
    return VIEWS.filter((view) => (view !== "time" || this.profile.moments !== null) && (view !== "changes" || this.settings.before !== undefined));
  }

  part(): ViewPart {
    const { view } = this.state;
    let part = this.parts.get(view);
    if (!part) {
      part = view === "sandwich" ? new SandwichView(this)
        : view === "calls" ? new CallsView(this)
        : view === "tree" ? new TreeView(this)
        : view === "functions" ? new FunctionsView(this)
        : view === "changes" ? new ChangesView(this) : new FlameView(this, view);
      this.parts.set(view, part);
    }
    return part;
  }

  get colourMode(): ColourMode {
    return this.state.colour === "difference" && this.settings.before === undefined ? "hash" : this.state.colour;
  }

  get dark(): boolean {
    return this.theme.dark;
  }

  get filtered(): boolean {
    return filtering(this.state.filters);
  }

  get busy(): boolean {
    return this.running !== null;
  }

  frameColours(): FrameColours {
    const mode = this.colourMode;
    let colours = this.colours.get(mode);
    if (!colours) {
      colours = mode === "module" || mode === "package" ? categoryColours(this.profile.frames, mode, this.selfByFrame()) : hashColours(this.profile.frames);
      this.colours.set(mode, colours);
    }
    return colours;
  }

  private selfByFrame(): Float64Array {
    const { tree, frames, defaultValue } = this.profile;
    const sums = new Float64Array(frames.name.length);
    const self = tree.self[defaultValue]!;
    for (let i = 1; i < tree.size; i++) sums[tree.frame[i]!]! += self[i]!;
    return sums;
  }

  // The colour of a function's mark in a table.
  frameColour(frame: number): string {
    const mode = this.colourMode;
    if (mode === "recursion" || frame === NONE) return "transparent";
    if (mode === "difference") return this.changeColour(frame);
    return this.palette.fills[this.frameColours().of[frame]!]!;
  }

  private changeColour(frame: number): string {
    const [, before, after] = this.model.costs;
    if (!before || !after) return "transparent";
    const delta = after.total[frame]! - before.total[frame]!;
    return this.palette.fills[differenceColour(delta, this.model.sides?.largest ?? 0)]!;
  }

  amount(value: number): string {
    return valueText(value, this.model.unit);
  }

  rootLabel(): string {
    const { widths } = this.state;
    if (this.model.sides) return `all: ${this.amount(this.model.values.total[0]!)} ${widths === "both" ? "(the larger of both)" : widths}`;
    const { name } = this.profile.values[this.model.valueOf(this.state)]!;
    return `all: ${this.amount(this.model.values.total[0]!)} ${valueName(name)}`;
  }

  // Of the chosen value, nothing filtered.
  wholeOfValue(): number {
    const self = this.profile.tree.self[this.model.valueOf(this.state)]!;
    return self.reduce((sum, value) => sum + value, 0);
  }

  heaviest(): number {
    const self = this.model.costs[0]!.self;
    let best = -1;
    for (let frame = 0; frame < self.length; frame++) if (self[frame]! > (self[best] ?? 0)) best = frame;
    return best;
  }

  // Everything that a choice touches is computed again; the last choice wins.
  async change(patch: Partial<State>): Promise<void> {
    const moved = patch.filters !== undefined || patch.view !== undefined;
    if (patch.filters !== undefined && patch.zoom === undefined) patch = { ...patch, zoom: 0 };
    if (moved) this.details.hint(null, 0, 0, "");
    this.state = { ...this.state, ...patch };
    if (!this.views().includes(this.state.view)) this.state.view = "flame";
    this.writeHash();
    await this.run();
  }

  // A choice that nothing else depends on.
  note(patch: Partial<State>): void {
    Object.assign(this.state, patch);
    this.writeHash();
  }

  private writeHash(): void {
    const hash = toHash(this.state, this.start);
    history.replaceState(null, "", hash === "" ? location.pathname + location.search : `#${hash}`);
  }

  async run(): Promise<void> {
    this.again = true;
    this.job?.cancel();
    this.running ??= this.work().finally(() => (this.running = null));
    await this.running;
  }

  private async work(): Promise<void> {
    while (this.again) {
      this.again = false;
      this.job = new Job("Working", (_, share) => this.tellProgress(share));
      try {
        await this.model.update(this.state, this.job);
        this.refresh();
        await this.part().refresh(this.job);
      } catch (problem) {
        if (!(problem instanceof Cancelled)) throw problem;
      }
    }
    this.progress.hidden = true;
  }

  private tellProgress(share: number): void {
    this.progress.hidden = false;
    this.progress.style.width = `${Math.max(3, Math.round(share * 100))}%`;
    this.progress.setAttribute("aria-valuenow", String(Math.round(share * 100)));
  }

  private refresh(): void {
    this.palette = paletteOf(this.colourMode, this.theme.dark);
    const { element } = this.part();
    if (element.parentNode !== this.place) this.place.replaceChildren(element);
    if (this.strip) {
      this.strip.window = this.state.window;
      this.strip.redraw();
    }
    this.toolbar.refresh();
    this.fillChips();
    this.fillLegend();
    const { selected } = this.details;
    if (selected && selected.node >= this.model.tree.size) this.details.clear();
  }

  private recolour(): void {
    this.palette = paletteOf(this.colourMode, this.theme.dark);
    this.toolbar.refresh();
    this.fillLegend();
    this.strip?.redraw();
    this.part().repaint();
  }

  toggleTheme(): void {
    this.theme.toggle();
  }

  private fillChips(): void {
    const { filters, window } = this.state;
    const chips: [string, Partial<State>][] = [];
    const without = (patch: Partial<typeof filters>): Partial<State> => ({ filters: { ...filters, ...patch } });
    if (window) chips.push([`${timeText(window[0])} – ${timeText(window[1])} (${this.strip?.samples ?? 0} samples)`, { window: null }]);
    if (filters.roots.length > 0) chips.push([`${filters.roots.length} processes or threads left out`, without({ roots: [] })]);
    if (filters.mine) chips.push(["my code only", without({ mine: false })]);
    if (filters.folded) chips.push(["recursion folded", without({ folded: false })]);
    if (filters.having) chips.push([`only stacks with ${filters.having}`, without({ having: "" })]);
    if (filters.without) chips.push([`no stacks with ${filters.without}`, without({ without: "" })]);
    for (const label of filters.hidden) chips.push([`${label} left out`, without({ hidden: filters.hidden.filter((other) => other !== label) })]);
    for (const label of filters.only) chips.push([`only ${label}`, without({ only: filters.only.filter((other) => other !== label) })]);
    this.chips.hidden = chips.length === 0;
    const kept = this.model.values.total[0]! / (this.wholeOfValue() || 1);
    this.chips.replaceChildren(
      ...(chips.length > 0 && !this.model.sides ? [h("span", { class: "kept" }, `${percent(kept)} shown`)] : []),
      ...chips.slice(0, 12).map(([label, patch]) => h("span", { class: "chip" }, h("span", { title: label }, label), button("×", () => void this.change(patch), { "aria-label": `drop the filter: ${label}` }))),
      ...(chips.length > 1 ? [button("Drop all", () => void this.change({ filters: NO_FILTERS, window: null }), { class: "quiet" })] : []));
  }

  private fillLegend(): void {
    const mode = this.colourMode;
    const { fills } = this.palette;
    const entry = (label: string, colour: number, more = "") => {
      const swatch = h("span", { class: "swatch" });
      swatch.style.background = fills[colour]!;
      return h("span", { class: "entry" }, swatch, label, more === "" ? null : h("small", {}, more));
    };
    const legend = mode === "module" || mode === "package" ? this.frameColours().legend.map(({ label, colour, share }) => entry(label, colour, percent(share)))
      : mode === "difference" ? [entry("less", 2), entry("a little less", 10), entry("unchanged", 16), entry("a little more", 22), entry("more", 30)]
      : mode === "recursion" ? [entry("not recursive", 0), entry("once more on its stack", 1), entry("many times", fills.length - 1)] : [];
    this.legend.hidden = legend.length === 0;
    this.legend.replaceChildren(...legend);
  }

  select(subject: Subject, more: string): void {
    this.details.select(subject, more);
  }

  hint(subject: Subject | null, x: number, y: number, more: string): void {
    this.details.hint(subject, x, y, more);
  }

  say(text: string): void {
    this.live.textContent = text;
  }

  private toasts = 0;
  toast(text: string): void {
    this.toastBox.textContent = text;
    this.toastBox.hidden = false;
    const mine = ++this.toasts;
    setTimeout(() => {
      if (mine === this.toasts) this.toastBox.hidden = true;
    }, 2500);
  }

  step(by: number): void {
    this.part().step?.(by);
  }

  stepped(place: number, of: number): void {
    this.toolbar.tellFound(`${place} of ${of}`);
  }

  export(kind: "svg" | "png" | "csv"): void {
    const part = this.part();
    const title = this.settings.title || "flame graph";
    if (kind === "csv") {
      if (part.table) exportTable(part.table.element.querySelector("table")!, part.table.texts(), title);
      else this.toast("this view has no table: choose Tree or Functions");
    } else if (part.panes.length === 0) {
      this.toast("this view has no graph: export it as CSV");
    } else if (kind === "svg") {
      exportSvg(part.panes, title);
    } else {
      exportPng(part.panes, title);
    }
  }

  async copyLink(): Promise<void> {
    this.toast((await copy(location.href)) ? "Link copied" : "the browser does not let this page copy");
  }
}
