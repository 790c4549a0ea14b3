// A canvas that shows boxes and answers mouse, fingers and keys.

import { Camera } from "./camera";
import { fitCanvas } from "./dom";
import { Boxes, boxAt } from "./layout";
import { Look, Painter, ROW, Window, rowAt, rowTop } from "./painter";
import { gestures } from "./gestures";
import { CanvasSurface, Surface } from "./surface";

export interface PaneHost {
  look(pane: Pane): Look;
  // The box with the keyboard's focus changed; -1: none.
  focused(pane: Pane, box: number): void;
  hovered(pane: Pane, box: number, x: number, y: number): void;
  // What a click, a tap or Enter does.
  chosen(pane: Pane, box: number): void;
}

export class Pane {
  boxes: Boxes | null = null;
  scroll = 0;
  focus = -1;
  hover = -1;
  zoomed = -1;
  up = false;
  readonly painter = new Painter();
  onDraw: () => void = () => {};
  private readonly surface: CanvasSurface;
  private asked = false;

  constructor(readonly canvas: HTMLCanvasElement, readonly camera: Camera, readonly host: PaneHost) {
    this.surface = new CanvasSurface(canvas.getContext("2d", { alpha: false })!);
    camera.onChange(() => this.redraw());
    new ResizeObserver(() => this.redraw()).observe(canvas);
    gestures(this);
  }

  get width(): number {
    return this.canvas.clientWidth;
  }

  get height(): number {
    return this.canvas.clientHeight;
  }

  show(boxes: Boxes, up: boolean): void {
    this.boxes = boxes;
    this.up = up;
    this.scroll = 0;
    this.focus = -1;
    this.hover = -1;
    this.zoomed = -1;
    this.redraw();
  }

  window(): Window {
    const { left, right } = this.camera;
    return { width: this.width, height: this.height, left, right, scroll: this.scroll, row: ROW, up: this.up };
  }

  get farthest(): number {
    return Math.max(0, (this.boxes?.rows ?? 0) * ROW - this.height + 4);
  }

  scrollTo(scroll: number): void {
    const wanted = Math.min(this.farthest, Math.max(0, scroll));
    if (wanted === this.scroll) return;
    this.scroll = wanted;
    this.redraw();
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
    if (!this.boxes || this.width === 0 || this.height === 0) return;
    fitCanvas(this.canvas, this.width, this.height);
    this.scroll = Math.min(this.scroll, this.farthest);
    this.surface.begin();
    this.paint(this.surface);
    this.onDraw();
  }

  // Everything that is shown, on the screen or into a file.
  paint(surface: Surface): void {
    if (!this.boxes) return;
    const look = this.host.look(this);
    const window = this.window();
    this.painter.draw(surface, this.boxes, window, { ...look, zoomed: this.zoomed });
    if (this.hover >= 0 && this.hover !== this.focus) this.mark(surface, window, this.hover, look.palette.text, 1);
    if (this.focus >= 0) this.mark(surface, window, this.focus, look.palette.text, 2);
  }

  private mark(surface: Surface, window: Window, box: number, colour: string, thick: number): void {
    const { x, y, width, height } = Painter.place(this.boxes!, window, box);
    if (x > window.width || x + width < 0) return;
    surface.outline(x, y - 0.5, Math.max(3, width), height + 1, colour, thick);
  }

  boxUnder(x: number, y: number): number {
    if (!this.boxes) return -1;
    const window = this.window();
    const at = window.left + (x / window.width) * (window.right - window.left);
    return boxAt(this.boxes, rowAt(window, y), at);
  }

  setHover(box: number, x = 0, y = 0): void {
    if (box !== this.hover) {
      this.hover = box;
      this.redraw();
    }
    this.host.hovered(this, box, x, y);
  }

  setFocus(box: number): void {
    this.focus = box;
    if (box >= 0) this.reveal(box);
    this.redraw();
    this.host.focused(this, box);
  }

  // Scrolls, and moves the camera if need be, so that the box can be seen.
  reveal(box: number): void {
    const boxes = this.boxes!;
    const top = rowTop(this.window(), boxes.row[box]!);
    const below = top + ROW - this.height;
    if (top < 0) this.scrollTo(this.scroll + (this.up ? -top : top));
    else if (below > 0) this.scrollTo(this.scroll + (this.up ? -below : below));
    const { left, right } = this.camera;
    const from = boxes.start[box]!;
    const to = from + boxes.width[box]!;
    if (to <= left || from >= right) {
      const half = (right - left) / 2;
      this.camera.set((from + to) / 2 - half, (from + to) / 2 + half);
    }
  }

  // Comes nearer when the box is too narrow to be seen.
  enlarge(box: number): void {
    const { start, width } = this.boxes!;
    const span = this.camera.right - this.camera.left;
    if ((width[box]! / span) * this.width >= 6) return;
    const middle = start[box]! + width[box]! / 2;
    const half = (width[box]! * this.width) / 60 / 2;
    this.camera.glide(middle - half, middle + half);
  }

  zoomTo(box: number): void {
    const boxes = this.boxes!;
    this.zoomed = box >= 0 && boxes.parent[box] !== box ? box : -1;
    if (this.zoomed < 0) this.camera.glide(boxes.from, boxes.to);
    else this.camera.glide(boxes.start[box]!, boxes.start[box]! + boxes.width[box]!);
    if (box >= 0) this.reveal(box);
    this.redraw();
  }
}
