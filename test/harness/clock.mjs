/** Loaded into a chapter's process before the chapter: its clock is ahead by as many milliseconds as CLOCK says. */
const ahead = Number(process.env.CLOCK);

globalThis.Date = new Proxy(Date, {
  construct: (target, args, self) =>
    Reflect.construct(target, args.length === 0 ? [target.now() + ahead] : args, self),
  get: (target, key, self) =>
    key === "now" ? () => target.now() + ahead : Reflect.get(target, key, self),
});
