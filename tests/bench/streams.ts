/** Large bodies through NANO against raw Deno.serve: both ways, and down in small chunks. */
import { fromFileUrl, REPO } from "../support/repo.ts";
import { TempProject } from "../support/temp_project.ts";
import { SERVE_APP } from "./bench_apps.ts";
import { interleave, median, ratioOf } from "./rounds.ts";
import { type Server, startNano, startRaw } from "./servers.ts";
import { printTable } from "./table.ts";

const MB = 1024 * 1024;

/** Prints MB a second and ratios. */
export async function benchStreams(short: boolean): Promise<void> {
  await using project = await TempProject.create({ serve: { files: SERVE_APP, config: { hostname: "serve.bench" } } });
  await using nano = await startNano(project.configFile);
  await using plain = await startRaw("plain");
  const rows: string[][] = [];
  for (
    const [name, way, path, bytes] of [
      ["100 MB down in 64 KB chunks", "down", "/down", 100 * MB],
      ["100 MB up", "up", "/up", 100 * MB],
      ["10 MB down in 1 KB chunks", "down", "/small", 10 * MB],
    ] as const
  ) {
    const rate = (server: Server) => async () =>
      bytes / MB / (await transferMs(server, [way, path, String(bytes)]) / 1000);
    const { raw, ours } = await interleave(
      { raw: rate(plain), ours: rate(nano) },
      short ? 3 : 9,
    ) as Record<"raw" | "ours", number[]>;
    rows.push([name, median(raw).toFixed(0), median(ours).toFixed(0), ratioOf(ours, raw)]);
  }
  printTable("Streams (MB a second; ratio: more is better)", ["", "raw", "NANO", "NANO / raw"], rows);
}

async function transferMs(server: Server, transfer: readonly string[]): Promise<number> {
  const client = fromFileUrl(new URL("tests/bench/stream_client.ts", REPO));
  const { success, stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", client, String(server.port), ...transfer],
    stdout: "piped",
    stderr: "inherit",
  }).output();
  const ms = Number(new TextDecoder().decode(stdout));
  if (!success || !(ms > 0)) throw new Error("The transfer failed");
  return ms;
}
