// One chart of uPlot: lines over time, that share their time axis with the charts beside
// it, can be zoomed by dragging, wheel and keys, and say in words where the cursor is.

import uPlot from "uplot";
import { h } from "../viewer/dom";
import { Curve } from "./history";
import { clock, day, timeAxis } from "./format";

export interface Line {
  label: string;
  colour: string; // a custom property of the style sheet
  curve: Curve;
  fill?: boolean;
  width?: number;
}

export interface Look {
  label: string; // for who does not see it
  height: number;
  text(value: number): string;
  axis(values: number[], step: number): string[];
  range(low: number, high: number): [number, number];
  under?(plot: uPlot): void; // drawn below the lines, and above them
  over?(plot: uPlot): void;
}

// Where all charts of a page look, in milliseconds.
export interface View { from: number; to: number }

export interface Frame {
  view(): View;
  look(view: View | null): void; // null: all of it
  whole(): View;
}

export function style(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

type Column = (number | null)[];

// What is drawn of a curve: the middle as a line, the smallest and the largest value as a
// band around it; nothing where nothing was taken for long.
export function path(curve: Curve): [t: number[], middle: Column, low: Column, high: Column] {
  const t: number[] = [];
  const middle: Column = [];
  const low: Column = [];
  const high: Column = [];
  const steps = curve.t.slice(1).map((time, i) => time - curve.t[i]!).sort((a, b) => a - b);
  const usual = steps[Math.floor(steps.length / 2)] ?? 0;
  const late = steps[Math.floor(steps.length * 0.98)] ?? 0;
  const gap = Math.max(usual * 4, late * 2.5, 5000);
  for (let i = 0; i < curve.t.length; i++) {
    const time = curve.t[i]!;
    if (i > 0 && time - curve.t[i - 1]! > gap) {
      t.push(curve.t[i - 1]! + Math.max(1, usual / 2));
      for (const column of [middle, low, high]) column.push(null);
    }
    t.push(time);
    middle.push((curve.low[i]! + curve.high[i]!) / 2);
    low.push(curve.low[i]!);
    high.push(curve.high[i]!);
  }
  return [t, middle, low, high];
}

export class Chart {
  readonly element: HTMLElement;
  private plot: uPlot | null = null;
  private lines: Line[] = [];
  private readonly spoken = h("p", { class: "off", role: "status" });

  constructor(private readonly look: Look, private readonly frame: Frame, private readonly group: uPlot.SyncPubSub) {
    this.element = h("div", {
      class: "chart", tabindex: "0", role: "group", "aria-roledescription": "chart", "aria-label": look.label,
    }, this.spoken);
    this.element.addEventListener("keydown", (event) => this.key(event));
    new ResizeObserver(() => this.fit()).observe(this.element);
  }

  // Draws anew: other lines, other colours.
  show(lines: Line[]): void {
    const same = this.plot && lines.length === this.lines.length &&
      lines.every((line, i) => line.label === this.lines[i]!.label);
    this.lines = lines;
    if (!same) this.build();
    this.refresh();
  }

  restyle(): void {
    this.build();
    this.refresh();
  }

  destroy(): void {
    this.plot?.destroy();
    this.plot = null;
  }

  refresh(): void {
    const plot = this.plot;
    if (!plot) return;
    const tables = this.lines.map((line) => path(line.curve) as uPlot.AlignedData);
    const data = tables.length === 0 ? ([[]] as unknown as uPlot.AlignedData) : tables.length === 1 ? tables[0]! : uPlot.join(tables);
    const view = this.frame.view();
    plot.batch(() => {
      plot.setData(data, false);
      plot.setScale("x", { min: view.from, max: view.to });
    });
  }

  private fit(): void {
    const width = this.element.clientWidth;
    if (this.plot && width && this.plot.width !== width) this.plot.setSize({ width, height: this.height() });
  }

  private height(): number {
    return this.look.height;
  }

  private build(): void {
    this.destroy();
    const muted = style("--muted");
    const axis: uPlot.Axis = {
      stroke: muted, font: `12px ${style("--sans")}`, grid: { stroke: style("--soft-line"), width: 1 },
      ticks: { show: false }, gap: 6,
    };
    const options: uPlot.Options = {
      width: Math.max(200, this.element.clientWidth), height: this.height(), ms: 1, padding: [12, 22, 0, 0],
      legend: { show: false },
      cursor: {
        sync: { key: this.group.key, scales: ["x", null] }, drag: { x: true, y: false, setScale: false },
        points: { show: false }, y: false,
      },
      scales: {
        x: { time: true },
        y: { range: (_, low, high) => this.look.range(low ?? 0, high ?? 1) },
      },
      axes: [
        { ...axis, grid: { show: false }, space: 76, size: 40, values: (_plot, splits, _axis, _space, step) => timeAxis(splits, step) },
        { ...axis, size: innerWidth < 600 ? 58 : 74, space: 36, values: (_plot, splits, _axis, _space, step) => this.look.axis(splits, step) },
      ],
      series: [{}, ...this.lines.flatMap((line) => this.series(line))],
      bands: this.lines.map((line, i) => ({ series: [3 * i + 3, 3 * i + 2], fill: style(line.colour) + "48" })),
      hooks: {
        drawAxes: [(plot) => this.look.under?.(plot)],
        draw: [(plot) => this.look.over?.(plot)],
        setSelect: [(plot) => this.selected(plot)],
        setCursor: [(plot) => this.pointed(plot)],
      },
    };
    this.plot = new uPlot(options, [[], ...this.lines.flatMap(() => [[], [], []])] as unknown as uPlot.AlignedData, this.element);
    this.plot.over.addEventListener("dblclick", () => this.frame.look(null));
    this.plot.over.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
  }

  // The middle, the low and the high side of one line.
  private series(line: Line): uPlot.Series[] {
    const colour = style(line.colour);
    const side: uPlot.Series = { stroke: "transparent", width: 0, points: { show: false } };
    const middle: uPlot.Series = {
      label: line.label, stroke: colour, width: line.width ?? 1.5, points: { show: false },
      ...(line.fill ? {
        fill: (plot: uPlot) => {
          const shade = plot.ctx.createLinearGradient(0, plot.bbox.top, 0, plot.bbox.top + plot.bbox.height);
          shade.addColorStop(0, colour + "38");
          shade.addColorStop(1, colour + "05");
          return shade;
        },
      } : {}),
    };
    return [middle, side, side];
  }

  private selected(plot: uPlot): void {
    const { left, width } = plot.select;
    if (width < 4) return;
    const from = plot.posToVal(left, "x");
    const to = plot.posToVal(left + width, "x");
    plot.setSelect({ left: 0, width: 0, top: 0, height: 0 }, false);
    this.frame.look({ from, to });
  }

  // Ctrl (or a pinch, which is the same) zooms; the wheel alone belongs to the page.
  private wheel(event: WheelEvent): void {
    if (!event.ctrlKey || !this.plot) return;
    event.preventDefault();
    const at = this.plot.posToVal(event.clientX - this.plot.rect.left, "x");
    this.zoom(event.deltaY > 0 ? 1.25 : 0.8, at);
  }

  private zoom(factor: number, at: number): void {
    const { from, to } = this.frame.view();
    this.frame.look({ from: at - (at - from) * factor, to: at + (to - at) * factor });
  }

  // What the legend beside the chart shows.
  pointed: (plot: uPlot) => void = () => undefined;

  // The lines' values at the cursor, if it is somewhere.
  values(): { at: number; values: (number | null)[] } | null {
    const plot = this.plot;
    const place = plot?.cursor.idx;
    if (!plot || place === null || place === undefined) return null;
    const at = plot.data[0][place]!;
    return { at, values: this.lines.map((_, i) => nearest(plot.data[3 * i + 1] as (number | null | undefined)[], place)) };
  }

  private key(event: KeyboardEvent): void {
    const plot = this.plot;
    if (!plot || event.ctrlKey || event.altKey || event.metaKey) return;
    const { from, to } = this.frame.view();
    const width = to - from;
    const left = plot.cursor.left !== undefined && plot.cursor.left >= 0 ? plot.cursor.left : plot.over.clientWidth;
    const step = plot.over.clientWidth / (event.shiftKey ? 10 : 100);
    const actions: Record<string, () => void> = {
      ArrowLeft: () => this.move(left - step),
      ArrowRight: () => this.move(left + step),
      Home: () => this.move(0),
      End: () => this.move(plot.over.clientWidth),
      "+": () => this.zoom(0.5, plot.posToVal(left, "x")),
      "=": () => this.zoom(0.5, plot.posToVal(left, "x")),
      "-": () => this.zoom(2, plot.posToVal(left, "x")),
      PageUp: () => this.frame.look({ from: from - width / 2, to: to - width / 2 }),
      PageDown: () => this.frame.look({ from: from + width / 2, to: to + width / 2 }),
      Escape: () => this.frame.look(null),
      "0": () => this.frame.look(null),
    };
    const action = actions[event.key];
    if (!action) return;
    event.preventDefault();
    action();
  }

  private move(left: number): void {
    const plot = this.plot!;
    plot.setCursor({ left: Math.max(0, Math.min(plot.over.clientWidth, left)), top: plot.over.clientHeight / 2 });
    const here = this.values();
    if (!here) return;
    const parts = this.lines.map((line, i) => (here.values[i] === null ? "" : `${line.label} ${this.look.text(here.values[i]!)}`));
    this.spoken.textContent = `${day(here.at)} ${clock(here.at, true)}: ${parts.filter(Boolean).join(", ")}`;
  }
}

// Lines do not all have a value at every moment: the last one before it.
function nearest(values: (number | null | undefined)[], place: number): number | null {
  for (let i = place; i >= 0 && i > place - 200; i--) {
    const value = values[i];
    if (value !== null && value !== undefined) return value;
  }
  return null;
}
