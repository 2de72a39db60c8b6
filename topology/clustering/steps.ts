import { StoreMiss } from '../store.ts'

/** Runs steps that do not depend on each other: one that fails is skipped, and counted. */
export class Steps {
  failures = 0

  try(step: () => void): void {
    try {
      step()
    } catch (error) {
      // Not a failure: everything runs again with what was missing.
      if (error instanceof StoreMiss) throw error
      this.failures++
    }
  }
}
