/** Asks an app of index.js for all of its cases, in Node and in Deno. */
import http from "node:http";
import { Buffer } from "node:buffer";

/** Of an answer that is no case's value: what differs from run to run, or is each server's own. */
const UNTOLD = ["date", "x-request-id", "x-raw", "connection", "keep-alive", "cf-cache-status", "vary"];

/** @returns the response of one path, by a connection of its own */
function get({ hostname, port }, { host, path }) {
  return new Promise((resolve, reject) => {
    // Else Wrangler packs what it answers.
    const accept = path.includes("passed%20on") ? { "accept-encoding": "gzip" } : {};
    const headers = { host, "x-sent": "1", "user-agent": "asker", ...accept };
    const request = http.get({ host: hostname, port, path, agent: false, headers }, (response) => {
      const chunks = [];
      response.on("data", (chunk) => chunks.push(chunk));
      response.on("error", reject);
      response.on("end", () =>
        resolve({
          status: response.statusCode,
          statusText: response.statusMessage,
          headers: response.headers,
          body: Buffer.concat(chunks).toString(),
        }));
    });
    request.on("error", reject);
  });
}

/**
 * @param {URL} base of the server
 * @param {string} host whom to ask there
 * @returns {Promise<Record<string, unknown>>} answers by the names of the cases
 */
export async function askCases(base, host = base.host) {
  const names = JSON.parse((await get(base, { host, path: "/" })).body);
  const answers = {};
  for (const name of names) {
    const answer = await get(base, { host, path: `/${encodeURIComponent(name)}` });
    if (answer.headers["x-raw"] === undefined) {
      answers[name] = answer.status === 200 ? JSON.parse(answer.body) : { status: answer.status };
      continue;
    }
    for (const header of UNTOLD) delete answer.headers[header];
    answers[name] = { raw: { ...answer, headers: Object.fromEntries(Object.entries(answer.headers).sort()) } };
  }
  return answers;
}
