import { beforeEach, expect, test } from 'vitest'
import { stubIdentity } from '../../topology/attribution/stub-identity.ts'
import { apiUnderTest, listen } from '../support/api-under-test.ts'
import { runCli } from '../support/captured-terminal.ts'
import { fillFrom } from '../support/clustered-query.ts'
import { fingerprint, IdentifyWorld, profile } from '../topology/identity/identify-world.ts'

const hassh = (hash: string) => [fingerprint('hassh', hash)]
const identity = stubIdentity('a')

let url: string

/** a and b share a client, b and c a payload; hub is what too many share. */
beforeEach(async () => {
  const api = apiUnderTest()
  const world = new IdentifyWorld({ genericLimit: 3 })
  await world.tell(
    profile('a', { fingerprints: hassh('h1'), first_seen: 1, asn: 5 }),
    profile('b', {
      fingerprints: hassh('h1'),
      payload_hashes: ['p', '\u001b[31mred'],
      first_seen: 2,
      credentials: [{ user: 'root', password: 'toor' }],
    }),
    profile('c', { payload_hashes: ['p', '\u001b[31mred'], first_seen: 3, asn: 5 }),
    profile('d', { fingerprints: hassh('h2'), payload_hashes: ['q'], first_seen: 4 }),
    ...['e', 'f', 'g', 'h'].map((id) => profile(id, { fingerprints: hassh('hub') })),
  )
  await world.pass()
  await fillFrom(world, api.query)
  url = (await listen(api.app)).url
})

const explain = (...args: string[]) => runCli(['explain', 'identity', ...args, '--url', url])

test('an identity: what holds it together, its pairs, its history', async () => {
  const { code, err, out } = await explain(identity)
  expect({ code, err }).toEqual({ code: 0, err: '' })
  expect(out.replace(/\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ/g, '2026-01-31 09:00:00Z')).toBe(
    `identity   ${identity}
attackers  3

What several of them have
  TIER      WHAT                   HELD BY  IN ALL
  high      hassh h1                     2       2
  high      payload \\u001b[31mred        2       2
  high      payload p                    2       2
  very low  asn 5                        2

Pairs
  WEIGHT  ATTACKER  ATTACKER  JOINED BY                         VETO
    1.00  a         b         hassh h1
    1.00  b         c         payload p, payload \\u001b[31mred
    0.05  a         c

History
  TIME                  WHAT    WHO
  2026-01-31 09:00:00Z  formed
`,
  )
})

test('an identity that was merged is said to be part of another', async () => {
  const { out } = await explain(stubIdentity('b'))
  expect(out).toContain(`asked for  ${stubIdentity('b')}, which is part of it\n`)
})

test('two that are one through others are shown the way', async () => {
  const { out } = await explain(identity, '--attackers', 'a,c')
  expect(out).toBe(`a and c are one identity, joined through others

identity of both  ${identity}

Tiers
  TIER      SCORE  WEIGHT  COUNTS  SHARED
  high       0.00       1    0.00
  medium     0.00     0.6    0.00
  low        0.00     0.2    0.00
  very low   1.00    0.05    0.05  asn 5
  together 0.05; 1 joins two attackers

From one to the other
  FROM  TO  JOINED BY
  a     b   hassh h1
  b     c   payload p, payload \\u001b[31mred
`)
})

test('two that are not one: why', async () => {
  const vetoed = await explain(identity, '--attackers', 'a,d')
  expect(vetoed.out).toMatch(/^a and d are two identities: they use different clients$/m)
  expect(vetoed.out).toMatch(/^Veto: hassh h1 is not h2$/m)
  const common = await explain(identity, '--attackers', 'e,f')
  expect(common.out).toMatch(/^e and f are two identities: what they share is too common to join/m)
  const little = await explain(identity, '--attackers', 'c,d')
  expect(little.out).toMatch(/^c and d are two identities: they share too little$/m)
  const direct = await explain(identity, '--attackers', 'b,a')
  expect(direct.out).toMatch(/^b and a are one identity: both have hassh h1$/m)
})

test('what cannot be explained is said, in one line', async () => {
  expect(await explain('nobody')).toMatchObject({
    code: 1,
    out: '',
    err: 'error: no such identity (UNKNOWN_IDENTITY)\n',
  })
  expect(await explain(identity, '--attackers', 'a,zz')).toMatchObject({
    code: 1,
    err: 'error: the clusterer does not know zz (UNKNOWN_ATTACKER)\n',
  })
  for (const attackers of ['a', 'a,a', 'a,', 'a,b,c']) {
    const { code, err } = await explain(identity, '--attackers', attackers)
    expect([code, err]).toEqual([2, expect.stringContaining('expected two attackers')])
  }
})

test('--json is the answer as it came', async () => {
  const { code, out } = await explain(identity, '--json')
  expect(code).toBe(0)
  expect(JSON.parse(out)).toMatchObject({
    identity_uuid: identity,
    identity: { attackers: 3, pairs_are: 'all' },
    pair: null,
    meta: { lag: 0 },
  })
})
