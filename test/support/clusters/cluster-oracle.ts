import { fromByteString } from '../../../bytes/byte-string.ts'
import { stubIdentity } from '../../../topology/attribution/stub-identity.ts'
import { campaignOf } from '../../../topology/campaign/campaign-id.ts'
import { featuresOfMessage } from '../../../topology/campaign/campaign-member.ts'
import { type Tie, tiesOf } from '../../../topology/campaign/tie.ts'
import { evidenceOfRowKey, evidenceRowKey } from '../../../topology/identity/cluster-keys.ts'
import { evidenceOf } from '../../../topology/identity/evidence.ts'
import { Findings } from '../findings.ts'
import type { ClusterEvidence, News } from './cluster-evidence.ts'
import type { NewsName } from './numbered-product.ts'
import { NewsOfCampaigns } from './news-of-campaigns.ts'
import { NewsOfIdentities } from './news-of-identities.ts'
import { PlainClusters } from './plain-clusters.ts'

/** News that the history of every identity named keeps. */
const COUNTED: ReadonlySet<NewsName> = new Set([
  'identity-formed',
  'identity-observation-linked',
  'identity-merged',
  'identity-unmerged',
])

/**
 * The judge of a run's identities and campaigns, when all is quiet. It looks at nothing but inputs,
 * public records and rows, and computes everything anew from the inputs:
 *
 * a. roots: those of a partition of the last profiles;
 * b. profile rows: folds over the attackers of each root;
 * c. links and members: those that the roots say;
 * d. rows of identities: folds over their attackers;
 * e. campaigns: those of a partition of the identities;
 * f. news: told in order and once, whoever follows it knows all of that.
 *
 * What is generic depends on what was held when. So that is taken from the stores, and held to what
 * the limit allows for the number of holders.
 */
export function clusterViolations(evidence: ClusterEvidence, genericLimit: number): string[] {
  const { deadLetters, disordered, inputs, stores, unreadable } = evidence
  const findings = new Findings()
  const plain = new PlainClusters(
    inputs,
    (value) => stores.evidence.get(evidenceRowKey(value))?.isGeneric ?? false,
  )
  for (const topic of disordered) findings.add(`the log of ${topic} is not in order`)
  if (deadLetters !== unreadable) findings.add(`${unreadable} bad, ${deadLetters} dead letters`)
  checkIdentities(evidence, plain, findings)
  checkAttribution(evidence, plain, findings)
  checkEvidence(evidence, genericLimit, findings)
  checkCampaigns(evidence, plain, findings)
  checkTies(evidence, plain, genericLimit, findings)
  checkNews(evidence, plain, findings)
  return findings.list
}

/** a, d */
function checkIdentities(
  { news, stores }: ClusterEvidence,
  plain: PlainClusters,
  findings: Findings,
): void {
  const roots = [...stores.clustered].map(([who, { root }]) => [who, fromByteString(root)] as const)
  findings.compare('a: root of', new Map(Object.entries(plain.roots)), new Map(roots))
  const events = eventsByIdentity(news)
  const rows = [...plain.identityRows()].map(([identity, row]) => {
    return [identity, { ...row, events: events.get(identity) ?? 0 }] as const
  })
  findings.compare('d: identity', new Map(rows), stores.identities)
}

/** How much each identity's history has to tell. */
function eventsByIdentity(news: readonly News[]): Map<string, number> {
  const events = new Map<string, number>()
  for (const { record, value } of news) {
    if (!COUNTED.has(record)) continue
    for (const [field, identity] of Object.entries(value as Record<string, string>)) {
      if (field.startsWith('observation')) continue
      events.set(identity, (events.get(identity) ?? 0) + 1)
    }
  }
  return events
}

/** b, c */
function checkAttribution(
  { stores }: ClusterEvidence,
  plain: PlainClusters,
  findings: Findings,
): void {
  findings.compare('b: row', plain.profileRows(), stores.profiles)
  const attackers = [...plain.firstSeen]
  const links = attackers.map(([attacker, firstSeen]) => {
    const [identity, root] = [stubIdentity(attacker), plain.identityOf(attacker)]
    return [attacker, { identity, root, firstSeen, isOwnStub: root === identity }] as const
  })
  findings.compare('c: link of', new Map(links), stores.links)
  const members = attackers.map(([attacker, firstSeen]) => {
    return [`${plain.identityOf(attacker)} ${attacker}`, firstSeen] as const
  })
  const found = [...stores.members].map(([key, { firstSeen }]) => [key, firstSeen] as const)
  findings.compare('c: member', new Map(members), new Map(found))
}

function checkEvidence({ stores }: ClusterEvidence, limit: number, findings: Findings): void {
  const held = [...stores.clustered.values()].flatMap((member) => [...evidenceOf(member)])
  checkHeads('evidence', held.map(evidenceRowKey), stores.evidence, limit, findings)
}

