import { beforeEach, expect, test } from 'vitest'
import { BehindBoundError, InvalidBoundError, StoreNotReadyError } from '../../state/errors.ts'
import { apiUnderTest, type ApiUnderTest } from '../support/api-under-test.ts'
import { campaignRow } from '../support/cluster-rows.ts'

let api: ApiUnderTest

beforeEach(() => {
  api = apiUnderTest()
  api.query.store('attacker-links').set('a', { identity: 'i', root: 'i', firstSeen: 1 })
  api.query.store('identity-members').set('i\0a', { firstSeen: 1, updatedTs: 2 })
  api.query.store('campaigns').set('c', campaignRow())
  api.query.store('multi-actor-windows').set('i', { entries: [], announced: ['p'] })
})

async function get(url: string) {
  const { headers, statusCode, ...response } = await api.app.inject(`/api/v1${url}`)
  return { status: statusCode, retryAfter: headers['retry-after'], body: response.json<never>() }
}

/** Every read of stores. */
const reads = [
  '/attackers/a/attribution',
  '/attackers/a/observations',
  '/identities',
  '/identities/i',
  '/identities/i/attribution',
  '/identities/i/observations',
  '/campaigns',
  '/campaigns/c',
  '/campaigns/c/identities',
  '/multi-actor',
  '/stores/attacker-links',
  '/stores/attacker-links/keys/a',
]

test.each(reads)('%s hands on the bounds that are asked for', async (route) => {
  const { status } = await get(`${route}?max_lag=7&min_position=in:2:15,other.topic:0:1`)
  expect(status).toBe(200)
  const { asked } = api.query
  expect(asked).toContainEqual({
    lagMax: 7,
    positionMin: [
      { topic: 'in', partition: 2, offset: 15 },
      { topic: 'other.topic', partition: 0, offset: 1 },
    ],
  })
  // Whether a single position leads to a store is asked for itself.
  const whole = asked.filter(({ positionMin }) => positionMin?.length !== 1)
  expect(whole.every(({ lagMax }) => lagMax === 7)).toBe(true)
})

test.each(reads)('%s refuses bounds that are malformed', async (route) => {
  for (const bounds of [
    'max_lag=-1',
    'max_lag=1e3',
    'max_lag=',
    'max_lag=1&max_lag=2',
    'min_position=',
    'min_position=in',
    'min_position=in:1',
    'min_position=in:1:2:3',
    'min_position=in:1:-2',
    'min_position=in:1:2,',
    'min_position=in:1:9999999999999999',
    'min_position=a%2Fb:1:2',
    `min_position=${'x'.repeat(250)}:1:2`,
  ]) {
    const { body, status } = await get(`${route}?${bounds}`)
    expect([bounds, status, body]).toMatchObject([
      bounds,
      400,
      { error: { code: 'INVALID_PARAMETER' } },
    ])
  }
})

test('an answer whose parts together lack more than was allowed is not given', async () => {
  api.query.lag = 3
  expect((await get('/attackers/a/attribution?max_lag=6')).status).toBe(200)
  const refused = await get('/attackers/a/attribution?max_lag=5')
  expect([refused.status, refused.retryAfter]).toEqual([503, '1'])
  expect(refused.body).toMatchObject({ error: { code: 'BEHIND_BOUND' } })
})

test.each([
  [new BehindBoundError('behind', { retryAfterMs: 2_500 }), 503, '3', 'BEHIND_BOUND'],
  [new StoreNotReadyError('moving'), 503, '1', 'STORE_NOT_READY'],
  [new InvalidBoundError('nowhere'), 400, undefined, 'INVALID_PARAMETER'],
])('%s is answered with %i', async (error, status, retryAfter, code) => {
  api.query.get = () => Promise.reject(error)
  const answer = await get('/attackers/a/attribution')
  expect(answer).toMatchObject({ status, body: { error: { code } } })
  expect(answer.retryAfter).toBe(retryAfter)
})

