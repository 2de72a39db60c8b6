/** One thing wrong with the configuration, in words that lead to the place and the remedy. */
export interface ConfigProblem {
  /** The setting as its source spells it: `PORT`, `--port`. */
  readonly key: string
  /** `file streams.yaml`, `environment`, `flag`; or `settings together` for rules over several. */
  readonly source: string
  readonly message: string
}

/** The configuration cannot be used; nothing was started. It names every problem, not the first. */
export class ConfigError extends Error {
  override name = 'ConfigError'
  readonly code = 'CONFIG'
  readonly problems: readonly ConfigProblem[]

  constructor(problems: readonly ConfigProblem[]) {
    super(problems.map(({ key, source, message }) => `${key} (${source}): ${message}`).join('\n'))
    this.problems = problems
  }
}
