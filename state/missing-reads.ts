import { prefixEnd, type ByteString } from '../bytes/byte-string.ts'
import type { Entry } from './entry.ts'
import type { LayeredStore } from './layered-store.ts'
import type { TaskDatabase } from './task-database.ts'

/** Keys of one multi-get; it takes the event loop some 5 µs a key, so a part about 3 ms. */
const KEYS_PER_READ = 512
/** Multi-gets under way at once: one is read while the other is decoded. */
const READS_AT_ONCE = 2
/** Group ranges under way at once: each holds an iterator. */
const RANGES_AT_ONCE = 32

/**
 * Reads into memory what stores were asked for and did not have.
 *
 * Nothing else changes a key that is not in memory, and entries leave memory only at a batch's
 * end; so what arrives is as good as what would be read at that moment.
 */
export async function fetchMissing(
  database: TaskDatabase,
  stores: readonly LayeredStore<unknown>[],
): Promise<void> {
  const reads: (() => Promise<void>)[] = []
  const ranges: (() => Promise<void>)[] = []
  for (const store of stores) {
    const keys = [...store.missingKeys]
    store.missingKeys.clear()
    store.diskReads += keys.length
    for (let from = 0; from < keys.length; from += KEYS_PER_READ) {
      const part = keys.slice(from, from + KEYS_PER_READ)
      reads.push(() => fetchKeys(database, store, part))
    }
    for (const group of store.groups?.missing ?? []) {
      store.diskReads++
      ranges.push(() => fetchGroup(database, store, group))
    }
  }
  await runAll(reads, READS_AT_ONCE)
  await runAll(ranges, RANGES_AT_ONCE)
}

/** Runs jobs in order, `atOnce` of them at a time. */
async function runAll(jobs: readonly (() => Promise<void>)[], atOnce: number): Promise<void> {
  let next = 0
  const lane = async (): Promise<void> => {
    while (next < jobs.length) await jobs[next++]!()
  }
  await Promise.all(Array.from({ length: Math.min(atOnce, jobs.length) }, lane))
}

async function fetchKeys(
  database: TaskDatabase,
  store: LayeredStore<unknown>,
  keys: readonly ByteString[],
): Promise<void> {
  const values = await database.getMany(keys.map((key) => store.prefix + key))
  for (let i = 0; i < keys.length; i++) store.arrive(keys[i]!, values[i]!)
}

async function fetchGroup(
  database: TaskDatabase,
  store: LayeredStore<unknown>,
  group: ByteString,
): Promise<void> {
  const groups = store.groups!
  const keys = new Set<ByteString>()
  // Noted before the range begins: what a checkpoint writes meanwhile may be in neither after it.
  const unclean = groups.uncleanKeys(group)
  const start = store.prefix + group
  for await (const page of database.range(start, prefixEnd(start))) {
    for (const [diskKey, value] of page) {
      const key = diskKey.slice(store.prefix.length)
      // A longer group may begin with this one's name.
      if (groups.groupOf(key) !== group) continue
      store.arrive(key, value)
      keys.add(key)
    }
  }
  for (const key of unclean) {
    if (store.cache.get(key) !== undefined) keys.add(key)
  }
  const entries: Entry<unknown>[] = []
  for (const key of keys) {
    const entry = store.cache.get(key)
    // A commit failed meanwhile and dropped it: the group is missed again.
    if (entry === undefined) return
    entries.push(entry)
  }
  groups.fetched(group, entries)
}
