/** Objects of R2 both ways, against files that plain Deno.serve reads and writes. */
import { benchProject } from "./bench_project.ts";
import { interleave, median, ratioOf } from "./rounds.ts";
import { type Server, startNano, startRaw } from "./servers.ts";
import { removeUploadFiles, transferMs } from "./streams.ts";
import { printTable } from "./table.ts";

const MB = 1024 * 1024;
const BYTES = 100 * MB;
const WARM_UP = 2;

const APP = `export default {
  async fetch(request, { FILES }) {
    if (request.method !== "POST") return new Response((await FILES.get("bench")).body);
    const { size } = await FILES.put("bench", request.body);
    return new Response(String(size));
  },
};`;

/**
 * Prints MB a second and ratios. What R2 has to do of an upload is more than to write it: its entity tag is the MD5, and
 * what is answered is on the disk; the last row does both.
 */
export async function benchBuckets(short: boolean): Promise<void> {
  await using project = await benchProject({
    serve: { files: APP, config: { hostname: "serve.bench", bindings: { FILES: { r2: "bench" } } } },
  });
  const folder = await Deno.makeTempDir({ prefix: "nano-bench-" });
  try {
    await using nano = await startNano(project.configFile);
    await using plain = await startRaw("files", folder);
    const rows: string[][] = [];
    for (
      const [name, way, path] of [
        ["100 MB up; raw: written", "up", "/written"],
        ["100 MB up; raw: written, hashed, synced", "up", "/kept"],
        ["100 MB down", "down", "/written"],
      ] as const
    ) {
      const rate = (server: Server, path: string) => async () =>
        BYTES / MB / (await transferMs(server, [way, path, String(BYTES)]) / 1000);
      const contest = { raw: rate(plain, path), ours: rate(nano, "/") };
      for (let turn = 0; turn < WARM_UP; turn++) for (const one of Object.values(contest)) await one();
      const { raw, ours } = await interleave(contest, short ? 3 : 9) as Record<"raw" | "ours", number[]>;
      rows.push([name, median(raw).toFixed(0), median(ours).toFixed(0), ratioOf(ours, raw)]);
    }
    printTable("Objects of R2 (MB a second; ratio: more is better)", ["", "raw", "NANO", "NANO / raw"], rows);
  } finally {
    await removeUploadFiles();
    await Deno.remove(folder, { recursive: true });
  }
}
