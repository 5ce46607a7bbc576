/** Makes commands out of what they ask a running NANO: finds it, and tells what was tried when nothing answers. */
import { AdminClient, AdminError } from "../../client/client.ts";
import { CliError } from "../../process/cli_error.ts";
import type { CliIo } from "../terminal/cli_io.ts";
import type { Command } from "../line/command.ts";
import type { CommandLine } from "../line/command_line.ts";
import { CONNECTION } from "./connection_options.ts";
import { findAdmin, type FoundAdmin } from "./find_admin.ts";

/** What an online command works with. */
export interface Online {
  readonly line: CommandLine;
  readonly io: CliIo;
  readonly client: AdminClient;
  readonly found: FoundAdmin;
}

/** A command that talks to a running NANO; the options that find it are added. */
export interface OnlineRecord extends Pick<Command, "doc" | "options"> {
  /** Throws for wrong use, which is told before NANO is looked for. */
  readonly check?: (line: CommandLine) => unknown;
  /** As `Command.run`. */
  readonly run: (online: Online) => Promise<number>;
}

/** Makes the command of a record. */
export function onlineCommand({ doc, options, check, run }: OnlineRecord): Command {
  return {
    doc: { ...doc, online: true },
    options: [...options, ...CONNECTION],
    async run(line, io) {
      check?.(line);
      const online = await connectOnline(line, io);
      try {
        return await run(online);
      } catch (error) {
        throw explained(error, online.found);
      }
    },
  };
}

/** Finds NANO anew. @throws {CliError} when there is none */
export async function connectOnline(line: CommandLine, io: CliIo): Promise<Online> {
  const found = await findAdmin(line, io);
  return { line, io, found, client: new AdminClient({ url: found.url, token: found.token }) };
}

function explained(error: unknown, { url, from }: FoundAdmin): unknown {
  if (!(error instanceof AdminError) || error.code !== "UNREACHABLE") return error;
  const cause = error.cause instanceof Error ? error.cause.message : error.message;
  return new CliError("INTERNAL", `Cannot reach the admin API at ${url}`, [
    cause,
    `the address comes from ${from}`,
    "is NANO running there? nano start starts it; --url URL names another one",
  ]);
}

/** Prints JSON for programs: exactly what the admin API gave, on one line. */
export function outJson(io: CliIo, value: unknown): number {
  io.out(JSON.stringify(value));
  return 0;
}
