/** A guide that asks for what there is not: its writer can put it right, so one line is enough. */
export { Refusal as Unfit } from "../command.ts";
