/** The systemd unit: verified by systemd itself where it is installed. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { join } from "node:path";
import { resolveConfig } from "../../mod.ts";
import { REPO } from "../support/repo.ts";

const UNIT = await Deno.readTextFile(new URL("docs/deploy/nano.service", REPO));

function value(key: string): string {
  return new RegExp(`^${key}=(.*)$`, "m").exec(UNIT)?.[1] ?? "";
}

const isMissing = !(await isInstalled());
if (isMissing) console.log("nano.service is not verified: systemd-analyze is not installed (apt-get install systemd)");

Deno.test("systemd-analyze verifies nano.service without a word", { ignore: isMissing }, async () => {
  const dir = await Deno.makeTempDir({ prefix: "nano-" });
  try {
    // The program is not installed here, and systemd looks for it.
    const file = join(dir, "nano.service");
    await Deno.writeTextFile(file, UNIT.replaceAll("/usr/local/bin/nano", "/bin/true"));
    const { code, stdout, stderr } = await new Deno.Command("systemd-analyze", {
      args: ["verify", "--man=no", file],
    }).output();
    const said = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
    // What it says of the machine's other units is none of ours.
    assertEquals(said.split("\n").filter((line) => line.includes("nano.service")), []);
    assertEquals(code, 0, said);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});

Deno.test("nano.service waits for the drain, restarts always but not what ends the same way again", async () => {
  const { drainTimeoutMs } = await resolveConfig({}, { file: null, baseDir: "/srv" });
  assert(Number(value("TimeoutStopSec")) * 1000 > drainTimeoutMs);
  assertEquals([value("Type"), value("Restart")], ["notify", "always"]);
  assertEquals(value("RestartPreventExitStatus"), "2 3");
  assertMatch(value("ExecStart"), /^\S+ start --config \S+ --no-guardian$/);
  assertEquals(value("DynamicUser"), "yes");
});

async function isInstalled(): Promise<boolean> {
  try {
    return (await new Deno.Command("systemd-analyze", { args: ["--version"], stdout: "null" }).output()).success;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
