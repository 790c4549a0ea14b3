// Reads the profile out of the page: docs/formats/flame-data.md.

import { Job, STRIDE } from "./job";
import { NONE, Tree, shapeOf } from "./tree";

export interface ValueType {
  readonly name: string;
  readonly unit: string;
}

export interface Moments {
  readonly at: Float64Array; // nanoseconds since the first
  readonly node: Uint32Array;
  readonly value: Float64Array;
}

// What frames are: by frame number, indexes into `names`; 0 is the empty text.
export interface Frames {
  readonly names: string[];
  readonly name: Uint32Array;
  readonly module: Uint32Array;
  readonly file: Uint32Array;
  readonly line: Float64Array; // the first and the last that were seen; 0: not known
  readonly lastLine: Float64Array;
}

export interface Profile {
  readonly values: ValueType[];
  readonly defaultValue: number;
  readonly frames: Frames;
  readonly tree: Tree;
  readonly moments: Moments | null;
}

export interface Settings {
  readonly title: string;
  readonly subtitle: string;
  readonly source: string;
  readonly roots: "functions" | "processes";
  readonly tidemark: string;
  readonly before?: number;
  readonly after?: number;
}

const MAGIC = "tmflame";
const VERSION = 1;

// Text that changes what is around it (directional marks, line separators, invisible
// characters) is shown as its number. Control characters were made visible by the writer.
const INVISIBLE = /[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]/g;

export function visible(text: string): string {
  return text.replace(INVISIBLE, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

class Reader {
  at = 0;
  private readonly decoder = new TextDecoder();

  constructor(readonly bytes: Uint8Array) {}

  number(): number {
    const bytes = this.bytes;
    let byte = bytes[this.at++]!;
    if (byte < 128) return byte;
    let value = byte & 127;
    let weight = 128;
    do {
      byte = bytes[this.at++]!;
      value += (byte & 127) * weight;
      weight *= 128;
    } while (byte >= 128);
    return value;
  }

  signed(): number {
    const value = this.number();
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }

  slice(length: number): string {
    const text = this.decoder.decode(this.bytes.subarray(this.at, this.at + length));
    this.at += length;
    return visible(text);
  }

  text(): string {
    return this.slice(this.number());
  }

  numbers(count: number): Uint32Array {
    const list = new Uint32Array(count);
    for (let i = 0; i < count; i++) list[i] = this.number();
    return list;
  }
}

// Base64 and gzip undone, piece by piece.
async function unpack(encoded: string, size: number, job: Job): Promise<Uint8Array> {
  const stream = new DecompressionStream("gzip");
  const writer = stream.writable.getWriter();
  const reader = stream.readable.getReader();
  const bytes = new Uint8Array(size);
  let filled = 0;
  const reading = (async () => {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      bytes.set(value, filled);
      filled += value.length;
    }
  })();
  const piece = 1 << 20; // characters, a multiple of 4
  for (let at = 0; at < encoded.length; at += piece) {
    await writer.write(fromBase64(encoded.slice(at, at + piece)));
    if (job.due()) await job.rest((0.4 * at) / encoded.length);
  }
  await writer.close();
  await reading;
  if (filled !== size) throw new Error(`the data has ${filled} bytes, not ${size}`);
  return bytes;
}

function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i);
  return bytes;
}

function readFrames(reader: Reader): Frames {
  const lengths = reader.numbers(reader.number());
  const names = Array.from(lengths, (length) => reader.slice(length));
  const count = reader.number();
  const name = reader.numbers(count);
  const module = reader.numbers(count);
  const file = reader.numbers(count);
  const line = Float64Array.from(reader.numbers(count));
  const lastLine = Float64Array.from(reader.numbers(count), (more, i) => line[i]! + more);
  return { names, name, module, file, line, lastLine };
}

async function readTree(reader: Reader, values: number, job: Job): Promise<Tree> {
  const size = reader.number() + 1;
  const parent = new Uint32Array(size);
  for (let i = 1; i < size; i++) {
    let above = i - 1;
    for (let up = reader.number(); up > 0; up--) above = parent[above]!;
    parent[i] = above;
    if (i % STRIDE === 0 && job.due()) await job.rest(0.4 + (0.3 * i) / size);
  }
  const frame = new Uint32Array(size);
  frame[0] = NONE;
  for (let i = 1; i < size; i++) {
    frame[i] = reader.number();
    if (i % STRIDE === 0 && job.due()) await job.rest(0.7 + (0.1 * i) / size);
  }
  const self: Float64Array[] = [];
  for (let type = 0; type < values; type++) {
    const list = new Float64Array(size);
    const nodes = reader.numbers(reader.number());
    if (job.due()) await job.rest(0.8);
    let node = 0;
    for (const gap of nodes) list[(node += gap)] = reader.signed();
    self.push(list);
    if (job.due()) await job.rest(0.8);
  }
  return { size, frame, parent, ...shapeOf(parent), self };
}

async function readMoments(reader: Reader, job: Job): Promise<Moments | null> {
  const count = reader.number();
  if (count === 0) return null;
  const at = new Float64Array(count);
  reader.signed(); // when the first was, on the producer's clock
  for (let i = 1; i < count; i++) at[i] = at[i - 1]! + reader.signed();
  if (job.due()) await job.rest(0.9);
  const node = reader.numbers(count);
  if (job.due()) await job.rest(0.95);
  const value = new Float64Array(count);
  for (let i = 0; i < count; i++) value[i] = reader.signed();
  return { at, node, value };
}

export async function readProfile(encoded: string, size: number, job: Job): Promise<Profile> {
  const reader = new Reader(await unpack(encoded, size, job));
  const magic = reader.slice(MAGIC.length);
  const version = reader.number();
  if (magic !== MAGIC || version !== VERSION) {
    throw new Error(`the data is version ${version}, this page reads version ${VERSION}`);
  }
  const values = Array.from({ length: reader.number() }, () => ({ name: reader.text(), unit: reader.text() }));
  const defaultValue = reader.number();
  const frames = readFrames(reader);
  const tree = await readTree(reader, values.length, job);
  const moments = await readMoments(reader, job);
  if (reader.at !== reader.bytes.length) throw new Error("the data does not end where it should");
  return { values, defaultValue: Math.min(defaultValue, values.length - 1), frames, tree, moments };
}
