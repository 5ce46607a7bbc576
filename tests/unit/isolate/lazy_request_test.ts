/** Fuzzes the lazily backed Request that apps get against a native one of the same parts. */
import { assertEquals } from "@std/assert";
import { SeededRandom } from "../../support/seeded_random.ts";
import { joinHeaders } from "../../../runtime/protocol/header_block.ts";
import { BODY, OP } from "../../../runtime/protocol/operations.ts";
import { Wire } from "../../../runtime/protocol/wire.ts";

const CASES = 5000;
const { createRequest } = await import("../../../runtime/isolate/traffic/request.ts");

const METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND"];
const PATHS = ["", "/", "/a%20b", "/é", "/?x=1&y=%C3%A9", "//a", "/%zz?%", "/a;b@c:1"];
const NAMES = ["x-a", "X-A", "X-Mixed", "cookie", "Cookie", "content-type", "Content-Type", "set-cookie", "accept"];
const VALUES = ["", "a", "a b", "é", "text/plain", "application/json", "a=1; b=2", "v".repeat(500)];
const BODIES = ["", "text", "žluťoučký", '{"a":[1,2]}', "a=1&b=2", "b".repeat(70_000)];

interface Parts {
  readonly method: string;
  readonly url: string;
  readonly headers: [string, string][];
  readonly body: Uint8Array<ArrayBuffer> | null;
  readonly kind: number;
}

function randomParts(random: SeededRandom): Parts {
  const method = random.pick(METHODS);
  const bodiless = method === "GET" || method === "HEAD";
  const body = bodiless ? null : new TextEncoder().encode(random.pick(BODIES));
  const kind = body === null || body.byteLength === 0 ? BODY.NONE : random.oneIn(2) ? BODY.WHOLE : BODY.STREAM;
  const headers = random.some(8, (): [string, string] => [random.pick(NAMES), random.pick(VALUES)]);
  return { method, url: `http://app.test:81${random.pick(PATHS)}`, headers, body, kind };
}

/** A wire whose other end is played by the test, and that sends nothing by itself. */
function looseWire(): Wire {
  return new Wire({ postMessage() {} }, () => {});
}

function lazyRequest({ method, url, headers, body, kind }: Parts, random: SeededRandom): Request {
  const wire = looseWire();
  const id = 7;
  const receiving = kind === BODY.STREAM ? wire.receiving.open(id, () => {}) : null;
  if (receiving !== null) {
    // Half of the body is there before the app looks, the rest and the end come later, or all at once
    const cut = random.below(body!.byteLength + 1);
    wire.receiving.onData(id, body!.slice(0, cut));
    const rest = () => {
      wire.receiving.onData(id, body!.slice(cut));
      wire.receiving.onEnd(id);
    };
    if (random.oneIn(2)) rest();
    else queueMicrotask(rest);
  }
  const whole = kind === BODY.WHOLE ? body : null;
  const arrived = { id, method, url, headers: joinHeaders(headers), bodyKind: kind, body: whole, receiving };
  return createRequest(arrived, wire, new Map());
}

function nativeRequest({ method, url, headers, body }: Parts): Request {
  return new Request(url, { method, headers, ...body === null ? {} : { body } });
}

async function outcome(act: () => unknown): Promise<unknown> {
  try {
    return await act();
  } catch (error) {
    return (error as Error).constructor.name;
  }
}

/** Everything observable but what differs by nature: the URL's normal form, a served request's headers are immutable. */
async function describe(request: Request, how: number): Promise<unknown> {
  const { method, cache, credentials, destination, integrity, keepalive, mode, redirect, referrer, bodyUsed } = request;
  const facts = {
    ...{ method, cache, credentials, destination, integrity, keepalive, mode, redirect, referrer, bodyUsed },
    headers: [...request.headers],
    one: [request.headers.get("X-A"), request.headers.has("cookie"), request.headers.getSetCookie()],
    native: request instanceof Request,
    tag: Object.prototype.toString.call(request),
    keys: Object.keys(request),
    aborted: how % 2 === 0 ? request.signal.aborted : false,
    bodyNull: how % 3 === 0 ? request.body === null : undefined,
  };
  const read = await outcome(async () => {
    switch (how) {
      case 0:
        return await request.text();
      case 1:
        return (await request.bytes()).toHex();
      case 2:
        return await request.json();
      case 3: {
        const clone = request.clone();
        const [first, second] = await Promise.all([clone.text(), request.text()]);
        return [clone.method, [...clone.headers], first, second];
      }
      case 4: {
        const rebuilt = new Request(request, { headers: { z: "1" } });
        return [rebuilt.method, [...rebuilt.headers], await rebuilt.text()];
      }
      case 5: {
        const elsewhere = new Request("http://other.test/", request);
        return [elsewhere.url, elsewhere.method, [...elsewhere.headers], await elsewhere.text()];
      }
      case 6: {
        const { size, type } = await request.blob();
        return [size, type];
      }
      case 7:
        return await new Response(request.body).text();
      default: {
        await request.body?.cancel();
        return "cancelled";
      }
    }
  });
  // A native Request whose stream another object has read may forget that its bytes are used; a served one does not
  if (how === 5 || how === 7) return { ...facts, read };
  return { ...facts, read, again: await outcome(() => request.text()), usedAfter: request.bodyUsed };
}

Deno.test("The lazily backed Request behaves as a native one in every random case", async () => {
  const random = SeededRandom.fromEnv("lazy request");
  const kinds: Record<number, number> = {};
  for (let index = 0; index < CASES; index++) {
    const parts = randomParts(random);
    const how = random.below(9);
    const { body, ...shown } = parts;
    const label = `case ${index} of FUZZ_SEED=${random.seed}: read ${how}, ${body?.byteLength} bytes, ${
      Deno.inspect(shown)
    }`;
    const lazy = lazyRequest(parts, random);
    assertEquals(lazy.url, parts.url, label);
    assertEquals(await describe(lazy, how), await describe(nativeRequest(parts), how), label);
    kinds[parts.kind] = (kinds[parts.kind] ?? 0) + 1;
  }
  console.log(`lazy request: ${CASES} cases without a difference, by kind of body ${JSON.stringify(kinds)}`);
});

Deno.test("The lazily backed Request asks for the client's leaving only once somebody looks at its signal", () => {
  const wire = looseWire();
  const aborts = new Map<number, () => void>();
  const arrived = {
    ...{ id: 3, method: "GET", url: "http://app.test/", headers: "" },
    ...{ bodyKind: BODY.NONE, body: null, receiving: null },
  };
  const request = createRequest(arrived, wire, aborts);
  assertEquals([request.method, wire.out.length, aborts.size], ["GET", 0, 0]);
  const { signal } = request;
  assertEquals([signal.aborted, Array.from(wire.out), aborts.size], [false, [OP.ARM, 3], 1]);
  aborts.get(3)!();
  assertEquals(signal.aborted, true);
});
