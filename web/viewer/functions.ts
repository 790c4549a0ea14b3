// What each function costs itself, and with all that it calls: a stack that a function is
// on several times counts once.

import { Job, STRIDE } from "./job";
import { Tree } from "./tree";

export interface Costs {
  readonly self: Float64Array; // by frame
  readonly total: Float64Array;
}

// Walks the tree once for any number of values.
export async function costsOf(tree: Tree, frames: number, values: { self: Float64Array; total: Float64Array }[], job: Job): Promise<Costs[]> {
  const costs = values.map(() => ({ self: new Float64Array(frames), total: new Float64Array(frames) }));
  const open = new Uint32Array(frames); // how often each frame is on the present stack
  let deepest = 1;
  for (let i = 0; i < tree.size; i++) if (tree.depth[i]! > deepest) deepest = tree.depth[i]!;
  const stack = new Uint32Array(deepest + 1);
  let depth = 0;
  for (let i = 1; i < tree.size; i++) {
    const frame = tree.frame[i]!;
    for (const level = tree.depth[i]!; depth >= level; depth--) open[stack[depth]!]!--;
    stack[++depth] = frame;
    const first = open[frame]!++ === 0;
    for (let v = 0; v < values.length; v++) {
      const own = values[v]!.self[i]!;
      if (own !== 0) costs[v]!.self[frame]! += own;
      if (first) costs[v]!.total[frame]! += values[v]!.total[i]!;
    }
    if (i % STRIDE === 0 && job.due()) await job.rest(i / tree.size);
  }
  return costs;
}

// The callers and the callees of a function, one level each: by frame, what is spent in
// stacks where the one calls the other, counted once a stack. NONE is the root.
export interface Neighbours {
  readonly callers: Map<number, number[]>; // one number for each value
  readonly callees: Map<number, number[]>;
}

// One direction: which calls are open on the present stack, and what each adds up to.
class Calls {
  readonly sums = new Map<number, number[]>();
  private readonly open = new Map<number, number>();

  constructor(private readonly totals: Float64Array[]) {}

  enter(other: number, node: number): void {
    const before = this.open.get(other) ?? 0;
    this.open.set(other, before + 1);
    if (before > 0) return;
    let sum = this.sums.get(other);
    if (!sum) this.sums.set(other, (sum = this.totals.map(() => 0)));
    for (let v = 0; v < sum.length; v++) sum[v]! += this.totals[v]![node]!;
  }

  leave(other: number): void {
    this.open.set(other, this.open.get(other)! - 1);
  }
}

export async function neighboursOf(tree: Tree, frame: number, totals: Float64Array[], job: Job): Promise<Neighbours> {
  const callers = new Calls(totals);
  const callees = new Calls(totals);
  const stack: number[] = [];
  const leave = (node: number) => {
    const above = tree.frame[tree.parent[node]!]!;
    if (tree.frame[node] === frame) callers.leave(above);
    if (above === frame) callees.leave(tree.frame[node]!);
  };
  for (let i = 1; i < tree.size; i++) {
    const above = tree.frame[tree.parent[i]!]!;
    if (tree.frame[i] === frame || above === frame) {
      while (stack.length > 0 && tree.end[stack[stack.length - 1]!]! <= i) leave(stack.pop()!);
      stack.push(i);
      if (tree.frame[i] === frame) callers.enter(above, i);
      if (above === frame) callees.enter(tree.frame[i]!, i);
    }
    if (i % STRIDE === 0 && job.due()) await job.rest(i / tree.size);
  }
  return { callers: callers.sums, callees: callees.sums };
}
