// Mouse, wheel and fingers on a pane: drag moves, the wheel scrolls, with Ctrl it zooms, two
// fingers zoom, a click or a tap chooses.

import type { Pane } from "./pane";

const SLACK = 4; // pixels that a click may move
const SLACK_TOUCH = 10;

interface Finger {
  x: number;
  y: number;
}

class Fingers {
  private readonly down = new Map<number, Finger>();
  private moved = false;
  private start: Finger = { x: 0, y: 0 };

  constructor(private readonly pane: Pane) {}

  private at(event: PointerEvent): Finger {
    const box = this.pane.canvas.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  }

  press(event: PointerEvent): void {
    if (event.pointerType === "mouse" && event.button !== 0) return;
    this.pane.canvas.setPointerCapture(event.pointerId);
    const finger = this.at(event);
    if (this.down.size === 0) {
      this.start = finger;
      this.moved = false;
    } else {
      this.moved = true; // two fingers never choose
    }
    this.down.set(event.pointerId, finger);
  }

  move(event: PointerEvent): void {
    const finger = this.at(event);
    const before = this.down.get(event.pointerId);
    if (!before) {
      if (event.pointerType === "mouse") this.pane.setHover(this.pane.boxUnder(finger.x, finger.y), event.clientX, event.clientY);
      return;
    }
    const slack = event.pointerType === "mouse" ? SLACK : SLACK_TOUCH;
    if (!this.moved && Math.hypot(finger.x - this.start.x, finger.y - this.start.y) > slack) {
      this.moved = true;
      this.pane.setHover(-1);
    }
    if (!this.moved) return;
    const others = [...this.down].filter(([id]) => id !== event.pointerId).map(([, other]) => other);
    if (others.length === 0) this.drag(before, finger);
    else this.pinch(before, finger, others[0]!);
    this.down.set(event.pointerId, finger);
  }

  private drag(before: Finger, now: Finger): void {
    this.pane.camera.pan((before.x - now.x) / this.pane.width);
    this.pane.scrollTo(this.pane.scroll + (this.pane.up ? now.y - before.y : before.y - now.y));
  }

  private pinch(before: Finger, now: Finger, other: Finger): void {
    const width = this.pane.width;
    const was = Math.max(20, Math.abs(before.x - other.x));
    const is = Math.max(20, Math.abs(now.x - other.x));
    this.pane.camera.pan((before.x - now.x) / 2 / width);
    this.pane.camera.zoom(was / is, (now.x + other.x) / 2 / width);
  }

  release(event: PointerEvent): void {
    if (!this.down.delete(event.pointerId) || this.moved || event.type === "pointercancel") return;
    const { x, y } = this.at(event);
    const box = this.pane.boxUnder(x, y);
    if (box < 0) return;
    this.pane.setFocus(box);
    this.pane.host.chosen(this.pane, box);
  }
}

export function gestures(pane: Pane): void {
  const { canvas } = pane;
  const fingers = new Fingers(pane);
  canvas.addEventListener("pointerdown", (event) => fingers.press(event));
  canvas.addEventListener("pointermove", (event) => fingers.move(event));
  canvas.addEventListener("pointerup", (event) => fingers.release(event));
  canvas.addEventListener("pointercancel", (event) => fingers.release(event));
  canvas.addEventListener("pointerleave", () => pane.setHover(-1));
  canvas.addEventListener("wheel", (event) => {
    event.preventDefault();
    const unit = event.deltaMode === 1 ? 20 : event.deltaMode === 2 ? pane.height : 1;
    const [dx, dy] = [event.deltaX * unit, event.deltaY * unit];
    if (event.ctrlKey || event.metaKey) {
      pane.camera.zoom(Math.exp(Math.max(-200, Math.min(200, dy)) * 0.005), event.offsetX / pane.width);
      return;
    }
    if (event.shiftKey && dx === 0) {
      pane.camera.pan(dy / pane.width);
      return;
    }
    if (dx !== 0) pane.camera.pan(dx / pane.width);
    if (dy !== 0) pane.scrollTo(pane.scroll + (pane.up ? -dy : dy));
  }, { passive: false });
}
