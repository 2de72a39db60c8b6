import { inject } from 'vitest'

/**
 * The bootstrap servers of the one broker that a test run shares; it starts at the first call.
 *
 * Names of topics, groups and transactions must be unique, and nobody stops it: a test that does
 * starts its own with `startKafka`.
 */
export async function sharedKafka(): Promise<string> {
  const response = await fetch(inject('kafkaDeskUrl'))
  const text = await response.text()
  if (!response.ok) throw new Error(`no broker to share: ${text}`)
  return text
}
