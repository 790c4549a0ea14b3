// The stream of events. While the page is hidden it is closed: a browser has six
// connections for a site, however many pages of it are open.

const HIDDEN_MS = 2_000;
const AGAIN_MS = 3_000;

export type Connection = "connecting" | "live" | "lost" | "resting";

export interface Listener {
  event(kind: string, data: string): void;
  connection(state: Connection): void;
}

const KINDS = ["hello", "rows", "soak", "reload"];

export class Live {
  private source: EventSource | null = null;
  private last = "";
  private timer = 0;

  constructor(private readonly listener: Listener) {
    document.addEventListener("visibilitychange", () => this.seen());
    this.open();
    this.seen();
  }

  private seen(): void {
    clearTimeout(this.timer);
    if (document.hidden) this.timer = window.setTimeout(() => this.rest(), HIDDEN_MS);
    else if (!this.source) this.open();
  }

  private rest(): void {
    this.source?.close();
    this.source = null;
    this.listener.connection("resting");
  }

  private open(): void {
    clearTimeout(this.timer);
    this.listener.connection("connecting");
    const source = new EventSource(this.last ? `events?after=${encodeURIComponent(this.last)}` : "events");
    this.source = source;
    source.onopen = () => this.listener.connection("live");
    source.onerror = () => {
      this.listener.connection("lost");
      // The browser tries again by itself, unless it was refused.
      if (source.readyState !== EventSource.CLOSED || this.source !== source) return;
      this.source = null;
      this.timer = window.setTimeout(() => this.open(), AGAIN_MS);
    };
    for (const kind of KINDS) {
      source.addEventListener(kind, (event) => {
        if (event.lastEventId) this.last = event.lastEventId;
        this.listener.event(kind, event.data as string);
      });
    }
  }
}
