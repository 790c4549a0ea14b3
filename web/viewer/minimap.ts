// All boxes in a strip, and a frame around those that the pane below shows.

import type { Camera } from "./camera";
import { fitCanvas } from "./dom";
import type { Boxes } from "./layout";
import { Look, Painter, ROW } from "./painter";
import type { Pane } from "./pane";
import { CanvasSurface } from "./surface";

export class Minimap {
  private readonly whole = document.createElement("canvas"); // drawn once
  private readonly painter = new Painter();
  private drawnFor: Boxes | null = null;
  private drawnWith: unknown = null;
  private asked = false;
  private held: number | null = null;

  constructor(readonly canvas: HTMLCanvasElement, private readonly pane: Pane, private readonly camera: Camera) {
    camera.onChange(() => this.redraw());
    new ResizeObserver(() => this.redraw()).observe(canvas);
    canvas.addEventListener("pointerdown", (event) => {
      canvas.setPointerCapture(event.pointerId);
      const at = this.place(event);
      const inside = at > camera.left && at < camera.right;
      this.held = inside && !camera.whole ? at - (camera.left + camera.right) / 2 : 0;
      this.move(event);
    });
    canvas.addEventListener("pointermove", (event) => this.move(event));
    for (const end of ["pointerup", "pointercancel"] as const) canvas.addEventListener(end, () => (this.held = null));
  }

  private place(event: PointerEvent): number {
    return this.camera.from + (event.offsetX / this.canvas.clientWidth) * (this.camera.to - this.camera.from);
  }

  private move(event: PointerEvent): void {
    if (this.held === null) return;
    const half = (this.camera.right - this.camera.left) / 2;
    const middle = this.place(event) - this.held;
    this.camera.set(middle - half, middle + half);
  }

  redraw(): void {
    if (this.asked) return;
    this.asked = true;
    requestAnimationFrame(() => {
      this.asked = false;
      this.draw();
    });
  }

  private draw(): void {
    const { boxes } = this.pane;
    const { clientWidth: width, clientHeight: height } = this.canvas;
    if (!boxes || width === 0 || height === 0) return;
    const look = this.pane.host.look(this.pane);
    const resized = fitCanvas(this.canvas, width, height);
    const key = [look.palette, look.matches, this.pane.up];
    const changed = !(this.drawnWith as unknown[] | null)?.every((part, i) => part === key[i]);
    if (resized || changed || this.drawnFor !== boxes) {
      this.drawWhole(boxes, look, width, height);
      this.drawnFor = boxes;
      this.drawnWith = key;
    }
    this.drawFrame(look, width, height, boxes);
  }

  private drawWhole(boxes: Boxes, look: Look, width: number, height: number): void {
    fitCanvas(this.whole, width, height);
    const surface = new CanvasSurface(this.whole.getContext("2d", { alpha: false })!);
    surface.begin();
    const row = Math.min(4, height / boxes.rows);
    this.painter.draw(surface, boxes,
      { width, height, left: boxes.from, right: boxes.to, scroll: 0, row, up: this.pane.up },
      { ...look, zoomed: -1, labels: null });
  }

  private drawFrame(look: Look, width: number, height: number, boxes: Boxes): void {
    const context = this.canvas.getContext("2d")!;
    const ratio = window.devicePixelRatio || 1;
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.drawImage(this.whole, 0, 0);
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    const { left, right, from, to } = this.camera;
    const x = ((left - from) / (to - from)) * width;
    const wide = Math.max(3, ((right - left) / (to - from)) * width);
    const row = Math.min(4, height / boxes.rows);
    const top = (this.pane.scroll / ROW) * row;
    const high = Math.min(height, Math.max(3, (this.pane.height / ROW) * row));
    const y = this.pane.up ? height - top - high : top;
    context.fillStyle = look.palette.background;
    context.globalAlpha = 0.62;
    context.fillRect(0, 0, x, height);
    context.fillRect(x + wide, 0, width - x - wide, height);
    context.globalAlpha = 1;
    if (this.camera.whole && high >= height) return;
    context.strokeStyle = look.palette.text;
    context.lineWidth = 1;
    context.strokeRect(x + 0.5, Math.max(0, y) + 0.5, wide - 1, Math.min(high, height) - 1);
  }
}
