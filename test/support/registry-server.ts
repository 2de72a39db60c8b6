import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { AvroDecoder } from '../../schemas/avro-decoder.ts'
import { avroType, sameSchema } from '../../schemas/avro-types.ts'

export interface StoredVersion {
  readonly id: number
  readonly schema: string
  readonly schemaType?: string
  readonly references?: readonly object[]
}

/** What the server does instead of answering. */
export type Trouble = 'none' | 'silent' | 'breaks-off' | 'fails' | 'unauthorized'

interface Answer {
  readonly status: number
  readonly body: unknown
}

/**
 * The part of Confluent's schema registry API that the product uses, as its documentation has it:
 * paths, statuses and error codes. Schemas survive `stop`.
 */
export class RegistryServer {
  /** `GET /schemas/ids/7`, in the order in which they came. */
  readonly requests: string[] = []
  readonly subjects = new Map<string, StoredVersion[]>()
  readonly levels = new Map<string, string>()
  trouble: Trouble = 'none'
  #server: Server | null = null
  #port = 0
  #nextId = 1

  get url(): string {
    return `http://127.0.0.1:${this.#port}`
  }

  /** Listens; again after `stop`: at the same port. */
  async start(): Promise<void> {
    this.#server = createServer((request, response) => void this.#handle(request, response))
    this.#server.listen(this.#port, '127.0.0.1')
    await once(this.#server, 'listening')
    this.#port = (this.#server.address() as AddressInfo).port
  }

  async stop(): Promise<void> {
    const server = this.#server
    if (server === null) return
    this.#server = null
    server.close()
    server.closeAllConnections()
    await once(server, 'close')
  }

  /** Adds a version without any check. */
  add(subject: string, version: Omit<StoredVersion, 'id'>): number {
    const id = this.#idOf(version) ?? this.#nextId++
    this.subjects.set(subject, [...(this.subjects.get(subject) ?? []), { ...version, id }])
    return id
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = decodeURIComponent(new URL(request.url ?? '/', this.url).pathname)
    this.requests.push(`${request.method} ${path}`)
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const text = Buffer.concat(chunks).toString('utf8')
    const body = (text === '' ? {} : JSON.parse(text)) as Record<string, string>
    const { status, body: content } = this.#troubled() ?? this.#answer(request.method!, path, body)
    if (this.trouble === 'silent') return
    const json = JSON.stringify(content)
    response.writeHead(status, {
      'content-type': 'application/vnd.schemaregistry.v1+json',
      'content-length': Buffer.byteLength(json),
    })
    if (this.trouble === 'breaks-off') {
      response.write(json.slice(0, 1), () => response.destroy())
    } else {
      response.end(json)
    }
  }

  #troubled(): Answer | null {
    if (this.trouble === 'fails') return failure(500, 50001, 'Error in the backend data store')
    if (this.trouble === 'unauthorized') return failure(401, 40101, 'Unauthorized')
    return null
  }

  #answer(method: string, path: string, body: Record<string, string>): Answer {
    const [resource, first, ...rest] = path.slice(1).split('/')
    if (path === '/subjects') return ok([...this.subjects.keys()])
    if (resource === 'config') return this.#config(method, first!, body)
    if (resource === 'schemas' && first === 'ids') return this.#schema(Number(rest[0]))
    if (resource === 'compatibility') return this.#compatible(rest[0]!, body)
    if (resource === 'subjects' && rest.length === 0) return this.#registered(first!, body)
    if (resource === 'subjects' && method === 'POST') return this.#register(first!, body)
    if (resource === 'subjects') return this.#version(first!, Number(rest[1]))
    return failure(404, 404, 'HTTP 404 Not Found')
  }

  #config(method: string, subject: string, body: Record<string, string>): Answer {
    if (method === 'PUT') {
      this.levels.set(subject, body['compatibility']!)
      return ok(body)
    }
    const compatibilityLevel = this.levels.get(subject)
    return compatibilityLevel === undefined
      ? failure(404, 40408, `Subject '${subject}' does not have subject-level compatibility`)
      : ok({ compatibilityLevel })
  }

  #schema(id: number): Answer {
    const found = [...this.subjects.values()].flat().find((version) => version.id === id)
    if (found === undefined) return failure(404, 40403, `Schema ${id} not found`)
    return ok({ ...found, id: undefined })
  }

  #version(subject: string, version: number): Answer {
    const found = this.subjects.get(subject)?.[version - 1]
    return found === undefined
      ? failure(404, 40402, `Version ${version} not found.`)
      : ok({ ...found, subject, version })
  }

  #registered(subject: string, body: Record<string, string>): Answer {
    const versions = this.subjects.get(subject)
    if (versions === undefined) return failure(404, 40401, `Subject '${subject}' not found.`)
    const found = versions.find((version) => isSame(version.schema, body['schema']!))
    return found === undefined ? failure(404, 40403, 'Schema not found') : ok({ id: found.id })
  }

  #compatible(subject: string, body: Record<string, string>): Answer {
    const latest = this.subjects.get(subject)?.at(-1)
    if (latest === undefined) return failure(404, 40401, `Subject '${subject}' not found.`)
    return ok({ is_compatible: canRead(latest.schema, body['schema']!) })
  }

  #register(subject: string, body: Record<string, string>): Answer {
    const schema = body['schema']!
    const versions = this.subjects.get(subject) ?? []
    const same = versions.find((version) => isSame(version.schema, schema))
    if (same !== undefined) return ok({ id: same.id })
    const latest = versions.at(-1)
    const isChecked = (this.levels.get(subject) ?? 'BACKWARD') !== 'NONE'
    if (isChecked && latest !== undefined && !canRead(latest.schema, schema)) {
      return failure(409, 409, 'Schema being registered is incompatible with an earlier schema')
    }
    return ok({ id: this.add(subject, { schema }) })
  }

  #idOf({ schema, schemaType }: Omit<StoredVersion, 'id'>): number | undefined {
    if (schemaType !== undefined) return undefined
    const all = [...this.subjects.values()].flat()
    return all.find((version) => version.schema === schema)?.id
  }
}

function ok(body: unknown): Answer {
  return { status: 200, body }
}

function failure(status: number, errorCode: number, message: string): Answer {
  return { status, body: { error_code: errorCode, message } }
}

function isSame(a: string, b: string): boolean {
  return sameSchema(JSON.parse(a) as object, JSON.parse(b) as object)
}

function canRead(writer: string, reader: string): boolean {
  try {
    new AvroDecoder(avroType(JSON.parse(writer) as object), avroType(JSON.parse(reader) as object))
    return true
  } catch {
    return false
  }
}
