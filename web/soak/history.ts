// A part of a soak's history as a chart needs it: fetched in as few points as the chart
// has columns, then extended by every row that comes.

import { HistoryReply, Row } from "./types";

export interface Curve { unit: string; t: number[]; low: number[]; high: number[] }

function summed(steps: number[]): number[] {
  let sum = 0;
  return steps.map((step) => (sum += step));
}

export class History {
  readonly curves = new Map<string, Curve>();
  first = 0; // of the whole soak
  last = 0;
  fresh = 0; // rows since the fetch

  static async fetch(id: string, columns: number, from?: number, to?: number, signal?: AbortSignal): Promise<History> {
    const query = new URLSearchParams({ columns: String(Math.round(columns)) });
    if (from !== undefined) query.set("from", String(Math.round(from)));
    if (to !== undefined) query.set("to", String(Math.round(to)));
    const reply = await fetch(`api/soaks/${encodeURIComponent(id)}/history?${query}`, { signal: signal ?? null });
    if (!reply.ok) throw new Error(`${reply.status}: ${await reply.text()}`);
    const data = (await reply.json()) as HistoryReply;
    const history = new History();
    history.first = data.first;
    history.last = data.last;
    for (const series of data.series) {
      history.curves.set(series.name, {
        unit: series.unit, t: summed(series.t), low: summed(series.low), high: summed(series.high),
      });
    }
    return history;
  }

  // A row that was fetched already changes nothing.
  add(row: Row): void {
    for (const [name, value] of Object.entries(row.v)) {
      let curve = this.curves.get(name);
      if (!curve) this.curves.set(name, (curve = { unit: "", t: [], low: [], high: [] }));
      if (curve.t.length && curve.t[curve.t.length - 1]! >= row.t) continue;
      curve.t.push(row.t);
      curve.low.push(value);
      curve.high.push(value);
    }
    this.last = Math.max(this.last, row.t);
    this.fresh += 1;
  }

  curve(name: string): Curve | undefined {
    const found = this.curves.get(name);
    return found && found.t.length ? found : undefined;
  }

  // What is judged: anonymous memory and swap, which are in the same rows.
  judged(): Curve | undefined {
    const anon = this.curve("anon");
    const swap = this.curve("swap");
    if (!anon || !swap || !swap.high.some((value) => value > 0)) return anon ?? this.curve("rss");
    const at = new Map(swap.t.map((time, i) => [time, i]));
    const plus = (mine: number[], theirs: number[]): number[] =>
      mine.map((value, i) => value + (theirs[at.get(anon.t[i]!) ?? -1] ?? 0));
    return { unit: anon.unit, t: anon.t, low: plus(anon.low, swap.low), high: plus(anon.high, swap.high) };
  }

  // A counter's steps per second: of requests, or of milliseconds on a CPU.
  static rate(curve: Curve, scale = 1): Curve {
    const rate: Curve = { unit: "", t: [], low: [], high: [] };
    for (let i = 1; i < curve.t.length; i++) {
      const grown = curve.high[i]! - curve.high[i - 1]!;
      const seconds = (curve.t[i]! - curve.t[i - 1]!) / 1000;
      if (grown < 0 || seconds <= 0) continue; // it started from 0 again
      rate.t.push(curve.t[i]!);
      rate.low.push((grown * scale) / seconds);
      rate.high.push((grown * scale) / seconds);
    }
    return rate;
  }
}
