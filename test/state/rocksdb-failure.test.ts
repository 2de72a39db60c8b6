import { describe, expect, it } from 'vitest'
import { databaseFailure } from '../../state/rocksdb-failure.ts'

/** Texts as RocksDB 10.5.1 reports them. */
const cases: [action: 'open' | 'read' | 'write', text: string, code: string][] = [
  ['open', 'While lock file: /d/LOCK: Resource temporarily unavailable', 'STATE_LOCKED'],
  [
    'open',
    'lock hold by current process, acquire time 1 acquiring thread 2: /d/LOCK: No locks available',
    'STATE_LOCKED',
  ],
  ['open', 'checksum mismatch  The file /d/MANIFEST-000005 may be corrupted.', 'STATE_CORRUPTED'],
  ['open', 'CURRENT file corrupted', 'STATE_CORRUPTED'],
  [
    'open',
    'While opening a file for sequentially reading: /d/MANIFEST-000005: No such file or directory',
    'STATE_CORRUPTED',
  ],
  ['open', 'While open a file for appending: /d/000012.log: Permission denied', 'STATE_WRITE'],
  ['open', "`/d' exists but is not a directory", 'STATE_WRITE'],
  ['read', 'block checksum mismatch: stored(context removed) = 1, computed = 2', 'STATE_CORRUPTED'],
  ['read', 'While open a file for random read: /d/000009.sst: Too many open files', 'STATE_READ'],
  ['write', 'While appending to file: /d/000015.sst: No space left on device', 'STATE_WRITE'],
  ['write', 'While fsync: /d/000015.log: Input/output error', 'STATE_WRITE'],
]

describe('what RocksDB reports', () => {
  it.each(cases)('in %s: "%s" is %s', (action, text, code) => {
    const failure = databaseFailure(action, '/d', new Error(text))
    expect(failure.code).toBe(code)
    expect(failure.message).toContain('/d')
    expect(failure.cause).toBeInstanceOf(Error)
  })

  it('is found under the errors the binding wraps it in', () => {
    const inner = new Error('While appending to file: /d/1.log: No space left on device')
    const failed = new Error('Batch was not applied', { cause: inner })
    expect(databaseFailure('write', '/d', failed).code).toBe('STATE_WRITE')
    const several = new AggregateError([null, inner], 'Batch was not applied')
    expect(databaseFailure('read', '/d', several).code).toBe('STATE_READ')
    expect(databaseFailure('read', '/d', new AggregateError([], 'none')).message).toContain('none')
    expect(databaseFailure('read', '/d', 'text').message).toContain('text')
  })
})
