/** Documents with one mistake each, by kind, with the line that refuses them. */

/** A document, and the one line that refuses it; `DIR` stands for the folder of the configuration. */
export type Case = readonly [document: unknown, line: string];

const HOST = 'expected a host such as "example.com", or "*.example.com" for every host below it';
const NAME = 'expected 1 to 63 of a-z, 0-9 and "-", not beginning with "-"';
const RANGE = 'expected an address range such as "10.0.0.0/8" or "fd00::/8"';
const VARIABLE = 'expected a name of letters, digits and "_" that does not begin with a digit';
const VALUE = 'expected text, { "from_env": "HOST_NAME" } or { "from_file": "path" }';
const TOKEN = 'expected visible ASCII text, { "from_env": "HOST_NAME" } or { "from_file": "path" }';
const CRON = 'expected five fields (minute, hour, day, month, weekday), such as "*/5 * * * *"';
const ADDRESS = 'expected an address or a host name without a port, such as "127.0.0.1", "::" or "localhost"';
const OUTBOUND = 'expected a host such as "api.example.com" or "*.example.com", with a port if only that is meant: ' +
  '"db.internal:5432"';

const COMPAT = 'expected "isolation": "process" beside it: all of Deno and Node takes a process of its own';

/** A document with one app that is right but for these keys. */
function app(keys: object): unknown {
  return { apps: [{ name: "a", path: "app", ...keys }] };
}

/** A document with right apps named a, b … but for these keys. */
function apps(...keys: object[]): unknown {
  return { apps: keys.map((one, index) => ({ name: "abcdef"[index], path: "app", ...one })) };
}

