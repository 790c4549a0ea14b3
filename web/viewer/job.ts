// Long work in slices: the page keeps answering, and says how far it is.

export class Cancelled extends Error {}

const SLICE_MS = 12;

export class Job {
  private started = performance.now();
  private stopped = false;

  constructor(readonly label: string, private readonly report: (label: string, share: number) => void) {}

  cancel(): void {
    this.stopped = true;
  }

  // Whether it is time to let the page answer. Cheap enough for every few thousand steps.
  due(): boolean {
    return performance.now() - this.started > SLICE_MS;
  }

  async rest(share: number): Promise<void> {
    this.report(this.label, share);
    await new Promise<void>((resolve) => {
      const channel = new MessageChannel();
      channel.port1.onmessage = () => resolve();
      channel.port2.postMessage(0);
    });
    if (this.stopped) throw new Cancelled();
    this.started = performance.now();
  }
}

// How many steps of a loop lie between two looks at the clock.
export const STRIDE = 1 << 15;
