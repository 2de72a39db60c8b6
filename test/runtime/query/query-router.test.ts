import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test, vi } from 'vitest'
import { partitionForText } from '../../../bytes/murmur2.ts'
import { HttpGroup, type HttpAnswer } from '../../support/queried-group.ts'

const keys = Array.from({ length: 40 }, (_, i) => `key-${String(i).padStart(2, '0')}`)
const [key] = keys as [string]
const partition = partitionForText(key, 4)

/** An answer that is not an error, and is not from a standby. */
const isCurrent = ({ body, status }: HttpAnswer) => status === 200 && !body.meta.stale

test('every instance answers for every key, wherever its task runs', async () => {
  const group = await HttpGroup.start(3)
  const written = await group.append([...keys, ...keys])
  for (const member of group.members) {
    for (const each of keys) {
      const { body, status } = await member.count(each, `?min_position=${written}`)
      expect([status, body.value]).toEqual([200, 2])
      expect(body.meta).toMatchObject({ stale: false, staleness_ms: 0, missing: [] })
      expect(body.meta.positions).toMatchObject([{ role: 'active', stale: false }])
    }
  }
})

test('pages over all instances hold each row once, in key order, whoever is asked', async () => {
  const group = await HttpGroup.start(3)
  const written = await group.append(keys)
  for (const member of group.members) {
    const seen: string[] = []
    let next: string | null = ''
    while (next !== null) {
      const after: string = next === '' ? '' : `&after=${next}`
      const { body } = await member.get(`/stores/counts?limit=7${after}&min_position=${written}`)
      expect(body.meta.missing).toEqual([])
      expect(body.meta.positions).toHaveLength(4)
      seen.push(...body.data.map((row) => row.key[0]!))
      next = body.next
    }
    expect(seen).toEqual(keys)
  }
})

test('an instance without tasks answers through the others, and is ready', async () => {
  const group = await HttpGroup.start(1)
  const written = await group.append(keys)
  const joined = await group.join()
  expect((await joined.count(key, `?min_position=${written}`)).body.value).toBe(1)
  const { body } = await joined.get('/instances')
  expect(JSON.stringify(body)).toContain(group.members[0]!.url)
})

test('a killed owner’s keys are answered by a standby at once, labelled, then by the new owner', async () => {
  const group = await HttpGroup.start(2, { numStandbyReplicas: 1 })
  const written = await group.append(keys)
  const { other, owner } = group.ownerOf(partition)
  await vi.waitFor(() => {
    const standby = other.instance.standbys.get(`0_${partition}`)
    expect(standby?.inputs.find(({ topic }) => topic === 'in')?.offset).toBeGreaterThan(0)
  })
  await owner.die()
  const { body, status } = await other.count(key, `?min_position=${written}`)
  expect([status, body.value]).toEqual([200, 1])
  expect(body.meta).toMatchObject({ stale: true, positions: [{ role: 'standby', stale: true }] })
  expect(body.meta.positions[0]!.staleness_ms).toBeGreaterThanOrEqual(0)
  await group.untilShared([other])
  expect(isCurrent(await other.count(key))).toBe(true)
}, 60_000)

test('without a standby they are 503 with Retry-After, and lists say which partitions they lack', async () => {
  const group = await HttpGroup.start(2)
  const written = await group.append(keys)
  const { other, owner } = group.ownerOf(partition)
  expect((await other.count(key, `?min_position=${written}`)).status).toBe(200)
  const lost = [...owner.instance.runners.keys()].filter((id) => id.startsWith('0_'))
  await owner.die()
  const refused = await other.count(key)
  expect([refused.status, refused.retryAfter]).toEqual([503, '1'])
  expect(refused.body.error.code).toBe('STORE_NOT_READY')
  const list = await other.get('/stores/counts?limit=100')
  expect(list.status).toBe(200)
  const missing = list.body.meta.missing.map((each) => `0_${each.partition}`)
  expect(missing.sort()).toEqual(lost.sort())
  const there = keys.filter((each) => !lost.includes(`0_${partitionForText(each, 4)}`))
  expect(list.body.data.map((row) => row.key[0])).toEqual(there)
})

test('while tasks move every answer is right or 503', async () => {
  const group = await HttpGroup.start(2, { numStandbyReplicas: 1 })
  const written = await group.append(keys)
  const [stays, goes] = group.members as [(typeof group.members)[0], (typeof group.members)[0]]
  expect((await stays.count(key, `?min_position=${written}`)).body.value).toBe(1)
  const answers: HttpAnswer[] = []
  let isOver = false as boolean
  const asking = (async () => {
    for (let i = 0; !isOver; i++) answers.push(await stays.count(keys[i % keys.length]!))
  })()
  const comes = await group.join({ numStandbyReplicas: 1 })
  await group.untilShared()
  await goes.leave()
  await group.untilShared([stays, comes])
  isOver = true
  await asking
  for (const { body, retryAfter, status } of answers) {
    if (status === 200) expect(body.value).toBe(1)
    else if (status === 404) expect(body.meta.stale).toBe(true)
    else expect([status, retryAfter]).toEqual([503, '1'])
  }
  expect(answers.filter(isCurrent)).not.toEqual([])
}, 60_000)

test('an instance with another secret is neither answered nor believed', async () => {
  const secrets = ['one secret that is long enough', 'another that is long enough too']
  const group = await HttpGroup.start(2, (i) => ({ secret: secrets[i]! }))
  await group.append(keys)
  const { other } = group.ownerOf(partition)
  const refused = await other.count(key)
  expect([refused.status, refused.body.error.code]).toEqual([503, 'STORE_NOT_READY'])
  expect(refused.body.error.message).toContain('UNAUTHENTICATED')
  expect(refused.body.error.message).not.toContain(secrets[0])
})

test('without a secret nobody else is asked, and the answer says what to set', async () => {
  const group = await HttpGroup.start(2, { secret: null })
  const { other, owner } = group.ownerOf(partition)
  const refused = await other.count(key)
  expect([refused.status, refused.retryAfter]).toEqual([503, '1'])
  expect(refused.body.error.message).toContain('INTERNAL_SECRET')
  const direct = await fetch(`${owner.url}/internal/v1/get`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{}',
  })
  expect(direct.status).toBe(404)
})

test('a bound that the owner does not meet is 503 after a moment, one that it comes to meet is waited for', async () => {
  const group = await HttpGroup.start(2)
  const { other } = group.ownerOf(partition)
  const future = await other.count(key, `?min_position=in:${partition}:1`)
  expect([future.status, future.body.error.code]).toEqual([503, 'BEHIND_BOUND'])
  const waiting = other.count(key, `?min_position=in:${partition}:1&max_lag=0`)
  await sleep(100)
  await group.append([key])
  const { body, status } = await waiting
  expect([status, body.value]).toEqual([200, 1])
})
