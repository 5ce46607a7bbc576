/** An error of the command line that needs no part of the runtime: the guardian's process does not load it. */

/** Matched by code, as every error of NANO. */
export class CliError extends Error {
  override readonly name = "CliError";
  readonly code: "USAGE" | "CONFIG_INVALID" | "INTERNAL";
  readonly details: readonly string[];

  constructor(code: CliError["code"], message: string, details: readonly string[] = []) {
    super(message);
    this.code = code;
    this.details = details;
  }
}
