/** The online commands against a real NANO, found by its state folder. */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { packFolder } from "../../../runtime/mod.ts";
import { NanoProcess } from "../../support/nano_process.ts";
import { TempProject } from "../../support/temp_project.ts";
import { MemoryIo, type MemoryWorld, type Ran, run } from "../../unit/admin/cli/memory_io.ts";
import { until } from "../life/until.ts";

const SHOP = `export default {
  async fetch(request) {
    const { pathname } = new URL(request.url);
    if (pathname === "/slow") await new Promise((done) => setTimeout(done, 3000));
    if (pathname === "/fail") throw new Error("failed on purpose");
    console.log("asked for " + pathname);
    return new Response("from the path");
  },
};`;

interface Scene {
  readonly project: TempProject;
  readonly nano: NanoProcess;
  /** Runs a command in the project's folder. */
  readonly cli: (...args: string[]) => Promise<Ran>;
  readonly in: (world: MemoryWorld, ...args: string[]) => Promise<Ran & { readonly io: MemoryIo }>;
}

async function withNano(test: (scene: Scene) => Promise<void>): Promise<void> {
  await using project = await TempProject.create({
    shop: { files: SHOP, config: { hostname: "shop.localhost", env: { COLOR: "red" } } },
    blog: { files: "export default { fetch: () => new Response('blog') };" },
  }, { admin: { hostname: "127.0.0.1", port: 0 } });
  await using nano = await NanoProcess.start(project.configFile);
  const inWorld = async (world: MemoryWorld, ...args: string[]) => {
    const io = new MemoryIo(project.dir, {}, world);
    return { ...await run(args, io), io };
  };
  await test({ project, nano, in: inWorld, cli: (...args) => run(args, new MemoryIo(project.dir)) });
  assertEquals((await nano.stop()).code, 0);
}

/** Writes a folder to deploy that answers with a text. */
async function folder(project: TempProject, name: string, answer: string): Promise<string> {
  await Deno.mkdir(`${project.dir}/${name}`, { recursive: true });
  const source = `export default { fetch: () => new Response(${JSON.stringify(answer)}) };`;
  await Deno.writeTextFile(`${project.dir}/${name}/index.ts`, source);
  return name;
}

function done({ code, out, err }: Ran): string {
  assertEquals([code, err.replaceAll(/^Sending .*$/gm, "").trim()], [0, ""]);
  return out;
}

