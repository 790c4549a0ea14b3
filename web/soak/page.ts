// What is shown: all soaks, or the one that the page's address names.

import { button, h, one } from "../viewer/dom";
import { Theme } from "../viewer/theme";
import { Detail } from "./detail";
import { clock, span } from "./format";
import { Overview } from "./overview";
import { Store } from "./store";
import { Soak, isRead } from "./types";

const CONNECTIONS = { connecting: "connecting", live: "live", lost: "connection lost, trying again", resting: "resting" };

export class Page {
  private readonly store = new Store();
  private readonly main = one("main");
  private readonly connection = one("connection");
  private shown: Detail | Overview | null = null;
  private shownId: string | null = null;

  constructor(script: string) {
    const theme = new Theme(() => this.shown?.restyle());
    one("theme").replaceWith(button("Theme", () => theme.toggle(), { title: "Light or dark", "aria-label": "Switch between light and dark" }));
    const show = (): void => this.show();
    const connection = (): void => this.showConnection();
    this.store.watch({ soaks: show, soak: show, reload: show, connection, rows: connection });
    addEventListener("hashchange", () => {
      this.show();
      this.main.focus();
    });
    setInterval(connection, 1000);
    this.store.start(script);
  }

  // For tests.
  state(): object {
    return {
      soaks: () => [...this.store.soaks.values()],
      connection: () => this.store.connection,
      drawn: () => (this.shown instanceof Detail ? this.shown.drawn() : null),
    };
  }

  // The soak that the address names; the only one when there is one; else none.
  private wanted(): string | null {
    let name = location.hash.replace(/^#\/?/, "");
    try {
      name = decodeURIComponent(name);
    } catch {
      // Then it names nothing.
    }
    if (name) return name;
    return this.store.soaks.size === 1 && this.store.complete ? [...this.store.soaks.keys()][0]! : null;
  }

  private soak(): Soak | null {
    const soak = this.shownId === null ? undefined : this.store.soaks.get(this.shownId);
    return soak && isRead(soak) ? soak : null;
  }

  private show(): void {
    const id = this.wanted();
    const soak = id === null ? undefined : this.store.soaks.get(id);
    const target = soak && isRead(soak) ? soak.id : null;
    if (!this.shown || target !== this.shownId) {
      this.shown?.destroy();
      this.shownId = target;
      this.shown = target !== null ? new Detail(this.store, target, (text) => (one("spoken").textContent = text)) : new Overview(this.store);
      const back = target !== null && this.store.soaks.size > 1 ? [h("nav", {}, h("a", { href: "#/" }, "← All soaks"))] : [];
      const missing = id !== null && !soak ? [h("p", { class: "panel", role: "alert" }, `There is no soak named ${id} here.`)] : [];
      this.main.replaceChildren(...back, ...missing, this.shown.element);
    }
    this.title();
    this.showConnection();
  }

  private title(): void {
    const soak = this.soak();
    const leaks = [...this.store.soaks.values()].filter((each) => isRead(each) && each.verdict.answer === "leak").length;
    document.title = soak ? `${soak.verdict.words}: ${soak.id} · leakwatch` : leaks ? `${leaks} leak · leakwatch` : "leakwatch";
  }

  // Whether what is shown is as of now.
  private showConnection(): void {
    const soak = this.soak();
    let text: string = CONNECTIONS[this.store.connection];
    let state: string = this.store.connection;
    if (state === "live" && soak) {
      const age = Date.now() - soak.now_ms;
      if (!soak.watching) {
        text = "not watched any more";
        state = "over";
      } else if (age > Math.max(10_000, 4 * soak.every_ms)) {
        text = `no sample for ${span(age)}`;
        state = "late";
      } else {
        text = `live, ${clock(soak.now_ms, true)}`;
      }
      this.connection.dataset["at"] = String(soak.now_ms);
    }
    if (this.connection.textContent !== text) this.connection.textContent = text;
    this.connection.className = state;
  }
}
