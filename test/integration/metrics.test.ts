import path from 'node:path'
import { expect, test } from 'vitest'
import { readings } from '../../runtime/instance-readings.ts'
import { observationLine } from '../support/observation-lines.ts'
import {
  removeFolder,
  startInstance,
  temporaryFolder,
  type RunningInstance,
} from '../support/running-instance.ts'

async function page({ url }: RunningInstance): Promise<string> {
  return await (await fetch(new URL('/metrics', url))).text()
}

function sumOf(text: string, name: string): number {
  return text
    .split('\n')
    .filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `))
    .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' ') + 1)), 0)
}

test('the metrics of a running instance begin with its own, and move with what it does', async () => {
  const folder = await temporaryFolder()
  const instance = await startInstance(path.join(folder, 'data'), ['--sample'])
  try {
    await instance.untilCaughtUp()
    const text = await page(instance)
    const names = [...text.matchAll(/^# TYPE (\w+) /gm)].map(([, name]) => name!)
    const own = names.filter((name) => name.startsWith('attribution_streams_'))
    expect(names.slice(0, own.length)).toEqual(own)
    for (const { name } of readings) expect(own).toContain(`attribution_streams_${name}`)
    expect(names).toContain('nodejs_eventloop_lag_p99_seconds')

    const before = sumOf(text, 'attribution_streams_records_processed_total')
    const commits = sumOf(text, 'attribution_streams_commit_latency_seconds_count')
    expect(before).toBeGreaterThan(1_000)
    expect(sumOf(text, 'attribution_streams_state_reads_total')).toBeGreaterThan(1_000)
    expect(sumOf(text, 'attribution_streams_behind_seconds')).toBe(0)
    const sent = await fetch(new URL('/api/v1/observations', instance.url), {
      method: 'POST',
      headers: { 'content-type': 'application/x-ndjson' },
      body: observationLine('late', { ts: Date.now() / 1000 + 7 * 86_400 }),
    })
    expect(await sent.json()).toMatchObject({ accepted: 1, rejected: 0 })
    await instance.untilCaughtUp()
    const after = await page(instance)
    expect(sumOf(after, 'attribution_streams_records_processed_total')).toBe(before + 1)
    // Its sensor's clock is a week ahead.
    expect(sumOf(after, 'attribution_streams_dead_letters_total')).toBe(1)
    expect(sumOf(after, 'attribution_streams_commit_latency_seconds_count')).toBeGreaterThan(
      commits,
    )
  } finally {
    await instance.stop()
    await removeFolder(folder)
  }
})
