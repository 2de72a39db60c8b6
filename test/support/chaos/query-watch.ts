import { setTimeout as pause } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import { PlainFold, type PlainObservation, type PlainRow } from '../plain-fold.ts'
import type { MemberProcess } from './member-process.ts'

interface Seen {
  readonly attacker: string
  readonly primitive: string
  readonly row: PlainRow
  readonly isStale: boolean
}

interface Answer {
  readonly primitives: readonly ({ readonly primitive: string } & PlainRow)[]
  readonly meta: { readonly stale: boolean; readonly positions?: unknown }
}

/**
 * Asks random members about a few attackers for as long as the run goes, and judges the answers at
 * its end (I6).
 *
 * Q1. The status is 200, 404 or 503, and nothing else.
 * Q2. A row is the fold of some first part of the attacker's observations.
 * Q3. Rows that are not labelled stale never go back.
 */
export class QueryWatch {
  readonly #members: readonly MemberProcess[]
  readonly #attackers: readonly string[]
  readonly #random: () => number
  readonly #seen: Seen[] = []
  readonly #wrong: string[] = []
  /** Answers by status, refusals with what they said. */
  readonly statuses = new Map<string, number>()
  #isOver = false
  #loop: Promise<void> | null = null

  constructor(
    members: readonly MemberProcess[],
    attackers: readonly string[],
    random: () => number,
  ) {
    this.#members = members
    this.#attackers = attackers
    this.#random = random
  }

  start(): void {
    this.#loop = this.#run()
  }

  async stop(): Promise<void> {
    this.#isOver = true
    await this.#loop
  }

  get staleAnswers(): number {
    return this.#seen.filter(({ isStale }) => isStale).length
  }

  /** @param inputs observations in the order of each partition's log */
  violations(inputs: readonly (readonly (PlainObservation | null)[])[]): string[] {
    const histories = this.#histories(inputs)
    const found = [...this.#wrong]
    const newest = new Map<string, number>()
    for (const { attacker, isStale, primitive, row } of this.#seen) {
      const key = `${attacker} ${primitive}`
      const from = isStale ? 0 : (newest.get(key) ?? 0)
      const history = histories.get(key) ?? []
      const at = history.findIndex((each, i) => i >= from && isDeepStrictEqual(each, row))
      if (at >= 0) {
        if (!isStale) newest.set(key, at)
        continue
      }
      const isOld = history.some((each) => isDeepStrictEqual(each, row))
      const why = isOld ? 'went back without a label' : 'is the fold of no first part'
      found.push(`I6: row of ${key} ${why}: ${JSON.stringify(row)}`)
    }
    return found
  }

  async #run(): Promise<void> {
    while (!this.#isOver) {
      await pause(10 + this.#random() * 20)
      const up = this.#members.filter(({ url }) => url !== null)
      const member = up[Math.floor(this.#random() * up.length)]
      const attacker = this.#attackers[Math.floor(this.#random() * this.#attackers.length)]!
      if (member?.url != null) await this.#ask(member.url, attacker)
    }
  }

  async #ask(url: string, attacker: string): Promise<void> {
    let response: Response
    let body: unknown
    try {
      const options = { signal: AbortSignal.timeout(10_000) }
      response = await fetch(`${url}/api/v1/attackers/${attacker}/attribution`, options)
      body = await response.json()
    } catch {
      // Killed or frozen under the question: no answer is none.
      return
    }
    const { status } = response
    const kind = status === 503 ? `503 ${reasonOf(body)}` : String(status)
    this.statuses.set(kind, (this.statuses.get(kind) ?? 0) + 1)
    if (status === 200) this.#note(attacker, body as Answer)
    else if (status !== 404 && status !== 503) {
      this.#wrong.push(`I6: status ${status}: ${JSON.stringify(body)}`)
    }
  }

  #note(attacker: string, { meta, primitives }: Answer): void {
    for (const { primitive, ...row } of primitives) {
      this.#seen.push({ attacker, primitive, row, isStale: meta.stale })
    }
  }

  /** Every state that the rows of the watched attackers went through, in order. */
  #histories(inputs: readonly (readonly (PlainObservation | null)[])[]): Map<string, PlainRow[]> {
    const watched = new Set(this.#attackers)
    const fold = new PlainFold()
    const histories = new Map<string, PlainRow[]>()
    for (const observation of inputs.flat()) {
      if (observation === null || !watched.has(observation.attacker_uuid)) continue
      fold.observe(observation)
      const { attacker_uuid: attacker, primitive } = observation
      const row = fold.rows.get(attacker)?.get(primitive)
      if (row === undefined) continue
      const key = `${attacker} ${primitive}`
      const history = histories.get(key) ?? []
      histories.set(key, history)
      history.push({ ...row })
    }
    return histories
  }
}

/** What a refusal says, without the names of tasks and times. */
function reasonOf(body: unknown): string {
  const { error } = body as { error?: { message?: string } }
  return (error?.message ?? JSON.stringify(body)).replace(/\d+_\d+|\d+/g, 'N').slice(0, 100)
}
