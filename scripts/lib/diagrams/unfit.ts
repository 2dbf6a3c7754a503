/** Something that a guide asks for and the code does not give: said in one line. */
export class Unfit extends Error {}
