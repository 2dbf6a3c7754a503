/** What a command says before it runs a server: how to talk to it. */

/** What any chapter's server may be asked for; which of them it knows, it says itself. */
export const SERVER_OPTIONS = ["host", "port", "idle-timeout", "grace"];

/** Without the `--`, npm takes the options for its own and hides them in the environment. */
export function eatenByNpm(...more: string[]): string | undefined {
  return [...SERVER_OPTIONS, ...more].find(
    (name) => `npm_config_${name.replace("-", "_")}` in process.env,
  );
}

/** Where the server that these options start listens; `PORT` where any free port will do. */
export function address(options: readonly string[]): { host: string; port: string } {
  const port = option(options, "port") ?? "8888";
  return { host: option(options, "host") ?? "127.0.0.1", port: port.replace(/^0$/, "PORT") };
}

/** Two lines, for the server that these options start. */
export function howToTalk(options: readonly string[]): string {
  const { host, port } = address(options);
  const elsewhere = [
    ...(host === "127.0.0.1" ? [] : [`--host ${host}`]),
    ...(port === "8888" ? [] : [`--port ${port}`]),
  ];
  const behind = elsewhere.length > 0 ? ` -- ${elsewhere.join(" ")}` : "";
  return `talk to it from another terminal:  npm run client${behind}
or, where there is netcat:         nc ${host} ${port}`;
}

/** The value of a server option, whether it is written `--port 9000` or `--port=9000`. */
function option(options: readonly string[], name: string): string | undefined {
  const at = options.findIndex((each) => each === `--${name}` || each.startsWith(`--${name}=`));
  return options[at]?.split("=")[1] ?? (at === -1 ? undefined : options[at + 1]);
}
