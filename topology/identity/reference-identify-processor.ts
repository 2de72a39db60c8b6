import { linkInput, type LinkInput } from '../attribution/resolve-input.ts'
import type { IdentityLink } from '../../schemas/records.ts'
import type { IdentityMessage } from '../campaign/identity-message.ts'
import type { Processor, ProcessorContext } from '../processor.ts'
import type { Record } from '../record.ts'
import type { Clusterer, IdentityStore, PassOutcome } from './clusterer.ts'
import { IDENTITY_SINKS, identityRecords } from './identity-sinks.ts'
import { identitiesStore, identityHistoryStore } from './identity-stores.ts'
import { ReferenceIdentityLedger } from './reference-identity-ledger.ts'
import { ReferenceIdentityStore } from './reference-identity-store.ts'
import type { ReferenceInput } from './reference-input.ts'
import {
  referenceAttackersStore,
  referenceIdentitiesStore,
  referenceSightingsStore,
  type ReferenceStores,
} from './reference-rows.ts'
import { ReferenceTables } from './reference-tables.ts'

export interface ReferenceIdentifyOptions {
  /** Children: see `IdentityOptions`. */
  readonly moves: string
  readonly features: string
  readonly clusterer: Clusterer
  /** Stands between a pass and the tables, anew for each; the vectors let calls fail there. */
  readonly intercept: (store: IdentityStore) => IdentityStore
}

type Output = IdentityMessage | LinkInput | IdentityLink | object

/**
 * The reference's identity clusterer: at each tick, one pass over everything.
 *
 * Links are literal: an attacker is moved when a pass links it, and never because identities were
 * merged. It reads whole tables and is for the vectors only.
 */
export class ReferenceIdentifyProcessor implements Processor<ReferenceInput, Output> {
  readonly #options: ReferenceIdentifyOptions
  #stores!: ReferenceStores
  #tables!: ReferenceTables
  #ledger!: ReferenceIdentityLedger

  constructor(options: ReferenceIdentifyOptions) {
    this.#options = options
  }

  init(context: ProcessorContext<Output>): void {
    this.#stores = {
      attackers: context.store(referenceAttackersStore.name),
      identities: context.store(referenceIdentitiesStore.name),
      sightings: context.store(referenceSightingsStore.name),
    }
    this.#tables = new ReferenceTables(this.#stores)
    this.#ledger = new ReferenceIdentityLedger(this.#stores, {
      identities: context.store(identitiesStore.name),
      history: context.store(identityHistoryStore.name),
    })
  }

  process(record: Record<ReferenceInput>): void {
    this.#tables.take(record.value)
  }

  punctuate(timestampMs: number, context: ProcessorContext<Output>): void {
    const send = (child: string, key: string, value: Output): void => {
      context.forward({ key, value, timestampMs }, child)
    }
    const store = new ReferenceIdentityStore(this.#stores)
    const { clusterer, intercept } = this.#options
    const outcome = clusterer.pass(intercept(store))
    if (outcome.failures > 0) context.count('steps-failed', outcome.failures)
    if (outcome.brokenChains > 0) context.count('broken-chains', outcome.brokenChains)
    for (const { key, sink, value } of identityRecords(outcome)) {
      send(IDENTITY_SINKS[sink], key, value)
    }
    for (const link of linksOf(outcome)) {
      send(IDENTITY_SINKS.link, link.attacker_uuid, link)
      send(this.#options.moves, link.attacker_uuid, linkInput(link))
    }
    for (const message of this.#ledger.book(outcome, timestampMs)) {
      send(this.#options.features, message.identity, message)
    }
  }
}

/** One an attacker that the pass linked; a merge moves nobody. */
function* linksOf({ formed, linked }: PassOutcome): Generator<IdentityLink> {
  const literal = (attacker: string, identity: string): IdentityLink => ({
    attacker_uuid: attacker,
    identity_uuid: identity,
    root_uuid: identity,
    cause: 'link',
  })
  for (const { attackers, identity } of formed) {
    for (const attacker of attackers) yield literal(attacker, identity)
  }
  for (const { attacker, identity } of linked) yield literal(attacker, identity)
}
