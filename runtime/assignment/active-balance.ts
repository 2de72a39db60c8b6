import type { Roster } from './roster.ts'
import type { TaskClaims } from './task-claims.ts'

/**
 * Says which member each task should be at: the target, which this round need not reach.
 *
 * B1. Counts of members differ by at most one.
 * B2. A task leaves its owner only where B1 asks for it, so the same members move nothing.
 * B3. A task without owner goes to a member with its state, as far as B1 lets it.
 * B4. What is left to choose evens out the tasks of each sub-topology, because those of one cost
 *     alike and those of two need not.
 */
export class ActiveBalance {
  readonly #roster: Roster
  readonly #claims: TaskClaims
  readonly #floor: number
  /** Members that may still have one task more than `#floor`. */
  #extra: number
  /** By member. */
  readonly #counts: Int32Array
  /** By member: tasks by sub-topology. */
  readonly #subCounts: Map<string, number>[]
  readonly #subTotals = new Map<string, number>()
  /** By task; −1: to be placed. */
  readonly #target: Int32Array

  private constructor(roster: Roster, claims: TaskClaims) {
    const memberCount = roster.eligible.length
    this.#roster = roster
    this.#claims = claims
    this.#floor = Math.floor(roster.tasks.length / memberCount)
    this.#extra = roster.tasks.length % memberCount
    this.#counts = new Int32Array(roster.members.length)
    this.#subCounts = roster.members.map(() => new Map<string, number>())
    this.#target = new Int32Array(roster.tasks.length).fill(-1)
    for (const { subTopology } of roster.tasks) {
      this.#subTotals.set(subTopology, (this.#subTotals.get(subTopology) ?? 0) + 1)
    }
  }

  /** @returns by task, the index of its member; −1 for all when no member is eligible */
  static targets(roster: Roster, claims: TaskClaims): Int32Array {
    if (roster.eligible.length === 0) return new Int32Array(roster.tasks.length).fill(-1)
    const balance = new ActiveBalance(roster, claims)
    balance.#keep()
    balance.#placeByState()
    balance.#placeRest()
    return balance.#target
  }

  /** Owners keep what they have; who has too much leaves some. */
  #keep(): void {
    const owned: number[][] = this.#roster.members.map(() => [])
    this.#claims.owner.forEach((owner, task) => {
      if (owner >= 0) owned[owner]!.push(task)
    })
    // The fullest first: they keep the places for one more than the floor.
    const order = [...this.#roster.eligible].sort(
      (a, b) => owned[b]!.length - owned[a]!.length || a - b,
    )
    const needy = new Set(order.filter((member) => owned[member]!.length < this.#floor))
    for (const member of order) {
      const tasks = owned[member]!
      for (const task of tasks) this.#place(task, member)
      const excess = tasks.length - this.#floor
      if (excess <= 0) continue
      const isLarger = this.#extra > 0
      if (isLarger) this.#extra--
      this.#release(member, tasks, isLarger ? excess - 1 : excess, needy)
    }
  }

  /** Leaves `count` of the tasks, from the sub-topologies it has most beyond its share of. */
  #release(
    member: number,
    tasks: readonly number[],
    count: number,
    needy: ReadonlySet<number>,
  ): void {
    const bySub = new Map<string, number[]>()
    for (const task of tasks) {
      const { subTopology } = this.#roster.tasks[task]!
      bySub.set(subTopology, [...(bySub.get(subTopology) ?? []), task])
    }
    // Last in each list, so first to go: what a member in need has the state of.
    for (const list of bySub.values()) {
      const wanted = new Set(list.filter((task) => this.#isWanted(task, needy)))
      list.sort((a, b) => Number(wanted.has(a)) - Number(wanted.has(b)) || a - b)
    }
    for (let i = 0; i < count; i++) {
      let most: { readonly list: number[]; readonly surplus: number } | null = null
      for (const [sub, list] of bySub) {
        const surplus = list.length - this.#subTotals.get(sub)! / this.#roster.eligible.length
        if (list.length > 0 && (most === null || surplus > most.surplus)) most = { list, surplus }
      }
      this.#unplace(most!.list.pop()!, member)
    }
  }

  #isWanted(task: number, needy: ReadonlySet<number>): boolean {
    return this.#roster.holders[task]!.some(({ member }) => needy.has(member))
  }

  #placeByState(): void {
    this.#target.forEach((target, task) => {
      if (target >= 0) return
      const holder = this.#roster.holders[task]!.find(({ member }) => this.#hasRoom(member))
      if (holder !== undefined) this.#take(task, holder.member)
    })
  }

  #placeRest(): void {
    this.#target.forEach((target, task) => {
      if (target >= 0) return
      const { subTopology } = this.#roster.tasks[task]!
      let best = -1
      for (const member of this.#roster.eligible) {
        if (!this.#hasRoom(member)) continue
        if (best < 0 || this.#isEmptier(member, best, subTopology)) best = member
      }
      this.#take(task, best)
    })
  }

  #isEmptier(a: number, b: number, subTopology: string): boolean {
    const inSub = (member: number) => this.#subCounts[member]!.get(subTopology) ?? 0
    return (inSub(a) - inSub(b) || this.#counts[a]! - this.#counts[b]!) < 0
  }

  /** Someone always has: all floors and extras together are as many as the tasks. */
  #hasRoom(member: number): boolean {
    const count = this.#counts[member]!
    return count < this.#floor || (count === this.#floor && this.#extra > 0)
  }

  #take(task: number, member: number): void {
    if (this.#counts[member] === this.#floor) this.#extra--
    this.#place(task, member)
  }

  #place(task: number, member: number): void {
    this.#target[task] = member
    this.#count(task, member, 1)
  }

  #unplace(task: number, member: number): void {
    this.#target[task] = -1
    this.#count(task, member, -1)
  }

  #count(task: number, member: number, change: number): void {
    const { subTopology } = this.#roster.tasks[task]!
    const inSub = this.#subCounts[member]!
    this.#counts[member]! += change
    inSub.set(subTopology, (inSub.get(subTopology) ?? 0) + change)
  }
}
