// A soak in words and tables: the verdict first, then what it rests on.

import { h } from "../viewer/dom";
import { bytes, count, hours, moment, percent, signed, span } from "./format";
import { judged, value } from "./store";
import { Estimate, Soak, SoakEvent } from "./types";

export const HEADLINES = {
  leak: "It leaks", bounded: "It grew, and stopped", no_leak: "No leak", not_enough: "Not enough data yet",
} as const;

// The sentence without the words that the headline says already.
export function sentence(soak: Soak): string {
  const text = soak.verdict.text;
  const rest = text.startsWith(soak.verdict.words + ": ") ? text.slice(soak.verdict.words.length + 2) : text;
  return rest ? rest[0]!.toUpperCase() + rest.slice(1) + "." : "";
}

export function chip(soak: Soak): HTMLElement {
  return h("span", { class: `chip ${soak.verdict.answer}` }, soak.verdict.words);
}

// A number, then its bounds.
function interval(estimate: Estimate, text: (value: number) => string): (string | HTMLElement)[] {
  if (estimate.value === null) return ["never"];
  const low = estimate.low === null ? "?" : text(estimate.low);
  const high = estimate.high === null ? "never" : text(estimate.high);
  return [text(estimate.value), " ", h("small", {}, `${low} to ${high}`)];
}

// For a card: without the bounds.
export function shortGrowth(soak: Soak): string {
  const day = soak.verdict.growth_per_day;
  return !day || day.value === null ? "growth not known yet" : `${signed(day.value)} in 24 h`;
}

function growth(soak: Soak): (string | HTMLElement)[] {
  const day = soak.verdict.growth_per_day;
  if (!day || day.value === null) return ["not known yet"];
  return interval(day, signed);
}

function fact(name: string, text: string | (string | HTMLElement)[], title = ""): HTMLElement {
  return h("div", { title: title || null }, h("dt", {}, name), h("dd", {}, ...(typeof text === "string" ? [text] : text)));
}

export function facts(soak: Soak): HTMLElement[] {
  const { verdict } = soak;
  const memory = judged(soak);
  const requests = value(soak, "requests");
  const out = [
    fact("Memory now", memory === null ? "nothing alive" : bytes(memory), "anonymous and swapped memory, which is what is judged"),
    fact("Growth in 24 h", growth(soak), "with its 95 % interval"),
    fact("Tolerated", `${bytes(soak.gate_per_day)} in 24 h`),
    fact("P(leak)", verdict.growth_per_day ? percent(verdict.confidence) : "not known yet", "probability that growth exceeds what is tolerated"),
    fact("Watched for", span(soak.now_ms - soak.started_ms) + (soak.for_ms ? ` of ${span(soak.for_ms)}` : "")),
  ];
  if (verdict.growth_per_million_requests) out.push(fact("Per million requests", interval(verdict.growth_per_million_requests, signed)));
  if (requests !== null) out.push(fact("Requests", count(requests)));
  if (verdict.hours_to_limit) out.push(fact("Limit reached in", interval(verdict.hours_to_limit, hours)));
  if (soak.lives > 1) out.push(fact("Restarts", String(soak.lives - 1)));
  if (soak.compress !== 1) out.push(fact("Compressed", `1 s counts as ${soak.compress} s`));
  return out;
}

function table(caption: string, heads: string[], rows: (string | HTMLElement)[][]): HTMLElement {
  return h("section", { class: "panel" }, h("h2", {}, caption), h("div", { class: "scroll" },
    h("table", {}, h("thead", {}, h("tr", {}, ...heads.map((head) => h("th", { scope: "col" }, head)))),
      h("tbody", {}, ...rows.map((row) => h("tr", {}, ...row.map((cell) => h("td", {}, cell))))))));
}

export function processes(soak: Soak): HTMLElement | null {
  if (soak.top.length === 0) return null;
  return table("Largest processes", ["Process", "Resident", "Anonymous", "Grown", "Threads", "CPU"], soak.top.slice(0, 8).map((each) => [
    h("span", { class: "process" }, h("b", {}, each.name || "?"), " ", h("small", {}, String(each.pid))),
    bytes(each.rss), bytes(each.anon), signed(each.grown), String(each.threads), span(each.cpu_ms),
  ]));
}

const KINDS: Record<string, string> = {
  life: "started", down: "down", gap: "not watched", suspend: "machine slept", clock: "clock set",
  alarm: "alarm", evidence: "evidence", sites: "sites", trouble: "trouble",
};

export function happened(soak: Soak): HTMLElement | null {
  const events: SoakEvent[] = [...soak.events].reverse().slice(0, 30);
  if (events.length === 0) return null;
  return table("What happened", ["When", "What", ""], events.map((event) => [
    h("time", { datetime: new Date(event.at_ms).toISOString() }, moment(event.at_ms)),
    h("span", { class: `kind ${event.kind}` }, KINDS[event.kind] ?? event.kind), event.text,
  ]));
}

const PARTS: [name: string, label: string][] = [
  ["heap", "Heap (brk)"], ["anon_maps", "Arenas and large blocks"], ["stacks", "Stacks"], ["anon", "All anonymous"],
  ["swap", "Swapped out"], ["file", "Pages of files"], ["shared", "Shared memory"], ["page_tables", "Page tables"],
  ["rss", "Resident"], ["pss", "Proportional share"], ["cgroup_current", "Cgroup"],
];

export function parts(soak: Soak): HTMLElement | null {
  const known = PARTS.flatMap(([name, label]) => {
    const size = value(soak, name);
    return size ? [{ label, size }] : [];
  });
  if (known.length === 0) return null;
  const most = Math.max(...known.map((part) => part.size), 1);
  return h("section", { class: "panel" }, h("h2", {}, "Where the memory is"), h("ul", { class: "bars" },
    ...known.map(({ label, size }) => {
      const bar = h("i", {});
      bar.style.width = `${(100 * size) / most}%`;
      return h("li", {}, h("span", {}, label), h("b", {}, bytes(size)), bar);
    })));
}

export function cost(soak: Soak): HTMLElement {
  const { own } = soak;
  const text = [
    `leakwatch itself: ${bytes(own.rss)} (${signed(own.rss_grown)} since it settled)`,
    `${percent(own.cpu_share)} of a core`, `the target lost at most ${percent(own.target_loss)}`,
    `${count(Math.round(own.bytes_per_row))} bytes a row, ${count(soak.rows)} rows`,
  ];
  return h("p", { class: "cost" }, text.join(" · "));
}
