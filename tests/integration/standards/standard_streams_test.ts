/** The standard streams as descriptors and files of node:fs; the values are those of Node 20 whose streams are pipes. */
import { assertEquals } from "@std/assert";
import { NanoProcess } from "../../support/nano_process.ts";
import { TempProject } from "../../support/temp_project.ts";

const APP = `
import fs from "node:fs";
const told = (call) => { try { return call() ?? null; } catch (error) { return error.code; } };
const kinds = (stats) => [stats.isFIFO(), stats.isCharacterDevice(), stats.isFile(), stats.mode.toString(8), stats.size];
const answers = async () => ({
  fstat: [0, 1, 2].map((fd) => told(() => kinds(fs.fstatSync(fd)))),
  fsync: [0, 1, 2].map((fd) => [told(() => fs.fsyncSync(fd)), told(() => fs.fdatasyncSync(fd))]),
  ftruncate: told(() => fs.ftruncateSync(1)),
  read: [told(() => fs.readSync(0, Buffer.alloc(4))), told(() => fs.readFileSync(0, "utf8")), told(() => fs.readSync(1, Buffer.alloc(4)))],
  write: [told(() => fs.writeSync(1, "by writeSync\\n")), told(() => fs.writeSync(0, "x"))],
  files: [
    told(() => fs.writeFileSync("/dev/stdout", "by writeFileSync\\n")),
    told(() => fs.appendFileSync("/dev/stderr", "by appendFileSync\\n")),
    told(() => fs.accessSync("/dev/stdout", fs.constants.W_OK)),
    told(() => kinds(fs.statSync("/dev/stdout"))),
    told(() => fs.openSync("/dev/stdout", "wx")),
    told(() => fs.readdirSync("/dev/stdout")),
  ],
  opened: told(() => {
    const fd = fs.openSync("/dev/stdout", "a");
    const count = fs.writeSync(fd, "by openSync\\n");
    fs.fsyncSync(fd);
    fs.closeSync(fd);
    return [fd > 2, count, told(() => fs.writeSync(fd, "x"))];
  }),
  null: [told(() => kinds(fs.statSync("/dev/null"))), told(() => fs.readFileSync("/dev/null", "utf8")), told(() => fs.writeFileSync("/dev/null", "x"))],
  streamed: await new Promise((resolve, reject) =>
    fs.createWriteStream("/dev/stdout").on("error", reject).end("by a stream\\n", () => resolve("finished"))),
  promised: await (await fs.promises.open("/dev/stderr", "w")).stat().then(kinds),
  closed: [told(() => fs.closeSync(1)), told(() => fs.writeSync(1, "after closeSync\\n"))],
  others: [told(() => fs.existsSync("/dev/sda")), told(() => fs.writeFileSync("/dev/other", "x")), told(() => fs.fstatSync(300))],
});
export default { fetch: async () => Response.json(await answers()) };`;

Deno.test("The standard streams are descriptors and files whose writes come into the app's log", async () => {
  await using project = await TempProject.create({ app: { files: { "index.js": APP } } });
  await using nano = await NanoProcess.start(project.configFile);
  const pipe = [true, false, false, "10600", 0];
  assertEquals(await (await nano.fetch("app")).json(), {
    fstat: [pipe, pipe, pipe],
    // EINVAL in Node; what was written is in the log all the same.
    fsync: Array(3).fill([null, null]),
    ftruncate: "EINVAL",
    read: [0, "", "EBADF"],
    write: [13, "EBADF"],
    files: [null, null, null, pipe, "EEXIST", "ENOTDIR"],
    opened: [true, 12, "EBADF"],
    null: [[false, true, false, "20666", 0], "", null],
    streamed: "finished",
    promised: pipe,
    closed: [null, 16],
    others: [false, "EROFS", "EBADF"],
  });
  const logged = (text: string, level: string) =>
    nano.waitForEvent((record) => record.event === "app_log" && record["level"] === level && record["text"] === text);
  for (const way of ["by writeSync", "by writeFileSync", "by openSync", "by a stream", "after closeSync"]) {
    await logged(way, "info");
  }
  await logged("by appendFileSync", "error");
});
