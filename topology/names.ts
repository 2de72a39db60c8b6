import { TopologyError } from './errors.ts'

/** Kafka's legal characters of topic names; names of nodes and stores become part of them. */
const legal = /^[A-Za-z0-9._-]+$/

/** Kafka's limit of topic names. */
const TOPIC_CHARS_MAX = 249

/** Leaves room in a topic name for the application id and a suffix. */
const NAME_CHARS_MAX = 128

type Named = 'node' | 'store'

/** @throws {TopologyError} blank, too long, or other characters than letters, digits, `.` `_` `-` */
export function checkName(kind: Named, name: string, where: string): void {
  if (legal.test(name) && name.length <= NAME_CHARS_MAX) return
  throw new TopologyError(
    'TOPOLOGY_INVALID_NAME',
    `${where}: ${quoted(name)} is not a name for a ${kind}. Name it by hand, with 1 to ` +
      `${NAME_CHARS_MAX} of A-Z a-z 0-9 . _ - since topics are named after it.`,
    kind === 'node' ? { node: name } : { store: name },
  )
}

/** @throws {TopologyError} Kafka would refuse the topic name */
export function checkTopic(topic: string, node: string): void {
  const fits = legal.test(topic) && topic.length <= TOPIC_CHARS_MAX
  if (fits && topic !== '.' && topic !== '..') return
  throw new TopologyError(
    'TOPOLOGY_INVALID_NAME',
    `node ${node}: ${quoted(topic)} is not a topic name. Kafka takes 1 to ${TOPIC_CHARS_MAX} of ` +
      'A-Z a-z 0-9 . _ - other than "." and "..".',
    { node, topic },
  )
}

/** Quotes a name that may be anything, shortened. */
function quoted(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text)
}
