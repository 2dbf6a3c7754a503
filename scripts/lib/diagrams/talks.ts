/** The conversations that the guides and the README show: who types what at which terminal. */

/** A terminal by its number (the first one runs the server), and what happens there. */
export type Event =
  | readonly [terminal: number, does: "runs nc"]
  | readonly [terminal: number, does: "runs the client", name?: string]
  /** `node -e SCRIPT`, with the port that the server really has in the place of 8888. */
  | readonly [terminal: number, does: "runs node", script: string]
  /** A shell's command as the guide shows it, and the bytes that it sends before it ends its side. */
  | readonly [terminal: number, does: "pipes", command: string, bytes: string]
  | readonly [terminal: number, does: "types" | "half types", text: string]
  /** Further down than what it saw last. */
  | readonly [terminal: number, does: "sees", text: string]
  /** From now on it presses Enter again and again, until the other terminal has seen it. */
  | readonly [terminal: number, does: "stays until", other: number, text: string]
  | readonly [terminal: number, does: "Ctrl+C" | "is killed" | "starts again"];

export interface Talk {
  /** The id of the chapter whose server it is, and whose client. */
  readonly chapter: string;
  /** 300, if not said otherwise. */
  readonly idleSeconds?: number;
  readonly events: readonly Event[];
}

const chat: readonly Event[] = [
  [2, "runs nc"],
  [3, "runs nc"],
  [2, "types", "hello"],
  [3, "types", "hi, who is there?"],
  [2, "types", ""],
  [2, "types", "a server, and 你 👋"],
  [3, "Ctrl+C"],
  [2, "types", "still here"],
];

