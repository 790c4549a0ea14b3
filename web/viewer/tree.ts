// Call stacks as a tree in typed arrays, depth first: a node's callees and theirs
// follow it, up to end[node]. Node 0 is the root, of no frame.

import { Job, STRIDE } from "./job";

export const NONE = 0xffffffff;

export interface Tree {
  readonly size: number;
  readonly frame: Uint32Array; // NONE for the root
  readonly parent: Uint32Array; // 0 for the root
  readonly depth: Uint32Array; // 0 for the root
  readonly end: Uint32Array; // one past the last node below
  readonly self: Float64Array[]; // by value type: callees not included
}

// Callers have smaller numbers: one pass backwards adds everything up.
export function totals(tree: Tree, self: Float64Array): Float64Array {
  const total = Float64Array.from(self);
  const { parent } = tree;
  for (let i = tree.size - 1; i > 0; i--) total[parent[i]!]! += total[i]!;
  return total;
}

// depth and end of nodes whose parents come first.
export function shapeOf(parent: Uint32Array): { depth: Uint32Array; end: Uint32Array } {
  const size = parent.length;
  const depth = new Uint32Array(size);
  const end = new Uint32Array(size);
  for (let i = 1; i < size; i++) depth[i] = depth[parent[i]!]! + 1;
  for (let i = size - 1; i >= 0; i--) {
    if (end[i] === 0) end[i] = i + 1;
    const above = parent[i]!;
    if (i > 0 && end[i]! > end[above]!) end[above] = end[i]!;
  }
  return { depth, end };
}

// The frames of a node, outermost first.
export function pathOf(tree: Tree, node: number): number[] {
  const path: number[] = [];
  for (let at = node; at !== 0; at = tree.parent[at]!) path.push(tree.frame[at]!);
  return path.reverse();
}

// Builds a tree from pairs of a caller and a frame, each pair once. Callers come first.
export class Merger {
  size = 1;
  parent = new Uint32Array(1024);
  frame = new Uint32Array(1024);
  private slots = new Uint32Array(4096); // node, 0 is free

  constructor(rootFrame: number = NONE) {
    this.frame[0] = rootFrame;
  }

  child(parent: number, frame: number): number {
    if (this.size * 2 > this.slots.length) this.rehash(this.slots.length * 2);
    const mask = this.slots.length - 1;
    let at = place(parent, frame) & mask;
    for (;;) {
      const node = this.slots[at]!;
      if (node === 0) break;
      if (this.parent[node] === parent && this.frame[node] === frame) return node;
      at = (at + 1) & mask;
    }
    if (this.size === this.parent.length) this.grow();
    const node = this.size++;
    this.parent[node] = parent;
    this.frame[node] = frame;
    this.slots[at] = node;
    return node;
  }

  private grow(): void {
    const parent = new Uint32Array(this.size * 2);
    const frame = new Uint32Array(this.size * 2);
    parent.set(this.parent);
    frame.set(this.frame);
    this.parent = parent;
    this.frame = frame;
  }

  private rehash(capacity: number): void {
    this.slots = new Uint32Array(capacity);
    const mask = capacity - 1;
    for (let node = 1; node < this.size; node++) {
      let at = place(this.parent[node]!, this.frame[node]!) & mask;
      while (this.slots[at] !== 0) at = (at + 1) & mask;
      this.slots[at] = node;
    }
  }

  // The tree depth first, siblings in the order of their frames, and where each of
  // the merger's nodes came to lie in it.
  async finish(values: number, job: Job): Promise<{ tree: Tree; moved: Uint32Array }> {
    const size = this.size;
    const parent = this.parent.subarray(0, size);
    const frame = this.frame.subarray(0, size);
    if (job.due()) await job.rest(0.5);
    const { nodes, first } = siblingsOf(parent, frame);
    if (job.due()) await job.rest(0.7);
    const moved = new Uint32Array(size);
    const newParent = new Uint32Array(size);
    const newFrame = new Uint32Array(size);
    newFrame[0] = frame[0]!;
    const open = new Uint32Array(size + 1); // nodes still to be entered
    let depth = 0;
    let next = 0;
    open[depth++] = 0;
    while (depth > 0) {
      const node = open[--depth]!;
      const at = next++;
      moved[node] = at;
      newParent[at] = moved[parent[node]!]!;
      newFrame[at] = frame[node]!;
      for (let i = first[node + 1]!; i-- > first[node]!; ) open[depth++] = nodes[i]!;
      if (at % STRIDE === 0 && job.due()) await job.rest(0.7 + (0.3 * at) / size);
    }
    const self = Array.from({ length: values }, () => new Float64Array(size));
    return { tree: { size, frame: newFrame, parent: newParent, ...shapeOf(newParent), self }, moved };
  }
}

function place(parent: number, frame: number): number {
  const mixed = Math.imul(parent, 0x9e3779b1) ^ Math.imul(frame + 0x7f4a7c15, 0x85ebca6b);
  return (mixed ^ (mixed >>> 15)) >>> 0;
}

// All nodes but the root, grouped by parent, each group in the order of the frames.
function siblingsOf(parent: Uint32Array, frame: Uint32Array): { nodes: Uint32Array; first: Uint32Array } {
  const size = parent.length;
  let frames = 0;
  for (let i = 1; i < size; i++) frames = Math.max(frames, frame[i]! + 1);
  let nodes: Uint32Array = new Uint32Array(Math.max(0, size - 1));
  for (let i = 1; i < size; i++) nodes[i - 1] = i;
  nodes = countingSort(nodes, frame, frames).nodes;
  return countingSort(nodes, parent, size);
}

// Stable. `first` says where each key's nodes start.
export function countingSort(
  nodes: Uint32Array, key: Uint32Array, keys: number,
): { nodes: Uint32Array; first: Uint32Array } {
  const first = new Uint32Array(keys + 1);
  for (const node of nodes) first[key[node]! + 1]!++;
  for (let k = 0; k < keys; k++) first[k + 1]! += first[k]!;
  const next = first.slice(0, keys);
  const sorted = new Uint32Array(nodes.length);
  for (const node of nodes) sorted[next[key[node]!]!++] = node;
  return { nodes: sorted, first };
}
