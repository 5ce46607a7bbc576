/** `nano versions`: lists what was deployed of an app. */
import type { Version } from "../../schemas/app_schemas.ts";
import { wantsColor } from "../terminal/cli_io.ts";
import { onlineCommand, outJson } from "../online/online_command.ts";
import { bytesText, timeText } from "../terminal/text_style.ts";
import { type Column, tableLines } from "../terminal/text_table.ts";

const COLUMNS: readonly Column<Version>[] = [
  { title: "VERSION", value: ({ version }) => version },
  {
    title: "ROLE",
    value: ({ role }) => role,
    style: ({ role }) => role === "active" ? "green" : role === "kept" ? "dim" : "yellow",
  },
  { title: "DEPLOYED", value: ({ created_at }) => timeText(created_at) },
  { title: "FILES", value: ({ files }) => String(files), right: true },
  { title: "SIZE", value: ({ bytes }) => bytesText(bytes), right: true },
  { title: "BY", value: ({ actor }) => actor, shrinks: true },
  { title: "PREVIEW", value: ({ preview_host }) => preview_host ?? "-", shrinks: true },
  { title: "NOTE", value: ({ note }) => note, shrinks: true },
];

export const command = onlineCommand(async ({ line, io, client }) => {
  const app = line.required("APP");
  const versions = await client.versions(app);
  if (line.flag("json")) return outJson(io, { app, versions });
  if (versions.length === 0) {
    io.out(`Nothing was deployed of app "${app}": its path serves. nano deploy FOLDER --name ${app} deploys a version`);
    return 0;
  }
  for (const text of tableLines(versions, COLUMNS, { columns: io.columns, color: wantsColor(io) })) io.out(text);
  return 0;
});
