/** `navigator` and its interface: the product that runs the app, and nothing of the host. */
import { defineGlobal, defineProperty, NativeTypeError } from "../../protocol/primordials.ts";

/** Installs both. https://html.spec.whatwg.org/#the-navigator-object @boot */
export function installNavigator(userAgent: string): void {
  const token = Symbol();
  const languages = Object.freeze(["en-US"]);
  class Navigator {
    readonly #genuine = true;

    constructor() {
      if (arguments[0] !== token) throw new NativeTypeError("Illegal constructor");
    }

    #read<Value>(value: Value): Value {
      // Throws for what is no Navigator.
      if (!this.#genuine) throw new NativeTypeError("Illegal invocation");
      return value;
    }

    get userAgent(): string {
      return this.#read(userAgent);
    }

    get language(): string {
      return this.#read("en-US");
    }

    get languages(): readonly string[] {
      return this.#read(languages);
    }

    /** An isolate has one thread. */
    get hardwareConcurrency(): number {
      return this.#read(1);
    }
  }
  for (const name of ["userAgent", "language", "languages", "hardwareConcurrency"]) {
    defineProperty(Navigator.prototype, name, { enumerable: true });
  }
  defineProperty(Navigator.prototype, Symbol.toStringTag, { value: "Navigator", configurable: true });
  defineProperty(globalThis, "Navigator", { value: Navigator, writable: true, configurable: true, enumerable: false });
  const navigator = Reflect.construct(Navigator, [token]);
  defineProperty(globalThis, "navigator", {
    get: () => navigator,
    set(value: unknown) {
      defineGlobal("navigator", value, true);
    },
    enumerable: true,
    configurable: true,
  });
}
