import { prove } from "../prove.ts";

prove("v08");
