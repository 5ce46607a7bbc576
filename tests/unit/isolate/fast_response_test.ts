/** Fuzzes the fast Response that apps get against the native class: same calls, same outcome in everything observable. */
import { assertEquals, assertThrows } from "@std/assert";
import { repeats } from "../../support/repeats.ts";
import { SeededRandom } from "../../support/seeded_random.ts";

const CASES = repeats(8000, 25_000);
const NativeResponse = Response;
const nativeConstructor = Object.getOwnPropertyDescriptor(Response.prototype, "constructor")!;
// Only a URL names isolate code elsewhere; a unit test has to import it.
const { createFastResponse } = await import("../../../runtime/isolate/platform/fast_response.ts");

/** Runs with the fast class made, and puts the native prototype's constructor back, which making it changes. */
async function withFastResponse(run: (fast: typeof Response) => Promise<void> | void): Promise<void> {
  try {
    await run(createFastResponse(() => {
      throw new Error("no case here hands over a WebSocket");
    }));
  } finally {
    Object.defineProperty(NativeResponse.prototype, "constructor", nativeConstructor);
  }
}

const VALUES: readonly unknown[] = [
  ...[undefined, null, "", "a", " a ", "a b", "\ta", "é", "ž", "a\nb", "a\0", "a\r", "text/html", "x".repeat(300)],
  ...[1, true, {}, [], ["a", "b"]],
];
const NAMES = [
  ...["content-type", "Content-Type", "x-a", "X-A", "set-cookie", "Set-Cookie", "cache-control", "content-length"],
  ...["bad name", "", "é", "x\n", "__proto__", "constructor"],
];
const STATUSES: readonly unknown[] = [
  ...[undefined, 200, 201, 204, 205, 304, 101, 199, 600, 599, 404, "404", "x", NaN, 200.5, null, -1, 65736, true],
];
const STATUS_TEXTS: readonly unknown[] = ["", "OK", "a b", "é", "x\n", 5, null];
const BODIES: readonly (() => unknown)[] = [
  ...[undefined, null, "", "hi", "\ud800x", "žluť", 5, {}, true].map((body) => () => body),
  () => new Uint8Array([1, 2, 3]),
  () => new ArrayBuffer(3),
  () => new Blob(["b"], { type: "t/x" }),
  () => new URLSearchParams("a=1"),
  () => new FormData(),
  () => new DataView(new ArrayBuffer(4), 1, 2),
  () => new Blob(["stream"]).stream(),
];
const DATA: readonly unknown[] = [
  ...[null, undefined, 1, "a", "\ud800", { a: 1 }, [1, undefined], () => 1, Symbol("s"), NaN, new Date(0)],
  ...[{ toJSON: () => ({ from: "toJSON" }) }, 10n],
];

/** Makes the same init twice: constructors may consume what they are given. */
function randomInit(random: SeededRandom): () => unknown {
  if (random.oneIn(10)) {
    const odd = random.pick([undefined, null, 5, "x", true, []]);
    return () => odd;
  }
  const init: Record<string, unknown> = {};
  if (random.oneIn(2)) init["status"] = random.pick(STATUSES);
  if (random.oneIn(4)) init["statusText"] = random.pick(STATUS_TEXTS);
  if (random.oneIn(4)) return () => init;
  const pairs = random.some(4, () => [random.pick(NAMES), random.pick(VALUES)] as [string, string]);
  const shape = random.below(8);
  const odd = random.pick([null, undefined, 5, "x", [["a"]], [["a", "b", "c"]], new Date(0), () => 1]);
  const inherited = random.oneIn(10);
  return () => ({ ...init, headers: shape === 0 ? odd : headersIn(shape, pairs, inherited) });
}

function headersIn(shape: number, pairs: readonly [string, string][], inherited: boolean): unknown {
  switch (shape) {
    case 1:
      return pairs;
    case 2:
      return new Map(pairs);
    case 3: {
      const headers = new Headers();
      for (const [name, value] of pairs) {
        try {
          headers.append(name, value);
        } catch (error) {
          if (!(error instanceof TypeError)) throw error; // a name or value that no Headers takes
        }
      }
      return headers;
    }
    case 4:
      return Object.assign(Object.create(null), Object.fromEntries(pairs));
    case 5:
      return Object.defineProperty(Object.fromEntries(pairs), "x-hidden", { value: "1", enumerable: false });
    default:
      return inherited
        ? Object.setPrototypeOf(Object.fromEntries(pairs), { "x-inherited": "1" })
        : Object.fromEntries(pairs);
  }
}

