import { describeEverything } from "./support/real/everything.ts";

describeEverything("http");
