// What the filters make of the tree: a new one, and where the nodes of the old one went.

import type { Frames } from "./data";
import { Job, STRIDE } from "./job";
import { moduleLabel } from "./names";
import { Merger, NONE, Tree } from "./tree";

export interface Filters {
  readonly roots: readonly string[]; // outermost frames that are left out, by name
  readonly hidden: readonly string[]; // modules whose frames are left out, by label
  readonly only: readonly string[]; // if any: frames of all others are left out
  readonly mine: boolean; // leave out frames of the system and the languages' libraries
  readonly folded: boolean; // a function that calls itself is one frame
  readonly having: string; // only stacks with a function that matches
  readonly without: string; // and none that matches this
}

export const NO_FILTERS: Filters = {
  roots: [], hidden: [], only: [], mine: false, folded: false, having: "", without: "",
};

export function filtering(filters: Filters): boolean {
  return JSON.stringify(filters) !== JSON.stringify(NO_FILTERS);
}

export interface Shaped {
  readonly tree: Tree;
  // By node of the profile's tree: the node that has its own values now, or NONE; null: the same.
  readonly moved: Uint32Array | null;
}

// A pattern as the user typed it: a regular expression, or plain text when it is not one.
export function pattern(text: string): RegExp | null {
  if (text === "") return null;
  try {
    return new RegExp(text, /[A-Z]/.test(text) ? "u" : "iu");
  } catch {
    return new RegExp(text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"), "iu");
  }
}

const SYSTEM_MODULE = /^\[|^\/(usr\/)?lib(32|64)?\/|\.ko$|vmlinux|^\/usr\/lib\/debug|ld-linux|^linux-vdso/;
const SYSTEM_FILE = /^\/(usr\/include|build|rustc)\/|\/(glibc|gcc)[-\d.]*\/|\/\.cargo\/registry\/|\/go\/src\/runtime\//;
const SYSTEM_NAME = /^(std::|__gnu_cxx::|__libc_|_start$|__cxa_|core::|alloc::|runtime\.|\[unknown\]|.*_\[k\]$)/;

// Whether a frame is of the program itself, as far as its module, file and name tell.
export function isOwn(frames: Frames, frame: number): boolean {
  const module = frames.names[frames.module[frame]!]!;
  const file = frames.names[frames.file[frame]!]!;
  const name = frames.names[frames.name[frame]!]!;
  return !(SYSTEM_MODULE.test(module) || SYSTEM_FILE.test(file) || SYSTEM_NAME.test(name));
}

function leftOut(frames: Frames, filters: Filters): Uint8Array {
  const out = new Uint8Array(frames.name.length);
  const hidden = new Set(filters.hidden);
  const only = new Set(filters.only);
  const byModule = new Map<number, boolean>();
  for (let frame = 0; frame < out.length; frame++) {
    const key = frames.module[frame]!;
    let gone = byModule.get(key);
    if (gone === undefined) {
      const label = moduleLabel(frames.names[key]!);
      gone = hidden.has(label) || (only.size > 0 && !only.has(label));
      byModule.set(key, gone);
    }
    if (gone || (filters.mine && !isOwn(frames, frame))) out[frame] = 1;
  }
  return out;
}

function matching(frames: Frames, text: string): Uint8Array | null {
  const found = pattern(text);
  return found && Uint8Array.from(frames.name, (name) => (found.test(frames.names[name]!) ? 1 : 0));
}

// By node: whether the stack that ends there counts.
function counted(tree: Tree, frames: Frames, filters: Filters): Uint8Array {
  const counts = new Uint8Array(tree.size).fill(1);
  const having = matching(frames, filters.having);
  const without = matching(frames, filters.without);
  const roots = new Set(filters.roots);
  const has = new Uint8Array(tree.size);
  if (having) counts[0] = 0;
  for (let i = 1; i < tree.size; i++) {
    const above = tree.parent[i]!;
    const frame = tree.frame[i]!;
    has[i] = has[above]! | (having ? having[frame]! : 1);
    const gone = (above !== 0 && has[above]! & 2) || (without && without[frame]) ||
      (above === 0 && roots.has(frames.names[frames.name[frame]!]!));
    if (gone) has[i]! |= 2;
    counts[i] = (has[i]! & 1) !== 0 && (has[i]! & 2) === 0 ? 1 : 0;
  }
  return counts;
}

export async function shaped(tree: Tree, frames: Frames, filters: Filters, processes: boolean, job: Job): Promise<Shaped> {
  if (!filtering(filters)) return { tree, moved: null };
  const out = leftOut(frames, filters);
  const counts = counted(tree, frames, filters);
  if (job.due()) await job.rest(0.1);
  const merger = new Merger();
  const moved = new Uint32Array(tree.size);
  for (let i = 1; i < tree.size; i++) {
    const above = tree.parent[i]!;
    const frame = tree.frame[i]!;
    const to = moved[above]!;
    const kept = processes && above === 0; // the process stays, whatever its module
    if (out[frame] && !kept) moved[i] = to;
    else if (filters.folded && to !== 0 && merger.frame[to] === frame) moved[i] = to;
    else moved[i] = merger.child(to, frame);
    if (i % STRIDE === 0 && job.due()) await job.rest(0.1 + (0.5 * i) / tree.size);
  }
  const done = await merger.finish(tree.self.length, job);
  for (let i = 0; i < tree.size; i++) moved[i] = counts[i] ? done.moved[moved[i]!]! : NONE;
  tree.self.forEach((self, type) => {
    const sum = done.tree.self[type]!;
    for (let i = 0; i < tree.size; i++) if (self[i] !== 0 && moved[i] !== NONE) sum[moved[i]!]! += self[i]!;
  });
  return { tree: done.tree, moved };
}
