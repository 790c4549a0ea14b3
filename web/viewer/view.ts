// One way to look at the profile. Views are built once and shown when they are chosen.

import type { Pane } from "./pane";
import type { Job } from "./job";

// What the details at the bottom are about: a node of the tree, or a function.
export interface Subject {
  readonly frame: number;
  readonly node: number; // -1: no node, the function as a whole
}

export interface ViewPart {
  readonly element: HTMLElement;
  // The model has changed, or the view is shown again.
  refresh(job: Job): Promise<void>;
  // Only colours or the search have changed.
  repaint(): void;
  readonly panes: Pane[];
  readonly table?: { element: HTMLElement; texts(): string[][] };
  key?(event: KeyboardEvent): boolean;
  focus(): void;
  // To the next (1) or previous (-1) match of the search.
  step?(by: number): void;
  home?(): void;
}
