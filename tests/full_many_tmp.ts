import { NanoProcess } from "./support/nano_process.ts";
const list = JSON.parse(Deno.args[0]!) as [string, string, object, string[]][];
const work = await Deno.makeTempDir({ prefix: "nano-fulltmp-" });
const config = {
  hostname: "127.0.0.1",
  port: 0,
  admin: { hostname: "127.0.0.1", port: 0 },
  spare_isolates: 0,
  apps: list.map(([name, path, own]) => ({
    name,
    path,
    isolation: "process",
    compat: "full",
    memory_mb: 512,
    cpu_ms: 60000,
    ...own,
  })),
};
await Deno.writeTextFile(`${work}/nano.json`, JSON.stringify(config));
{
  await using nano = await NanoProcess.start(`${work}/nano.json`);
  for (const [name, , , paths] of list) {
    for (const p of paths) {
      const [method, path, body] = p.startsWith("/") ? ["GET", p] : p.split(" ");
      const r = await nano.fetch(
        name,
        path,
        { method, headers: { "content-type": "application/json" }, ...(body ? { body } : {}) } as RequestInit,
      );
      console.log(name, p, r.status, (await r.text()).slice(0, 300));
    }
  }
  console.log(
    nano.events.filter((r) => !["request", "server_start", "app_starting"].includes(r.event)).map((r) =>
      JSON.stringify(r).slice(0, 700)
    ).join("\n"),
  );
}
await Deno.remove(work, { recursive: true });
