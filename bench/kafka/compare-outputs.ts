import { deserializerFor } from '../../schemas/deserializer.ts'
import { InProcessRegistry } from '../../schemas/in-process-registry.ts'
import { visitCommitted } from '../../test/support/kafka/topic-reader.ts'
import { decodePeerTransition, type PeerTransition } from './peer-transition.ts'

/** Transitions of each (identity, primitive), in the order they were published. */
type Transitions = Map<string, string[]>

export interface Comparison {
  readonly transitions: number
  /** Keys whose transitions are not the same, in content or order. */
  readonly differing: readonly string[]
}

/**
 * Reads what both sides published, through Kafka's own consumer, and compares it record by record.
 *
 * What both records hold is compared: states, value, confidence, count and time.
 */
export async function compareOutputs(
  bootstrapServers: string,
  productTopic: string,
  peerTopic: string,
): Promise<Comparison> {
  const decode = deserializerFor('state-changed', new InProcessRegistry())
  const ours = await read(bootstrapServers, productTopic, (value) => {
    const record = decode(rawOf(value))
    return [`${record.identity_uuid} ${record.primitive}`, textOf(record)]
  })
  const theirs = await read(bootstrapServers, peerTopic, (value) => {
    const record = decodePeerTransition(value)
    return [`${record.identity_uuid} ${record.primitive}`, textOf(record)]
  })
  const keys = new Set([...ours.keys(), ...theirs.keys()])
  const differing = [...keys].filter((key) => ours.get(key)?.join() !== theirs.get(key)?.join())
  const transitions = [...theirs.values()].reduce((sum, { length }) => sum + length, 0)
  return { transitions, differing }
}

function textOf(record: Omit<PeerTransition, 'identity_uuid' | 'primitive'>): string {
  const { old_state, new_state, current_value, confidence, observation_count, ts } = record
  return JSON.stringify([old_state, new_state, current_value, confidence, observation_count, ts])
}

async function read(
  bootstrapServers: string,
  topic: string,
  decode: (value: Buffer) => [key: string, text: string],
): Promise<Transitions> {
  const transitions: Transitions = new Map()
  await visitCommitted(bootstrapServers, [topic], ({ value }) => {
    const [key, text] = decode(value!)
    const known = transitions.get(key)
    if (known === undefined) transitions.set(key, [text])
    else known.push(text)
  })
  return transitions
}

function rawOf(value: Buffer) {
  return {
    buffer: value,
    offset: 0,
    timestampMs: 0,
    keyStart: -1,
    keyEnd: -1,
    valueStart: 0,
    valueEnd: value.length,
    headersStart: value.length,
  }
}
