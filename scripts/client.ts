/** `npm run client -- --port 9000`: the terminal client as it is now, if npm has not kept its options for itself. */
import { command } from "./lib/command.ts";
import { CLIENT_OPTIONS } from "./lib/talk.ts";

await command(
  { command: "npm run client", passesOn: CLIENT_OPTIONS },
  async () => await import("../chapters/v15-packets/client/main.ts"),
);
