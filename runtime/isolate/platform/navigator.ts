/** `navigator` and its interface: the product that runs the app, and nothing of the host. */

const { defineProperty } = Object;

/** Installs both. https://html.spec.whatwg.org/#the-navigator-object */
export function installNavigator(nanoVersion: string): void {
  const token = Symbol();
  const userAgent = `NANO/${nanoVersion}`;
  const languages = Object.freeze(["en-US"]);
  class Navigator {
    readonly #genuine = true;

    constructor() {
      if (arguments[0] !== token) throw new TypeError("Illegal constructor");
    }

    #read<Value>(value: Value): Value {
      // Throws for what is no Navigator.
      if (!this.#genuine) throw new TypeError("Illegal invocation");
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
      defineProperty(globalThis, "navigator", { value, writable: true, configurable: true, enumerable: true });
    },
    enumerable: true,
    configurable: true,
  });
}
