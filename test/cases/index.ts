/** Every case there is, in the order of the chapters that bring them. v03 brings none: that is its point. */
import type { Case } from "../harness/case.ts";
import { hints } from "./hints.ts";
import { overPackets } from "./packets.ts";
import { v01 } from "./v01.ts";
import { v02 } from "./v02.ts";
import { v04 } from "./v04.ts";
import { v05 } from "./v05.ts";
import { v06 } from "./v06.ts";
import { v07 } from "./v07.ts";
import { v08 } from "./v08.ts";
import { v10 } from "./v10.ts";
import { v12 } from "./v12.ts";
import { v13 } from "./v13.ts";
import { v13File } from "./v13-file.ts";
import { v14 } from "./v14.ts";
import { v14Away } from "./v14-away.ts";
import { v15 } from "./v15.ts";
import { v15Login } from "./v15-login.ts";
import { v16 } from "./v16.ts";
import { v16Away } from "./v16-away.ts";
import { v16Bus } from "./v16-bus.ts";
import { overWebSocket } from "./websocket.ts";

const all = [
  ...v01,
  ...v02,
  ...v04,
  ...v05,
  ...v06,
  ...v07,
  ...v08,
  ...v10,
  ...v12,
  ...v13,
  ...v13File,
  ...v14,
  ...v14Away,
  ...v15,
  ...v15Login,
  ...v16,
  ...v16Away,
  ...v16Bus,
];

const hinted: readonly Case[] = all.map((each) => {
  const hint = hints[each.id];
  return hint === undefined ? each : { ...each, hint };
});

export const cases: readonly Case[] = [...hinted, ...overWebSocket(hinted), ...overPackets(hinted)];
