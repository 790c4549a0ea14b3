// One function between its callers (above) and its callees (below); functions to choose
// from at the side.

import type { App } from "./app";
import { boxKey } from "./boxkeys";
import { Camera } from "./camera";
import { FrameColourer } from "./colourer";
import { differenceColour } from "./colour";
import { h } from "./dom";
import { countText, percent } from "./format";
import { FunctionTable } from "./functiontable";
import type { Job } from "./job";
import { layOut } from "./layout";
import type { Look } from "./painter";
import { Pane, PaneHost } from "./pane";
import { Sandwich, sandwichOf } from "./sandwich";
import { Tree, totals } from "./tree";
import type { ViewPart } from "./view";

export class SandwichView implements ViewPart, PaneHost {
  readonly element: HTMLElement;
  readonly panes: Pane[];
  private readonly callers: Pane;
  private readonly callees: Pane;
  private readonly list: FunctionTable;
  private readonly heading = h("p", { class: "heading" });
  private readonly colourers = new Map<Pane, FrameColourer>();
  private readonly deltas = new Map<Pane, { delta: Float64Array; largest: number }>();
  private shownFor: unknown[] = [];

  constructor(private readonly app: App) {
    const canvas = (label: string) => h("canvas", {
      class: "graph", tabindex: 0, role: "application", "aria-label": label, "aria-roledescription": "flame graph", "aria-describedby": "graph-keys",
    });
    const camera = new Camera();
    this.callers = new Pane(canvas("Callers"), camera, this);
    this.callees = new Pane(canvas("Callees"), camera, this);
    this.panes = [this.callers, this.callees];
    this.list = new FunctionTable(app, "Functions", true, (frame) => void app.change({ frame }));
    this.element = h("section", { class: "view sandwich", "aria-label": "Sandwich" },
      h("div", { class: "side" }, this.list.element),
      h("div", { class: "main" }, this.heading, this.callers.canvas,
        h("p", { class: "divider", "aria-hidden": "true" }, "▲ callers · callees ▼"), this.callees.canvas));
  }

  async refresh(job: Job): Promise<void> {
    const { app } = this;
    await app.model.updateCosts(job);
    this.list.refresh();
    if (app.state.frame < 0) app.state.frame = this.list.firstFrame();
    const { frame } = app.state;
    const key = [app.model.values, frame, app.state.order];
    if (frame >= 0 && !key.every((part, i) => part === this.shownFor[i])) {
      await this.build(frame, job);
      this.shownFor = key;
    }
    this.list.selectFrame(frame);
    this.repaint();
  }

  private async build(frame: number, job: Job): Promise<void> {
    const { model, state } = this.app;
    const all = [model.values, ...(model.sides ? [model.sides.before, model.sides.after] : [])];
    const sandwich: Sandwich = await sandwichOf(model.tree, frame, all.map((v) => v.self), all.map((v) => v.total), job);
    const place = async (pane: Pane, tree: Tree, up: boolean) => {
      const sums = tree.self.map((self) => totals(tree, self));
      const boxes = await layOut(tree, sums[0]!, state.order, job);
      if (!up) pane.camera.reset(boxes.from, boxes.to);
      const delta = sums.length > 1 ? sums[2]!.map((after, i) => after - sums[1]![i]!) : new Float64Array(tree.size);
      this.deltas.set(pane, { delta, largest: delta.reduce((most, d) => Math.max(most, Math.abs(d)), 0) });
      pane.show(boxes, up);
      this.recolour(pane);
    };
    await place(this.callers, sandwich.callers, true);
    await place(this.callees, sandwich.callees, false);
    const total = model.costs[0]!.total[frame]!;
    this.heading.replaceChildren(h("b", {}, model.name(frame)),
      ` ${percent(total / (model.values.total[0]! || 1))} of everything, called at ${countText(sandwich.places)} ${sandwich.places === 1 ? "place" : "places"}`);
  }

  repaint(): void {
    for (const pane of this.panes) {
      if (!pane.boxes) continue;
      this.recolour(pane);
      pane.redraw();
    }
    this.list.repaint();
  }

  private recolour(pane: Pane): void {
    const { delta, largest } = this.deltas.get(pane)!;
    this.colourers.set(pane, new FrameColourer(this.app, pane.boxes!, (box) => differenceColour(delta[box]!, largest)));
  }

  look(pane: Pane): Look {
    const matched = this.app.model.matches?.frames;
    return {
      palette: this.app.palette, colour: this.colourers.get(pane)!.of, matches: matched ? (frame) => matched[frame] === 1 : null,
      zoomed: pane.zoomed, labels: this.app.labels, rootLabel: "",
    };
  }

  private words(pane: Pane, box: number): string {
    const whole = pane.boxes!.to;
    return `${this.app.amount(pane.boxes!.width[box]!)}, ${percent(pane.boxes!.width[box]! / whole)} of the function`;
  }

  focused(pane: Pane, box: number): void {
    if (box >= 0) this.app.select({ frame: pane.boxes!.frame[box]!, node: -1 }, this.words(pane, box));
  }

  hovered(pane: Pane, box: number, x: number, y: number): void {
    this.app.hint(box >= 0 ? { frame: pane.boxes!.frame[box]!, node: -1 } : null, x, y, box >= 0 ? this.words(pane, box) : "");
  }

  chosen(pane: Pane, box: number): void {
    for (const other of this.panes) other.zoomed = -1;
    pane.zoomTo(box);
  }

  home(): void {
    for (const pane of this.panes) pane.zoomTo(-1);
  }

  private get active(): Pane {
    return document.activeElement === this.callers.canvas ? this.callers : this.callees;
  }

  key(event: KeyboardEvent): boolean {
    if (event.key === "Escape" && !this.callees.camera.whole) {
      this.home();
      return true;
    }
    return boxKey(this.active, event);
  }

  focus(): void {
    this.callees.canvas.focus();
  }
}
