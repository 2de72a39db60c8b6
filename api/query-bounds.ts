import type { InputPosition, QueryBounds } from '../state/query-port.ts'

/**
 * How fresh an answer must be, as parameters of every route that reads stores.
 *
 * An answer that would break a bound is not given: 503 with Retry-After.
 */
export interface BoundsQuery {
  readonly max_lag?: number
  readonly min_position?: string
}

export const boundsProperties = {
  max_lag: {
    type: 'integer',
    minimum: 0,
    maximum: Number.MAX_SAFE_INTEGER,
    description: 'Input records that the answer may lack; 503 when it lacks more.',
  },
  min_position: {
    type: 'string',
    maxLength: 8192,
    // Fifteen digits are always a safe integer.
    pattern:
      '^[A-Za-z0-9._-]{1,249}:[0-9]{1,9}:[0-9]{1,15}(,[A-Za-z0-9._-]{1,249}:[0-9]{1,9}:[0-9]{1,15})*$',
    description:
      'topic:partition:offset, several separated by commas: the answer holds the effect of all ' +
      'records before these offsets, such as those an upload answered with as `positions`. It is ' +
      'waited for a moment; 503 when it is not reached.',
  },
} as const

/** The query of a route that takes bounds and nothing else. */
export const boundsQuery = {
  type: 'object',
  additionalProperties: false,
  properties: boundsProperties,
} as const

export function boundsOf({ max_lag: lagMax, min_position: position }: BoundsQuery): QueryBounds {
  return {
    ...(lagMax === undefined ? {} : { lagMax }),
    ...(position === undefined ? {} : { positionMin: position.split(',').map(parsePosition) }),
  }
}

export function hasBounds({ lagMax, positionMin }: QueryBounds): boolean {
  return lagMax !== undefined || positionMin !== undefined
}

function parsePosition(text: string): InputPosition {
  const [topic, partition, offset] = text.split(':')
  return { topic: topic!, partition: Number(partition), offset: Number(offset) }
}
