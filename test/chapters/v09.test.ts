import { prove } from "../prove.ts";

prove("v09");
