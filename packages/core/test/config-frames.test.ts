import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseCatalog, parseConfig } from "../src/config/index.ts";
import { shownText } from "../src/config/shown-text.ts";

const none = { variable: () => undefined };
const canary = "S3CR3T-canary";

function framesOf(text: string): string[] {
  const found = [
    ...parseCatalog(text, "c.yaml", none).diagnostics,
    ...parseConfig(text, "c.yaml", none).diagnostics,
  ];
  return found.map(({ frame, message, hint }) => [message, frame, hint].join("\n"));
}

/** What is shown of a whole text, as good YAML would be and as broken YAML is. */
function shownAsBroken(text: string): string {
  const excerpt = shownText(text, undefined);
  return text
    .split("\n")
    .map((_, line) => excerpt.around(line + 1, 1))
    .join("\n");
}

/** A good text, with a wrong key behind each of its lines at the depth of `servers`, so that each is in a frame. */
function shownAsGood(text: string): string {
  const { diagnostics, locate, place } = parseConfig(text, "c.yaml", none);
  const paths: (string | number)[][] = [];
  for (let server = 0; server < 3; server++) {
    for (const key of ["id", "runtime", "env", "tokn", "description"]) {
      paths.push(["servers", server, key]);
      for (let item = 0; item < 6; item++) paths.push(["servers", server, "runtime", "args", item]);
      for (const option of ["url", "headers", "api_key", "args", "password"]) {
        paths.push(["servers", server, "runtime", option]);
      }
    }
  }
  const frames = [...paths.map((path) => place(path).frame), ...diagnostics.map(({ frame }) => frame)];
  void locate;
  return frames.join("\n");
}

describe("a diagnostic shows", () => {
  test("its line between its neighbours, numbered, with carets below the word", () => {
    const { diagnostics } = parseCatalog(
      "servers:\n  - id: github\n    runtime: { type: x }\n    descripton: gone\n    tags: [a]\n",
      "c.yaml",
      none,
    );
    expect(diagnostics[0]).toMatchObject({ line: 4, column: 5, endColumn: 15 });
    expect(diagnostics[0]?.frame).toBe(
      [
        "3 |     runtime: { type: x }",
        "4 |     descripton: ***",
        "  |     ^^^^^^^^^^",
        "5 |     tags: [a]",
      ].join("\n"),
    );
  });

  test("what a container may do, which is no secret", () => {
    const { locate } = parseCatalog(
      "servers:\n  - id: box\n    runtime:\n      read_only: false\n      cap_add: [NET_ADMIN]\n      ports: [8080]\n",
      "c.yaml",
      none,
    );
    expect(locate("box", ["runtime", "cap_add"]).frame).toBe(
      [
        "4 |       read_only: false",
        "5 |       cap_add: [NET_ADMIN]",
        "  |       ^^^^^^^",
        "6 |       ports: [8080]",
      ].join("\n"),
    );
  });

  test("fewer lines at the edges of the file, and numbers of one width", () => {
    expect(parseConfig("colour: 5", "c.yaml", none).diagnostics[0]?.frame).toBe(
      "1 | colour: ***\n  | ^^^^^^",
    );
    const lines = `${"# one\n".repeat(8)}log_level: info\ncolour: 5\n`;
    expect(parseConfig(lines, "c.yaml", none).diagnostics[0]?.frame).toBe(
      " 9 | log_level: info\n10 | colour: ***\n   | ^^^^^^",
    );
  });

  test("a part of a long line, and the caret where it belongs", () => {
    const env = Array.from({ length: 100 }, (_, at) => `VARIABLE_${at}: v`).join(", ");
    const text = `servers: [{ id: a, env: { ${env} }, runtime: { type: x }, colour: 5, tags: [] }]`;
    const [line = "", carets = ""] =
      parseCatalog(text, "c.yaml", none).diagnostics[0]?.frame?.split("\n") ?? [];
    expect(line.length).toBeLessThan(110);
    expect(line.slice(carets.indexOf("^"), carets.lastIndexOf("^") + 1)).toBe("colour");
  });

  test("a caret at the right word also behind what is hidden", () => {
    const text = `servers: [{ id: a, env: { A: ${canary}, B: [] }, runtime: { type: x } }]\r\n`;
    const [line = "", carets = ""] =
      parseCatalog(text, "c.yaml", none).diagnostics[0]?.frame?.split("\n") ?? [];
    expect(line).toContain("A: ***, B");
    expect(line[carets.indexOf("^")]).toBe("B");
  });

  test("nothing that drives a terminal", () => {
    const text = "colour: \u001b[31m\u202e\n";
    expect(parseConfig(text, "c.yaml", none).diagnostics[0]?.frame?.replaceAll("\n", "")).not.toMatch(
      /[\p{Cc}\u202e]/u,
    );
  });

  test("nothing of a file that is not read", () => {
    const [problem] = parseConfig(`# ${canary}${"é".repeat(600_000)}`, "c.yaml", none).diagnostics;
    expect(problem?.message).toContain("larger than");
    expect(problem?.frame).toBeUndefined();
  });
});

