/** What a call of these modules says that reaches past the isolate, as runtime/protocol/past_isolate.ts has it. */

/** @param module without `node:` @returns a function that refuses to be called, and names itself */
export function refusing(module: string, call: string): () => never {
  return () => {
    throw refusal(module, call);
  };
}

/** The error of such a function, for those that hand errors over. */
export function refusal(module: string, call: string): Error {
  return new Error(`Cannot call node:${module}.${call}: it reaches past the isolate; apps with "compat": "full" may`);
}
