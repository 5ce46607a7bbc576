/** `nano deploy`: sends a folder or an archive as a new version of an app. */
import { JSON_OPTION } from "../line/usual_options.ts";
import { basename, join, resolve } from "node:path";
import { deployedParts, packFolder } from "../../../runtime/mod.ts";
import { AdminError } from "../../client/client.ts";
import type { DeployOptions } from "../../client/client_options.ts";
import type { AppDetail, Version } from "../../schemas/app_schemas.ts";
import { CliError } from "../../process/cli_error.ts";
import type { CommandLine } from "../line/command_line.ts";
import { devAppName } from "../host/dev_document.ts";
import { BUILD_OPTION, runBuildCommand } from "../host/project_build_command.ts";
import { projectAppName, projectIn } from "../host/project_in.ts";
import { type DeployedVersion, settleNodes, waitForNodes } from "../online/deploy_everywhere.ts";
import { type Online, onlineCommand, outJson } from "../online/online_command.ts";
import { barText, ProgressLine } from "../terminal/progress.ts";
import { appUrls } from "../online/app_urls.ts";
import { bytesText } from "../../schemas/figures.ts";

export const command = onlineCommand({
  doc: {
    name: "deploy",
    summary: "Deploy a folder or an archive",
    description: [
      "Sends a folder, a zip or a tar.gz as a new version of an app. It is booted first and takes over without a lost " +
      "request; when it cannot start, the old version serves on. An app that does not exist is made.",
      "Of a folder are left out: .env*, .dev.vars*, .npmrc, .git, .nano, and what .gitignore and .nanoignore name; the " +
      "latter wins, also with a negation. A build that the app begins in goes along all the same, and installed packages " +
      "as far as `dependencies` reach them.",
    ],
    arguments: [{ name: "PATH", required: true, completes: "file" }],
    examples: [
      { command: "nano deploy ./shop", meaning: "all requests go to the new version" },
      { command: "nano deploy ./shop --preview", meaning: "look at it first, on its own host" },
      { command: "nano deploy ./shop --env staging", meaning: "app shop-staging, of env.staging of its wrangler file" },
      { command: 'nano deploy ./shop --percent 10 --note "new checkout"', meaning: "a tenth of the requests" },
      { command: "nano deploy ./shop --all", meaning: "in a fleet: on every node, or on none" },
      { command: "nano deploy shop.tar.gz --name shop --hostname shop.example.com", meaning: "an archive, a new app" },
    ],
  },
  options: [
    { name: "name", value: "APP", summary: "the app (name of package.json, else of the folder)", completes: "app" },
    { name: "env", value: "NAME", summary: "an environment of the folder's wrangler file, an app of its own" },
    {
      name: "hostname",
      value: "HOST",
      summary: "host of an app that is made (<name>.localhost and <name>)",
      repeats: true,
    },
    { name: "percent", value: "N", summary: "give the version this part of the requests, and watch its errors" },
    { name: "preview", value: null, summary: "serve the version on a host of its own only" },
    { name: "all", value: null, summary: "in a fleet: roll back by itself when a node cannot start the version" },
    { name: "note", value: "TEXT", summary: "a word for the list of versions" },
    { name: "verbose", value: null, summary: "name every file and folder that is left out" },
    BUILD_OPTION,
    JSON_OPTION,
  ],
  check: targetOf,
  run: async (online) => {
    const { line, io } = online;
    const path = resolve(io.cwd, line.required("PATH"));
    const target = targetOf(line);
    const isFile = await isArchive(path);
    const environment = line.text("env");
    if (environment !== null && isFile) throw new CliError("USAGE", "Option --env is for a folder, not for an archive");
    const project = environment === null ? null : await projectIn(path, environment);
    if (line.flag("build")) await runBuildCommand(path, environment, io);
    const named = () => project === null ? nameOf(path, isFile) : projectAppName(project, path);
    const name = line.text("name") ?? await named();
    const isNew = await isMissing(online, name);
    const hostnames = hostnamesOf(line, name, isNew);
    const stop = new AbortController();
    using _interrupt = io.onInterrupt(() => stop.abort());
    try {
      const keys = environment === null ? {} : { keys: { wrangler: environment } };
      const whole = { ...target, hostnames, ...keys };
      const version = await send(online, { name, path, isFile, target: whole, signal: stop.signal });
      const deployed = { app: name, version, isNew };
      const { signal } = stop;
      if (!line.flag("json")) { for (const text of await report(online, deployed)) io.out(text); }
      const spreads = await waitForNodes(online, deployed, { signal });
      if (line.flag("json")) outJson(io, spreads === null ? version : { ...version, nodes: spreads });
      return spreads === null || await settleNodes(online, { deployed, spreads, signal }) ? 0 : 1;
    } catch (error) {
      if (!stop.signal.aborted) throw error;
      io.err(`nano: Cancelled; nano versions ${name} tells what is there`);
      return 1;
    }

    function hostnamesOf(line: CommandLine, name: string, isNew: boolean): readonly string[] {
      const given = line.list("hostname");
      if (!isNew && given.length > 0) {
        throw new CliError("USAGE", `App "${name}" exists already; --hostname is for an app that this deploy makes`);
      }
      // The first is what browsers find by themselves, the second what an app of nano.json has.
      return given.length > 0 ? given : [`${name}.localhost`, name];
    }
  },
});

