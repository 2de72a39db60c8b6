import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Command } from 'commander'
import type { CommandContext } from '../command-context.ts'
import { startProduct, type Product } from '../compose.ts'
import { addConfigOptions, resolveFor } from '../config-options.ts'
import { describeConfig } from '../config/describe-config.ts'
import type { Resolution } from '../config/resolve-config.ts'
import { settingKeys } from '../config/settings.ts'
import { CommandFailure } from '../failure.ts'
import { createLogger, loggedEvents } from '../process-log.ts'
import { count } from '../quantities.ts'
import { untilCaughtUp, untilRunning } from '../running-watch.ts'
import { feedSample, type FedSample } from '../sample/feed-sample.ts'
import { startFailure } from '../start-failure.ts'
import { printJson, printLine, type Terminal } from '../terminal.ts'

const STOP_TIMEOUT_MS = 10_000
const SAMPLE_TIMEOUT_MS = 60_000

/** `start [--sample]`: runs the product in this process until it is told to stop. */
export function startCommand(context: CommandContext): Command {
  const start = new Command('start')
    .description('run an instance: log, topology and HTTP in this process')
    .option('--sample', 'keep state in STATE_DIR/sample and feed a generated sample once')
    .option('--json', 'print events as one JSON object a line')
    .addHelpText('after', examples)
    .action(async (options: StartOptions, command: Command) => {
      const resolution = await resolveFor(command, context)
      await run(options.sample === true ? inSample(resolution) : resolution, options, context)
    })
  return addConfigOptions(
    start,
    settingKeys.filter((key) => key !== 'attributionToken'),
  )
}

interface StartOptions {
  readonly sample?: true
  readonly json?: true
}

function inSample({ config, sources }: Resolution): Resolution {
  return { config: { ...config, stateDir: path.join(config.stateDir, 'sample') }, sources }
}

async function run(
  resolution: Resolution,
  { sample, json }: StartOptions,
  context: CommandContext,
): Promise<void> {
  const { terminal } = context
  const { config } = resolution
  const logger = createLogger(config, terminal)
  if (terminal.err.isTTY !== true) {
    logger.info({ settings: describeConfig(resolution) }, 'configuration resolved')
  }
  if (json !== true) printSettings(terminal, resolution)
  const stop = context.interruption()
  const fatal = new AbortController()
  const ended = AbortSignal.any([stop, fatal.signal])
  const events = loggedEvents(logger, (error) => fatal.abort(error))
  const product = await startProduct({ config, events, logger }).catch((error: unknown) => {
    throw startFailure(error, config)
  })
  try {
    announce(terminal, 'listening', { url: product.url, state_dir: config.stateDir }, json)
    const restored = await untilRunning(product.engine.query, terminal, ended)
    announce(terminal, 'running', { restored_records: restored }, json)
    if (sample === true) await bringSample(product, config.stateDir, terminal, ended, json)
    else if (json !== true) printHints(terminal, product.url)
    await new Promise((resolve) => ended.addEventListener('abort', resolve, { once: true }))
  } catch (error) {
    // Told to stop while starting is no failure.
    if (!ended.aborted) throw error
  } finally {
    if (json !== true) printLine(terminal.err, 'stopping')
    await closeInTime(product)
  }
  if (fatal.signal.aborted) throw fatalFailure(fatal.signal.reason)
  announce(terminal, 'stopped', {}, json)
}

type EventName = 'listening' | 'running' | 'sample' | 'stopped'

function announce(
  { out, outColors }: Terminal,
  event: EventName,
  details: Record<string, unknown>,
  json: true | undefined,
): void {
  if (json === true) {
    printJson(out, { event, ...details })
  } else if (event === 'listening') {
    printLine(out, `listening at ${outColors.bold(String(details['url']))}`)
  } else if (event === 'running') {
    const records = count(Number(details['restored_records']))
    printLine(out, records === '0' ? 'all tasks run' : `all tasks run, ${records} records restored`)
  } else if (event === 'stopped') printLine(out, 'stopped; everything accepted is kept')
}

