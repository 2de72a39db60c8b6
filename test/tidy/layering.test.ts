import { expect, test } from 'vitest'
import { cycles, importsOf, type Import } from './import-graph.ts'
import { codeFiles, roomOf, rooms, sourceFiles, type Room } from './source-tree.ts'

const imports = sourceFiles.flatMap((file) => importsOf(file))

/** What a room may import although the order alone says otherwise. */
function isException(from: Room, to: Room, { from: file, target, typeOnly }: Import): boolean {
  // The embedded log writes to whatever disk it is given; it knows only the contract.
  if (from === 'broker' && to === 'state') {
    return file.startsWith('broker/embedded/') && target === 'state/task-database.ts' && typeOnly
  }
  return false
}

/** The files of state that the API may know: ports, shapes and errors, no state itself. */
const apiReads = [
  'state/query-port.ts',
  'state/peer-port.ts',
  'state/labelled-position.ts',
  'state/attribution-rows.ts',
  'state/identity-rows.ts',
  'state/campaign-rows.ts',
  'state/worker-rows.ts',
  'state/dead-letter-port.ts',
  'state/explain-port.ts',
  'state/errors.ts',
]

/** What a room may not import although the order allows it. */
function isForbidden(from: Room, to: Room, { target, typeOnly }: Import): boolean {
  if ((from === 'schemas' || from === 'topology') && to === 'broker') {
    return !(typeOnly && target.startsWith('broker/record-batch/'))
  }
  if (from === 'api') {
    if (to === 'schemas' || to === 'bytes') return false
    return !apiReads.includes(target)
  }
  return false
}

function breaksOrder(item: Import): boolean {
  const from = roomOf(item.from)
  const to = roomOf(item.target)
  if (!item.relative || from === null || from === to) return false
  if (from === 'cli' && item.target === 'package.json') return false
  if (to === null) return true
  if (isException(from, to, item)) return false
  return rooms.indexOf(to) > rooms.indexOf(from) || isForbidden(from, to, item)
}

const named = ({ from, target }: Import): string => `${from} imports ${target}`

/** The only files or folders that may import a module. */
const owners: [module: RegExp, owner: string][] = [
  [/^rocksdb-native/, 'state/rocksdb-database.ts'],
  [/^kafkajs/, 'broker/kafka/'],
  [/^@kafkajs\//, 'schemas/confluent/registry-client.ts'],
  [/^commander$/, 'cli/'],
  [/^picocolors$/, 'cli/'],
  [/^fastify$|^@fastify\//, 'api/'],
]

test('imports point one way: bytes, broker, schemas, topology, state, runtime, ingest, api, cli', () => {
  expect(imports.filter(breaksOrder).map(named)).toEqual([])
})

test('no file takes part in an import cycle', () => {
  expect(cycles(codeFiles.flatMap((file) => importsOf(file)))).toEqual([])
})

test.each(owners)('%s is imported only by %s', (module, owner) => {
  const others = imports.filter((item) => module.test(item.target) && !item.from.startsWith(owner))
  expect(others.map(named)).toEqual([])
})
