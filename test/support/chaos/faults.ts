import { setTimeout as pause } from 'node:timers/promises'
import type { MemberProcess } from './member-process.ts'

/** What happened to the members of a run. */
export interface FaultCounts {
  kills: number
  zombies: number
  restarts: number
  departures: number
}

export interface FaultOptions {
  readonly random: () => number
  readonly members: readonly MemberProcess[]
  readonly sessionTimeoutMs: number
  /** At least so many of each before the run may end. */
  readonly wanted: FaultCounts
  /** Between two faults, on average. */
  readonly intervalMs: number
  readonly onFault: (what: string) => void
}

/**
 * Does to the members what machines and operators do: kills, frozen processes that come back after
 * others took over, orderly restarts, members that stay away for a while.
 */
export class Faults {
  readonly counts: FaultCounts = { kills: 0, zombies: 0, restarts: 0, departures: 0 }
  readonly #options: FaultOptions
  readonly #underWay = new Set<MemberProcess>()
  readonly #ended: Promise<void>[] = []

  constructor(options: FaultOptions) {
    this.#options = options
  }

  /** Until everything wanted has happened and `isOver`; resolves with every member up. */
  async run(isOver: () => boolean): Promise<void> {
    const { intervalMs, random } = this.#options
    while (!isOver() || this.#missing().length > 0) {
      await pause(intervalMs * (0.5 + random()))
      const candidates = this.#options.members.filter((member) => !this.#underWay.has(member))
      // One stays: a group without members would only wait.
      if (candidates.length < 2) continue
      const member = candidates[Math.floor(random() * candidates.length)]!
      const missing = this.#missing()
      const kinds = missing.length > 0 ? missing : ALL_KINDS
      this.#begin(member, kinds[Math.floor(random() * kinds.length)]!)
    }
    await Promise.all(this.#ended)
  }

  #missing(): (keyof FaultCounts)[] {
    return ALL_KINDS.filter((kind) => this.counts[kind] < this.#options.wanted[kind])
  }

  #begin(member: MemberProcess, kind: keyof FaultCounts): void {
    const { members, onFault } = this.#options
    this.counts[kind]++
    onFault(`${kind.slice(0, -1)} of member ${members.indexOf(member)}`)
    this.#underWay.add(member)
    const happened = this.#happen(member, kind).finally(() => this.#underWay.delete(member))
    this.#ended.push(happened)
  }

  async #happen(member: MemberProcess, kind: keyof FaultCounts): Promise<void> {
    const { random, sessionTimeoutMs } = this.#options
    if (kind === 'zombies') {
      member.freeze()
      await pause(sessionTimeoutMs * 1.5)
      member.thaw()
      await pause(2_000)
      return
    }
    if (kind === 'kills') await member.kill()
    else await member.stop()
    if (kind === 'departures') await pause(sessionTimeoutMs)
    else await pause(random() * 500)
    member.start()
    await member.untilListening()
  }
}

const ALL_KINDS = ['kills', 'zombies', 'restarts', 'departures'] as const
