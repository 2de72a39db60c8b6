import { InvalidBoundError, UnknownStoreError } from '../state/errors.ts'
import type { InputPosition, QueryBounds, QueryPort } from '../state/query-port.ts'

/** The stores of a clusterer lie in one task each, which any key finds. */
export const ANY_KEY = ''

/** False: the topology has no clusterer. */
export function hasStore(query: QueryPort, store: string): boolean {
  return query.stores().some(({ name }) => name === store)
}

/** @throws {UnknownStoreError} the topology has no clusterer */
export function assertClusterer(query: QueryPort, store: string): void {
  if (hasStore(query, store)) return
  throw new UnknownStoreError('this instance runs without a clusterer (IDENTITY_CLUSTERER=none)')
}

/**
 * The bounds as a clusterer's store can keep them. What was attributed beforehand reaches profiles
 * of identities and no clusterer: an answer of both kinds of rows holds its effect all the same.
 */
export async function clustererBounds(
  query: QueryPort,
  store: string,
  bounds: QueryBounds,
): Promise<QueryBounds> {
  const { positionMin, ...rest } = bounds
  if (positionMin === undefined) return bounds
  const leading: InputPosition[] = []
  for (const position of positionMin) {
    if (await leadsTo(query, store, position)) leading.push(position)
  }
  return leading.length === 0 ? rest : { ...rest, positionMin: leading }
}

async function leadsTo(query: QueryPort, store: string, at: InputPosition): Promise<boolean> {
  const bounds = { positionMin: [at] }
  try {
    await query.scan(store, { partitionKey: ANY_KEY, prefix: '', limit: 1, bounds })
    return true
  } catch (error) {
    if (error instanceof InvalidBoundError) return false
    throw error
  }
}
