import { type ByteString, fromByteString, toByteString } from '../../bytes/byte-string.ts'
import type {
  ExplainPort,
  IdentityReasons,
  Pair,
  PairReasons,
  UnknownAttackers,
} from '../../state/explain-port.ts'
import type { Answer, QueryBounds, QueryPort } from '../../state/query-port.ts'
import { stubIdentity } from '../../topology/attribution/stub-identity.ts'
import { attackerOf, componentGroup } from '../../topology/identity/cluster-keys.ts'
import type { ClusterMember } from '../../topology/identity/cluster-member.ts'
import type { IsGeneric } from '../../topology/identity/evidence.ts'
import type { Features } from '../../topology/identity/features.ts'
import {
  identityAttackersStore,
  identityComponentsStore,
} from '../../topology/identity/identify-stores.ts'
import { identityProfilesStore } from '../../topology/identity/identity-stores.ts'
import { featuresOf } from '../../topology/identity/profile-row.ts'
import { joiningEvidence, sharedEvidence } from '../../topology/identity/shared-evidence.ts'
import { spanningForest } from '../../topology/identity/spanning-edges.ts'
import { EDGE_WEIGHT_MIN, pairWeight } from '../../topology/identity/weight.ts'
import { chainBetween } from './chain.ts'
import { ClustererReader } from './clusterer-reader.ts'
import {
  type ExplainedMember,
  genericBy,
  heldBySeveral,
  readHeads,
  readMembers,
} from './explained-members.ts'
import { toldEvidence } from './identity-evidence.ts'
import { sharedOfEvidence, vetoOf } from './shared-value.ts'
import { scoresOf, tierReasons } from './tier-reasons.ts'

/** Attackers of one identity that are looked at. */
const ATTACKERS_MAX = 500
/** Of so many attackers all pairs are told: 1,225 at most. */
const ALL_PAIRS_ATTACKERS_MAX = 50
const JOINED_BY_MAX = 10
/** Edges whose attackers' profiles, which may be large, are in memory together. */
const EDGES_AT_ONCE = 16

/**
 * Computes reasons from the clusterer's rows, wherever its task runs.
 *
 * X1. The weight is that of the clusterer itself, so an explanation cannot contradict an edge.
 * X2. One explanation at a time: each may hold tens of megabytes, whatever attackers have made up.
 */
export class IdentityExplainer implements ExplainPort {
  readonly #query: QueryPort
  #turn: Promise<unknown> = Promise.resolve()

  constructor(query: QueryPort) {
    this.#query = query
  }

  identity(root: string, bounds: QueryBounds): Promise<Answer<IdentityReasons>> {
    return this.#inTurn(() => explainIdentity(this.#reader(bounds), toByteString(root)))
  }

  pair(a: string, b: string, bounds: QueryBounds): Promise<Answer<PairReasons | UnknownAttackers>> {
    return this.#inTurn(() => explainPair(this.#reader(bounds), [a, b]))
  }

  #reader(bounds: QueryBounds): ClustererReader {
    return new ClustererReader(this.#query, bounds)
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(work)
    this.#turn = done.catch(() => undefined)
    return done
  }
}

async function explainIdentity(
  reader: ClustererReader,
  root: ByteString,
): Promise<Answer<IdentityReasons>> {
  const size = await reader.get(identityComponentsStore, componentGroup(root) + root)
  const members = await readMembers(reader, await attackersOf(reader, root, [root]))
  const held = heldBySeveral(members)
  const heads = await readHeads(
    reader,
    held.map(({ evidence }) => evidence),
  )
  const isGeneric = genericBy(heads)
  const isAll = members.length <= ALL_PAIRS_ATTACKERS_MAX
  const profiles = isAll ? await readFeatures(reader, members) : []
  const pairs = isAll
    ? allPairs(members, profiles, isGeneric)
    : await forestPairs(reader, members, isGeneric)
  return reader.answer({
    attackers: size ?? 0,
    attackersExplained: members.map(({ attacker }) => fromByteString(attacker)),
    ...toldEvidence(held, heads, profiles),
    pairsAre: isAll ? 'all' : 'spanning_tree',
    pairs,
  })
}

/** Attackers of a component, `first` before the others. */
async function attackersOf(
  reader: ClustererReader,
  root: ByteString,
  first: readonly ByteString[],
): Promise<ByteString[]> {
  const rows = await reader.scan(identityComponentsStore, componentGroup(root), ATTACKERS_MAX)
  const attackers = new Set([...first, ...rows.map(([key]) => attackerOf(key))])
  return [...attackers].slice(0, ATTACKERS_MAX)
}

async function readFeatures(
  reader: ClustererReader,
  members: readonly ExplainedMember[],
): Promise<Features[]> {
  const rows = await reader.getAll(
    identityProfilesStore,
    members.map(({ attacker }) => attacker),
  )
  return members.map(({ features }, i) => featuresOf(features, rows[i]))
}

