import { prefixEnd } from '../bytes/byte-string.ts'
import type { LayeredStore } from './layered-store.ts'
import type { TaskDatabase } from './task-database.ts'

/**
 * Notes the keys that the disk held at open in each store's filter, beside everything else.
 *
 * A scan that ends early (the database closes, or a block is damaged) leaves the filter
 * incomplete: it then excludes nothing, and reads find the damage themselves.
 */
export async function seedKeyFilters(
  database: TaskDatabase,
  stores: readonly LayeredStore<unknown>[],
  signal: AbortSignal,
): Promise<void> {
  for (const store of stores) {
    try {
      for await (const page of database.range(store.prefix, prefixEnd(store.prefix))) {
        if (signal.aborted) return
        for (const [key] of page) store.diskKeys.add(key.slice(store.prefix.length))
      }
      store.diskKeys.completed()
    } catch {
      return
    }
  }
}
