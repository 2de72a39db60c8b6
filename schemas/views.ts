import { avroType, nodeOf } from './avro-types.ts'
import { DeserializationError } from './errors.ts'
import { FlawFinder } from './flaw-finder.ts'
import type { RecordName, ViewName } from './record-types.ts'
import { type AvroRecordSchema, currentSchema } from './schema-files.ts'
import { OBSERVATION_BYTES_MAX, RECORD_BYTES_MAX } from './text-limits.ts'
import { validateAttackerProfile, validateIdentityLink } from './validate-attacker.ts'
import { validateTechniqueTag } from './validate-technique-tag.ts'
import { validateIdentityObservation, validateObservation } from './validate-observation.ts'
import { validateWorkerControl } from './validate-worker-control.ts'

/** How a view is read and what its content must be, whichever format it comes in. */
export interface View {
  readonly record: RecordName
  /** Fields read; the others are skipped, their texts never made. Absent: all. */
  readonly fields?: readonly string[]
  /** The field that holds an observed value. */
  readonly valueField?: 'value' | 'current_value'
  /** Longest Avro or JSON; anything longer is refused unread. */
  readonly bytesMax: number
  /** Checks content beyond the types. @throws {DeserializationError} names the field */
  readonly validate: (view: never) => void
}

const observation: View = {
  record: 'observation',
  valueField: 'value',
  bytesMax: OBSERVATION_BYTES_MAX,
  validate: validateObservation,
}

const identityObservation: View = {
  record: 'identity-observation',
  valueField: 'value',
  bytesMax: OBSERVATION_BYTES_MAX,
  validate: validateIdentityObservation,
}

/**
 * Projections read, besides the fields of their type, the numbers that validation needs: they
 * cost next to nothing, and so a record is valid or not whichever format it came in.
 */
const VIEWS: Readonly<Record<ViewName, View>> = {
  observation,
  'observation-view': {
    ...observation,
    fields: [
      'attacker_uuid',
      'id',
      'v',
      'ts',
      'primitive',
      'value',
      'confidence',
      'window',
      'evidence_ref',
    ],
  },
  'identity-observation': identityObservation,
  'identity-observation-view': {
    ...identityObservation,
    fields: ['identity_uuid', 'attacker_uuid', 'v', 'ts', 'primitive', 'value', 'confidence'],
  },
  'attacker-profile': {
    record: 'attacker-profile',
    bytesMax: RECORD_BYTES_MAX,
    validate: validateAttackerProfile,
  },
  'identity-link': {
    record: 'identity-link',
    bytesMax: RECORD_BYTES_MAX,
    validate: validateIdentityLink,
  },
  'state-changed': { ...output('state-changed'), valueField: 'current_value' },
  'multi-actor-suspected': output('multi-actor-suspected'),
  'multi-actor-cleared': output('multi-actor-cleared'),
  'dead-letter': output('dead-letter'),
  'identity-formed': output('identity-formed'),
  'identity-observation-linked': output('identity-observation-linked'),
  'identity-merged': output('identity-merged'),
  'identity-unmerged': output('identity-unmerged'),
  'evidence-generic': output('evidence-generic'),
  'campaign-formed': output('campaign-formed'),
  'campaign-identity-assigned': output('campaign-identity-assigned'),
  'identity-campaign-assigned': output('identity-campaign-assigned'),
  'campaign-merged': output('campaign-merged'),
  'campaign-unmerged': output('campaign-unmerged'),
  'technique-tag': {
    record: 'technique-tag',
    bytesMax: RECORD_BYTES_MAX,
    validate: validateTechniqueTag,
  },
  'worker-health': output('worker-health'),
  'worker-control': {
    record: 'worker-control',
    bytesMax: RECORD_BYTES_MAX,
    validate: validateWorkerControl,
  },
}

/** A record that only the product writes: numbers must be finite, no more is asked. */
function output(record: RecordName): View {
  const flaws = new FlawFinder(nodeOf(avroType(currentSchema(record).schema)))
  return {
    record,
    bytesMax: RECORD_BYTES_MAX,
    validate: (view: object) => {
      const flaw = flaws.find(view)
      if (flaw !== undefined) throw new DeserializationError('', 'finite numbers', flaw)
    },
  }
}

export function viewOf(name: ViewName): View {
  return VIEWS[name]
}

/** The schema that reads a view: the record's, without the fields that are not read. */
export function readerSchema(name: ViewName): AvroRecordSchema {
  const { record, fields } = viewOf(name)
  const { schema } = currentSchema(record)
  if (fields === undefined) return schema
  return { ...schema, fields: schema.fields.filter((field) => fields.includes(field.name)) }
}
