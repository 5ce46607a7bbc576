/** Every way to be an app, each on its own. */
import { assertEquals, assertRejects, assertStringIncludes, assertThrows } from "@std/assert";
import { findHandler, findScheduled, type Registrations } from "../../../runtime/isolate/traffic/find_handler.ts";

type Context = Parameters<ReturnType<typeof findHandler>>[2];

const context = {} as Context;
const request = new Request("http://app/path");

function nothing(changes: Partial<Registrations> = {}): Registrations {
  return { served: null, listeners: [], scheduled: [], crons: [], ...changes };
}

async function answer(exported: Record<string, unknown>, registrations = nothing()): Promise<unknown> {
  return await findHandler(exported, registrations)(request, { a: 1 }, context);
}

Deno.test("An exported object's fetch gets request, env and context, and its own this", async () => {
  const app = {
    name: "mine",
    fetch(...given: unknown[]) {
      return [this.name, ...given];
    },
  };
  assertEquals(await answer({ default: app }), ["mine", request, { a: 1 }, context]);
});

Deno.test("An instance answers with the fetch of its class, private members included", async () => {
  class App {
    #count = 0;
    fetch(): number {
      return ++this.#count;
    }
  }
  const handler = findHandler({ default: new App() }, nothing());
  assertEquals([handler(request, {}, context), handler(request, {}, context)], [1, 2]);
  assertEquals(await answer({ default: new (class Sub extends App {})() }), 1);
});

Deno.test("A fetch that is a getter, or is replaced later, is looked up on each request", () => {
  let calls = 0;
  const app = {
    get fetch() {
      calls++;
      return () => calls;
    },
  };
  const handler = findHandler({ default: app }, nothing());
  const before = calls;
  handler(request, {}, context);
  handler(request, {}, context);
  assertEquals(calls - before, 2);
  const replaced = { fetch: () => "first" };
  const late = findHandler({ default: replaced }, nothing());
  replaced.fetch = () => "second";
  assertEquals(late(request, {}, context) as unknown, "second");
});

Deno.test("An exported function is the handler; one with a fetch of its own is a framework's app", async () => {
  assertEquals(await answer({ default: () => "function" }), "function");
  assertEquals(await answer({ default: Object.assign(() => "function", { fetch: () => "its fetch" }) }), "its fetch");
});

Deno.test("What was exported wins over what was registered, and Deno.serve over listeners", async () => {
  const served = () => "served";
  const listener = (event: Event) => (event as unknown as { respondWith(value: unknown): void }).respondWith("event");
  assertEquals(await answer({ default: () => "exported" }, nothing({ served })), "exported");
  assertEquals(await answer({ default: () => "exported" }, nothing({ served, isNodeServer: true })), "served");
  assertEquals(await answer({}, nothing({ served, listeners: [listener] })), "served");
  assertEquals(await answer({ default: { other: 1 } }, nothing({ served })), "served");
  assertEquals(await answer({}, nothing({ listeners: [listener] })), "event");
});

interface FetchEvent extends Event {
  readonly request: Request;
  respondWith(response: unknown): void;
  waitUntil(promise: unknown): void;
}

Deno.test("The first listener that answers wins, with a value or a promise", async () => {
  const order: string[] = [];
  const listeners = [
    () => void order.push("first"),
    (event: Event) => {
      order.push("second");
      assertEquals((event as FetchEvent).request, request);
      assertEquals(event.type, "fetch");
      (event as FetchEvent).respondWith(Promise.resolve("answer"));
    },
    () => void order.push("third"),
  ];
  assertEquals(await answer({}, nothing({ listeners })), "answer");
  assertEquals(order, ["first", "second"]);
});

Deno.test("Listeners that answer not at all, twice, or with a failure are mistakes of the app", async () => {
  await assertRejects(() => answer({}, nothing({ listeners: [() => {}] })), TypeError, "respondWith");
  const twice = (event: Event) => {
    (event as FetchEvent).respondWith("one");
    (event as FetchEvent).respondWith("two");
  };
  await assertRejects(() => answer({}, nothing({ listeners: [twice] })), DOMException, "already");
  const fails = (event: Event) => (event as FetchEvent).respondWith(Promise.reject(new Error("broken")));
  await assertRejects(() => answer({}, nothing({ listeners: [fails] })), Error, "broken");
});

Deno.test("waitUntil of a fetch event is the context's", async () => {
  const waited: unknown[] = [];
  const counting = { waitUntil: (promise: unknown) => waited.push(promise) } as unknown as Context;
  const listener = (event: Event) => {
    (event as FetchEvent).waitUntil("later");
    (event as FetchEvent).respondWith("now");
  };
  assertEquals(await findHandler({}, nothing({ listeners: [listener] }))(request, {}, counting), "now");
  assertEquals(waited, ["later"]);
});

Deno.test("An app without a handler is told what it exports and what it should", () => {
  const { message } = assertThrows(() => findHandler({ helper: 1, other: 2 }, nothing()), TypeError);
  for (const part of ["exports helper, other", "export default", "Deno.serve", 'addEventListener("fetch"']) {
    assertStringIncludes(message, part);
  }
  assertThrows(() => findHandler({}, nothing()), TypeError, "exports nothing");
  assertThrows(() => findHandler({ default: "text" }, nothing()), TypeError, "exports default");
  assertThrows(() => findHandler({ default: null }, nothing()), TypeError);
});

Deno.test("An app of jobs only starts, and says of a request that it has no fetch", async () => {
  const scheduled = () => {};
  assertEquals(typeof findScheduled({ default: { scheduled } }), "function");
  assertEquals(findScheduled({ default: {} }), null);
  await assertRejects(() => answer({ default: { scheduled } }), TypeError, "no fetch");
});
