import { printableLines } from "../logging/logger.ts";

export interface ToolResult {
  readonly content?: readonly ContentBlock[];
  readonly structuredContent?: unknown;
  readonly isError?: boolean;
}

interface ContentBlock {
  readonly type: string;
  readonly text?: string;
  readonly data?: string;
  readonly mimeType?: string;
}

export interface ResultFormat {
  /** The whole result as JSON. */
  readonly raw: boolean;
  /** Whether a terminal shows it, which no tool's text may drive; data for a pipe stay as they are. */
  readonly terminal: boolean;
}

/** A tool's result for a person: text as it is, anything else as a short note. */
export function formatResult(result: ToolResult, { raw, terminal }: ResultFormat): string {
  const text = textOf(result, raw);
  return terminal ? printableLines(text) : text;
}

function textOf(result: ToolResult, raw: boolean): string {
  if (raw) return `${JSON.stringify(result, undefined, 2)}\n`;
  const blocks = (result.content ?? []).map((block) => {
    if (block.type === "text") return block.text ?? "";
    const size = block.data === undefined ? "" : ` ${Math.round((block.data.length * 3) / 4 / 1024)} KB`;
    return `[${block.mimeType ?? block.type}${size}]`;
  });
  if (blocks.length === 0 && result.structuredContent !== undefined) {
    blocks.push(JSON.stringify(result.structuredContent, undefined, 2));
  }
  return `${blocks.join("\n")}\n`;
}
