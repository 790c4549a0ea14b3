// One function in the middle: a tree of those that call it, and one of what it calls,
// each over all the places where it is called. A stack counts once, at the outermost
// place.

import { Job, STRIDE } from "./job";
import { Merger, Tree } from "./tree";

export interface Sandwich {
  readonly callers: Tree; // the function is the root, its callers lie below
  readonly callees: Tree;
  readonly places: number; // nodes that are merged
}

// The nodes of a frame that do not lie below another of its nodes.
function outermost(tree: Tree, frame: number): number[] {
  const list: number[] = [];
  for (let i = 1; i < tree.size; ) {
    if (tree.frame[i] === frame) {
      list.push(i);
      i = tree.end[i]!;
    } else {
      i++;
    }
  }
  return list;
}

async function calleesOf(tree: Tree, frame: number, places: number[], values: Float64Array[], job: Job): Promise<Tree> {
  const merger = new Merger(frame);
  const top = 0;
  let most = 0;
  for (const place of places) most = Math.max(most, tree.end[place]! - place);
  const moved = new Uint32Array(most);
  const merged: [number, number][] = []; // node of the merger, node of the tree
  for (const place of places) {
    moved[0] = top;
    merged.push([top, place]);
    for (let i = place + 1; i < tree.end[place]!; i++) {
      const to = merger.child(moved[tree.parent[i]! - place]!, tree.frame[i]!);
      moved[i - place] = to;
      if (values.some((self) => self[i] !== 0)) merged.push([to, i]);
      if (i % STRIDE === 0 && job.due()) await job.rest((0.5 * i) / tree.size);
    }
  }
  const { tree: callees, moved: final } = await merger.finish(values.length, job);
  values.forEach((self, v) => {
    for (const [to, from] of merged) callees.self[v]![final[to]!]! += self[from]!;
  });
  return callees;
}

async function callersOf(tree: Tree, frame: number, places: number[], totals: Float64Array[], job: Job): Promise<Tree> {
  const merger = new Merger(frame);
  const ends = new Uint32Array(places.length);
  for (let p = 0; p < places.length; p++) {
    let node = 0;
    for (let at = tree.parent[places[p]!]!; at !== 0; at = tree.parent[at]!) node = merger.child(node, tree.frame[at]!);
    ends[p] = node;
    if ((p & 255) === 0 && job.due()) await job.rest(0.5 + (0.3 * p) / places.length);
  }
  const { tree: callers, moved } = await merger.finish(totals.length, job);
  totals.forEach((total, v) => {
    for (let p = 0; p < places.length; p++) callers.self[v]![moved[ends[p]!]!]! += total[places[p]!]!;
  });
  return callers;
}

export async function sandwichOf(
  tree: Tree, frame: number, selfs: Float64Array[], totals: Float64Array[], job: Job,
): Promise<Sandwich> {
  const places = outermost(tree, frame);
  if (job.due()) await job.rest(0.05);
  const callees = await calleesOf(tree, frame, places, selfs, job);
  const callers = await callersOf(tree, frame, places, totals, job);
  return { callers, callees, places: places.length };
}
