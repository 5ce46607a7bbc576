/** NANO's own folder: who may look into it, and who holds it. */
import { assertEquals, assertMatch, assertThrows } from "@std/assert";
import { NanoError } from "../../../runtime/errors.ts";
import { StateFolder } from "../../../runtime/store/state_folder.ts";

const warnings: string[] = [];
const OPTIONS = { file: null, warn: (text: string) => void warnings.push(text), wall: () => Date.UTC(2026, 0, 2) };

async function inTempDir(run: (dir: string) => void | Promise<void>): Promise<void> {
  const dir = await Deno.makeTempDir();
  warnings.length = 0;
  try {
    await run(dir);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

function modeOf(path: string): string {
  return (Deno.statSync(path).mode! & 0o7777).toString(8);
}

function refusal(path: string): [string, string, readonly string[]] {
  const { code, message, details } = assertThrows(() => StateFolder.open(path, OPTIONS), NanoError);
  return [code, message, details];
}

Deno.test("StateFolder makes the folder for its owner alone, and closes one that was open to others", () =>
  inTempDir((dir) => {
    {
      using _folder = StateFolder.open(`${dir}/a/b`, OPTIONS);
      assertEquals([modeOf(`${dir}/a/b`), modeOf(`${dir}/a/b/running.json`)], ["700", "600"]);
    }
    for (const mode of [0o755, 0o750, 0o777, 0o701]) {
      Deno.chmodSync(`${dir}/a/b`, mode);
      using _folder = StateFolder.open(`${dir}/a/b`, OPTIONS);
      assertEquals(modeOf(`${dir}/a/b`), "700");
    }
    assertEquals(warnings, []);
  }));

Deno.test("StateFolder changes no mode of a folder that others use as well, and says so", () =>
  inTempDir((dir) => {
    Deno.mkdirSync(`${dir}/shared`);
    Deno.chmodSync(`${dir}/shared`, 0o1777);
    StateFolder.open(`${dir}/shared`, OPTIONS)[Symbol.dispose]();
    assertEquals(modeOf(`${dir}/shared`), "1777");
    Deno.chmodSync(dir, 0o755);
    StateFolder.open(dir, { ...OPTIONS, file: `${dir}/nano.json` })[Symbol.dispose]();
    assertEquals(modeOf(dir), "755");
    assertMatch(warnings[0]!, /shared" has mode 1777 and stays open to other users: others use it as well/);
    assertMatch(warnings[1]!, /has mode 0755 and stays open/);
    assertEquals(warnings.length, 2);
  }));

Deno.test("StateFolder refuses a second NANO and names the first; the folder is free once that one has ended", () =>
  inTempDir((dir) => {
    const first = StateFolder.open(dir, OPTIONS);
    assertMatch(
      refusal(dir)[1],
      /another NANO uses it \(process \d+, since 2026-01-02T00:00:00\.000Z, still starting\)/,
    );
    first.tell("http://127.0.0.1:8080");
    const [code, message] = refusal(dir);
    assertEquals(code, "CONFLICT");
    assertMatch(message, new RegExp(`process ${Deno.pid}, since 2026-01-02T00:00:00.000Z, http://127.0.0.1:8080\\)`));
    first.tell("http://[::1]:1");
    assertMatch(refusal(dir)[1], /, http:\/\/\[::1\]:1\)/);
    first[Symbol.dispose]();
    StateFolder.open(dir, OPTIONS)[Symbol.dispose]();
  }));

Deno.test("StateFolder minds no file that a killed NANO has left", () =>
  inTempDir((dir) => {
    Deno.writeTextFileSync(`${dir}/running.json`, '{"pid":1,"since":"2020-01-01T00:00:00.000Z","url":"http://x"}');
    using _folder = StateFolder.open(dir, OPTIONS);
    assertMatch(Deno.readTextFileSync(`${dir}/running.json`), new RegExp(`^{"pid":${Deno.pid},.*}\n$`));
  }));

Deno.test("StateFolder refuses what cannot be its folder in one line that says what to do", () =>
  inTempDir((dir) => {
    Deno.writeTextFileSync(`${dir}/file`, "");
    Deno.mkdirSync(`${dir}/taken/running.json`, { recursive: true });
    const cases: [string, RegExp][] = [
      [`${dir}/file`, /: it is no folder; name another one$/],
      [`${dir}/file/below/it`, /: ".*\/file" is no folder; name another one$/],
      ["/proc/nano", /: it does not exist and cannot be made there; name another folder$/],
      [`${dir}/taken`, /: ".*running\.json" is a folder and must not be$/],
    ];
    for (const [path, expected] of cases) {
      const [code, message, details] = refusal(path);
      assertEquals([code, details], ["CONFIG_INVALID", []], path);
      assertMatch(message, expected);
      assertEquals(message.includes("\n"), false);
    }
  }));
