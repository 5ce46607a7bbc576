/** The process of an app: what the kernel holds it by at this moment, and what it keeps in its folder. */
import { type AppSnapshot, type KernelWalls, kernelWalls } from "../../runtime/mod.ts";
import { bytesText } from "../schemas/figures.ts";
import { StoreSize } from "./views/store_size.tsx";

/** Replaced every few seconds while the page is open; nothing for an app in a thread. */
export function ProcessPanel({ snapshot: { processId, kept } }: { snapshot: AppSnapshot }) {
  const walls = processId === null ? null : kernelWalls(processId);
  if (walls === null && kept === null) return null;
  return (
    <section class="card" aria-labelledby="process-title">
      <header>
        <h2 id="process-title">Process</h2>
        {walls === null ? null : <span class="muted small">as the kernel tells it</span>}
      </header>
      <dl class="pairs body">
        {walls === null ? null : rowsOf(walls).map(([label, value]) => (
          <>
            <dt>{label}</dt>
            <dd>{value}</dd>
          </>
        ))}
        {kept === null ? null : (
          <>
            <dt>Folder data/</dt>
            <dd>
              <StoreSize bytes={kept.bytes} maxBytes={kept.maxBytes} />
            </dd>
            {kept.entries === null ? null : (
              <>
                <dt>Files and folders</dt>
                <dd>{kept.entries.toLocaleString("en")} of {kept.maxEntries.toLocaleString("en")}</dd>
              </>
            )}
          </>
        )}
      </dl>
    </section>
  );
}

function rowsOf(walls: KernelWalls): readonly (readonly [label: string, value: string])[] {
  const { namespaces, capabilities, descriptors, maxDescriptors, maxFileBytes, maxCoreBytes } = walls;
  const bound = (bytes: number) => bytes === Infinity ? "no bound" : bytes === 0 ? "none" : bytesText(bytes);
  return [
    ["Number", String(walls.pid)],
    ["Own user", walls.user === null ? "none" : String(walls.user)],
    ["New privileges", walls.noNewPrivileges ? "none" : "possible"],
    ["System calls", walls.filtersCalls ? "filtered" : "all of the kernel's"],
    ["Capabilities", capabilities === 0 ? "none" : String(capabilities)],
    ["Own namespaces", namespaces.length === 0 ? "none" : namespaces.join(", ")],
    ["Own cgroup", walls.group ?? "none"],
    ["Descriptors", `${descriptors} of ${maxDescriptors === Infinity ? "any number" : maxDescriptors}`],
    ["Largest file", bound(maxFileBytes)],
    ["Core files", bound(maxCoreBytes)],
    ["Memory runs out", walls.oomScore > 0 ? "it ends before NANO" : "no order"],
  ];
}
