import { access } from 'node:fs/promises'
import path from 'node:path'
import { kafkaSettings, type KafkaConfig } from './config/kafka-settings.ts'
import type { ResolvedConfig, SettingKey } from './config/settings.ts'
import { openEmbeddedLog } from './embedded-log.ts'
import { CommandFailure } from './failure.ts'
import { openKafka } from './kafka-log.ts'
import type { OpenLog } from './open-log.ts'
import { startFailure } from './start-failure.ts'

/**
 * Opens the log that the configuration names.
 * @throws {StateLockedError} the embedded log: another process runs on it
 */
export function openBroker(config: ResolvedConfig): Promise<OpenLog> {
  return config.bootstrapServers === null ? openEmbeddedLog(config) : openKafka(config)
}

/** Settings that say where the log is. */
export const logSettings = [
  'applicationId',
  'stateDir',
  ...(Object.keys(kafkaSettings) as (keyof KafkaConfig)[]),
] as const satisfies readonly SettingKey[]

export interface ExistingLogOptions {
  /** Completes "there is no log in ./data: nothing to …". */
  readonly purpose: string
  /** What to do while an instance holds the embedded log, instead of stopping it. */
  readonly whileLocked?: string
}

/**
 * Opens the log for a command that works on what is there.
 * @throws {CommandFailure} there is no log, or another process has it: nothing was changed
 */
export async function openExistingLog(
  config: ResolvedConfig,
  { purpose, whileLocked }: ExistingLogOptions,
): Promise<OpenLog> {
  if (config.bootstrapServers === null) await assertLog(config, purpose)
  return await openBroker(config).catch((error: unknown) => {
    const failure = startFailure(error, config)
    const isLocked = (error as { code?: unknown }).code === 'STATE_LOCKED'
    if (!isLocked || whileLocked === undefined || !(failure instanceof Error)) throw failure
    throw new CommandFailure(`${failure.message}; ${whileLocked}`, { cause: error })
  })
}

/** Opening would make an empty log where there is none. */
async function assertLog({ stateDir }: ResolvedConfig, purpose: string): Promise<void> {
  try {
    await access(path.join(stateDir, 'log'))
  } catch (error) {
    const message = `there is no log in ${stateDir}: nothing to ${purpose}`
    throw new CommandFailure(message, { cause: error })
  }
}
