// What views are drawn on: the screen's canvas, or an SVG file.

export interface Surface {
  fill(colour: string): void;
  rect(x: number, y: number, width: number, height: number): void;
  outline(x: number, y: number, width: number, height: number, colour: string, thick: number): void;
  text(x: number, y: number, text: string, title?: string): void;
}

export const FONT_SIZE = 11.5;
export const FONT_FAMILY = '-apple-system, "Segoe UI", "Noto Sans", "Liberation Sans", system-ui, sans-serif';
export const FONT = `${FONT_SIZE}px ${FONT_FAMILY}`;

export class CanvasSurface implements Surface {
  constructor(readonly context: CanvasRenderingContext2D) {
    context.font = FONT;
    context.textBaseline = "alphabetic";
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

  text(x: number, y: number, text: string, title = ""): void {
    const hint = title === "" || title === text ? "" : `<title>${markup(title)}</title>`;
    this.parts.push(`<text x="${short(x)}" y="${short(y)}" fill="${this.colour}">${hint}${markup(text)}</text>`);
  }

  finish(title: string): string {
    return `<?xml version="1.0" encoding="UTF-8"?>\n<svg xmlns="http://www.w3.org/2000/svg" width="${this.width}" height="${this.height}" viewBox="0 0 ${this.width} ${this.height}" font-family="${markup(FONT_FAMILY)}" font-size="${FONT_SIZE}">\n<title>${markup(title)}</title>\n${this.parts.join("\n")}\n</svg>\n`;
  }
}