const places: Readonly<Record<string, string>> = {
  api_key: `api_key: ${canary}\n`,
  "an unknown key": `apikye: ${canary}\n`,
  "a list below an unknown key": `keys:\n  - ${canary}\n  - [${canary}]\n`,
  env: `    env:\n      PLAIN: ${canary}\n      "QUOTED": "${canary}"\n      id: '${canary}'\n`,
  "env, beside a reference": "    env: { A: \"${NAME}CANARY\", B: '${NAME:-CANARY}' }\n".replaceAll(
    "CANARY",
    canary,
  ),
  "env, without a space": `    env: { A:${canary}, B: x }\n`,
  headers: `      headers:\n        Authorization: Bearer ${canary}\n        X: ${canary}\n`,
  "a key that looks secret": `      password: ${canary}\n      api_key: [${canary}]\n      token: { value: ${canary} }\n`,
  arguments: `      args: [--token=${canary}, --token, ${canary}, "--header", "Authorization: Bearer ${canary}"]\n`,
  "arguments, one a line": `      args:\n        - --api-key\n        - ${canary}\n        - -e\n        - PLAIN=${canary}\n`,
  "arguments, as text": `      args: ["dsn=${canary} x", '{"apiKey": "${canary}"}', "Server=x;Password=${canary};Y=1"]\n`,
  "a URL's user": `      url: https://me:${canary}@example.com/mcp\n      args: ["postgres://me:${canary}@host/db"]\n`,
  "a URL's query": `      url: "https://example.com/mcp?session=${canary}&x=${canary}"\n`,
  "a comment": `      # ${canary}\n      url: https://example.com # ${canary}\n`,
  "a block text": `    env:\n      KEY: |\n        -----BEGIN-----\n        ${canary}\n          id: ${canary}\n\n        type: ${canary}\n`,
  "a folded text": `    env:\n      KEY: >-\n        one\n        ${canary}\n        # ${canary}\n`,
  "a quoted text of several lines": `    env:\n      KEY: "one\n        ${canary}\n        id: ${canary}\n        end"\n      K2: '\n        ${canary}'\n`,
  "a plain text of several lines": `    env:\n      KEY: one\n        ${canary}\n        two\n`,
  "a tag": `    env:\n      KEY: !${canary}\n      K2: !x-${canary} text\n`,
  "an anchor": `    env:\n      KEY: &${canary}\n      LIST: [ !${canary}, !a-${canary} x ]\n`,
  "an anchor used elsewhere": `    description: &text ${canary}\n    env: { KEY: *text }\n`,
  "a flow map": `    env: { A: "${canary}", 'B': ${canary}, C: [ ${canary} ], id: ${canary} }\n`,
  "a flow map of several lines": `    env: {\n      A: ${canary},\n      id: ${canary}\n    }\n`,
};

const start = "servers:\n  - id: a\n    runtime:\n      type: x\n      command: npx\n";
function textWith(place: string): string {
  const part = places[place] ?? "";
  return part.startsWith(" ")
    ? `${start}${part}    tokn: ${canary}\n`
    : `${part}${start}    tokn: ${canary}\n`;
}

