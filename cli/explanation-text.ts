import { count, moment } from './quantities.ts'
import { printLine, visible, type Terminal } from './terminal.ts'
import { textTable, type Column } from './text-table.ts'

/** The answer of `/identities/{id}/explain`, as far as people are shown it. */
export interface Explanation {
  readonly identity_uuid: string
  readonly requested_uuid: string
  readonly identity: IdentityReasons | null
  readonly pair: PairReasons | null
}

interface Shared {
  readonly kind: string
  readonly value: string
  readonly phase: string | null
  readonly generic: boolean
}

interface Veto {
  readonly kind: string
  readonly values: readonly string[]
}

interface Pair {
  readonly attackers: readonly [string, string]
  readonly combined: number
  readonly joined_by: readonly Shared[]
  readonly veto: readonly Veto[]
}

interface IdentityReasons {
  readonly attackers: number
  readonly attackers_explained: readonly string[]
  readonly evidence: readonly (Shared & {
    readonly tier: string
    readonly holders: number
    readonly holders_in_all: number | null
  })[]
  readonly evidence_left_out: number
  readonly pairs_are: 'all' | 'spanning_tree'
  readonly pairs: readonly Pair[]
  readonly history: readonly {
    readonly ts: number
    readonly type: string
    readonly other_uuid: string | null
  }[]
}

interface PairReasons extends Omit<Pair, 'scores'> {
  readonly identities: readonly [string, string]
  readonly tiers: readonly {
    readonly tier: string
    readonly score: number
    readonly weight: number
    readonly shared: readonly Shared[]
    readonly shared_left_out: number
  }[]
  readonly edge_weight_min: number
  readonly chain:
    | readonly {
        readonly attackers: readonly [string, string]
        readonly joined_by: readonly Shared[]
      }[]
    | null
  readonly chain_incomplete: boolean
}

const ROWS_MAX = 50
const NAMED_MAX = 3

export function printExplanation(terminal: Terminal, explanation: Explanation): void {
  const { identity, identity_uuid, pair, requested_uuid } = explanation
  if (pair !== null) {
    printPair(terminal, pair)
    return
  }
  if (identity === null) return
  const { out, outColors } = terminal
  printLine(out, `identity   ${outColors.bold(visible(identity_uuid))}`)
  if (requested_uuid !== identity_uuid) {
    printLine(out, `asked for  ${visible(requested_uuid)}, which is part of it`)
  }
  printIdentity(terminal, identity)
}

function printIdentity(terminal: Terminal, reasons: IdentityReasons): void {
  const { out } = terminal
  const looked = reasons.attackers_explained.length
  const unseen = looked < reasons.attackers ? `, of which ${count(looked)} were looked at` : ''
  printLine(out, `attackers  ${count(reasons.attackers)}${unseen}`)
  printSection(terminal, 'What several of them have', evidenceColumns, evidenceRows(reasons), {
    left: reasons.evidence_left_out,
    none: 'nothing',
  })
  const pairs = [...reasons.pairs].sort((a, b) => b.combined - a.combined)
  const title = reasons.pairs_are === 'all' ? 'Pairs' : 'Pairs that hold them together'
  printSection(terminal, title, pairColumns, pairs.slice(0, ROWS_MAX).map(pairRow), {
    left: Math.max(0, pairs.length - ROWS_MAX),
    none: 'there is none',
  })
  const history = reasons.history.map(({ other_uuid, ts, type }) => [
    moment(ts),
    eventTexts[type] ?? visible(type),
    visible(other_uuid ?? ''),
  ])
  printSection(terminal, 'History', historyColumns, history, { left: 0, none: 'nothing yet' })
}

const eventTexts: Readonly<Record<string, string>> = {
  formed: 'formed',
  linked: 'joined by attacker',
  merged: 'merged into',
  unmerged: 'parted from',
  gained: 'took in',
  lost: 'lost',
}

function printSection(
  { out, outColors }: Terminal,
  title: string,
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  { left, none }: { readonly left: number; readonly none: string },
): void {
  printLine(out, '')
  if (rows.length === 0) {
    printLine(out, `${outColors.bold(title)}: ${none}`)
    return
  }
  printLine(out, outColors.bold(title))
  for (const line of textTable(columns, rows, outColors.dim)) printLine(out, `  ${line}`)
  if (left > 0) printLine(out, `  and ${count(left)} more`)
}

