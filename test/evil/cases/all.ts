import type { EvilCase } from "../evil-case.ts";
import { answers } from "./answers.ts";
import { starts } from "./starts.ts";

export const cases: readonly EvilCase[] = [...starts, ...answers].sort((a, b) => a.id.localeCompare(b.id));
