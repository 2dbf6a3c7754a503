/** Every fault there is, in the order of docs/faults.md. */
import { bus } from "./bus.ts";
import { churn } from "./churn.ts";
import { nodes } from "./cluster.ts";
import { commands } from "./commands.ts";
import { database } from "./database.ts";
import { descriptors } from "./descriptors.ts";
import { encoding } from "./encoding.ts";
import { endings } from "./endings.ts";
import type { Fault } from "./fault.ts";
import { floods } from "./floods.ts";
import { framing } from "./framing.ts";
import { history } from "./history.ts";
import { idle } from "./idle.ts";
import { names } from "./names.ts";
import { packetFaults } from "./packets.ts";
import { readers } from "./readers.ts";
import { shutdown } from "./shutdown.ts";
import { web } from "./web.ts";
import { websocket } from "./websocket.ts";

/** The seed makes the mutants of `commands/10000-mutants`. */
export function faults(seed: number): readonly Fault[] {
  return [
    ...framing,
    ...encoding,
    ...commands(seed),
    ...names,
    ...readers,
    ...floods,
    ...churn,
    ...endings,
    ...descriptors,
    ...shutdown,
    ...idle,
    ...web,
    ...websocket,
    ...packetFaults,
    ...history,
    ...database,
    ...nodes,
    ...bus,
  ];
}
