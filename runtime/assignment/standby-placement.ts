import type { Roster } from './roster.ts'
import type { TaskClaims } from './task-claims.ts'

/**
 * Places the standbys of stateful tasks.
 *
 * S1. A member has a task once: standby of nothing that it runs, or that it has still to give
 *     back, and of nothing that comes to it next (unless it is a standby of that already: it then
 *     starts from there).
 * S2. A standby stays where it is, as long as S1, S3 and S4 let it.
 * S3. Not on the host of the task or of another standby of it, where there is another.
 * S4. Counts of members are evened out by moving standbys, as far as S1 and S3 let them.
 */
export class StandbyPlacement {
  readonly #roster: Roster
  readonly #claims: TaskClaims
  readonly #target: Int32Array
  readonly #hosts: readonly string[]
  /** By member. */
  readonly #counts: Int32Array
  /** By task: members. */
  readonly #standbys: number[][]
  /** By member: tasks. */
  readonly #tasksOf: Set<number>[]

  private constructor(roster: Roster, claims: TaskClaims, target: Int32Array) {
    this.#roster = roster
    this.#claims = claims
    this.#target = target
    this.#hosts = roster.members.map(hostOf)
    this.#counts = new Int32Array(roster.members.length)
    this.#standbys = roster.tasks.map(() => [])
    this.#tasksOf = roster.members.map(() => new Set<number>())
  }

  /**
   * @param target by task: the member that runs it or will
   * @param replicas standbys of each stateful task; fewer where members are too few
   * @returns by task, the indices of its standbys
   */
  static standbys(
    roster: Roster,
    claims: TaskClaims,
    target: Int32Array,
    replicas: number,
  ): readonly (readonly number[])[] {
    const placement = new StandbyPlacement(roster, claims, target)
    if (replicas > 0) {
      roster.tasks.forEach(({ isStateful }, task) => {
        if (isStateful) placement.#keep(task, replicas)
      })
      roster.tasks.forEach(({ isStateful }, task) => {
        if (isStateful) placement.#fill(task, replicas)
      })
      placement.#even()
    }
    return placement.#standbys
  }

  /** Running standbys on hosts of their own. */
  #keep(task: number, replicas: number): void {
    for (const { member, isStandby } of this.#roster.holders[task]!) {
      if (this.#standbys[task]!.length === replicas) return
      if (isStandby && this.#mayKeep(task, member) && !this.#sharesHost(task, member)) {
        this.#add(task, member)
      }
    }
  }

  #fill(task: number, replicas: number): void {
    while (this.#standbys[task]!.length < replicas) {
      const member =
        this.#stateHolder(task, false) ??
        this.#emptiest(task) ??
        this.#runningStandby(task) ??
        this.#stateHolder(task, true) ??
        this.#emptiest(task, true)
      if (member === undefined) return
      this.#add(task, member)
    }
  }

  #runningStandby(task: number): number | undefined {
    return this.#roster.holders[task]!.find(
      ({ member, isStandby }) => isStandby && this.#mayKeep(task, member),
    )?.member
  }

  #stateHolder(task: number, onSharedHost: boolean): number | undefined {
    return this.#roster.holders[task]!.find(
      ({ member }) =>
        this.#mayAdd(task, member) && (onSharedHost || !this.#sharesHost(task, member)),
    )?.member
  }

  #emptiest(task: number, onSharedHost = false): number | undefined {
    let best: number | undefined
    for (const member of this.#roster.eligible) {
      if (!this.#mayAdd(task, member)) continue
      if (!onSharedHost && this.#sharesHost(task, member)) continue
      if (best === undefined || this.#counts[member]! < this.#counts[best]!) best = member
    }
    return best
  }

  /** Each move brings two counts nearer to each other, so it ends. */
  #even(): void {
    while (this.#moveOne());
  }

  #moveOne(): boolean {
    const order = [...this.#roster.eligible].sort(
      (a, b) => this.#counts[b]! - this.#counts[a]! || a - b,
    )
    for (const from of order) {
      for (const to of [...order].reverse()) {
        if (this.#counts[from]! - this.#counts[to]! < 2) break
        const task = this.#movable(from, to)
        if (task === undefined) continue
        this.#remove(task, from)
        this.#add(task, to)
        return true
      }
    }
    return false
  }

  #movable(from: number, to: number): number | undefined {
    for (const task of this.#tasksOf[from]!) {
      if (!this.#mayAdd(task, to)) continue
      if (!this.#sharesHost(task, to, from) || this.#sharesHost(task, from, from)) return task
    }
    return undefined
  }

  #mayKeep(task: number, member: number): boolean {
    if (this.#standbys[task]!.includes(member)) return false
    const claimants = this.#claims.claimants[task]!
    if (claimants.includes(member)) return false
    return this.#target[task] !== member || claimants.length > 0
  }

  #mayAdd(task: number, member: number): boolean {
    return this.#target[task] !== member && this.#mayKeep(task, member)
  }

  /** @param leaving a standby that does not count: it would make place for this one */
  #sharesHost(task: number, member: number, leaving = -1): boolean {
    const host = this.#hosts[member]
    const owner = this.#claims.owner[task]!
    const active = owner >= 0 ? owner : this.#target[task]!
    if (this.#hosts[active] === host) return true
    return this.#standbys[task]!.some((other) => other !== leaving && this.#hosts[other] === host)
  }

  #add(task: number, member: number): void {
    this.#standbys[task]!.push(member)
    this.#tasksOf[member]!.add(task)
    this.#counts[member]!++
  }

  #remove(task: number, member: number): void {
    const standbys = this.#standbys[task]!
    standbys.splice(standbys.indexOf(member), 1)
    this.#tasksOf[member]!.delete(task)
    this.#counts[member]!--
  }
}

/** The host of `host:port` or of a URL; a member without endpoint is a host of its own. */
function hostOf({ endpoint, memberId }: { endpoint: string | null; memberId: string }): string {
  if (endpoint === null) return `member ${memberId}`
  return endpoint.replace(/^[a-z]+:\/\//, '').replace(/:\d+(\/.*)?$/, '')
}
