import { readFileSync } from 'node:fs'
import type { RecordName } from './record-types.ts'

/**
 * The schemas of this version of the product and of every earlier one.
 *
 * V1. A published version never changes: its id stands before records in logs.
 * V2. Ids are constants, so a log stays readable whatever the order of registration:
 *     1000 × number of the record + version. Low ids are left to schemas of others.
 * V3. To change a schema: copy `x.avsc` to `x.v<n>.avsc`, list that file before `x.avsc` below,
 *     then edit `x.avsc`; the golden test says what to record.
 */
export interface SchemaVersion {
  readonly record: RecordName
  /** From 1; the last is what the product writes. */
  readonly version: number
  readonly id: number
  readonly schema: AvroRecordSchema
}

/** An `.avsc` as parsed JSON; only what the product itself looks at is typed. */
export interface AvroRecordSchema {
  readonly type: 'record'
  readonly name: string
  readonly namespace?: string
  readonly aliases?: readonly string[]
  readonly doc?: string
  readonly fields: readonly AvroField[]
}

export interface AvroField {
  readonly name: string
  readonly type: unknown
  readonly doc?: string
  readonly default?: unknown
}

interface SchemaFiles {
  /** Never given to another record. */
  readonly number: number
  /** Oldest first. */
  readonly files: readonly string[]
}

const FILES: Readonly<Record<RecordName, SchemaFiles>> = {
  observation: { number: 1, files: ['observation.avsc'] },
  'attacker-profile': { number: 2, files: ['attacker-profile.avsc'] },
  'identity-link': { number: 3, files: ['identity-link.avsc'] },
  'identity-observation': { number: 4, files: ['identity-observation.avsc'] },
  'state-changed': { number: 5, files: ['state-changed.avsc'] },
  'multi-actor-suspected': { number: 6, files: ['multi-actor-suspected.avsc'] },
  'multi-actor-cleared': { number: 7, files: ['multi-actor-cleared.avsc'] },
  'dead-letter': { number: 8, files: ['dead-letter.avsc'] },
  'identity-formed': { number: 9, files: ['identity-formed.avsc'] },
  'identity-observation-linked': { number: 10, files: ['identity-observation-linked.avsc'] },
  'identity-merged': { number: 11, files: ['identity-merged.avsc'] },
  'identity-unmerged': { number: 12, files: ['identity-unmerged.avsc'] },
  'evidence-generic': { number: 13, files: ['evidence-generic.avsc'] },
  'campaign-formed': { number: 14, files: ['campaign-formed.avsc'] },
  'campaign-identity-assigned': { number: 15, files: ['campaign-identity-assigned.avsc'] },
  'identity-campaign-assigned': { number: 16, files: ['identity-campaign-assigned.avsc'] },
  'campaign-merged': { number: 17, files: ['campaign-merged.avsc'] },
  'campaign-unmerged': { number: 18, files: ['campaign-unmerged.avsc'] },
  'technique-tag': { number: 19, files: ['technique-tag.avsc'] },
  'worker-health': { number: 20, files: ['worker-health.avsc'] },
  'worker-control': { number: 21, files: ['worker-control.avsc'] },
}

export const RECORD_NAMES = Object.keys(FILES) as RecordName[]

const loaded = new Map(RECORD_NAMES.map((record) => [record, loadVersions(record)]))

function loadVersions(record: RecordName): readonly SchemaVersion[] {
  const { number, files } = FILES[record]
  return files.map((file, index) => ({
    record,
    version: index + 1,
    id: number * 1_000 + index + 1,
    schema: JSON.parse(
      readFileSync(new URL(`./${file}`, import.meta.url), 'utf8'),
    ) as AvroRecordSchema,
  }))
}

/** Oldest first. */
export function schemaVersions(record: RecordName): readonly SchemaVersion[] {
  return loaded.get(record)!
}

/** The version that the product writes. */
export function currentSchema(record: RecordName): SchemaVersion {
  return loaded.get(record)!.at(-1)!
}
