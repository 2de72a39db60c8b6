import type { EngineOptions } from '../../cli/engine.ts'

const ignore = () => undefined

/** Events of an instance that a test does not look at, but for the one that ends it. */
export function eventsBut(onFatal: (error: unknown) => void): EngineOptions['events'] {
  return {
    onAssigned: ignore,
    onLost: ignore,
    onRestored: ignore,
    onCommitted: ignore,
    onRetry: ignore,
    onMigrated: ignore,
    onWipe: ignore,
    onWarning: ignore,
    onFatal,
  }
}
