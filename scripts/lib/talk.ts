/** What a command says before it runs a server: how to talk to it. */
import type { Chapter } from "../../chapters/manifest.ts";

/** From here on, servers know all that the client's menu may send; of an earlier one it must be told. */
const WHOLE_MENU = "v06";

/** What any chapter's server may be asked for; which of them it knows, it says itself. */
export const SERVER_OPTIONS = [
  ...["host", "port", "web-port", "packet-port", "secret", "login-timeout", "origin"],
  ...["ping-interval", "history", "mongo", "keep-days", "replay", "nats", "node", "nats-creds"],
  ...["idle-timeout", "grace"],
];

export const CLIENT_OPTIONS = ["host", "port", "name", "token", "packets", "device", "chapter"];

/** Where the server that these options start listens; `PORT` where any free port will do. */
export function address(options: readonly string[]) {
  const port = (name: string, usual: string) =>
    (option(options, name) ?? usual).replace(/^0$/, "PORT");
  return {
    host: option(options, "host") ?? "127.0.0.1",
    port: port("port", "8888"),
    web: port("web-port", "8889"),
  };
}

/** Two lines, for the chapter's server that these options start. */
export function howToTalk(options: readonly string[], { id }: Chapter): string {
  const { host, port } = address(options);
  const told = [
    ...(host === "127.0.0.1" ? [] : [`--host ${host}`]),
    ...(id < WHOLE_MENU ? [`--chapter ${id}`] : []),
    ...(port === "8888" ? [] : [`--port ${port}`]),
  ];
  const behind = told.length > 0 ? ` -- ${told.join(" ")}` : "";
  return `talk to it from another terminal:  npm run client${behind}
or, where there is netcat:         nc ${host} ${port}`;
}

/** The value of a server option, whether it is written `--port 9000` or `--port=9000`. */
function option(options: readonly string[], name: string): string | undefined {
  const at = options.findIndex((each) => each === `--${name}` || each.startsWith(`--${name}=`));
  return options[at]?.split("=")[1] ?? (at === -1 ? undefined : options[at + 1]);
}
