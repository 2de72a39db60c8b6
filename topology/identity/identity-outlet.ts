import { linkInput, type ResolveInput } from '../attribution/resolve-input.ts'
import type { IdentityMessage } from '../campaign/identity-message.ts'
import type { EvidenceGeneric } from '../../schemas/cluster-records.ts'
import type { ProcessorContext } from '../processor.ts'
import type { GenericChange } from './announcement.ts'
import type { EvidenceKind } from './evidence.ts'
import type { PassResult } from './identify-pass.ts'
import { IDENTITY_SINKS, identityRecords } from './identity-sinks.ts'
import { Steps } from '../clustering/steps.ts'

const KIND_NAMES: Readonly<Record<EvidenceKind, EvidenceGeneric['kind']>> = {
  j: 'ja3',
  h: 'hassh',
  p: 'payload',
  c: 'c2',
}

export interface OutletOptions {
  /** Child that leads to the attackers' own tasks. */
  readonly moves: string
  /** Child that leads to the campaigns. */
  readonly features: string
}

/**
 * Tells what a pass did, in order: formed, linked, merged, unmerged, generic values, links; then the
 * links to the attackers' own tasks, and the identities to the campaigns.
 *
 * Records carry the newest event time that the task has seen, not the wall clock: their readers
 * take records of several topics in the order of their times, and those of old data being read
 * again must not stand behind all of it.
 */
export class IdentityOutlet {
  readonly #context: ProcessorContext<unknown>
  readonly #options: OutletOptions

  constructor(context: ProcessorContext<unknown>, options: OutletOptions) {
    this.#context = context
    this.#options = options
  }

  /** @returns steps that failed: records that could not be told, and were skipped */
  tell({ announcement, messages }: PassResult): number {
    const { features, moves } = this.#options
    const steps = new Steps()
    const send = (child: string, key: string, value: unknown): void => {
      const timestampMs = Math.max(0, this.#context.streamTimeMs)
      steps.try(() => this.#context.forward({ key, value, timestampMs }, child))
    }
    for (const { key, sink, value } of identityRecords(announcement)) {
      send(IDENTITY_SINKS[sink], key, value)
    }
    for (const change of announcement.generic) {
      const value = evidenceGeneric(change)
      send(IDENTITY_SINKS.generic, `${value.kind}:${value.value}`, value)
    }
    for (const link of announcement.links) send(IDENTITY_SINKS.link, link.attacker_uuid, link)
    for (const link of announcement.links) {
      send(moves, link.attacker_uuid, linkInput(link) satisfies ResolveInput)
    }
    for (const message of messages) {
      send(features, message.identity, message satisfies IdentityMessage)
    }
    return steps.failures
  }
}

function evidenceGeneric({ evidence, holders, isGeneric }: GenericChange): EvidenceGeneric {
  return { kind: KIND_NAMES[evidence.kind], value: evidence.value, generic: isGeneric, holders }
}
