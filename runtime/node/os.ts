/** `node:os`, with answers that are the same on every host: what it is called, who runs it, what it is made of is its own. */
import stub from "unenv/node/os";
import { refusing } from "./past_isolate.ts";

export * from "unenv/node/os";

/** An app computes on one core at a time. */
export const availableParallelism = (): number => 1;
export const arch = (): string => process.arch;
export const platform = (): string => process.platform;
export const type = (): string =>
  process.platform === "darwin" ? "Darwin" : process.platform === "win32" ? "Windows_NT" : "Linux";
export const machine = (): string => process.arch === "arm64" ? "aarch64" : "x86_64";
export const cpus = (): object[] => [
  { model: "", speed: 0, times: { user: 0, nice: 0, sys: 0, idle: 0, irq: 0 } },
];
export const hostname = (): string => "localhost";
export const homedir = (): string => "/";
export const tmpdir = (): string => "/tmp";
export const release = (): string => "";
export const version = (): string => "";
export const loadavg = (): number[] => [0, 0, 0];
export const uptime = (): number => process.uptime();
export const totalmem = (): number => process.memoryUsage().rss;
export const freemem = (): number => 0;
export const networkInterfaces = (): object => ({});
export const endianness = (): string => "LE";
export const userInfo = (): object => ({ uid: -1, gid: -1, username: "app", homedir: "/", shell: null });
export const getPriority = (): number => 0;
export const setPriority: () => never = refusing("os", "setPriority");
export const devNull = "/dev/null";
export const EOL = "\n";

const own = {
  ...{
    availableParallelism,
    arch,
    platform,
    type,
    machine,
    cpus,
    hostname,
    homedir,
    tmpdir,
    release,
    version,
    loadavg,
  },
  ...{ uptime, totalmem, freemem, networkInterfaces, endianness, userInfo, getPriority, setPriority, devNull, EOL },
};
export default { ...stub, ...own };
