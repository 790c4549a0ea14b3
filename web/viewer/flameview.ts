// The graph itself: as flame, as icicle, or in the order of time.

import type { App } from "./app";
import { boxKey } from "./boxkeys";
import { Camera } from "./camera";
import { chartOf } from "./chart";
import { FrameColourer } from "./colourer";
import { fitCanvas, h } from "./dom";
import { timeText } from "./format";
import type { Job } from "./job";
import { Boxes, nodeOf } from "./layout";
import { Minimap } from "./minimap";
import type { Look } from "./painter";
import { Pane, PaneHost } from "./pane";
import { FONT_FAMILY } from "./surface";
import { ticks } from "./timestrip";
import type { ViewPart } from "./view";

export type FlameKind = "flame" | "icicle" | "time";

export class FlameView implements ViewPart, PaneHost {
  readonly element: HTMLElement;
  readonly panes: Pane[];
  readonly camera = new Camera();
  private readonly pane: Pane;
  private readonly minimap: Minimap;
  private readonly ruler: HTMLCanvasElement | null;
  private shown: Boxes | null = null;
  private chartFor: unknown = null;
  private colourer: FrameColourer | null = null;

  constructor(private readonly app: App, readonly kind: FlameKind) {
    const label = { flame: "Flame graph", icicle: "Icicle graph", time: "Samples in the order of time" }[kind];
    const map = h("canvas", { class: "minimap", "aria-hidden": "true" });
    const canvas = h("canvas", {
      class: "graph", tabindex: 0, role: "application", "aria-label": label,
      "aria-roledescription": "flame graph", "aria-describedby": "graph-keys",
    });
    this.ruler = kind === "time" ? h("canvas", { class: "ruler", "aria-hidden": "true" }) : null;
    this.element = h("section", { class: `view ${kind}`, "aria-label": label }, map, this.ruler, canvas);
    this.pane = new Pane(canvas, this.camera, this);
    this.panes = [this.pane];
    this.minimap = new Minimap(map, this.pane, this.camera);
    this.pane.onDraw = () => {
      this.minimap.redraw();
      this.drawRuler();
    };
  }

  async refresh(job: Job): Promise<void> {
    const { model, state } = this.app;
    let boxes = model.boxes;
    if (this.kind === "time") {
      const key = JSON.stringify(state.filters);
      if (this.chartFor !== key || !this.shown) {
        boxes = await chartOf(model, this.app.settings.roots === "processes", job);
        this.chartFor = key;
      } else {
        boxes = this.shown;
      }
    }
    if (boxes !== this.shown) {
      this.shown = boxes;
      this.camera.reset(boxes.from, boxes.to);
      this.pane.show(boxes, this.kind === "flame");
    }
    if (this.kind === "time") {
      if (state.window) this.camera.set(...state.window);
    } else if (state.zoom > 0 && state.zoom < model.tree.size && this.pane.zoomed !== state.zoom) {
      this.pane.zoomTo(state.zoom);
    } else if (state.zoom === 0 && this.pane.zoomed >= 0) {
      this.pane.zoomTo(-1);
    }
    this.repaint();
  }

  repaint(): void {
    this.colourer = this.shown ? new FrameColourer(this.app, this.shown, (box) => this.app.model.differenceColour(nodeOf(this.shown!, box))) : null;
    this.pane.redraw();
    this.minimap.redraw();
  }

  look(): Look {
    const { app } = this;
    const matched = app.model.matches?.frames;
    return {
      palette: app.palette, colour: this.colourer!.of, matches: matched ? this.matching(matched) : null,
      zoomed: this.pane.zoomed, labels: app.labels, rootLabel: app.rootLabel(),
    };
  }

  // The same function for the same matches: the minimap is drawn again when it changes.
  private matchingFor: Uint8Array | null = null;
  private matchingWith: ((frame: number) => boolean) | null = null;
  private matching(matched: Uint8Array): (frame: number) => boolean {
    if (this.matchingFor !== matched) {
      this.matchingFor = matched;
      this.matchingWith = (frame) => matched[frame] === 1;
    }
    return this.matchingWith!;
  }

  private subject(box: number): { frame: number; node: number } {
    return { frame: this.shown!.frame[box]!, node: nodeOf(this.shown!, box) };
  }

  focused(_pane: Pane, box: number): void {
    if (box >= 0) this.app.select(this.subject(box), this.kind === "time" ? this.times(box) : "");
  }

  hovered(_pane: Pane, box: number, x: number, y: number): void {
    this.app.hint(box < 0 ? null : this.subject(box), x, y, box >= 0 && this.kind === "time" ? this.times(box) : "");
  }

  private times(box: number): string {
    const { start, width } = this.shown!;
    return `${timeText(start[box]!)} – ${timeText(start[box]! + width[box]!)}, ${timeText(width[box]!)} long`;
  }

  chosen(_pane: Pane, box: number): void {
    this.pane.zoomTo(box);
    if (this.kind !== "time") this.app.note({ zoom: Math.max(0, this.pane.zoomed) });
  }

  home(): void {
    this.pane.zoomTo(-1);
    this.app.note({ zoom: 0 });
  }

  get zoomedIn(): boolean {
    return this.pane.zoomed >= 0 || !this.camera.whole;
  }

  key(event: KeyboardEvent): boolean {
    if (event.key === "Escape" && this.zoomedIn) {
      this.home();
      return true;
    }
    return boxKey(this.pane, event);
  }

  focus(): void {
    this.pane.canvas.focus();
  }

  // Where the search is: the outermost boxes that match, from left to right.
  step(by: number): void {
    const matches = this.app.model.matches;
    if (!matches || matches.places.length === 0 || this.kind === "time") return;
    const { start } = this.shown!;
    const places = this.app.state.order === "name" ? matches.places : [...matches.places].sort((a, b) => start[a]! - start[b]!);
    const now = places.indexOf(this.pane.focus);
    const next = now < 0 ? (by > 0 ? 0 : places.length - 1) : (now + by + places.length) % places.length;
    this.pane.setFocus(places[next]!);
    this.pane.enlarge(places[next]!);
    this.app.stepped(next + 1, places.length);
  }

  private drawRuler(): void {
    if (!this.ruler) return;
    const { clientWidth: width, clientHeight: height } = this.ruler;
    if (width === 0) return;
    fitCanvas(this.ruler, width, height);
    const context = this.ruler.getContext("2d", { alpha: false })!;
    const ratio = window.devicePixelRatio || 1;
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.fillStyle = this.app.palette.background;
    context.fillRect(0, 0, width, height);
    context.fillStyle = this.app.palette.text;
    context.globalAlpha = 0.7;
    context.font = `10px ${FONT_FAMILY}`;
    const { left, right } = this.camera;
    for (const tick of ticks(left, right, width)) {
      const x = ((tick - left) / (right - left)) * width;
      context.fillRect(x, height - 5, 1, 5);
      context.fillText(timeText(tick), x + 3, height - 3);
    }
    context.globalAlpha = 1;
  }
}
