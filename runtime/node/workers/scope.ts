/** Names of the global scope that Workers have and code asks for, though there is nothing to do with most of them. */

/** A class that no code can make one of. */
function unmakable(name: string, base: object = Object): new () => object {
  const made = {
    [name]: class {
      constructor() {
        throw new TypeError("Illegal constructor");
      }
    },
  }[name]!;
  Object.setPrototypeOf(made, base === Object ? Function.prototype : base);
  if (base !== Object) Object.setPrototypeOf(made.prototype, (base as { prototype: object }).prototype);
  Object.defineProperty(made.prototype, Symbol.toStringTag, { value: name, configurable: true });
  return made;
}

/** `PerformanceObserver` of Workers tells of nothing either. */
class PerformanceObserver {
  static readonly supportedEntryTypes: readonly string[] = Object.freeze(["measure", "mark"]);

  constructor(callback: unknown) {
    if (typeof callback !== "function") throw new TypeError("PerformanceObserver needs a callback");
  }

  observe(): void {}
  disconnect(): void {}
  takeRecords(): never[] {
    return [];
  }
}

/** All of them, by name. */
export function scopeNames(global: object): Record<string, unknown> {
  const WorkerGlobalScope = unmakable("WorkerGlobalScope", EventTarget);
  const ServiceWorkerGlobalScope = unmakable("ServiceWorkerGlobalScope", WorkerGlobalScope);
  Object.defineProperty(ServiceWorkerGlobalScope, Symbol.hasInstance, { value: (value: unknown) => value === global });
  const ExtendableEvent = unmakable("ExtendableEvent", Event);
  const events = ["FetchEvent", "ScheduledEvent", "TailEvent", "TraceEvent"];
  return {
    WorkerGlobalScope,
    ServiceWorkerGlobalScope,
    ExtendableEvent,
    ...Object.fromEntries(events.map((name) => [name, unmakable(name, ExtendableEvent)])),
    PerformanceObserver,
    PerformanceObserverEntryList: unmakable("PerformanceObserverEntryList"),
    PerformanceResourceTiming: unmakable("PerformanceResourceTiming", PerformanceEntry),
  };
}
