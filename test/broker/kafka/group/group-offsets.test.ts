import { expect, it } from 'vitest'
import { errorCodes } from '../../../../broker/kafka/error-codes.ts'
import { GroupOffsets } from '../../../../broker/kafka/group/group-offsets.ts'
import { ManualClock } from '../../../support/manual-clock.ts'
import { ScriptedCoordinator } from '../../../support/scripted-coordinator.ts'

const committed = (partition: number, offset: number, errorCode: number = errorCodes.NONE) => {
  return { topic: 'topic', partition, offset, metadata: '', errorCode }
}
const unstable = (partition: number) => {
  return committed(partition, -1, errorCodes.UNSTABLE_OFFSET_COMMIT)
}

it.each([
  ['of the group', null],
  ['of partitions', [0, 1, 2].map((partition) => ({ topic: 'topic', partition }))],
])('asks only for offsets that are not stable yet once more: %s', async (_, asked) => {
  const clock = new ManualClock()
  const coordinator = new ScriptedCoordinator(clock)
  // With one of them open at any time, all are never stable at once.
  coordinator.script(
    'OffsetFetch',
    { errorCode: 0, offsets: [committed(0, 5), unstable(1), unstable(2)] },
    { errorCode: 0, offsets: [committed(1, 6), unstable(2)] },
    { errorCode: 0, offsets: [committed(2, 7)] },
  )
  const offsets = new GroupOffsets(coordinator, 'group', 'control').stable(asked)
  await clock.advance(100)
  expect((await offsets).map(({ partition, offset }) => [partition, offset])).toEqual([
    [0, 5],
    [1, 6],
    [2, 7],
  ])
  const requests = coordinator.requests('OffsetFetch').map(({ request }) => {
    const partitions = request['partitions'] as { partition: number }[] | null
    return partitions?.map(({ partition }) => partition) ?? null
  })
  expect(requests).toEqual([asked === null ? null : [0, 1, 2], [1, 2], [2]])
})
