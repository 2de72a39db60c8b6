import type { FastifyReply } from 'fastify'
import { BehindBoundError } from '../state/errors.ts'
import { earliestOf } from '../state/labelled-position.ts'
import type {
  InputPosition,
  LabelledPosition,
  MissingPartition,
  QueryBounds,
  QueryPort,
  TaskRole,
} from '../state/query-port.ts'

/** What a read says of itself; answers of the query port have it. */
export interface Labels {
  readonly positions: readonly LabelledPosition[]
  readonly missing: readonly MissingPartition[]
}

/**
 * What an answer is true for: every data answer carries it (invariant Q2 of the query port).
 *
 * An answer made of several reads names, per task, what all of them hold: the earliest positions
 * and the greatest lag.
 */
export interface Meta {
  readonly positions: readonly PositionBody[]
  /** Input records, of all named tasks, that the answer does not hold yet. */
  readonly lag: number
  /** True: a part did not come from its owner, who may be further. */
  readonly stale: boolean
  readonly staleness_ms: number
  readonly missing: readonly MissingBody[]
}

interface PositionBody {
  readonly task_id: string
  readonly role: TaskRole
  readonly inputs: readonly InputPosition[]
  readonly lag: number
  readonly stale: boolean
  readonly staleness_ms: number
}

interface MissingBody {
  readonly sub_topology: number
  readonly partition: number
  readonly reason: string
}

export const lagHeader = 'x-attribution-lag'

/** The labels of an answer that was made of several reads. */
export function joined(...reads: readonly Labels[]): Labels {
  const tasks = new Map<string, LabelledPosition>()
  const partitions = new Map<string, MissingPartition>()
  for (const { positions, missing } of reads) {
    for (const position of positions) {
      const known = tasks.get(position.taskId)
      tasks.set(position.taskId, known === undefined ? position : earliestOf(known, position))
    }
    for (const each of missing) partitions.set(`${each.subTopology}_${each.partition}`, each)
  }
  return { positions: [...tasks.values()], missing: [...partitions.values()] }
}

/** Of what describes this instance: where its own tasks stand. */
export function activeTasks(query: QueryPort): Labels {
  return { positions: query.tasks().filter(({ role }) => role === 'active'), missing: [] }
}

export const NO_LABELS: Labels = { positions: [], missing: [] }

export function metaOf(labels: Labels): Meta {
  const { positions, missing } = joined(labels)
  return {
    positions: positions.map(positionBody),
    lag: positions.reduce((sum, { lag }) => sum + lag, 0),
    stale: positions.some(({ stale }) => stale),
    staleness_ms: Math.max(0, ...positions.map(({ stalenessMs }) => stalenessMs)),
    missing: missing.map(({ subTopology, partition, reason }) => ({
      sub_topology: subTopology,
      partition,
      reason,
    })),
  }
}

function positionBody(position: LabelledPosition): PositionBody {
  const { inputs, lag, role, stale, stalenessMs, taskId } = position
  return { task_id: taskId, role, inputs, lag, stale, staleness_ms: stalenessMs }
}

/**
 * Adds the meta to an answer, in its body and as a header.
 * @throws {BehindBoundError} its parts are within the bounds, all of it is not
 */
export function withMeta<B extends object>(
  reply: FastifyReply,
  body: B,
  labels: Labels,
  { lagMax }: QueryBounds = {},
): B & { meta: Meta } {
  const meta = metaOf(labels)
  if (lagMax !== undefined && meta.lag > lagMax) {
    throw new BehindBoundError(`${meta.lag} records behind, at most ${lagMax} wanted`)
  }
  reply.header(lagHeader, String(meta.lag))
  return { ...body, meta }
}

const stalenessProperty = {
  type: 'integer',
  description: 'How long ago the position was known to be current; 0: it is.',
} as const

const inputsSchema = {
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
} as const

const roleProperty = {
  type: 'string',
  enum: ['active', 'standby'],
  description: 'Who answered: the owner of the task, or a copy of it.',
} as const

export const positionSchema = {
  type: 'object',
  required: ['task_id', 'role', 'inputs', 'lag', 'stale', 'staleness_ms'],
  properties: {
    task_id: { type: 'string' },
    role: roleProperty,
    inputs: inputsSchema,
    lag: { type: 'integer' },
    stale: { type: 'boolean' },
    staleness_ms: stalenessProperty,
  },
} as const

export const metaSchema = {
  type: 'object',
  description: 'What the answer is true for: committed positions, and records not yet in it.',
  required: ['positions', 'lag', 'stale', 'staleness_ms', 'missing'],
  properties: {
    positions: { type: 'array', items: positionSchema },
    lag: { type: 'integer', description: 'Input records the answer does not hold yet.' },
    stale: {
      type: 'boolean',
      description: 'A part came from a standby, so its owner may be further.',
    },
    staleness_ms: stalenessProperty,
    missing: {
      type: 'array',
      description: 'Partitions that did not answer in time: their rows are not in the answer.',
      items: {
        type: 'object',
        required: ['sub_topology', 'partition', 'reason'],
        properties: {
          sub_topology: { type: 'integer' },
          partition: { type: 'integer' },
          reason: { type: 'string' },
        },
      },
    },
  },
} as const