Deno.test("apps, restart, drain, history, reload and check work on the running NANO that the folder's nano.json names", async () => {
  await withNano(async ({ project, nano, cli, in: inWorld }) => {
    const table = done(await cli("apps")).split("\n");
    assertMatch(table[0]!, /^NAME +STATE +HOSTS +VERSION +REQUESTS +ERRORS/);
    assertMatch(table[1]!, /^shop +running +shop\.localhost +[0-9a-f]{12} +0 /);
    assertEquals(JSON.parse(done(await cli("apps", "--json"))).apps.map(({ name }: { name: string }) => name), [
      "shop",
      "blog",
    ]);
    const detail = done(await cli("apps", "shop"));
    for (const part of ["shop.localhost", "COLOR=red", "memory_mb 128", `${project.dir}/apps/shop`]) {
      assertStringIncludes(detail, part);
    }
    assertEquals(JSON.parse(done(await cli("apps", "shop", "--json"))).env, { COLOR: "red" });
    const missing = await cli("apps", "shoop");
    assertEquals([missing.code, missing.out], [1, ""]);
    assertMatch(missing.err, /^nano: Cannot show app "shoop": .* \(NOT_FOUND\)$/);

    assertMatch(done(await cli("restart", "shop")), /^App "shop" was restarted: running, started in /);
    assertEquals(JSON.parse(done(await cli("restart", "shop", "--json"))).state, "running");

    const slow = nano.fetch("shop.localhost", "/slow");
    await until(async () => JSON.parse(done(await cli("apps", "shop", "--json"))).in_flight === 1, "a slow request");
    const { io, ...drained } = await inWorld({ columns: 80 }, "drain", "shop");
    assertEquals(drained.code, 0);
    assertMatch(drained.out, /^App "shop" is out of service: 1 request finished\. nano restart shop brings it back$/);
    assertMatch(io.drawn.join(""), /Draining app "shop" …/);
    assertEquals(io.drawn.at(-1), "\r\x1b[K", "the line of progress is cleared");
    assertEquals([(await slow).status, await (await slow).text()], [200, "from the path"]);
    const refused = await nano.fetch("shop.localhost", "/");
    await refused.body?.cancel();
    assertEquals(refused.status, 503);
    done(await cli("restart", "shop"));
    assertEquals(await (await nano.fetch("shop.localhost", "/")).text(), "from the path");
    assertEquals(JSON.parse(done(await cli("drain", "shop", "--json"))).forced_closed, 0);
    done(await cli("restart", "shop"));

    const history = done(await cli("history", "--limit", "3")).split("\n");
    assertEquals(history.length, 4);
    assertMatch(history[1]!, /app\.restart +shop/);
    assertEquals(JSON.parse(done(await cli("history", "shop", "--json"))).entries[0].action, "app.restart");
    assertEquals(done(await cli("history", "blog")), "Nothing has been changed yet");

    assertEquals(done(await cli("reload")), "Nothing has changed (2 unchanged)");
    assertEquals(done(await cli("reload", "--dry-run")), "A reload would change nothing (2 unchanged)");
    assertEquals(JSON.parse(done(await cli("reload", "--json", "--dry-run"))).unchanged.length, 2);
    const check = JSON.parse(done(await cli("check", "--json")));
    assertEquals([check.ok, check.running, check.url], [true, true, nano.adminUrl]);
    assertMatch(done(await cli("check")), /is right: 2 apps[\s\S]*\nA reload would change nothing \(2 unchanged\)$/);
    await project.writeRawConfig('{ "prot": 1 }');
    const broken = await cli("reload");
    assertEquals([broken.code, broken.out], [3, ""]);
    assertMatch(broken.err, /prot/);
    assertEquals((await cli("apps")).code, 0, "a broken nano.json hides no running NANO");
  });
});

