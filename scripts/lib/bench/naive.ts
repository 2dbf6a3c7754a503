/** What a first tutorial would write: whoever is here stands in a set, and each line is written to each of them. */
import { type AddressInfo, createServer, type Socket } from "node:net";
import { createInterface } from "node:readline";

const online = new Set<Socket>();

const server = createServer((socket) => {
  const addr = `${socket.remoteAddress}:${socket.remotePort}`;
  const say = (text: string) => {
    for (const user of online) user.write(`[${addr}]${addr}:${text}\n`);
  };
  online.add(socket);
  say("online");
  createInterface({ input: socket }).on("line", say);
  socket.on("error", () => {}); // without this, one reset would end the server
  socket.on("close", () => {
    online.delete(socket);
    say("offline");
  });
});

server.listen(0, "127.0.0.1", () => {
  console.log(`listening on 127.0.0.1:${(server.address() as AddressInfo).port}`);
});
