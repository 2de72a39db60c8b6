import { fromByteString } from '../../bytes/byte-string.ts'
import { TopologyTestDriver, type PipedRecord } from '../../runtime/topology-test-driver.ts'
import type {
  IdentityFormed,
  IdentityMerged,
  IdentityObservationLinked,
  IdentityUnmerged,
} from '../../schemas/cluster-records.ts'
import { PUBLIC_TOPICS } from '../../schemas/topics.ts'
import type { IdentityNews } from '../../topology/identity/clusterer.ts'
import { addReferenceIdentity } from '../../topology/identity/reference-identity-topology.ts'
import type { AttackerEdit, ReferenceEdit } from '../../topology/identity/reference-input.ts'
import type {
  ReferenceAttacker,
  ReferenceIdentity,
} from '../../topology/identity/reference-rows.ts'
import { Topology } from '../../topology/topology.ts'
import { FailingIdentityStore } from '../support/failing-identity-store.ts'
import type { Fault } from '../support/told-faults.ts'
import type { IdentityEdit } from './identity-edit.ts'
import type { IdentityTick, IdentityTicker } from './identity-ticker.ts'
import { identityVectorSerdes, read, write } from './vector-serdes.ts'

const EDITS = 'reference.edits'
const TICK_MS = 60_000

/** `identify` under the reference policy in a test driver: edits in, public records out. */
export class IdentityTickDriver implements IdentityTicker {
  readonly #driver: TopologyTestDriver
  readonly #queued: (PipedRecord & { readonly topic: string })[] = []
  #faults: readonly Fault[] = []
  #newIds: readonly string[] = []
  #attackers = 0

  constructor() {
    const topology = new Topology().addSource('edits', {
      topics: [EDITS],
      deserializer: (raw) => read(raw) as ReferenceEdit,
    })
    const options = { parents: ['edits'], moves: 'moves', features: 'features' }
    addReferenceIdentity(
      topology,
      { ...options, serdes: identityVectorSerdes },
      (store) => new FailingIdentityStore(store, this.#faults, this.#newIds),
    )
    for (const name of ['moves', 'features']) {
      topology.addSink(name, { parents: ['identify'], topic: name, serializer: write })
    }
    this.#driver = new TopologyTestDriver(topology.build())
  }

  apply(edit: IdentityEdit): void {
    switch (edit.edit) {
      case 'add_identity':
        this.#queue(edit.uuid, { type: 'identity-row', identity: edit.uuid })
        return
      case 'add_attacker': {
        const { fingerprints, identity_id: identity, uuid } = edit.row
        // Attackers are read as they were added, which first_seen says here.
        this.#change(uuid, { firstSeen: this.#attackers++, identity, fingerprints })
        return
      }
      case 'set_fingerprints':
        this.#change(edit.attacker, { fingerprints: edit.fingerprints })
        return
      case 'relink':
        this.#change(edit.attacker, { identity: edit.identity })
    }
  }

  async pass(faults: readonly Fault[], newIds: readonly string[]): Promise<IdentityTick> {
    this.#faults = faults
    this.#newIds = newIds
    await this.#driver.pipeBatch(this.#queued.splice(0))
    await this.#driver.advanceWallClock(TICK_MS)
    const [failure] = [...this.#driver.failures, ...this.#driver.deadLetters]
    if (failure !== undefined) throw new Error('the topology failed', { cause: failure })
    const attackers = await this.#driver.store<ReferenceAttacker>('reference-attackers').entries()
    const rows = await this.#driver.store<ReferenceIdentity>('reference-identities').entries()
    return {
      news: this.#news(),
      links: attackers.map(([key, { identity }]) => [fromByteString(key), identity]),
      identities: rows.map(([key, row]) => [fromByteString(key), row]),
    }
  }

  #news(): IdentityNews {
    const take = <V>(topic: string): V[] =>
      this.#driver.readValues(topic, read).map(({ value }) => value as V)
    return {
      formed: take<IdentityFormed>(PUBLIC_TOPICS['identity-formed']).map((record) => ({
        identity: record.identity_uuid,
        attackers: record.observation_uuids,
      })),
      linked: take<IdentityObservationLinked>(PUBLIC_TOPICS['identity-observation-linked']).map(
        (record) => ({ identity: record.identity_uuid, attacker: record.observation_uuid }),
      ),
      merged: take<IdentityMerged>(PUBLIC_TOPICS['identity-merged']).map((record) => ({
        winner: record.winner_uuid,
        loser: record.loser_uuid,
      })),
      unmerged: take<IdentityUnmerged>(PUBLIC_TOPICS['identity-unmerged']).map((record) => ({
        resurrected: record.resurrected_uuid,
        formerWinner: record.former_winner_uuid,
      })),
    }
  }

  #change(attacker: string, changes: Omit<AttackerEdit, 'type' | 'attacker'>): void {
    this.#queue(attacker, { type: 'attacker-row', attacker, ...changes })
  }

  #queue(key: string, edit: ReferenceEdit): void {
    this.#queued.push({ topic: EDITS, key, value: write(edit), timestampMs: 0 })
  }
}
