/** What travels with a request of the admin listener from one handler to the next. */
import type { Session } from "./session.ts";

/** For Hono's generics. */
export interface AdminEnv {
  /** What the listener knows of the connection. */
  Bindings: {
    /** Address of the client, without its port. */
    readonly peer?: string;
    /** Aborts when the listener closes: streams end then. */
    readonly closing?: AbortSignal;
  };
  Variables: {
    requestId: string;
    /** Who asks, as `api 127.0.0.1`; only behind the gate. */
    actor: string;
    /** The dashboard's session, or null for a request with the token. */
    session: Session | null;
  };
}
