import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { stubIdentity } from '../../topology/attribution/stub-identity.ts'
import { apiUnderTest, listen, type ApiUnderTest } from '../support/api-under-test.ts'
import { runCli, type CaptureOptions } from '../support/captured-terminal.ts'
import { removeFolder, temporaryFolder } from '../support/running-instance.ts'

let folder: string
let api: ApiUnderTest
let url: string

beforeAll(async () => {
  folder = await temporaryFolder()
})
afterAll(() => removeFolder(folder))
beforeEach(async () => {
  api = apiUnderTest()
  url = (await listen(api.app)).url
})

/** Attackers by component; the first of each is its root. */
function components(...groups: readonly (readonly string[])[]): void {
  const rows = api.query.store('identity-components')
  for (const group of groups) {
    for (const [i, attacker] of group.entries()) {
      rows.set(`${group[0]!}\0${attacker}`, i === 0 ? group.length : 0)
    }
  }
}

/** Roots of components by campaign. */
function campaigns(byName: Readonly<Record<string, readonly string[]>>): void {
  const rows = api.query.store('campaign-members')
  for (const [campaign, roots] of Object.entries(byName)) {
    for (const root of roots) rows.set(`${campaign}\0${stubIdentity(root)}`, { firstSeen: 1 })
  }
}

async function truthFile(content: string | Buffer, name = 'truth.csv'): Promise<string> {
  const file = path.join(folder, name)
  await writeFile(file, content)
  return file
}

const evaluate = (args: readonly string[], options: CaptureOptions & { stop?: AbortSignal } = {}) =>
  runCli(['evaluate', ...args, '--url', url], options)

test('identities are judged by the labels of their attackers', async () => {
  components(['a', 'b'], ['c'], ['d'], ['x', 'y'])
  const truth = await truthFile('attacker_uuid,label\na,red\nb,red\nc,red\nd,blue\nnobody,blue\n')
  const { code, err, out } = await evaluate(['--truth', truth])
  expect({ code, err }).toEqual({ code: 0, err: '' })
  expect(out).toBe(`4 attackers judged by their identities

adjusted Rand index   0.3333  1: the same groups; about 0: no better than chance
homogeneity           1.0000  1: no group mixes labels
completeness          0.5409  1: no label is spread over groups
singleton recall      1.0000  1: who is alone in truth was left alone

1 of the truth are not known to the instance
2 of the instance have no label in the truth
`)
})

test('campaigns are judged by the attackers of their identities', async () => {
  components(['a', 'b'], ['c'], ['d'], ['e'])
  campaigns({ one: ['a', 'c'], two: ['d'] })
  const truth = await truthFile(
    ['a', 'b', 'c']
      .map((attacker_uuid) => JSON.stringify({ attacker_uuid, label: 'red' }))
      .concat('d,blue', 'e,green')
      .join('\n'),
  )
  const { code, out } = await evaluate(['--truth', truth, '--level', 'campaign', '--json'])
  expect(code).toBe(0)
  expect(JSON.parse(out)).toEqual({
    level: 'campaign',
    metrics: { adjusted_rand_index: 1, homogeneity: 1, completeness: 1, singleton_recall: 1 },
    judged: 4,
    // e is in no campaign yet.
    unknown: 1,
    unlabelled: 0,
    rejected: 0,
    rejected_lines: [],
    lag: 0,
  })
})

test('lines that cannot be used are named, and the code says so', async () => {
  components(['a', 'b'])
  const truth = await truthFile(`a,red\nb,red\na,blue\n"open\n${'no comma\n'.repeat(12)}`)
  const { code, err, out } = await evaluate(['--truth', truth])
  expect(code).toBe(1)
  expect(out).toMatch(/^2 attackers judged/)
  expect(err).toMatch(/^line 3 was left out: contradicts an earlier line\nline 4 .*unreadable\n/)
  expect(err).toMatch(/^and 4 more lines$/m)
  const json = await evaluate(['--truth', truth, '--json'])
  expect(json.code).toBe(1)
  expect(JSON.parse(json.out)).toMatchObject({ rejected: 14, judged: 2 })
})

