import fc from 'fast-check'

/** Random scripts for a task's state and its model. */
export type StoreName = 'plain' | 'grouped'

export type Effect =
  | { do: 'get'; store: StoreName; key: string }
  | { do: 'put'; store: StoreName; key: string; value: string }
  | { do: 'delete'; store: StoreName; key: string }
  | { do: 'group'; group: string }

export type Command =
  | { run: 'record'; effects: Effect[]; throws: boolean }
  | { run: 'touch'; effects: Effect[] }
  | { run: 'endBatch' }
  | { run: 'beginCommit' }
  | { run: 'verdict'; succeeded: boolean }
  | { run: 'checkpoint'; wait: boolean; fails: boolean }
  | { run: 'query'; store: StoreName; key: string }
  | { run: 'scan'; store: StoreName; prefix: string; after: string | null; limit: number }
  | { run: 'crash'; powerLoss: number | null }
  | { run: 'reopen' }
  | { run: 'wipe'; store: StoreName | null }

const key = fc.constantFrom('a/', 'a/1', 'a/2', 'b/\u00ff', 'ab/1')
const store = fc.constantFrom<StoreName>('plain', 'grouped')
const put = fc.record({
  do: fc.constant('put' as const),
  store,
  key,
  value: fc.string({ maxLength: 4 }),
})
const removal = fc.record({ do: fc.constant('delete' as const), store, key })
const effect: fc.Arbitrary<Effect> = fc.oneof(
  fc.record({ do: fc.constant('get' as const), store, key }),
  put,
  removal,
  fc.record({ do: fc.constant('group' as const), group: fc.constantFrom('a', 'b', 'c') }),
)
const effects = fc.array(effect, { minLength: 1, maxLength: 4 })
const powerLoss = fc.option(fc.nat(3), { freq: 2 })
const seldom = fc.constantFrom(false, false, false, true)

const command: fc.Arbitrary<Command> = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.record({ run: fc.constant('record' as const), effects, throws: seldom }),
  },
  { weight: 1, arbitrary: fc.record({ run: fc.constant('touch' as const), effects }) },
  { weight: 3, arbitrary: fc.record({ run: fc.constant('endBatch' as const) }) },
  { weight: 5, arbitrary: fc.record({ run: fc.constant('beginCommit' as const) }) },
  {
    weight: 5,
    arbitrary: fc.record({
      run: fc.constant('verdict' as const),
      succeeded: seldom.map((fails) => !fails),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      run: fc.constant('checkpoint' as const),
      wait: fc.boolean(),
      fails: seldom,
    }),
  },
  { weight: 2, arbitrary: fc.record({ run: fc.constant('query' as const), store, key }) },
  {
    weight: 3,
    arbitrary: fc.record({
      run: fc.constant('scan' as const),
      store,
      prefix: fc.constantFrom('', 'a/', 'b'),
      after: fc.option(key),
      limit: fc.integer({ min: 1, max: 6 }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ run: fc.constant('crash' as const), powerLoss }) },
  { weight: 2, arbitrary: fc.record({ run: fc.constant('reopen' as const) }) },
  {
    weight: 1,
    arbitrary: fc.record({ run: fc.constant('wipe' as const), store: fc.option(store) }),
  },
)

/** Writes that come to the disk: left to chance, a row is seldom written, deleted and read there. */
const written: fc.Arbitrary<Command[]> = fc
  .tuple(fc.array(fc.oneof(put, removal), { minLength: 1, maxLength: 4 }), fc.boolean())
  .map(([writes, wait]) => [
    { run: 'record', effects: writes, throws: false },
    { run: 'endBatch' },
    { run: 'beginCommit' },
    { run: 'verdict', succeeded: true },
    { run: 'checkpoint', wait, fails: false },
  ])

export const commands: fc.Arbitrary<Command[]> = fc
  .array(
    fc.oneof(
      { weight: 8, arbitrary: command.map((each) => [each]) },
      { weight: 3, arbitrary: written },
    ),
    // Without it, scripts are hardly ever longer than the least.
    { minLength: 20, maxLength: 80, size: 'max' },
  )
  .map((parts) => parts.flat())
