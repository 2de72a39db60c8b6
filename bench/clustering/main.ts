/**
 * `npm run bench:clustering`: what a profile costs while identities and campaigns grow in number.
 *
 * Every figure is of a fresh process over a freshly filled log, with the product's defaults; the
 * same process clustered a warm-up before. CPU is that of all its threads. Then it is started
 * again on what is on disk, and its components are compared with those computed from scratch.
 * Absolute figures depend on the machine; compare only what one run printed.
 */
import { execFile } from 'node:child_process'
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs, promisify } from 'node:util'
import type { ClusteringFigures, RestartFigures } from './clustering-figures.ts'

const HELP = `Usage: npm run bench:clustering -- [options]

  --profiles N,N,…  attackers, each with one profile (10000,100000,1000000)
  --seed N          of the workload (1)
  --profile         says where the main thread's time goes; costs some of it
  --json            a line of JSON a number of profiles
`

/** So many that all code is compiled, so few that they do not count. */
const WARM_UP_PROFILES = 10_000

const { values } = parseArgs({
  options: {
    profiles: { type: 'string', default: '10000,100000,1000000' },
    seed: { type: 'string', default: '1' },
    profile: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})

interface Row extends ClusteringFigures {
  readonly stateMiB: number
  readonly logMiB: number
  readonly restart: RestartFigures
}

if (values.help) process.stdout.write(HELP)
else await measureAll(values.profiles.split(',').map(Number))

async function measureAll(counts: readonly number[]): Promise<void> {
  if (!counts.every((count) => Number.isSafeInteger(count) && count > 0)) {
    process.stderr.write(HELP)
    process.exitCode = 2
    return
  }
  const rows: Row[] = []
  for (const count of counts) {
    const row = await measure(count)
    rows.push(row)
    report(row)
  }
  if (rows.length > 1 && !values.json) reportRatio(rows)
  const isWrong = rows.some(({ restart }) => restart.misplaced > 0 || restart.processedRecords > 0)
  if (isWrong) process.exitCode = 1
}

async function measure(profiles: number): Promise<Row> {
  const directory = await mkdtemp(path.join(tmpdir(), 'attribution-bench-'))
  const stateDir = path.join(directory, 'measured')
  const warmUpDir = path.join(directory, 'warm-up')
  try {
    await child('fill-profiles', stateDir, profiles, values.seed)
    await child('fill-profiles', warmUpDir, WARM_UP_PROFILES, values.seed)
    const mode = values.profile ? 'profile' : ''
    const figures = await child<ClusteringFigures>(
      'run-clustering',
      stateDir,
      profiles,
      warmUpDir,
      mode,
    )
    const stateMiB = await sizeMiB(path.join(stateDir, 'state'))
    const logMiB = await sizeMiB(path.join(stateDir, 'log'))
    const restart = await child<RestartFigures>('check-restart', stateDir, profiles, values.seed)
    return { ...figures, stateMiB, logMiB, restart }
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

/** @returns the last line that it printed, if any */
async function child<T>(script: string, ...args: (string | number)[]): Promise<T> {
  const file = fileURLToPath(new URL(`./${script}.js`, import.meta.url))
  const { stdout, stderr } = await promisify(execFile)(
    process.execPath,
    ['--max-semi-space-size=64', file, ...args.map(String)],
    { maxBuffer: 1 << 24 },
  )
  process.stderr.write(stderr)
  const line = stdout.trim().split('\n').at(-1)!
  return (line === '' ? null : JSON.parse(line)) as T
}

async function sizeMiB(directory: string): Promise<number> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile())
  const sizes = await Promise.all(
    files.map(async ({ name, parentPath }) => (await stat(path.join(parentPath, name))).size),
  )
  return sizes.reduce((sum, size) => sum + size, 0) / 1024 / 1024
}

function report(row: Row): void {
  if (values.json) {
    console.log(JSON.stringify(row))
    return
  }
  const { restart } = row
  const figures: readonly (readonly [name: string, text: string])[] = [
    ['profiles/s', whole(row.profilesPerSecond)],
    ['CPU a profile', `${whole(row.cpuMicrosPerProfile)} µs`],
    ['peak memory', `${whole(row.peakMiB)} MiB`],
    ['state, log on disk', `${whole(row.stateMiB)} MiB, ${whole(row.logMiB)} MiB`],
    [
      'runs again a profile',
      `identify ${few(row.identifyMisses)}, campaign ${few(row.campaignMisses)}`,
    ],
    [
      'disk reads a profile',
      `identify ${few(row.identifyDiskReads)}, campaign ${few(row.campaignDiskReads)}`,
    ],
    ['failures', `${row.deadLetters} dead letters, ${row.stepsFailed} steps`],
    ['identities', `${whole(restart.identities)}, the largest of ${whole(restart.largest)}`],
    [
      'restart',
      `${whole(restart.readyMs)} ms, ${restart.restoredOffsets} offsets restored, ${restart.processedRecords} processed`,
    ],
    [
      'against scratch',
      `${restart.misplaced} misplaced, common HASSH reported ${restart.genericReports} times`,
    ],
    ...Object.entries(row.shares).map(
      ([stage, share]) => [`  ${stage}`, `${Math.round(share * 100)} %`] as const,
    ),
  ]
  console.log(`${whole(row.profiles)} profiles`)
  for (const [name, text] of figures) console.log(`  ${name.padEnd(22)} ${text}`)
}

function reportRatio(rows: readonly Row[]): void {
  const sorted = rows.toSorted((a, b) => a.profiles - b.profiles)
  const [least, greatest] = [sorted[0]!, sorted.at(-1)!]
  const ratio = greatest.cpuMicrosPerProfile / least.cpuMicrosPerProfile
  console.log(
    `CPU a profile, ${whole(greatest.profiles)} against ${whole(least.profiles)}: ${ratio.toFixed(2)}`,
  )
}

function whole(value: number): string {
  return Math.round(value).toLocaleString('en')
}

function few(value: number): string {
  return value.toFixed(2)
}
