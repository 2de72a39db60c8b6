import { RE2JS } from 're2js'
import { TopologyError } from './errors.ts'

/**
 * A regular expression over whole topic names, in RE2 syntax.
 *
 * Matching takes time linear in the name: a pattern comes from configuration and names from
 * whoever creates topics, so no backtracking engine may see the two together.
 */
export class TopicPattern {
  readonly source: string
  readonly #compiled: RE2JS

  /** @throws {TopologyError} not RE2 syntax */
  constructor(source: string, node: string) {
    this.source = source
    try {
      this.#compiled = RE2JS.compile(source)
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause)
      throw new TopologyError(
        'TOPOLOGY_INVALID_PATTERN',
        `source ${node}: ${JSON.stringify(source)} is not a topic pattern: ${why}. ` +
          'Patterns are RE2 syntax, without look-around and back-references.',
        { node, cause },
      )
    }
  }

  matches(topic: string): boolean {
    return this.#compiled.matches(topic)
  }
}
