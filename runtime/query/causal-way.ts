import type { BuiltTopology } from '../../topology/nodes.ts'
import { repartitionTopic } from '../internal-topics.ts'
import type { TopicPlan } from '../topic-plan.ts'

/** The part of a topology from which a sub-topology can be reached. */
export interface CausalWay {
  /** Sub-topologies that read a topic. */
  readonly readers: ReadonlyMap<string, ReadonlySet<number>>
  /** Repartition topics on the way, and who writes them. */
  readonly between: ReadonlyMap<string, ReadonlySet<number>>
}

/** A repartition topic, from a sub-topology that writes it to one that reads it. */
interface Step {
  readonly topic: string
  readonly from: number
  readonly to: number
}

/**
 * Works out the ways to a sub-topology.
 *
 * A step is on one when the rest of the way need not come back to where the step begins: of a loop
 * between sub-topologies only what leads to the target is gone, and no way is endless. A step from
 * a sub-topology to itself (a re-key) is on the way where the sub-topology is.
 */
export function wayTo(
  target: number,
  applicationId: string,
  topology: BuiltTopology,
  plan: TopicPlan,
): CausalWay {
  const inputs = new Map<number, ReadonlySet<string>>()
  for (const { id, inputs: own } of plan.tasks.values()) {
    inputs.set(id.subTopology, new Set(own.map(({ topic }) => topic)))
  }
  const steps = stepsOf(applicationId, topology, inputs)
  const reaching = reachingTo(target, steps, null)
  const readers = new Map<string, Set<number>>()
  const between = new Map<string, Set<number>>()
  for (const id of reaching) {
    for (const topic of inputs.get(id)!) add(readers, topic, id)
  }
  for (const step of steps) if (isOnWay(step, target, steps)) add(between, step.topic, step.from)
  return { readers, between }
}

function stepsOf(
  applicationId: string,
  { subTopologies }: BuiltTopology,
  inputs: ReadonlyMap<number, ReadonlySet<string>>,
): Step[] {
  return subTopologies.flatMap(({ id: from, sinks }) =>
    sinks
      .filter(({ isRepartition }) => isRepartition)
      .map((sink) => repartitionTopic(applicationId, sink.topic))
      .flatMap((topic) =>
        [...inputs].filter(([, topics]) => topics.has(topic)).map(([to]) => ({ topic, from, to })),
      ),
  )
}

function isOnWay({ from, to }: Step, target: number, steps: readonly Step[]): boolean {
  if (from === to) return reachingTo(target, steps, null).has(from)
  return from !== target && reachingTo(target, steps, from).has(to)
}

/** Sub-topologies that lead to the target. @param without one that no way may pass */
function reachingTo(target: number, steps: readonly Step[], without: number | null): Set<number> {
  const reaching = new Set([target])
  // A set grows while it is walked: what is added is walked too.
  for (const reader of reaching) {
    for (const { from, to } of steps) {
      if (to === reader && from !== without) reaching.add(from)
    }
  }
  return reaching
}

function add(sets: Map<string, Set<number>>, key: string, value: number): void {
  const set = sets.get(key)
  if (set === undefined) sets.set(key, new Set([value]))
  else set.add(value)
}
