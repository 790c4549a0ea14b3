// The colour of each box in the chosen colouring.

import type { App } from "./app";
import { DIFFERENCE_STEPS, recursionColours } from "./colour";
import type { Boxes } from "./layout";
import { NONE } from "./tree";

const recursions = new WeakMap<Boxes, Uint8Array>();

export class FrameColourer {
  readonly of: (box: number) => number;

  constructor(app: App, boxes: Boxes, difference: (box: number) => number) {
    const mode = app.colourMode;
    if (mode === "difference") {
      this.of = app.model.sides ? difference : () => DIFFERENCE_STEPS;
    } else if (mode === "recursion") {
      let colours = recursions.get(boxes);
      if (!colours) recursions.set(boxes, (colours = recursionColours(boxes)));
      this.of = (box) => colours[box]!;
    } else {
      const { of } = app.frameColours();
      const root = app.palette.fills.length - 1;
      this.of = (box) => (boxes.frame[box] === NONE ? root : of[boxes.frame[box]!]!);
    }
  }
}
