import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { NanoError } from "../../../runtime/errors.ts";
import { rawPaxHeader, rawTarGz } from "../../support/raw_tar.ts";
import { rawZip } from "../../support/raw_zip.ts";
import { TempVersions } from "../../support/version_files.ts";

/** Unpacks something that has to be refused, and looks that nothing is left. */
async function refused(archive: Uint8Array<ArrayBuffer>, ...told: string[]): Promise<void> {
  await using temp = await TempVersions.create();
  const error = await assertRejects(() => temp.unpack(archive), NanoError);
  assertEquals(error.code, "USAGE", error.message);
  for (const part of told) assertStringIncludes(error.message, part);
  assertEquals(await temp.leftOver(), []);
}

const GOOD = { name: "index.ts", content: "export default 1" };

const BAD_NAMES: Readonly<Record<string, string>> = {
  "/etc/evil": "absolute",
  "//etc/evil": "absolute",
  "../evil": '".."',
  "a/../../evil": '".."',
  "a/..": '".."',
  "..": '".."',
  "..\\evil": "backslash",
  "a\\b": "backslash",
  "C:/evil": "drive",
  "c:evil": "drive",
  "a\nb": "control",
  "a\u001b[2Jb": "control",
  "a\u0085b": "control",
  [`${"d/".repeat(40)}f`]: "deeper than 32",
  [`${"n".repeat(256)}`]: "longer than 255 bytes",
  [`${"ä".repeat(128)}`]: "longer than 255 bytes",
  [`${"long/".repeat(300)}f`]: "longer than 1024 bytes",
  [`${"x".repeat(60_000)}`]: "longer than 1024 bytes",
};

Deno.test("VersionFolders.unpack() refuses every path that leads out or is none, in zip and tar.gz", async () => {
  for (const [name, why] of Object.entries(BAD_NAMES)) {
    await refused(rawZip([GOOD, { name, content: "evil" }]), why, JSON.stringify(name.slice(0, 100)).slice(0, -1));
    await refused(rawTarGz([GOOD, rawPaxHeader({ path: name }), { name: "x", content: "evil" }]), why);
    if (name.length < 100) await refused(rawTarGz([GOOD, { name, content: "evil" }]), why);
    await refused(rawZip([GOOD, { name: `${name}/`, method: 0 }]), why);
  }
  await refused(rawZip([GOOD, { name: "a\0b", content: "evil" }]), "control");
  await refused(rawTarGz([GOOD, rawPaxHeader({ path: "a\0b" }), { name: "x", content: "evil" }]), "control");
  await refused(rawZip([GOOD, { name: "", content: "evil" }]), "no name");
  await refused(rawZip([GOOD, { name: "./", content: "evil" }]), "folder and has content");
});

