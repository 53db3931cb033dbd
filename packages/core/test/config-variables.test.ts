import { describe, expect, test } from "vitest";
import { formatDiagnostic, parseCatalog, parseConfig } from "../src/config/index.ts";

const variables = new Map([
  ["TOKEN", "s3cret"],
  ["HOST", "example.com"],
  ["EMPTY", ""],
  ["NESTED", "${TOKEN}"],
  ["_x1", "low"],
]);
const sources = { variable: (name: string) => variables.get(name) };

function catalogOf(text: string) {
  const { diagnostics, ...parsed } = parseCatalog(text, "c.yaml", sources);
  return { ...parsed, problems: diagnostics.map(formatDiagnostic) };
}

function serverWith(option: string) {
  return catalogOf(`servers:\n  - id: a\n    runtime:\n      type: x\n      option: ${option}\n`);
}

describe("a variable", () => {
  test.each([
    ["${TOKEN}", "s3cret"],
    ["https://${HOST}:443/${TOKEN}?q", "https://example.com:443/s3cret?q"],
    ["'${TOKEN}${TOKEN}'", "s3crets3cret"],
    ["'-${EMPTY}-'", "--"],
    ["${_x1}", "low"],
    ["['a', '${HOST}', ['${TOKEN}']]", ["a", "example.com", ["s3cret"]]],
    ["{ deep: { er: 'x${HOST}' } }", { deep: { er: "xexample.com" } }],
    ["$TOKEN {HOST} $ {x}", "$TOKEN {HOST} $ {x}"],
    ["$${HOST} and $$${HOST}", "${HOST} and $${HOST}"],
    ["'${NO:-}|${NO:-a b:-c}|${EMPTY:-d}|${HOST:-e}'", "|a b:-c|d|example.com"],
    ["${HOST:?needed}", "example.com"],
  ])("is put into %j", (option, value) => {
    const { servers, problems } = serverWith(option);
    expect(problems).toEqual([]);
    expect(servers[0]?.runtime.option).toEqual(value);
  });

  test("is put in once: what it holds is not looked at again", () => {
    expect(serverWith("${NESTED}").servers[0]?.runtime.option).toBe("${TOKEN}");
  });

  test("that looks like a replacement pattern is put in as it is", () => {
    const text = "servers: [{ id: a, runtime: { type: 'x${P}' } }]";
    expect(parseCatalog(text, "c.yaml", { variable: () => "$& $1 $`" }).servers[0]?.runtime.type).toBe(
      "x$& $1 $`",
    );
  });

  test("stays a reference in what is shown to people", () => {
    const { servers } = catalogOf(
      "servers: [{ id: a, runtime: { type: x, args: ['${HOST}'] }, env: { T: 'k=${TOKEN}' } }]",
    );
    expect(servers[0]?.env).toEqual({ T: "k=s3cret" });
    expect(servers[0]?.written).toEqual({
      id: "a",
      runtime: { type: "x", args: ["${HOST}"] },
      env: { T: "k=${TOKEN}" },
    });
  });

  test("is a secret, once, unless it is empty", () => {
    const { secrets } = serverWith("'${TOKEN} ${EMPTY} ${TOKEN} ${HOST}'");
    expect(secrets).toEqual(["s3cret", "example.com"]);
    expect(parseConfig("api_key: ${TOKEN}", "c.yaml", sources)).toMatchObject({
      config: { api_key: "s3cret" },
      secrets: ["s3cret"],
    });
  });

  test("can be the id, which is then found in the file", () => {
    const { servers, locate } = catalogOf(
      "servers:\n  - { id: a, runtime: { type: x } }\n  - id: ${HOST}\n    runtime: { type: x }\n",
    );
    expect(servers[1]?.id).toBe("example.com");
    expect(locate("example.com", ["runtime"])).toMatchObject({ file: "c.yaml", line: 4, column: 5 });
  });
});