test('reads whole stores by pages, gzip and standard input', async () => {
  const groups = Array.from({ length: 1_300 }, (_, i) => [`a${i}`, `b${i}`])
  components(...groups)
  const content = groups.map(([a, b], i) => `${a!},${i}\n${b!},${i}\n`).join('')
  const truth = await truthFile(gzipSync(content), 'truth.csv.gz')
  const { code, out } = await evaluate(['--truth', truth, '--json'])
  expect(code).toBe(0)
  expect(JSON.parse(out)).toMatchObject({ judged: 2_600, metrics: { adjusted_rand_index: 1 } })
  expect(api.query.scans).toBe(3)
  const piped = await evaluate(['--truth', '-', '--json'], { input: ['a0,x\nb0,x\n'] })
  expect(JSON.parse(piped.out)).toMatchObject({ judged: 2, unlabelled: 2_598 })
})

test('a file that is not there, or holds nothing, is misuse', async () => {
  components(['a'])
  const missing = await evaluate(['--truth', path.join(folder, 'none.csv')])
  expect(missing).toMatchObject({ code: 2, err: expect.stringMatching(/no such file/) as string })
  const empty = await evaluate(['--truth', await truthFile('\n')])
  expect(empty).toMatchObject({ code: 2, err: expect.stringMatching(/is empty/) as string })
  const binary = await evaluate(['--truth', await truthFile(Buffer.from([0, 1, 2, 10, 255]))])
  expect(binary).toMatchObject({ code: 2, err: expect.stringMatching(/none of its 2/) as string })
  const none = await evaluate([])
  expect(none).toMatchObject({ code: 2, err: expect.stringMatching(/--truth/) as string })
  const level = await evaluate(['--truth', '-', '--level', 'session'])
  expect(level).toMatchObject({
    code: 2,
    err: expect.stringMatching(/identity, campaign/) as string,
  })
})

test('a truth of other attackers is said to be that', async () => {
  components(['a'])
  const truth = await truthFile('x,1\ny,1\n')
  const { code, err, out } = await evaluate(['--truth', truth])
  expect([code, out]).toEqual([1, ''])
  expect(err).toMatch(/none of the 2 attackers of the truth has an identity at this instance/)
  const campaign = await evaluate(['--truth', truth, '--level', 'campaign'])
  expect(campaign.err).toMatch(/is in a campaign at this instance/)
})

test('an instance without a clusterer is said to be that', async () => {
  api.query.rows.delete('identity-components')
  const { code, err } = await evaluate(['--truth', await truthFile('a,1\n')])
  expect(code).toBe(1)
  expect(err).toMatch(/runs without a clusterer/)
})

test('a store that is moving is asked again', async () => {
  components(['a'])
  api.query.notReady.add('identity-components')
  const truth = await truthFile('a,1\n')
  const answer = evaluate(['--truth', truth, '--json'])
  setTimeout(() => api.query.notReady.clear(), 200)
  expect(await answer).toMatchObject({ code: 0 })
})

test('an interruption ends it without a verdict', async () => {
  components(['a'])
  api.query.notReady.add('identity-components')
  const stop = new AbortController()
  const answer = evaluate(['--truth', await truthFile('a,1\n')], { stop: stop.signal })
  setTimeout(() => stop.abort(), 200)
  expect(await answer).toMatchObject({
    code: 1,
    out: '',
    err: 'error: interrupted: nothing was judged\n',
  })
})

test('what the instance has still to process is told', async () => {
  components(['a'])
  api.query.lag = 12
  const { code, err } = await evaluate(['--truth', await truthFile('a,1\n')])
  expect([code, err]).toEqual([0, '12 input records were not in this yet\n'])
})
