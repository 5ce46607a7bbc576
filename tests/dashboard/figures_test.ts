/** How the dashboard writes figures, and draws its sparklines. */
import { assertEquals } from "@std/assert";
import { bytesText, clockText, countText, cpuText, durationText, latencyText } from "../../admin/schemas/figures.ts";
import { statesText, stateText } from "../../admin/dashboard/views/app_states.ts";
import { sparkPaths } from "../../admin/dashboard/views/sparkline.tsx";
import { FlashNotes } from "../../admin/dashboard/flash_notes.ts";

Deno.test("Figures have at most three digits and a unit", () => {
  assertEquals([0, 512, 1023, 2048, 12_900_000, 1e12].map(bytesText), [
    "0 B",
    "512 B",
    "1 KiB",
    "2 KiB",
    "12 MiB",
    "931 GiB",
  ]);
  assertEquals([0, 0.01, 0.44, 9.96, 999.4, 1234, 999_960, 2e6].map(countText), [
    "0",
    "<0.1",
    "0.4",
    "10",
    "999",
    "1.2k",
    "1M",
    "2M",
  ]);
  assertEquals([null, undefined, 0.0004, 0.0123, 0.9996, 12.34].map(latencyText), [
    "–",
    "–",
    "0.4 ms",
    "12 ms",
    "1 s",
    "12 s",
  ]);
  assertEquals([0, 0.034, 1.2].map(cpuText), ["0 %", "3.4 %", "120 %"]);
  assertEquals([-5, 59_000, 60_000, 3_600_000, 5_400_000, 97_200_000].map(durationText), [
    "0 s",
    "59 s",
    "1 min",
    "1 h",
    "1 h 30 min",
    "1 d 3 h",
  ]);
  assertEquals(clockText(Date.UTC(2026, 0, 1, 9, 8, 7, 65)), "09:08:07.065");
});

Deno.test("statesText() counts what does not serve, the worst first", () => {
  assertEquals(statesText(["running", "idle", "failed", "idle"]), "1 failed, 2 idle");
  assertEquals(statesText(["running"]), "All serve");
  assertEquals(statesText(["running", "crash_loop"]), "1 crash loop");
});

Deno.test("stateText() tells how long a crash loop is", () => {
  assertEquals([stateText("crash_loop", 7), stateText("running", 2)], ["crash loop, 7 deaths", "running"]);
  assertEquals(stateText("crash_loop", 1), "crash loop, 1 death");
});

Deno.test("sparkPaths() ends at the right, leaves gaps for what is unknown and scales by the highest", () => {
  assertEquals(sparkPaths([], 3), { line: "", area: "" });
  assertEquals(sparkPaths([0, 2], 3).line, "M50.0 19.0L100.0 1.0");
  assertEquals(sparkPaths([1, null, 1], 3), {
    line: "M0.0 1.0M100.0 1.0",
    area: "M0.0 20V1.0V20H0.0ZM100.0 20V1.0V20H100.0Z",
  });
});

Deno.test("FlashNotes gives a note once, to its session only, and keeps a bounded number", () => {
  const notes = new FlashNotes();
  const note = { tone: "good", text: "Done", details: [] } as const;
  const id = notes.leave("mine", note);
  assertEquals(notes.take("another", id), null);
  assertEquals(notes.take("mine", id), note);
  assertEquals(notes.take("mine", id), null);
  assertEquals(notes.take("mine", undefined), null);
  const first = notes.leave("mine", note);
  for (let more = 0; more < 200; more++) notes.leave("mine", note);
  assertEquals(notes.take("mine", first), null);
});
