// Where boxes lie: in units of the shown value from left to right, in rows by depth.
// Each row's boxes are in one list from left to right, so that what is on the screen
// is found by binary search, however many there are.

import { Job } from "./job";
import { Tree, countingSort } from "./tree";

export interface Boxes {
  readonly frame: Uint32Array; // by box
  readonly parent: Uint32Array; // by box; a first box is its own
  readonly node: Uint32Array | null; // by box: its node of the tree; null: the same number
  readonly start: Float64Array;
  readonly width: Float64Array;
  readonly row: Uint32Array;
  readonly order: Uint32Array; // boxes by row, then from left to right
  readonly rowFirst: Uint32Array; // by row: where it starts in `order`; one more at the end
  readonly rows: number;
  readonly from: number; // the whole extent
  readonly to: number;
}

export type Order = "name" | "size";

// The nodes that have a width, depth first, siblings as they are drawn.
async function visited(tree: Tree, total: Float64Array, order: Order, job: Job): Promise<Uint32Array> {
  const list = new Uint32Array(tree.size);
  let count = 0;
  if (order === "name") {
    for (let i = 0; i < tree.size; ) {
      if (total[i]! > 0 || i === 0) {
        list[count++] = i++;
      } else {
        i = tree.end[i]!;
      }
    }
    return list.subarray(0, count);
  }
  const open: number[] = [0];
  const { end } = tree;
  while (open.length > 0) {
    const node = open.pop()!;
    list[count++] = node;
    const first = open.length;
    for (let i = node + 1; i < end[node]!; i = end[i]!) if (total[i]! > 0) open.push(i);
    if (open.length - first > 1) {
      const callees = open.splice(first).sort((a, b) => total[a]! - total[b]! || b - a);
      for (const callee of callees) open.push(callee);
    }
    if ((count & 0x3fff) === 0 && job.due()) await job.rest(count / tree.size);
  }
  return list.subarray(0, count);
}

export async function layOut(tree: Tree, total: Float64Array, order: Order, job: Job): Promise<Boxes> {
  const nodes = await visited(tree, total, order, job);
  const start = new Float64Array(tree.size);
  const cursor = new Float64Array(tree.size);
  let rows = 1;
  for (const node of nodes) {
    if (node === 0) continue;
    const above = tree.parent[node]!;
    start[node] = cursor[above]!;
    cursor[node] = start[node]!;
    cursor[above]! += total[node]!;
    rows = Math.max(rows, tree.depth[node]! + 1);
  }
  if (job.due()) await job.rest(0.8);
  const sorted = countingSort(nodes, tree.depth, rows);
  return {
    frame: tree.frame, parent: tree.parent, node: null, start, width: total, row: tree.depth,
    order: sorted.nodes, rowFirst: sorted.first, rows, from: 0, to: Math.max(total[0]!, 1e-9),
  };
}

export const nodeOf = (boxes: Boxes, box: number): number => (boxes.node ? boxes.node[box]! : box);

// The place in `order` of the first box of a row that ends after x.
export function firstAfter(boxes: Boxes, row: number, x: number): number {
  const { order, start, width } = boxes;
  let low = boxes.rowFirst[row]!;
  let high = boxes.rowFirst[row + 1]!;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const box = order[middle]!;
    if (start[box]! + width[box]! > x) high = middle;
    else low = middle + 1;
  }
  return low;
}

// The box of a row at x, or -1.
export function boxAt(boxes: Boxes, row: number, x: number): number {
  if (row < 0 || row >= boxes.rows) return -1;
  const at = firstAfter(boxes, row, x);
  if (at >= boxes.rowFirst[row + 1]!) return -1;
  const box = boxes.order[at]!;
  return boxes.start[box]! <= x ? box : -1;
}

// The first place from `from` up to `end` whose box starts at x or later. Doubles its
// steps: the answer is mostly near.
export function startingFrom(boxes: Boxes, from: number, end: number, x: number): number {
  const { order, start } = boxes;
  let step = 1;
  let low = from;
  let high = from;
  while (high < end && start[order[high]!]! < x) {
    low = high + 1;
    high += step;
    step *= 2;
  }
  high = Math.min(high, end);
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (start[order[middle]!]! < x) low = middle + 1;
    else high = middle;
  }
  return low;
}
