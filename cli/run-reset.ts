import {
  executeReset,
  planReset,
  type ResetPlan,
  type ResetSelection,
  type ResetTarget,
} from '../runtime/reset.ts'
import type { ResolvedConfig } from './config/settings.ts'
import { configuredTopology, wipeState } from './engine.ts'
import { openExistingLog } from './open-broker.ts'
import { count } from './quantities.ts'
import { startFailure } from './start-failure.ts'
import { printJson, printLine, type Terminal } from './terminal.ts'
import { textTable } from './text-table.ts'

export interface ResetRequest {
  readonly config: ResolvedConfig
  readonly target: ResetTarget
  readonly selection: ResetSelection
  /** False: only the plan is shown. */
  readonly execute: boolean
  readonly json: boolean
}

/**
 * Plans a reset and, when asked to, carries it out.
 * @throws {CommandFailure} there is no log, or an instance is alive: nothing was changed
 */
export async function runReset(request: ResetRequest, terminal: Terminal): Promise<void> {
  const { config, execute, json, selection, target } = request
  const log = await openExistingLog(config, { purpose: 'reset' })
  try {
    const options = {
      applicationId: config.applicationId,
      topology: configuredTopology(config),
      broker: log.broker,
      target,
      selection,
      wipeState: () => wipeState(config),
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
  const again = executed ? 'will be published again' : 'would be published again'
  printLine(out, `what the topology makes of the input read again ${again}, after what is in:`)
  for (const topic of plan.outputTopics) printLine(out, `  ${topic}`)
  printLeftOut(out, plan, outColors.yellow)
  printLine(
    out,
    executed ? 'done; the next start reads again' : 'nothing was changed: add --execute',
  )
}

/** A state made of part of the input is no error, but nobody should find out later. */
function printLeftOut(
  out: Terminal['out'],
  { offsets }: ResetPlan,
  warning: (text: string) => string,
): void {
  const leftOut = offsets.reduce((sum, each) => sum + each.leftOut, 0)
  if (leftOut === 0) return
  const what = `the new state leaves out ${count(leftOut)} earlier records that the log still has`
  printLine(out, warning(`${what}: counts and states begin anew without them`))
}
