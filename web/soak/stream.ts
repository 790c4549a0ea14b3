// The stream of events, as long as it is wanted; it goes on where it was.

const AGAIN_MS = 3_000;
const KINDS = ["hello", "rows", "soak", "reload"];

export type Connection = "connecting" | "live" | "lost" | "resting";

export interface Listener {
  event(kind: string, data: string): void;
  connection(state: Connection): void;
}

export class Stream {
  private source: EventSource | null = null;
  private last = "";
  private timer: ReturnType<typeof setTimeout> | undefined;
  private wanted = false;

  constructor(private readonly listener: Listener) {}

  open(): void {
    this.wanted = true;
    if (this.source) return;
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
      this.timer = setTimeout(() => this.wanted && this.open(), AGAIN_MS);
    };
    for (const kind of KINDS) {
      source.addEventListener(kind, (event) => {
        if (event.lastEventId) this.last = event.lastEventId;
        this.listener.event(kind, event.data as string);
      });
    }
  }

  close(): void {
    this.wanted = false;
    clearTimeout(this.timer);
    this.source?.close();
    this.source = null;
    this.listener.connection("resting");
  }
}
