import type { BuiltTopology } from '../topology/nodes.ts'
import { changelogTopic, deadLetterTopic, repartitionTopic } from './internal-topics.ts'

/** Topics of the outside that the topology reads, given those that exist. */
export function inputTopics(topology: BuiltTopology, existing: readonly string[]): string[] {
  const sources = topology.subTopologies.flatMap((subTopology) => subTopology.sources)
  const names = sources.flatMap((source) => (source.isRepartition ? [] : source.matching(existing)))
  return [...new Set(names)]
}

/** Topics of the outside that the topology writes. */
export function outputTopics(topology: BuiltTopology): string[] {
  const sinks = topology.subTopologies.flatMap((subTopology) => subTopology.sinks)
  return [...new Set(sinks.flatMap(({ isRepartition, topic }) => (isRepartition ? [] : [topic])))]
}

/** Repartition topics of the application. */
export function repartitionTopics(applicationId: string, topology: BuiltTopology): string[] {
  return topology.subTopologies.flatMap(({ sources }) =>
    sources
      .filter(({ isRepartition }) => isRepartition)
      .map(({ name }) => repartitionTopic(applicationId, name)),
  )
}

/** Topics that hold the application's state and what is between its tasks; no dead letters. */
export function stateTopics(applicationId: string, topology: BuiltTopology): string[] {
  const changelogs = topology.subTopologies.flatMap(({ stores }) =>
    stores.map(({ name }) => changelogTopic(applicationId, name)),
  )
  return [...changelogs, ...repartitionTopics(applicationId, topology)]
}

/** Every topic that the application owns. */
export function ownedTopics(applicationId: string, topology: BuiltTopology): string[] {
  return [...stateTopics(applicationId, topology), deadLetterTopic(applicationId)]
}