function targetOf(line: CommandLine): { readonly percent?: number; readonly preview?: true; readonly note?: string } {
  const percent = line.whole("percent", { min: 1, max: 100 });
  const preview = line.flag("preview");
  const note = line.text("note");
  if (percent !== null && preview) {
    throw new CliError("USAGE", "Cannot deploy with --percent and --preview: a preview gets no requests of the app");
  }
  return {
    ...percent === null ? {} : { percent },
    ...preview ? { preview } : {},
    ...note === null ? {} : { note },
  };
}

async function isArchive(path: string): Promise<boolean> {
  try {
    return (await Deno.stat(path)).isFile;
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory)) throw error;
    throw new CliError("USAGE", `Cannot deploy "${path}": there is no such file or folder`);
  }
}

/** The name in package.json without its scope, else that of the folder or the archive. */
async function nameOf(path: string, isFile: boolean): Promise<string> {
  if (isFile) return devAppName(join("/", basename(path).replace(/\.(zip|tgz|tar\.gz)$/i, "")), false);
  try {
    const { name } = JSON.parse(await Deno.readTextFile(join(path, "package.json")));
    if (typeof name === "string" && name !== "") return devAppName(join("/", name.replace(/^@[^/]*\//, "")), false);
  } catch (error) {
    // A package.json with a mistake is told by the deploy itself, with its line.
    if (!(error instanceof Deno.errors.NotFound || error instanceof SyntaxError)) throw error;
  }
  return devAppName(path, false);
}

async function isMissing({ client }: Online, name: string): Promise<boolean> {
  try {
    await client.app(name);
    return false;
  } catch (error) {
    if (error instanceof AdminError && error.code === "NOT_FOUND") return true;
    throw error;
  }
}

interface Sending {
  readonly name: string;
  readonly path: string;
  readonly isFile: boolean;
  readonly target: ReturnType<typeof targetOf> & Pick<DeployOptions, "hostnames" | "keys">;
  readonly signal: AbortSignal;
}

async function send({ line, io, client }: Online, { name, path, isFile, target, signal }: Sending): Promise<Version> {
  using progress = new ProgressLine(io, { quiet: line.flag("json") });
  // An archive's length is known, a folder is packed while it is sent.
  const { size } = isFile ? await Deno.stat(path) : { size: null };
  const archive = isFile ? (await Deno.open(path)).readable : await packed(path, { line, io, client, progress });
  if (isFile) progress.step(`Sending ${basename(path)}, ${bytesText(size!)}`);
  return await client.deploy(name, archive, {
    ...target,
    create: true,
    signal,
    onProgress: (sent) =>
      progress.update(size === null ? `Sent ${bytesText(sent)}` : `${barText(sent / size)}  ${bytesText(sent)}`),
  });
}

/** So many names say what is left out; the rest is a number. */
const SHOWN_NAMES = 5;

async function packed(
  path: string,
  { line, io, client, progress }: Pick<Online, "line" | "io" | "client"> & { readonly progress: ProgressLine },
): Promise<ReadableStream<Uint8Array>> {
  const withoutPackages = installsUploads(await client.config());
  const parts = await deployedParts(path, line.text("env"));
  const { stream, files, bytes, leftOut } = await packFolder(path, { withoutPackages, ...parts });
  if (leftOut.length > 0 && !line.flag("json")) {
    const shown = line.flag("verbose") ? leftOut : leftOut.slice(0, SHOWN_NAMES);
    const rest = leftOut.length - shown.length;
    io.err(
      `Left out ${leftOut.length}: ${shown.join(", ")}${rest === 0 ? "" : ` and ${rest} more (--verbose names all)`}`,
    );
  }
  progress.step(`Sending ${files} ${files === 1 ? "file" : "files"}, ${bytesText(bytes)}`);
  return stream;
}

/** Whether that NANO installs what an upload lists: then the packages of this machine need not be sent. */
function installsUploads(config: object): boolean {
  const { install } = config as { readonly install?: { readonly uploads?: unknown } | null };
  return install?.uploads === true;
}

async function report(online: Online, { app: name, version, isNew }: DeployedVersion): Promise<readonly string[]> {
  const app: AppDetail = await online.client.app(name);
  const { role, preview_host: previewHost } = version;
  const hosts = previewHost === null ? app.hostnames : [previewHost];
  const place = role === "rollout"
    ? `gets ${app.origin?.rollout?.percent ?? "a part"} % of the requests`
    : role === "preview"
    ? "is served on a host of its own"
    : "serves";
  return [
    `${isNew ? "Made app" : "App"} "${name}": ${version.version} ${place} ` +
    `(${version.files} ${version.files === 1 ? "file" : "files"}, ${bytesText(version.bytes)})`,
    ...await appUrls(online, hosts),
  ];
}
