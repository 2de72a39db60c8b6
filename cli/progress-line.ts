import { printLine, type Terminal } from './terminal.ts'

const REDRAW_INTERVAL_MS = 100
const PLAIN_INTERVAL_MS = 10_000

/**
 * What is under way, on standard error: one line drawn anew on a terminal, elsewhere a plain line
 * now and then, so that a log file tells a long run from a hung one.
 */
export class ProgressLine {
  readonly #terminal: Terminal
  readonly #onTerminal: boolean
  readonly #now: () => number
  #shownAtMs: number
  #drawn = false

  constructor(terminal: Terminal, now: () => number = Date.now) {
    this.#terminal = terminal
    this.#onTerminal = terminal.err.isTTY === true
    this.#now = now
    this.#shownAtMs = this.#onTerminal ? 0 : now()
  }

  /** @param text made only when it will be shown */
  update(text: () => string): void {
    const nowMs = this.#now()
    const interval = this.#onTerminal ? REDRAW_INTERVAL_MS : PLAIN_INTERVAL_MS
    if (nowMs - this.#shownAtMs < interval) return
    this.#shownAtMs = nowMs
    const { err, errColors } = this.#terminal
    if (!this.#onTerminal) {
      printLine(err, text())
      return
    }
    // One column stays free: a full line would wrap and the next one be drawn below it.
    // A terminal that does not know its width says 0.
    const columns = err.columns === undefined || err.columns === 0 ? 80 : err.columns
    const line = text().slice(0, columns - 1)
    err.write(`\r\u001b[K${errColors.dim(line)}`)
    this.#drawn = true
  }

  /** Takes the line away. */
  clear(): void {
    if (this.#drawn) this.#terminal.err.write('\r\u001b[K')
    this.#drawn = false
  }
}

/** Time left at the average rate so far; null before there is one. */
export function remainingMs(done: number, total: number, elapsedMs: number): number | null {
  if (done <= 0 || elapsedMs <= 0) return null
  return (Math.max(0, total - done) * elapsedMs) / done
}
