/**
 * `npm run bench:clustering`: what a profile costs while identities and campaigns grow in number.
 *
 * One process with the product's defaults clusters ever more attackers; where there are some
 * numbers of them, it measures what the next ones cost. CPU is that of all its threads. Then it is
 * started again on what is on disk, and its components are compared with those computed from
 * scratch. Absolute figures depend on the machine; compare only what one run printed.
 */
import { execFile } from 'node:child_process'
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs, promisify } from 'node:util'
import type { ClusteringFigures, CostFigures, RestartFigures } from './clustering-figures.ts'

const HELP = `Usage: npm run bench:clustering -- [options]

  --attackers N,N,…  numbers of attackers at which to measure (10000,100000,1000000)
  --seed N           of the workload (1)
  --profile          says where the main thread's time goes; costs some of it
  --json             one line of JSON
`

const { values } = parseArgs({
  options: {
    attackers: { type: 'string', default: '10000,100000,1000000' },
    seed: { type: 'string', default: '1' },
    profile: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})

interface Outcome extends ClusteringFigures {
  readonly stateMiB: number
  readonly logMiB: number
  readonly restart: RestartFigures
}

if (values.help) process.stdout.write(HELP)
else await measureAll(values.attackers.split(',').map(Number))

async function measureAll(attackers: readonly number[]): Promise<void> {
  if (!attackers.every((count) => Number.isSafeInteger(count) && count > 0)) {
    process.stderr.write(HELP)
    process.exitCode = 2
    return
  }
  const outcome = await measure(attackers.toSorted((a, b) => a - b))
  if (values.json) console.log(JSON.stringify(outcome))
  else report(outcome)
  const { restart } = outcome
  if (restart.misplaced > 0 || restart.processedRecords > 0) process.exitCode = 1
}

async function measure(attackers: readonly number[]): Promise<Outcome> {
  const stateDir = await mkdtemp(path.join(tmpdir(), 'attribution-bench-'))
  const { seed } = values
  const mode = values.profile ? 'profile' : '-'
  try {
    const run = await child<ClusteringFigures>('run-clustering', stateDir, seed, mode, ...attackers)
    const stateMiB = await sizeMiB(path.join(stateDir, 'state'))
    const logMiB = await sizeMiB(path.join(stateDir, 'log'))
    const restart = await child<RestartFigures>('check-restart', stateDir, run.profiles, seed)
    return { ...run, stateMiB, logMiB, restart }
  } finally {
    await rm(stateDir, { recursive: true, force: true })
  }
}

/** @returns the last line that it printed */
async function child<T>(script: string, ...args: (string | number)[]): Promise<T> {
  const file = fileURLToPath(new URL(`./${script}.js`, import.meta.url))
  const { stdout, stderr } = await promisify(execFile)(
    process.execPath,
    ['--max-semi-space-size=64', file, ...args.map(String)],
    { maxBuffer: 1 << 24 },
  )
  process.stderr.write(stderr)
  return JSON.parse(stdout.trim().split('\n').at(-1)!) as T
}

async function sizeMiB(directory: string): Promise<number> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile())
  const sizes = await Promise.all(
    files.map(async ({ name, parentPath }) => (await stat(path.join(parentPath, name))).size),
  )
  return sizes.reduce((sum, size) => sum + size, 0) / 1024 / 1024
}

function report(outcome: Outcome): void {
  for (const cost of outcome.costs) reportCost(cost)
  const { restart } = outcome
  console.log(`all ${whole(outcome.profiles)} profiles, the workload made meanwhile`)
  print([
    ['profiles/s', whole(outcome.profilesPerSecond)],
    ['CPU a profile', `${whole(outcome.cpuMicrosPerProfile)} µs`],
    ['peak memory', `${whole(outcome.peakMiB)} MiB`],
    ['state, log on disk', `${whole(outcome.stateMiB)} MiB, ${whole(outcome.logMiB)} MiB`],
    ['failures', `${outcome.deadLetters} dead letters, ${outcome.stepsFailed} steps`],
    ['identities', `${whole(restart.identities)}, the largest of ${whole(restart.largest)}`],
    [
      'restart',
      `${whole(restart.readyMs)} ms, ${restart.restoredOffsets} offsets restored, ${restart.processedRecords} processed`,
    ],
    [
      'against scratch',
      `${restart.misplaced} misplaced, common HASSH reported ${restart.genericReports} times`,
    ],
  ])
  reportRatio(outcome.costs)
}

function reportCost(cost: CostFigures): void {
  console.log(`where there are ${whole(cost.attackers)} attackers`)
  print([
    ['profiles/s', whole(cost.profilesPerSecond)],
    ['CPU a profile', `${whole(cost.cpuMicrosPerProfile)} µs`],
    [
      'runs again a profile',
      `identify ${few(cost.identifyMisses)}, campaign ${few(cost.campaignMisses)}`,
    ],
    [
      'disk reads a profile',
      `identify ${few(cost.identifyDiskReads)}, campaign ${few(cost.campaignDiskReads)}`,
    ],
    ...Object.entries(cost.shares).map(
      ([stage, share]) => [`  ${stage}`, `${Math.round(share * 100)} %`] as const,
    ),
  ])
}

function reportRatio(costs: readonly CostFigures[]): void {
  const [least, greatest] = [costs[0]!, costs.at(-1)!]
  if (least === greatest) return
  const cpu = greatest.cpuMicrosPerProfile / least.cpuMicrosPerProfile
  const time = least.profilesPerSecond / greatest.profilesPerSecond
  console.log(
    `a profile among ${whole(greatest.attackers)} against one among ${whole(least.attackers)}: ` +
      `${cpu.toFixed(2)} of the CPU, ${time.toFixed(2)} of the time`,
  )
}

function print(figures: readonly (readonly [name: string, text: string])[]): void {
  for (const [name, text] of figures) console.log(`  ${name.padEnd(22)} ${text}`)
}

function whole(value: number): string {
  return Math.round(value).toLocaleString('en')
}

function few(value: number): string {
  return value.toFixed(2)
}
