/** The order of the pages. */

const page = (folder) => (name) => `${folder}/${name}`;

export const SIDEBAR = [
  { label: "Getting started", items: ["installation", "quick-start", "configuration"].map(page("start")) },
  {
    label: "API reference",
    items: [
      "overview",
      "fetch",
      "request-and-response",
      "headers",
      "url",
      "streams",
      "console",
      "crypto",
      "encoding",
      "timers",
      "websockets",
      "env-and-ctx",
      "bindings",
      "queues",
      "caches",
      "local-storage",
      "deno-kv",
      "events-and-messages",
    ].map(page("api")),
  },
  {
    label: "Guides",
    items: [
      {
        label: "Hosting",
        items: ["several-apps", "virtual-hosts", "environment-and-secrets", "limits", "isolation", "outbound", "databases", "assets", "crons", "websockets"]
          .map(page("guides")),
      },
      {
        label: "Operating",
        items: ["hot-reload", "deploys-and-rollback", "fleet", "data", "backups", "admin-api", "dashboard", "monitoring", "capacity", "tracing", "graceful-shutdown", "tls-and-proxies"]
          .map(page("guides")),
      },
      { label: "Moving in", items: ["frameworks", "express-and-node-servers", "from-cloudflare-workers", "from-containers"].map(page("guides")) },
      { label: "Running as a service", items: ["single-binary", "systemd", "docker", "kubernetes"].map(page("guides")) },
    ],
  },
  {
    label: "Architecture",
    items: [
      ...["isolates", "memory", "event-loop", "the-wall", "lifecycle", "threat-model", "layers"].map(page("architecture")),
      { label: "Decisions", collapsed: true, items: [{ autogenerate: { directory: "architecture/decisions" } }] },
    ],
  },
  { label: "Reference", items: [{ autogenerate: { directory: "reference" } }] },
  "benchmarks",
];
