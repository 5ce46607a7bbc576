/** The app's `process` as the emitter that Node has: events of the app's own, and the errors that nobody catches. */
import { EventEmitter } from "node:events";

type Callable = (...given: unknown[]) => unknown;

const { apply } = Reflect;
const { create, setPrototypeOf } = Object;
const { emit, listenerCount } = EventEmitter.prototype as unknown as { emit: Callable; listenerCount: Callable };
const { preventDefault } = Event.prototype as unknown as { preventDefault: Callable };
const NativeErrorEvent = ErrorEvent;
const NativePromiseRejectionEvent = PromiseRejectionEvent;

/** What there are events of; signals, `exit` and `beforeExit` never come, as NANO ends an isolate without asking it. */
const UNCAUGHT = "uncaughtException";
const UNHANDLED = "unhandledRejection";

/**
 * Gives an object the methods of an emitter, and its listeners of `uncaughtException` and `unhandledRejection` what
 * nobody has caught; what one of them heard does not go to the log, as in Node it does not end the process.
 * @boot
 */
export function installProcessEvents(app: object): EventEmitter {
  setPrototypeOf(app, create(EventEmitter.prototype));
  apply(EventEmitter as unknown as Callable, app, []);
  const heard = (given: [name: string, ...unknown[]]) =>
    (apply(listenerCount, app, [given[0]]) as number) > 0 && apply(emit, app, given) as boolean;
  addEventListener("error", (event) => {
    if (event instanceof NativeErrorEvent && heard([UNCAUGHT, event.error, UNCAUGHT])) apply(preventDefault, event, []);
  });
  addEventListener("unhandledrejection", (event) => {
    if (!(event instanceof NativePromiseRejectionEvent)) return;
    const { reason, promise } = event;
    if (heard([UNHANDLED, reason, promise]) || heard([UNCAUGHT, reason, UNHANDLED])) apply(preventDefault, event, []);
  });
  return app as EventEmitter;
}
