// What is said about the selected box or function: at the bottom, beside the pointer, and
// to screen readers.

import type { App } from "./app";
import { button, h } from "./dom";
import { copy } from "./export";
import { countText, percent, signed, valueText } from "./format";
import { moduleLabel } from "./names";
import { NONE, pathOf } from "./tree";
import type { Subject } from "./view";

interface Amounts {
  readonly total: number;
  readonly self: number;
  readonly before: number | null;
  readonly after: number | null;
}

export class Details {
  readonly bar = h("footer", { id: "details", "aria-label": "Selected frame" });
  readonly tip = h("div", { id: "tip", role: "tooltip", hidden: true });
  private subject: Subject | null = null;

  constructor(private readonly app: App) {
    this.clear();
  }

  clear(): void {
    this.subject = null;
    this.bar.replaceChildren(h("p", { class: "hint" }, "Click a box to zoom to it; ", h("kbd", {}, "/"), " searches, ", h("kbd", {}, "?"), " lists all keys"));
  }

  get selected(): Subject | null {
    return this.subject;
  }

  private amounts(subject: Subject): Amounts | null {
    const { model } = this.app;
    const { node, frame } = subject;
    if (node >= 0) {
      const sides = model.sides;
      return {
        total: model.values.total[node]!, self: model.values.self[node]!,
        before: sides ? sides.before.total[node]! : null, after: sides ? sides.after.total[node]! : null,
      };
    }
    const [cost, before, after] = model.costs;
    if (!cost || frame === NONE) return null;
    return {
      total: cost.total[frame]!, self: cost.self[frame]!,
      before: before ? before.total[frame]! : null, after: after ? after.total[frame]! : null,
    };
  }

  // "12.3 % of the whole, 1.2 MiB in all, 0.3 MiB itself"
  private sentences(subject: Subject, more: string): string[] {
    const { model } = this.app;
    const amounts = this.amounts(subject);
    const list = more === "" ? [] : [more];
    if (!amounts) return list;
    const whole = model.values.total[0]! || 1;
    if (more === "" || subject.node < 0) {
      const above = subject.node > 0 ? model.tree.parent[subject.node]! : 0;
      const share = above > 0 ? `, ${percent(amounts.total / (model.values.total[above]! || 1))} of its caller` : "";
      list.push(`total ${valueText(amounts.total, model.unit)} (${percent(amounts.total / whole)}${share})`);
      list.push(`self ${valueText(amounts.self, model.unit)} (${percent(amounts.self / whole)})`);
    }
    if (amounts.before !== null && amounts.after !== null) {
      const delta = amounts.after - amounts.before;
      const relative = amounts.before > 0 ? `, ${delta > 0 ? "+" : ""}${((100 * delta) / amounts.before).toFixed(1)} %` : "";
      list.push(`${valueText(amounts.before, model.unit)} → ${valueText(amounts.after, model.unit)} (${signed(delta, model.unit)}${relative})`);
    }
    return list;
  }

  private places(subject: Subject): string[] {
    const module = this.app.model.module(subject.frame);
    return [this.app.model.source(subject.frame), module].filter((text) => text !== "");
  }

  select(subject: Subject, more: string): void {
    this.subject = subject;
    const { app } = this;
    const name = subject.frame === NONE ? app.rootLabel() : app.model.name(subject.frame);
    const facts = this.sentences(subject, more);
    const colour = app.frameColour(subject.frame);
    const swatch = h("span", { class: "swatch", hidden: colour === "transparent" });
    swatch.style.background = colour;
    this.bar.replaceChildren(
      h("div", { class: "what" }, h("p", { class: "name" }, swatch, name),
        h("p", { class: "facts" }, ...facts.map((fact) => h("span", {}, fact)), ...this.places(subject).map((place) => h("span", { class: "place", title: place }, place)))),
      this.actions(subject));
    const below = subject.node > 0 ? `, depth ${app.model.tree.depth[subject.node]}` : "";
    app.say(`${name}: ${[...facts, ...this.places(subject)].join(", ")}${below}`);
  }

  private actions(subject: Subject): HTMLElement {
    const { app } = this;
    const { frame } = subject;
    const actions = h("div", { class: "actions" });
    if (subject.node > 0) actions.append(button("Copy stack", () => void this.copyStack(), { title: "c" }));
    if (frame === NONE) return actions;
    actions.append(
      button("Sandwich", () => void app.change({ view: "sandwich", frame }), { title: "s" }),
      button("Callers & callees", () => void app.change({ view: "calls", frame }), { title: "b" }),
      button("Only stacks with it", () => void app.change({ filters: { ...app.state.filters, having: exactly(app.model.name(frame)) } })));
    const label = moduleLabel(app.model.module(frame));
    if (app.model.module(frame) !== "" && !app.state.filters.hidden.includes(label)) {
      actions.append(button(`Leave out ${label}`, () => void app.change({ filters: { ...app.state.filters, hidden: [...app.state.filters.hidden, label].sort() } })));
    }
    return actions;
  }

  // Outermost first, as folded stacks are written.
  async copyStack(): Promise<void> {
    const { model } = this.app;
    if (!this.subject) return;
    const frames = this.subject.node > 0 ? pathOf(model.tree, this.subject.node) : [this.subject.frame];
    const done = await copy(frames.map((frame) => model.name(frame)).join("\n"));
    this.app.toast(done ? `${countText(frames.length)} ${frames.length === 1 ? "frame" : "frames"} copied` : "the browser does not let this page copy");
  }

  hint(subject: Subject | null, x: number, y: number, more: string): void {
    const { tip, app } = this;
    if (!subject) {
      tip.hidden = true;
      return;
    }
    const name = subject.frame === NONE ? app.rootLabel() : app.model.name(subject.frame);
    const short = name.length > 400 ? `${name.slice(0, 400)}…` : name;
    tip.replaceChildren(h("p", { class: "name" }, short),
      ...this.sentences(subject, more).map((fact) => h("p", {}, fact)),
      ...this.places(subject).map((place) => h("p", { class: "place" }, place)));
    tip.hidden = false;
    const { offsetWidth: width, offsetHeight: height } = tip;
    tip.style.left = `${Math.max(4, Math.min(x + 14, innerWidth - width - 8))}px`;
    tip.style.top = `${y + 18 + height > innerHeight - 4 ? Math.max(4, y - height - 12) : y + 18}px`;
  }
}

function exactly(name: string): string {
  return `^${name.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")}$`;
}
