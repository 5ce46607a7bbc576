/// <reference lib="dom" />
/** Keeps the page of a fleet's nodes live: nodes tell of themselves every three seconds. */
import { refreshRegions } from "./refresh.ts";

const EVERY_MS = 2000;

setInterval(() => {
  if (document.visibilityState === "visible") refreshRegions(["nodes"]);
}, EVERY_MS);
