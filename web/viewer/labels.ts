// The longest form of a name that fits a box. Widths of characters are measured once;
// a name's forms are found once.

import type { Frames } from "./data";
import { variantsOf } from "./names";
import { FONT } from "./surface";

interface Forms {
  readonly texts: string[];
  readonly widths: number[];
}

export class Labels {
  private readonly context: CanvasRenderingContext2D;
  private readonly narrow = new Float64Array(128);
  private readonly others = new Map<string, number>();
  private readonly forms = new Map<number, Forms>();
  readonly ellipsis: number;

  constructor(private readonly frames: Frames) {
    this.context = document.createElement("canvas").getContext("2d")!;
    this.context.font = FONT;
    for (let code = 32; code < 127; code++) this.narrow[code] = this.context.measureText(String.fromCharCode(code)).width;
    this.ellipsis = this.width("…");
  }

  private widthOf(character: string): number {
    const code = character.charCodeAt(0);
    if (character.length === 1 && code < 128) return this.narrow[code]!;
    let width = this.others.get(character);
    if (width === undefined) {
      width = this.context.measureText(character).width;
      this.others.set(character, width);
    }
    return width;
  }

  width(text: string): number {
    let sum = 0;
    for (const character of text) sum += this.widthOf(character);
    return sum;
  }

  private formsOf(frame: number): Forms {
    let forms = this.forms.get(frame);
    if (forms === undefined) {
      const texts = variantsOf(this.frames.names[this.frames.name[frame]!]!.slice(0, 4000));
      forms = { texts, widths: texts.map((text) => this.width(text)) };
      if (this.forms.size > 200_000) this.forms.clear();
      this.forms.set(frame, forms);
    }
    return forms;
  }

  // What to write into `room` pixels; nothing when not even three characters fit.
  fit(frame: number, room: number): string {
    const { texts, widths } = this.formsOf(frame);
    for (let i = 0; i < texts.length; i++) if (widths[i]! <= room) return texts[i]!;
    return this.cut(texts[texts.length - 1]!, room);
  }

  cut(text: string, room: number): string {
    let width = this.ellipsis;
    let out = "";
    let count = 0;
    for (const character of text) {
      width += this.widthOf(character);
      if (width > room) break;
      out += character;
      count++;
    }
    return count < 3 ? "" : out.length === text.length ? text : `${out}…`;
  }
}
