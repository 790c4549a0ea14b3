// The page: reads what it was written with, and starts the viewer.

import { App } from "./app";
import { Settings, readProfile } from "./data";
import { h, one } from "./dom";
import { Job } from "./job";
import { watch } from "./watch";

async function start(): Promise<void> {
  const settings = JSON.parse(one("settings").textContent!) as Settings;
  const bar = h("i");
  const loading = h("div", { class: "loading", role: "status" }, h("h1", {}, settings.title), h("p", {}, "Unpacking the profile"), h("span", {}, bar));
  document.body.append(loading);
  const job = new Job("Unpacking the profile", (_, share) => (bar.style.width = `${Math.round(share * 100)}%`));
  await job.rest(0); // something is on the screen first
  const data = one("data");
  try {
    const profile = await readProfile(data.textContent!, Number(data.dataset["size"]), job);
    data.remove();
    const app = new App(profile, settings);
    loading.remove();
    watch(app);
    await app.run();
  } catch (problem) {
    loading.classList.add("failed");
    loading.replaceChildren(h("h1", {}, "This page cannot show its profile"), h("p", {}, String(problem)));
    throw problem;
  }
}

void start();
