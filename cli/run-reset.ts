import { access } from 'node:fs/promises'
import path from 'node:path'
import { executeReset, planReset, type ResetPlan, type ResetTarget } from '../runtime/reset.ts'
import type { ResolvedConfig } from './config/settings.ts'
import { configuredTopology, openEmbeddedLog, wipeState } from './engine.ts'
import { CommandFailure } from './failure.ts'
import { count } from './quantities.ts'
import { startFailure } from './start-failure.ts'
import { printJson, printLine, type Terminal } from './terminal.ts'
import { textTable } from './text-table.ts'

export interface ResetRequest {
  readonly config: ResolvedConfig
  readonly target: ResetTarget
  /** Input topics to move; null: all. */
  readonly topics: readonly string[] | null
  /** False: only the plan is shown. */
  readonly execute: boolean
  readonly json: boolean
}

/**
 * Plans a reset on the embedded log and, when asked to, carries it out.
 * @throws {CommandFailure} there is no log, or another process has it: nothing was changed
 */
export async function runReset(request: ResetRequest, terminal: Terminal): Promise<void> {
  const { config, execute, json, target, topics } = request
  await assertLog(config)
  const log = await openEmbeddedLog(config).catch((error: unknown) => {
    throw startFailure(error, config)
  })
  try {
    const options = {
      applicationId: config.applicationId,
      topology: configuredTopology(config),
      broker: log.broker,
      target,
      wipeState: () => wipeState(config),
      ...(topics === null ? {} : { topics }),
    }
    const plan = await planReset(options).catch((error: unknown) => {
      throw startFailure(error, config)
    })
    if (execute) await executeReset(options, plan)
    if (json) printJson(terminal.out, { executed: execute, ...plan })
    else printPlan(terminal, plan, execute)
  } finally {
    await log.close()
  }
}

/** Opening would make an empty log where there is none. */
async function assertLog({ stateDir }: ResolvedConfig): Promise<void> {
  try {
    await access(path.join(stateDir, 'log'))
  } catch (error) {
    throw new CommandFailure(`there is no log in ${stateDir}: nothing to reset`, { cause: error })
  }
}

function printPlan({ out, outColors }: Terminal, plan: ResetPlan, executed: boolean): void {
  const rows = plan.offsets.map(({ topic, partition, from, to }) => [
    topic,
    String(partition),
    from === null ? '-' : count(from),
    count(to),
  ])
  const columns = [
    { title: 'TOPIC' },
    { title: 'PARTITION', align: 'right' },
    { title: 'FROM', align: 'right' },
    { title: 'TO', align: 'right' },
  ] as const
  printLine(out, `application ${outColors.bold(plan.applicationId)}`)
  for (const line of textTable(columns, rows, outColors.bold)) printLine(out, line)
  const verb = executed ? 'deleted' : 'would delete'
  printLine(out, `${verb} the local state and ${plan.deletedTopics.length} internal topics:`)
  for (const topic of plan.deletedTopics) printLine(out, `  ${topic}`)
  printLine(
    out,
    executed ? 'done; the next start reads again' : 'nothing was changed: add --execute',
  )
}
