import { pino, type DestinationStream, type Logger } from 'pino'
import type { ResolvedConfig } from './config/settings.ts'
import type { EngineOptions } from './engine.ts'
import { printLine, visible, type Terminal } from './terminal.ts'

/**
 * The log, on standard error: JSON lines for whoever collects them, on a terminal a short line
 * each for whoever watches.
 */
export function createLogger(config: ResolvedConfig, terminal: Terminal): Logger {
  const destination: DestinationStream =
    terminal.err.isTTY === true
      ? { write: (line) => printLine(terminal.err, shortLine(line, terminal)) }
      : terminal.err
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
    onRestored: (task, records, elapsedMs) => logger.info({ task, records, elapsedMs }, 'restored'),
    onCommitted: (task, latencyMs) => logger.trace({ task, latencyMs }, 'committed'),
    onRetry: (task, error, pauseMs) => logger.warn({ task, err: error, pauseMs }, 'trying again'),
    onMigrated: (task, error) => logger.warn({ task, err: error }, 'task fenced: restarting it'),
    onWipe: (task, error) =>
      logger.error({ task, err: error }, 'state damaged: restoring it from the changelog'),
    onWarning: (message) => logger.warn(message),
    onFatal: (error) => {
      logger.fatal({ err: error }, 'the engine cannot go on')
      onFatal(error)
    },
  }
}

interface LogLine {
  readonly level: string
  readonly time: string
  readonly msg?: string
  readonly err?: { readonly message?: string }
}

/** `10:34:48 warn trying again: the disk is full task=0_1` */
function shortLine(line: string, { errColors }: Terminal): string {
  const { level, time, msg = '', err, ...rest } = JSON.parse(line) as LogLine
  const why = err?.message === undefined ? '' : `: ${err.message}`
  const details = Object.entries(rest).map(([key, value]) => ` ${key}=${JSON.stringify(value)}`)
  const text = visible(`${time.slice(11, 19)} ${level} ${msg}${why}${details.join('')}`)
  return level === 'info' ? errColors.dim(text) : errColors.yellow(text)
}
