/** Handler attributes of event targets, such as `onmessage`: https://html.spec.whatwg.org/#event-handler-attributes. */
import { defineProperty, targetForget, targetListen } from "./primordials.ts";
import { SafeWeakMap } from "./safe_collections.ts";

/** What such an attribute holds. */
export type EventHandler = ((event: Event) => void) | null;

/** Gives a class of event targets the attribute of a type of event, on its prototype. @boot */
export function defineEventHandler(prototype: EventTarget, type: string): void {
  const handlers = new SafeWeakMap<EventTarget, EventHandler>();
  defineProperty(prototype, `on${type}`, {
    get(this: EventTarget): EventHandler {
      return handlers.get(this) ?? null;
    },
    set(this: EventTarget, value: unknown) {
      const present = handlers.get(this) ?? null;
      if (present !== null) targetForget(this, type, present);
      const next = typeof value === "function" ? value as (event: Event) => void : null;
      handlers.set(this, next);
      if (next !== null) targetListen(this, type, next);
    },
    enumerable: true,
    configurable: true,
  });
}
