import { proveChapter } from "../prove.ts";

proveChapter("v16");
