import { connectPlain } from '../../../support/kafka/plain-client.ts'
import { dealPartitions } from '../../../support/member-probe.ts'

/**
 * A member of a group in a process of its own. It says what happens to it, one a line (`assigned
 * <generation> <partitions>`, `lost`), and commits all the time (`committed <offset>`, `refused
 * <code>`). SIGTERM makes it leave.
 */
const [bootstrapServers = '', groupId = '', topic = '', sessionTimeoutMs = '', instanceId = ''] =
  process.argv.slice(2)

const say = (line: string): boolean => process.stdout.write(`${line}\n`)

const broker = await connectPlain(bootstrapServers, 'member-child')
const group = broker.group({
  groupId,
  ...(instanceId === '' ? {} : { instanceId }),
  sessionTimeoutMs: Number(sessionTimeoutMs),
  heartbeatIntervalMs: 100,
  subscription: () => Buffer.alloc(0),
  assign: (members) => dealPartitions(members, 6),
  onAssigned: (assignment, { generationId }) => {
    say(`assigned ${generationId} ${assignment.toString()}`)
    return Promise.resolve()
  },
  onLost: () => {
    say('lost')
    return Promise.resolve()
  },
})
let isLeaving = false
process.once('SIGTERM', () => {
  isLeaving = true
})
await group.join()
for (let offset = 0; !isLeaving; offset++) {
  await group.commit([{ topic, partition: 0, offset, metadata: '' }]).then(
    () => say(`committed ${offset}`),
    (error: unknown) => say(`refused ${(error as { code: string }).code}`),
  )
  await new Promise((resolve) => setTimeout(resolve, 50))
}
await group.leave()
await broker.close()
say('left')
