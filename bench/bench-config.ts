import type { EngineOptions } from '../cli/engine.ts'
import { settings, type ResolvedConfig } from '../cli/config/settings.ts'

/** Inputs a benchmark may fill: observations attributed beforehand, or the whole pipeline's. */
export type Input = 'identity-observation' | 'observation'

/** The product's defaults, but its own directory, and JSON-free as they are. */
export function benchConfig(stateDir: string): ResolvedConfig {
  const defaults = Object.fromEntries(
    Object.entries(settings).map(([key, { fallback }]) => [key, fallback]),
  ) as unknown as ResolvedConfig
  return { ...defaults, stateDir }
}

/** Failures end the benchmark; the rest is not its business. */
export const silentEvents: EngineOptions['events'] = {
  onAssigned: () => undefined,
  onLost: () => undefined,
  onRestored: () => undefined,
  onCommitted: () => undefined,
  onRetry: (taskId, error) => console.error(`retry ${taskId}:`, error),
  onMigrated: (taskId, error) => console.error(`migrated ${taskId}:`, error),
  onWipe: (taskId, error) => console.error(`wiped ${taskId}:`, error),
  onWarning: (message) => console.error(message),
  onFatal: (error) => {
    console.error(error)
    process.exit(1)
  },
}
