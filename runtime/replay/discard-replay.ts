import { RuntimeConfigError } from '../errors.ts'
import { outputTopics } from '../topology-topics.ts'
import { replayTopic, replayTopics, type ReplayTarget } from './replay-plan.ts'

/**
 * Deletes the topics and positions of a replay. Its state is the caller's to delete.
 * @returns the topics deleted
 * @throws {RuntimeConfigError} no replay has this name
 * @throws {GroupNotEmptyError} it still runs: nothing was deleted
 */
export async function discardReplay(target: ReplayTarget): Promise<string[]> {
  const { applicationId, broker, name, topology } = target
  const existing = (await broker.describeTopics()).map((topic) => topic.name)
  // Only a replay has these: a name that an application bears by itself must not lose its state.
  const proof = outputTopics(topology).map((topic) => replayTopic(name, topic))
  if (name === applicationId || !proof.some((topic) => existing.includes(topic))) {
    throw new RuntimeConfigError(`there is no replay ${name}: ${proof.join(', ')} do not exist`)
  }
  const admin = broker.groupAdmin(name)
  const committed = await admin.committed()
  if (committed.length > 0) await admin.deleteOffsets(committed)
  // The proof goes last: a deletion that was interrupted can be repeated.
  const topics = replayTopics(name, topology).filter((topic) => existing.includes(topic))
  const own = topics.filter((topic) => !proof.includes(topic))
  const outputs = topics.filter((topic) => proof.includes(topic))
  if (own.length > 0) await broker.deleteTopics(own)
  await broker.deleteTopics(outputs)
  return topics
}