describe("a variable that is not set", () => {
  test("disables that server only", () => {
    const { servers, problems } = catalogOf(
      "servers:\n  - id: a\n    runtime: { type: x, args: [ok, 'x${NO}'] }\n    env:\n      T: ${NEITHER}\n" +
        "  - { id: b, runtime: { type: x } }\n",
    );
    expect(problems).toEqual([
      "c.yaml:3:36: error: The variable ${NO} is not set",
      "c.yaml:5:7: error: The variable ${NEITHER} is not set",
    ]);
    expect(servers.map(({ id, problem }) => [id, problem])).toEqual([
      ["a", "The variable ${NO} is not set; The variable ${NEITHER} is not set"],
      ["b", undefined],
    ]);
  });

  test("refuses a configuration that needs it", () => {
    const { config, diagnostics } = parseConfig("log_level: info\napi_key: ${NO}\n", "c.yaml", sources);
    expect(config).toBeUndefined();
    expect(diagnostics.map(formatDiagnostic)).toEqual(["c.yaml:2:1: error: The variable ${NO} is not set"]);
  });

  test("disables that server only, also in the configuration itself", () => {
    const text = "servers:\n  - { id: a, runtime: { type: '${NO}' } }\n";
    const { config, servers, diagnostics } = parseConfig(text, "c.yaml", sources);
    expect(config).toBeDefined();
    expect(servers).toMatchObject([{ id: "a", problem: "The variable ${NO} is not set" }]);
    expect(diagnostics).toHaveLength(1);
  });

  test.each([
    ["${}", "${}"],
    ["${a b}", "${***}"],
    ["${1A}", "${1A}"],
    ["${TOKEN:x}", "${TOKEN:***}"],
    ["${ TOKEN }", "${ TOKEN }"],
    ["${TOKEN:+x}", "${TOKEN:***}"],
  ])("is no reference, and is said without what may be a secret: %s", (option, shown) => {
    const { problems } = serverWith(`'${option}'`);
    expect(problems).toEqual([
      `c.yaml:5:7: error: ${shown} is no reference; write $\${ for the characters themselves`,
    ]);
  });

  test("that must be set says why it must", () => {
    expect(serverWith("'${NO:?get a key from the console}'").problems).toEqual([
      "c.yaml:5:7: error: ${NO}: get a key from the console",
    ]);
    expect(serverWith("'${EMPTY:?}'").problems).toEqual([
      "c.yaml:5:7: error: The variable ${EMPTY} is empty",
    ]);
  });

  test.each(["__proto__", "constructor", "toString"])("is found by its own name only: %s", (name) => {
    const { problems } = serverWith(`\${${name}}`);
    expect(problems).toEqual([`c.yaml:5:7: error: The variable \${${name}} is not set`]);
  });
});

describe("a file", () => {
  const files = { ...sources, file: (path: string) => (path === "key" ? "k3y\nline 2\r\n\n" : fail(path)) };

  function fail(path: string): never {
    throw new Error(`The file ${path} does not exist`);
  }

  test("is put in without the line breaks at its end, and is a secret", () => {
    const { servers, secrets } = parseCatalog(
      "servers: [{ id: a, runtime: { type: x, key: 'Bearer ${file:key}' } }]",
      "c.yaml",
      files,
    );
    expect(servers[0]?.runtime.key).toBe("Bearer k3y\nline 2");
    expect(secrets).toEqual(["k3y\nline 2"]);
  });

  test("that can not be had disables the server that names it, and says why", () => {
    const text = "servers: [{ id: a, runtime: { type: '${file:nope}' } }, { id: b, runtime: { type: x } }]";
    const { servers } = parseCatalog(text, "c.yaml", files);
    expect(servers.map(({ problem }) => problem)).toEqual(["The file nope does not exist", undefined]);
    expect(parseCatalog(text, "c.yaml", sources).servers[0]?.problem).toContain("there are no files here");
  });
});
