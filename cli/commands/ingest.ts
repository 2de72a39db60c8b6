import { Command } from 'commander'
import type { CommandContext } from '../command-context.ts'
import { CommandFailure, exitCodes } from '../failure.ts'
import { IngestRun } from '../input/ingest-run.ts'
import { openInput, type InputSource } from '../input/input-source.ts'
import { lineBatches } from '../input/line-batches.ts'
import { addInstanceOptions, connect } from '../instance-options.ts'
import { ProgressLine, remainingMs } from '../progress-line.ts'
import { bytes, count, duration } from '../quantities.ts'
import { printJson, printLine, visible, type Terminal } from '../terminal.ts'

const ERRORS_SHOWN_MAX = 10

/** `ingest observations|attackers|technique-tags FILE|-`: lines of JSON into a running instance. */
export function ingestCommand(context: CommandContext): Command {
  return new Command('ingest')
    .description('send records, one JSON object a line, to a running instance')
    .addCommand(upload('observations', context))
    .addCommand(upload('attackers', context))
    .addCommand(upload('technique-tags', context))
}

/** What may be sent; the route is named so too. */
type Uploaded = 'observations' | 'attackers' | 'technique-tags'

function upload(what: Uploaded, context: CommandContext): Command {
  const command = new Command(what)
    .description(`send ${what.replace('-', ' ')}; running the same file again changes nothing`)
    .argument('<file>', 'file of JSON lines, gzip or plain; - reads standard input')
    .option('--json', 'print the outcome as one JSON document')
    .addHelpText('after', examplesOf(what))
    .action(async (file: string, { json }: { json?: true }) => {
      const client = await connect(command, context)
      const startedMs = Date.now()
      const run = new IngestRun(client, `/api/v1/${what}`, context.interruption())
      try {
        await sendAll(run, await openInput(file, context.terminal.input), context)
      } catch (error) {
        // What the log has taken is worth knowing, all the more when the rest did not arrive.
        printOutcome(context.terminal, run, Date.now() - startedMs, json === true)
        throw interrupted(error)
      } finally {
        client.close()
      }
      printOutcome(context.terminal, run, Date.now() - startedMs, json === true)
      if (run.rejected > 0) context.exitWith(exitCodes.failed)
    })
  return addInstanceOptions(command)
}

async function sendAll(
  run: IngestRun,
  source: InputSource,
  { terminal }: CommandContext,
): Promise<void> {
  const progress = new ProgressLine(terminal)
  const startedMs = Date.now()
  try {
    for await (const batch of lineBatches(source.chunks)) {
      await run.send(batch)
      progress.update(() => progressText(run, source, Date.now() - startedMs))
    }
  } finally {
    progress.clear()
  }
}

function progressText(run: IngestRun, source: InputSource, elapsedMs: number): string {
  const records = run.accepted + run.rejected
  const rate = `${count((records * 1000) / Math.max(1, elapsedMs))} records/s`
  const read = source.bytesRead()
  if (source.bytesTotal === null) return `${count(records)} records, ${bytes(read)}, ${rate}`
  const percent = Math.floor((read * 100) / Math.max(1, source.bytesTotal))
  const left = remainingMs(read, source.bytesTotal, elapsedMs)
  const time = left === null ? '' : `, ${duration(left)} left`
  return `${percent} %  ${count(records)} records, ${rate}${time}`
}

function interrupted(error: unknown): unknown {
  if (!(error instanceof Error) || error.name !== 'AbortError') return error
  return new CommandFailure('interrupted; run it again to send the rest', { cause: error })
}

function printOutcome(terminal: Terminal, run: IngestRun, elapsedMs: number, json: boolean): void {
  const { accepted, rejected, errors } = run
  if (json) {
    printJson(terminal.out, { accepted, rejected, errors, elapsed_ms: elapsedMs })
    return
  }
  const rate = count((accepted * 1000) / Math.max(1, elapsedMs))
  const { bold, red } = terminal.outColors
  printLine(
    terminal.out,
    `${bold(count(accepted))} accepted, ${rejected > 0 ? red(count(rejected)) : '0'} rejected ` +
      `in ${duration(elapsedMs)} (${rate} records/s)`,
  )
  for (const { line, error } of errors.slice(0, ERRORS_SHOWN_MAX)) {
    printLine(terminal.err, `line ${line}: ${visible(error)}`)
  }
  const unshown = rejected - Math.min(errors.length, ERRORS_SHOWN_MAX)
  if (unshown > 0) printLine(terminal.err, `and ${count(unshown)} more rejected lines`)
}

function examplesOf(what: string): string {
  return `
Examples:
  $ attribution-streams ingest ${what} ${what}.jsonl
  $ attribution-streams ingest ${what} ${what}.jsonl.gz --url http://127.0.0.1:9090
  $ sensor --follow | attribution-streams ingest ${what} - --json

Exit code 1: a line was rejected, or not everything could be sent.
`
}
