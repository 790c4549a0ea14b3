// What views are drawn on: the screen's canvas, or an SVG file.

export interface Surface {
  fill(colour: string): void;
  rect(x: number, y: number, width: number, height: number): void;
  outline(x: number, y: number, width: number, height: number, colour: string, thick: number): void;
  text(x: number, y: number, text: string, title?: string): void;
  // Draws all of a batch, on `ground`. False: it does not know a faster way than rect().
  plot(batch: Batch, fills: string[], ground: string, height: number): boolean;
}

// Many boxes of one height, row by row; `fill` is an index into a list of colours.
export class Batch {
  count = 0;
  box: Uint32Array = new Uint32Array(4096);
  x: Float32Array = new Float32Array(4096);
  y: Float32Array = new Float32Array(4096);
  width: Float32Array = new Float32Array(4096);
  fill: Uint16Array = new Uint16Array(4096);

  add(fill: number, box: number, x: number, y: number, width: number): void {
    if (this.count === this.x.length) this.grow();
    const i = this.count++;
    this.box[i] = box;
    this.x[i] = x;
    this.y[i] = y;
    this.width[i] = width;
    this.fill[i] = fill;
  }

  private grow(): void {
    const size = this.x.length * 2;
    const floats = (old: Float32Array) => {
      const fresh = new Float32Array(size);
      fresh.set(old);
      return fresh;
    };
    const box = new Uint32Array(size);
    box.set(this.box);
    const fill = new Uint16Array(size);
    fill.set(this.fill);
    this.box = box;
    this.fill = fill;
    this.x = floats(this.x);
    this.y = floats(this.y);
    this.width = floats(this.width);
  }
}

export const FONT_SIZE = 11.5;
export const FONT_FAMILY = '-apple-system, "Segoe UI", "Noto Sans", "Liberation Sans", system-ui, sans-serif';
export const FONT = `${FONT_SIZE}px ${FONT_FAMILY}`;

// A colour as a pixel of ImageData, read as 32 bits on a little-endian machine.
const pixels = new Map<string, number>();
function pixelOf(colour: string): number {
  let pixel = pixels.get(colour);
  if (pixel === undefined) {
    const hex = /^#(\w)(\w)(\w)$/.exec(colour) ? colour.replace(/\w/g, "$&$&") : colour;
    const [red, green, blue] = hex.startsWith("#") ? [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16))
                                                   : hex.match(/\d+/g)!.map(Number);
    pixel = ((255 << 24) | (blue! << 16) | (green! << 8) | red!) >>> 0;
    pixels.set(colour, pixel);
  }
  return pixel;
}

const MOST_PIXELS = 5_000_000; // beyond, rectangles are faster

export class CanvasSurface implements Surface {
  private image: ImageData | null = null;

  constructor(readonly context: CanvasRenderingContext2D) {}

  // Before each drawing.
  begin(): void {
    const ratio = window.devicePixelRatio || 1;
    this.context.setTransform(ratio, 0, 0, ratio, 0, 0);
    this.context.font = FONT;
    this.context.textBaseline = "alphabetic";
  }

  fill(colour: string): void {
    this.context.fillStyle = colour;
  }

  rect(x: number, y: number, width: number, height: number): void {
    this.context.fillRect(x, y, width, height);
  }

  outline(x: number, y: number, width: number, height: number, colour: string, thick: number): void {
    this.context.strokeStyle = colour;
    this.context.lineWidth = thick;
    this.context.strokeRect(x + thick / 2, y + thick / 2, Math.max(0, width - thick), Math.max(0, height - thick));
  }

  text(x: number, y: number, text: string): void {
    this.context.fillText(text, x, y);
  }

  // Ten thousand rectangles are ten thousand orders to the browser, of which each costs more
  // than the pixels that it paints. Here a row of boxes is one line of pixels, which is then
  // copied to the lines below it, and the browser gets one picture.
  plot(batch: Batch, fills: string[], ground: string, height: number): boolean {
    const { width: wide, height: tall } = this.context.canvas;
    if (wide * tall > MOST_PIXELS) return false;
    if (this.image?.width !== wide || this.image.height !== tall) this.image = this.context.createImageData(wide, tall);
    const all = new Uint32Array(this.image.data.buffer);
    const line = new Uint32Array(wide);
    const colours = Uint32Array.from(fills, pixelOf);
    const empty = pixelOf(ground);
    const ratio = window.devicePixelRatio || 1;
    all.fill(empty);
    const { x, y, width, fill, count } = batch;
    for (let i = 0; i < count; ) {
      const top = y[i]!;
      line.fill(empty);
      for (; i < count && y[i] === top; i++) {
        const from = Math.max(0, Math.round(x[i]! * ratio));
        const to = Math.round((x[i]! + width[i]!) * ratio);
        line.fill(colours[fill[i]!]!, from, Math.max(from + 1, to - (to - from > 3 && height > 6 ? 1 : 0)));
      }
      const last = Math.min(tall, Math.max(Math.round(top * ratio) + 1, Math.round((top + height) * ratio)));
      for (let at = Math.max(0, Math.round(top * ratio)); at < last; at++) all.set(line, at * wide);
    }
    this.context.putImageData(this.image, 0, 0);
    return true;
  }
}

const ESCAPES: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };
export const markup = (text: string): string => text.replace(/[&<>"']/g, (c) => ESCAPES[c]!);

const short = (value: number): string => String(Math.round(value * 100) / 100);

export class SvgSurface implements Surface {
  private readonly parts: string[] = [];
  private colour = "";

  constructor(private readonly width: number, private readonly height: number) {}

  // What is drawn until close() lies `top` lower, and is cut to that height.
  open(top: number, height: number): void {
    this.parts.push(`<svg x="0" y="${short(top)}" width="${this.width}" height="${short(height)}">`);
  }

  close(): void {
    this.parts.push("</svg>");
  }

  fill(colour: string): void {
    this.colour = colour;
  }

  rect(x: number, y: number, width: number, height: number): void {
    this.parts.push(`<rect x="${short(x)}" y="${short(y)}" width="${short(width)}" height="${short(height)}" fill="${this.colour}"/>`);
  }

  outline(x: number, y: number, width: number, height: number, colour: string, thick: number): void {
    this.parts.push(`<rect x="${short(x)}" y="${short(y)}" width="${short(width)}" height="${short(height)}" fill="none" stroke="${colour}" stroke-width="${thick}"/>`);
  }

  plot(): boolean {
    return false;
  }

  text(x: number, y: number, text: string, title = ""): void {
    const hint = title === "" || title === text ? "" : `<title>${markup(title)}</title>`;
    this.parts.push(`<text x="${short(x)}" y="${short(y)}" fill="${this.colour}">${hint}${markup(text)}</text>`);
  }

  finish(title: string): string {
    return `<?xml version="1.0" encoding="UTF-8"?>\n<svg xmlns="http://www.w3.org/2000/svg" width="${this.width}" height="${this.height}" viewBox="0 0 ${this.width} ${this.height}" font-family="${markup(FONT_FAMILY)}" font-size="${FONT_SIZE}">\n<title>${markup(title)}</title>\n${this.parts.join("\n")}\n</svg>\n`;
  }
}
