import { PassThrough, Readable } from 'node:stream'
import type { CommandContext } from '../../cli/command-context.ts'
import { runProgram } from '../../cli/program.ts'
import { createTerminal, type Terminal } from '../../cli/terminal.ts'

export interface CapturedTerminal extends Terminal {
  readonly outText: () => string
  readonly errText: () => string
}

export interface CaptureOptions {
  readonly tty?: boolean
  readonly columns?: number
  readonly env?: NodeJS.ProcessEnv
  readonly input?: Iterable<string | Buffer>
}

/** A terminal whose output a test reads; `tty` makes both streams claim to be one. */
export function captureTerminal(options: CaptureOptions = {}): CapturedTerminal {
  const stream = () =>
    Object.assign(new PassThrough({ highWaterMark: 16 * 1024 * 1024 }), {
      isTTY: options.tty ?? false,
      columns: options.columns ?? 80,
    })
  const [out, err] = [stream(), stream()]
  const read = (stream: PassThrough): (() => string) => {
    let text = ''
    return () => (text += ((stream.read() as Buffer | null) ?? '').toString())
  }
  const input = Readable.from(options.input ?? [], { objectMode: false })
  const terminal = createTerminal({ input, out, err }, options.env ?? {})
  return { ...terminal, outText: read(out), errText: read(err) }
}

export interface Outcome {
  readonly code: number
  readonly out: string
  readonly err: string
}

/** Runs the program in this process, as cli/main.ts would. */
export async function runCli(
  args: readonly string[],
  options: CaptureOptions & { readonly stop?: AbortSignal } = {},
): Promise<Outcome> {
  const terminal = captureTerminal(options)
  const context: CommandContext = {
    terminal,
    env: options.env ?? {},
    interruption: () => options.stop ?? new AbortController().signal,
    exitWith: () => undefined,
  }
  const code = await runProgram(args, context)
  return { code, out: terminal.outText(), err: terminal.errText() }
}
