/**
 * The schema registry port, as Confluent's: schemas by id, registered under subjects.
 *
 * G1. An id means one schema for ever; the same schema has the same id under every subject.
 * G2. Looking up is synchronous, from memory, because records are decoded synchronously; loading
 *     is what waits.
 */
export interface SchemaRegistry {
  /**
   * Registers the schema under the subject and resolves with its id; again: the same id.
   * @throws {SchemaRegistryError} refused (not compatible with the subject's), or not kept here
   */
  register(subject: string, schema: object): Promise<number>
  /** Id of a schema that was registered under the subject; undefined: `register` first. */
  idOf(subject: string, schema: object): number | undefined
  /** The schema as parsed JSON; undefined: `resolve` first. */
  schemaById(id: number): object | undefined
  /**
   * Loads a schema by its id, so that `schemaById` answers. An id that does not exist stays
   * undefined there.
   */
  resolve(id: number): Promise<void>
}