/** By name: a chapter's id for its main one, `v01/long` for a further one, `tour` for the README's. */
export const talks: Readonly<Record<string, Talk>> = {
  tour: {
    chapter: "v07",
    idleSeconds: 3,
    events: [
      [2, "runs nc"],
      [3, "runs nc"],
      [3, "stays until", 2, "you were kicked"],
      [2, "types", "who"],
      [3, "types", "rename|张三"],
      [2, "types", "hello from the other terminal"],
      [3, "types", "nice to meet you"],
      [2, "types", "to|张三|this is for you alone"],
      [3, "types", "who"],
      [2, "sees", "you were kicked"],
      [3, "sees", "offline"],
      [3, "types", "still here"],
      [3, "types", "rename|李四|x"],
      [3, "sees", "you were kicked"],
    ],
  },
  v01: { chapter: "v01", events: chat },
  "v01/long": {
    chapter: "v01",
    events: [
      [
        2,
        "pipes",
        "(head -c 5000 /dev/zero | tr '\\0' x; echo; echo after) | nc -N 127.0.0.1 8888",
        `${"x".repeat(5000)}\nafter\n`,
      ],
    ],
  },
  v02: { chapter: "v02", events: chat },
  "v02/gone": {
    chapter: "v02",
    events: [
      [2, "runs nc"],
      [
        3,
        "runs node",
        "net.connect(8888, '127.0.0.1').once('data', function () { this.write('half a li', () => console.log('sent')) })",
      ],
      [3, "sees", "sent"],
      [3, "is killed"],
      [2, "sees", "50003:offline"],
      [
        4,
        "runs node",
        "net.connect(8888, '127.0.0.1').once('data', function () { this.write('half a li', () => this.resetAndDestroy()) })",
      ],
      [2, "sees", "50004:offline"],
    ],
  },
  v03: { chapter: "v03", events: chat },
  v04: {
    chapter: "v04",
    events: [
      [2, "runs nc"],
      [2, "types", "who"],
      [3, "runs nc"],
      [4, "runs nc"],
      [3, "types", "hello, I am 张三"],
      [4, "types", "who online"],
      [3, "types", "who are you?"],
      [3, "Ctrl+C"],
      [2, "types", "who"],
    ],
  },
  v05: {
    chapter: "v05",
    events: [
      [2, "runs nc"],
      [3, "runs nc"],
      [2, "types", "rename|张三"],
      [2, "types", "hello"],
      [3, "types", "rename|张三"],
      [3, "types", "rename|bob"],
      [3, "types", "hi, 张三"],
      [3, "types", "who"],
    ],
  },
  "v05/king": {
    chapter: "v05",
    events: [
      [
        2,
        "runs node",
        "const heard = []; for (let i = 0; i < 5; i++) net.connect(8888, '127.0.0.1').on('data', d => { heard.push(...(String(d).match(/^(you|name) .*/gm) ?? [])); if (heard.length === 5) console.log(heard.splice(0).sort().join('\\n')); }).write('rename|king\\n')",
      ],
      [2, "sees", "you are now king"],
    ],
  },
  v06: {
    chapter: "v06",
    events: [
      [2, "runs nc"],
      [3, "runs nc"],
      [4, "runs nc"],
      [2, "types", "rename|alice"],
      [3, "types", "rename|张三"],
      [2, "types", "to|张三|psst, this is for you"],
      [3, "types", "to|ALICE|I heard it|and nobody else did"],
      [2, "types", "to|张三"],
      [2, "types", "to|bob|hi"],
      [2, "types", "to|张三|"],
      [4, "types", "did I miss something?"],
    ],
  },
  v07: {
    chapter: "v07",
    idleSeconds: 3,
    events: [
      [3, "runs nc"],
      [3, "stays until", 2, "you were kicked"],
      [2, "runs nc"],
      [2, "types", "rename|张三"],
      [2, "types", "back in a moment"],
      [2, "sees", "you were kicked"],
      [2, "types", "am I still here?"],
      [3, "types", "who"],
    ],
  },
  v08: {
    chapter: "v08",
    events: [
      [2, "runs nc"],
      [3, "runs nc"],
      [2, "types", "rename|张三"],
      [3, "types", "hello"],
      [2, "types", "I have to go, see you"],
      [2, "types", "quit"],
      [3, "types", "to|张三|wait"],
      [1, "Ctrl+C"],
    ],
  },
  v09: {
    chapter: "v09",
    events: [
      [2, "runs the client"],
      [2, "sees", "50002:online"],
      [3, "runs the client", "张三"],
      [3, "sees", "you are now 张三"],
      [2, "sees", "50003:online"],
      [2, "types", "3"],
      [2, "sees", "new name>"],
      [2, "types", "李四"],
      [2, "sees", "you are now 李四"],
      [2, "types", "1"],
      [2, "sees", "to all>"],
      [3, "types", "1"],
      [3, "sees", "to all>"],
      [2, "types", "hello everybody, how are you?"],
      [2, "sees", "]李四:hello"],
      [3, "sees", "]李四:hello"],
      [3, "types", "fine, and you?"],
      [3, "sees", "]张三:fine"],
      [2, "sees", "]张三:fine"],
      [2, "types", "exit"],
      [2, "sees", "0-4>"],
      [2, "types", "2"],
      [2, "sees", "2  张三"],
      [2, "types", "2"],
      [2, "sees", "to 张三>"],
      [2, "types", "this is for you alone"],
      [3, "sees", "李四 says to you"],
      [2, "types", "quit"],
      [3, "sees", "李四:offline"],
    ],
  },
  "v09/half": {
    chapter: "v09",
    events: [
      [2, "runs the client"],
      [2, "sees", "50002:online"],
      [3, "runs nc"],
      [2, "types", "1"],
      [2, "sees", "to all>"],
      [2, "half types", "I am not yet do"],
      [2, "sees", "to all> I am not yet do"],
      [3, "types", "are you there?"],
      [3, "types", "hello?"],
      [2, "sees", ":hello?"],
      [2, "sees", "to all> I am not yet do"],
    ],
  },
  "v09/away": {
    chapter: "v09",
    events: [
      [2, "runs the client", "张三"],
      [2, "sees", "you are now 张三"],
      [2, "types", "1"],
      [2, "sees", "to all>"],
      [1, "Ctrl+C"],
      [2, "sees", "next try in 1 s"],
      [2, "sees", "next try in 2 s"],
      [2, "types", "before the fall"],
      [2, "sees", "not sent"],
      [1, "starts again"],
      [2, "sees", "the server is back"],
      [2, "sees", "you are now 张三"],
    ],
  },
};