test.each(reads)('%s says that it came from a standby, and how old it is', async (route) => {
  api.query.stalenessMs = 250
  const { body } = await get(route)
  expect(body).toMatchObject({
    meta: {
      stale: true,
      staleness_ms: 250,
      positions: expect.arrayContaining([
        expect.objectContaining({ role: 'standby', stale: true, staleness_ms: 250 }),
      ]) as unknown,
    },
  })
})

test.each([
  ['/identities/unknown', 'UNKNOWN_IDENTITY'],
  ['/identities/unknown/attribution', 'UNKNOWN_IDENTITY'],
  ['/identities/unknown/observations', 'UNKNOWN_IDENTITY'],
  ['/stores/attacker-links/keys/unknown', 'UNKNOWN_ROW'],
])('%s is 404, labelled: a standby may not know yet what its owner does', async (route, code) => {
  api.query.stalenessMs = 250
  const { body, status } = await get(route)
  expect(status).toBe(404)
  expect(body).toMatchObject({ error: { code }, meta: { stale: true, staleness_ms: 250 } })
})

test.each(['/identities', '/multi-actor', '/stores/attacker-links'])(
  '%s says which partitions it lacks',
  async (route) => {
    api.query.missing = [{ subTopology: 1, partition: 3, reason: 'task 1_3 is restoring' }]
    const { body, status } = await get(route)
    expect(status).toBe(200)
    expect(body).toMatchObject({
      meta: { missing: [{ sub_topology: 1, partition: 3, reason: 'task 1_3 is restoring' }] },
    })
  },
)

test('several reads of one task are labelled by what all of them hold', async () => {
  const rows = api.query.store('attribution-profiles')
  for (let i = 0; i < 1000; i++) rows.set(`i\0p${i}`, { state: null })
  const scan = api.query.scan.bind(api.query)
  let reads = 0
  api.query.scan = async (...args: Parameters<typeof scan>) => {
    // The second page comes from a standby that is behind what the first came from.
    const answer = await scan(...args)
    if (reads++ === 0) return answer as never
    const [position] = answer.positions as [(typeof answer.positions)[0]]
    const inputs = position.inputs.map((input) => ({ ...input, offset: 1 }))
    const older = { role: 'standby', stale: true, stalenessMs: 9, lag: 5 } as const
    return { ...answer, positions: [{ ...position, ...older, inputs }] } as never
  }
  const { body } = await get('/identities/i/attribution')
  expect(reads).toBe(2)
  expect(body).toMatchObject({
    meta: {
      lag: 5,
      stale: true,
      positions: [{ role: 'standby', lag: 5, inputs: [{ offset: 1 }] }],
    },
  })
})

test('instances are shown with what they own and copy', async () => {
  expect((await get('/instances')).body).toEqual({ instances: [] })
  const endpoint = 'http://127.0.0.1:8080'
  const tasks = { active: ['0_0', '1_0'], standby: ['0_1'] }
  api.query.hosts = [{ memberId: 'm', endpoint, isSelf: true, ...tasks }]
  expect((await get('/instances')).body).toEqual({
    instances: [{ member_id: 'm', endpoint, is_self: true, ...tasks }],
  })
})

test('standbys are shown among the tasks, and do not count as work to come', async () => {
  const inputs = [{ topic: 'in', partition: 0, offset: 4 }]
  const standby = { taskId: '0_1', role: 'standby' as const, stale: true, stalenessMs: 40 }
  api.query.statuses = [{ ...standby, inputs, lag: 8, state: 'following', restore: null }]
  api.query.hosts = [{ memberId: 'm', endpoint: null, isSelf: true, active: [], standby: ['0_1'] }]
  expect((await get('/tasks')).body).toMatchObject({
    tasks: [{ task_id: '0_1', role: 'standby', state: 'following', lag: 8 }],
    meta: { lag: 0, positions: [] },
  })
  expect((await api.app.inject('/readyz')).statusCode).toBe(200)
})
