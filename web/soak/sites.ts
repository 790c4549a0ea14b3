// Which allocation sites grow, when the soak looks at them.

import { h } from "../viewer/dom";
import { bytes, percent, signed } from "./format";
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
    const shown = sites.sites.filter((site) => site.trend === "grows" || site.trend === "fills").slice(0, MOST);
    const about = sites.snapshots_missing > 0
      ? `${sites.snapshots_missing} more heap profiles are needed before any site is judged.`
      : `${sites.growing} of ${sites.sites_seen} sites grow; about ${percent(sites.false_rate)} of those named may be chance.`;
    const heads = ["Site", "Grows an hour", "Share", "In use", "Kept"];
    return [h("p", { class: "hint" }, about), ...(shown.length === 0 ? [] : [h("div", { class: "scroll" }, h("table", {},
      h("thead", {}, h("tr", {}, ...heads.map((head) => h("th", { scope: "col" }, head)))),
      h("tbody", {}, ...shown.map((site) => this.row(site)))))])];
  }

  private row(site: Site): HTMLElement {
    const rate = site.bytes_per_hour;
    const stack = h("details", {}, h("summary", {}, h("b", {}, name(site.place)), " ", h("small", {}, where(site.place))),
      h("ol", {}, ...site.stack.map((frame) => h("li", {}, name(frame), " ", h("small", {}, where(frame))))));
    const cells: (string | HTMLElement)[][] = [
      [stack], site.trend === "grows" ? [signed(rate.value), " ", h("small", {}, `${signed(rate.low)} to ${signed(rate.high)}`)] : [h("small", {}, "fills up")],
      [percent(site.share)], [bytes(site.last_bytes)], [site.kept === null ? "" : percent(site.kept)],
    ];
    return h("tr", { class: site.trend }, ...cells.map((cell) => h("td", {}, ...cell)));
  }
}
