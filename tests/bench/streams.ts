/** Large bodies through NANO against raw Deno.serve: both ways, and down in small chunks. */
import { fromFileUrl, REPO } from "../support/repo.ts";
import { benchProject } from "./bench_project.ts";
import { SERVE_APP } from "./bench_apps.ts";
import { interleave, median, ratioOf } from "./rounds.ts";
import { type Server, startNano, startRaw } from "./servers.ts";
import { printTable } from "./table.ts";

const MB = 1024 * 1024;
/** Transfers before any is measured: both servers run compiled code by then. */
const WARM_UP = 5;

/** Prints MB a second and ratios. */
export async function benchStreams(short: boolean): Promise<void> {
  await using project = await benchProject({ serve: { files: SERVE_APP, config: { hostname: "serve.bench" } } });
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
    for (let turn = 0; turn < WARM_UP; turn++) for (const server of [plain, nano]) await rate(server)();
    const { raw, ours } = await interleave(
      { raw: rate(plain), ours: rate(nano) },
      short ? 3 : 9,
    ) as Record<"raw" | "ours", number[]>;
    rows.push([name, median(raw).toFixed(0), median(ours).toFixed(0), ratioOf(ours, raw)]);
  }
  await removeUploadFiles();
  printTable("Streams (MB a second; ratio: more is better)", ["", "raw", "NANO", "NANO / raw"], rows);
}

/** curl leaves the two cores to the servers; without it the own client serves. */
export async function transferMs(server: Server, transfer: readonly string[]): Promise<number> {
  return await hasCurl ? await curlMs(server, transfer) : await clientMs(server, transfer);
}

const hasCurl = new Deno.Command("curl", { args: ["--version"], stdout: "null", stderr: "null" }).output()
  .then(({ success }) => success, () => false);

async function curlMs(server: Server, [way, path, bytes]: readonly string[]): Promise<number> {
  const file = way === "up" ? await uploadFile(Number(bytes)) : null;
  const upload = file === null ? [] : ["-X", "POST", "-H", "Expect:", "-T", file];
  const { success, stdout } = await new Deno.Command("curl", {
    args: [
      "-s",
      "-o",
      "/dev/null",
      "-w",
      "%{time_total} %{size_download} %{size_upload}",
      "-H",
      "Host: serve.bench",
      ...upload,
      `http://127.0.0.1:${server.port}${path}`,
    ],
    stdout: "piped",
    stderr: "inherit",
  }).output();
  const [seconds, down, up] = new TextDecoder().decode(stdout).split(" ").map(Number) as [number, number, number];
  const moved = way === "up" ? up : down;
  if (!success || moved !== Number(bytes)) throw new Error(`The transfer moved ${moved} of ${bytes} bytes`);
  return seconds * 1000;
}

const uploadFiles = new Map<number, Promise<string>>();

/** A file of this length, made once; the system keeps it in memory while it is read again and again. */
function uploadFile(bytes: number): Promise<string> {
  let file = uploadFiles.get(bytes);
  if (file === undefined) {
    file = (async () => {
      const path = await Deno.makeTempFile({ prefix: "nano_bench_" });
      await Deno.writeFile(path, new Uint8Array(bytes).fill(0x61));
      return path;
    })();
    uploadFiles.set(bytes, file);
  }
  return file;
}

/** Removes what was made to be sent. */
export async function removeUploadFiles(): Promise<void> {
  for (const file of uploadFiles.values()) await Deno.remove(await file);
  uploadFiles.clear();
}

async function clientMs(server: Server, transfer: readonly string[]): Promise<number> {
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
