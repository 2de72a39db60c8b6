import { CacheBudget } from '../../state/cache-budget.ts'
import { MemoryDatabase } from '../../state/memory-database.ts'
import type { MemoryDisk } from '../../state/memory-disk.ts'
import { TaskState, type ChangelogPosition } from '../../state/task-state.ts'
import { StoreMiss, type StoreSpec } from '../../topology/store.ts'
import { textCodec } from './text-codec.ts'

export const plain: StoreSpec<string> = { name: 'plain', codec: textCodec }
export const grouped: StoreSpec<string> = {
  name: 'grouped',
  codec: textCodec,
  groupOf: (key) => key.slice(0, key.indexOf('/') + 1),
}

export function at(offset: number): ChangelogPosition {
  return { topicId: 'T', partition: 3, offset, brokerTimeMs: 1000 + offset }
}

export function positions(offset: number): Map<string, ChangelogPosition> {
  return new Map([
    ['plain', at(offset)],
    ['grouped', at(offset)],
  ])
}

/** Opens the two stores on a disk in memory. */
export function openOn(disk: MemoryDisk, cacheBytesMax = 1_000_000): Promise<TaskState> {
  return TaskState.open({
    database: new MemoryDatabase(disk),
    stores: [plain, grouped],
    cacheBudget: new CacheBudget(cacheBytesMax),
  })
}

/**
 * Runs a record as the executor does: again after each miss.
 * @returns misses
 */
export async function record(state: TaskState, effect: () => void): Promise<number> {
  for (let misses = 0; ; misses++) {
    state.begin()
    try {
      effect()
      state.commit()
      return misses
    } catch (error) {
      state.rollback()
      if (!(error instanceof StoreMiss)) throw error
      await state.fetchMissing()
    }
  }
}

/** As a changelog holds it. */
export function encoded(value: string): Buffer {
  return Buffer.concat([Buffer.of(1, value.length), Buffer.from(value)])
}

export type Emitted = [store: string, key: string, value: string | null]

/** Begins a commit. @returns what it sends */
export function sent(state: TaskState): Emitted[] {
  const rows: Emitted[] = []
  state.beginCommit((store, key, value) => {
    rows.push([store, key, value && value.subarray(2).toString()])
  })
  return rows
}

/** One record, committed. */
export async function committed(
  state: TaskState,
  offset: number,
  effect: () => void,
): Promise<void> {
  await record(state, effect)
  sent(state)
  state.commitSucceeded(positions(offset))
}