describe("no frame shows a secret that stands in", () => {
  test.each(Object.keys(places))("%s, in good YAML", (place) => {
    const text = textWith(place);
    const shown = shownAsGood(text);
    expect(shown).toContain("tokn: ***");
    expect(shown).not.toContain(canary);
    expect(framesOf(text).join("\n")).not.toContain(canary);
  });

  test.each(Object.keys(places))("%s, in broken YAML", (place) => {
    for (const broken of [`${textWith(place)}\t- [\n`, `"\n${textWith(place)}`, textWith(place)]) {
      expect(shownAsBroken(broken)).not.toContain(canary);
      expect(framesOf(broken).join("\n")).not.toContain(canary);
    }
  });

  test.each([
    `api_key: "${canary}\nlog_level: info\n`,
    `api_key: '${canary}\n`,
    `api_key: ${canary}: x\n`,
    `api_key:${canary}\n`,
    `api_key ${canary}\n`,
    `api_key = ${canary}\nlog_level: info\n`,
    `\tapi_key: ${canary}\n`,
    `api_key: *${canary}\n`,
    `api_key: @${canary}\n`,
    `api_key: "\\x${canary}"\n`,
    `api_key: [${canary}\nlog_level: info\n`,
    `api_key: >>${canary}\n`,
    `- a\nb: c\n ${canary}\n`,
    `- a\nb: ${canary} at line 5\n c\n`,
    `log_level: info\n  ${canary}\n api_key: x\n`,
    `log_level: info }\n... ${canary}\n`,
    `log_level: info api_key: ${canary}\n`,
    `description: "one" ${canary}\n`,
    `env:\n  KEY: "one\n  id: ${canary}\n  "two"\n`,
    `api_key: "one\nid: ${canary}\nend"\n\t[\n`,
    `api_key: {\nid: ${canary}\n}\n\t[\n`,
    `%${canary}\n---\ncolour: [\n`,
    canary,
    `- ${canary}`,
    `"${canary}`,
  ])("a line that is broken: %j", (text) => {
    expect(framesOf(text).length).toBeGreaterThan(0);
    expect(framesOf(text).join("\n")).not.toContain(canary);
    expect(shownAsBroken(text)).not.toContain(canary);
  });

  test("a text that lost or gained some characters", () => {
    // What a flag, a URL, an alias or a comment's sign says of a secret is lost with it; so is a name that harmless keys have, too.
    const texts = Object.keys(places)
      .filter((place) => !/^(?:arguments|a URL|an anchor used|a comment)/.test(place))
      .map((place) =>
        textWith(place)
          .replaceAll(` id: ${canary}`, ` ID: ${canary}`)
          .replace(` id: '${canary}`, ` ID: '${canary}`)
          .replaceAll(` type: ${canary}`, ` TYPE: ${canary}`),
      );
    const damage = fc.record({
      text: fc.constantFrom(...texts),
      at: fc.nat(400),
      length: fc.nat(3),
      put: fc.constantFrom("", '"', "'", ":", "[", "}", "\t", "\n", "- ", "|", "#"),
    });
    fc.assert(
      fc.property(damage, ({ text, at, length, put }) => {
        const cut = at % text.length;
        const damaged = text.slice(0, cut) + put + text.slice(cut + length);
        const good = framesOf(damaged).join("\n");
        // A secret that became a part of a key is a key.
        return /\wS3CR3T|canary.?:/.test(damaged) || !good.includes(canary);
      }),
      { numRuns: 2000 },
    );
  }, 60_000);
});

describe("a frame keeps", () => {
  const text =
    "servers:\n  - id: github # note\n    runtime:\n      type: local-process\n      command: npx\n" +
    "      args: [-y, '@modelcontextprotocol/server-github@2025.4.8', --verbose]\n" +
    "      url: https://${HOST}/mcp\n    env: { TOKEN: '${TOKEN}', MORE: 'Bearer ${TOKEN}' }\n    colour: red\n";

  test("keys, references and what is no secret", () => {
    const shown = shownAsGood(text);
    for (const part of [
      "id: github # ***",
      "type: local-process",
      "args: [-y, '@modelcontextprotocol/server-github@2025.4.8', --verbose]",
      "url: https://${HOST}/mcp",
      "env: { TOKEN: ${TOKEN}, MORE: Bearer ${TOKEN} }",
    ]) {
      expect(shown).toContain(part);
    }
  });

  test("keys and simple values of broken YAML", () => {
    const shown = shownAsBroken(`${text}\t[`);
    for (const part of ["id: github # ***", "type: local-process", "command: npx", "args: ***", "env: ***"]) {
      expect(shown).toContain(part);
    }
  });
});
