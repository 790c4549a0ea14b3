// What was used over time, and the stretch that everything else is about: drag to choose
// one, drag its middle to move it, click beside it to drop it.

import type { Palette } from "./colour";
import type { Moments } from "./data";
import { fitCanvas } from "./dom";
import { timeText } from "./format";
import { firstFrom } from "./model";
import { FONT_FAMILY } from "./surface";

const EDGE = 6; // pixels around an end that take hold of it
const LEAST = 3; // pixels of a stretch

// Round distances: about one mark in `room` pixels.
export function ticks(from: number, to: number, width: number, room = 90): number[] {
  const rough = ((to - from) * room) / width;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((k) => k * power).find((candidate) => candidate >= rough)!;
  const list = [];
  for (let at = Math.ceil(from / step) * step; at <= to; at += step) list.push(at);
  return list;
}

export interface StripHost {
  palette(): Palette;
  // The stretch while it is dragged, and when it is let go.
  chosen(window: [number, number] | null, final: boolean): void;
}

export class TimeStrip {
  window: [number, number] | null = null;
  readonly to: number;
  private asked = false;
  private held: { kind: "new" | "move" | "left" | "right"; at: number; window: [number, number] | null } | null = null;

  constructor(readonly canvas: HTMLCanvasElement, private readonly moments: Moments, private readonly host: StripHost) {
    this.to = Math.max(1, moments.at[moments.at.length - 1]!);
    new ResizeObserver(() => this.redraw()).observe(canvas);
    canvas.addEventListener("pointerdown", (event) => this.press(event));
    canvas.addEventListener("pointermove", (event) => this.drag(event));
    canvas.addEventListener("pointerup", () => this.release());
    canvas.addEventListener("pointercancel", () => this.release());
    canvas.addEventListener("keydown", (event) => this.key(event));
  }

  private toTime(x: number): number {
    return Math.min(this.to, Math.max(0, (x / this.canvas.clientWidth) * this.to));
  }

  private toX(time: number): number {
    return (time / this.to) * this.canvas.clientWidth;
  }

  private press(event: PointerEvent): void {
    this.canvas.setPointerCapture(event.pointerId);
    const x = event.offsetX;
    const [left, right] = this.window ? this.window.map((time) => this.toX(time)) : [NaN, NaN];
    const kind = Math.abs(x - left!) < EDGE ? "left" : Math.abs(x - right!) < EDGE ? "right"
      : x > left! && x < right! ? "move" : "new";
    this.held = { kind, at: this.toTime(x), window: this.window };
  }

  private drag(event: PointerEvent): void {
    if (!this.held) {
      this.point(event.offsetX);
      return;
    }
    const now = this.toTime(event.offsetX);
    const { kind, at, window } = this.held;
    if (kind === "new") this.set(Math.min(at, now), Math.max(at, now));
    else if (kind === "left") this.set(Math.min(now, window![1]), window![1]);
    else if (kind === "right") this.set(window![0], Math.max(now, window![0]));
    else {
      const by = Math.min(this.to - window![1], Math.max(-window![0], now - at));
      this.set(window![0] + by, window![1] + by);
    }
  }

  private point(x: number): void {
    const near = (time: number) => Math.abs(x - this.toX(time)) < EDGE;
    const inside = this.window && x > this.toX(this.window[0]) && x < this.toX(this.window[1]);
    this.canvas.style.cursor = this.window?.some(near) ? "ew-resize" : inside ? "grab" : "crosshair";
  }

  private set(left: number, right: number): void {
    this.window = [left, right];
    this.redraw();
    this.host.chosen(this.window, false);
  }

  private release(): void {
    if (!this.held) return;
    const { kind, window } = this.held;
    const moved = this.window !== window;
    this.held = null;
    const small = this.window && this.toX(this.window[1]) - this.toX(this.window[0]) < LEAST;
    if (kind === "new" && (!moved || small)) this.window = null;
    this.redraw();
    if (this.window !== window) this.host.chosen(this.window, true);
  }

