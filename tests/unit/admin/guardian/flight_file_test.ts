/** The flight recorder's file: what was written is read again, whatever happened in between. */
import { assertEquals } from "@std/assert";
import { FlightFileWriter, readFlight } from "../../../../admin/guardian/flight_file.ts";
import type { FlightEntry } from "../../../../runtime/mod.ts";

const ENTRY: FlightEntry = {
  threadId: 7,
  app: "shop",
  version: "0123456789ab",
  phase: "running",
  since: 1_800_000_000_000,
  busySince: 1_800_000_000_001,
  quietSince: null,
  bouts: 3,
};

function flightFile() {
  const path = Deno.makeTempFileSync();
  const reports: string[] = [];
  const writer = new FlightFileWriter(path, (text) => reports.push(text));
  return {
    path,
    reports,
    writer,
    [Symbol.dispose]() {
      writer[Symbol.dispose]();
      Deno.removeSync(path);
    },
  };
}

Deno.test("a flight file holds the last entry of each slot, and none of a slot that was left", () => {
  using file = flightFile();
  const { writer: { write }, path } = file;
  write(0, ENTRY);
  write(3, { ...ENTRY, app: "blog" });
  write(1, { ...ENTRY, app: "gone" });
  write(0, { ...ENTRY, phase: "ending", busySince: null });
  write(1, null);
  assertEquals(readFlight(path), [{ ...ENTRY, phase: "ending", busySince: null }, { ...ENTRY, app: "blog" }]);
});

Deno.test("a flight file stays below a bound, whatever is written", () => {
  using file = flightFile();
  const { writer: { write }, path } = file;
  for (let slot = 0; slot < 5_000; slot++) write(slot, ENTRY);
  write(0, { ...ENTRY, app: "x".repeat(1_000) });
  assertEquals(Deno.statSync(path).size, 4_096 * 256);
  assertEquals(readFlight(path).length, 4_095);
});

Deno.test("a name as long as a preview's fits into a slot", () => {
  using file = flightFile();
  const entry = { ...ENTRY, app: `v999999999--${"x".repeat(63)}`, quietSince: ENTRY.since, bouts: 1e9 };
  file.writer.write(0, entry);
  assertEquals(readFlight(file.path), [entry]);
});

Deno.test("a flight file that was torn, or is not there, gives what can be read", () => {
  using file = flightFile();
  file.writer.write(0, ENTRY);
  file.writer.write(1, ENTRY);
  Deno.truncateSync(file.path, 300);
  assertEquals(readFlight(file.path), [ENTRY]);
  assertEquals(readFlight(`${file.path}.none`), []);
});

Deno.test("a flight file that cannot be written is told of once", () => {
  using file = flightFile();
  file.writer[Symbol.dispose]();
  file.writer.write(0, ENTRY);
  assertEquals(file.reports, []);
  const broken = new FlightFileWriter(file.path, (text) => file.reports.push(text));
  const write = Deno.FsFile.prototype.writeSync;
  try {
    Deno.FsFile.prototype.writeSync = () => {
      throw new Error("No space left on device");
    };
    broken.write(0, ENTRY);
    broken.write(0, ENTRY);
  } finally {
    Deno.FsFile.prototype.writeSync = write;
    broken[Symbol.dispose]();
  }
  assertEquals(file.reports, ["Cannot tell the guardian what the apps do: Error: No space left on device"]);
});
