// The survival curve of an allocation site, small: age to the right, the share of its blocks that
// live upwards, with its 95 % band.

import { span } from "./format";
import { Survival } from "./types";

const NS = "http://www.w3.org/2000/svg";
const WIDTH = 220, HEIGHT = 74, LEFT = 34, TOP = 6, BOTTOM = 56;

function svg(name: string, attributes: Record<string, string | number>, text = ""): SVGElement {
  const element = document.createElementNS(NS, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value));
  element.textContent = text;
  return element;
}

export function survivalChart(survival: Survival): SVGElement {
  const x = (age: number): number => LEFT + (WIDTH - LEFT - 4) * Math.min(age / survival.watched_s, 1);
  const y = (share: number): number => BOTTOM - (BOTTOM - TOP) * share;
  const path = (column: number, steps: number[][]): string =>
    steps.map((step) => `${x(step[0]!).toFixed(1)} ${y(step[column]!).toFixed(1)}`).join("L");
  const last = survival.steps[survival.steps.length - 1]!;
  const watched = span(survival.watched_s * 1000);
  const chart = svg("svg", { class: "survival", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img",
    "aria-label": `the share of blocks that live, by age: ${Math.round(100 * last[1]!)} % at ${span(last[0]! * 1000)}` });
  for (const share of [0, 0.5, 1]) {
    chart.append(svg("line", { class: "grid", x1: LEFT, x2: WIDTH - 4, y1: y(share), y2: y(share) }),
      svg("text", { class: "end", x: LEFT - 4, y: y(share) + 3.5 }, `${100 * share} %`));
  }
  chart.append(svg("path", { class: "spread", d: `M${path(3, survival.steps)}L${path(2, [...survival.steps].reverse())}Z` }),
    svg("path", { class: "line", d: `M${path(1, survival.steps)}` }),
    svg("text", { x: LEFT, y: HEIGHT - 5 }, "age 0"), svg("text", { class: "end", x: WIDTH - 4, y: HEIGHT - 5 }, watched));
  return chart;
}
