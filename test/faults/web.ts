/** Whoever asks how the server is must not be able to make it worse. */
import { once } from "node:events";
import { deafClient } from "../cases/v10.ts";
import { eventually, type Server } from "../harness/server.ts";
import { check } from "../harness/transcript.ts";
import { type Fault, meanwhile, wrap } from "./fault.ts";

export const web: readonly Fault[] = [
  wrap("web/asks-and-never-reads", "v10/whoever-asks-and-never-reads", {
    pair: "before",
    how: "answered once",
    memory: 150,
  }),
  wrap("web/a-thousand-questions", "v10/a-thousand-scrapes-in-a-flood", {
    pair: "after",
    how: "answered",
    memory: 120,
    slow: true,
  }),
  wrap("web/no-http", "v10/what-is-no-http", { pair: "after", how: "refused" }),
  {
    id: "web/half-a-question",
    since: "v10",
    until: "v11",
    needs: ["web"],
    how: "refused",
    async run(server, pair) {
      const sockets = await Promise.all(Array.from({ length: 300 }, () => halfAsked(server)));
      const { tokens } = await meanwhile(pair, server.join(2));
      check(tokens > 0, "the pair was not answered meanwhile");
      const open = () => sockets.filter(({ closed, destroyed }) => !closed && !destroyed).length;
      await eventually(() => open() <= 100, "all but a hundred are closed");
      for (const socket of sockets) socket.destroy();
    },
  },
  {
    id: "web/gone-before-the-answer",
    since: "v10",
    needs: ["web"],
    how: "forgotten",
    memory: 60,
    async run(server) {
      for (let i = 0; i < 200; i++) {
        const socket = await deafClient(server);
        socket.write("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n");
        if (i % 2 === 0) await new Promise((resolve) => setImmediate(resolve));
        socket.resetAndDestroy();
        if (!socket.closed) await once(socket, "close");
      }
    },
  },
];

async function halfAsked(server: Server) {
  const socket = (await deafClient(server)).resume();
  socket.write("GET /metrics HTTP/1.1\r\nHost:");
  return socket;
}
