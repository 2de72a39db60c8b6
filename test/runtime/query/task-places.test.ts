import { expect, test } from 'vitest'
import { EmbeddedBroker } from '../../../broker/embedded/embedded-broker.ts'
import { QueryRouter, type QueriedInstance } from '../../../runtime/query/query-router.ts'
import type { Routing } from '../../../runtime/query/task-places.ts'
import { planTopics } from '../../../runtime/topic-plan.ts'
import {
  PeerUnavailableError,
  StoreNotReadyError,
  TaskNotHereError,
} from '../../../state/errors.ts'
import { MemoryDatabase } from '../../../state/memory-database.ts'
import type { PeerClient, PeerGet, PeerScan } from '../../../state/peer-port.ts'
import { countingTopology } from '../../simulation/counting-topology.ts'
import { ManualClock } from '../../support/manual-clock.ts'

const place = (name: string) => ({ memberId: name, endpoint: `http://${name}:1` })

/** Every task at one owner, with two standbys; this instance is none of them. */
const elsewhere: Routing = {
  hosts: [place('owner'), place('near'), place('far')],
  active: () => place('owner'),
  standbys: () => [place('near'), place('far')],
  isSelf: () => false,
}

/** Peers that note who was asked, and for what. */
class NotedPeers implements PeerClient {
  readonly asked: string[] = []
  readonly answers: (endpoint: string, request: PeerGet | PeerScan, timeoutMs: number) => Error

  constructor(answers: NotedPeers['answers']) {
    this.answers = answers
  }

  get(endpoint: string, request: PeerGet, timeoutMs: number) {
    this.asked.push(`${new URL(endpoint).hostname} ${request.accepts}`)
    return Promise.reject(this.answers(endpoint, request, timeoutMs))
  }

  scan(endpoint: string, request: PeerScan, timeoutMs: number) {
    this.asked.push(`${new URL(endpoint).hostname} ${request.accepts}`)
    return Promise.reject(this.answers(endpoint, request, timeoutMs))
  }
}

async function routerTo(
  peers: PeerClient | null,
  routing: Routing | null,
  clock = new ManualClock(),
) {
  const broker = await EmbeddedBroker.open({ database: new MemoryDatabase() })
  const topology = countingTopology()
  const topics = ['in', 'out'].map((name) => ({ name, partitions: 4 }))
  const instance: QueriedInstance = {
    plan: await planTopics('sim', topology, broker, topics),
    routing,
    runners: new Map(),
    standbys: new Map(),
    sessionTimeoutMs: 45_000,
    confirmMembership: () => Promise.resolve(),
  }
  return new QueryRouter({ instance, broker, topology, applicationId: 'sim', clock, peers })
}

test('the owner is asked, then each standby, none of them twice', async () => {
  const peers = new NotedPeers(() => new TaskNotHereError('not here'))
  const router = await routerTo(peers, elsewhere)
  await expect(router.get('counts', 'k', 'k')).rejects.toThrow(StoreNotReadyError)
  expect(peers.asked).toEqual(['owner active', 'near any', 'far any'])
})

test('a silent owner leaves the standbys time, and is asked last for a while', async () => {
  const clock = new ManualClock()
  const shares: number[] = []
  const peers = new NotedPeers((endpoint, _request, timeoutMs) => {
    shares.push(Math.round(timeoutMs))
    if (endpoint.includes('owner')) return new PeerUnavailableError('no answer')
    return new TaskNotHereError('not here')
  })
  const router = await routerTo(peers, elsewhere, clock)
  await expect(router.get('counts', 'k', 'k')).rejects.toThrow('no answer')
  await expect(router.get('counts', 'k', 'k')).rejects.toThrow('no answer')
  expect(peers.asked).toEqual([
    'owner active',
    'near any',
    'far any',
    'near any',
    'far any',
    'owner active',
  ])
  expect(shares.slice(0, 3)).toEqual([667, 1000, 2000])
  await clock.advance(2_001)
  await expect(router.get('counts', 'k', 'k')).rejects.toThrow('no answer')
  expect(peers.asked.slice(6)).toEqual(['owner active', 'near any', 'far any'])
})

test('instances that each believe the other to be the owner do not go in circles', async () => {
  const asked: string[] = []
  const routers = new Map<string, QueryRouter>()
  const peersOf = (name: string): PeerClient => ({
    get: (endpoint, request) => {
      asked.push(`${name} asks ${new URL(endpoint).hostname}`)
      return routers.get(new URL(endpoint).hostname)!.reader.get(request)
    },
    scan: (endpoint, request) => {
      asked.push(`${name} asks ${new URL(endpoint).hostname}`)
      return routers.get(new URL(endpoint).hostname)!.reader.scan(request)
    },
  })
  for (const [name, believed] of [
    ['a', 'b'],
    ['b', 'a'],
  ] as const) {
    const routing = { ...elsewhere, active: () => place(believed), standbys: () => [] }
    routers.set(name, await routerTo(peersOf(name), routing))
  }
  await expect(routers.get('a')!.get('counts', 'k', 'k')).rejects.toThrow(StoreNotReadyError)
  expect(asked).toEqual(['a asks b'])
})

test('a bug is not taken for something that passes', async () => {
  const router = await routerTo(new NotedPeers(() => new TypeError('a bug')), elsewhere)
  await expect(router.get('counts', 'k', 'k')).rejects.toThrow(TypeError)
})

test.each([
  ['before the first assignment', null, new NotedPeers(() => new Error()), 'does not run here'],
  ['without a secret', elsewhere, null, 'INTERNAL_SECRET'],
  [
    'where the owner does not say how it is reached',
    {
      ...elsewhere,
      active: () => ({ memberId: 'owner', endpoint: null }),
      standbys: () => [],
    },
    new NotedPeers(() => new Error()),
    'APPLICATION_SERVER',
  ],
])('%s the refusal says why', async (_when, routing, peers, why) => {
  const router = await routerTo(peers, routing)
  await expect(router.get('counts', 'k', 'k')).rejects.toThrow(why)
  const list = { partitionKey: null, prefix: '', limit: 1 }
  await expect(router.scan('counts', list)).rejects.toThrow(why)
})
