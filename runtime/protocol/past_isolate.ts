/** What a call says that reaches past the isolate; runtime/node/past_isolate.ts says it in the apps' realm. */

/** @param call as the app wrote it: `process.chdir`, `node:v8.setFlagsFromString` */
export function pastIsolate(call: string): string {
  return `Cannot call ${call}: it reaches past the isolate; apps with "compat": "full" may`;
}