function allPairs(
  members: readonly ExplainedMember[],
  profiles: readonly Features[],
  isGeneric: IsGeneric,
): Pair[] {
  return members.flatMap(({ attacker: a }, i) =>
    members
      .slice(i + 1)
      .map(({ attacker: b }, j) => pairOf([a, b], profiles[i]!, profiles[i + 1 + j]!, isGeneric)),
  )
}

async function forestPairs(
  reader: ClustererReader,
  members: readonly ExplainedMember[],
  isGeneric: IsGeneric,
): Promise<Pair[]> {
  const edges = spanningForest(
    members.map(({ features }) => features),
    isGeneric,
  )
  const pairs: Pair[] = []
  for (let start = 0; start < edges.length; start += EDGES_AT_ONCE) {
    const some = edges.slice(start, start + EDGES_AT_ONCE)
    const ends = some.flatMap(({ a, b }) => [members[a]!, members[b]!])
    const features = await readFeatures(reader, ends)
    for (const i of some.keys()) {
      const [a, b] = [ends[2 * i]!.attacker, ends[2 * i + 1]!.attacker]
      pairs.push(pairOf([a, b], features[2 * i]!, features[2 * i + 1]!, isGeneric))
    }
  }
  return pairs
}

function pairOf(
  [a, b]: readonly [ByteString, ByteString],
  featuresOfA: Features,
  featuresOfB: Features,
  isGeneric: IsGeneric,
): Pair {
  const weight = pairWeight(featuresOfA, featuresOfB)
  return {
    attackers: [fromByteString(a), fromByteString(b)],
    scores: scoresOf(weight),
    combined: weight.combined,
    joinedBy: joinedBy(featuresOfA, featuresOfB, isGeneric),
    veto: vetoOf(featuresOfA, featuresOfB),
  }
}

function joinedBy(
  a: Parameters<typeof joiningEvidence>[0],
  b: Parameters<typeof joiningEvidence>[1],
  isGeneric: IsGeneric,
): Pair['joinedBy'] {
  const joining = joiningEvidence(a, b, isGeneric).slice(0, JOINED_BY_MAX)
  return joining.map((each) => sharedOfEvidence(each, isGeneric))
}

async function explainPair(
  reader: ClustererReader,
  attackers: readonly [string, string],
): Promise<Answer<PairReasons | UnknownAttackers>> {
  const keys = attackers.map(toByteString)
  const rows = await reader.getAll(identityAttackersStore, keys)
  const unknown = attackers.filter((_, i) => rows[i] === undefined)
  if (unknown.length > 0) return reader.answer({ unknown })
  const members = rows.map((row, i) => ({ attacker: keys[i]!, features: row! }))
  const [a, b] = (await readFeatures(reader, members)) as [Features, Features]
  const isGeneric = genericBy(await readHeads(reader, sharedEvidence(a, b)))
  const weight = pairWeight(a, b)
  const direct = joinedBy(a, b, isGeneric)
  const [rootOfA, rootOfB] = members.map(({ features }) => features.root) as [string, string]
  const isOne = rootOfA === rootOfB
  const chain = !isOne
    ? null
    : direct.length > 0
      ? [{ attackers, joinedBy: direct }]
      : await chainOf(reader, rootOfA, members)
  return reader.answer({
    attackers,
    identities: [identityOf(rootOfA), identityOf(rootOfB)],
    tiers: tierReasons(a, b, weight, isGeneric),
    combined: weight.combined,
    edgeWeightMin: EDGE_WEIGHT_MIN,
    joinedBy: direct,
    veto: vetoOf(a, b),
    chain,
    chainIsIncomplete: isOne && chain === null,
  })
}

async function chainOf(
  reader: ClustererReader,
  root: ByteString,
  ends: readonly ExplainedMember[],
): Promise<PairReasons['chain']> {
  const [from, to] = ends.map(({ attacker }) => attacker) as [ByteString, ByteString]
  const members = await readMembers(reader, await attackersOf(reader, root, [from, to, root]))
  // One of them went, or its values alone are too many.
  if (members[0]?.attacker !== from || members[1]?.attacker !== to) return null
  const isGeneric = genericBy(
    await readHeads(
      reader,
      heldBySeveral(members).map(({ evidence }) => evidence),
    ),
  )
  const features: ClusterMember[] = members.map((member) => member.features)
  const places = chainBetween(features, 0, 1, isGeneric)
  if (places === null) return null
  return places.slice(1).map((place, i) => {
    const [a, b] = [members[places[i]!]!, members[place]!]
    return {
      attackers: [fromByteString(a.attacker), fromByteString(b.attacker)],
      joinedBy: joinedBy(a.features, b.features, isGeneric),
    }
  })
}

function identityOf(root: ByteString): string {
  return stubIdentity(fromByteString(root))
}
