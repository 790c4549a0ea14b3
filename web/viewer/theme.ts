// Light or dark: the system's, until the reader chooses.

const KEY = "tidemark-theme";

export class Theme {
  private readonly system = matchMedia("(prefers-color-scheme: dark)");

  constructor(private readonly changed: () => void) {
    const stored = this.stored();
    if (stored === "dark" || stored === "light") document.documentElement.dataset["theme"] = stored;
    this.system.addEventListener("change", () => changed());
  }

  // A file: page may have no storage.
  private stored(): string | null {
    try {
      return localStorage.getItem(KEY);
    } catch {
      return null;
    }
  }

  get dark(): boolean {
    const chosen = document.documentElement.dataset["theme"];
    return chosen ? chosen === "dark" : this.system.matches;
  }

  toggle(): void {
    const next = this.dark ? "light" : "dark";
    document.documentElement.dataset["theme"] = next;
    try {
      localStorage.setItem(KEY, next);
    } catch {
      // Then it is chosen for this page only.
    }
    this.changed();
  }
}