Deno.test("VersionFolders.unpack() refuses links that lead out or in circles, devices and pipes, and writes nothing through links", async () => {
  const outside = await Deno.makeTempDir({ prefix: "nano-test-" });
  try {
    const symbolic: Readonly<Record<string, string>> = {
      [outside]: "absolute",
      "/": "absolute",
      "..": "leads out",
      "../x": "leads out",
      "a/../../x": "leads out",
      "./..//../etc/passwd": "leads out",
      ".": "lies in",
      "./": "lies in",
      "out": "circle",
      "C:/x": "no path",
      "a\\b": "no path",
      "a\u0001": "no path",
      "": "without a target",
    };
    for (const [link, why] of Object.entries(symbolic)) {
      await refused(rawTarGz([GOOD, { name: "a/b", content: "x" }, { name: "out", type: "2", link }]), '"out"', why);
      const zipped = [GOOD, { name: "a/b", content: "x" }, { name: "out", content: link, mode: 0o120777 }];
      await refused(rawZip(zipped), '"out"', why);
    }
    for (
      const [link, why] of [[outside, "absolute"], ["..", "leads out"], ["a/../../x", "leads out"], ["a", "no file"]]
    ) {
      await refused(rawTarGz([GOOD, { name: "a/b", content: "x" }, { name: "out", type: "1", link: link! }]), why!);
    }
    // Through other links: one by one each of them stays inside.
    const chains = [
      [{ name: "a/up", type: "2", link: "../b" }, { name: "b/c", content: "x" }, {
        name: "out",
        type: "2",
        link: "a/up/../..",
      }],
      [{ name: "one", type: "2", link: "two" }, { name: "two", type: "2", link: "one" }],
      [{ name: "a/b/up", type: "2", link: "../b" }],
      [{ name: "a/b", content: "x" }, { name: "a/self", type: "2", link: "../to" }, {
        name: "to",
        type: "2",
        link: "a",
      }],
    ];
    for (const chain of chains) await refused(rawTarGz([GOOD, ...chain]), "link");
    // Out of the app's folder, though not out of the archive.
    await refused(
      rawTarGz([{ name: "wrap/index.ts", content: "x" }, { name: "wrap/out", type: "2", link: "../wrap" }]),
      "leads out",
    );
    // Under a name that is a link, whichever comes first.
    for (const link of ["a", "index.ts"]) {
      const through = [{ name: "out", type: "2", link }, { name: "out/evil", content: "x" }];
      await refused(rawTarGz([GOOD, { name: "a/b", content: "x" }, ...through]), '"out" is a link already');
      await refused(rawTarGz([GOOD, { name: "a/b", content: "x" }, ...through.toReversed()]), "folder of that name");
      const zipped = [GOOD, { name: "out", content: link, mode: 0o120777 }, { name: "out/evil", content: "x" }];
      await refused(rawZip(zipped), '"out" is a link already');
    }
    await refused(
      rawTarGz([GOOD, { name: "out", type: "2", link: "index.ts" }, { name: "out", content: "x" }]),
      "link of that name",
    );
    await refused(rawZip([GOOD, { name: "out", content: "x".repeat(2000), mode: 0o120777 }]), "no path");
    for (
      const [type, what] of [["3", "device"], ["4", "device"], ["6", "named pipe"], ["S", "unknown"], ["D", "unknown"]]
    ) {
      await refused(rawTarGz([GOOD, { name: "odd", type: type! }]), '"odd"', what!);
    }
    for (const mode of [0o020666, 0o060666, 0o010666, 0o140666]) {
      await refused(rawZip([GOOD, { name: "odd", mode }]), '"odd"', "unknown kind");
    }
    const sparse = rawPaxHeader({ "GNU.sparse.major": "1", "GNU.sparse.name": "holes" });
    await refused(rawTarGz([GOOD, sparse, { name: "holes", content: "map" }]), "sparse");
    assertEquals([...Deno.readDirSync(outside)], []);
  } finally {
    await Deno.remove(outside, { recursive: true });
  }
});

Deno.test("VersionFolders.unpack() refuses names that come twice, and a file where a folder has to be", async () => {
  const pairs = [["a.ts", "a.ts"], ["a.ts", "./a.ts"], ["lib", "lib/a.ts"], ["lib/a.ts", "lib"], [
    "lib/a.ts",
    "lib//a.ts",
  ]];
  for (const names of pairs) {
    const entries = names.map((name) => ({ name, content: "x" }));
    await refused(rawZip([GOOD, ...entries]), "already");
    await refused(rawTarGz([GOOD, ...entries]), "already");
  }
});

Deno.test("VersionFolders.unpack() refuses what is encrypted or compressed by an unknown method", async () => {
  for (const flags of [0x1, 0x41, 0x40, 0x2001]) {
    await refused(rawZip([GOOD, { name: "a", content: "x", flags }]), "encrypt");
  }
  for (const method of [1, 9, 12, 14, 93, 99]) {
    await refused(rawZip([GOOD, { name: "a", content: "x", method }]), '"a"', `method ${method}`);
  }
});

