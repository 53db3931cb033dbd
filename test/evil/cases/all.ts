import type { EvilCase } from "../evil-case.ts";
import { answers } from "./answers.ts";
import { connections } from "./connections.ts";
import { containers } from "./containers.ts";
import { definitions } from "./definitions.ts";
import { endings } from "./endings.ts";
import { environment } from "./environment.ts";
import { floods } from "./floods.ts";
import { httpAnswers } from "./http-answers.ts";
import { listings } from "./listings.ts";
import { noise } from "./noise.ts";
import { starts } from "./starts.ts";

export const cases: readonly EvilCase[] = [
  ...starts,
  ...noise,
  ...endings,
  ...answers,
  ...floods,
  ...listings,
  ...httpAnswers,
  ...connections,
  ...definitions,
  ...environment,
  ...containers,
].sort((a, b) => a.id.localeCompare(b.id));
