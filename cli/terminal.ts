import type { Readable, Writable } from 'node:stream'
import pc from 'picocolors'

export type Colors = ReturnType<typeof pc.createColors>

/** An output stream that may be a terminal. */
export type OutputStream = Writable & { readonly isTTY?: boolean; readonly columns?: number }

/** Where a command reads and writes. Results go to `out`, everything about them to `err`. */
export interface Terminal {
  readonly input: Readable
  readonly out: OutputStream
  readonly err: OutputStream
  /** Plain when the stream is not a terminal, or NO_COLOR is set. */
  readonly outColors: Colors
  readonly errColors: Colors
}

export interface TerminalStreams {
  readonly input: Readable
  readonly out: OutputStream
  readonly err: OutputStream
}

/** @param env NO_COLOR set to anything but nothing means no colours (no-color.org) */
export function createTerminal(streams: TerminalStreams, env: NodeJS.ProcessEnv): Terminal {
  const allowed = (env['NO_COLOR'] ?? '') === '' && env['TERM'] !== 'dumb'
  return {
    ...streams,
    outColors: pc.createColors(allowed && streams.out.isTTY === true),
    errColors: pc.createColors(allowed && streams.err.isTTY === true),
  }
}

export function printLine(stream: OutputStream, line: string): void {
  stream.write(`${line}\n`)
}

/** One line of JSON. */
export function printJson(stream: OutputStream, value: unknown): void {
  printLine(stream, JSON.stringify(value))
}

/**
 * What comes from a record may hold escape sequences that would rewrite the reader's terminal:
 * control characters are shown, not sent.
 */
export function visible(text: string): string {
  return text.replace(
    /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}
