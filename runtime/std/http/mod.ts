/**
 * A stand-in for `jsr:@std/http`, over web APIs: same names and signatures, only what NANO uses.
 *
 * @module
 */
export * from "./etag.ts";
export * from "./status.ts";