Deno.test("VersionFolders.unpack() refuses sizes and checksums that lie", async () => {
  await refused(
    rawZip([GOOD, { name: "a", content: "twelve bytes", declaredBytes: 3 }]),
    '"a"',
    "longer than the 3 bytes",
  );
  await refused(rawZip([GOOD, { name: "a", content: "twelve bytes", declaredBytes: 30 }]), '"a"', "18 bytes early");
  await refused(rawZip([GOOD, { name: "a", content: "x", declaredBytes: 0xfffffff0 }]), "unpacks to more than");
  await refused(rawZip([GOOD, { name: "a", content: "x", method: 0, declaredBytes: 5 }]));
  await refused(rawZip([GOOD, { name: "a", content: "x", crc: 1 }]), '"a"', "checksum");
  await refused(rawTarGz([GOOD, { name: "a", content: "x", declaredBytes: 2 ** 32 }]), "unpacks to more than");
  await refused(rawTarGz([GOOD, rawPaxHeader({ size: "-5" }), { name: "a", content: "x" }]));
  await refused(
    rawTarGz([GOOD, rawPaxHeader({ size: "99999999999999999999" }), { name: "a" }]),
    "unpacks to more than",
  );
});

Deno.test("VersionFolders.unpack() refuses zip64 values that lead nowhere", async () => {
  const far = 2n ** 62n;
  for (const directoryOffset of [far, 2n ** 53n + 1n, 1n]) {
    await refused(rawZip([GOOD], { zip64: { entryCount: 1n, directoryOffset } }));
  }
  await refused(rawZip([GOOD], { zip64: { entryCount: far, directoryOffset: 0n } }), "more than 20000 entries");
  await refused(rawZip([GOOD], { zip64: { entryCount: 1n, directoryOffset: 0n, recordOffset: far } }));
  await refused(rawZip([GOOD], { directoryOffset: 0xfffffff0 }));
  await refused(rawZip([GOOD], { entryCount: 2 }));
  const huge = new Uint8Array(4 + 8);
  new DataView(huge.buffer).setUint16(0, 1, true);
  new DataView(huge.buffer).setUint16(2, 8, true);
  huge.fill(0x7f, 4);
  await refused(rawZip([GOOD, { name: "a", content: "x", declaredBytes: 0xffffffff, extra: huge }]));
  await refused(rawZip([GOOD, { name: "a", content: "x", extra: Uint8Array.of(1, 0, 255, 255) }]));
});

Deno.test("VersionFolders.unpack() refuses archives that are cut off anywhere", async () => {
  for (const whole of [rawZip([GOOD, { name: "b", content: "x".repeat(3000) }]), rawTarGz([GOOD, { name: "b" }])]) {
    for (let length = 0; length < whole.length; length++) await refused(whole.slice(0, length));
  }
  await refused(rawTarGz([GOOD], { end: false }), "cut off");
  await refused(rawTarGz([{ name: "a", content: "x", declaredBytes: 5000 }], { end: false }));
});

Deno.test("VersionFolders.unpack() survives archives with any byte changed: whole files, or a refusal that leaves nothing", async () => {
  for (const whole of [rawZip([GOOD]), rawTarGz([GOOD])]) {
    for (let at = 2; at < whole.length; at++) {
      await using temp = await TempVersions.create();
      const bent = whole.slice();
      bent[at] = (bent[at] ?? 0) ^ 0xff;
      try {
        await temp.unpack(bent);
      } catch (error) {
        assert(error instanceof NanoError && error.code === "USAGE", `byte ${at}: ${error}`);
        assertEquals(await temp.leftOver(), [], `byte ${at}`);
        continue;
      }
      assertEquals(Object.values(await temp.texts()), [GOOD.content], `byte ${at}`);
    }
  }
});

Deno.test("VersionFolders.unpack() refuses what is no archive and says what it takes", async () => {
  await refused(new Uint8Array(0), "empty");
  const plain = new TextEncoder().encode("export default { fetch: () => new Response() }");
  await refused(plain, "neither a zip nor a tar.gz");
  await refused(new Uint8Array(100_000), "neither a zip nor a tar.gz");
  await refused(new TextEncoder().encode("PK is how this text begins"));
  await refused(rawZip([]), "no files");
  await refused(rawTarGz([]), "no files");
  await refused(rawZip([{ name: "only/", method: 0 }]), "no files");
  await refused(rawZip([{ name: "__MACOSX/x", content: "x" }, { name: ".DS_Store", content: "x" }]), "no files");
});
