import * as zlib from 'node:zlib'
import { expect, it } from 'vitest'
import { systemClock } from '../../../broker/clock.ts'
import { FatalBrokerError } from '../../../broker/errors.ts'
import { clusterSettings } from '../../../broker/kafka/kafka-options.ts'

it('refuses at the start to compress with a codec that is not there', () => {
  const settings = (): unknown =>
    clusterSettings({
      bootstrapServers: ['localhost:9092'],
      clientId: 'test',
      security: { protocol: 'PLAINTEXT' },
      compression: 'zstd',
      clock: systemClock,
    })
  if ('zstdCompressSync' in zlib) expect(settings).not.toThrow()
  else {
    expect(settings).toThrow(FatalBrokerError)
    expect(settings).toThrow(/zstd: writing zstd needs Node 22.15 or later/)
  }
})
