"use strict";
// Adds to a page that is complete without it: theme, filters, sorting, hover values.
(() => {
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const one = (selector) => document.querySelector(selector);

  // The theme: the system's, until the reader chooses.
  const theme = one("#theme");
  const stored = (() => { try { return localStorage.getItem("tidemark-theme"); } catch { return null; } })();
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const isDark = () => (document.documentElement.dataset.theme || (dark.matches ? "dark" : "light")) === "dark";
  const label = () => { theme.textContent = isDark() ? "Light" : "Dark"; };
  if (stored === "dark" || stored === "light") document.documentElement.dataset.theme = stored;
  theme.hidden = false;
  theme.setAttribute("aria-label", "Switch between light and dark");
  label();
  dark.addEventListener("change", label);
  theme.addEventListener("click", () => {
    const next = isDark() ? "light" : "dark";
    document.documentElement.dataset.theme = next;
    try { localStorage.setItem("tidemark-theme", next); } catch { /* a file: page may have none */ }
    label();
  });

  // Filters and sorting work on the sites of the findings, not on those they hold.
  const findings = one("#findings > .sites");
  if (findings) {
    const sites = all(":scope > .site", findings).map((element) => ({
      element,
      kind: element.querySelector(".kind").textContent,
      where: element.querySelector(".where").textContent.toLowerCase(),
      text: element.textContent.toLowerCase(),
    }));
    const filter = one("#filter"), kind = one("#kind"), status = one("#status");
    const shown = one("#shown"), expand = one("#expand"), frames = one("#frames");
    const tiles = all(".tiles a");
    one(".tools").hidden = false;

    const offer = (select, key, name) => {
      const values = new Map();
      for (const site of sites) values.set(site.element.dataset[key], name(site));
      for (const [value, text] of values) select.append(new Option(text, value));
      return values.size;
    };
    offer(kind, "kind", (site) => site.kind);
    if (offer(status, "status", (site) => site.element.dataset.status) < 2) one("#status-label").hidden = true;

    const apply = () => {
      const words = filter.value.toLowerCase().split(/\s+/).filter(Boolean);
      let count = 0;
      for (const site of sites) {
        const data = site.element.dataset;
        const fits = (!kind.value || data.kind === kind.value) && (!status.value || data.status === status.value)
          && words.every((word) => site.text.includes(word));
        site.element.hidden = !fits;
        if (fits) ++count;
      }
      shown.textContent = count === sites.length ? `${count} shown` : `${count} of ${sites.length} shown`;
      for (const tile of tiles) {
        if (tile.dataset.kind === kind.value) tile.setAttribute("aria-current", "true");
        else tile.removeAttribute("aria-current");
      }
    };
    filter.addEventListener("input", apply);
    kind.addEventListener("change", apply);
    status.addEventListener("change", apply);
    for (const tile of tiles) {
      tile.addEventListener("click", () => {
        kind.value = kind.value === tile.dataset.kind ? "" : tile.dataset.kind;
        apply();
      });
    }
    apply();

    const numbers = new Set(["bytes", "blocks", "times"]);
    const compare = (key) => (a, b) => {
      if (numbers.has(key)) return Number(b.element.dataset[key]) - Number(a.element.dataset[key]);
      const text = (site) => (key === "where" ? site.where : site.element.dataset[key]);
      return text(a) < text(b) ? -1 : text(a) > text(b) ? 1 : 0;
    };
    const heads = all(".columns button");
    for (const head of heads) {
      head.setAttribute("aria-pressed", "false");
      head.addEventListener("click", () => {
        const again = head.getAttribute("aria-pressed") === "true" && head.dataset.order !== "up";
        for (const other of heads) { other.setAttribute("aria-pressed", "false"); delete other.dataset.order; }
        head.setAttribute("aria-pressed", "true");
        if (again) head.dataset.order = "up";
        sites.sort((a, b) => Number(a.element.dataset.rank) - Number(b.element.dataset.rank));
        sites.sort(compare(head.dataset.sort));
        if (again) sites.reverse();
        for (const site of sites) findings.append(site.element);
      });
    }

    expand.addEventListener("click", () => {
      const open = expand.textContent === "Open all";
      for (const site of sites) if (!site.element.hidden) site.element.open = open;
      expand.textContent = open ? "Close all" : "Open all";
    });
    frames.addEventListener("change", () => {
      for (const fold of all(".folded > details")) fold.open = frames.checked;
    });
    document.addEventListener("keydown", (event) => {
      if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey) return;
      if (/^(INPUT|SELECT|TEXTAREA)$/.test(document.activeElement.tagName)) return;
      event.preventDefault();
      filter.focus();
    });
  } else {
    for (const tools of all(".tools, .columns")) tools.hidden = true;
  }

  // A link to a site opens it, and a print shows everything.
  const openTarget = () => {
    const target = location.hash.length > 1 && document.getElementById(location.hash.slice(1));
    for (let at = target; at; at = at.parentElement) if (at.tagName === "DETAILS") at.open = true;
  };
  addEventListener("hashchange", openTarget);
  openTarget();
  let closed = [];
  addEventListener("beforeprint", () => {
    closed = all(".site:not([open])");
    for (const site of closed) site.open = true;
  });
  addEventListener("afterprint", () => { for (const site of closed) site.open = false; });

  // The points of a chart carry their values as titles; show the nearest of each line.
  for (const chart of all(".chart")) {
    const tip = document.createElement("div");
    tip.className = "tip";
    tip.hidden = true;
    chart.append(tip);
    for (const plot of all(".plot", chart)) {
      const lines = all(".dots", plot).map((dots) => all("circle", dots).map((circle) => ({
        circle, x: Number(circle.getAttribute("cx")), title: circle.querySelector("title").textContent,
      })));
      const clear = () => { tip.hidden = true; for (const near of all(".near", plot)) near.classList.remove("near"); };
      plot.addEventListener("pointerleave", clear);
      plot.addEventListener("pointermove", (event) => {
        clear();
        const box = plot.getBoundingClientRect(), outer = chart.getBoundingClientRect();
        const x = (event.clientX - box.left) / box.width * plot.viewBox.baseVal.width;
        const near = lines.map((line) => line.reduce((a, b) => (Math.abs(b.x - x) < Math.abs(a.x - x) ? b : a)));
        tip.replaceChildren(...near.map((point) => {
          point.circle.classList.add("near");
          const row = document.createElement("div");
          row.textContent = point.title;
          return row;
        }));
        tip.hidden = false;
        const left = event.clientX - outer.left + 14;
        tip.style.left = `${Math.max(4, Math.min(left, outer.width - tip.offsetWidth - 6))}px`;
        tip.style.top = `${Math.max(4, event.clientY - outer.top - tip.offsetHeight - 12)}px`;
      });
    }
  }
})();
