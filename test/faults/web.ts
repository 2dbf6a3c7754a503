/** Whoever asks how the server is must not be able to make it worse. */
import { once } from "node:events";
import { deafClient } from "../cases/v10.ts";
import { eventually, type Server } from "../harness/server.ts";
import { check } from "../harness/transcript.ts";
import { type Fault, meanwhile, wrap } from "./fault.ts";

export const web: readonly Fault[] = [
  wrap("v10/whoever-asks-and-never-reads", {
    id: "web/asks-and-never-reads",
    title: "twenty thousand questions in ten packets",
    pair: "before",
    how: "answered once",
    does: "Ten clients ask for the figures two thousand times each, in one packet, and read no answer.",
    breaks:
      "Each question is answered in the turn in which it came: the chat stands still until the last one is, and the answers fill the memory.",
    ours: "One question a connection; the others in the packet are refused, which costs next to nothing.",
    where: ["web.ts maxRequestsPerSocket"],
    memory: 150,
  }),
  wrap("v10/a-thousand-scrapes-in-a-flood", {
    id: "web/a-thousand-questions",
    title: "a thousand questions in a flood",
    pair: "after",
    how: "answered",
    does: "Four clients ask without a pause for figures and tasks while somebody floods the chat.",
    breaks:
      "The figures are kept up to date by locks that the chat needs too, so both wait for each other.",
    ours: "The figures are looked up when somebody asks; nothing is locked, and nobody's turn is taken.",
    where: ["metrics.ts collect"],
    memory: 120,
    slow: true,
  }),
  wrap("v10/what-is-no-http", {
    id: "web/no-http",
    title: "what is no HTTP",
    pair: "after",
    how: "refused",
    does: "It sends a chat command, half a request line, a header of 100,000 bytes, and bytes that are no text.",
    breaks: "A parser of one's own that was written for what browsers send.",
    ours: "Node's parser answers 400 and ends that connection.",
    where: ["web.ts createServer"],
    memory: 40,
  }),
  {
    id: "web/half-a-question",
    title: "three hundred who never finish their question",
    since: "v10",
    until: "v11",
    needs: ["web"],
    how: "refused",
    does: "Three hundred connect to the web port, send half a request, and wait.",
    breaks:
      "Each connection holds a descriptor. When there are no more, no user can come in either.",
    ours: "A hundred at most are let in at once, and the others are closed at once. The chat has a port of its own.",
    where: ["web.ts MOST_CONNECTIONS"],
    memory: 40,
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
    title: "it asks, and is gone",
    since: "v10",
    needs: ["web"],
    how: "forgotten",
    does: "Two hundred, one after the other, ask for the figures and reset the connection at once.",
    breaks:
      "The answer is written to a connection that is no more; the error that nobody hears ends the server.",
    ours: "Node's HTTP drops an answer that nobody can get. The task that made it ends as all do.",
    where: ["web.ts answer"],
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
