import type { EvilCase } from "../evil-case.ts";
import { answers } from "./answers.ts";
import { endings } from "./endings.ts";
import { noise } from "./noise.ts";
import { starts } from "./starts.ts";

export const cases: readonly EvilCase[] = [...starts, ...noise, ...endings, ...answers].sort((a, b) =>
  a.id.localeCompare(b.id),
);
