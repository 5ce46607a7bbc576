/** What stands for servers in `node:net` and `node:tls`: nothing of an app may listen but its handler. */

/**
 * A class and a function that refuse.
 * @param module whose they are
 * @param instead the module whose servers an app may have
 */
export function noServer(
  module: "net" | "tls",
  instead: "http" | "https",
): { readonly Server: new () => object; readonly createServer: () => never } {
  const refused = () => {
    const text = `Cannot listen with node:${module}: NANO listens for the app; a server of node:${instead} is one`;
    return Object.assign(new Error(text), { code: "ERR_METHOD_NOT_IMPLEMENTED" });
  };
  class Server {
    constructor() {
      throw refused();
    }
  }
  return {
    Server,
    createServer() {
      throw refused();
    },
  };
}
