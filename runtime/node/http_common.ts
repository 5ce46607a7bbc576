/** `_http_common`, an old part of Node's HTTP: what tests' interceptors import of it. */
import http from "./http.ts";

export const methods: readonly string[] = http.METHODS;
export const CRLF = "\r\n";
export const continueExpression = /(?:^|\W)100-continue(?:$|\W)/i;
export const chunkExpression = /(?:^|\W)chunked(?:$|\W)/i;

/** Whether it may stand as the name of a header. */
export const _checkIsHttpToken = (text: string): boolean => /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/.test(text);

/** Whether there is a character in it that no header may hold. */
export const _checkInvalidHeaderChar = (text: string): boolean => /[^\t\x20-\x7e\x80-\xff]/.test(text);

/** Of Node's own machine code. */
export class HTTPParser {
  static readonly REQUEST = 1;
  static readonly RESPONSE = 2;
  constructor() {
    throw new Error("Cannot call node:_http_common.HTTPParser: an isolate has no parser of its own");
  }
}

export default {
  ...{ methods, CRLF, continueExpression, chunkExpression, _checkIsHttpToken, _checkInvalidHeaderChar, HTTPParser },
};