async function bringSample(
  product: Product,
  stateDir: string,
  terminal: Terminal,
  ended: AbortSignal,
  json: true | undefined,
): Promise<void> {
  const { engine, encoders } = product
  const fed = await feedSample(stateDir, Date.now() / 1000, encoders, engine.ingest)
  await untilCaughtUp(engine.query, SAMPLE_TIMEOUT_MS, ended)
  announce(
    terminal,
    'sample',
    {
      fed_now: fed.fedNow,
      attackers: fed.attackers,
      observations: fed.observations,
      shared_attacker_uuid: fed.sharedAttackerUuid,
    },
    json,
  )
  if (json !== true) printSample(terminal, product.url, fed)
}

/** The settings that are not defaults; all of them are in the log, and in `config check`. */
function printSettings({ out }: Terminal, resolution: Resolution): void {
  const given = describeConfig(resolution).filter(({ source }) => source !== 'default')
  for (const { name, value, source } of given) printLine(out, `${name}=${value} (${source})`)
  printLine(out, `state in ${path.resolve(resolution.config.stateDir)}`)
}

function printSample({ out, outColors }: Terminal, url: string, fed: FedSample): void {
  const { bold } = outColors
  const records = `${count(fed.observations)} observations of ${fed.attackers} attackers`
  const lines = [
    '',
    bold('This is generated sample data; nobody was observed.'),
    `It has ${records} over a fortnight; one of them`,
    `is two people taking turns. ${fed.fedNow ? 'It was fed just now.' : 'An earlier start fed it.'}`,
    '',
    'Try next, in another terminal:',
    `  curl -s ${url}/api/v1/multi-actor`,
    `  curl -s ${url}/api/v1/attackers/${fed.sharedAttackerUuid}/attribution`,
    `  curl -sN ${url}/api/v1/events`,
    ...clientLines(url, `query attacker ${fed.sharedAttackerUuid}`, 'tail multi-actor'),
    '',
    'Ctrl-C stops. Without the sample: npx attribution-streams start',
  ]
  for (const line of lines) printLine(out, line)
}

function printHints({ out }: Terminal, url: string): void {
  const lines = [
    '',
    'Try next, in another terminal:',
    ...clientLines(url, 'ingest observations observations.jsonl', 'tail state-changed'),
    `  curl -s ${url}/api/v1/identities`,
    '',
    'Ctrl-C stops.',
  ]
  for (const line of lines) printLine(out, line)
}

function clientLines(url: string, ...commands: string[]): string[] {
  const where = url === 'http://127.0.0.1:8080' ? '' : ` --url ${url}`
  return commands.map((command) => `  npx attribution-streams ${command}${where}`)
}

/** @throws {CommandFailure} it did not stop in time; what is not committed is done again */
async function closeInTime(product: Product): Promise<void> {
  const timely = new AbortController()
  const late = sleep(STOP_TIMEOUT_MS, true, { signal: timely.signal }).catch(() => false)
  const isLate = await Promise.race([product.close().then(() => false), late])
  timely.abort()
  if (isLate) {
    const seconds = STOP_TIMEOUT_MS / 1000
    throw new CommandFailure(`not stopped after ${seconds} s: ending without the last commit`)
  }
}

function fatalFailure(cause: unknown): CommandFailure {
  const why = cause instanceof Error ? cause.message : String(cause)
  return new CommandFailure(`the engine cannot go on: ${why}`, { cause })
}

const examples = `
Examples:
  $ attribution-streams start
  $ attribution-streams start --sample --port 0
  $ STATE_DIR=/var/lib/attribution attribution-streams start --config streams.yaml

SIGINT or SIGTERM stops within 10 s, committing first; a second one ends at once.
`
