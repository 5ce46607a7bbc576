/** What Node takes for the name and the value of a header. */
import { codedError } from "./coded_error.ts";

/** RFC 9110, 5.6.2 */
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
/** A value is Latin-1 without controls, but for the tab. */
const NO_VALUE = /[^\t\x20-\x7e\x80-\xff]/;

/** @throws {TypeError} ERR_INVALID_HTTP_TOKEN */
export function validateHeaderName(name: unknown, label = "Header name"): void {
  if (typeof name === "string" && TOKEN.test(name)) return;
  throw codedError("ERR_INVALID_HTTP_TOKEN", `${label} must be a valid HTTP token ["${String(name)}"]`, {
    kind: TypeError,
  });
}

/** @throws {TypeError} ERR_HTTP_INVALID_HEADER_VALUE or ERR_INVALID_CHAR */
export function validateHeaderValue(name: string, value: unknown): void {
  if (value === undefined) {
    throw codedError("ERR_HTTP_INVALID_HEADER_VALUE", `Invalid value "${value}" for header "${name}"`, {
      kind: TypeError,
    });
  }
  if (NO_VALUE.test(String(value))) {
    throw codedError("ERR_INVALID_CHAR", `Invalid character in header content ["${name}"]`, { kind: TypeError });
  }
}
