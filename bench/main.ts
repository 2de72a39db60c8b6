/**
 * `npm run bench`: measures the engine on the embedded log, whole processes, exactly-once.
 *
 * Every figure is of a fresh process over a freshly filled log; shares of time come from a second
 * run under the profiler, which is slower and counts for nothing else. Absolute figures depend on
 * the machine; compare only what one run printed.
 */
import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { Input } from './bench-config.ts'

interface Scenario {
  readonly name: string
  readonly input: Input
  readonly records: number
  readonly identities: number
}

interface Measured {
  readonly recordsPerSecond: number
  readonly recordsPerCpuSecond: number
  readonly peakMiB: number
  readonly restoredOffsets: number
  readonly restoredMs: number
  readonly shares: Readonly<Record<string, number>>
}

const scenarios: readonly Scenario[] = [
  {
    name: 'attribute, 20,000 identities',
    input: 'identity-observation',
    records: 2_000_000,
    identities: 20_000,
  },
  {
    name: 'attribute, 1,000,000 identities',
    input: 'identity-observation',
    records: 3_000_000,
    identities: 1_000_000,
  },
  {
    name: 'pipeline, 20,000 attackers',
    input: 'observation',
    records: 1_000_000,
    identities: 20_000,
  },
]

const scale = Number(process.argv.find((arg) => arg.startsWith('--scale='))?.slice(8) ?? 1)
const only = process.argv.find((arg) => arg.startsWith('--only='))?.slice(7)
const isJson = process.argv.includes('--json')

for (const scenario of scenarios) {
  if (only === undefined || scenario.name.includes(only)) await measure(scenario)
}

async function measure(scenario: Scenario): Promise<void> {
  const records = Math.round(scenario.records * scale)
  const directory = await mkdtemp(join(tmpdir(), 'attribution-bench-'))
  try {
    const plain = join(directory, 'plain')
    const profiled = join(directory, 'profiled')
    for (const stateDir of [plain, profiled]) {
      await child('fill-log', stateDir, scenario.input, records, scenario.identities)
    }
    const result = await run(plain, scenario, records)
    await rm(join(plain, 'state'), { recursive: true })
    const restore = await run(plain, scenario, records)
    const { shares } = await run(profiled, scenario, records, 'profile')
    report(scenario, records, result, restore, shares)
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

async function run(
  stateDir: string,
  { input }: Scenario,
  records: number,
  mode = '',
): Promise<Measured> {
  const output = await child('run-engine', stateDir, input, records, mode)
  return JSON.parse(output.trim().split('\n').at(-1)!) as Measured
}

async function child(script: string, ...args: (string | number)[]): Promise<string> {
  const path = fileURLToPath(new URL(`./${script}.js`, import.meta.url))
  const { stdout, stderr } = await promisify(execFile)(
    process.execPath,
    ['--max-semi-space-size=64', path, ...args.map(String)],
    { maxBuffer: 1 << 24 },
  )
  process.stderr.write(stderr)
  return stdout
}

function report(
  { name }: Scenario,
  records: number,
  result: Measured,
  restore: Measured,
  shares: Measured['shares'],
): void {
  const restoredPerSecond = (restore.restoredOffsets * 1000) / restore.restoredMs
  if (isJson) {
    console.log(JSON.stringify({ name, records, ...result, restoredPerSecond, shares }))
    return
  }
  const whole = (value: number) => Math.round(value).toLocaleString('en')
  console.log(`${name} (${whole(records)} records)`)
  console.log(`  records/s             ${whole(result.recordsPerSecond)}`)
  console.log(`  records/CPU second    ${whole(result.recordsPerCpuSecond)}`)
  console.log(`  peak memory           ${whole(result.peakMiB)} MiB`)
  console.log(
    `  restore, records/s    ${whole(restoredPerSecond)} (${whole(restore.restoredOffsets)})`,
  )
  const parts = Object.entries(shares).map(
    ([room, share]) => `${room} ${Math.round(share * 100)} %`,
  )
  console.log(`  main thread           ${parts.join(', ')}`)
}
