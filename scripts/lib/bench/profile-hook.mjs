/** Loaded into the server that is profiled: `/start` begins, `/stop` answers with the profile. */
import { createServer } from "node:http";
import { Session } from "node:inspector/promises";

const session = new Session();
session.connect();
await session.post("Profiler.enable");
await session.post("Profiler.setSamplingInterval", { interval: 500 }); // microseconds

const server = createServer(async ({ url }, response) => {
  const answer = await session.post(url === "/start" ? "Profiler.start" : "Profiler.stop");
  response.end(JSON.stringify(answer));
});
server.listen(0, "127.0.0.1", () => {
  const address = server.address();
  console.log(`profiler on ${typeof address === "object" && address?.port}`);
});
server.unref();
