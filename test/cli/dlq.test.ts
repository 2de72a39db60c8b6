import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readTopic } from '../simulation/log-contents.ts'
import { runCli } from '../support/captured-terminal.ts'
import { observationJson } from '../support/observation-lines.ts'
import {
  removeFolder,
  startInstance,
  temporaryFolder,
  type RunningInstance,
} from '../support/running-instance.ts'
import { sendRaw, withLog } from '../support/stopped-log.ts'

const OBSERVATIONS = 'attacker.observation'
const SKEW = '--max-future-skew-ms'

const soon = (name: string) => observationJson(name, { ts: Date.now() / 1000 + 600 })
const poison = Buffer.from('{"broken \u001b[2J')

interface Listed {
  readonly matched: number
  readonly dead_letters: readonly {
    readonly partition: number
    readonly offset: number
    readonly source: { readonly topic: string; readonly partition: number; readonly offset: number }
    readonly error: { readonly class: string; readonly code: string }
    readonly truncated: string | null
    readonly replay_count: number
    readonly replayed_at_ms: number | null
  }[]
}

interface Replayed {
  readonly executed: boolean
  readonly sent: Listed['dead_letters']
  readonly refused: readonly { readonly because: string }[]
}

const replayed = (outcome: { answer: () => unknown }) => outcome.answer() as Replayed

let folder: string
beforeAll(async () => {
  folder = await temporaryFolder()
})
afterAll(() => removeFolder(folder))

/** Runs an instance until all that is in its log is processed. */
async function processed(stateDir: string, args: readonly string[] = []): Promise<void> {
  const instance = await startInstance(stateDir, args)
  await instance.untilCaughtUp()
  expect(await instance.stop()).toBe(0)
}