/** By what is wrong. The folder has `app/` and the files of the test; `X` is the only variable that is set. */
export const MISTAKE_CASES: Readonly<Record<string, readonly Case[]>> = {
  "wrong documents": [
    [null, 'The document is null: expected an object such as { "apps": [] }'],
    [[], 'The document is a list: expected an object such as { "apps": [] }'],
    ["x", 'The document is "x": expected an object such as { "apps": [] }'],
    [{ apps: {} }, "apps is an object: expected a list of apps"],
    [{ apps: {}, default_app: "a" }, "apps is an object: expected a list of apps"],
    [{ apps: [null] }, 'apps[0] is null: expected an object with "name" and "path"'],
    [{ apps: ["app"] }, 'apps[0] is "app": expected an object with "name" and "path"'],
  ],
  "wrong ways to install": [
    [{ install: true }, 'install is true: expected an object such as { "registry": "https://npm.example.com/" }'],
    ...["npm.test", "ftp://npm.test/", "https://npm.test/?a", "https://npm.test/${HOME}"].map(
      (registry): Case => [
        { install: { registry } },
        `install.registry is "${registry}": expected an http or https URL without credentials, query and fragment`,
      ],
    ),
    [
      { install: { registry: "https://a:b@npm.test/" } },
      'install.registry is "https://…@npm.test/": expected an http or https URL without credentials, query and fragment',
    ],
    ...["t0ken\nregistry=http://x/", "${HOME}", "a;b", ""].map((token): Case => [
      { install: { registry: "https://npm.test/", token } },
      `install.token is text: ${TOKEN}, of letters, digits and "._~+/=:-"`,
    ]),
    [{ install: { token: "t0ken" } }, 'install.registry is missing: expected the registry that "install.token" is for'],
    [
      { install: { timeout_ms: 0 } },
      "install.timeout_ms is 0: expected a whole number of milliseconds from 1 to 2147483647",
    ],
    [{ install: { uploads: "yes" } }, 'install.uploads is "yes": expected true or false'],
  ],
  "unknown keys": [
    [{ prot: 1 }, 'prot is no known key: did you mean "port"?'],
    [{ stateDir: "x" }, 'stateDir is no known key: did you mean "state_dir"?'],
    [{ log: { levle: "info" } }, 'log.levle is no known key: did you mean "level"?'],
    [{ memory_mb: 64 }, 'memory_mb is no known key: it belongs into an app, or into "defaults" for all apps'],
    [{ defaults: { memory: 64 } }, 'defaults.memory is no known key: did you mean "memory_mb"?'],
    [app({ memoryMb: 64 }), 'apps[0].memoryMb is no known key: did you mean "memory_mb"?'],
    [app({ hostnames: [] }), 'apps[0].hostnames is no known key: did you mean "hostname"?'],
    [{ log: { xyzzy: 1 } }, "log.xyzzy is no known key: expected one of level, format"],
    [{ log: { "a b\n": 1 } }, 'log["a b\\n"] is no known key: expected one of level, format'],
    [JSON.parse('{ "log": { "__proto__": 1 } }'), "log.__proto__ is no known key: expected one of level, format"],
  ],
  "names": [
    [apps({ name: undefined }), `apps[0].name is missing: ${NAME}`],
    [apps({ name: 5 }), `apps[0].name is 5: ${NAME}`],
    [apps({ name: "" }), `apps[0].name is "": ${NAME}`],
    [apps({ name: "Blog" }), `apps[0].name is "Blog": ${NAME}`],
    [apps({ name: "-a" }), `apps[0].name is "-a": ${NAME}`],
    [apps({ name: "x".repeat(64) }), `apps[0].name is "${"x".repeat(59)}…: ${NAME}`],
    [apps({}, { name: "a", hostname: "x" }), 'apps[1].name is "a": already taken by apps[0].name'],
    [app({ name: "v1--b" }), 'apps[0].name is "v1--b": names as v1--shop are kept for the versions of apps'],
    [{ default_app: "z" }, 'default_app is "z": there are no apps'],
    [{ ...apps({}, {}) as object, default_app: "z" }, 'default_app is "z": expected the name of an app: "a", "b"'],
  ],
  "hosts": [
    [app({ hostname: 5 }), "apps[0].hostname is 5: expected a host or a list of hosts"],
    [app({ hostname: "" }), `apps[0].hostname is "": ${HOST}`],
    [app({ hostname: [] }), "apps[0].hostname is a list: expected at least one host"],
    [app({ hostname: ["x", 5] }), `apps[0].hostname[1] is 5: ${HOST}`],
    [app({ hostname: "http://x" }), `apps[0].hostname is "http://x": ${HOST}`],
    [app({ hostname: "a..b" }), `apps[0].hostname is "a..b": ${HOST}`],
    [app({ hostname: "*" }), `apps[0].hostname is "*": ${HOST}`],
    [app({ hostname: "a.*.b" }), `apps[0].hostname is "a.*.b": ${HOST}`],
    [app({ hostname: "*.[::1]" }), `apps[0].hostname is "*.[::1]": ${HOST}`],
    [app({ hostname: ["x", "X."] }), 'apps[0].hostname[1] is "X.": already taken by apps[0].hostname[0]'],
    [
      apps({ hostname: "X.y" }, { hostname: ["z", "x.Y:80"] }),
      'apps[1].hostname[1] is "x.Y:80": already taken by apps[0].hostname',
    ],
    [apps({ hostname: "*.Y" }, { hostname: "*.y." }), 'apps[1].hostname is "*.y.": already taken by apps[0].hostname'],
    [apps({}, { hostname: "a" }), 'apps[0].hostname is missing: its default "a" is taken by apps[1].hostname'],
    ...["v1--b.test", "V12--B.test.:80", "*.v1--b.test", "v3--b", "v999999999999999--b-c.example.com"].map((
      host,
    ): Case => [
      app({ hostname: ["x", host] }),
      `apps[0].hostname[1] is "${host}": hosts as v1--shop.example.com are kept for previews of versions`,
    ]),
    [{ hostname: "0.0.0.0:80" }, `hostname is "0.0.0.0:80": ${ADDRESS}`],
    [{ hostname: "" }, `hostname is "": ${ADDRESS}`],
    [{ hostname: null }, `hostname is null: ${ADDRESS}`],
    [{ admin: { hostname: "a b" } }, `admin.hostname is "a b": ${ADDRESS}`],
  ],
  "ports": [
    [{ port: -1 }, "port is -1: expected a whole number from 0 to 65535"],
    [{ port: 65536 }, "port is 65536: expected a whole number from 0 to 65535"],
    [{ port: 80.5 }, "port is 80.5: expected a whole number from 0 to 65535"],
    [{ port: "8080" }, 'port is "8080": expected a whole number from 0 to 65535'],
    [{ port: 9090 }, "port is 9090: already the port of the admin listener"],
    [{ admin: { port: 8080 } }, "admin.port is 8080: already taken by port"],
    [app({ port: 8080 }), "apps[0].port is 8080: already taken by port"],
    [app({ port: 9090 }), "apps[0].port is 9090: already taken by admin.port"],
    [apps({ port: 81 }, { port: 81 }), "apps[1].port is 81: already taken by apps[0].port"],
  ],
  "limits": [
    [app({ memory_mb: 15 }), "apps[0].memory_mb is 15: expected a whole number of MiB from 16 to 65536"],
    [app({ memory_mb: 65537 }), "apps[0].memory_mb is 65537: expected a whole number of MiB from 16 to 65536"],
    [app({ memory_mb: 1e300 }), "apps[0].memory_mb is 1e+300: expected a whole number of MiB from 16 to 65536"],
    [app({ memory_mb: NaN }), "apps[0].memory_mb is NaN: expected a whole number of MiB from 16 to 65536"],
    [app({ external_mb: 15 }), "apps[0].external_mb is 15: expected a whole number of MiB from 16 to 65536"],
    [app({ cpu_ms: 49 }), "apps[0].cpu_ms is 49: expected a whole number of milliseconds from 50 to 2147483647"],
    [app({ timeout_ms: 0 }), "apps[0].timeout_ms is 0: expected a whole number of milliseconds from 1 to 2147483647"],
    [app({ max_concurrent: 0 }), "apps[0].max_concurrent is 0: expected a whole number of requests from 1 to 1000000"],
    [app({ max_queue: -1 }), "apps[0].max_queue is -1: expected a whole number of requests from 0 to 1000000"],
    [
      app({ max_body_bytes: "1MB" }),
      'apps[0].max_body_bytes is "1MB": expected a whole number of bytes from 0 to 9007199254740991',
    ],
    [
      app({ idle_timeout_ms: null }),
      "apps[0].idle_timeout_ms is null: expected a whole number of milliseconds from 0 to 2147483647",
    ],
    [
      { drain_timeout_ms: 2 ** 31 },
      "drain_timeout_ms is 2147483648: expected a whole number of milliseconds from 0 to 2147483647",
    ],
    [
      { defaults: { drain_timeout_ms: true } },
      "defaults.drain_timeout_ms is true: expected a whole number of milliseconds from 0 to 2147483647",
    ],
    [{ defaults: 5 }, 'defaults is 5: expected an object such as { "memory_mb": 256 }'],
  ],
  "queues": [
    [
      app({ queues: { consumers: [{ queue: "Jobs" }] } }),
      'apps[0].queues.consumers[0].queue is "Jobs": expected the name of a queue: 1 to 63 of a-z, 0-9, "-" and "_", not beginning with "-" or "_"',
    ],
    [
      app({ queues: { consumers: [{ queue: "jobs", max_batch_size: 101 }] } }),
      "apps[0].queues.consumers[0].max_batch_size is 101: expected a whole number of messages from 1 to 100",
    ],
    [
      app({ queues: { consumers: [{ queue: "jobs", max_batch_timeout: 61 }] } }),
      "apps[0].queues.consumers[0].max_batch_timeout is 61: expected a whole number of seconds from 0 to 60",
    ],
    [
      app({ queues: { consumers: [{ queue: "jobs", max_retrys: 1 }] } }),
      'apps[0].queues.consumers[0].max_retrys is no known key: did you mean "max_retries"?',
    ],
    [
      app({ queues: { consumers: [{ queue: "jobs" }, { queue: "jobs" }] } }),
      'apps[0].queues.consumers[1].queue is "jobs": already taken by apps[0].queues.consumers[0].queue',
    ],
    [
      app({ queues: { consumers: [{ queue: "jobs", dead_letter_queue: "jobs" }] } }),
      'apps[0].queues.consumers[0].dead_letter_queue is "jobs": expected another queue than the one that is consumed',
    ],
    [
      app({ queues: [] }),
      'apps[0].queues is a list: expected an object such as { "consumers": [{ "queue": "jobs" }] }',
    ],
    [
      app({ bindings: { JOBS: { queue: { name: "jobs", delay: 1 } } } }),
      'apps[0].bindings.JOBS.queue.delay is no known key: expected the name of a queue, or an object such as { "name": "jobs", "delivery_delay": 60 }',
    ],
  ],
  "choices": [
    [app({ streams: "web" }), 'apps[0].streams is "web": expected one of "native", "polyfill"'],
    [app({ start: "later" }), 'apps[0].start is "later": expected one of "eager", "lazy", "auto"'],
    [app({ isolation: "vm" }), 'apps[0].isolation is "vm": expected one of "worker", "process"'],
    [app({ compat: "node" }), 'apps[0].compat is "node": expected one of "web", "full"'],
    [app({ compat: "full" }), `apps[0].compat is "full": ${COMPAT}`],
    [
      { defaults: { isolation: "process" }, ...apps({ compat: "full", isolation: "worker" }) as object },
      `apps[0].compat is "full": ${COMPAT}`,
    ],
    [{ defaults: { compat: "full" }, apps: [] }, `defaults.compat is "full": ${COMPAT}`],
    [app({ ffi: true }), 'apps[0].ffi is true: expected "compat": "full" beside it'],
    [app({ run: ["git"] }), 'apps[0].run is a list: expected "compat": "full" beside it'],
    [
      app({ isolation: "process", compat: "full", run: ["git log"] }),
      'apps[0].run[0] is "git log": expected the name of a program, such as "git", or its absolute path',
    ],
    [app({ node_compat: 1 }), "apps[0].node_compat is 1: expected true or false"],
    [app({ outbound: "publc" }), 'apps[0].outbound is "publc": expected "public", "none", "any" or a list of hosts'],
    [app({ outbound: ["a.b:0"] }), `apps[0].outbound[0] is "a.b:0": ${OUTBOUND}`],
    [app({ outbound: ["a.b:65536"] }), `apps[0].outbound[0] is "a.b:65536": ${OUTBOUND}`],
    [{ log: { level: "INFO" } }, 'log.level is "INFO": expected one of "debug", "info", "warn", "error"'],
    [{ log: "pretty" }, 'log is "pretty": expected an object such as { "level": "info" }'],
    [{ admin: true }, 'admin is true: expected false or an object such as { "port": 9090 }'],
    [{ trusted_proxies: "10.0.0.0/8" }, 'trusted_proxies is "10.0.0.0/8": expected a list of address ranges'],
    [{ trusted_proxies: ["10.0.0.0/33"] }, `trusted_proxies[0] is "10.0.0.0/33": ${RANGE}`],
    [{ trusted_proxies: ["10.0.0.0/8", "all"] }, `trusted_proxies[1] is "all": ${RANGE}`],
  ],
  "schedules": [
    [
      app({ crons: ["* * * * *"] }),
      'apps[0].crons[0] is "* * * * *": expected an object such as { "schedule": "*/5 * * * *" }',
    ],
    [
      app({ crons: [{ schedule: "61 * * * *" }] }),
      'apps[0].crons[0].schedule is "61 * * * *": expected a schedule (Invalid value for minute: 61)',
    ],
    [
      app({ crons: [{ schedule: "0 0 31 2 *" }] }),
      'apps[0].crons[0].schedule is "0 0 31 2 *": expected a schedule (it names a day that never comes)',
    ],
    [
      app({ crons: [{ schedule: "* * * * *" }, { schedule: " * * * * *" }] }),
      'apps[0].crons[1].schedule is "* * * * *": already taken by apps[0].crons[0].schedule',
    ],
    [
      app({ crons: [{ schedule: "* * * * *", name: "x" }, { schedule: "0 * * * *", name: "x" }] }),
      'apps[0].crons[1].name is "x": already taken by apps[0].crons[0].name',
    ],
    [app({ crons: [{ schedule: "* * * *" }] }), `apps[0].crons[0].schedule is "* * * *": ${CRON}`],
    [app({ crons: [{ name: "x" }] }), `apps[0].crons[0].schedule is missing: ${CRON}`],
    [app({ crons: [{ schedule: "* * * * *", name: "" }] }), 'apps[0].crons[0].name is "": expected a name'],
  ],
  "variables": [
    [app({ env: [] }), 'apps[0].env is a list: expected an object such as { "NAME": "text" }'],
    [app({ env: { "a-b": "x" } }), `apps[0].env["a-b"] is no valid name: ${VARIABLE}`],
    [app({ env: { "1A": "x" } }), `apps[0].env["1A"] is no valid name: ${VARIABLE}`],
    [app({ env: JSON.parse('{ "__proto__": "x" }') }), "apps[0].env.__proto__ is no valid name: expected another name"],
    [app({ env: { A: 5 } }), `apps[0].env.A is a number: ${VALUE}`],
    [app({ env: { A: {} } }), `apps[0].env.A is an object: ${VALUE}`],
    [app({ env: { A: "x\0" } }), "apps[0].env.A is text: expected text without NUL characters"],
    [app({ env: { A: { from_env: "x y" } } }), `apps[0].env.A.from_env is text: ${VARIABLE}`],
    [
      app({ env: { A: { from_env: "X", default: "y" } } }),
      "apps[0].env.A.default is no known key: expected one of from_env",
    ],
    [
      app({ env: { A: { from_env: "UNSET" } } }),
      `apps[0].env.A.from_env is "UNSET": expected a variable that is set in NANO's environment`,
    ],
    [
      app({ assets: "other", env: { ASSETS: "x" } }),
      'apps[0].env.ASSETS is text: this name is taken by the binding of "assets"',
    ],
    [
      app({ bindings: { NS: { kv: "a" } }, env: { NS: "x" } }),
      "apps[0].bindings.NS is an object: already taken by apps[0].env.NS",
    ],
    [
      app({ assets: "other", bindings: { ASSETS: { kv: "a" } } }),
      'apps[0].bindings.ASSETS is an object: this name is taken by the binding of "assets"',
    ],
  ],
  "bindings that are none": [
    [
      app({ bindings: [] }),
      'apps[0].bindings is a list: expected an object such as { "CACHE": { "kv": "cache" } }',
    ],
    [app({ bindings: { NS: "a" } }), 'apps[0].bindings.NS is "a": expected an object such as { "kv": "cache" }'],
    [
      app({ bindings: { NS: {} } }),
      'apps[0].bindings.NS is an object: expected an object such as { "kv": "cache" }, with one key',
    ],
    [
      app({ bindings: { NS: { kv: "../x" } } }),
      'apps[0].bindings.NS.kv is "../x": expected the name of a namespace: 1 to 63 of a-z, 0-9 and "-", not beginning with "-"',
    ],
    [
      app({ bindings: { DB: { d1: "../x" } } }),
      'apps[0].bindings.DB.d1 is "../x": expected the name of a database: 1 to 63 of a-z, 0-9 and "-", not beginning with "-"',
    ],
    [
      app({ bindings: { NS: { kv: "a", rate_limit: { limit: 1, period: 10 } } } }),
      'apps[0].bindings.NS is an object: expected an object such as { "kv": "cache" }, with one key',
    ],
    [
      app({ bindings: { NS: { rate_limit: { limit: 1, period: 11 } } } }),
      "apps[0].bindings.NS.rate_limit.period is 11: expected 10 or 60, in seconds",
    ],
    [
      app({ bindings: { NS: { rate_limit: { limit: 0, period: 10 } } } }),
      "apps[0].bindings.NS.rate_limit.limit is 0: expected a whole number of calls from 1 to 1000000000",
    ],
    [
      app({ bindings: { NS: { kv: "a", entrypoint: "A" } } }),
      'apps[0].bindings.NS is an object: expected an object such as { "kv": "cache" }, with one key',
    ],
    [
      app({ bindings: { NS: { entrypoint: "A" } } }),
      'apps[0].bindings.NS is an object: expected an object such as { "kv": "cache" }, with one key',
    ],
    [
      app({ bindings: { NS: { service: "A b" } } }),
      'apps[0].bindings.NS.service is "A b": expected the name of an app: 1 to 63 of a-z, 0-9 and "-", not beginning with "-"',
    ],
    [
      app({ bindings: { NS: { service: "a", entrypoint: "a b" } } }),
      'apps[0].bindings.NS.entrypoint is "a b": expected the name of an export, such as "Admin"',
    ],
    [
      app({ bindings: { NS: { service: "a", props: 5 } } }),
      "apps[0].bindings.NS.props is 5: expected an object of JSON values",
    ],
    [app({ bindings: { NS: { version_metadata: 1 } } }), "apps[0].bindings.NS.version_metadata is 1: expected true"],
    [app({ bindings: { NS: { kw: "a" } } }), 'apps[0].bindings.NS.kw is no known key: did you mean "kv"?'],
    [
      app({ bindings: { "a-b": { kv: "a" } } }),
      'apps[0].bindings["a-b"] is no valid name: expected a name of letters, digits and "_" that does not begin with a digit',
    ],
    [
      app({ bindings: JSON.parse('{"__proto__":{"kv":"a"}}') }),
      "apps[0].bindings.__proto__ is no valid name: expected another name",
    ],
  ],
  "files that are not there": [
    [app({ path: undefined }), "apps[0].path is missing: expected the path of a folder or an entry file"],
    [app({ path: "" }), 'apps[0].path is "": expected the path of a folder or an entry file'],
    [app({ path: "a\0b" }), 'apps[0].path is "a\\u0000b": expected the path of a folder or an entry file'],
    [app({ path: "nowhere" }), 'apps[0].path is "nowhere": expected a file or folder, but DIR/nowhere does not exist'],
    [app({ path: "file/x" }), 'apps[0].path is "file/x": expected a file or folder, but DIR/file/x does not exist'],
    [app({ path: "/dev/null" }), 'apps[0].path is "/dev/null": expected a file or folder, but /dev/null is none'],
    [
      app({ assets: 5 }),
      'apps[0].assets is 5: expected the path of a folder, or an object such as { "path": "public", "single_page": true }',
    ],
    [app({ assets: { path: "file" } }), 'apps[0].assets.path is "file": expected a folder, but DIR/file is none'],
    [
      app({ assets: { path: "app", single: true } }),
      'apps[0].assets.single is no known key: did you mean "single_page"?',
    ],
    [app({ root: "file" }), 'apps[0].root is "file": expected a folder, but DIR/file is none'],
    [app({ root: "app/sub" }), 'apps[0].root is "app/sub": expected a folder, but DIR/app/sub does not exist'],
    [app({ root: "other" }), 'apps[0].root is "other": expected a folder at or above "path", which is "app"'],
    [app({ assets: "file" }), 'apps[0].assets is "file": expected a folder, but DIR/file is none'],
    [{ tls: { cert: "file", key: "app" } }, 'tls.key is "app": expected a file, but DIR/app is a folder'],
    [{ tls: { cert: "file" } }, "tls.key is missing: expected the path of a PEM file"],
    [{ state_dir: "file" }, 'state_dir is "file": expected a folder, but DIR/file is none'],
    [{ state_dir: "file/x" }, 'state_dir is "file/x": expected a folder, but a part of DIR/file/x is a file'],
    [
      app({ env: { A: { from_file: "no" } } }),
      'apps[0].env.A.from_file is "no": expected a readable file, but DIR/no does not exist',
    ],
    [
      app({ env: { A: { from_file: "app" } } }),
      'apps[0].env.A.from_file is "app": expected a readable file, but DIR/app is no file',
    ],
    [
      app({ env: { A: { from_file: "/dev/zero" } } }),
      'apps[0].env.A.from_file is "/dev/zero": expected a readable file, but /dev/zero is no file',
    ],
    [
      app({ env: { A: { from_file: "binary" } } }),
      'apps[0].env.A.from_file is "binary": expected a readable file, but DIR/binary is no UTF-8 text',
    ],
    [
      app({ env: { A: { from_file: "nul" } } }),
      'apps[0].env.A.from_file is "nul": expected a readable file, but DIR/nul contains NUL characters',
    ],
    [
      app({ env: { A: { from_file: "huge" } } }),
      'apps[0].env.A.from_file is "huge": expected a readable file, but DIR/huge is longer than 1048576 bytes',
    ],
  ],
  "admin tokens": [
    [{ admin: { token: 5 } }, `admin.token is a number: ${TOKEN}`],
    [{ admin: { token: "" } }, `admin.token is text: ${TOKEN}`],
    [{ admin: { token: "two words" } }, `admin.token is text: ${TOKEN}`],
    [
      { admin: { token: { from_env: "UNSET" } } },
      `admin.token.from_env is "UNSET": expected a variable that is set in NANO's environment`,
    ],
    [
      { admin: { token: { from_file: "empty" } } },
      "admin.token is an object: expected its value to be visible ASCII text without spaces",
    ],
  ],
};
