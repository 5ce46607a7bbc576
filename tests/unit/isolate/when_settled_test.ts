/** Holds that every value of an app comes to one end, however it answers when it is looked at. */
import { assertEquals } from "@std/assert";
import { whenSettled } from "../../../runtime/isolate/traffic/when_settled.ts";

/** What is heard of a value, once all of it was heard. */
async function heardOf(value: unknown): Promise<string[]> {
  const heard: string[] = [];
  const { promise, resolve } = Promise.withResolvers<void>();
  const note = (kind: string) => (given: unknown) => {
    heard.push(`${kind} ${String(given)}`);
    resolve();
  };
  whenSettled(value, note("value"), note("error"));
  await promise;
  // Whoever is told twice is told by the next turn
  await new Promise((next) => setTimeout(next, 0));
  return heard;
}

const thrower = (key: PropertyKey, error: string) => ({
  configurable: true,
  get() {
    throw new Error(`${error} ${String(key)}`);
  },
});

Deno.test("whenSettled() hears once of each kind of value", async () => {
  assertEquals(await heardOf(1), ["value 1"]);
  assertEquals(await heardOf(null), ["value null"]);
  assertEquals(await heardOf(Promise.resolve("later")), ["value later"]);
  assertEquals(await heardOf(Promise.reject(new Error("late"))), ["error Error: late"]);
  assertEquals(await heardOf({ then: (done: (value: unknown) => void) => done("thenable") }), ["value thenable"]);
  assertEquals(await heardOf(Promise.resolve({ then: 1 })), ["value [object Object]"]);
});

Deno.test("whenSettled() takes what a hostile value throws for what became of it", async () => {
  const revoked = Proxy.revocable({}, {});
  revoked.revoke();
  assertEquals(await heardOf(revoked.proxy), [
    "error TypeError: Cannot perform 'getPrototypeOf' on a proxy that has been revoked",
  ]);
  assertEquals(await heardOf(Object.defineProperty({}, "then", thrower("then", "get"))), ["error Error: get then"]);
  const promise = Object.defineProperty(Promise.resolve(1), "constructor", thrower("constructor", "get"));
  assertEquals(await heardOf(promise), ["error Error: get constructor"]);
  class Own extends Promise<number> {
    static override get [Symbol.species](): PromiseConstructor {
      throw new Error("species");
    }
  }
  assertEquals(await heardOf(new Own((done) => done(1))), ["error Error: species"]);
  assertEquals(await heardOf(Object.create(Promise.prototype)), [
    "error TypeError: Method Promise.prototype.then called on incompatible receiver #<Promise>",
  ]);
  let looks = 0;
  const other = Object.defineProperty({}, "then", {
    get() {
      if (looks++ > 0) throw new Error("second look");
      return () => {};
    },
  });
  assertEquals(await heardOf(other), ["error Error: second look"]);
});
