import { NanoProcess } from "./support/nano_process.ts";
const [dir, json, ...paths] = Deno.args;
const work = await Deno.makeTempDir({ prefix: "nano-fulltmp-" });
const config = {
  hostname: "127.0.0.1",
  port: 0,
  admin: { hostname: "127.0.0.1", port: 0 },
  spare_isolates: 0,
  default_app: "app",
  apps: [{
    name: "app",
    path: dir,
    isolation: "process",
    compat: "full",
    memory_mb: 512,
    cpu_ms: 60000,
    ...JSON.parse(json || "{}"),
  }],
};
await Deno.writeTextFile(`${work}/nano.json`, JSON.stringify(config));
{
  await using nano = await NanoProcess.start(`${work}/nano.json`, {
    env: { SECRET_OF_HOST: "x", ...(Deno.env.get("NN") ? { NANO_NAMESPACES: Deno.env.get("NN")! } : {}) },
  });
  for (const p of paths) {
    const t = performance.now();
    try {
      if (p.startsWith("ws:")) {
        const ws = new WebSocket(`ws://127.0.0.1:${nano.port}${p.slice(3)}`, { headers: { host: "app" } } as never);
        console.log(
          p,
          await new Promise((r) => {
            ws.onopen = () => ws.send("hey");
            ws.onmessage = (e) => {
              r(e.data);
              ws.close();
            };
            ws.onerror = (e) => r((e as ErrorEvent).message);
          }),
        );
        continue;
      }
      const [method, path, body] = p.startsWith("/") ? ["GET", p] : p.split(" ");
      const r = await fetch(`http://127.0.0.1:${nano.port}${path}`, {
        method,
        headers: { host: "app", "content-type": "application/json" },
        ...(body ? { body } : {}),
      });
      console.log(
        p,
        r.status,
        [...r.headers].filter(([n]) => !/date|request-id|vary/.test(n)).map((x) => x.join("=")).join(" "),
        (await r.text()).slice(0, 3000),
        `${(performance.now() - t) | 0} ms`,
      );
    } catch (e) {
      console.log(p, (e as Error).message);
    }
  }
  console.log(
    nano.events.filter((r) => !["request", "server_start"].includes(r.event)).map((r) => JSON.stringify(r)).join("\n"),
  );
  if (nano.stderr) console.log("STDERR", nano.stderr.slice(0, 2000));
}
await Deno.remove(work, { recursive: true });
