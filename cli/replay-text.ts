import type { ReplayComparison } from '../runtime/replay/compare-replay.ts'
import type { CauseCounts, Difference } from '../runtime/replay/compare-transitions.ts'
import type { ReplayPlan } from '../runtime/replay/replay-plan.ts'
import type { ReplayProgress } from '../runtime/replay/replay-run.ts'
import type { Transition } from '../runtime/replay/transition.ts'
import { remainingMs } from './progress-line.ts'
import { count, duration, moment } from './quantities.ts'
import { printLine, visible, type Terminal } from './terminal.ts'
import { textTable } from './text-table.ts'

/** A replay that is done. */
export interface ReplayOutcome {
  readonly plan: ReplayPlan
  readonly comparison: ReplayComparison
  readonly records: number
  readonly elapsedMs: number
  readonly deleted: boolean
}

export function progressText({ done, total }: ReplayProgress, elapsedMs: number): string {
  const percent = Math.floor((done * 100) / Math.max(1, total))
  const rate = `${count((done * 1000) / Math.max(1, elapsedMs))} records/s`
  const left = remainingMs(done, total, elapsedMs)
  const time = left === null ? '' : `, ${duration(left)} left`
  return `${percent} %  ${count(done)} of ${count(total)} records, ${rate}${time}`
}

/** The outcome as one JSON document. */
export function replayBody(outcome: ReplayOutcome): object {
  const { comparison, deleted, elapsedMs, plan, records } = outcome
  return {
    name: plan.name,
    ranges: plan.ranges,
    records,
    elapsed_ms: elapsedMs,
    output_topics: plan.outputs.map(({ name }) => name),
    deleted,
    transitions: { live: comparison.live, replayed: comparison.replayed },
    by_cause: comparison.byCause,
    unexplained: comparison.unexplained,
    explained: {
      link: comparison.explained.link,
      earlier_state: comparison.explained['earlier-state'],
    },
    rows_with_same_end: comparison.sameEnd,
    edge: comparison.edge,
    restarts: comparison.restarts,
    live_lag: comparison.liveLag,
    differences: comparison.samples.map(({ explanation, kind, live, replayed }) => ({
      kind,
      explanation,
      identity_uuid: (live ?? replayed)!.identity,
      primitive: (live ?? replayed)!.primitive,
      live: transitionBody(live),
      replayed: transitionBody(replayed),
    })),
  }
}

function transitionBody(transition: Transition | null): object | null {
  if (transition === null) return null
  const { cause, newState, oldState, timestampMs, value } = transition
  return {
    old_state: oldState,
    new_state: newState,
    current_value: JSON.parse(value) as unknown,
    cause,
    record_timestamp_ms: timestampMs,
  }
}

export function printReplay(terminal: Terminal, outcome: ReplayOutcome): void {
  const { comparison, deleted, elapsedMs, plan, records } = outcome
  const { out, outColors } = terminal
  const rate = count((records * 1000) / Math.max(1, elapsedMs))
  printLine(
    out,
    `replayed ${outColors.bold(count(records))} records as ${outColors.bold(plan.name)} in ` +
      `${duration(elapsedMs)} (${rate} records/s)`,
  )
  const rows = Object.entries(comparison.byCause).map(([cause, counts]) => [
    cause,
    ...countColumns.map((key) => count(counts[key])),
  ])
  const titles = [...countColumns].map((title) => ({ title: title.toUpperCase(), align: 'right' }))
  const columns = [{ title: 'CAUSE' }, ...titles] as { title: string; align?: 'right' }[]
  for (const line of textTable(columns, rows, outColors.bold)) printLine(out, line)
  printNotes(terminal, outcome)
  const { unexplained } = comparison
  const shown = comparison.samples.filter(({ explanation }) => explanation === null)
  for (const each of shown) printLine(out, differenceText(each))
  if (unexplained > shown.length) {
    printLine(out, `and ${count(unexplained - shown.length)} more differences`)
  }
  printLine(
    out,
    unexplained === 0
      ? outColors.green('no difference without an explanation')
      : outColors.red(`${count(unexplained)} differences without an explanation`),
  )
  const kept = `kept: ${plan.outputs.map(({ name }) => name).join(', ')}`
  const remove = `(npx attribution-streams replay --as ${plan.name} --discard deletes them)`
  printLine(out, deleted ? 'its topics and state are deleted' : `${kept} ${remove}`)
}

const countColumns = [
  'equal',
  'missing',
  'additional',
  'different',
  'explained',
] as const satisfies readonly (keyof CauseCounts)[]

function printNotes({ out }: Terminal, { comparison }: ReplayOutcome): void {
  const { edge, explained, hasEarlierInput, liveLag, restarts, sameEnd } = comparison
  const notes: [amount: number, text: string][] = [
    [explained.link, 'explained by identity links: the way differs, not where it leads'],
    [explained['earlier-state'], 'explained by state from before the range'],
    [sameEnd, 'rows differ on the way, but come to the same state'],
    [edge, 'at the edge of the range: not compared'],
    [restarts, 'live sequences begin anew after a reset: what came before is left out'],
    [liveLag, 'records of the range are still to be processed by the live application'],
  ]
  for (const [amount, text] of notes) if (amount > 0) printLine(out, `${count(amount)} ${text}`)
  if (hasEarlierInput) {
    printLine(out, 'the range does not begin where the input does: states began without the rest')
  }
}

function differenceText({ kind, live, replayed }: Difference): string {
  const { identity, primitive, timestampMs } = (live ?? replayed)!
  const where = `${moment(timestampMs / 1000)}  ${visible(identity)}  ${visible(primitive)}`
  return `${kind.padEnd(10)}  ${where}  live ${change(live)}, replayed ${change(replayed)}`
}

function change(transition: Transition | null): string {
  if (transition === null) return 'nothing'
  const { newState, oldState, value } = transition
  return `${oldState ?? '-'} → ${newState ?? '-'} ${visible(value)}`
}
