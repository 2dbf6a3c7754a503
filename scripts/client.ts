/** `npm run client -- --port 9000`: the terminal client of v09, if npm has not kept its options for itself. */
import { main, refuseEaten } from "./lib/command.ts";

await main(async () => {
  refuseEaten("npm run client", ["host", "port", "name", "chapter"]);
  await import("../chapters/v09-client/client.ts");
});
