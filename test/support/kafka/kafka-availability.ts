import { describe, it } from 'vitest'
import { dockerAnswers } from './docker-engine.ts'
import { javaToolsMissing } from './java-tools.ts'

/** What a suite needs: any broker, or processes of its own that it can kill and configure. */
export type Need = 'any broker' | 'java'

/** Why tests that need brokers cannot run here; null: they can. */
export async function kafkaAvailability(need: Need = 'java'): Promise<string | null> {
  if (need === 'any broker' && process.env['KAFKA_BROKERS']) return null
  const missing = await javaToolsMissing()
  if (missing === null || (need === 'any broker' && (await dockerAnswers()))) return null
  return need === 'java'
    ? `these tests start brokers from Java archives: ${missing}`
    : `no broker: KAFKA_BROKERS is not set, no Docker engine answers, ${missing}`
}

/**
 * A suite on real brokers. Where there can be none it is skipped, and says so on the error output;
 * in continuous integration (`CI=true`) that is a failure.
 */
export async function describeKafka(
  title: string,
  body: () => void,
  need: Need = 'java',
): Promise<void> {
  const missing = await kafkaAvailability(need)
  if (missing === null) {
    describe(title, body)
    return
  }
  if (process.env['CI'] === 'true') {
    it(`${title}: finds what it needs to run`, () => {
      throw new Error(missing)
    })
    return
  }
  console.error(`SKIPPED ${title}: ${missing}`)
  describe.skipIf(true)(`${title} (${missing})`, body)
}
