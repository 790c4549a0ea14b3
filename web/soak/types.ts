// What the server sends: docs/formats/serve-json.md.

export interface Estimate { value: number | null; low: number | null; high: number | null }

export type Answer = "leak" | "bounded" | "no_leak" | "not_enough";

export interface Verdict {
  answer: Answer; words: string; text: string; confidence: number; more_h: number;
  growth_per_day: Estimate | null; growth_per_million_requests: Estimate | null;
  hours_to_limit: Estimate | null; onset_ms: number | null; first_alarm_ms: number | null;
  part: string; part_share: number;
  stretch_h?: number; size_bytes?: number; scatter_bytes?: number;
}

export interface Reading { name: string; unit: string; at_ms: number; value: number }
export interface Process { pid: number; name: string; rss: number; anon: number; grown: number; cpu_ms: number; threads: number }
export interface SoakEvent { at_ms: number; kind: string; text: string }

// All but `id` and `problem` is missing while a soak could not be read yet.
export interface Soak {
  id: string; problem: string; sites_ms: number;
  target: string; state: string; watching: boolean; why: string; end: string; host: string;
  started_ms: number; now_ms: number; rows: number; lives: number;
  every_ms: number; for_ms: number; compress: number;
  gate_per_day: number; limit_bytes: number | null;
  verdict: Verdict; now: Reading[]; top: Process[]; events: SoakEvent[]; troubles: string[];
  own: { rss: number; rss_grown: number; cpu_share: number; target_loss: number; bytes_per_row: number };
}
export type Unread = Pick<Soak, "id" | "problem" | "sites_ms">;

// sites.json: docs/formats/sites.md.
export interface Frame { function?: string; file?: string; line?: number; module?: string }
export interface Site {
  trend: string; bytes_per_hour: { value: number; low: number; high: number }; share: number;
  since_ms: number; since_start: boolean; kept: number | null; first_bytes: number; last_bytes: number;
  bytes_per_million_requests?: { value: number; low: number; high: number } | null;
  fate?: string; fate_text?: string; survival?: Survival | null;
  place?: Frame; stack: Frame[]; points: number[][];
}
// The share of a site's blocks that reach an age: [age_s, share, low, high].
export interface Survival { blocks: number; deaths: number; watched_s: number; steps: number[][] }
export interface Sites { schema: string; why?: string; sites_seen: number; growing: number; snapshots_missing: number; false_rate: number; sites: Site[]; snapshots: unknown[] }

export function isRead(soak: Soak | Unread): soak is Soak {
  return "verdict" in soak;
}

export interface Row { t: number; v: Record<string, number> }

export interface HistoryReply {
  from: number; to: number; first: number; last: number;
  series: { name: string; unit: string; t: number[]; low: number[]; high: number[] }[];
}