Deno.test("deploy, versions, rollback, rollout and remove take an app through its life", async () => {
  await withNano(async ({ project, nano, cli, in: inWorld }) => {
    const serves = async (host: string) => await (await nano.fetch(host, "/")).text();
    assertMatch(done(await cli("versions", "shop")), /^Nothing was deployed of app "shop"/);

    const first = await cli("deploy", await folder(project, "one", "version one"), "--name", "shop", "--note", "first");
    assertMatch(first.err, /^Sending 1 file, \d+ B$/);
    assertEquals(first.out, `App "shop": v1 serves (1 file, 60 B)\n  http://shop.localhost:${nano.port}/`);
    assertEquals(await serves("shop.localhost"), "version one");

    const second = await inWorld({}, "deploy", await folder(project, "two", "version two"), "--name=shop", "--json");
    assertEquals([second.code, second.err], [0, ""]);
    assertEquals(JSON.parse(second.out).version, "v2");
    assertEquals(await serves("shop.localhost"), "version two");
    const table = done(await cli("versions", "shop")).split("\n");
    assertMatch(table[1]!, /^v2 +active /);
    assertMatch(table[2]!, /^v1 +kept .* first$/);
    const listed = JSON.parse(done(await cli("versions", "shop", "--json")));
    assertEquals([listed.app, listed.versions.length], ["shop", 2]);

    assertEquals(done(await cli("rollback", "shop")), 'App "shop" is served by v1');
    assertEquals(await serves("shop.localhost"), "version one");
    assertEquals(JSON.parse(done(await cli("rollback", "shop", "v2", "--json"))), { app: "shop", version: "v2" });
    assertEquals(done(await cli("rollback", "shop", "path")), 'App "shop" is served from its path again');
    assertEquals(await serves("shop.localhost"), "from the path");

    const part = await cli("deploy", await folder(project, "part", "part"), "--name", "shop", "--percent", "10");
    assertMatch(part.out, /^App "shop": v3 gets 10 % of the requests/);
    assertEquals(done(await cli("rollout", "shop", "v3", "50%")), 'Version v3 of app "shop" gets 50 % of the requests');
    assertEquals(JSON.parse(done(await cli("rollout", "shop", "v3", "25", "--json"))).origin.rollout.percent, 25);
    assertMatch(done(await cli("rollout", "shop", "v3", "0")), /^The rollout of v3 has ended/);
    assertEquals(done(await cli("rollout", "shop", "v3", "100")), 'App "shop" is served by v3');
    assertEquals(await serves("shop.localhost"), "part");

    const preview = await cli("deploy", await folder(project, "next", "the next one"), "--name", "shop", "--preview");
    assertMatch(preview.out, /^App "shop": v4 is served on a host of its own/);
    const host = new URL(preview.out.split("\n")[1]!.trim()).hostname;
    assertEquals([await serves(host), await serves("shop.localhost")], ["the next one", "part"]);

    const { stream } = await packFolder(`${project.dir}/two`);
    await Deno.writeFile(`${project.dir}/Cafe.tar.gz`, stream);
    const made = await inWorld(
      { columns: 100 },
      "deploy",
      "Cafe.tar.gz",
      "--hostname",
      "cafe.localhost",
      "--hostname=c.localhost",
    );
    assertEquals(made.code, 0, made.err);
    assertMatch(
      made.out,
      /^Made app "cafe": v1 serves[\s\S]*http:\/\/cafe\.localhost:\d+\/\n {2}http:\/\/c\.localhost:/,
    );
    assertMatch(made.io.drawn.join(""), /Sending Cafe\.tar\.gz, \d+ B/);
    assertEquals(await serves("c.localhost"), "version two");
    await Deno.writeTextFile(`${project.dir}/one/package.json`, '{ "name": "@team/Tea_Room" }');
    assertMatch(
      (await cli("deploy", "one")).out,
      /^Made app "tea-room": v1 serves .*\n {2}http:\/\/tea-room\.localhost:/,
    );

    assertEquals((await cli("deploy", "one", "--hostname", "other.localhost")).code, 2);
    assertEquals((await cli("deploy", "nowhere")).code, 2);
    assertEquals((await cli("deploy", "one", "--percent", "5", "--preview")).code, 2);
    await Deno.writeTextFile(`${project.dir}/one/index.ts`, "export default {{");
    const broken = await cli("deploy", "one");
    assertEquals([broken.code, broken.out], [1, ""], "code that does not start is no refused configuration");
    assertMatch(broken.err, /index\.ts:1:\d+/);
    assertEquals(await serves("tea-room.localhost"), "version one");

    const kept = await inWorld({ answers: ["n"] }, "remove", "cafe");
    assertEquals([kept.code, kept.io.asked], [1, ['Remove app "cafe" (cafe.localhost, c.localhost)? [y/N]']]);
    const gone = await inWorld({ answers: ["yes"] }, "remove", "cafe");
    assertEquals([gone.code, gone.out], [0, 'App "cafe" was removed: 0 requests finished']);
    assertEquals((await cli("apps", "cafe")).code, 1);
    assertEquals(JSON.parse(done(await cli("remove", "tea-room", "--json"))).name, "tea-room");
  });
});