function evidenceRows({ evidence }: IdentityReasons): string[][] {
  return evidence
    .slice(0, ROWS_MAX)
    .map((each) => [
      tierName(each.tier),
      nameOf(each),
      count(each.holders),
      each.holders_in_all === null ? '' : count(each.holders_in_all),
      each.generic ? 'too common to join anybody' : '',
    ])
}

function pairRow({ attackers, combined, joined_by, veto }: Pair): string[] {
  const [a, b] = attackers
  return [weightText(combined), visible(a), visible(b), namesOf(joined_by), vetoText(veto)]
}

function printPair(terminal: Terminal, pair: PairReasons): void {
  const { out, outColors } = terminal
  const [a, b] = pair.attackers.map(visible) as [string, string]
  const [ofA, ofB] = pair.identities.map(visible) as [string, string]
  printLine(out, `${outColors.bold(a)} and ${outColors.bold(b)} are ${verdictOf(pair)}`)
  printLine(out, '')
  printLine(out, ofA === ofB ? `identity of both  ${ofA}` : `identities  ${ofA} and ${ofB}`)
  const rows = pair.tiers.map(({ score, shared, shared_left_out, tier, weight }) => [
    tierName(tier),
    score.toFixed(2),
    String(weight),
    weightText(score * weight),
    namesOf(shared, shared_left_out),
  ])
  printSection(terminal, 'Tiers', tierColumns, rows, { left: 0, none: 'none' })
  printLine(
    out,
    `  together ${weightText(pair.combined)}; ${pair.edge_weight_min} joins two attackers`,
  )
  if (pair.veto.length > 0) {
    printLine(out, '')
    printLine(out, `${outColors.red('Veto')}: ${vetoText(pair.veto)}`)
  }
  const { chain } = pair
  if (chain === null || chain.length < 2) return
  const steps = chain.map(({ attackers: [from, to], joined_by }) => [
    visible(from),
    visible(to),
    namesOf(joined_by),
  ])
  printSection(terminal, 'From one to the other', chainColumns, steps, { left: 0, none: '' })
}

function verdictOf(pair: PairReasons): string {
  const { chain, chain_incomplete, combined, edge_weight_min, joined_by, veto } = pair
  if (joined_by.length > 0) return `one identity: both have ${namesOf(joined_by)}`
  if (chain !== null) return 'one identity, joined through others'
  if (chain_incomplete) return 'one identity, joined through more others than were looked at'
  if (veto.length > 0) return `two identities: they use different clients`
  return combined >= edge_weight_min
    ? 'two identities: what they share is too common to join anybody'
    : 'two identities: they share too little'
}

function tierName(tier: string): string {
  return tier.replace('_', ' ')
}

/** What is shared, shortened to a few. */
function namesOf(shared: readonly Shared[], leftOut = 0): string {
  const named = shared.slice(0, NAMED_MAX).map(nameOf)
  const more = shared.length + leftOut - named.length
  return named.join(', ') + (more > 0 ? ` and ${count(more)} more` : '')
}

function nameOf({ kind, phase, value }: Shared): string {
  const shown = visible(value.length > 64 ? `${value.slice(0, 64)}…` : value)
  return `${kind} ${shown === '' ? '(empty)' : shown}${phase === null ? '' : ` (${visible(phase)})`}`
}

function vetoText(veto: readonly Veto[]): string {
  return veto
    .map(({ kind, values }) => `${kind} ${values.map((each) => visible(each)).join(' is not ')}`)
    .join(', ')
}

function weightText(weight: number): string {
  return weight.toFixed(2)
}

const evidenceColumns = [
  { title: 'TIER' },
  { title: 'WHAT' },
  { title: 'HELD BY', align: 'right' },
  { title: 'IN ALL', align: 'right' },
  { title: '' },
] as const

const pairColumns = [
  { title: 'WEIGHT', align: 'right' },
  { title: 'ATTACKER' },
  { title: 'ATTACKER' },
  { title: 'JOINED BY' },
  { title: 'VETO' },
] as const

const historyColumns = [{ title: 'TIME' }, { title: 'WHAT' }, { title: 'WHO' }]

const tierColumns = [
  { title: 'TIER' },
  { title: 'SCORE', align: 'right' },
  { title: 'WEIGHT', align: 'right' },
  { title: 'COUNTS', align: 'right' },
  { title: 'SHARED' },
] as const

const chainColumns = [{ title: 'FROM' }, { title: 'TO' }, { title: 'JOINED BY' }]
