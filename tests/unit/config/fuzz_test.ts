/** Random documents and texts are accepted or refused by CONFIG_INVALID, and never fail in another way. */
import { assert, AssertionError } from "@std/assert";
import { loadConfig, maskedConfig } from "../../../runtime/config/load.ts";
import { NanoError } from "../../../runtime/errors.ts";
import { ConfigFolder } from "./config_case.ts";
import { damaged, randomOf, randomValue } from "./random_document.ts";

const RIGHT = {
  hostname: "127.0.0.1",
  port: 0,
  admin: { port: 0, token: "t" },
  trusted_proxies: ["10.0.0.0/8"],
  default_app: "a",
  log: { level: "info" },
  defaults: { memory_mb: 64 },
  apps: [
    {
      name: "a",
      path: "app",
      hostname: ["x", "*.y"],
      env: { A: "text", B: { from_env: "SET" }, C: { from_file: "secret" } },
      crons: [{ schedule: "* * * * *" }],
    },
    { name: "b", path: "other", assets: "other", outbound: ["z"], external_mb: 32 },
  ],
};

/** Whether a call was accepted; anything but a proper refusal fails the test with the input. */
async function accepted(call: () => Promise<unknown>, input: unknown): Promise<boolean> {
  try {
    await call();
    return true;
  } catch (error) {
    const isProper = error instanceof NanoError && error.code === "CONFIG_INVALID" && error.details.length > 0 &&
      error.details.every((line) => line.length < 900 && !line.includes("\n")) &&
      new Set(error.details).size === error.details.length;
    if (!isProper) {
      const shown = Deno.inspect(input, { depth: 9, strAbbreviateSize: 80 });
      throw new AssertionError(`${shown}\nled to\n${Deno.inspect(error).slice(0, 3000)}`);
    }
    return false;
  }
}

Deno.test("1,000 random documents never throw anything but CONFIG_INVALID", async () => {
  using folder = new ConfigFolder();
  const random = randomOf(2);
  for (let round = 0; round < 1000; round++) {
    const document = randomValue(random, 5);
    await accepted(() => folder.resolve(document), document);
  }
});

Deno.test("1,000 right documents with random damage never throw anything but CONFIG_INVALID", async () => {
  using folder = new ConfigFolder({ secret: "s" });
  const random = randomOf(3);
  let count = 0;
  for (let round = 0; round < 1000; round++) {
    const document = damaged(random, RIGHT);
    if (await accepted(async () => maskedConfig(await folder.resolve(document, { SET: "1", PATH: "p" })), document)) {
      count++;
    }
  }
  assert(count > 10 && count < 900, `Accepted ${count}: the damage is too great or too small to tell`);
});

Deno.test("500 files of random bytes and damaged JSON never throw anything but CONFIG_INVALID", async () => {
  using folder = new ConfigFolder({ secret: "s" });
  const random = randomOf(4);
  const file = `${folder.dir}/nano.json`;
  const right = new TextEncoder().encode(JSON.stringify(RIGHT, null, 1));
  for (let round = 0; round < 500; round++) {
    const bytes = right.slice(0, random.below(3) === 0 ? random.below(right.length) : right.length);
    for (let edits = random.below(4); edits > 0; edits--) bytes[random.below(bytes.length + 1)] = random.below(256);
    await Deno.writeFile(file, bytes);
    await accepted(() => loadConfig(file, { hostEnv: () => "1" }), new TextDecoder().decode(bytes));
  }
});
