import type { Broker } from '../../broker/port.ts'
import type { BuiltTopology } from '../../topology/nodes.ts'
import {
  committedRecords,
  nameOf,
  offsetsByName,
  wholeTopics,
  type OffsetRange,
} from '../committed-records.ts'
import { repartitionTopics } from '../topology-topics.ts'
import { narrowed, WHOLE_LOG, type CompareWindow } from './compare-window.ts'
import type { ReplayPlan } from './replay-plan.ts'

export interface LiveSide {
  readonly broker: Broker
  readonly applicationId: string
  readonly topology: BuiltTopology
  /** The live topic of state changes. */
  readonly transitions: string
}

export interface LiveWindow {
  readonly window: CompareWindow
  /** Input before the range exists. */
  readonly hasEarlierInput: boolean
  /** The range ends where the log does, and the live application has processed all of it. */
  readonly isQuiescent: boolean
  /** Records in the range that the live application has not processed yet. */
  readonly liveLag: number
}

/**
 * Works out which live transitions the range brought about.
 *
 * Positions are read before the caller reads the outputs, so what they say is processed is there.
 */
export async function liveWindow(live: LiveSide, plan: ReplayPlan): Promise<LiveWindow> {
  const { broker, topology } = live
  const inputs = await wholeTopics(broker, [...new Set(plan.ranges.map(({ topic }) => topic))])
  const logs = new Map(inputs.map((log) => [nameOf(log), log]))
  const committed = offsetsByName(await broker.groupAdmin(live.applicationId).committed())
  const position = (at: OffsetRange) => committed.get(nameOf(at)) ?? at.from
  const lag = plan.ranges.reduce((sum, range) => sum + Math.max(0, range.to - position(range)), 0)
  const between = await wholeTopics(broker, repartitionTopics(live.applicationId, topology))
  const unread = await firstTimes(
    broker,
    between.map((range) => ({ ...range, from: Math.max(range.from, position(range)) })),
  )
  const following = await firstTimes(
    broker,
    plan.ranges.map((range) => {
      const log = logs.get(nameOf(range))!
      return { ...log, from: Math.max(log.from, Math.min(range.to, position(range))) }
    }),
  )
  const isLiveBehind = lag > 0 || unread.some((timeMs) => timeMs < Infinity)
  const upper = upperEdge(plan, [...following, ...unread], isLiveBehind)
  const cut = plan.ranges.filter((range) => range.from > logs.get(nameOf(range))!.from)
  const lower = await lowerEdge(broker, plan, cut, logs)
  const kept = await oldestOutput(broker, live.transitions)
  return {
    window: [lower, kept].reduce(narrowed, upper),
    hasEarlierInput: cut.length > 0,
    isQuiescent: upper.insideBeforeMs === Infinity,
    liveLag: lag,
  }
}

/** @param cut ranges that begin after their log does */
async function lowerEdge(
  broker: Broker,
  { bounds, ranges }: ReplayPlan,
  cut: readonly OffsetRange[],
  logs: ReadonlyMap<string, OffsetRange>,
): Promise<CompareWindow> {
  if (cut.length === 0) return WHOLE_LOG
  const { from } = bounds
  if (from.at === 'time') {
    return { ...WHOLE_LOG, outsideBeforeMs: from.timestampMs, insideFromMs: from.timestampMs }
  }
  const first = (some: readonly OffsetRange[]) =>
    firstTimes(
      broker,
      some.map((range) => ({ ...logs.get(nameOf(range))!, from: range.from })),
    )
  // A record before the range may bear the same millisecond as the first one in it.
  return {
    ...WHOLE_LOG,
    outsideBeforeMs: Math.min(...(await first(ranges))),
    insideFromMs: Math.max(...(await first(cut))) + 1,
  }
}

/** @param followingMs times of what follows the range in each partition; Infinity: nothing does */
function upperEdge(
  { bounds }: ReplayPlan,
  followingMs: readonly number[],
  isLiveBehind: boolean,
): CompareWindow {
  const { to } = bounds
  const insideBeforeMs = Math.min(...followingMs)
  if (insideBeforeMs === Infinity) return WHOLE_LOG
  if (to.at === 'time' && !isLiveBehind) {
    return { ...WHOLE_LOG, insideBeforeMs: to.timestampMs, outsideFromMs: to.timestampMs }
  }
  // A partition that nothing follows in may still hold later records of the range.
  const outsideFromMs = isLiveBehind ? Infinity : Math.max(...followingMs) + 1
  return { ...WHOLE_LOG, insideBeforeMs, outsideFromMs }
}

/** Outputs that retention has deleted cannot be compared. */
async function oldestOutput(broker: Broker, topic: string): Promise<CompareWindow> {
  const trimmed = (await wholeTopics(broker, [topic])).filter(({ from }) => from > 0)
  if (trimmed.length === 0) return WHOLE_LOG
  return { ...WHOLE_LOG, insideFromMs: Math.max(...(await firstTimes(broker, trimmed))) + 1 }
}

/** The time of the first record of each range; Infinity: it has none. */
async function firstTimes(broker: Broker, ranges: readonly OffsetRange[]): Promise<number[]> {
  const times: number[] = []
  for (const range of ranges) times.push(await firstTime(broker, range))
  return times
}

async function firstTime(broker: Broker, range: OffsetRange): Promise<number> {
  for await (const { records } of committedRecords(broker, [range])) {
    for (const { timestampMs } of records) return timestampMs
  }
  return Infinity
}
