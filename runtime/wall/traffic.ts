/** What the traffic of one isolate is run with. */
import type { Clock } from "../clock.ts";
import type { OutboundCalls } from "./outbound_bridge.ts";

/** Told what an isolate does beside answering. */
export interface IsolateObserver {
  /** A call has left the isolate: answered, failed or cut. */
  onCallDone(): void;
  /** A console line. */
  onLog(level: string, text: string): void;
  /** The app failed: its handler, its stream, or code that nobody awaits. */
  onException(text: string): void;
}

/** The app that traffic is run for. */
export interface Traffic {
  readonly app: string;
  readonly maxBodyBytes: number;
  /** What the app may hold outside the heap. */
  readonly externalBytes: number;
  readonly observer: IsolateObserver;
  /** The app's way out; its owner closes it. */
  readonly outbound: OutboundCalls;
  readonly clock: Clock;
}

/** Who runs the isolate of the traffic. */
export interface TrafficOwner {
  /** Told when the first request enters and when the last one leaves. */
  readonly onBusy: (isBusy: boolean) => void;
  /** Takes what the isolate has broken in operations that are run after the turn in which they came. */
  readonly onError: (error: unknown) => void;
}
