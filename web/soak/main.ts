// The page of `leakwatch serve`: all soaks, or the one that its address names.

import { button, h, one } from "../viewer/dom";
import { Theme } from "../viewer/theme";
import { Detail } from "./detail";
import { span } from "./format";
import { Overview } from "./overview";
import { Store } from "./store";
import { isRead } from "./types";

const store = new Store();
const main = one("main");
const spoken = one("spoken");
const connection = one("connection");
let shown: Detail | Overview | null = null;
let shownId: string | null = null;

function announce(text: string): void {
  spoken.textContent = text;
}

// The soak that the address names; the only one when there is one; else none.
function wanted(): string | null {
  const name = decodeURIComponent(location.hash.replace(/^#\/?/, ""));
  if (name) return name;
  return store.soaks.size === 1 && store.complete ? [...store.soaks.keys()][0]! : null;
}

function show(): void {
  const id = wanted();
  const soak = id === null ? undefined : store.soaks.get(id);
  const target = soak && isRead(soak) ? soak.id : null;
  if (shown && target === shownId) return title();
  shown?.destroy();
  shownId = target;
  shown = target !== null ? new Detail(store, target, announce) : new Overview(store);
  const back = target !== null && store.soaks.size > 1 ? [h("nav", {}, h("a", { href: "#/" }, "← All soaks"))] : [];
  const missing = id !== null && !soak ? [h("p", { class: "panel", role: "alert" }, `There is no soak named ${id} here.`)] : [];
  main.replaceChildren(...back, ...missing, shown.element);
  title();
}

function title(): void {
  const soak = shownId === null ? null : store.soaks.get(shownId);
  const leaks = [...store.soaks.values()].filter((each) => isRead(each) && each.verdict.answer === "leak").length;
  document.title = soak && isRead(soak) ? `${soak.verdict.words}: ${soak.id} · leakwatch` : leaks ? `${leaks} leak · leakwatch` : "leakwatch";
}

// Whether what is shown is as of now.
function showConnection(): void {
  const soak = shownId === null ? null : store.soaks.get(shownId);
  const words = { connecting: "connecting", live: "live", lost: "connection lost, trying again", resting: "resting" };
  let text: string = words[store.connection];
  let state: string = store.connection;
  if (store.connection === "live" && soak && isRead(soak)) {
    const age = Date.now() - soak.now_ms;
    if (!soak.watching) {
      text = "not watched any more";
      state = "over";
    } else if (age > Math.max(10_000, 4 * soak.every_ms)) {
      text = `no sample for ${span(age)}`;
      state = "late";
    }
  }
  if (connection.textContent !== text) connection.textContent = text;
  connection.className = state;
}

const theme = new Theme(() => shown?.restyle());
one("theme").replaceWith(button("Theme", () => theme.toggle(), { title: "Light or dark", "aria-label": "Switch between light and dark" }));
store.watch({ soaks: show, soak: show, connection: showConnection, reload: show, rows: () => showConnection() });
addEventListener("hashchange", () => {
  show();
  main.focus();
});
setInterval(showConnection, 1000);
store.start();

declare global {
  interface Window { tidemark: object }
}
window.tidemark = {
  soaks: () => [...store.soaks.values()],
  connection: () => store.connection,
  drawn: () => (shown instanceof Detail ? shown.drawn() : null),
};
