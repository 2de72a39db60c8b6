import { expect, test } from 'vitest'
import { TopologyError } from '../../../topology/errors.ts'
import { clustererNamed, DEFAULT_CLUSTERER } from '../../../topology/identity/clusterers.ts'

test('a clusterer is chosen by its name', () => {
  expect(clustererNamed(DEFAULT_CLUSTERER).pass.name).toBe('connected-components')
})

test.each(['', 'kmeans', 'toString'])(
  'a name that no clusterer has, %o, is told with those there are',
  (name) => {
    const choose = () => clustererNamed(name)
    expect(choose).toThrow(TopologyError)
    expect(choose).toThrow(/is not known.*connected-components/)
  },
)
