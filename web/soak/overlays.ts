// What a memory chart shows besides its lines: where the growth began, how it would go on
// and how sure that is, the limit, restarts, and when nobody watched.

import uPlot from "uplot";
import { style } from "./chart";
import { bytes, clock, hours } from "./format";
import { Soak } from "./types";

const DAY_MS = 86_400_000;

export interface Trend {
  now: number;
  size: number; // now
  slope: number; // bytes a millisecond, with its bounds
  low: number;
  high: number;
}

export function trendOf(soak: Soak): Trend | null {
  const { growth_per_day: growth, size_bytes: size } = soak.verdict;
  if (!growth || growth.value === null || growth.low === null || growth.high === null || size === undefined) return null;
  const real = soak.compress / DAY_MS;
  return {
    now: soak.now_ms, size, slope: growth.value * real, low: growth.low * real, high: growth.high * real,
  };
}

export function colourOf(soak: Soak): string {
  return { leak: "--red", bounded: "--green", no_leak: "--green", not_enough: "--amber" }[soak.verdict.answer];
}

class Pen {
  readonly ctx: CanvasRenderingContext2D;
  readonly ratio = window.devicePixelRatio || 1;
  constructor(readonly plot: uPlot) {
    this.ctx = plot.ctx;
  }
  x(at: number): number {
    return this.plot.valToPos(at, "x", true);
  }
  y(value: number): number {
    return this.plot.valToPos(value, "y", true);
  }
  inside(draw: () => void): void {
    const { left, top, width, height } = this.plot.bbox;
    this.ctx.save();
    this.ctx.beginPath();
    this.ctx.rect(left, top, width, height);
    this.ctx.clip();
    draw();
    this.ctx.restore();
  }
  upright(at: number, colour: string, dash: number[]): void {
    const { top, height } = this.plot.bbox;
    this.stroke(colour, 1.25, dash, [[this.x(at), top], [this.x(at), top + height]]);
  }
  stroke(colour: string, width: number, dash: number[], points: [number, number][]): void {
    const { ctx, ratio } = this;
    ctx.beginPath();
    ctx.strokeStyle = colour;
    ctx.lineWidth = width * ratio;
    ctx.setLineDash(dash.map((length) => length * ratio));
    points.forEach(([x, y], i) => (i ? ctx.lineTo(x, y) : ctx.moveTo(x, y)));
    ctx.stroke();
  }
  // Beside `x`, on the side where there is room.
  label(text: string, x: number, y: number, colour: string): void {
    const { ctx, ratio } = this;
    ctx.font = `600 ${12 * ratio}px ${style("--sans")}`;
    const wide = ctx.measureText(text).width;
    const { left, width } = this.plot.bbox;
    const fits = x + wide + 14 * ratio < left + width;
    const start = fits ? x + 6 * ratio : Math.max(left + 4 * ratio, x - wide - 6 * ratio);
    ctx.fillStyle = style("--card") + "d8";
    ctx.fillRect(start - 3 * ratio, y - 11 * ratio, wide + 6 * ratio, 16 * ratio);
    ctx.fillStyle = colour;
    ctx.textAlign = "left";
    ctx.textBaseline = "alphabetic";
    ctx.fillText(text, start, y + ratio);
  }
}

export function drawUnder(plot: uPlot, soak: Soak): void {
  const pen = new Pen(plot);
  const trend = trendOf(soak);
  pen.inside(() => {
    const { top, height } = plot.bbox;
    for (const event of soak.events) {
      if (event.kind !== "gap" && event.kind !== "suspend") continue;
      pen.ctx.fillStyle = style("--sunk");
      const x = pen.x(event.at_ms);
      pen.ctx.fillRect(x - 2 * pen.ratio, top, 4 * pen.ratio, height);
    }
    if (trend && plot.scales.x!.max! > trend.now) band(pen, trend, style(colourOf(soak)));
  });
}

// From now on: between the two bounds of growth, with 95 % probability.
function band(pen: Pen, trend: Trend, colour: string): void {
  const end = pen.plot.scales.x!.max!;
  const ahead = end - trend.now;
  const { ctx } = pen;
  ctx.beginPath();
  ctx.moveTo(pen.x(trend.now), pen.y(trend.size));
  ctx.lineTo(pen.x(end), pen.y(trend.size + trend.high * ahead));
  ctx.lineTo(pen.x(end), pen.y(trend.size + trend.low * ahead));
  ctx.closePath();
  ctx.fillStyle = colour + "2b";
  ctx.fill();
  const now = pen.x(trend.now);
  pen.stroke(style("--line"), 1, [2, 3], [[now, pen.plot.bbox.top], [now, pen.plot.bbox.top + pen.plot.bbox.height]]);
}

export function drawOver(plot: uPlot, soak: Soak): void {
  const pen = new Pen(plot);
  const trend = trendOf(soak);
  const { top, left } = plot.bbox;
  pen.inside(() => {
    if (soak.limit_bytes !== null) {
      const y = pen.y(soak.limit_bytes);
      pen.stroke(style("--red"), 1.25, [6, 4], [[left, y], [left + plot.bbox.width, y]]);
      pen.label(`limit ${bytes(soak.limit_bytes)}`, left, y - 6 * pen.ratio, style("--red"));
    }
    if (trend && trend.slope !== 0) {
      const end = Math.max(trend.now, plot.scales.x!.max!);
      const at = (time: number): [number, number] => [pen.x(time), pen.y(trend.size + trend.slope * (time - trend.now))];
      pen.stroke(style(colourOf(soak)), 1.75, [7, 4], [at(trend.now), at(end)]);
    }
    for (const event of soak.events) {
      if (event.kind === "life" && event.at_ms > soak.started_ms + 5000) {
        pen.upright(event.at_ms, style("--muted"), [2, 3]);
        pen.label("restart", pen.x(event.at_ms), top + 34 * pen.ratio, style("--muted"));
      } else if (event.kind === "alarm") {
        pen.upright(event.at_ms, style("--red"), []);
        pen.label("alarm", pen.x(event.at_ms), top + 54 * pen.ratio, style("--red"));
      }
    }
    const onset = soak.verdict.onset_ms;
    if (onset !== null && onset > 0) {
      const colour = style("--change");
      pen.upright(onset, colour, [4, 3]);
      const ago = (soak.now_ms - onset) / 3_600_000;
      pen.label(`changed at ${clock(onset)}, ${hours(ago)} ago`, pen.x(onset), top + 14 * pen.ratio, colour);
    }
  });
}
