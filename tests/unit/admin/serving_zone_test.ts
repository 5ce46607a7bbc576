/** The zone in which a person reads the log, under any TZ of who starts NANO. */
import { assertEquals } from "@std/assert";
import { serveInUtc } from "../../../admin/process/serving_zone.ts";

Deno.test("serveInUtc() tells the zone of TZ, one that a format takes, and leaves the process in UTC", () => {
  const kept = Deno.env.get("TZ");
  try {
    for (const [tz, zone] of [["Asia/Tokyo", "Asia/Tokyo"], ["", "UTC"], ["no such zone", "UTC"]] as const) {
      Deno.env.set("TZ", tz);
      assertEquals(serveInUtc(() => undefined), zone);
      new Intl.DateTimeFormat("en-GB", { timeZone: zone });
      assertEquals(Deno.env.get("TZ"), "UTC");
    }
  } finally {
    if (kept === undefined) Deno.env.delete("TZ");
    else Deno.env.set("TZ", kept);
  }
});
