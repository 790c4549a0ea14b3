// A worker that all pages of one browser share: a browser has six connections for a site,
// and a stream takes one for as long as it is open.

import { Connection, Stream } from "./stream";

export type FromHub = { kind: string; data: string } | { connection: Connection };
export type ToHub = "join" | "leave";

interface Scope { onconnect: ((event: MessageEvent) => void) | null }

// What a page that joins has to know.
class Known {
  private rest: object | null = null;
  private readonly soaks = new Map<string, object>();

  take(kind: string, data: string): void {
    if (kind === "hello") {
      const { soaks, ...rest } = JSON.parse(data) as { soaks: { id: string }[] };
      this.rest = rest;
      this.soaks.clear();
      for (const soak of soaks) this.soaks.set(soak.id, soak);
    } else if (kind === "soak") {
      const soak = JSON.parse(data) as { id: string };
      this.soaks.set(soak.id, soak);
    }
  }

  hello(): string | null {
    return this.rest && JSON.stringify({ ...this.rest, soaks: [...this.soaks.values()] });
  }
}

export function serveHub(scope: Scope): void {
  const ports = new Set<MessagePort>();
  const known = new Known();
  let connection: Connection = "resting";
  const tell = (message: FromHub): void => ports.forEach((port) => port.postMessage(message));
  const stream = new Stream({
    event(kind, data) {
      known.take(kind, data);
      tell({ kind, data });
    },
    connection(state) {
      connection = state;
      tell({ connection });
    },
  });
  scope.onconnect = (event) => {
    const port = event.ports[0]!;
    port.onmessage = (message: MessageEvent<ToHub>) => {
      if (message.data === "leave") {
        ports.delete(port);
        if (ports.size === 0) stream.close();
        return;
      }
      ports.add(port);
      const hello = known.hello();
      if (hello) port.postMessage({ kind: "hello", data: hello } satisfies FromHub);
      port.postMessage({ connection } satisfies FromHub);
      stream.open();
    };
  };
}