/** e */
function checkCampaigns(
  { stores }: ClusterEvidence,
  plain: PlainClusters,
  findings: Findings,
): void {
  const roots = plain.campaignRoots((tie) => stores.ties.get(tie)?.isGeneric ?? false)
  const expected = [...plain.identityMessages()].map(([identity, message]) => {
    const root = roots.get(identity)!
    const features = featuresOfMessage(message)
    const { firstSeen } = message
    const place = { mergedInto: null, root, campaign: campaignOf(root), isStale: false }
    return [identity, { firstSeen, ...place, features }] as const
  })
  const found = [...stores.campaignIdentities].filter(([, { mergedInto }]) => mergedInto === null)
  findings.compare('e: identity', new Map(expected), new Map(found))
  const members = [...roots].map(
    ([identity, root]) => [`${campaignOf(root)} ${identity}`, true] as const,
  )
  const rows = [...stores.campaignMembers.keys()].map((key) => [key, true] as const)
  findings.compare('e: member', new Map(members), new Map(rows))
  checkCampaignRows(stores.campaigns, plain, roots, findings)
}

/** Each identity's own campaign counts who is in it, or leads to the one it is part of. */
function checkCampaignRows(
  rows: ClusterEvidence['stores']['campaigns'],
  plain: PlainClusters,
  roots: ReadonlyMap<string, string>,
  findings: Findings,
): void {
  const counts = new Map<string, number>()
  for (const root of roots.values()) counts.set(root, (counts.get(root) ?? 0) + 1)
  const attackers = new Map([...plain.firstSeen.keys()].map((who) => [stubIdentity(who), who]))
  const endOf = (campaign: string): string => {
    let at = campaign
    for (let hops = 0; hops <= rows.size; hops++) {
      const into = rows.get(at)?.mergedInto ?? null
      if (into === null) return at
      at = into
    }
    return 'nowhere'
  }
  const expected = new Map<string, unknown>()
  const found = new Map<string, unknown>()
  for (const [campaign, row] of rows) {
    const { identity } = row
    const root = roots.get(plain.identityOf(attackers.get(identity)!))!
    expected.set(campaign, [campaignOf(identity), counts.get(identity) ?? 0, campaignOf(root)])
    found.set(campaign, [campaign, row.identities, endOf(campaign)])
  }
  for (const identity of roots.keys()) {
    const campaign = campaignOf(identity)
    if (!rows.has(campaign)) findings.add(`e: no row of campaign ${campaign}`)
  }
  findings.compare('e: campaign', expected, found)
}

function checkTies(
  { stores }: ClusterEvidence,
  plain: PlainClusters,
  limit: number,
  findings: Findings,
): void {
  const messages = [...plain.identityMessages().values()]
  const held: Tie[] = messages.flatMap((message) => [...tiesOf(featuresOfMessage(message))])
  checkHeads('tie', held, stores.ties, limit, findings)
}

/** Holders are counted right, and generic is what must be, and nothing that must not. */
function checkHeads(
  what: string,
  held: readonly string[],
  heads: ReadonlyMap<string, { readonly holders: number; readonly isGeneric: boolean }>,
  limit: number,
  findings: Findings,
): void {
  const counts = new Map<string, number>()
  for (const key of held) counts.set(key, (counts.get(key) ?? 0) + 1)
  const counted = [...heads].map(([key, { holders }]) => [key, holders] as const)
  findings.compare(`holders of ${what}`, counts, new Map(counted))
  for (const [key, { holders, isGeneric }] of heads) {
    const isAllowed = isGeneric ? holders * 2 >= limit : holders <= limit
    if (!isAllowed) findings.add(`${what} ${key} of ${holders}: generic is ${isGeneric}`)
  }
}

/** f */
function checkNews(
  { news, stores }: ClusterEvidence,
  plain: PlainClusters,
  findings: Findings,
): void {
  const identities = new NewsOfIdentities(findings)
  const campaigns = new NewsOfCampaigns(findings)
  for (const each of news) {
    identities.hear(each)
    campaigns.hear(each)
  }
  campaigns.conclude()
  const attackers = [...plain.firstSeen.keys()]
  const places = new Map(attackers.map((who) => [who, plain.identityOf(who)]))
  findings.compare('f: news of', places, identities.identities)
  const links = attackers.map(
    (who) => [who, identities.links.get(who) ?? stubIdentity(who)] as const,
  )
  findings.compare('f: link of', places, new Map(links))
  findings.compare('f: identity', setOf(places.values()), setOf(identities.living))
  const generic = [...stores.evidence].filter(([, { isGeneric }]) => isGeneric)
  const names = { j: 'ja3', h: 'hassh', p: 'payload', c: 'c2' } as const
  const kept = generic.map(([key]) => {
    const { kind, value } = evidenceOfRowKey(key)
    return `${names[kind]} ${value}`
  })
  findings.compare('f: generic', setOf(kept), setOf(identities.generic))
  const roots = plain.campaignRoots((tie) => stores.ties.get(tie)?.isGeneric ?? false)
  const told = [...roots].map(
    ([identity]) => [identity, campaigns.campaigns.get(identity)] as const,
  )
  const expected = [...roots].map(([identity, root]) => [identity, campaignOf(root)] as const)
  findings.compare('f: campaign of', new Map(expected), new Map(told))
  const living = setOf(expected.map(([, campaign]) => campaign))
  findings.compare('f: campaign', living, setOf(campaigns.living))
}

function setOf(keys: Iterable<string>): Map<string, true> {
  return new Map([...keys].map((key) => [key, true]))
}