  private key(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const step = this.to / 50;
    const [left, right] = this.window ?? [0, this.to / 5];
    const width = right - left;
    let wanted: [number, number] | null;
    if (event.key === "ArrowRight") wanted = event.shiftKey ? [left, right + step] : [left + step, right + step];
    else if (event.key === "ArrowLeft") wanted = event.shiftKey ? [left, right - step] : [left - step, right - step];
    else if (event.key === "Enter" && !this.window) wanted = [left, right];
    else if (event.key === "Escape" && this.window) wanted = null;
    else return;
    event.preventDefault();
    event.stopPropagation();
    if (wanted) {
      const span = Math.min(this.to, Math.max(step, event.shiftKey ? wanted[1] - wanted[0] : width));
      const from = Math.min(this.to - span, Math.max(0, wanted[0]));
      wanted = [from, from + span];
    }
    this.window = wanted;
    this.redraw();
    this.host.chosen(wanted, true);
  }

  redraw(): void {
    if (this.asked) return;
    this.asked = true;
    requestAnimationFrame(() => {
      this.asked = false;
      this.draw();
    });
  }

  private loads(width: number): Float64Array {
    const { at, value } = this.moments;
    const loads = new Float64Array(width);
    for (let i = 0; i < at.length; i++) loads[Math.min(width - 1, Math.floor((at[i]! / this.to) * width))]! += value[i]!;
    return loads;
  }

  private draw(): void {
    const { clientWidth: width, clientHeight: height } = this.canvas;
    if (width === 0 || height === 0) return;
    fitCanvas(this.canvas, width, height);
    const context = this.canvas.getContext("2d", { alpha: false })!;
    const ratio = window.devicePixelRatio || 1;
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    const palette = this.host.palette();
    context.fillStyle = palette.background;
    context.fillRect(0, 0, width, height);
    const bar = 3;
    const loads = this.loads(Math.max(1, Math.floor(width / bar)));
    const most = loads.reduce((a, b) => Math.max(a, b), 1e-9);
    const ground = height - 15;
    loads.forEach((load, i) => {
      const time = ((i + 0.5) * bar / width) * this.to;
      const chosen = !this.window || (time >= this.window[0] && time <= this.window[1]);
      context.fillStyle = chosen ? palette.load : palette.dim;
      const high = (load / most) * (ground - 3);
      context.fillRect(i * bar, ground - high, bar - 0.6, high);
    });
    this.drawAxis(context, palette, width, height);
    if (this.window) this.drawWindow(context, palette, ground);
    this.describe();
  }

  private drawAxis(context: CanvasRenderingContext2D, palette: Palette, width: number, height: number): void {
    context.fillStyle = palette.text;
    context.globalAlpha = 0.65;
    context.font = `10px ${FONT_FAMILY}`;
    for (const tick of ticks(0, this.to, width)) {
      const x = this.toX(tick);
      context.fillRect(x, height - 15, 1, 4);
      if (x < width - 40) context.fillText(timeText(tick), x + 3, height - 3);
    }
    context.globalAlpha = 1;
  }

  private drawWindow(context: CanvasRenderingContext2D, palette: Palette, ground: number): void {
    const [left, right] = this.window!.map((time) => this.toX(time)) as [number, number];
    context.strokeStyle = palette.text;
    context.lineWidth = 1;
    context.strokeRect(left + 0.5, 0.5, Math.max(1, right - left - 1), ground);
    context.fillStyle = palette.text;
    context.fillRect(left - 1, ground / 2 - 6, 3, 12);
    context.fillRect(right - 2, ground / 2 - 6, 3, 12);
  }

  private describe(): void {
    const text = this.window ? `${timeText(this.window[0])} to ${timeText(this.window[1])}` : "all of the time";
    this.canvas.setAttribute("aria-valuetext", text);
    this.canvas.setAttribute("aria-valuenow", String(Math.round(this.window?.[0] ?? 0)));
  }

  // How many samples lie in the stretch.
  get samples(): number {
    if (!this.window) return this.moments.at.length;
    return firstFrom(this.moments.at, this.window[1] + 1) - firstFrom(this.moments.at, this.window[0]);
  }
}
