// Which allocation sites grow, when the soak looks at them.

import { h } from "../viewer/dom";
import { bytes, percent, signed } from "./format";
import { survivalChart } from "./survival";
import { Frame, Site, Sites, Soak } from "./types";

const SCHEMA = "tidemark.sites/1";
const MOST = 20;

function name(frame: Frame | undefined): string {
  return frame?.function || frame?.module || "?";
}

function where(frame: Frame | undefined): string {
  if (!frame?.file) return frame?.module ?? "";
  const file = frame.file.split("/").pop()!;
  return frame.line ? `${file}:${frame.line}` : file;
}

export class SitesPanel {
  readonly element = h("div", {});
  private shownMs = 0;

  constructor(private readonly id: string) {}

  async show(soak: Soak): Promise<void> {
    if (soak.sites_ms === this.shownMs) return;
    this.shownMs = soak.sites_ms;
    if (!soak.sites_ms) return this.element.replaceChildren();
    try {
      const reply = await fetch(`api/soaks/${encodeURIComponent(this.id)}/sites`);
      if (!reply.ok) throw new Error(await reply.text());
      this.draw((await reply.json()) as Sites);
    } catch (problem) {
      this.draw(null, String(problem));
    }
  }

  private draw(sites: Sites | null, problem = ""): void {
    if (sites && sites.schema !== SCHEMA) problem = `sites.json is ${sites.schema}; this page knows ${SCHEMA}`;
    const body = problem ? [h("p", { class: "hint" }, problem)] : this.table(sites!);
    this.element.replaceChildren(h("section", { class: "panel sites" }, h("h2", {}, "Allocation sites that grow"), ...body));
  }

  private table(sites: Sites): HTMLElement[] {
    const shown = sites.sites.filter((site) => site.trend !== "too-few" && site.trend !== "unclear").slice(0, MOST);
    const known = shown.some((site) => site.survival);
    const about = sites.snapshots_missing > 0
      ? `${sites.snapshots_missing} more heap profiles are needed before any site is judged.`
      : `${sites.growing} of ${sites.sites_seen} sites grow; about ${percent(sites.false_rate)} of those named may be chance.`;
    const heads = ["Site", "Grows an hour", "Share", "In use", known ? "Blocks that live, by age" : "Kept"];
    const why = sites.why ? [h("p", { class: "why" }, sites.why)] : [];
    return [...why, h("p", { class: "hint" }, about), ...(shown.length === 0 ? [] : [h("div", { class: "scroll" }, h("table", {},
      h("thead", {}, h("tr", {}, ...heads.map((head) => h("th", { scope: "col" }, head)))),
      h("tbody", {}, ...shown.map((site) => this.row(site, known)))))])];
  }

  private row(site: Site, known: boolean): HTMLElement {
    const rate = site.bytes_per_hour;
    const stack = h("details", {}, h("summary", {}, h("b", {}, name(site.place)), " ", h("small", {}, where(site.place))),
      h("ol", {}, ...site.stack.map((frame) => h("li", {}, name(frame), " ", h("small", {}, where(frame))))));
    const requests = site.bytes_per_million_requests;
    const grows: (string | Element)[] = [signed(rate.value), " ", h("small", {}, `${signed(rate.low)} to ${signed(rate.high)}`)];
    if (requests) grows.push(h("br", {}), h("small", {}, `${signed(requests.value)} a million requests`));
    const last: (string | Element)[] = known ? this.fate(site) : [site.kept === null ? "" : percent(site.kept)];
    const cells: (string | Element)[][] = [
      [stack], site.trend === "grows" ? grows : [h("small", {}, site.trend === "fills" ? "fills up" : "steady")],
      [percent(site.share)], [bytes(site.last_bytes)], last,
    ];
    return h("tr", { class: site.trend }, ...cells.map((cell) => h("td", {}, ...cell)));
  }

  private fate(site: Site): Element[] {
    if (!site.survival) return [];
    return [h("div", { class: `fate ${site.fate ?? ""}` }, survivalChart(site.survival), h("small", {}, site.fate_text ?? ""))];
  }
}
