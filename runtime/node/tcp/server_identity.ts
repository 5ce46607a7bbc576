/** `tls.checkServerIdentity`: whether a certificate is of a host. */

interface Certificate {
  readonly subject?: { readonly CN?: string | readonly string[] };
  readonly subjectaltname?: string;
}

/** @returns what is wrong, or undefined */
export function checkServerIdentity(hostname: string, certificate: Certificate): Error | undefined {
  const host = hostname.toLowerCase().replace(/\.$/, "");
  const names = (certificate.subjectaltname ?? "").split(/,\s*/).filter((name) => name !== "");
  const dns = names.filter((name) => name.startsWith("DNS:")).map((name) => name.slice(4).toLowerCase());
  const addresses = names.filter((name) => name.startsWith("IP Address:")).map((name) => name.slice(11).toLowerCase());
  const common = [certificate.subject?.CN ?? []].flat().map((name) => name.toLowerCase());
  if (addresses.includes(host)) return undefined;
  if ((dns.length > 0 ? dns : common).some((pattern) => isNamed(host, pattern))) return undefined;
  const reason = `Host: ${hostname}. is not in the cert's altnames: ${certificate.subjectaltname ?? ""}`;
  const text = `Hostname/IP does not match certificate's altnames: ${reason}`;
  return Object.assign(new Error(text), {
    ...{ code: "ERR_TLS_CERT_ALTNAME_INVALID", reason, host: hostname, cert: certificate },
  });
}

/** A star stands for the whole first label (RFC 6125, 6.4.3). */
function isNamed(host: string, pattern: string): boolean {
  if (!pattern.startsWith("*.")) return host === pattern;
  const dot = host.indexOf(".");
  return dot > 0 && host.slice(dot) === pattern.slice(1) && pattern.split(".").length > 2;
}
