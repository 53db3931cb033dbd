import { describe, expect, test } from "vitest";
import { redactor } from "../src/index.ts";
import { cutText } from "../src/runtime/index.ts";

describe("a secret at the end of a text that was cut", () => {
  const redact = redactor(["token-0123456789", "my-token-0!", 'a "quoted" secret']);

  test("is hidden, however much of it is left", () => {
    for (let length = 6; length < 16; length++) {
      const text = cutText(`it says token-0123456789 at last`, 8 + length);
      expect(redact(text)).toBe("it says [redacted]…");
    }
  });

  test("is hidden in the middle of a sentence that quotes the text, and in JSON", () => {
    expect(redact("it said (no token-01…), and left")).toBe("it said (no [redacted]…), and left");
    expect(redact(JSON.stringify('so a "quoted" sec…'))).toBe('"so [redacted]…"');
  });

  test("is hidden from where the longest one begins", () => {
    expect(redact("my-token-0…")).toBe("[redacted]…");
    expect(redact("my-token-01…")).toBe("my-[redacted]…");
  });

  test("is hidden beside others that are whole", () => {
    expect(redact("token-0123456789token-0123…")).toBe("[redacted][redacted]…");
  });

  test("is no word that only begins like one, nor anything without a cut", () => {
    expect(redact("a token-0x…")).toBe("a token-0x…");
    expect(redact("a token-0 and more…")).toBe("a token-0 and more…");
    expect(redact("a token-0")).toBe("a token-0");
    expect(redact("…")).toBe("…");
  });

  test("costs little, whatever a server writes", () => {
    const slow = redactor([`${"a".repeat(60_000)}b`]);
    const start = performance.now();
    expect(slow(`${"…".repeat(4_000)}${"a".repeat(4_000)}…`)).toContain("[redacted]…");
    expect(slow(`${"a".repeat(5)}${"aaaaaab".repeat(1_000)}…`)).toContain("aaaaaab");
    expect(performance.now() - start).toBeLessThan(1_000);
  });
});
