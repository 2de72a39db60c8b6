import { pino, type DestinationStream, type Logger } from 'pino'
import type { ResolvedConfig } from './config/settings.ts'
import type { EngineOptions } from './engine.ts'

/** JSON lines to standard error; levels as words, for whoever collects them. */
export function createLogger(config: ResolvedConfig, destination: DestinationStream): Logger {
  return pino(
    {
      level: config.logLevel,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    destination,
  )
}

/**
 * Writes the engine's events to the log.
 * @param onFatal the engine cannot go on: stop the program
 */
export function loggedEvents(
  logger: Logger,
  onFatal: (error: unknown) => void,
): EngineOptions['events'] {
  return {
    onAssigned: (tasks) => logger.info({ tasks }, 'tasks assigned'),
    onLost: () => logger.warn('membership lost: what was not committed is done again'),
    onCommitted: (task, latencyMs) => logger.trace({ task, latencyMs }, 'committed'),
    onRetry: (task, error, pauseMs) => logger.warn({ task, err: error, pauseMs }, 'trying again'),
    onMigrated: (task, error) => logger.warn({ task, err: error }, 'task fenced: restarting it'),
    onWipe: (task, error) =>
      logger.error({ task, err: error }, 'state damaged: restoring it from the changelog'),
    onFatal: (error) => {
      logger.fatal({ err: error }, 'the engine cannot go on')
      onFatal(error)
    },
  }
}
