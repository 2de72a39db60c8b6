import type { IdentifyWorld } from '../topology/identity/identify-world.ts'
import type { MemoryQuery } from './memory-query.ts'

/** Gives a query port the rows that a clusterer really made. */
export async function fillFrom(world: IdentifyWorld, query: MemoryQuery): Promise<void> {
  for (const [name, rows] of Object.entries(await world.everything())) {
    const store = query.store(name)
    store.clear()
    for (const [key, row] of rows) store.set(key, row)
  }
}
