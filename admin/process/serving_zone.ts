/** Apps see one time zone and one language wherever they are served: UTC and no country's, as on other edge runtimes. */

/** Where the guardian tells its host the zone of the person who started it. */
const ZONE_NAME = "NANO_TIME_ZONE";

/** What a serving process is started with; V8 takes its language from there and from nowhere else. */
export function servingEnvironment(): Readonly<Record<string, string>> {
  return { TZ: "UTC", LANG: "C.UTF-8", LC_ALL: "C.UTF-8", [ZONE_NAME]: ownZone() };
}

/**
 * Makes this process one that serves in UTC.
 * @returns the zone in which a person reads its log
 */
export function serveInUtc(env: (name: string) => string | undefined): string {
  const zone = env(ZONE_NAME) ?? ownZone();
  Deno.env.set("TZ", "UTC");
  return zone;
}

/** Not by `Intl`, which loads a country's formats for it: 16 ms of CPU, of the guardian's 100 and the host's 700. */
function ownZone(): string {
  const zone = Temporal.Now.timeZoneId();
  // As V8 calls what an empty TZ names, which means UTC (POSIX) and which no format takes
  return zone === "Etc/Unknown" ? "UTC" : zone;
}
