import { existsSync, readFileSync } from 'node:fs'
import { mkdir, rm } from 'node:fs/promises'
import path from 'node:path'
import { MemberProcess } from '../chaos/member-process.ts'
import { freePorts } from '../kafka/free-ports.ts'

/** One line of a member's log. */
export interface LogLine {
  readonly time: string
  readonly msg: string
  readonly task?: string
  readonly tasks?: readonly string[]
  readonly records?: number
}

export interface TaskBody {
  readonly task_id: string
  readonly role: 'active' | 'standby'
  readonly state: string
  readonly lag: number
}

export interface AnswerMeta {
  readonly stale: boolean
  readonly positions: readonly { readonly task_id: string; readonly role: string }[]
}

export interface ProductMemberOptions {
  readonly program: string
  /** Its own: logs are kept there, and its state. */
  readonly directory: string
  readonly settings: Readonly<Record<string, string>>
}

/** One instance of the product as a process on Kafka, whose every life is looked at by itself. */
export class ProductMember {
  readonly stateDir: string
  readonly #options: ProductMemberOptions
  #process: MemberProcess | null = null
  #life = 0
  #port: number | null = null

  constructor(options: ProductMemberOptions) {
    this.#options = options
    this.stateDir = path.join(options.directory, 'state')
  }

  get url(): string {
    return `http://${this.endpoint}`
  }

  get endpoint(): string {
    return `127.0.0.1:${this.#port}`
  }

  /**
   * Resolves when it answers; its tasks may still restore.
   * @param isElsewhere at another port than in its last life
   */
  async start({ isElsewhere = false } = {}): Promise<void> {
    const { directory, program, settings } = this.#options
    if (this.#port === null || isElsewhere) [this.#port] = (await freePorts(1)) as [number]
    await mkdir(this.stateDir, { recursive: true })
    this.#life++
    const own = {
      APPLICATION_SERVER: this.endpoint,
      PORT: String(this.#port),
      STATE_DIR: this.stateDir,
      INTERNAL_SECRET: 'secret-of-the-tests-of-no-use-elsewhere',
    }
    this.#process = new MemberProcess({
      program,
      settings: { ...settings, ...own },
      logFile: path.join(directory, `life-${this.#life}.log`),
    })
    this.#process.start()
    await this.#process.untilListening()
  }

  async kill(): Promise<void> {
    await this.#process?.kill()
  }

  /** @returns the exit code */
  async stop(): Promise<number | null> {
    return (await this.#process?.stop()) ?? null
  }

  /** The disk is lost. */
  async wipe(): Promise<void> {
    await rm(this.stateDir, { recursive: true })
  }

  /** What this life has logged so far. */
  log(msg: string): LogLine[] {
    const file = path.join(this.#options.directory, `life-${this.#life}.log`)
    if (!existsSync(file)) return []
    const lines = readFileSync(file, 'utf8').split('\n').slice(0, -1)
    return lines.map((line) => JSON.parse(line) as LogLine).filter((line) => line.msg === msg)
  }

  /** Changelog records that this life has read because its disk lacked them. */
  restoredRecords(): number {
    return this.log('restored').reduce((sum, { records = 0 }) => sum + records, 0)
  }

  async get(route: string): Promise<{ status: number; body: unknown }> {
    const response = await fetch(this.url + route)
    return { status: response.status, body: await response.json() }
  }

  async tasks(): Promise<readonly TaskBody[]> {
    const { body } = await this.get('/api/v1/tasks')
    return (body as { tasks: TaskBody[] }).tasks
  }

  async attribution(attacker: string): Promise<{ status: number; meta: AnswerMeta }> {
    const { body, status } = await this.get(`/api/v1/attackers/${attacker}/attribution`)
    return { status, meta: (body as { meta: AnswerMeta }).meta }
  }

  /** Where it believes the members to be. */
  async endpoints(): Promise<string[]> {
    const { body } = await this.get('/api/v1/instances')
    return (body as { instances: { endpoint: string }[] }).instances.map(({ endpoint }) => endpoint)
  }

  async activeTasks(): Promise<string[]> {
    return (await this.tasks()).filter(({ role }) => role === 'active').map((task) => task.task_id)
  }

  /** Of a counter without labels. */
  async metric(name: string): Promise<number> {
    const text = await (await fetch(`${this.url}/metrics`)).text()
    return Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)![1])
  }
}
