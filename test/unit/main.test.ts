/** What a command line says of a fault that is not the user's. */
import { once } from "node:events";
import { createServer } from "node:net";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import { Program } from "../harness/program.ts";
import { command } from "../harness/target.ts";
import { variants } from "./variants.ts";

/** From then on, the sockets of the process are broken there: as if we had called them with nonsense. */
function broken(where: string): string {
  const fault = `throw Object.assign(new TypeError("not a socket"), { code: "ERR_INVALID_ARG_TYPE" })`;
  const script = `import { Server, Socket } from "node:net"; ${where} = function () { ${fault}; };`;
  return `data:text/javascript,${encodeURIComponent(script)}`;
}

/** Runs it to its end, which it has to come to by itself. */
async function run(url: string, where: string, ...options: string[]) {
  const argv = await command(fileURLToPath(url), broken(where));
  const program = new Program([...argv, ...options]);
  const hang = setTimeout(() => program.kill(), 10_000);
  await program.closed;
  clearTimeout(hang);
  return program;
}

test.each(variants("main.ts"))(
  "$id: a fault of ours while it begins to listen ends it, with its stack",
  async ({ url }) => {
    const { code, stderr, stdout } = await run(url, "Server.prototype.address", "--port", "0");
    expect(stderr).toMatch(/TypeError: not a socket\n(.*\n)* +at Server\.listen .*server\.ts:\d+/);
    expect(stdout).toBe("");
    expect(code).toBe(1);
  },
);

test.each(variants("client.ts"))(
  "$id: a fault of ours in the client ends it, with its stack",
  async ({ url }) => {
    const server = createServer().listen(0, "127.0.0.1");
    onTestFinished(() => void server.close());
    await once(server, "listening");
    const { port } = server.address() as { port: number };
    const options = ["--port", `${port}`, "--name", "al"];
    const { code, stderr } = await run(url, "Socket.prototype.write", ...options);
    expect(stderr).toMatch(/TypeError: not a socket\n(.*\n)* +at .*client\.ts:\d+/);
    expect(code).toBe(1);
  },
);
