import { deadLetterBody, deadLetterReplayBody } from '../api/dead-letter-body.ts'
import { systemClock } from '../broker/clock.ts'
import { DeadLetterLog } from '../runtime/dlq/dead-letter-log.ts'
import { InProcessRegistry } from '../schemas/in-process-registry.ts'
import { SchemaRegistryError } from '../schemas/errors.ts'
import type { RecordName } from '../schemas/record-types.ts'
import type { SchemaRegistry } from '../schemas/registry.ts'
import { RECORD_NAMES } from '../schemas/schema-files.ts'
import { topicsOf } from '../schemas/topics.ts'
import { HEADER_BYTES, MAGIC_BYTE, readSchemaId } from '../schemas/wire-format.ts'
import type { DeadLetterAddress, DeadLetterFilter } from '../state/dead-letter-port.ts'
import { TopicPattern } from '../topology/topic-pattern.ts'
import type { ResolvedConfig } from './config/settings.ts'
import { printDeadLetter, printDeadLetters, printReplay } from './dead-letter-text.ts'
import { configuredTopology } from './engine.ts'
import { CommandFailure } from './failure.ts'
import { openExistingLog } from './open-broker.ts'
import { readSchemaRegistry } from './open-schema-registry.ts'
import { readableBytes } from './readable-bytes.ts'
import { printJson, type Terminal } from './terminal.ts'

interface Request {
  readonly json: boolean
}

/** @throws {CommandFailure} the log cannot be opened */
export async function listDeadLetters(
  config: ResolvedConfig,
  request: Request & { readonly filter: DeadLetterFilter; readonly limit: number },
  terminal: Terminal,
): Promise<void> {
  const list = await onDeadLetters(config, (log) => log.list(request.filter, request.limit))
  if (!request.json) {
    printDeadLetters(terminal, list)
    return
  }
  const { deadLetters, matched } = list
  printJson(terminal.out, { dead_letters: deadLetters.map(deadLetterBody), matched })
}

/** @throws {CommandFailure} no dead letter lies there, or the log cannot be opened */
export async function showDeadLetter(
  config: ResolvedConfig,
  { at, json }: Request & { readonly at: DeadLetterAddress },
  terminal: Terminal,
): Promise<void> {
  const found = await onDeadLetters(config, (log) => log.get(at))
  if (found === null) {
    throw new CommandFailure(`no dead letter lies at ${at.partition}:${at.offset}`)
  }
  const registry = await registryFor(found.value, config)
  const record = recordOf(found.source.topic, config)
  const content = {
    key: readableBytes(found.key, null, registry),
    value: readableBytes(found.value, record, registry),
    headers: found.headers.map(({ key, value }) => ({
      key,
      value: readableBytes(value, null, registry),
    })),
  }
  if (json) printJson(terminal.out, { ...deadLetterBody(found), ...content })
  else printDeadLetter(terminal, found, content)
}

/** Knows the schema of the value, if it is to be had. */
async function registryFor(value: Buffer | null, config: ResolvedConfig): Promise<SchemaRegistry> {
  if (value === null || value.length < HEADER_BYTES || value[0] !== MAGIC_BYTE) {
    return new InProcessRegistry()
  }
  try {
    const registry = await readSchemaRegistry(config)
    await registry.resolve(readSchemaId(value, 0))
    return registry
  } catch (error) {
    if (!(error instanceof SchemaRegistryError)) throw error
    // It is away: the bytes are shown as they are.
    return new InProcessRegistry()
  }
}

/**
 * @returns false: some that were asked for could not be sent
 * @throws {CommandFailure} the log cannot be opened
 */
export async function replayDeadLetters(
  config: ResolvedConfig,
  request: Request & {
    readonly filter: DeadLetterFilter
    readonly again: boolean
    readonly execute: boolean
  },
  terminal: Terminal,
): Promise<boolean> {
  const replay = await onDeadLetters(config, (log) => log.replay(request))
  const { refused, sent } = replay
  const found = [...sent, ...refused.map(({ deadLetter }) => deadLetter)]
  const missing = (request.filter.addresses ?? []).filter(
    ({ offset, partition }) =>
      !found.some((each) => each.partition === partition && each.offset === offset),
  )
  if (request.json) printJson(terminal.out, { ...deadLetterReplayBody(replay), missing })
  else printReplay(terminal, replay, missing)
  // Sent back before is what was wished for.
  return missing.length === 0 && refused.every(({ because }) => because === 'replayed')
}

async function onDeadLetters<T>(
  config: ResolvedConfig,
  ask: (log: DeadLetterLog) => Promise<T>,
): Promise<T> {
  const { applicationId, host, port } = config
  const log = await openExistingLog(config, {
    purpose: 'look at',
    whileLocked: `or ask it: curl http://${host}:${port}/api/v1/dead-letters`,
  })
  const { broker } = log
  try {
    const topology = configuredTopology(config)
    return await ask(new DeadLetterLog({ broker, applicationId, topology, clock: systemClock }))
  } finally {
    await log.close()
  }
}

/** What an input topic holds; null: it is internal, or unknown. */
function recordOf(topic: string, { observationTopics }: ResolvedConfig): RecordName | null {
  const isObserved =
    'pattern' in observationTopics
      ? new TopicPattern(observationTopics.pattern, 'observations').matches(topic)
      : observationTopics.includes(topic)
  if (isObserved) return 'observation'
  return RECORD_NAMES.find((record) => topicsOf(record).includes(topic)) ?? null
}
