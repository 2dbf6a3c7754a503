/** The devcontainer, as far as it can be tried without Docker: all that CI installs is in it, too. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { root } from "./root.ts";

const read = (file: string) => readFileSync(root + file, "utf8");
const { build, onCreateCommand, forwardPorts } = JSON.parse(
  read(".devcontainer/devcontainer.json"),
);
const dockerfile = read(`.devcontainer/${build.dockerfile}`);

test("it has what .ci/run would install", () => {
  const asked = [...read(".ci/run").matchAll(/lacks\+=\(([\w-]+)\)/g)].map(([, name]) => name);
  expect(asked.length).toBeGreaterThan(2);
  for (const name of asked) expect(dockerfile).toMatch(new RegExp(`install.*(\\n.*)? ${name}\\b`));
});

test("its Node is one that the course runs on, and the maintainers' tools are there from the start", () => {
  const { engines } = JSON.parse(read("package.json"));
  const wanted = Number.parseInt(engines.node.replace(">=", ""), 10);
  const has = Number(/^FROM \S+:(\d+)-/m.exec(dockerfile)?.[1]);
  expect(has).toBeGreaterThanOrEqual(wanted);
  expect(onCreateCommand).toBe("npm ci --include=dev");
});

test("the ports that v12 listens on by itself are forwarded", () => {
  const main = read("chapters/v12-websocket/main.ts");
  for (const port of forwardPorts) expect(main).toContain(`"${port}"`);
});
