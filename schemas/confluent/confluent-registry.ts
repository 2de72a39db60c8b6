import { sameSchema } from '../avro-types.ts'
import type { SchemaRegistry } from '../registry.ts'
import { RegistryClient, type RegistryClientOptions } from './registry-client.ts'
import { admitSchema } from './subject-admission.ts'

export interface ConfluentRegistryOptions extends RegistryClientOptions {
  /** Milliseconds. @default Date.now */
  readonly now?: () => number
}

interface Registered {
  readonly schema: object
  readonly id: number
}

/** An id that does not exist is not asked for again so soon: hostile records may carry any. */
const ABSENT_MS = 5_000
const ABSENT_IDS_MAX = 10_000
/** Ids are signed 32-bit integers there. */
const ID_MAX = 0x7fff_ffff

/**
 * Schemas of a registry with Confluent's API, kept for ever once seen: an id never changes its
 * meaning, so what was seen is there although the registry is not.
 */
export class ConfluentRegistry implements SchemaRegistry {
  readonly #client: RegistryClient
  readonly #now: () => number
  readonly #byId = new Map<number, object>()
  readonly #bySubject = new Map<string, Registered[]>()
  /** Until when, by id, oldest first. */
  readonly #absent = new Map<number, number>()
  readonly #underWay = new Map<number, Promise<void>>()

  private constructor(client: RegistryClient, now: () => number) {
    this.#client = client
    this.#now = now
  }

  /**
   * @throws {SchemaRegistryUnavailableError} nothing answers at the URL
   * @throws {SchemaRegistryError} no registry is there, or it refuses the credentials
   */
  static async open(options: ConfluentRegistryOptions): Promise<ConfluentRegistry> {
    const client = new RegistryClient(options)
    await client.check()
    return new ConfluentRegistry(client, options.now ?? Date.now)
  }

  async register(subject: string, schema: object): Promise<number> {
    const known = this.idOf(subject, schema)
    if (known !== undefined) return known
    const id = await admitSchema(this.#client, subject, schema)
    const registered = this.#bySubject.get(subject) ?? []
    this.#bySubject.set(subject, [...registered, { schema, id }])
    this.#byId.set(id, schema)
    return id
  }

  idOf(subject: string, schema: object): number | undefined {
    const registered = this.#bySubject.get(subject) ?? []
    return registered.find((each) => each.schema === schema || sameSchema(each.schema, schema))?.id
  }

  schemaById(id: number): object | undefined {
    return this.#byId.get(id)
  }

  mayLearn(id: number): boolean {
    if (this.#byId.has(id) || id > ID_MAX) return false
    const untilMs = this.#absent.get(id)
    return untilMs === undefined || untilMs <= this.#now()
  }

  resolve(id: number): Promise<void> {
    if (!this.mayLearn(id)) return Promise.resolve()
    let underWay = this.#underWay.get(id)
    if (underWay === undefined) {
      underWay = this.#fetch(id).finally(() => this.#underWay.delete(id))
      this.#underWay.set(id, underWay)
    }
    return underWay
  }

  async #fetch(id: number): Promise<void> {
    const schema = await this.#client.schemaById(id)
    this.#absent.delete(id)
    if (schema !== undefined) {
      this.#byId.set(id, schema)
      return
    }
    this.#absent.set(id, this.#now() + ABSENT_MS)
    const [oldest] = this.#absent.keys()
    if (this.#absent.size > ABSENT_IDS_MAX) this.#absent.delete(oldest!)
  }
}
