import { setTimeout as sleep } from 'node:timers/promises'
import type { CommandContext } from './command-context.ts'
import { startProduct, type Product } from './compose.ts'
import { describeConfig } from './config/describe-config.ts'
import type { Resolution } from './config/resolve-config.ts'
import { CommandFailure } from './failure.ts'
import { createLogger, loggedEvents } from './process-log.ts'
import { untilAnnounced, untilRunning } from './running-watch.ts'
import { feedSample } from './sample/feed-sample.ts'
import { clustersOf } from './sample/sample-clusters.ts'
import { startFailure } from './start-failure.ts'
import { StartReport } from './start-report.ts'

const STOP_TIMEOUT_MS = 10_000
const SAMPLE_TIMEOUT_MS = 60_000

export interface RunOptions {
  readonly sample: boolean
  readonly json: boolean
}

/**
 * Runs the product until a signal, or an error that ends it.
 *
 * S1. A signal that comes while the product starts is obeyed when it has: half of it is not closed.
 * S2. Stopping commits and checkpoints first, and takes at most 10 s.
 * @throws {CommandFailure} it could not start, could not go on, or did not stop in time
 */
export async function runInstance(
  resolution: Resolution,
  { sample, json }: RunOptions,
  context: CommandContext,
): Promise<void> {
  const stop = context.interruption()
  const { terminal } = context
  const { config } = resolution
  const logger = createLogger(config, terminal)
  const report = new StartReport(terminal, json)
  // On a terminal the report says it shorter.
  if (terminal.err.isTTY !== true) {
    logger.info({ settings: describeConfig(resolution) }, 'configuration resolved')
  }
  report.settings(resolution)
  const fatal = new AbortController()
  const ended = AbortSignal.any([stop, fatal.signal])
  const events = loggedEvents(logger, (error) => fatal.abort(error))
  const product = await startProduct({ config, events, logger }).catch((error: unknown) => {
    throw startFailure(error, config)
  })
  try {
    report.listening(product.url, config.stateDir)
    report.running(await untilRunning(product.engine.query, terminal, ended))
    if (sample) await bringSample(product, config.stateDir, report, ended)
    else report.hints(product.url)
    await aborted(ended)
  } catch (error) {
    // Told to stop while starting is no failure.
    if (!ended.aborted) throw error
  } finally {
    report.stopping()
    await closeInTime(product)
  }
  if (fatal.signal.aborted) throw fatalFailure(fatal.signal.reason)
  report.stopped()
}

async function bringSample(
  { engine, encoders, url }: Product,
  stateDir: string,
  report: StartReport,
  ended: AbortSignal,
): Promise<void> {
  const { ingest, query } = engine
  const settled = () => untilAnnounced(query, SAMPLE_TIMEOUT_MS, ended)
  const fed = await feedSample(stateDir, Date.now() / 1000, encoders, ingest, settled)
  await settled()
  report.sample(url, fed, await clustersOf(query, fed.sample))
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
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
