/** The nodes of a fleet: how far each is, what does not work there, and what can be done about this one. */
// deno-lint-ignore-file jsx-key -- rendered once on the server: there is nothing to reconcile
import type { FleetNodeView, FleetView } from "../../runtime/mod.ts";
import { CsrfField, Note, type PageFrame, PageLayout } from "./page_layout.tsx";
import { type DataQuestion, QuestionDialog } from "./question_card.tsx";
import { bytesText, durationText } from "../schemas/figures.ts";

/** What the page shows. */
export interface NodesView {
  readonly fleet: FleetView;
  /** ms since the epoch. */
  readonly now: number;
}

/** What can be done on the node that shows the page. */
export type NodeAction = "retry" | "found" | "join" | "restore";

/** A node that is behind for so long is late: others are there in a second or two. */
const LATE_MS = 10_000;

/** Before what ends something of a fleet or of this node. */
export const NODE_QUESTIONS: Readonly<Partial<Record<NodeAction, DataQuestion>>> = {
  join: {
    title: "Follow the engine's fleet?",
    text:
      "What the fleet serves takes the place of what this node serves. Apps that the fleet does not know are given up.",
    button: "Join",
    busy: "Joining…",
    action: "/nodes/join",
    back: "/nodes",
  },
  restore: {
    title: "Restore the fleet from this node?",
    text:
      "What this node serves becomes the fleet. Another fleet that the engine holds is ended; other nodes then join.",
    button: "Restore",
    busy: "Restoring…",
    action: "/nodes/restore",
    back: "/nodes",
  },
};

/** By the state of the node; what asks first stands in {@linkcode NODE_QUESTIONS}. */
const ACTIONS: Readonly<Record<string, readonly { readonly action: NodeAction; readonly label: string }[]>> = {
  unfounded: [{ action: "found", label: "Found the fleet" }],
  diverged: [{ action: "join", label: "Join…" }, { action: "restore", label: "Restore…" }],
};
const RETRY = { action: "retry", label: "Try again now" } as const;

/** The page. */
export function NodesPage({ frame, view }: { frame: PageFrame; view: NodesView }) {
  const { fleet, now } = view;
  return (
    <PageLayout title="Nodes" frame={frame} script="nodes.js">
      <div id="nodes">
        <header class="pagehead">
          <h1>Nodes</h1>
          <Actions fleet={fleet} csrf={frame.csrf} />
          <p>
            This is <strong>{fleet.node}</strong>, {fleet.state} at revision {fleet.revision}, by {fleet.engine}.
          </p>
        </header>
        <div class="stack">
          {fleet.why === null ? null : <Note note={{ tone: "bad", text: fleet.why, details: [] }} />}
          {fleet.isComplete ? null : (
            <Note
              note={{
                tone: "bad",
                text: "The engine cannot be asked for the other nodes. What is in force here serves on.",
                details: [],
              }}
            />
          )}
          <section class="card" aria-label="Nodes">
            <NodeTable nodes={fleet.nodes} now={now} />
          </section>
          <Failures nodes={fleet.nodes} />
        </div>
      </div>
      {Object.entries(NODE_QUESTIONS).map(([action, question]) => (
        <QuestionDialog id={`${action}-dialog`} question={question} csrf={frame.csrf} />
      ))}
    </PageLayout>
  );
}

function Actions({ fleet: { state, nodes }, csrf }: { fleet: FleetView; csrf: string }) {
  const hasFailed = nodes.some(({ isSelf, failed }) => isSelf && failed.length > 0);
  const actions = [...hasFailed ? [RETRY] : [], ...ACTIONS[state] ?? []];
  return (
    <div class="buttons">
      {actions.map(({ action, label }) =>
        NODE_QUESTIONS[action] === undefined
          ? (
            <form method="post" action={`/nodes/${action}`}>
              <CsrfField csrf={csrf} />
              <button type="submit" class="button primary" data-busy="One moment…">{label}</button>
            </form>
          )
          : <a class="button" href={`/nodes/${action}`} data-dialog={`${action}-dialog`}>{label}</a>
      )}
    </div>
  );
}

function NodeTable({ nodes, now }: { nodes: readonly FleetNodeView[]; now: number }) {
  return (
    <table class="list stacked nodes">
      <thead>
        <tr>
          {["Node", "State", "Revision", "Apps up", "Failed", "NANO", "nano.json", "Up", "Memory"].map((title) => (
            <th scope="col">{title}</th>
          ))}
        </tr>
      </thead>
      <tbody>{nodes.map((node) => <NodeRow node={node} now={now} />)}</tbody>
    </table>
  );
}

function NodeRow({ node, now }: { node: FleetNodeView; now: number }) {
  const { name, isSelf, role, address, state, why, revision, lag, lagMs, failed, drift } = node;
  return (
    <tr data-node={name}>
      <td class="long">
        <strong>{name}</strong>
        {isSelf ? <span class="muted small">this one</span> : null}
        {role === "serve" ? <span class="muted small">takes no changes</span> : null}
        {address === null ? null : <span class="muted small">{address}</span>}
      </td>
      <td data-label="State">
        <span class="state" data-state={state}>{state}</span>
        {isSelf || why === null ? null : <span class="bad small">{why}</span>}
        {drift.includes("clock") ? <span class="bad small">{clockText(node.clockSkewMs ?? 0)}</span> : null}
      </td>
      <td data-label="Revision" class={lagMs > LATE_MS ? "bad" : undefined}>
        {revision}
        {lag === 0 ? null : ` (${lag} behind${lagMs >= 1000 ? ` for ${durationText(lagMs)}` : ""})`}
      </td>
      <td data-label="Apps up">{node.appsUp}</td>
      <td data-label="Failed" class={failed.length > 0 ? "bad" : undefined}>{failed.length}</td>
      <td data-label="NANO" class={drift.includes("version") ? "bad" : undefined}>
        {node.version}
        {drift.includes("version") ? " differs" : null}
      </td>
      <td data-label="nano.json" class={drift.includes("nano.json") ? "bad" : undefined}>
        {node.config === null ? "none" : <code title={node.config}>{node.config.slice(0, 8)}</code>}
        {drift.includes("nano.json") ? " differs" : null}
      </td>
      <td data-label="Up">{durationText(now - node.startedAt)}</td>
      <td data-label="Memory">{bytesText(node.memoryBytes)}</td>
    </tr>
  );
}

function clockText(skewMs: number): string {
  return `clock ${durationText(Math.abs(skewMs))} ${skewMs < 0 ? "behind" : "ahead of"} the engine's`;
}

function Failures({ nodes }: { nodes: readonly FleetNodeView[] }) {
  const failures = nodes.flatMap(({ name, failed }) => failed.map((one) => ({ node: name, ...one })));
  if (failures.length === 0) return null;
  return (
    <section class="card" aria-labelledby="failures-title">
      <header>
        <h2 id="failures-title">What does not work</h2>
      </header>
      <table class="list stacked" id="failures">
        <thead>
          <tr>{["Node", "App", "Since revision", "Why"].map((title) => <th scope="col">{title}</th>)}</tr>
        </thead>
        <tbody>
          {failures.map(({ node, app, revision, error }) => (
            <tr>
              <td>{node}</td>
              <td data-label="App">
                <a href={`/apps/${app}`}>{app}</a>
              </td>
              {/* At 0 the change is in force, and does not work */}
              <td data-label="Since revision">{revision === 0 ? "–" : revision}</td>
              <td data-label="Why" class="long bad">{error}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
