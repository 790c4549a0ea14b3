// What a pattern matches: functions, and the share of all stacks that they are on. A stack
// counts once, however many of its functions match.

import type { Frames } from "./data";
import { pattern } from "./shape";
import { Tree } from "./tree";

export interface Matches {
  readonly frames: Uint8Array; // by frame: 1 where it matches
  readonly functions: number;
  readonly places: number[]; // the outermost nodes that match, from left to right
  readonly total: number;
}

export function search(tree: Tree, total: Float64Array, frames: Frames, text: string): Matches | null {
  const wanted = pattern(text);
  if (!wanted) return null;
  const byName = new Map<number, number>();
  let functions = 0;
  const matched = Uint8Array.from(frames.name, (name) => {
    let found = byName.get(name);
    if (found === undefined) byName.set(name, (found = wanted.test(frames.names[name]!) ? 1 : 0));
    functions += found;
    return found;
  });
  const places: number[] = [];
  let sum = 0;
  for (let i = 1; i < tree.size; ) {
    if (total[i]! <= 0) {
      i = tree.end[i]!;
    } else if (matched[tree.frame[i]!]) {
      places.push(i);
      sum += total[i]!;
      i = tree.end[i]!;
    } else {
      i++;
    }
  }
  return { frames: matched, functions, places, total: sum };
}
