// The events that a page gets, while it is seen: over the worker that it shares with the
// others of its browser, or, where there are no such workers, by itself.

import { FromHub, ToHub } from "./hub";
import { Listener, Stream } from "./stream";

const HIDDEN_MS = 2_000;

interface Source { open(): void; close(): void }

export class Live {
  private source: Source;
  private timer = 0;

  constructor(private readonly listener: Listener, script: string) {
    this.source = typeof SharedWorker === "undefined" ? new Stream(listener) : this.shared(script);
    document.addEventListener("visibilitychange", () => this.seen());
    addEventListener("pagehide", () => this.source.close());
    addEventListener("pageshow", (event) => event.persisted && this.source.open());
    this.source.open();
    this.seen();
  }

  private seen(): void {
    clearTimeout(this.timer);
    if (document.hidden) this.timer = window.setTimeout(() => this.source.close(), HIDDEN_MS);
    else this.source.open();
  }

  private shared(script: string): Source {
    const worker = new SharedWorker(script, "soaks");
    let open = false;
    worker.port.onmessage = (message: MessageEvent<FromHub>) => {
      if (!open) return;
      if ("connection" in message.data) this.listener.connection(message.data.connection);
      else this.listener.event(message.data.kind, message.data.data);
    };
    worker.onerror = () => {
      this.source = new Stream(this.listener);
      this.seen();
    };
    const say = (what: ToHub): void => worker.port.postMessage(what);
    return {
      open: () => {
        if (!open) say("join");
        open = true;
      },
      close: () => {
        if (open) say("leave");
        open = false;
        this.listener.connection("resting");
      },
    };
  }
}
