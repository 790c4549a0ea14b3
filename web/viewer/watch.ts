// window.tidemark: what the page shows, as plain values that nobody can change. For tests
// and for scripts that measure.

import type { App } from "./app";
import { nodeOf } from "./layout";
import type { Pane } from "./pane";

function boxesOf(app: App, pane: Pane): object[] {
  const { boxes } = pane;
  if (!boxes) return [];
  return pane.painter.visible(2).map(({ box, x, y, width }) => ({
    name: app.model.name(boxes.frame[box]!), x, y, width, row: boxes.row[box], value: boxes.width[box],
    node: nodeOf(boxes, box), focused: box === pane.focus,
  }));
}

export function watch(app: App): void {
  const named = (frame: number | undefined) => (frame === undefined || frame < 0 ? null : app.model.name(frame));
  const shown = {
    get ready() { return !app.busy; },
    get state() { return structuredClone(app.state); },
    get total() { return app.model.values.total[0]; },
    get unit() { return app.model.unit; },
    get nodes() { return app.model.tree.size; },
    get functions() { return app.profile.frames.name.length; },
    get colour() { return app.colourMode; },
    get dark() { return app.dark; },
    get frame() { return named(app.state.frame); },
    get selected() { return named(app.details.selected?.frame); },
    get drawn() { return app.part().panes.reduce((sum, pane) => sum + pane.painter.drawn, 0); }, // boxes
    get matched() {
      const { matches, values } = app.model;
      return matches && { functions: matches.functions, places: matches.places.length, share: matches.total / (values.total[0] || 1) };
    },
    get panes() {
      return app.part().panes.map((pane) => ({
        boxes: boxesOf(app, pane), drawn: pane.painter.drawn, left: pane.camera.left, right: pane.camera.right,
        from: pane.camera.from, to: pane.camera.to, scroll: pane.scroll, rows: pane.boxes?.rows,
        zoomed: pane.zoomed < 0 ? null : app.model.name(pane.boxes!.frame[pane.zoomed]!),
      }));
    },
  };
  Object.defineProperty(window, "tidemark", { value: Object.freeze(shown) });
}
