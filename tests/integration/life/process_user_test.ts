/** Processes of apps run as users of their own where NANO may give users away: what NANO's user has is closed to them. */
import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { findProcessTools } from "../../../runtime/config/process_tools.ts";
import { NanoProcess } from "../../support/nano_process.ts";
import { TempProject } from "../../support/temp_project.ts";
import { ADMIN, adminApp } from "./admin_client.ts";
import { isolateProcesses, ofKernel } from "./host_threads.ts";
import { until } from "./until.ts";

const found = await findProcessTools();
const lacks = "missing" in found ? `it has no ${found.missing}` : found.tools.withoutUsers;
if (lacks !== null) console.log(`this machine gives processes no users of their own, which is not tested: ${lacks}`);

/** Of the folder of an app. */
const OWNER = 1_600_000_001;
const OTHER = 1_600_000_002;

function usersOf(pid: number): string[] {
  const status = ofKernel(`/proc/${pid}/status`) ?? "";
  return ["Uid", "Gid"].flatMap((name) => new RegExp(`^${name}:\\s+(.*)$`, "m").exec(status)![1]!.split("\t"));
}

async function processOf(nano: NanoProcess, app: string): Promise<Readonly<Record<string, unknown>>> {
  return (await adminApp(nano, app) as unknown as { process: Record<string, unknown> }).process;
}

for (const namespaces of ["1", "0"]) {
  Deno.test({
    name: `Each process has a user of its own (namespaces: ${namespaces}), which the admin API tells`,
    ignore: lacks !== null,
    async fn() {
      const app = { files: 'export default () => new Response("here");', config: { isolation: "process" } };
      await using project = await TempProject.create({ one: app, two: app }, { admin: ADMIN });
      await using nano = await NanoProcess.start(project.configFile, { env: { NANO_NAMESPACES: namespaces } });
      for (const name of ["one", "two"]) assertEquals(await (await nano.fetch(name)).text(), "here");
      const pids = await until(() => {
        const pids = isolateProcesses(nano.pid);
        return pids.length === 2 && pids;
      }, "two processes");
      const users = pids.map((pid) => [...new Set(usersOf(pid))]);
      // The real one, the effective one, and those of files and groups alike.
      assertEquals(users.map(({ length }) => length), [1, 1]);
      assertNotEquals(users[0], users[1]);
      for (const [user] of users) assert(Number(user) >= 0x7000_0000, user);
      const process = await processOf(nano, "one");
      assert(users.flat().includes(String(process["user"])), JSON.stringify(process));
      assertEquals([process["capabilities"], process["no_new_privileges"], process["oom_score"]], [0, true, 700]);
    },
  });
}

Deno.test({
  name: "NANO_USERS=0 leaves processes NANO's user",
  ignore: lacks !== null,
  async fn() {
    const app = { files: 'export default () => new Response("here");', config: { isolation: "process" } };
    await using project = await TempProject.create({ one: app }, { admin: ADMIN });
    await using nano = await NanoProcess.start(project.configFile, { env: { NANO_USERS: "0" } });
    assertEquals(await (await nano.fetch("one")).text(), "here");
    assertEquals((await processOf(nano, "one"))["user"], null);
  },
});

/** Asks the C library, as native code does that Deno's permissions do not hold. */
const NATIVE = `
const { symbols: { open, kill } } = Deno.dlopen(new URL("./libc.so.6", import.meta.url), {
  open: { parameters: ["buffer", "i32"], result: "i32" },
  kill: { parameters: ["i32", "i32"], result: "i32" },
});
const text = (value) => new TextEncoder().encode(value + "\\0");
Deno.serve((request) => {
  const { searchParams } = new URL(request.url);
  Deno.writeTextFileSync("data/visits", "one\\n", { append: true });
  return Response.json({
    file: open(text(searchParams.get("file")), 0) >= 0 ? "opened" : "refused",
    signals: searchParams.getAll("pid").map((pid) => kill(Number(pid), 0) === 0 ? "sent" : "refused"),
  });
});`;

/** What native code of an app reaches that lies in a folder of its own user, without namespaces around it. */
async function reached(env: Readonly<Record<string, string>>) {
  const library = /\S*\/libc\.so\.6$/m.exec(Deno.readTextFileSync("/proc/self/maps"))![0];
  const config = { isolation: "process", compat: "full", ffi: true };
  await using project = await TempProject.create({
    own: { files: { "main.js": NATIVE }, config },
    other: { files: { "main.js": 'Deno.serve(() => new Response("here"));' }, config },
  }, { admin: ADMIN });
  const secret = `${project.dir}/secret.txt`;
  await Deno.writeTextFile(secret, "of NANO", { mode: 0o600 });
  await Deno.chmod(project.dir, 0o755);
  await Deno.copyFile(library, `${project.dir}/apps/own/libc.so.6`);
  for (const [name, user] of [["own", OWNER], ["other", OTHER]] as const) {
    await Deno.chmod(`${project.dir}/apps/${name}`, 0o755);
    await Deno.chown(`${project.dir}/apps/${name}`, user, user);
  }
  await using nano = await NanoProcess.start(project.configFile, { env: { ...env, NANO_NAMESPACES: "0" } });
  assertEquals(await (await nano.fetch("other")).text(), "here");
  const neighbour = await processOf(nano, "other");
  const query = new URLSearchParams([["file", secret], ["pid", String(nano.pid)], ["pid", String(neighbour["pid"])]]);
  const answer = await nano.fetch("own", `/?${query}`);
  const told = await answer.json();
  const process = await processOf(nano, "own");
  const { uid } = await Deno.stat(`${project.dir}/apps/own/data/visits`);
  return { told, users: [process["user"], neighbour["user"]], uid };
}

Deno.test({
  name:
    "Native code of an app whose folder is a user's reads no file of NANO's user, and signals neither NANO nor others",
  ignore: lacks !== null,
  async fn() {
    assertEquals(await reached({}), {
      told: { file: "refused", signals: ["refused", "refused"] },
      users: [OWNER, OTHER],
      uid: OWNER,
    });
    // What it is held by is its user.
    assertEquals(await reached({ NANO_USERS: "0" }), {
      told: { file: "opened", signals: ["sent", "sent"] },
      users: [null, null],
      uid: 0,
    });
  },
});

Deno.test({
  name: "An app whose owner cannot have what it has runs as NANO's user, as before",
  ignore: lacks !== null,
  async fn() {
    const main = "Deno.serve(() => { Deno.writeTextFileSync('data/kept', 'new'); return new Response('written'); });";
    const config = { isolation: "process", compat: "full" };
    await using project = await TempProject.create({
      kept: { files: { "main.js": main, "data/kept": "as root" }, config },
      closed: { files: { "main.js": main }, config },
    }, { admin: ADMIN });
    const folders = ["kept", "closed"].map((name) => `${project.dir}/apps/${name}`);
    await Deno.chmod(project.dir, 0o755);
    for (const folder of folders) await Deno.chown(folder, OWNER, OWNER);
    await Deno.chmod(`${folders[1]}/main.js`, 0o600);
    await using nano = await NanoProcess.start(project.configFile, { env: { NANO_NAMESPACES: "0" } });
    for (const name of ["kept", "closed"]) {
      assertEquals(await (await nano.fetch(name)).text(), "written");
      assertEquals((await processOf(nano, name))["user"], null);
    }
  },
});
