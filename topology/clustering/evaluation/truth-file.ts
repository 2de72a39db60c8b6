import type { Labelling } from './labelling.ts'

/** A line of a truth file that was left out. The numbers count from 1. */
export interface RejectedLine {
  readonly line: number
  readonly reason: 'unreadable' | 'contradicts an earlier line'
}

export interface TruthFile {
  /** Attacker → label. */
  readonly labels: Labelling
  readonly rejected: readonly RejectedLine[]
}

/** Two fields, each plain or in quotes, in which a quote is doubled (RFC 4180, within a line). */
const CSV_LINE = /^(?:\s*"((?:[^"]|"")*)"\s*|([^",]*)),(?:\s*"((?:[^"]|"")*)"\s*|([^",]*))$/

/** A CSV file may begin by naming its columns. */
const HEADER = /^\s*"?(attacker|attacker_uuid)"?\s*,/

/**
 * Reads which attackers truly belong together. Each line is `{"attacker_uuid": "x", "label": "a"}`
 * if it begins with a brace, else CSV, `x,a`. Empty lines are skipped; a line that cannot be read,
 * or that gives an attacker another label than an earlier one, is left out and told.
 */
export function readTruthFile(text: string): TruthFile {
  const labels = new Map<string, string>()
  const rejected: RejectedLine[] = []
  const lines = text.replace(/^\uFEFF/, '').split(/\r?\n/)
  for (const [index, line] of lines.entries()) {
    if (line.trim() === '' || (index === 0 && HEADER.test(line))) continue
    const [attacker, label] = line.trimStart().startsWith('{') ? readJson(line) : readCsv(line)
    if (!attacker || !label) {
      rejected.push({ line: index + 1, reason: 'unreadable' })
      continue
    }
    const known = labels.get(attacker)
    if (known === undefined) labels.set(attacker, label)
    else if (known !== label) {
      rejected.push({ line: index + 1, reason: 'contradicts an earlier line' })
    }
  }
  return { labels, rejected }
}

type Fields = readonly [attacker?: string | undefined, label?: string | undefined]

function readJson(line: string): Fields {
  try {
    const { attacker_uuid: attacker, label } = JSON.parse(line) as Record<string, unknown>
    return typeof attacker === 'string' && typeof label === 'string' ? [attacker, label] : []
  } catch {
    return []
  }
}

function readCsv(line: string): Fields {
  const match = CSV_LINE.exec(line)
  if (match === null) return []
  const [, quotedAttacker, attacker, quotedLabel, label] = match
  return [unquoted(quotedAttacker) ?? attacker?.trim(), unquoted(quotedLabel) ?? label?.trim()]
}

function unquoted(text: string | undefined): string | undefined {
  return text?.replaceAll('""', '"')
}