Deno.test("logs show what apps wrote, by every filter, and follow it until Ctrl+C", async () => {
  await withNano(async ({ project, nano, cli }) => {
    const ask = async (path: string) => void await (await nano.fetch("shop.localhost", path)).text();
    await ask("/one");
    await ask("/fail");
    await ask("/two");
    const lines = done(await cli("logs", "shop", "--grep", "ASKED FOR")).split("\n");
    assertEquals(lines.map((line) => line.replace(/^\S+ \S+ /, "")), [
      "info  shop | asked for /one",
      "info  shop | asked for /two",
    ]);
    const errors = done(await cli("logs", "--level", "error"));
    assertMatch(errors, /^\S+ \S+ error shop \| .*failed on purpose\n {4,}at .*index\.ts:5:\d+/);
    const last = done(await cli("logs", "shop", "--limit", "1", "--json", "--grep", "asked"));
    assertEquals(JSON.parse(last).text, "asked for /two");
    assertEquals((await cli("logs", "--status", "600")).code, 2);
    assertEquals((await cli("logs", "--level", "loud")).code, 2);
    assertEquals((await cli("logs", "--sample", "0")).code, 2);

    const follower = (...args: string[]) => {
      const io = new MemoryIo(project.dir);
      return { io, ended: run(["logs", "--follow", ...args], io) };
    };
    const all = follower("shop", "--limit", "0", "--sample", "1");
    const failed = follower("--status", "5xx", "--method", "get", "--json", "--limit=0");
    // A stream has begun when what is asked for now arrives.
    for (const [path, { io }] of [["/three", all], ["/fail", failed]] as const) {
      await until(async () => {
        await ask(path);
        return io.stdout.length > 0;
      }, `a line of ${path}`);
    }
    all.io.interrupt();
    failed.io.interrupt();
    assertEquals([(await all.ended).code, (await failed.ended).code], [0, 0]);
    assertEquals([(await all.ended).err, (await failed.ended).err], ["", ""]);
    assert(all.io.stdout.some((line) => line.endsWith("asked for /three")));
    for (const line of failed.io.stdout) assertEquals(JSON.parse(line).request.status, 500);
  });
});

Deno.test("apps --watch shows the apps again and again, and events tell what happens, until Ctrl+C", async () => {
  await withNano(async ({ project, cli }) => {
    const watch = new MemoryIo(project.dir, {}, { columns: 60 });
    const watching = run(["apps", "--watch"], watch);
    await watch.until(() => watch.stdout.length >= 2, "two pages");
    watch.interrupt();
    assertEquals((await watching).code, 0);
    assert(watch.stdout.every((text) => text.startsWith("\x1b[H\x1b[2J") && text.includes("shop")));

    const events = new MemoryIo(project.dir);
    const telling = run(["events", "--json"], events);
    const people = new MemoryIo(project.dir);
    const reading = run(["events"], people);
    await until(async () => {
      done(await cli("restart", "blog"));
      return events.stdout.length > 0 && people.stdout.length > 0;
    }, "events");
    events.interrupt();
    people.interrupt();
    assertEquals([(await telling).code, (await reading).code], [0, 0]);
    assert(events.stdout.map((line) => JSON.parse(line)).every(({ event }) => typeof event === "string"));
    assertMatch(people.stdout[0]!, /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d \w+/);
  });
});

Deno.test("nano check tells what a reload would change, nano reload then does it", async () => {
  await using project = await TempProject.create({ shop: { files: SHOP } });
  await using nano = await NanoProcess.start(project.configFile, { args: ["--no-watch"] });
  const cli = (...args: string[]) => run(args, new MemoryIo(project.dir));
  await project.setApp("cafe", { files: SHOP, config: { hostname: "cafe.localhost" } });
  await project.setApp("shop", { config: { memory_mb: 64 } });
  const planned = "2 apps (0 unchanged):\n  added    cafe\n  changed  shop";
  assertMatch(
    done(await cli("check")),
    new RegExp(`is right: 2 apps\\n[\\s\\S]*\\nA reload would change ${planned.replace(/[()]/g, "\\$&")}$`),
  );
  const check = JSON.parse(done(await cli("check", "--json")));
  assertEquals(check.reload, { added: ["cafe"], removed: [], changed: ["shop"], unchanged: [] });
  assertEquals(done(await cli("reload", "--dry-run")), `A reload would change ${planned}`);
  const before = await nano.fetch("cafe.localhost");
  await before.body?.cancel();
  assertEquals(before.status, 404);
  assertEquals(done(await cli("reload")), `Changed ${planned}`);
  assertEquals(await (await nano.fetch("cafe.localhost")).text(), "from the path");
  await Deno.writeTextFile(`${project.dir}/.nano/admin_token`, "wrong");
  const unasked = done(await cli("check"));
  assertMatch(unasked, /cannot tell what a reload would change: .*token/);
});
