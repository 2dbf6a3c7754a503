/** Loaded into the server that is profiled: `/3` answers with the profile of the next 3 seconds. */
import { createServer } from "node:http";
import { Session } from "node:inspector/promises";
import { setTimeout as after } from "node:timers/promises";

const session = new Session();
session.connect();
await session.post("Profiler.enable");
await session.post("Profiler.setSamplingInterval", { interval: 500 }); // microseconds

const server = createServer(async ({ url = "" }, response) => {
  await session.post("Profiler.start");
  await after(Number(url.slice(1)) * 1000);
  const { profile } = await session.post("Profiler.stop");
  response.end(JSON.stringify(profile));
});
server.listen(0, "127.0.0.1", () => {
  const address = server.address();
  console.log(`profiler on ${typeof address === "object" && address?.port}`);
});
server.unref();
