/** `process.binding`: tables of Node's insides that old packages read while they are loaded; nothing there does work. */
import { pastIsolate } from "../../protocol/past_isolate.ts";
import { NativeTypeError } from "../../protocol/primordials.ts";

/** In the order of llhttp, by which packages number them. */
const METHODS =
  "DELETE GET HEAD POST PUT CONNECT OPTIONS TRACE COPY LOCK MKCOL MOVE PROPFIND PROPPATCH SEARCH UNLOCK BIND REBIND " +
  "UNBIND ACL REPORT MKACTIVITY CHECKOUT MERGE M-SEARCH NOTIFY SUBSCRIBE UNSUBSCRIBE PATCH PURGE MKCALENDAR LINK " +
  "UNLINK SOURCE QUERY";

/** Of libuv on Linux: what streams of old packages tell each other. */
const UV = {
  ...{ UV_EOF: -4095, UV_ECANCELED: -125, UV_ECONNREFUSED: -111, UV_ETIMEDOUT: -110, UV_ECONNRESET: -104 },
  ...{ UV_EADDRINUSE: -98, UV_EPIPE: -32, UV_EINVAL: -22, UV_ENOENT: -2 },
};

/** @boot */
export function createBinding(): (name: unknown) => object {
  class HTTPParser {
    static readonly methods: readonly string[] = METHODS.split(" ");
    static readonly REQUEST = 1;
    static readonly RESPONSE = 2;
    constructor() {
      throw new NativeTypeError(pastIsolate('process.binding("http_parser").HTTPParser'));
    }
  }
  const tables: Readonly<Record<string, object>> = {
    __proto__: null as never,
    http_parser: { HTTPParser, methods: HTTPParser.methods },
    stream_wrap: { kReadBytesOrError: 0, kArrayBufferOffset: 1, streamBaseState: new Int32Array(5) },
    uv: UV,
  };
  return (name) => {
    const table = typeof name === "string" ? tables[name] : undefined;
    if (table === undefined) throw new NativeTypeError(pastIsolate("process.binding"));
    return table;
  };
}
