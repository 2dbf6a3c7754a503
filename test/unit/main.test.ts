/** What a command line says of a fault that is not the user's, and that it goes on when nobody can read what it says. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, existsSync, openSync } from "node:fs";
import { connect, createServer } from "node:net";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import { describe, expect, onTestFinished, test } from "vitest";
import { Program } from "../harness/program.ts";
import { command, freePort, ownOptions } from "../harness/target.ts";
import { type Variant, variants } from "./variants.ts";

/** From then on, the sockets of the process are broken there: as if we had called them with nonsense. */
function broken(where: string): string {
  const fault = `throw Object.assign(new TypeError("not a socket"), { code: "ERR_INVALID_ARG_TYPE" })`;
  return `import { Server, Socket } from "node:net"; ${where} = function () { ${fault}; };`;
}

/** Free ports, or this one. */
const ports = (id: string, port = 0) => ["--port", `${port}`, ...ownOptions(id)];

/** Runs it, with this script before it, to its end, which it has to come to by itself. */
async function run(url: string, script: string, ...options: string[]) {
  const preload = `data:text/javascript,${encodeURIComponent(script)}`;
  const argv = await command(fileURLToPath(url), preload);
  const program = new Program([...argv, ...options]);
  const hang = setTimeout(() => program.kill(), 10_000);
  await program.closed;
  clearTimeout(hang);
  return program;
}

test.each(variants("main.ts"))(
  "$id: a fault of ours while it begins to listen ends it, with its stack",
  async ({ id, url }) => {
    const { code, stderr, stdout } = await run(
      url,
      broken("Server.prototype.address"),
      ...ports(id),
    );
    expect(stderr).toMatch(
      /TypeError: not a socket\n(.*\n)* +at \w+\.listen .*(server|web)\.ts:\d+/,
    );
    expect(stdout).toBe("");
    expect(code).toBe(1);
  },
);

test.each(variants("client/main.ts"))(
  "$id: a fault of ours in the client ends it, with its stack",
  async ({ url }) => {
    const server = createServer().listen(0, "127.0.0.1");
    onTestFinished(() => void server.close());
    await once(server, "listening");
    const { port } = server.address() as { port: number };
    const options = ["--port", `${port}`, "--name", "al"];
    const { code, stderr } = await run(url, broken("Socket.prototype.write"), ...options);
    expect(stderr).toMatch(/TypeError: not a socket\n(.*\n)* +at .*client\/main\.ts:\d+/);
    expect(code).toBe(1);
  },
);

/** Starts it with something in the place of what it prints to, and waits until it complains. */
async function mute({ id, url }: Variant, output: string, port = 0) {
  const full = output === "a full disk";
  const stdout = full ? openSync("/dev/full", "w") : "pipe";
  const [file = "", ...args] = [...(await command(fileURLToPath(url))), ...ports(id, port)];
  const child = spawn(file, args, { stdio: ["ignore", stdout, "pipe"] });
  onTestFinished(() => void child.kill("SIGKILL"));
  if (typeof stdout === "number") closeSync(stdout);
  child.stdout?.destroy(); // long before it prints
  const [complaint] = await once(child.stderr as Readable, "data");
  expect(`${complaint}`).toMatch(/^(cannot print: .*\n)+$/);
  return child;
}

const windows = process.platform === "win32"; // where a SIGTERM cannot be caught

/** It is sent a signal as soon as its first line can be read. */
const SIGNALLED = `const { stdout } = process;
const { write } = stdout;
stdout.write = (...args) => {
  stdout.write = write;
  const isWritten = stdout.write(...args);
  process.kill(process.pid, "SIGTERM");
  return isWritten;
};`;

test.skipIf(windows).each(variants("main.ts").filter(({ id }) => id >= "v08"))(
  "$id: a signal behind its first line ends it in good order",
  async ({ id, url }) => {
    const program = await run(url, SIGNALLED, ...ports(id));
    expect(program.end).toBe("exit code 0");
    expect(program.stdout).toMatch(
      /^listening on .*\n(.*\n)*closed: 0 users, 0 cut off, 0 tasks left\n$/,
    );
  },
);

const outputs = ["a reader that is gone", ...(existsSync("/dev/full") ? ["a full disk"] : [])];

describe.each(variants("main.ts"))("$id prints to", (variant) => {
  test.each(outputs)("%s: it says so, and serves", async (output) => {
    const port = await freePort();
    await mute(variant, output, port);
    const client = connect(port, "127.0.0.1");
    onTestFinished(() => void client.destroy());
    client.write("hello\n");
    let heard = "";
    while (!heard.includes("hello\n")) heard += (await once(client, "data"))[0];
  });

  if (variant.id < "v08") return; // a signal ends it as it is
  test.skipIf(windows).each(outputs)("%s: it ends in good order", async (output) => {
    const child = await mute(variant, output);
    child.stderr?.destroy();
    child.kill("SIGTERM");
    expect(await once(child, "exit")).toEqual([0, null]);
  });
});
