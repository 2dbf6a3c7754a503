import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts", "scripts/**/*.test.ts"],
    testTimeout: 60_000,
    maxConcurrency: 4,
    maxWorkers: "100%",
  },
});
