// The samples in the order of time as boxes: neighbours that share their outer frames
// share those boxes. Each process has a lane of its own, the busiest first, under a box
// with its name; where it was not sampled for a while it has a gap.

import type { Job } from "./job";
import { STRIDE } from "./job";
import type { Boxes } from "./layout";
import type { Model } from "./model";
import { NONE, Tree, countingSort } from "./tree";

// A sample lasts until the next, but no longer than this many usual distances.
const LONGEST = 2.5;

class Growing {
  count = 0;
  frame: Uint32Array = new Uint32Array(4096);
  parent: Uint32Array = new Uint32Array(4096);
  node: Uint32Array = new Uint32Array(4096);
  row: Uint32Array = new Uint32Array(4096);
  start: Float64Array = new Float64Array(4096);
  width: Float64Array = new Float64Array(4096);

  add(frame: number, parent: number, node: number, row: number, start: number): number {
    if (this.count === this.frame.length) this.grow();
    const box = this.count++;
    this.frame[box] = frame;
    this.parent[box] = parent < 0 ? box : parent;
    this.node[box] = node;
    this.row[box] = row;
    this.start[box] = start;
    return box;
  }

  private grow(): void {
    const size = this.frame.length * 2;
    const numbers = (old: Uint32Array) => {
      const fresh = new Uint32Array(size);
      fresh.set(old);
      return fresh;
    };
    const times = (old: Float64Array) => {
      const fresh = new Float64Array(size);
      fresh.set(old);
      return fresh;
    };
    this.frame = numbers(this.frame);
    this.parent = numbers(this.parent);
    this.node = numbers(this.node);
    this.row = numbers(this.row);
    this.start = times(this.start);
    this.width = times(this.width);
  }
}

// The samples of each lane, by the node that stands for it (0: there are no lanes).
function lanesOf(model: Model, processes: boolean): { top: number; moments: number[] }[] {
  const { tree } = model;
  const count = model.profile.moments!.at.length;
  const topOf = new Uint32Array(tree.size);
  if (processes) for (let i = 1; i < tree.size; i++) topOf[i] = tree.parent[i] === 0 ? i : topOf[tree.parent[i]!]!;
  const lanes = new Map<number, number[]>();
  for (let i = 0; i < count; i++) {
    const node = model.nodeOf(i);
    if (node === NONE) continue;
    const lane = lanes.get(topOf[node]!);
    if (lane) lane.push(i);
    else lanes.set(topOf[node]!, [i]);
  }
  return [...lanes].map(([top, moments]) => ({ top, moments }))
    .sort((a, b) => b.moments.length - a.moments.length || a.top - b.top);
}

function usualDistance(at: Float64Array, moments: number[]): number {
  const distances = moments.slice(1).map((moment, i) => at[moment]! - at[moments[i]!]!).filter((d) => d > 0);
  distances.sort((a, b) => a - b);
  return distances[distances.length >> 1] ?? 1e6;
}

class Lane {
  private readonly open: number[] = []; // boxes by depth below the header
  private readonly openNodes: number[] = [];
  deepest = 0;

  constructor(
    private readonly boxes: Growing, private readonly tree: Tree,
    private readonly header: number, private readonly top: number, private readonly row: number,
  ) {}

  // The frames of `node` begin or go on; `before` is when those of the last sample ended.
  sample(node: number, at: number, before: number): void {
    const path: number[] = [];
    for (let up = node; up !== this.top && up !== 0; up = this.tree.parent[up]!) path.push(up);
    path.reverse();
    let shared = 0;
    if (before >= at) while (shared < path.length && this.openNodes[shared] === path[shared]) shared++;
    this.close(shared, before);
    for (let depth = shared; depth < path.length; depth++) {
      const parent = depth === 0 ? this.header : this.open[depth - 1]!;
      const here = path[depth]!;
      this.open.push(this.boxes.add(this.tree.frame[here]!, parent, here, this.row + 1 + depth, at));
      this.openNodes.push(here);
    }
    this.deepest = Math.max(this.deepest, path.length);
  }

  close(kept: number, end: number): void {
    for (const box of this.open.splice(kept)) this.boxes.width[box] = Math.max(0, end - this.boxes.start[box]!);
    this.openNodes.length = kept;
  }
}

export async function chartOf(model: Model, processes: boolean, job: Job): Promise<Boxes> {
  const { at } = model.profile.moments!;
  const lanes = lanesOf(model, processes);
  const boxes = new Growing();
  let row = 0;
  let last = at[at.length - 1]!;
  const headers: number[] = [];
  for (const { top, moments } of lanes) {
    const header = boxes.add(model.tree.frame[top]!, -1, top, row, 0);
    headers.push(header);
    const lane = new Lane(boxes, model.tree, header, top, row);
    const longest = usualDistance(at, moments) * LONGEST;
    let end = -1;
    for (let i = 0; i < moments.length; i++) {
      const now = at[moments[i]!]!;
      lane.sample(model.nodeOf(moments[i]!), now, end < now && end >= 0 ? end : now);
      const next = i + 1 < moments.length ? at[moments[i + 1]!]! : Infinity;
      end = next - now <= longest ? next : now + longest / LONGEST;
      if (i % STRIDE === 0 && job.due()) await job.rest(i / moments.length);
    }
    lane.close(0, end);
    last = Math.max(last, end);
    row += lane.deepest + 2;
  }
  for (const header of headers) boxes.width[header] = last;
  return finished(boxes, Math.max(1, row - 1), last);
}

function finished(boxes: Growing, rows: number, to: number): Boxes {
  const count = boxes.count;
  const all = Uint32Array.from({ length: count }, (_, i) => i);
  const { nodes, first } = countingSort(all, boxes.row, rows);
  return {
    frame: boxes.frame.subarray(0, count), parent: boxes.parent.subarray(0, count), node: boxes.node.subarray(0, count),
    start: boxes.start.subarray(0, count), width: boxes.width.subarray(0, count), row: boxes.row.subarray(0, count),
    order: nodes, rowFirst: first, rows, from: 0, to: Math.max(1, to),
  };
}
