// Below the memory: what the service did meanwhile. Requests when they are known.

import uPlot from "uplot";
import { h, options } from "../viewer/dom";
import { Chart, Frame } from "./chart";
import { bytes, bytesAxis, count, countAxis } from "./format";
import { Curve, History } from "./history";
import { Soak } from "./types";

interface Choice { label: string; curve: Curve; bytes: boolean }

export class LoadChart {
  readonly element: HTMLElement;
  private chart: Chart;
  private readonly select = h("select", { "aria-label": "What the lower chart shows" });
  private readonly reading = h("b", {});
  private choices = new Map<string, Choice>();
  private chosen = "";

  constructor(frame: Frame, group: uPlot.SyncPubSub) {
    const bytesNow = (): boolean => this.choices.get(this.chosen)?.bytes ?? false;
    this.chart = new Chart({
      label: "What the service did meanwhile. Arrow keys read values, plus and minus zoom, Escape shows all.",
      height: 150,
      text: (value) => (bytesNow() ? bytes(value) : count(value)),
      axis: (values, step) => (bytesNow() ? bytesAxis(values, step) : countAxis(values, step)),
      range: (_, high) => [0, high > 0 ? high * 1.15 : 1],
    }, frame, group);
    this.chart.pointed = () => this.readout();
    this.select.addEventListener("change", () => {
      this.chosen = this.select.value;
      this.draw();
    });
    this.element = h("figure", { class: "panel load" }, h("figcaption", {}, h("h2", {}, "Load"), this.select, this.reading), this.chart.element);
  }

  show(_soak: Soak, history: History): void {
    const before = [...this.choices.keys()].join();
    this.choices = choicesOf(history);
    this.element.hidden = this.choices.size === 0;
    if (!this.choices.has(this.chosen)) this.chosen = this.choices.keys().next().value ?? "";
    if ([...this.choices.keys()].join() !== before) {
      options(this.select, [...this.choices].map(([name, choice]) => [name, choice.label]), this.chosen);
    }
    this.draw();
  }

  restyle(): void {
    this.chart.restyle();
  }

  destroy(): void {
    this.chart.destroy();
  }

  private draw(): void {
    const choice = this.choices.get(this.chosen);
    if (!choice) return;
    this.chart.show([{ label: choice.label, colour: "--load", curve: choice.curve, fill: true }]);
    this.readout();
  }

  private readout(): void {
    const choice = this.choices.get(this.chosen);
    if (!choice) return;
    const value = this.chart.values()?.values[0] ?? choice.curve.high[choice.curve.high.length - 1];
    this.reading.textContent = value === undefined ? "" : choice.bytes ? bytes(value) : count(value);
  }
}

function choicesOf(history: History): Map<string, Choice> {
  const choices = new Map<string, Choice>();
  const add = (name: string, label: string, curve: Curve | undefined, inBytes = false): void => {
    if (curve && curve.t.length > 1) choices.set(name, { label, curve, bytes: inBytes });
  };
  const rate = (name: string, scale: number): Curve | undefined => {
    const curve = history.curve(name);
    return curve && History.rate(curve, scale);
  };
  add("requests", "Requests a second", rate("requests", 1));
  add("cpu", "CPU, cores", rate("cpu", 1 / 1000));
  add("threads", "Threads", history.curve("threads"));
  add("fds", "Open files", history.curve("fds"));
  add("processes", "Processes", history.curve("processes"));
  add("file", "Pages of files", history.curve("file"), true);
  for (const [name, curve] of history.curves) {
    if (!name.startsWith("metric:")) continue;
    const scaled = (values: number[]): number[] => values.map((value) => value / 1000);
    add(name, name.slice("metric:".length), { ...curve, low: scaled(curve.low), high: scaled(curve.high) });
  }
  return choices;
}
