/** The sentences of docs/protocol.md, so that no case spells them out. */

export interface Speaker {
  readonly addr: string;
  readonly name: string;
}

const framed = ({ addr, name }: Speaker, text: string) => `[${addr}]${name}:${text}`;

export const said = framed;
export const online = (user: Speaker) => framed(user, "online");
export const offline = (user: Speaker) => framed(user, "offline");
export const listed = (user: Speaker) => framed(user, "online...");

export const MAX_LINE = 4096;
export const tooLong = `line too long: at most ${MAX_LINE} bytes`;

export const renamed = (name: string) => `you are now ${name}`;
export const taken = (name: string) => `name ${name} is taken`;
export const invalidName =
  "invalid name: 1 to 32 visible characters, no white space, none of | : [ ]";

export const told = (sender: Speaker, text: string) => `${sender.name} says to you:${text}`;
export const usage = "usage: to|name|text";
export const noUser = (name: string) => `no user named ${name}`;
export const nothingToSend = "nothing to send";

export const kicked = (seconds: number) => `you were kicked: idle for ${seconds} s`;

export const bye = "bye";
export const shutdown = "server is shutting down";

export const historyUsage = "usage: history|number or history|number|name";
export const historyOf = (lines: number) => `history: ${lines} lines`;
export const historyEnd = "history: end";
/** Before each line of a history: when it was, in ISO 8601 and UTC. */
export const TIME = /^\[\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z\](?=\[)/;
export const noHistory = "no history is kept";
