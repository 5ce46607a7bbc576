/** Takes the wrapper of amdefine from packages of old: inside it, no bundler sees what they require. */

const MAKER = /\brequire\(\s*["']amdefine["']\s*\)\(\s*module\s*(?:,\s*require\s*)?\)/;
const WRAPPED = /\bdefine\(\s*function\s*\(\s*require\s*(?:,\s*exports\s*(?:,\s*module\s*)?)?\)/;

/** The text with `define(function (require, exports, module) { … })` as a call with the module's own names. */
export function withoutAmdWrapper(text: string): string {
  if (!MAKER.test(text)) return text;
  return text.replace(MAKER, "function (run) { run(); }").replace(WRAPPED, "define(function ()");
}
