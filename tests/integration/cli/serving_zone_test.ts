/** Apps see UTC and no country's language wherever they are served; people read the log in their own time. */
import { assert, assertEquals } from "@std/assert";
import { until } from "../life/until.ts";
import { NanoProcess } from "../../support/nano_process.ts";
import { TempProject } from "../../support/temp_project.ts";

const TELLS_ZONE = `export default { fetch() {
  const { timeZone } = Intl.DateTimeFormat().resolvedOptions();
  return new Response([new Date(0).getHours(), timeZone, (1234.5).toLocaleString(), new Date(0)].join(" "));
} };`;
const TOLD = "0 UTC 1,234.5 Thu Jan 01 1970 00:00:00 GMT+0000 (Coordinated Universal Time)";

Deno.test("An app sees UTC and the same language under any TZ and LANG of the host", async () => {
  await using project = await TempProject.create({
    zone: { files: TELLS_ZONE },
    named: { files: TELLS_ZONE, config: { env: { TZ: "Asia/Tokyo" } } },
  });
  const env = { TZ: "Asia/Tokyo", LANG: "de_DE.UTF-8", LC_ALL: "de_DE.UTF-8" };
  await using nano = await NanoProcess.start(project.configFile, { guardian: true, env });
  for (const app of ["zone", "named"]) assertEquals(await (await nano.fetch(app)).text(), TOLD);
});

Deno.test("Without a guardian the zone is UTC too, and the log for people keeps theirs", async () => {
  await using project = await TempProject.create({ zone: { files: TELLS_ZONE } }, { log: { format: "pretty" } });
  const env = { TZ: "Asia/Tokyo", LC_ALL: "C.UTF-8" };
  await using nano = await NanoProcess.spawn(["start", "--no-guardian", "--config", project.configFile], { env });
  const hours = (at: number) =>
    new Intl.DateTimeFormat("en-GB", { hour: "2-digit", timeZone: "Asia/Tokyo" }).format(at);
  const began = Date.now();
  const started = await until(() => nano.strayLines.find((line) => line.includes("server_start")), "it serves");
  const url = /url=(http:\S+)/.exec(started)![1]!;
  const client = Deno.createHttpClient({ allowHost: true });
  const answer = await fetch(url, { headers: { host: "zone" }, client });
  assertEquals(await answer.text(), TOLD);
  client.close();
  assert([hours(began), hours(Date.now())].includes(started.slice(0, 2)), started);
});