describe('dlq', () => {
  let stateDir: string
  const dlq = async (...args: string[]) => {
    const outcome = await runCli(['dlq', ...args, '--state-dir', stateDir])
    return { ...outcome, answer: (): unknown => JSON.parse(outcome.out) }
  }
  const listed = async (...args: string[]) =>
    (await dlq('list', '--json', ...args)).answer() as Listed

  beforeAll(async () => {
    stateDir = path.join(folder, 'dlq')
    await processed(stateDir)
    await withLog(stateDir, (broker) =>
      sendRaw(broker, [
        {
          topic: OBSERVATIONS,
          partition: 1,
          key: Buffer.from('a0'),
          value: poison,
          headers: [
            { key: 'sensor', value: Buffer.from('shard-7') },
            { key: 'dlq.topic', value: Buffer.from('attribution-attacker-links-changelog') },
          ],
        },
        { topic: OBSERVATIONS, value: Buffer.from([0xff, 0xfe, 0]) },
        { topic: OBSERVATIONS, value: Buffer.from(JSON.stringify(soon('early'))) },
        { topic: OBSERVATIONS, value: Buffer.alloc(1_000_000, 'x') },
      ]),
    )
    await processed(stateDir, [SKEW, '0'])
  })

  test('list names where each came from and why it failed', async () => {
    const { dead_letters, matched } = await listed()
    expect(matched).toBe(4)
    const bySource = dead_letters.map(({ error, source }) => [source.partition, error.class])
    expect(bySource.sort()).toEqual([
      [0, 'DeserializationError'],
      [0, 'DeserializationError'],
      [0, 'FutureTimestampError'],
      [1, 'DeserializationError'],
    ])
    expect(dead_letters.every(({ source }) => source.topic === OBSERVATIONS)).toBe(true)
  })

  test('list filters by error, topic and time, and shows the newest up to its limit', async () => {
    expect(await listed('--error', 'FutureTimestampError')).toMatchObject({ matched: 1 })
    expect(await listed('--topic', 'identity.link')).toMatchObject({ matched: 0 })
    expect(await listed('--since', '2100-01-01')).toMatchObject({ matched: 0 })
    const all = await listed()
    const one = await listed('--limit', '1')
    expect(one).toEqual({ matched: 4, dead_letters: all.dead_letters.slice(-1) })
  })

  test('list as a table sends no escape sequence of a record to the terminal', async () => {
    const { code, err, out } = await dlq('list')
    expect(code).toBe(0)
    expect(out).toMatch(/^AT +RECORD TIME +CAME FROM/)
    expect(out + err).not.toContain('\u001b')
    expect(err).toContain('4 of 4 dead letters')
  })

  test('show prints a dead letter whole, its bytes readable', async () => {
    const { dead_letters } = await listed()
    const shown = async (at: (each: Listed['dead_letters'][number]) => boolean) => {
      const { offset, partition } = dead_letters.find(at)!
      return await dlq('show', `${partition}:${offset}`, '--json')
    }
    const text = await shown(({ source }) => source.partition === 1)
    expect(text.answer()).toMatchObject({
      key: { as: 'text', content: 'a0' },
      value: { as: 'text', content: poison.toString() },
    })
    const { headers } = text.answer() as {
      headers: { key: string; value: { content: string } }[]
    }
    expect(headers.find(({ key }) => key === 'sensor')?.value.content).toBe('shard-7')
    expect(headers.filter(({ key }) => key === 'dlq.topic').map((h) => h.value.content)).toEqual([
      OBSERVATIONS,
    ])
    const json = await shown(({ error }) => error.class === 'FutureTimestampError')
    expect(json.answer()).toMatchObject({
      key: null,
      value: { as: 'json', content: { attacker_uuid: 'early' } },
    })
    const plain = await dlq('show', '0:0')
    expect(plain.out).toContain('came from')
    expect(plain.out).not.toContain('\u001b')
    expect((await dlq('show', '0:99999')).err).toContain('no dead letter lies at 0:99999')
    expect((await dlq('show', 'first')).code).toBe(2)
  })

  test('replay asks which, and tells what it would send without sending it', async () => {
    expect((await dlq('replay')).code).toBe(2)
    expect((await dlq('replay', '--all', '--topic', OBSERVATIONS)).code).toBe(2)
    const dry = await dlq('replay', '--error', 'FutureTimestampError', '--json')
    expect(dry.code).toBe(0)
    expect(replayed(dry)).toMatchObject({ executed: false, refused: [] })
    expect(replayed(dry).sent).toHaveLength(1)
    expect((await listed()).dead_letters.every((each) => each.replayed_at_ms === null)).toBe(true)
  })

  test('replay names what was cut, and what is no dead letter, and ends with 1', async () => {
    const all = await dlq('replay', '--all', '--json')
    expect(all.code).toBe(1)
    expect(replayed(all).refused).toMatchObject([{ because: 'truncated' }])
    const text = await dlq('replay', '--all')
    expect(text.err).toMatch(/0:\d+ is left out: it was cut/)
    expect(text.out).toContain('nothing was sent (3): add --execute')
    const missing = await dlq('replay', '--offsets', '0:99999')
    expect(missing.code).toBe(1)
    expect(missing.err).toContain('0:99999 is no dead letter')
  })

  test('executed, the original goes back to its partition and is processed', async () => {
    const args = ['replay', '--error', 'FutureTimestampError', '--execute', '--json']
    const first = await dlq(...args)
    expect(first.code).toBe(0)
    expect(replayed(first).sent).toHaveLength(1)
    const [deadLetter] = replayed(first).sent
    await withLog(stateDir, async (broker) => {
      const [partition] = await readTopic(broker, OBSERVATIONS)
      const last = partition!.at(-1)!
      expect(JSON.parse(last.value!.toString())).toMatchObject({ attacker_uuid: 'early' })
      expect(Object.fromEntries(last.headers)).toEqual({
        'dlq.replay.of': `attribution-dlq 0:${deadLetter!.offset}`,
        'dlq.replay.count': '1',
      })
    })
    await processed(stateDir)
    expect((await listed()).matched).toBe(4)
    const instance = await startInstance(stateDir)
    const { out } = await instance.cli(['query', 'attacker', 'early', '--json'])
    await instance.stop()
    expect(JSON.parse(out)).toMatchObject({ primitives: [{ observation_count: 1 }] })
  })

  test('replayed twice, the second time sends nothing unless told to', async () => {
    const args = ['replay', '--error', 'FutureTimestampError', '--json', '--execute']
    const second = await dlq(...args)
    expect(second.code).toBe(0)
    expect(replayed(second)).toMatchObject({
      sent: [],
      refused: [{ because: 'replayed' }],
    })
    const again = await dlq(...args, '--again')
    expect(replayed(again).sent).toHaveLength(1)
  })

  test('a record that fails again counts how often it was sent back', async () => {
    const { dead_letters } = await listed()
    const { offset } = dead_letters.find(({ source }) => source.partition === 1)!
    await dlq('replay', '--offsets', `0:${offset}`, '--execute')
    await processed(stateDir)
    const after = await listed()
    const failed = after.dead_letters.filter(({ source }) => source.partition === 1)
    expect(failed.map((each) => each.replay_count)).toEqual([0, 1])
    expect(failed.map((each) => each.replayed_at_ms !== null)).toEqual([true, false])
  })
})

describe('dlq beside a running instance', () => {
  let instance: RunningInstance
  beforeAll(async () => {
    instance = await startInstance(path.join(folder, 'running'))
  })
  afterAll(() => instance.stop())

  test('says who has the log, and how to ask it', async () => {
    const { code, err } = await runCli(['dlq', 'list', '--state-dir', instance.stateDir])
    expect(code).toBe(1)
    expect(err).toContain('another process runs on')
    expect(err).toContain('/api/v1/dead-letters')
  })

  test('the instance itself lists its dead letters over HTTP, and sends them back', async () => {
    const future = `${JSON.stringify(observationJson('late', { ts: Date.now() / 1000 + 86_400 }))}\n`
    await instance.cli(['ingest', 'observations', '-'], { input: [future] })
    await instance.untilCaughtUp()
    const list = async () =>
      (await (await fetch(new URL('/api/v1/dead-letters', instance.url))).json()) as {
        matched: number
        data: { replay_count: number; replayed_at_ms: number | null }[]
      }
    expect(await list()).toMatchObject({
      matched: 1,
      data: [{ source: { topic: OBSERVATIONS }, error: { class: 'FutureTimestampError' } }],
    })
    const replay = new URL('/api/v1/dead-letters/replay?all=true&execute=true', instance.url)
    const answer = await fetch(replay, { method: 'POST' })
    expect(await answer.json()).toMatchObject({ executed: true, sent: [{ offset: 0 }] })
    await instance.untilCaughtUp()
    const after = await list()
    expect(after.data.map((each) => each.replay_count)).toEqual([0, 1])
    expect(after.data.map((each) => each.replayed_at_ms === null)).toEqual([false, true])
  })
})
