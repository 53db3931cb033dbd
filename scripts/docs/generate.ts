import { writeFileSync } from "node:fs";
import { generate, generatedPages, pageUrl } from "./generated-pages.ts";

// Writes what is generated into the pages: npm run docs
for (const page of Object.keys(generatedPages)) writeFileSync(pageUrl(page), generate(page));
