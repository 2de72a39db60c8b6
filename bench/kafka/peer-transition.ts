import avsc from 'avsc'

/** The record that the peer publishes at a transition. */
export interface PeerTransition {
  readonly identity_uuid: string
  readonly primitive: string
  readonly old_state: string | null
  readonly new_state: string | null
  readonly current_value: unknown
  readonly confidence: number
  readonly observation_count: number
  readonly ts: number
}

const type = avsc.Type.forSchema(
  {
    type: 'record',
    name: 'StateChanged',
    fields: [
      { name: 'identity_uuid', type: 'string' },
      { name: 'primitive', type: 'string' },
      { name: 'old_state', type: ['null', 'string'] },
      { name: 'new_state', type: 'string' },
      { name: 'current_value', type: ['null', 'boolean', 'double', 'string'] },
      { name: 'confidence', type: 'double' },
      { name: 'observation_count', type: 'long' },
      { name: 'ts', type: 'double' },
    ],
  },
  { wrapUnions: false },
)

/** @param value of a record, behind the five bytes that name its schema */
export function decodePeerTransition(value: Buffer): PeerTransition {
  return type.fromBuffer(value.subarray(5)) as PeerTransition
}
