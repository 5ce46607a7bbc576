/** What an app may keep on the disk, and what happens beyond. */
import { assertEquals } from "@std/assert";
import { DataWatch } from "../../../runtime/pool/data_watch.ts";
import type { FolderSize } from "../../../runtime/pool/folder_tools.ts";

const MIB = 1024 * 1024;

/** A folder that holds what the test says, of a process that may keep 64 MiB. */
function scene({ hasPrograms = false } = {}) {
  let now = 0;
  let written = 0;
  let size: FolderSize | Error = { bytes: 0, entries: 1 };
  const told: string[] = [];
  let looks = 0;
  const watch = new DataWatch({
    name: 'folder "data"',
    bound: "storage_mb",
    maxBytes: 64 * MIB,
    hasPrograms: () => hasPrograms,
    measure() {
      looks++;
      return size instanceof Error ? Promise.reject(size) : Promise.resolve(size);
    },
    boundFiles(bytes) {
      told.push(`bound ${bytes}`);
      return Promise.resolve();
    },
    written: () => written,
    onLook: ({ bytes, entries }) => told.push(`holds ${bytes / MIB} ${entries}`),
    say: (text) => told.push(text),
    end: ({ reason, detail }) => told.push(`${reason}: ${detail}`),
    now: () => now,
  });
  return {
    watch,
    looks: () => looks,
    pass: (ms: number) => void (now += ms),
    write: (bytes: number) => void (written += bytes),
    async holds(next: FolderSize | Error) {
      size = next;
      await watch.lookNow();
      return told.splice(0);
    },
  };
}

Deno.test("A folder that is full takes no more files, says so once, and takes them again when it has room", async () => {
  const { holds } = scene();
  assertEquals(await holds({ bytes: 63 * MIB, entries: 5 }), ["holds 63 5"]);
  assertEquals(await holds({ bytes: 64 * MIB, entries: 5 }), [
    "holds 64 5",
    "bound 0",
    'Its folder "data" holds 64 MiB, and storage_mb allows 64 MiB: it can write no file until it has removed some',
  ]);
  assertEquals(await holds({ bytes: 70 * MIB, entries: 5 }), ["holds 70 5"]);
  assertEquals(await holds({ bytes: 3 * MIB, entries: 4 }), [
    "holds 3 4",
    `bound ${64 * MIB}`,
    'Its folder "data" has room again',
  ]);
});

Deno.test("What grows beyond all that is refused ends the process, by bytes and by the number of files", async () => {
  assertEquals(await scene().holds({ bytes: 97 * MIB, entries: 5 }), [
    "holds 97 5",
    'terminated: its folder "data" holds 97 MiB, and storage_mb allows 64 MiB',
  ]);
  assertEquals(await scene().holds({ bytes: MIB, entries: 16_384 }), [
    "holds 1 16384",
    "bound 0",
    'Its folder "data" holds 16384 files and folders, and storage_mb of 64 MiB allows 16384: it can write no file ' +
    "until it has removed some",
  ]);
  assertEquals(await scene().holds({ bytes: MIB, entries: 30_000 }), [
    "holds 1 30000",
    'terminated: its folder "data" holds 30000 files and folders, and storage_mb of 64 MiB allows 16384',
  ]);
});

Deno.test("A folder that cannot be measured ends the process", async () => {
  assertEquals(await scene().holds(new Error("du: cannot read directory 'data/x': Permission denied")), [
    `terminated: its folder "data" cannot be measured: du: cannot read directory 'data/x': Permission denied`,
  ]);
});

Deno.test("A process that does nothing is not looked at again, and one that works once a second", async () => {
  const { watch, holds, looks, pass } = scene();
  await holds({ bytes: 0, entries: 1 });
  watch.look(10);
  assertEquals(looks(), 1);
  pass(1000);
  watch.look(10);
  assertEquals(looks(), 2);
  await holds({ bytes: 0, entries: 1 });
  pass(1000);
  watch.look(10);
  assertEquals(looks(), 3);
  watch.look(20);
  assertEquals(looks(), 4);
});

Deno.test("A burst of writes is looked at before its second is over", async () => {
  const { watch, holds, looks, write } = scene();
  await holds({ bytes: 32 * MIB, entries: 1 });
  watch.look(10);
  write(17 * MIB);
  watch.look(20);
  assertEquals(looks(), 2);
});

Deno.test("Programs that an app starts are looked after while it does nothing itself", async () => {
  const { watch, holds, looks, pass } = scene({ hasPrograms: true });
  await holds({ bytes: 0, entries: 1 });
  pass(1000);
  watch.look(-1);
  assertEquals(looks(), 2);
});
