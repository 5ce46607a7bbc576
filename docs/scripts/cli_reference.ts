/** The reference page of the command line, from the commands' own data. */
import { commandDocs } from "../../admin/cli/command_index.ts";
import { type CommandDoc, EXIT_CODES } from "../../admin/cli/line/command_doc.ts";
import { helpText } from "../../admin/cli/line/help_text.ts";
import { code, fence, page, table } from "./markdown.ts";

/** The page. */
export async function cliReference(): Promise<string> {
  const docs = await commandDocs();
  return page(
    {
      title: "Command line",
      description: "Every command of nano with its options.",
      order: 3,
    },
    `In a checkout \`deno task nano\` stands for \`nano\`: \`deno task nano check\`. There, \`deno task start\` and
\`deno task dev\` are short for the first two commands.

Exit codes: ${Object.entries(EXIT_CODES).map(([number, meaning]) => `\`${number}\` ${meaning}`).join(", ")}.

## Commands

${list(docs.filter(({ online }) => !online))}

With a running NANO, found by \`--url\` and \`--token\`, by \`NANO_ADMIN_URL\` and \`NANO_ADMIN_TOKEN\`, or by the
configuration:

${list(docs.filter(({ online }) => online))}

${docs.map((doc) => `## nano ${doc.name}\n\n${fence("text", helpText(doc))}`).join("\n\n")}`,
  );
}

function list(docs: readonly CommandDoc[]): string {
  return table(
    ["Command", "What it does"],
    docs.map((
      { name, summary },
    ) => [`[${code(`nano ${name}`)}](#nano-${name.replaceAll(" ", "-")})`, summary]),
  );
}
