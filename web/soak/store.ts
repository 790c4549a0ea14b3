// What the page knows: all soaks as they were sent last, and who wants to hear of changes.

import { Live } from "./live";
import { Connection } from "./stream";
import { Row, Soak, Unread, isRead } from "./types";

export interface Watcher {
  soaks?(): void;                      // which there are
  soak?(id: string): void;             // one changed
  rows?(id: string, rows: Row[]): void;
  reload?(id: string): void;           // its history is another one
  connection?(): void;
}

export class Store {
  readonly soaks = new Map<string, Soak | Unread>();
  connection: Connection = "connecting";
  complete = false;
  version = "";
  private readonly watchers = new Set<Watcher>();

  // `script`: the address of this program, for the worker.
  start(script: string): void {
    new Live({
      event: (kind, data) => this.take(kind, JSON.parse(data)),
      connection: (state) => {
        this.connection = state;
        this.tell((watcher) => watcher.connection?.());
      },
    }, script);
  }

  // Gives what ends it.
  watch(watcher: Watcher): () => void {
    this.watchers.add(watcher);
    return () => this.watchers.delete(watcher);
  }

  private tell(what: (watcher: Watcher) => void): void {
    for (const watcher of [...this.watchers]) what(watcher);
  }

  private take(kind: string, data: any): void {
    if (kind === "hello") {
      this.soaks.clear();
      for (const soak of data.soaks as Soak[]) this.soaks.set(soak.id, soak);
      this.complete = data.complete;
      this.version = data.tidemark;
      this.tell((watcher) => watcher.soaks?.());
      for (const id of this.soaks.keys()) this.tell((watcher) => watcher.reload?.(id));
    } else if (kind === "soak") {
      const fresh = !this.soaks.has(data.id);
      this.soaks.set(data.id, data);
      this.tell((watcher) => (fresh ? watcher.soaks?.() : watcher.soak?.(data.id)));
    } else if (kind === "rows") {
      this.takeRows(data.soak, data.rows);
    } else if (kind === "reload") {
      this.tell((watcher) => watcher.reload?.(data.soak));
    }
  }

  private takeRows(id: string, rows: Row[]): void {
    const soak = this.soaks.get(id);
    if (soak && isRead(soak)) {
      for (const row of rows) {
        soak.now_ms = Math.max(soak.now_ms, row.t);
        soak.rows += 1;
        for (const reading of soak.now) {
          const value = row.v[reading.name];
          if (value === undefined) continue;
          reading.value = value;
          reading.at_ms = row.t;
        }
      }
    }
    this.tell((watcher) => watcher.rows?.(id, rows));
  }
}

export function value(soak: Soak, name: string): number | null {
  return soak.now.find((reading) => reading.name === name)?.value ?? null;
}

// What is judged: memory that a leak would be in.
export function judged(soak: Soak): number | null {
  const anon = value(soak, "anon");
  return anon === null ? value(soak, "rss") : anon + (value(soak, "swap") ?? 0);
}
