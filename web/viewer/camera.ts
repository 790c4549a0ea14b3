// What stretch of the boxes is on the screen. Panes that show the same stretch share one.

const calm = matchMedia("(prefers-reduced-motion: reduce)");
const GLIDE_MS = 160;

export class Camera {
  left = 0;
  right = 1;
  from = 0; // the whole extent
  to = 1;
  private gliding = 0;
  private readonly listeners: (() => void)[] = [];

  onChange(listener: () => void): void {
    this.listeners.push(listener);
  }

  private changed(): void {
    for (const listener of this.listeners) listener();
  }

  // A new extent, all of it shown.
  reset(from: number, to: number): void {
    this.gliding++;
    this.from = from;
    this.to = to;
    this.left = from;
    this.right = to;
    this.changed();
  }

  get whole(): boolean {
    return this.left <= this.from && this.right >= this.to;
  }

  set(left: number, right: number): void {
    this.gliding++;
    this.place(left, right);
  }

  // Not beyond the extent, and not so near that numbers run out of digits.
  private place(left: number, right: number): void {
    const extent = this.to - this.from;
    const span = Math.min(extent, Math.max(right - left, extent * 1e-10));
    this.left = Math.min(Math.max(left, this.from), this.to - span);
    this.right = this.left + span;
    this.changed();
  }

  pan(share: number): void {
    const by = share * (this.right - this.left);
    this.set(this.left + by, this.right + by);
  }

  // Nearer (factor < 1) or farther, with the place at `share` of the width kept.
  zoom(factor: number, share: number): void {
    const span = this.right - this.left;
    const fixed = this.left + share * span;
    this.set(fixed - share * span * factor, fixed + (1 - share) * span * factor);
  }

  glide(left: number, right: number): void {
    const mine = ++this.gliding;
    if (calm.matches || document.hidden) {
      this.place(left, right);
      return;
    }
    const [fromLeft, fromRight] = [this.left, this.right];
    const started = performance.now();
    const step = (now: number) => {
      if (mine !== this.gliding) return;
      const share = Math.min(1, Math.max(0, (now - started) / GLIDE_MS));
      const eased = 1 - (1 - share) ** 3;
      this.place(fromLeft + (left - fromLeft) * eased, fromRight + (right - fromRight) * eased);
      if (share < 1) requestAnimationFrame(step);
    };
    requestAnimationFrame(step);
  }
}
