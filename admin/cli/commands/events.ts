/** `nano events`: follows what happens in NANO. */
import { wantsColor } from "../terminal/cli_io.ts";
import { follow } from "../online/follow.ts";
import { onlineCommand } from "../online/online_command.ts";
import { harmless, paint, timeText } from "../terminal/text_style.ts";

export const command = onlineCommand({
  doc: {
    name: "events",
    summary: "Follow what happens in NANO",
    description: [
      "Tells what happens, until Ctrl+C: starts, ends, reloads, deploys. When NANO restarts, it waits for it.",
    ],
    arguments: [],
    examples: [{ command: "nano events", meaning: "for people" }, {
      command: "nano events --json",
      meaning: "for programs",
    }],
  },
  options: [{ name: "json", value: null, summary: "one JSON record a line" }],
  run: async (online) => {
    const { line, io } = online;
    const color = wantsColor(io);
    return await follow(online, async ({ client }, { signal }) => {
      for await (const { event, data } of client.events({ signal })) {
        const { event: _event, ts, ...fields } = data;
        if (line.flag("json")) {
          io.out(JSON.stringify({ event, ...data }));
          continue;
        }
        const at = typeof ts === "string" ? ts : new Date().toISOString();
        const texts = Object.entries(fields).filter(([, value]) => value !== null).map(([key, value]) =>
          `${paint(`${key}=`, "dim", color)}${harmless(typeof value === "string" ? value : JSON.stringify(value))}`
        );
        io.out([paint(timeText(at), "dim", color), paint(event, "bold", color), ...texts].join(" "));
      }
    });
  },
});
