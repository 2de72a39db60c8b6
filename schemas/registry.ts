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
   * @throws {SchemaIncompatibleError} records before could not be read by it
   * @throws {SchemaRegistryUnavailableError} no answer
   * @throws {SchemaRegistryError} refused for another reason, or not kept here
   */
  register(subject: string, schema: object): Promise<number>
  /** Id of a schema that was registered under the subject; undefined: `register` first. */
  idOf(subject: string, schema: object): number | undefined
  /** The schema as parsed JSON; undefined: `resolve` first. */
  schemaById(id: number): object | undefined
  /**
   * True: the schema is not here, and `resolve` might find it. False: it is here, or was asked for
   * just now and does not exist. Never true again between a `resolve` and what follows at once.
   */
  mayLearn(id: number): boolean
  /**
   * Loads a schema by its id, so that `schemaById` answers. An id that does not exist stays
   * undefined there. Asked again while under way, it is fetched once.
   * @throws {SchemaRegistryUnavailableError} no answer: ask again later
   * @throws {SchemaRegistryError} the registry refuses to say, because of the credentials
   */
  resolve(id: number): Promise<void>
}
