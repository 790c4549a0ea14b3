// Keys that work wherever the focus is, but not in fields that take text.

import type { App } from "./app";
import type { ColourMode } from "./colour";
import { NONE } from "./tree";

const MODES: ColourMode[] = ["hash", "module", "package", "recursion"];

export class Keys {
  constructor(private readonly app: App) {
    document.addEventListener("keydown", (event) => this.press(event));
  }

  private press(event: KeyboardEvent): void {
    const target = event.target as HTMLElement;
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    if (target.closest("input, select, textarea, dialog")) return;
    const onButton = target.closest("button, summary") !== null && (event.key === "Enter" || event.key === " ");
    if (onButton || target.closest("[role=tablist]") && event.key.startsWith("Arrow")) return;
    if (this.app.part().key?.(event) || this.command(event.key)) event.preventDefault();
  }

  private command(key: string): boolean {
    const { app } = this;
    const views = app.views();
    const digit = Number(key);
    if (Number.isInteger(digit) && digit >= 1 && digit <= views.length) {
      void app.change({ view: views[digit - 1]! });
      return true;
    }
    const actions: Record<string, () => void> = {
      "/": () => app.toolbar.searchBox.select(),
      "?": () => app.help.showModal(),
      n: () => app.step(1),
      N: () => app.step(-1),
      "0": () => app.part().home?.(),
      Home: () => app.part().home?.(),
      s: () => this.go("sandwich"),
      b: () => this.go("calls"),
      v: () => this.nextValue(),
      o: () => this.nextColour(),
      f: () => app.filters.open(),
      c: () => void app.details.copyStack(),
      l: () => void app.copyLink(),
      e: () => app.export("svg"),
      t: () => app.toggleTheme(),
      Escape: () => {
        if (app.state.search !== "") void app.change({ search: "" });
      },
    };
    const action = Object.hasOwn(actions, key) ? actions[key] : undefined;
    action?.();
    return action !== undefined;
  }

  private go(view: "sandwich" | "calls"): void {
    const frame = this.app.details.selected?.frame ?? -1;
    void this.app.change(frame >= 0 && frame !== NONE ? { view, frame } : { view });
  }

  private nextValue(): void {
    const { app } = this;
    if (app.model.difference) {
      const order = ["after", "before", "both"] as const;
      void app.change({ widths: order[(order.indexOf(app.state.widths) + 1) % 3]! });
    } else if (!app.state.window) {
      void app.change({ value: (app.state.value + 1) % app.profile.values.length });
    }
  }

  private nextColour(): void {
    const modes = this.app.model.difference ? ["difference" as const, ...MODES] : MODES;
    void this.app.change({ colour: modes[(modes.indexOf(this.app.colourMode) + 1) % modes.length]! });
  }
}
