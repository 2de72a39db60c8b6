/** What became of one topic in an administrative request. */
export interface NamedOutcome {
  readonly name: string
  readonly code: number
  /** The broker's own words, if it has any. */
  readonly message: string | null
}
