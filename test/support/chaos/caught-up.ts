import { setTimeout as pause } from 'node:timers/promises'
import type { Broker } from '../../../broker/port.ts'
import { inputTopics, repartitionTopics } from '../../../runtime/topology-topics.ts'
import type { BuiltTopology } from '../../../topology/nodes.ts'

/** Without any movement: a slow machine is not a group that is stuck. */
const STUCK_AFTER_MS = 90_000

/**
 * Everything in the inputs and between the tasks is processed and committed, as the group's
 * offsets say.
 *
 * @param pauseMs between two of the three looks in a row that must find it so
 */
export async function untilCaughtUp(
  broker: Broker,
  applicationId: string,
  topology: BuiltTopology,
  pauseMs = 500,
): Promise<void> {
  const names = [...inputTopics(topology, []), ...repartitionTopics(applicationId, topology)]
  let known = ''
  let movedMs = Date.now()
  for (let quiet = 0; quiet < 3;) {
    await pause(pauseMs)
    const behind = await partitionsBehind(broker, applicationId, names)
    quiet = behind.length === 0 ? quiet + 1 : 0
    const text = behind.join(', ')
    if (text !== known) movedMs = Date.now()
    known = text
    if (Date.now() - movedMs > STUCK_AFTER_MS) throw new Error(`the group is stuck: ${text}`)
  }
}

async function partitionsBehind(
  broker: Broker,
  applicationId: string,
  names: readonly string[],
): Promise<string[]> {
  const topics = await broker.describeTopics(names)
  const partitions = topics.flatMap(({ name, partitions: count }) =>
    Array.from({ length: count }, (_, partition) => ({ topic: name, partition })),
  )
  const committed = await broker.groupAdmin(applicationId).committed()
  const ends = await broker.listOffsets(partitions, 'latest', 'read_committed')
  return ends.flatMap(({ offset, partition, topic }) => {
    const own = committed.find((each) => each.topic === topic && each.partition === partition)
    return (own?.offset ?? 0) < offset
      ? [`${topic}-${partition} at ${own?.offset ?? 0} of ${offset}`]
      : []
  })
}
