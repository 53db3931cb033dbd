import type { Behaviour } from "../behaviour.ts";
import { framed } from "../framed.ts";
import { echoed } from "../honest.ts";
import { inEcho } from "../in-calls.ts";
import type { Wire } from "../wire.ts";

const megabyte = "x".repeat(1 << 20);
/** Opens what belongs to a message that never ends. */
const opening = '{"jsonrpc":"2.0","id":0,"result":{"content":[{"type":"text","text":"';
const notice = { jsonrpc: "2.0", method: "notifications/message", params: { level: "debug", data: "noise" } };
const junk = Buffer.concat([
  Buffer.from([0x00, 0xff, 0xfe, 0x80, 0xc3, 0x28, 0x1b, 0x5b, 0x0a]),
  Buffer.from('\0\0\0\n\ufeff\n{"jsonrpc":"2.0","id":\n[1,2\nnull\n"text"\n\n'),
]);

/** Servers that write more than messages, or messages in odd pieces. */
export const noise = {
  banner: {
    what: "writes a banner and warnings ahead of JSON",
    begin() {
      process.stdout.write("Welcome to the server!\n\nnpm warn deprecated left-pad\n{not json\n");
    },
  },
  "binary-junk": {
    what: "writes NULs, invalid UTF-8 and broken JSON between messages",
    receive: inEcho((message, wire) => {
      wire.send(notice);
      wire.raw(junk);
      wire.raw(framed(echoed(message), wire));
      wire.raw(junk);
    }),
  },
  "windows-lines": {
    what: "ends lines as Windows does",
    receive: inEcho((message, wire) => {
      wire.send(notice);
      wire.raw(framed(echoed(message), wire).replaceAll("\n", "\r\n"));
    }),
  },
  "byte-order-marks": {
    what: "begins each line with a byte order mark",
    receive(message, wire, server) {
      server.receive(message, { ...wire, send: (answer) => wire.raw(`\ufeff${framed(answer, wire)}`) });
    },
  },
  "byte-by-byte": {
    what: "writes byte by byte, also within characters",
    receive: inEcho((message, wire) => {
      wire.send(notice);
      trickle(Buffer.from(framed(echoed(message), wire)), wire);
    }),
  },
  "many-at-once": {
    what: "writes several messages at once",
    receive: inEcho((message, wire) => {
      wire.send(notice);
      wire.raw(framed(notice, wire) + framed(echoed(message), wire) + framed(notice, wire));
    }),
  },
  "no-last-line-end": {
    what: "ends after an answer without a line end",
    receive: inEcho((message, wire) => {
      wire.raw(framed(echoed(message), wire).trimEnd());
      process.exit(0);
    }),
  },
  "huge-line": {
    what: "writes a line of 100 MB",
    receive: inEcho((_, wire) => {
      writeHuge(wire);
      wire.raw('"}]}}\n');
    }),
  },
  "endless-line": {
    what: "writes 100 MB that belong to one message, without an end",
    receive: inEcho((_, wire) => writeHuge(wire)),
  },
  "stderr-flood": {
    what: "writes 100 MB/s to stderr",
    begin() {
      const lines = `${"x".repeat(99)}\n`.repeat(10_000);
      setInterval(() => process.stderr.write(lines), 10);
    },
  },
  deaf: {
    what: "stops reading when it is called",
    receive: inEcho(() => {
      setInterval(() => {}, 60_000);
      process.stdin.pause();
    }),
    http: ({ headers }) => Number(headers["content-length"]) > 100_000,
  },
} satisfies Record<string, Behaviour>;

function writeHuge(wire: Wire): void {
  wire.raw(opening);
  for (let count = 0; count < 100; count++) wire.raw(megabyte);
}

function trickle(bytes: Buffer, wire: Wire, from = 0): void {
  wire.raw(bytes.subarray(from, from + 1));
  if (from + 1 < bytes.length) setImmediate(trickle, bytes, wire, from + 1);
}
