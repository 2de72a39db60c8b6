import { expect, test } from 'vitest'
import { fromByteString, toByteString } from '../../../bytes/byte-string.ts'
import {
  type TestDriverOptions,
  TopologyTestDriver,
} from '../../../runtime/topology-test-driver.ts'
import { PUBLIC_TOPICS } from '../../../schemas/topics.ts'
import { campaignOf } from '../../../topology/campaign/campaign-id.ts'
import type { CampaignRow } from '../../../topology/campaign/campaign-row.ts'
import type { IdentityMessage } from '../../../topology/campaign/identity-message.ts'
import { addReferenceCampaign } from '../../../topology/campaign/reference-campaign-topology.ts'
import { Topology } from '../../../topology/topology.ts'
import { campaignVectorSerdes, read, write } from '../../vectors/vector-serdes.ts'

const INPUT = 'input'
const MINUTE_MS = 60_000

/** `campaign` alone under the reference policy. */
class World {
  readonly driver: TopologyTestDriver

  constructor(options: TestDriverOptions = {}) {
    const topology = new Topology().addSource('input', {
      topics: [INPUT],
      deserializer: (raw) => read(raw) as IdentityMessage,
    })
    addReferenceCampaign(topology, { parents: ['input'], serdes: campaignVectorSerdes })
    this.driver = new TopologyTestDriver(topology.build(), options)
  }

  async tell(identity: string, payload: string, mergedInto: string | null = null): Promise<void> {
    const message: IdentityMessage = {
      identity,
      firstSeen: 1,
      mergedInto,
      payloadHashes: [payload],
      c2Endpoints: [],
      keystrokeCentroid: null,
      visits: [],
    }
    await this.driver.pipe(INPUT, { key: identity, value: write(message), timestampMs: 0 })
  }

  async pass(): Promise<void> {
    await this.driver.advanceWallClock(MINUTE_MS)
    expect(this.driver.failures).toEqual([])
  }

  take(record: 'campaign-formed' | 'campaign-merged' | 'campaign-unmerged'): unknown[] {
    return this.driver.readValues(PUBLIC_TOPICS[record], read).map(({ value }) => value)
  }

  async campaign(identity: string): Promise<CampaignRow> {
    const rows = this.driver.store<CampaignRow>('campaigns')
    return (await rows.get(toByteString(campaignOf(identity))))!
  }

  /** Campaign and member, by the names of the identities. */
  async members(): Promise<string[]> {
    const rows = await this.driver.store('campaign-members').entries()
    return rows.map(([key]) => fromByteString(key).split('\u0000').join(' '))
  }
}

const [first, second] = [campaignOf('i1'), campaignOf('i2')]
const [winner, loser] = first < second ? ['i1', 'i2'] : ['i2', 'i1']

test.each([{}, { missEverything: true }])(
  'campaigns form, merge and part, and their rows say so (%o)',
  async (options) => {
    const world = new World(options)
    await world.tell('i1', 'x')
    await world.tell('i2', 'y')
    await world.pass()
    expect(world.take('campaign-formed')).toEqual([
      { campaign_uuid: first, identity_uuids: ['i1'] },
      { campaign_uuid: second, identity_uuids: ['i2'] },
    ])
    await world.tell('i2', 'x')
    await world.pass()
    const [won, lost] = [campaignOf(winner), campaignOf(loser)]
    expect(world.take('campaign-merged')).toEqual([{ winner_uuid: won, loser_uuid: lost }])
    expect(await world.campaign(winner)).toMatchObject({ mergedInto: null, identities: 2 })
    expect(await world.campaign(loser)).toMatchObject({ mergedInto: won, identities: 0 })
    expect(await world.members()).toEqual([`${won} i1`, `${won} i2`])

    await world.tell('i2', 'y')
    await world.pass()
    expect(world.take('campaign-unmerged')).toEqual([
      { resurrected_uuid: lost, former_winner_uuid: won },
    ])
    expect(await world.campaign(loser)).toMatchObject({ mergedInto: null, identities: 1 })
    expect(await world.members()).toEqual([`${first} i1`, `${second} i2`].sort())
  },
)

test('an identity that was merged out leaves its campaign', async () => {
  const world = new World()
  await world.tell('i1', 'x')
  await world.tell('i2', 'x')
  await world.pass()
  expect(await world.campaign('i1')).toMatchObject({ identities: 2 })
  await world.tell('i2', 'x', 'i1')
  await world.pass()
  expect(await world.campaign('i1')).toMatchObject({ identities: 1 })
  expect(await world.members()).toEqual([`${first} i1`])
})

test('a pass without news says nothing and writes nothing', async () => {
  const world = new World()
  await world.tell('i1', 'x')
  await world.pass()
  const before = await world.campaign('i1')
  world.take('campaign-formed')
  await world.pass()
  expect(world.take('campaign-formed')).toEqual([])
  expect(await world.campaign('i1')).toEqual(before)
})
