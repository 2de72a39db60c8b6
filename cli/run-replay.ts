import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { systemClock } from '../broker/clock.ts'
import { compareReplay } from '../runtime/replay/compare-replay.ts'
import { discardReplay } from '../runtime/replay/discard-replay.ts'
import { planReplay, type ReplayTarget } from '../runtime/replay/replay-plan.ts'
import type { RangeBounds } from '../runtime/replay/replay-range.ts'
import { ReplayRun, type ReplayRunOptions } from '../runtime/replay/replay-run.ts'
import { rocksDbHome, TaskStateDirectory } from '../runtime/state-directory.ts'
import { PUBLIC_TOPICS } from '../schemas/topics.ts'
import type { CommandContext } from './command-context.ts'
import type { ResolvedConfig } from './config/settings.ts'
import { configuredTopology } from './engine.ts'
import { CommandFailure } from './failure.ts'
import { openExistingLog } from './open-broker.ts'
import { openSchemaRegistry } from './open-schema-registry.ts'
import { createLogger, loggedEvents } from './process-log.ts'
import { ProgressLine } from './progress-line.ts'
import { count } from './quantities.ts'
import { printReplay, progressText, replayBody } from './replay-text.ts'
import { startFailure } from './start-failure.ts'
import { printJson, printLine, type Terminal } from './terminal.ts'

export interface ReplayRequest {
  readonly name: string
  readonly bounds: RangeBounds
  /** Its topics and state are deleted when it is over, however it ends. */
  readonly deletes: boolean
  readonly json: boolean
}

/**
 * Replays a range, tells how its transitions differ from the live ones, and cleans up if asked to.
 * @returns true: no difference is without an explanation
 * @throws {CommandFailure} the name is taken, nothing is in the range, the log cannot be opened, or
 *   it was interrupted
 */
export async function replay(
  config: ResolvedConfig,
  request: ReplayRequest,
  context: CommandContext,
): Promise<boolean> {
  const { deletes, json } = request
  const registry = await openSchemaRegistry(config).catch((error: unknown) => {
    throw startFailure(error, config)
  })
  const topology = configuredTopology(config, { registry, hasWorkers: false })
  const outcome = await onTarget(config, { name: request.name, topology }, async (target) => {
    const plan = await planReplay(target, request.bounds)
    // What a replay left whose topics were deleted by other means.
    await removeState(config, request.name)
    try {
      const ran = await run(config, { broker: target.broker, plan, registry }, context)
      const comparison = await compareReplay({
        ...target,
        plan,
        registry,
        transitions: PUBLIC_TOPICS['state-changed'],
        links: PUBLIC_TOPICS['identity-link'],
      })
      return { plan, comparison, ...ran, deleted: deletes }
    } finally {
      if (deletes) await clear(config, target)
    }
  })
  if (json) printJson(context.terminal.out, replayBody(outcome))
  else printReplay(context.terminal, outcome)
  return outcome.comparison.unexplained === 0
}

/** @throws {CommandFailure} no replay has this name, or the log cannot be opened */
export async function discard(
  config: ResolvedConfig,
  { json, name }: { readonly name: string; readonly json: boolean },
  terminal: Terminal,
): Promise<void> {
  const topology = configuredTopology(config, { hasWorkers: false })
  const deleted = await onTarget(config, { name, topology }, (target) => clear(config, target))
  if (json) printJson(terminal.out, { name, deleted_topics: deleted })
  else printLine(terminal.out, `deleted ${count(deleted.length)} topics and the state of ${name}`)
}

async function onTarget<T>(
  config: ResolvedConfig,
  of: Pick<ReplayTarget, 'name' | 'topology'>,
  use: (target: ReplayTarget) => Promise<T>,
): Promise<T> {
  const log = await openExistingLog(config, { purpose: 'replay' })
  const { applicationId } = config
  try {
    return await use({ ...of, applicationId, broker: log.broker })
  } catch (error) {
    throw startFailure(error, config)
  } finally {
    await log.close()
  }
}

async function run(
  config: ResolvedConfig,
  { plan, ...given }: Pick<ReplayRunOptions, 'broker' | 'plan' | 'registry'>,
  context: CommandContext,
): Promise<{ records: number; elapsedMs: number }> {
  const signal = context.interruption()
  const events = loggedEvents(createLogger(config, context.terminal), () => undefined)
  const home = rocksDbHome(stateOf(config, plan.name))
  const directory = new TaskStateDirectory(home, systemClock, (taskId, error) => {
    events.onWipe(taskId, error)
  })
  const options = { ...given, plan, clock: systemClock, settings: config, directory, events }
  const replayRun = new ReplayRun(options)
  const progress = new ProgressLine(context.terminal)
  const startedMs = Date.now()
  const elapsedMs = () => Date.now() - startedMs
  try {
    await replayRun.start()
    await replayRun.untilDone(signal, () => {
      progress.update(() => progressText(replayRun.progress(), elapsedMs()))
    })
    return { records: replayRun.progress().done, elapsedMs: elapsedMs() }
  } catch (error) {
    if (!signal.aborted) throw error
    throw new CommandFailure(
      `interrupted; what it left, if not deleted: replay --as ${plan.name} --discard`,
      { cause: error },
    )
  } finally {
    progress.clear()
    await replayRun.close()
  }
}

/** @returns the topics deleted */
async function clear(config: ResolvedConfig, target: ReplayTarget): Promise<string[]> {
  const deleted = await discardReplay(target)
  await removeState(config, target.name)
  return deleted
}

function removeState(config: ResolvedConfig, name: string): Promise<void> {
  return rm(stateOf(config, name), { recursive: true, force: true })
}

function stateOf({ stateDir }: ResolvedConfig, name: string): string {
  return join(stateDir, 'replay', name)
}
