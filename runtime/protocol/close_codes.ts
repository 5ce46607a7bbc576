/** Codes by which a WebSocket is closed (RFC 6455, 7.4). */

/** Stands for a close without a code, and is in no frame. */
export const NO_CODE = 1005;

/** What the WebSocket of a host closes with: https://websockets.spec.whatwg.org/#dom-websocket-close. */
export function isStandardCode(code: number): boolean {
  return code === 1000 || (code >= 3000 && code <= 4999);
}

/** What an app may close its WebSocket with: those, and two that servers have a use for. */
export function isClientsCode(code: number): boolean {
  return isStandardCode(code) || code === 1001 || code === 1011;
}

/** What Workers close an end of a pair with: all but those that no frame may carry (RFC 6455, 7.4.1). */
export function isServersCode(code: number): boolean {
  return code >= 1000 && code <= 4999 && !(code >= 1004 && code <= 1006) && code !== 1015;
}
