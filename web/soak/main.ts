// The program of `leakwatch serve`, in a page, and in the worker that its pages share.

import { serveHub } from "./hub";
import { Page } from "./page";

declare global {
  interface Window { tidemark: object }
}

if (typeof document === "undefined") {
  serveHub(self as unknown as Parameters<typeof serveHub>[0]);
} else {
  window.tidemark = new Page((document.currentScript as HTMLScriptElement).src).state();
}
