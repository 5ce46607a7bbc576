/** What several commands take. */
import type { ArgumentDoc, OptionDoc } from "./command_doc.ts";

/** The configuration of a command that needs no running NANO. */
export const CONFIG_OPTION: OptionDoc = {
  name: "config",
  value: "FILE",
  summary: "the configuration (nano.json in this folder)",
  completes: "file",
};

/** One line of JSON in the place of texts. */
export const JSON_OPTION: OptionDoc = {
  name: "json",
  value: null,
  summary: "JSON for programs, as the admin API gives it",
};

/** An app that has to be named. */
export const APP: ArgumentDoc = { name: "APP", required: true, completes: "app" };

/** An app that may be named. */
export const SOME_APP: ArgumentDoc = { name: "APP", required: false, completes: "app" };
