/** Servers of Deno's own `node:http`, as an app with `"compat": "full"` has it: they listen at NANO's door. */
import http from "node:http";
import https from "node:https";
import { parseListen, takePort } from "./http/listening.ts";
import { answerNatively } from "./http/native_answer.ts";
import type { Sockets } from "./http/native_upgrade.ts";

/** What is used of a server. */
interface NativeServer extends http.Server {
  /** How it is bound to a port of NANO's, while it is. */
  [BOUND]?: { readonly port: number; readonly host: string | undefined; readonly release: () => void };
}

const BOUND = Symbol("nano.bound");

/** Has all servers that the app makes from now on listen at NANO's door. @param sockets NANO's WebSockets */
export function install(sockets: Sockets): void {
  for (const { prototype } of [http.Server, https.Server]) takeOver(prototype, sockets);
}

function takeOver(prototype: http.Server | https.Server, sockets: Sockets): void {
  const { address, close } = prototype;
  define(prototype, "listen", function listen(this: NativeServer, ...given: unknown[]) {
    const { port, host, done } = parseListen(given);
    if (done !== undefined) this.once("listening", done);
    const door = { _answer: (request: Request, info: object) => answerNatively(this, request, { ...info, sockets }) };
    const taken = takePort(door, { port, host });
    if (taken instanceof Error) {
      process.nextTick(() => this.emit("error", taken));
      return this;
    }
    this[BOUND] = { port: taken.port, host, release: taken.release };
    define(this, "listening", true);
    process.nextTick(() => {
      if (this[BOUND] !== undefined) this.emit("listening");
    });
    return this;
  });
  define(prototype, "address", function (this: NativeServer) {
    const bound = this[BOUND];
    if (bound === undefined) return address.call(this);
    const shown = bound.host === undefined || bound.host === "localhost" ? "::" : bound.host;
    return { address: shown, family: shown.includes(":") ? "IPv6" : "IPv4", port: bound.port };
  });
  define(prototype, "close", function (this: NativeServer, done?: (error?: Error) => void) {
    const bound = this[BOUND];
    if (bound === undefined) return close.call(this, done);
    delete this[BOUND];
    define(this, "listening", false);
    bound.release();
    if (done !== undefined) this.once("close", () => done());
    process.nextTick(() => this.emit("close"));
    return this;
  });
}

function define(target: object, name: string, value: unknown): void {
  Object.defineProperty(target, name, { value, writable: true, configurable: true, enumerable: true });
}