/** Everything observable of a response; of a throw, what kind it was. */
async function describe(make: () => Response): Promise<unknown> {
  let response: Response;
  try {
    response = make();
  } catch (error) {
    return { threw: (error as Error).constructor.name, message: (error as Error).message };
  }
  const { status, statusText, ok, type, url, redirected, bodyUsed } = response;
  const facts = {
    ...{ status, statusText, ok, type, url, redirected, bodyUsed },
    headers: [...response.headers].map(([name, value]) => [name, withoutBoundary(value)]),
    native: response instanceof NativeResponse,
    prototype: Object.getPrototypeOf(response) === NativeResponse.prototype,
    tag: Object.prototype.toString.call(response),
    keys: Object.keys(response),
  };
  const clone = response.clone();
  const changed = await outcome(() => {
    clone.headers.append("x-later", "1");
    return [...clone.headers].length;
  });
  // Of a lone surrogate Deno's own text() makes itself again and not U+FFFD, as its bytes() and the standard have it
  const text = await outcome(async () => withoutBoundary((await response.text()).toWellFormed()));
  const again = await outcome(() => response.text());
  const blob = await outcome(async () => {
    const { size, type } = await clone.blob();
    return [withoutBoundary(type).includes("BOUNDARY") ? "of a form" : size, withoutBoundary(type)];
  });
  return { ...facts, changed, text, again, blob, usedAfter: response.bodyUsed, bodyNull: response.body === null };
}

/** Boundaries of forms are random; one in a million is of a number written as `5.1e-7`. */
function withoutBoundary(text: string): string {
  return text.replaceAll(/-{4,}\d{20,}(e-\d+)?/g, "BOUNDARY");
}

async function outcome(act: () => unknown): Promise<unknown> {
  try {
    return await act();
  } catch (error) {
    return `${(error as Error).constructor.name}: ${(error as Error).message}`;
  }
}

/** What the standard has where Deno's own class takes a status of 101 from anybody. */
function asStandard(native: unknown): unknown {
  if ((native as { status?: unknown }).status !== 101) return native;
  return { threw: "RangeError", message: "Failed to construct 'Response': the status 101 wants a webSocket" };
}

/** Calls with exactly so many arguments, as an app may. */
function construct(Constructor: typeof Response, args: unknown[]): Response {
  return Reflect.construct(Constructor, args);
}

Deno.test("The fast Response behaves as the native one in every random case", async () => {
  const random = SeededRandom.fromEnv("fast response");
  await withFastResponse(async (fast) => {
    let threw = 0;
    for (let index = 0; index < CASES; index++) {
      const body = random.pick(BODIES);
      const init = randomInit(random);
      const arity = random.oneIn(8) ? random.below(2) : 2;
      const native = await describe(() => construct(NativeResponse, [body(), init()].slice(0, arity)));
      const ours = await describe(() => construct(fast, [body(), init()].slice(0, arity)));
      const shown = `case ${index} of FUZZ_SEED=${random.seed}: ${Deno.inspect(body())} ${Deno.inspect(init())}`;
      assertEquals(ours, asStandard(native), shown);
      if ((ours as { threw?: string }).threw !== undefined) threw++;
    }
    console.log(`fast response: ${CASES} cases without a difference, ${threw} of them throw`);
    assertEquals(threw < CASES * 0.7, true);
  });
});

Deno.test("The fast Response.json() behaves as the native one in every random case", async () => {
  const random = SeededRandom.fromEnv("fast Response.json()");
  await withFastResponse(async (fast) => {
    for (let index = 0; index < 5000; index++) {
      const args = [random.pick(DATA), ...random.oneIn(3) ? [] : [randomInit(random)]] as const;
      const given = () => [args[0], ...args[1] === undefined ? [] : [args[1]()]];
      const call = (Constructor: typeof Response) => () => Reflect.apply(Constructor.json, Constructor, given());
      const shown = `case ${index} of FUZZ_SEED=${random.seed}: ${Deno.inspect(given())}`;
      assertEquals(await describe(call(fast)), await describe(call(NativeResponse)), shown);
    }
  });
});

Deno.test("The fast Response's statics, name, length and subclasses are those of the native one", async () => {
  await withFastResponse(async (fast) => {
    assertEquals([fast.name, fast.length], [NativeResponse.name, NativeResponse.length]);
    assertEquals(Object.getPrototypeOf(fast), Object.getPrototypeOf(NativeResponse));
    assertEquals(await describe(() => fast.error()), await describe(() => NativeResponse.error()));
    for (const args of [["https://x.test/é"], ["https://x.test/", 301], ["https://x.test/", 200], ["nonsense"], []]) {
      const redirect = (Constructor: typeof Response) => () =>
        Reflect.apply(Constructor.redirect, Constructor, args) as Response;
      assertEquals(await describe(redirect(fast)), await describe(redirect(NativeResponse)), String(args));
    }
    assertThrows(() => Reflect.apply(fast as unknown as () => void, undefined, ["x"]), TypeError);
    class Own extends fast {
      readonly own = 1;
    }
    const own = new Own("body", { status: 201 });
    assertEquals([own.own, own.status, await own.text()], [1, 201, "body"]);
    assertEquals([own instanceof fast, own instanceof NativeResponse, own instanceof Own], [true, true, true]);
    assertEquals(new fast("x").constructor, fast);
    assertEquals(new NativeResponse("x") instanceof fast, true);
  });
});
