import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

/** `npm test` alone leaves the tools of teachers and maintainers to `npm test -- --all`. */
const learners = [
  "{commands,scripts,surroundings,test,token}.test.ts",
  "lib/{check,learn}/*.test.ts",
];
const tools = process.env.PROVE === "brief" ? learners : ["**/*.test.ts"];

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts", ...tools.map((each) => `scripts/${each}`)],
    testTimeout: 300_000, // it only ends a hang, also on a machine that has much else to do
    maxConcurrency: 4,
    maxWorkers: "100%",
    env: {
      EXERCISES: fileURLToPath(new URL(".cache/exercises", import.meta.url)), // not a learner's own
      NODE_OPTIONS: "", // with what editors and shells set here, each program prints more on stderr than it says
      NODE_EXTRA_CA_CERTS: "",
    },
  },
});
