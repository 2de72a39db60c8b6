import { Agent } from 'node:http'
import { Agent as TlsAgent } from 'node:https'
import { SchemaRegistry } from '@kafkajs/confluent-schema-registry'
import { SchemaRegistryError, SchemaRegistryUnavailableError } from '../errors.ts'
import { schemaOf, type StoredSchema } from './stored-schema.ts'

export interface RegistryClientOptions {
  /** Of the API's root: `http://host:8081`, or `…/apis/ccompat/v7`. */
  readonly url: string
  readonly username?: string
  readonly password?: string
  /** @default 3000 */
  readonly timeoutMs?: number
}

/** The resources that the package's client calls; it has no method for some of them. */
type Api = Readonly<
  Record<'Schema' | 'Subject', Record<string, (params: object) => Promise<Response>>>
>

interface Response {
  data(): unknown
}

const TIMEOUT_MS = 3_000

/**
 * Confluent's API over `@kafkajs/confluent-schema-registry`, which is used as transport.
 *
 * Its own methods are passed by because `register` demands that the subject be set to BACKWARD or
 * to nothing, ids that do not exist are asked for again each time, schemas come parsed with no way
 * to their text, and nothing checks compatibility.
 *
 * H1. Every call ends: where a connection breaks in the middle of a body, the transport never
 *     settles, so a clock of our own runs beside it.
 * H2. Status 400 counts as no answer: so does the transport tell a refused connection, and nothing
 *     that is asked here is malformed.
 */
export class RegistryClient {
  readonly #api: Api
  readonly #url: string
  readonly #timeoutMs: number

  constructor({ url, username, password, timeoutMs = TIMEOUT_MS }: RegistryClientOptions) {
    this.#url = url
    this.#timeoutMs = timeoutMs
    const client = new SchemaRegistry({
      host: url,
      // Who calls decides when to ask again.
      retry: { retries: 0 },
      // Calls are rare: a socket kept meanwhile would often be one that the registry has closed.
      agent: url.startsWith('https:') ? new TlsAgent() : new Agent(),
      ...(username === undefined ? {} : { auth: { username, password: password ?? '' } }),
    })
    const api: unknown = client['api']
    this.#api = api as Api
  }

  /** @throws {SchemaRegistryError} what answers there is no schema registry */
  async check(): Promise<void> {
    const subjects = await this.#call('Subject', 'all', {}, [403, 404])
    if (subjects === 403 || Array.isArray(subjects)) return
    throw new SchemaRegistryError(
      `${this.#url} is not the API of a schema registry: check the path in SCHEMA_REGISTRY_URL`,
    )
  }

  /** The subject's own compatibility, in capitals; null: it has none. */
  async compatibilityOf(subject: string): Promise<string | null> {
    const found = await this.#call('Subject', 'config', { subject }, [404])
    const level = (found as { compatibilityLevel?: unknown }).compatibilityLevel
    return typeof level === 'string' ? level.toUpperCase() : null
  }

  async setCompatibility(subject: string, compatibility: string): Promise<void> {
    await this.#call('Subject', 'updateConfig', { subject, body: { compatibility } })
  }

  /** Id of a schema that the subject has; null: it has it not. */
  async idUnder(subject: string, schema: object): Promise<number | null> {
    const body = { schema: JSON.stringify(schema) }
    const found = await this.#call('Subject', 'registered', { subject, body }, [404])
    return found === 404 ? null : idIn(found)
  }

  /** Whether the registry would take the schema after the subject's latest; true: there is none. */
  async isCompatible(subject: string, schema: object): Promise<boolean> {
    const body = { schema: JSON.stringify(schema) }
    const found = await this.#call('Subject', 'compatible', { subject, body }, [404])
    return found === 404 || (found as { is_compatible?: unknown }).is_compatible === true
  }

  /** @returns null: refused as not compatible */
  async register(subject: string, schema: object): Promise<number | null> {
    const body = { schema: JSON.stringify(schema) }
    const found = await this.#call('Subject', 'register', { subject, body }, [409])
    return found === 409 ? null : idIn(found)
  }

  /** Undefined: there is no such id. */
  async schemaById(id: number): Promise<object | undefined> {
    const found = await this.#call('Schema', 'find', { id }, [404])
    if (found === 404) return undefined
    return schemaOf(found as StoredSchema, async ({ subject, version }) => {
      const at = { subject, version }
      return (await this.#call('Subject', 'version', at)) as StoredSchema
    })
  }

  /** @returns the answer's content, or its status where that is one of `expected` */
  async #call(
    resource: keyof Api,
    method: string,
    params: object,
    expected: readonly number[] = [],
  ): Promise<unknown> {
    const ending = new AbortController()
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        ending.abort()
        reject(new Error(`no answer after ${this.#timeoutMs} ms`))
      }, this.#timeoutMs)
    })
    try {
      const asked = this.#api[resource][method]!({ ...params, signal: ending.signal })
      return (await Promise.race([asked, late])).data()
    } catch (error) {
      const status = statusOf(error)
      if (status !== undefined && expected.includes(status)) return status
      throw this.#failure(status, error)
    } finally {
      clearTimeout(timer)
    }
  }

  #failure(status: number | undefined, cause: unknown): SchemaRegistryError {
    const said = cause instanceof Error ? cause.message : String(cause)
    const message = `the schema registry at ${this.#url}: ${said.slice(0, MESSAGE_CHARS_MAX)}`
    if (status === 401 || status === 403) {
      const advice = 'check SCHEMA_REGISTRY_USERNAME and SCHEMA_REGISTRY_PASSWORD, and their rights'
      return new SchemaRegistryError(`${message} (status ${status}): ${advice}`, { cause })
    }
    const isRefusal = status === 404 || status === 409 || status === 422
    return isRefusal
      ? new SchemaRegistryError(`${message} (status ${status})`, { cause })
      : new SchemaRegistryUnavailableError(message, { cause })
  }
}

const MESSAGE_CHARS_MAX = 500

function statusOf(error: unknown): number | undefined {
  const { status } = error as { status?: unknown }
  return typeof status === 'number' ? status : undefined
}

function idIn(answer: unknown): number {
  const { id } = answer as { id?: unknown }
  if (typeof id === 'number') return id
  throw new SchemaRegistryUnavailableError('the schema registry answered without a schema id')
}
