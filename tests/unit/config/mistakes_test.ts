/** Every kind of mistake is refused with its JSON path, its value and what would be right. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { Mistakes } from "../../../runtime/config/mistakes.ts";
import { ConfigFolder } from "./config_case.ts";
import { MISTAKE_CASES } from "./mistake_cases.ts";
import { CERT, KEY, OTHER_KEY } from "../../support/tls_pair.ts";

for (const [kind, cases] of Object.entries(MISTAKE_CASES)) {
  Deno.test(`Of ${kind} each is refused with one line that tells what would be right`, async () => {
    using folder = new ConfigFolder({
      file: "x",
      binary: new Uint8Array([0xff, 0xfe]),
      nul: "a\0b",
      huge: "x".repeat(1_048_577),
      empty: "\n",
    });
    for (const [document, line] of cases) {
      assertEquals(await folder.mistakes(document, { X: "x" }), [line.replaceAll("DIR", folder.dir)]);
    }
  });
}

Deno.test("All mistakes are told at once, also those between keys and on disk", async () => {
  using folder = new ConfigFolder();
  const lines = await folder.mistakes({
    port: "80",
    zzz: 1,
    default_app: "nobody",
    tls: { cert: "cert.pem" },
    apps: [
      { name: "a", path: "nowhere", memory_mb: 1 },
      { name: "a", path: "app", hostname: ["b", 7] },
      { name: "b", path: "app", env: { KEY: { from_env: "UNSET" } }, port: 9090 },
      "c",
    ],
  });
  const places = lines.map((line) => line.split(" is ")[0]).sort();
  assertEquals(places, [
    "apps[0].memory_mb",
    "apps[0].path",
    "apps[1].hostname[1]",
    "apps[1].name",
    "apps[2].env.KEY.from_env",
    "apps[2].hostname",
    "apps[2].port",
    "apps[3]",
    "port",
    "tls.cert",
    "tls.key",
    "zzz",
  ]);
});

Deno.test("No line of a refusal shows a secret", async () => {
  using folder = new ConfigFolder({ file: "two sh0wn words" });
  const lines = await folder.mistakes({
    sh: "sh0wn",
    admin: { token: { from_file: "file" }, tokn: "sh0wn" },
    apps: [
      { name: "a", path: "app", env: { A: ["sh0wn"], B: { from_env: "sh0wn secret" }, C: { value: "sh0wn" } } },
      { name: "b", path: "app", env: "KEY=sh0wn" },
      { name: "c", path: "app", secret: "sh0wn", env: { D: { from_file: "file", from_env: "sh0wn!" } } },
    ],
  });
  assert(lines.length >= 8, lines.join("\n"));
  assertEquals(lines.filter((line) => line.includes("sh0wn")), []);
  for (const token of ["sh0wn token", ["sh0wn"], { from_env: "sh0wn token" }, { value: "sh0wn" }]) {
    const [line, ...others] = await folder.mistakes({ admin: { token } });
    assertEquals(others, []);
    assert(line !== undefined && !line.includes("sh0wn"), line);
  }
  assertEquals((await folder.mistakes({ admin: "sh0wn" })).filter((line) => line.includes("sh0wn")), []);
});

Deno.test("A certificate and a key that no listener could use are mistakes, and told before anything starts", async () => {
  using folder = new ConfigFolder({ "cert.pem": CERT, "key.pem": KEY, "other.pem": OTHER_KEY, "text": "hello" });
  const refused = async (cert: string, key: string) => await folder.mistakes({ tls: { cert, key } });
  assertEquals(await refused("text", "key.pem"), [
    'tls.cert is "text": expected the path of a PEM file with a certificate',
  ]);
  assertEquals(await refused("cert.pem", "text"), [
    'tls.key is "text": expected the path of a PEM file with a private key that has no passphrase',
  ]);
  const [line, ...others] = await refused("cert.pem", "other.pem");
  assertMatch(line!, /^tls\.key is "other\.pem": expected the key of the certificate "cert\.pem"/);
  assertEquals(others, []);
  const { tls } = await folder.resolve({ tls: { cert: "cert.pem", key: "key.pem" } });
  assertEquals(tls?.cert, `${folder.dir}/cert.pem`);
});

Deno.test("A list is copied once, however many mistakes are in it", () => {
  const mistakes = new Mistakes();
  const apps = Array.from({ length: 100 }, (_, at) => ({ name: at, path: "a" }));
  for (const at of apps.keys()) mistakes.add(["apps", at, "name"], at, "expected a text");
  let copies = 0;
  const native = Array.prototype[Symbol.iterator];
  Array.prototype[Symbol.iterator] = function () {
    if (this.length === 100) copies++;
    return native.call(this);
  };
  let left: unknown;
  try {
    left = mistakes.withoutMistakes({ apps });
  } finally {
    Array.prototype[Symbol.iterator] = native;
  }
  assertEquals(copies, 1);
  assertEquals(left, { apps: apps.map(() => ({ path: "a" })) });
  assertEquals(apps[99], { name: 99, path: "a" });
});
