import { FatalBrokerError } from '../../errors.ts'
import { errorCodes } from '../error-codes.ts'
import type { Api } from './api.ts'
import { WireReader } from './wire-reader.ts'

export interface VersionRange {
  readonly min: number
  readonly max: number
}

export interface ApiVersions {
  /** By api key. */
  readonly ranges: ReadonlyMap<number, VersionRange>
  /** The level that the cluster has agreed on, by feature: `transaction.version`. */
  readonly features: ReadonlyMap<string, number>
}

const FINALIZED_FEATURES_TAG = 2

/** What a broker speaks. Source: KIP-35, KIP-511, KIP-584 (features). */
export const apiVersions: Api<null, ApiVersions> = {
  key: 18,
  version: 3,
  name: 'ApiVersions',
  isFlexible: true,

  encode(_request, writer) {
    writer.compactString('attribution-streams').compactString('0.1.0').tags()
  },

  decode(reader) {
    const code = reader.int16()
    // Answered in version 0 by brokers before 2.4, whatever was asked.
    if (code !== errorCodes.NONE) {
      throw new FatalBrokerError(
        'the broker is older than Kafka 2.8, the oldest that this program works with',
      )
    }
    const ranges = new Map<number, VersionRange>()
    reader.compactArray(() => {
      const key = reader.int16()
      ranges.set(key, { min: reader.int16(), max: reader.int16() })
      reader.tags()
    })
    reader.int32()
    const features = new Map<string, number>()
    reader.taggedFields((tag, field) => {
      if (tag === FINALIZED_FEATURES_TAG) readFeatures(new WireReader(field), features)
    })
    return { ranges, features }
  },
}

function readFeatures(reader: WireReader, features: Map<string, number>): void {
  reader.compactArray(() => {
    const name = reader.compactString() ?? ''
    features.set(name, reader.int16())
    reader.int16()
    reader.tags()
  })
}
