/**
 * Turns lines of NDJSON into records of a topic.
 *
 * Injected, since topic and format of the log (Avro by a registry, or JSON) are configuration.
 */
export interface LineEncoder {
  readonly topic: string
  /**
   * @throws {SchemaError} the line is not JSON in UTF-8 or does not fit the record's schema; the
   *   message says where, and is shown to the client
   */
  encode(line: Buffer): EncodedLine
}

export interface EncodedLine {
  readonly key: string
  /** In memory of its own: it waits for the append. */
  readonly value: Buffer
}

/** One per ingest route. */
export interface LineEncoders {
  readonly observation: LineEncoder
  readonly attacker: LineEncoder
  readonly techniqueTag: LineEncoder
}
