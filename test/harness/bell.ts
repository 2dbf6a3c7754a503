/** Waits for what others bring about: whoever changes something rings, and whoever waits looks again. */
export class Bell {
  readonly #waiting = new Set<() => void>();

  ring(): void {
    for (const wake of this.#waiting) wake();
    this.#waiting.clear();
  }

  /** Whether it holds before the time is up; looked at now, and after each ring. */
  async until(holds: () => boolean, ms: number): Promise<boolean> {
    if (holds()) return true; // the usual case: no timer for each of a hundred thousand lines
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      this.ring();
    }, ms);
    try {
      while (!holds()) {
        if (late) return false;
        await new Promise<void>((wake) => this.#waiting.add(wake));
      }
      return true;
    } finally {
      clearTimeout(timer);
    }
  }
}
