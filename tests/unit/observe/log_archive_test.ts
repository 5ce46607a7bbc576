/** The kept lines and their bounds. */
import { assert, assertEquals } from "@std/assert";
import { KEEP_GONE_MS, LogArchive, MAX_ARCHIVED_CHARS } from "../../../runtime/observe/log_archive.ts";
import { LogBuffer, MAX_BUFFERED_CHARS, MAX_BUFFERED_LINES } from "../../../runtime/observe/log_buffer.ts";
import { LineFilter } from "../../../runtime/observe/log_filter.ts";
import { filter, line } from "./log_lines.ts";

const ALL = new LineFilter(filter());

Deno.test("LogBuffer keeps the newest lines, whatever came before", () => {
  const buffer = new LogBuffer();
  for (let id = 1; id <= 2 * MAX_BUFFERED_LINES + 7; id++) {
    buffer.push(line(id));
    assert(buffer.size <= MAX_BUFFERED_LINES);
  }
  const kept = buffer.last(ALL, Infinity).map(({ id }) => id);
  assertEquals(kept.length, MAX_BUFFERED_LINES);
  assertEquals([kept[0], kept.at(-1)], [2 * MAX_BUFFERED_LINES + 7, MAX_BUFFERED_LINES + 8]);
  assertEquals(kept, kept.toSorted((one, other) => other - one));
});

Deno.test("LogBuffer lets the oldest go when the characters no longer fit, and counts them rightly all along", () => {
  const buffer = new LogBuffer();
  const lengths = [10, 200_000, 7, 400_000, 300_000, 600_000, 1, 500_000];
  for (let id = 0; id < 4_000; id++) {
    buffer.push(line(id, { text: "x".repeat(lengths[id % lengths.length]!) }));
    const kept = buffer.last(ALL, Infinity);
    assertEquals([kept.length, kept.reduce((sum, { text }) => sum + text.length, 0)], [buffer.size, buffer.chars]);
    assert(buffer.chars <= MAX_BUFFERED_CHARS, String(buffer.chars));
    assertEquals(kept[0]!.id, id);
  }
});

Deno.test("LogBuffer keeps one line that alone is longer than the bound", () => {
  const buffer = new LogBuffer(100);
  buffer.push(line(1, { text: "short" }));
  buffer.push(line(2, { text: "x".repeat(500) }));
  assertEquals(buffer.last(ALL, 10).map(({ id }) => id), [2]);
});

Deno.test("LogArchive gives the last lines of one app or of all, oldest first", () => {
  const archive = new LogArchive();
  for (let id = 1; id <= 30; id++) archive.add(line(id, { app: `app-${id % 3}`, level: id % 2 ? "info" : "error" }));
  const ids = (changes: Parameters<typeof filter>[0], limit: number) =>
    archive.recent(new LineFilter(filter(changes)), limit).map(({ id }) => id);
  assertEquals(ids({}, 4), [27, 28, 29, 30]);
  assertEquals(ids({ app: "app-1" }, 3), [22, 25, 28]);
  assertEquals(ids({ app: "app-1", level: "error" }, 10), [4, 10, 16, 22, 28]);
  assertEquals(ids({ level: "error" }, 2), [28, 30]);
  assertEquals([ids({ app: "nobody" }, 5), ids({}, 0), ids({ app: "app-1" }, 0)], [[], [], []]);
});

Deno.test("LogArchive shares a bound among many apps that write much", () => {
  const archive = new LogArchive();
  const text = "x".repeat(16 * 1024);
  for (let round = 0; round < 70; round++) {
    for (let app = 0; app < 100; app++) archive.add(line(round * 100 + app, { app: `app-${app}`, text }));
  }
  const chars = archive.recent(ALL, Infinity).reduce((sum, one) => sum + one.text.length, 0);
  assert(chars <= MAX_ARCHIVED_CHARS, `${chars} characters`);
  assert(chars > MAX_ARCHIVED_CHARS * 0.9, `${chars} characters: the room is not used`);
  const first = archive.recent(new LineFilter(filter({ app: "app-0" })), Infinity).length;
  const last = archive.recent(new LineFilter(filter({ app: "app-99" })), Infinity).length;
  assertEquals(first, last);
});

Deno.test("LogArchive keeps the lines of an app that is gone for ten minutes, and those of the others", () => {
  const archive = new LogArchive();
  archive.add(line(1, { app: "gone", at: 1_000 }));
  archive.add(line(2, { app: "here", at: 1_000 }));
  archive.forgetExcept(new Set(["here"]), 1_000 + KEEP_GONE_MS - 1);
  assertEquals(archive.recent(ALL, 10).map(({ id }) => id), [1, 2]);
  archive.forgetExcept(new Set(["here"]), 1_000 + KEEP_GONE_MS);
  assertEquals(archive.recent(ALL, 10).map(({ id }) => id), [2]);
  assertEquals(archive.apps, 1);
});
