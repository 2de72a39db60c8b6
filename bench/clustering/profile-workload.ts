import { createHash } from 'node:crypto'
import type { AttackerProfile } from '../../schemas/records.ts'
import { Random } from '../random.ts'

const START_TS = 1_714_000_000
/** In percent: who has the one client software that everybody has. */
const COMMON_CLIENT = 5
/** In percent: who is of an operator already there. */
const KNOWN_OPERATOR = 50
/** Addresses that share one load and one endpoint: an operator's tools change now and then. */
const TOOL_USES = 4

/** The HASSH of {@link COMMON_CLIENT} percent of all attackers. */
export const COMMON_HASSH = 'c0'.repeat(16)

/**
 * Profiles of attackers, each once. Deterministic for a seed; the first n are the same however many
 * follow.
 *
 * Whoever is of an operator already there is so by drawing an earlier attacker: so operators' sizes
 * follow a power law (exponent 3). Two thirds have one address, the largest some √n. All of one
 * share a HASSH of their own, but for those with the common one; runs of four share JA3, payload
 * and endpoint.
 */
export class ProfileWorkload {
  readonly #random: Random
  /** By attacker. */
  readonly #operators: Uint32Array
  /** By operator. */
  readonly #sizes: Uint32Array
  #attackers = 0
  #operatorCount = 0

  constructor(attackersMax: number, seed: number) {
    this.#random = new Random(seed)
    this.#operators = new Uint32Array(attackersMax)
    this.#sizes = new Uint32Array(attackersMax)
  }

  next(): AttackerProfile {
    const i = this.#attackers
    const operator = this.#operatorOf(i)
    this.#operators[i] = operator
    this.#attackers++
    const tools = `${operator}-${Math.floor(this.#sizes[operator]!++ / TOOL_USES)}`
    const isCommon = this.#random.below(100) < COMMON_CLIENT
    const firstSeen = START_TS + i
    return {
      attacker_uuid: this.#random.uuid(),
      attacker_ip: `198.51.${(i >> 8) & 255}.${i & 255}`,
      first_seen: firstSeen,
      last_seen: firstSeen + 600,
      asn: 64_512 + (operator % 1_000),
      fingerprints: [
        { kind: 'ja3', hash: digest('md5', `ja3-${tools}`), value: null },
        {
          kind: 'hassh',
          hash: isCommon ? COMMON_HASSH : digest('md5', `hassh-${operator}`),
          value: null,
        },
      ],
      payload_hashes: [digest('sha256', `payload-${tools}`)],
      c2_endpoints: [`c2-${tools}.example:443`],
      credentials: [{ user: 'root', password: `password-${this.#random.below(1_000)}` }],
      commands: [{ phase: 'discovery', commands: ['uname -a', 'cat /proc/cpuinfo'] }],
    }
  }

  #operatorOf(attacker: number): number {
    const isKnown = attacker > 0 && this.#random.below(100) < KNOWN_OPERATOR
    return isKnown ? this.#operators[this.#random.below(attacker)]! : this.#operatorCount++
  }
}

function digest(algorithm: 'md5' | 'sha256', text: string): string {
  return createHash(algorithm).update(text).digest('hex')
}
