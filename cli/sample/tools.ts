import { pair, soloHands, type Hand } from './hands.ts'
import { Random } from './random.ts'

/** What profiles show of the tools behind an attacker. */
export interface Tools {
  readonly hassh: string | null
  readonly payloadHashes: readonly string[]
  readonly c2Endpoints: readonly string[]
}

const SEED = 20_190_815

/** C2 of the two who work together: an address of the range kept for documentation (RFC 5737). */
const SHARED_C2 = '198.51.100.7:443'

/**
 * The tools of each attacker, by name.
 *
 * A hand keeps its client (hassh) whatever address it comes from, which makes its attackers one
 * identity; the client of merlin's second address was not seen, but the payload was. Merlin and
 * osprey have clients of their own, so they stay two identities; the C2 that they share lets the
 * hand-over between them tell of a campaign.
 */
export const toolsByAttacker: ReadonlyMap<string, Tools> = new Map(
  [...soloHands, pair[0]].flatMap((hand, index) => toolsOf(hand, index)),
)

function toolsOf({ attackers, name }: Hand, index: number): [attacker: string, tools: Tools][] {
  const random = new Random(SEED + index)
  const hassh = random.hex(32)
  if (name === 'merlin') {
    const payloadHashes = [random.hex(64)]
    const [first, second] = attackers
    return [
      [first!, { hassh, payloadHashes, c2Endpoints: [SHARED_C2, '198.51.100.21:8443'] }],
      [second!, { hassh: null, payloadHashes, c2Endpoints: [] }],
    ]
  }
  const own =
    name === 'osprey'
      ? { payloadHashes: [random.hex(64)], c2Endpoints: [SHARED_C2] }
      : { payloadHashes: [], c2Endpoints: [] }
  return attackers.map((attacker) => [attacker, { hassh, ...own }])
}
