import type { WireReader } from './wire-reader.ts'
import type { WireWriter } from './wire-writer.ts'

/**
 * One request of the Kafka protocol in the one version that is spoken: its bytes both ways.
 *
 * Header and its tag byte belong to the lane; `encode` and `decode` see the body alone.
 */
export interface Api<Request, Response> {
  readonly key: number
  readonly version: number
  /** As in the protocol guide: `Produce`. For messages. */
  readonly name: string
  /** KIP-482: compact forms, tagged fields, and a tag byte in both headers. */
  readonly isFlexible: boolean
  encode(request: Request, writer: WireWriter): void
  decode(reader: WireReader): Response
}
