import { expect } from 'vitest'
import type { Broker } from '../../broker/port.ts'
import type { StreamsInstance } from '../../runtime/streams-instance.ts'
import { readTopic } from './log-contents.ts'

/**
 * Compares what a run of the counting topology left in the log and in the stores with a plain
 * fold of its input.
 * @param sent texts that a sender was told are durable
 */
export async function judgeCounting(
  broker: Broker,
  instances: readonly StreamsInstance[],
  sent: readonly string[],
): Promise<void> {
  const inputs = (await readTopic(broker, 'in')).flat()
  expect(inputs.map(({ value }) => value!.toString())).toEqual(expect.arrayContaining([...sent]))

  const counts = new Map<string, number>()
  const numbered: string[] = []
  let poisoned = 0
  for (const { key, value } of inputs) {
    const text = value!.toString()
    if (text === 'poison') {
      poisoned++
      continue
    }
    const count = (counts.get(key!) ?? 0) + 1
    counts.set(key!, count)
    numbered.push(`${key}:${text}#${count}`)
  }
  expect((await readTopic(broker, 'sim-dlq')).flat()).toHaveLength(poisoned)

  const outputs = (await readTopic(broker, 'out')).flat()
  const content = outputs.map(({ value }) => value!.toString().replace(/^\d+ /, ''))
  expect(content.sort()).toEqual(numbered.sort())

  const perLetter = new Map<string, string[]>()
  for (const { key, value } of outputs) {
    perLetter.set(key!, [...(perLetter.get(key!) ?? []), value!.toString()])
  }
  for (const [letter, values] of perLetter) {
    expect(values.map((text) => Number.parseInt(text, 10))).toEqual(values.map((_, i) => i + 1))
    expect(await storedValues(instances, 'lengths', letter)).toEqual([values.length])
  }
  for (const [key, count] of counts) {
    expect(await storedValues(instances, 'counts', key)).toEqual([count])
  }
  for (const [store, keys] of [
    ['lengths', perLetter.keys()],
    ['counts', counts.keys()],
  ] as const) {
    for (const key of keys) await judgeStandbys(instances, store, key)
  }
}

/** Wherever a standby has the key, it has what the active task has (I2). */
async function judgeStandbys(
  instances: readonly StreamsInstance[],
  store: string,
  key: string,
): Promise<void> {
  const [active] = await storedValues(instances, store, key)
  for (const { standbys } of instances) {
    for (const { plan, stores } of standbys.values()) {
      if (!plan.subTopology.storeOwners.has(store)) continue
      const found = await stores!.view.get<number>(store, key)
      if (found !== undefined) expect(found).toBe(active)
    }
  }
}

/** The key's value wherever a running task has one: exactly one task may. */
async function storedValues(
  instances: readonly StreamsInstance[],
  store: string,
  key: string,
): Promise<number[]> {
  const tasks = instances
    .flatMap(({ runners }) => [...runners.values()].map(({ task }) => task))
    .filter(({ plan }) => plan.subTopology.storeOwners.has(store))
  const rows = await Promise.all(tasks.map((task) => task.stores!.view.get<number>(store, key)))
  return rows.filter((row) => row !== undefined)
}
