// From the profile and the reader's choices to numbers: the filtered tree, what its nodes
// cost in the chosen value and stretch of time, and where they lie. Each step is redone
// only when what it depends on has changed.

import { differenceColour } from "./colour";
import type { Profile, Settings } from "./data";
import { Costs, costsOf } from "./functions";
import type { Job } from "./job";
import { Boxes, Order, layOut } from "./layout";
import { Matches, search } from "./search";
import { Shaped, shaped } from "./shape";
import type { State } from "./state";
import { NONE, Tree, totals } from "./tree";

export interface Values {
  readonly self: Float64Array; // by node
  readonly total: Float64Array;
}

// Both sides of a difference, in one unit.
export interface Sides {
  readonly before: Values;
  readonly after: Values;
  readonly scale: number; // what the numbers before were multiplied with
  readonly largest: number; // change of a node below the root
}

export class Model {
  tree: Tree;
  values!: Values; // that give the widths
  sides: Sides | null = null;
  boxes!: Boxes;
  costs: Costs[] = []; // [the widths'], or [the widths', before, after]
  matches: Matches | null = null;
  unit = "";
  private shape: Shaped;
  private readonly done = new Map<string, string>();

  constructor(readonly profile: Profile, readonly settings: Settings) {
    this.tree = profile.tree;
    this.shape = { tree: profile.tree, moved: null };
  }

  get difference(): boolean {
    return this.settings.before !== undefined;
  }

  // Whether `step` is to be done again, because of `key` or of a step before it.
  private stale(step: string, key: unknown): boolean {
    return this.done.get(step) !== JSON.stringify(key);
  }

  // Only now: a step that was cancelled is still to be done.
  private finish(step: string, key: unknown): void {
    this.done.set(step, JSON.stringify(key));
  }

  private forget(...steps: string[]): void {
    for (const step of steps) this.done.delete(step);
  }

  // The value that a stretch of time is measured in: samples carry no other.
  valueOf(state: State): number {
    return state.window ? this.profile.defaultValue : state.value;
  }

  async update(state: State, job: Job): Promise<void> {
    if (this.stale("shape", state.filters)) {
      const { filters } = state;
      this.forget("values", "boxes", "costs", "search");
      const processes = this.settings.roots === "processes";
      this.shape = await shaped(this.profile.tree, this.profile.frames, filters, processes, job);
      this.tree = this.shape.tree;
      this.finish("shape", filters);
    }
    const choice = [this.valueOf(state), state.window, state.widths, state.normalised];
    if (this.stale("values", choice)) {
      this.forget("boxes", "costs", "search");
      this.compute(state);
      this.finish("values", choice);
      if (job.due()) await job.rest(0.5);
    }
    const { order, search: text } = state;
    if (this.stale("boxes", order)) {
      this.boxes = await this.layOut(order, job);
      this.finish("boxes", order);
    }
    if (this.stale("search", text)) {
      this.matches = search(this.tree, this.values.total, this.profile.frames, text);
      this.finish("search", text);
    }
  }

  // Costs by function are needed by some views only.
  async updateCosts(job: Job): Promise<void> {
    if (!this.stale("costs", 0)) return;
    const sides = this.sides ? [this.sides.before, this.sides.after] : [];
    this.costs = await costsOf(this.tree, this.profile.frames.name.length, [this.values, ...sides], job);
    this.finish("costs", 0);
  }

  private layOut(order: Order, job: Job): Promise<Boxes> {
    return layOut(this.tree, this.values.total, order, job);
  }

  private compute(state: State): void {
    const of = (self: Float64Array): Values => ({ self, total: totals(this.tree, self) });
    const type = this.valueOf(state);
    this.unit = this.profile.values[type]!.unit;
    this.sides = null;
    if (this.difference && !state.window) {
      this.unit = this.profile.values[this.settings.after!]!.unit;
      this.compare(state, of);
    } else {
      this.values = of(state.window ? this.within(state.window) : this.tree.self[type]!);
    }
  }

  private compare(state: State, of: (self: Float64Array) => Values): void {
    const after = of(this.tree.self[this.settings.after!]!);
    let before = of(this.tree.self[this.settings.before!]!);
    let scale = 1;
    if (state.normalised && before.total[0]! > 0) {
      scale = after.total[0]! / before.total[0]!;
      before = of(before.self.map((value) => value * scale));
    }
    let largest = 0;
    for (let i = 1; i < this.tree.size; i++) {
      largest = Math.max(largest, Math.abs(after.total[i]! - before.total[i]!));
    }
    this.sides = { before, after, scale, largest };
    this.values = state.widths === "before" ? before
      : state.widths === "after" ? after
      : of(after.self.map((value, i) => Math.max(value, before.self[i]!)));
  }

  // Own values of the samples in a stretch of time.
  private within([from, to]: [number, number]): Float64Array {
    const self = new Float64Array(this.tree.size);
    const moments = this.profile.moments;
    if (!moments) return self;
    const { moved } = this.shape;
    for (let i = firstFrom(moments.at, from); i < moments.at.length && moments.at[i]! <= to; i++) {
      const node = moved ? moved[moments.node[i]!]! : moments.node[i]!;
      if (node !== NONE) self[node]! += moments.value[i]!;
    }
    return self;
  }

  // The node that a sample counts for now; NONE: it is filtered out.
  nodeOf(moment: number): number {
    const node = this.profile.moments!.node[moment]!;
    return this.shape.moved ? this.shape.moved[node]! : node;
  }

  delta(node: number): number {
    return this.sides ? this.sides.after.total[node]! - this.sides.before.total[node]! : 0;
  }

  differenceColour(node: number): number {
    return differenceColour(node === 0 ? 0 : this.delta(node), this.sides?.largest ?? 0);
  }

  name(frame: number): string {
    if (frame === NONE) return "all";
    const { names, name } = this.profile.frames;
    return names[name[frame]!]!;
  }

  module(frame: number): string {
    return frame === NONE ? "" : this.profile.frames.names[this.profile.frames.module[frame]!]!;
  }

  // "file.cpp:12", "file.cpp:12–40", "file.cpp" or nothing.
  source(frame: number): string {
    if (frame === NONE) return "";
    const { names, file, line, lastLine } = this.profile.frames;
    const path = names[file[frame]!]!;
    if (path === "" || line[frame] === 0) return path;
    const last = lastLine[frame] === line[frame] ? "" : `–${lastLine[frame]}`;
    return `${path}:${line[frame]}${last}`;
  }
}

// The first place in ascending numbers that is not below `wanted`.
export function firstFrom(list: Float64Array, wanted: number): number {
  let low = 0;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (list[middle]! < wanted) low = middle + 1;
    else high = middle;
  }
  return low;
}
