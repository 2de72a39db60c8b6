import type { Broker } from '../../broker/port.ts'
import { deserializerFor } from '../../schemas/deserializer.ts'
import { learnSchemas } from '../../schemas/learn-schemas.ts'
import type { SchemaRegistry } from '../../schemas/registry.ts'
import { stubIdentity } from '../../topology/attribution/stub-identity.ts'
import { committedRecords, wholeTopics, type OffsetRange } from '../committed-records.ts'
import { TransitionComparison, type ComparisonSummary } from './compare-transitions.ts'
import { liveWindow, type LiveSide } from './live-window.ts'
import { replayTopic, type ReplayPlan } from './replay-plan.ts'
import { transitionOf, type Transition } from './transition.ts'

export interface ComparedSides extends LiveSide {
  readonly plan: ReplayPlan
  readonly registry: SchemaRegistry
  /** The topic of identity links. */
  readonly links: string
}

export interface ReplayComparison extends ComparisonSummary {
  readonly live: number
  readonly replayed: number
  /** Records of the range that the live application has not processed yet. */
  readonly liveLag: number
  readonly hasEarlierInput: boolean
}

/**
 * Compares the transitions of a replay that is done with the live ones of its range.
 *
 * One partition at a time: both sides partition alike, so a row lies in the same one, and memory
 * holds the transitions of one.
 */
export async function compareReplay(sides: ComparedSides): Promise<ReplayComparison> {
  const { broker, plan, transitions } = sides
  const window = await liveWindow(sides, plan)
  const linkedIdentities = await linkedIn(sides)
  const comparison = new TransitionComparison({ ...window, linkedIdentities })
  const replayTransitions = replayTopic(plan.name, transitions)
  const live = await wholeTopics(broker, [transitions])
  const replayed = await wholeTopics(broker, [replayTransitions])
  const total = { live: 0, replayed: 0 }
  for (const range of replayed) {
    const rows = new Map<string, { live: Transition[]; replayed: Transition[] }>()
    const sameLive = live.filter(({ partition }) => partition === range.partition)
    total.live += await readInto(rows, 'live', sameLive, sides)
    total.replayed += await readInto(rows, 'replayed', [range], sides)
    for (const row of rows.values()) comparison.addRow(row.live, row.replayed)
  }
  const { hasEarlierInput, liveLag } = window
  return { ...comparison.summary(), ...total, hasEarlierInput, liveLag }
}

async function readInto(
  rows: Map<string, { live: Transition[]; replayed: Transition[] }>,
  side: 'live' | 'replayed',
  ranges: readonly OffsetRange[],
  { broker, registry }: { readonly broker: Broker; readonly registry: SchemaRegistry },
): Promise<number> {
  const read = deserializerFor('state-changed', registry)
  let count = 0
  for await (const { records } of committedRecords(broker, ranges)) {
    await learnSchemas(registry, records)
    for (const raw of records) {
      const transition = transitionOf(read(raw), raw.timestampMs)
      const key = `${transition.identity}\0${transition.primitive}`
      let row = rows.get(key)
      if (row === undefined) {
        row = { live: [], replayed: [] }
        rows.set(key, row)
      }
      row[side].push(transition)
      count++
    }
  }
  return count
}

/** The identities between which links moved attackers. */
async function linkedIn({ broker, links, plan, registry }: ComparedSides): Promise<Set<string>> {
  const own = replayTopic(plan.name, links)
  // Links are input of both sides, or each has a clusterer of its own.
  const topics = plan.outputs.some(({ name }) => name === own) ? [links, own] : [links]
  const read = deserializerFor('identity-link', registry)
  const linked = new Set<string>()
  for await (const { records } of committedRecords(broker, await wholeTopics(broker, topics))) {
    await learnSchemas(registry, records)
    for (const raw of records) {
      try {
        const { attacker_uuid, identity_uuid, root_uuid } = read(raw)
        for (const each of [identity_uuid, root_uuid, stubIdentity(attacker_uuid)]) linked.add(each)
      } catch {
        // No link: the application has dead-lettered it.
      }
    }
  }
  return linked
}
