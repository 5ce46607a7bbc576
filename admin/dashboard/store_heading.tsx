/** The heading of every page of a store of data: where one is, what can be done, what it holds, who uses it. */
import type { Child } from "hono/jsx";
import type { StoreUse } from "../../runtime/mod.ts";
import { StoreSize } from "./views/store_size.tsx";

/** A place above the page. */
export interface Crumb {
  readonly text: string;
  readonly href: string;
}

/** What the heading says. */
export interface StoreHeadingView {
  /** Between "Data" and the page. */
  readonly above?: readonly Crumb[];
  /** The store, or the part of it. */
  readonly name: string;
  /** Keys are set as such. */
  readonly isKey?: boolean;
  /** What kind it is and what it holds, as a sentence without its end. */
  readonly facts: string;
  readonly size?: { readonly bytes: number; readonly maxBytes: number };
  readonly uses?: readonly StoreUse[];
  /** Whether it is used without any of those: a queue has who consumes it, or whose dead letters come to it. */
  readonly isNeeded?: boolean;
}

/** The heading; its children are buttons. */
export function StoreHeading({ view, children }: { view: StoreHeadingView; children?: Child }) {
  const { above = [], name, isKey = false, isNeeded = false, facts, size, uses } = view;
  return (
    <header class="pagehead">
      <h1 class="storename">
        {[{ text: "Data", href: "/data" }, ...above].map(({ text, href }) => (
          <>
            <a href={href}>{text}</a> <span class="muted">/</span>
            {" "}
          </>
        ))}
        {isKey ? <span class="mono keyname">{name}</span> : name}
      </h1>
      {children === undefined ? null : <div class="buttons">{children}</div>}
      <p class="storefacts">
        <span>{facts}</span>
        {size === undefined ? null : <StoreSize {...size} />}
      </p>
      {uses === undefined ? null : <Uses uses={uses} isNeeded={isNeeded} />}
    </header>
  );
}

/** The apps with their bindings. @param isNeeded whether it is used without any */
export function Uses({ uses, isNeeded = false }: { uses: readonly StoreUse[]; isNeeded?: boolean }) {
  if (uses.length === 0) return isNeeded ? null : <span class="muted">no app any more</span>;
  return (
    <ul class="uses">
      {uses.map(({ app, binding }) => (
        <li>
          <a href={`/apps/${app}`}>{app}</a> <code>env.{binding}</code>
        </li>
      ))}
    </ul>
  );
}
