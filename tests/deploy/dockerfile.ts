/** Takes the Dockerfiles of docs/deploy apart. */
import { REPO } from "../support/repo.ts";

/** One instruction, its lines joined. */
export interface Instruction {
  readonly name: string;
  readonly text: string;
}

/** All instructions of a Dockerfile of docs/deploy, in order. */
export async function readDockerfile(name: string): Promise<Instruction[]> {
  const text = await Deno.readTextFile(new URL(`docs/deploy/${name}`, REPO));
  const lines = text.split("\n").filter((line) => !/^\s*(#|$)/.test(line)).join("\n").replaceAll("\\\n", " ").split(
    "\n",
  );
  return lines.map((line) => {
    const match = /^([A-Z]+)\s+(.+)$/.exec(line);
    if (match === null) throw new Error(`${name} has a line that is no instruction: ${line}`);
    return { name: match[1]!, text: match[2]!.trim() };
  });
}

/** The texts of one kind of instruction. */
export function textsOf(instructions: readonly Instruction[], name: string): string[] {
  return instructions.filter((instruction) => instruction.name === name).map(({ text }) => text);
}

/** The instructions of the last stage, which become the image. */
export function lastStage(instructions: readonly Instruction[]): Instruction[] {
  return instructions.slice(instructions.findLastIndex(({ name }) => name === "FROM"));
}
