// The page: reads what it was written with, and starts the viewer.

import { Camera } from "./camera";
import { hashColours, paletteOf } from "./colour";
import { readProfile, Settings } from "./data";
import { h, one } from "./dom";
import { Job } from "./job";
import { Labels } from "./labels";
import { layOut } from "./layout";
import { Pane } from "./pane";
import { totals } from "./tree";

async function start(): Promise<void> {
  const settings = JSON.parse(one("settings").textContent!) as Settings;
  const status = h("p", { role: "status" }, "Reading …");
  const canvas = h("canvas", { tabindex: 0, "aria-label": "Flame graph" });
  document.body.append(h("header", {}, h("h1", {}, settings.title), status), canvas);
  const job = new Job("Reading", (label, share) => { status.textContent = `${label} ${Math.round(share * 100)} %`; });
  const data = one("data");
  const profile = await readProfile(data.textContent!, Number(data.dataset["size"]), job);
  const total = totals(profile.tree, profile.tree.self[profile.defaultValue]!);
  const boxes = await layOut(profile.tree, total, "name", job);
  const palette = paletteOf("hash", matchMedia("(prefers-color-scheme: dark)").matches);
  const colours = hashColours(profile.frames);
  const labels = new Labels(profile.frames);
  const pane = new Pane(canvas, new Camera(), {
    look: () => ({ palette, colour: (box) => colours.of[boxes.frame[box]!]!, matches: null, zoomed: -1, labels, rootLabel: "all" }),
    focused: () => {}, hovered: () => {}, chosen: (own, box) => own.zoomTo(box),
  });
  pane.camera.reset(boxes.from, boxes.to);
  pane.show(boxes, false);
  status.textContent = settings.subtitle;
}

void start();
