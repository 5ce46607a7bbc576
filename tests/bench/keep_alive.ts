/** One keep-alive connection that times single requests; fetch would add a millisecond of its own. */
import { RawConnection, type RawResponse } from "../support/raw_http.ts";

/** An answer and how long it took. */
export interface TimedResponse {
  readonly response: RawResponse;
  readonly ms: number;
}

/** Sends one GET on an open connection and waits for the whole answer. */
export async function timedGet(connection: RawConnection, host: string, path = "/"): Promise<TimedResponse> {
  const began = performance.now();
  await connection.request("GET", path, [["host", host]]);
  const response = await connection.readResponse();
  return { response, ms: performance.now() - began };
}

/** As {@linkcode timedGet}, on a connection of its own that is opened before the time runs. */
export async function timedGetOnce(url: string, host: string, path = "/"): Promise<TimedResponse> {
  using connection = await RawConnection.open(url);
  return await timedGet(connection, host, path);
}

/** Fails unless the app itself has answered: a figure of an error page is no figure. */
export function mustBeOk({ response, ms }: TimedResponse): number {
  if (response.status !== 200) throw new Error(`Got status ${response.status} in the bench: ${response.text}`);
  return ms;
}
