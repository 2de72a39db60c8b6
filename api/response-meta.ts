import type { FastifyReply } from 'fastify'
import type { StorePosition } from '../state/query-port.ts'

/**
 * The position and lag that every data answer carries (invariant Q2 of the query port).
 *
 * An answer made of several reads names, per task, the earliest position read: what is at least
 * in the answer, never more than is.
 */
export interface Meta {
  readonly positions: readonly PositionBody[]
  /** Input records, of all named tasks, that the answer does not hold yet. */
  readonly lag: number
}

interface PositionBody {
  readonly task_id: string
  readonly inputs: StorePosition['inputs']
  readonly lag: number
}

export const lagHeader = 'x-attribution-lag'

export function metaOf(positions: Iterable<StorePosition>): Meta {
  const earliest = new Map<string, PositionBody>()
  let lag = 0
  for (const position of positions) {
    if (earliest.has(position.taskId)) continue
    earliest.set(position.taskId, {
      task_id: position.taskId,
      inputs: position.inputs,
      lag: position.lag,
    })
    lag += position.lag
  }
  return { positions: [...earliest.values()], lag }
}

/** Adds the meta to an answer, in its body and as a header. */
export function withMeta<B extends object>(
  reply: FastifyReply,
  body: B,
  positions: Iterable<StorePosition>,
): B & { meta: Meta } {
  const meta = metaOf(positions)
  reply.header(lagHeader, String(meta.lag))
  return { ...body, meta }
}

export const metaSchema = {
  type: 'object',
  description: 'What the answer is true for: committed positions, and records not yet in it.',
  required: ['positions', 'lag'],
  properties: {
    positions: {
      type: 'array',
      items: {
        type: 'object',
        required: ['task_id', 'inputs', 'lag'],
        properties: {
          task_id: { type: 'string' },
          inputs: {
            type: 'array',
            items: {
              type: 'object',
              required: ['topic', 'partition', 'offset'],
              properties: {
                topic: { type: 'string' },
                partition: { type: 'integer' },
                offset: { type: 'integer', description: 'The next offset, exclusive.' },
              },
            },
          },
          lag: { type: 'integer' },
        },
      },
    },
    lag: { type: 'integer', description: 'Input records the answer does not hold yet.' },
  },
} as const
