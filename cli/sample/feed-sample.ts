import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import path from 'node:path'
import type { LineEncoder, LineEncoders } from '../../api/ingest/line-encoder.ts'
import type { IngestPort, IngestRecord } from '../../state/query-port.ts'
import { CommandFailure } from '../failure.ts'
import { generateSample, type Sample } from './generate-sample.ts'

const APPEND_RECORDS = 1000

/** What a state directory knows of its sample. */
interface Marker {
  /** Epoch seconds: the sample's end, of which all of it follows. */
  readonly endTs: number
  readonly fed: boolean
}

export interface FedSample {
  /** False: an earlier start had fed it. */
  readonly fedNow: boolean
  readonly sample: Sample
}

/**
 * Feeds the sample once per state directory.
 *
 * F1. The end of the sample is written down before the first record, and that it was fed after the
 *     last. A start that was killed in between feeds the very same records again, which changes
 *     nothing where they had arrived.
 * F2. What attackers do comes before what is known of their tools, so that each is an identity of
 *     its own first, and those of one hand are seen to merge.
 *
 * @param settled resolves when what was fed has been announced
 */
export async function feedSample(
  stateDir: string,
  nowTs: number,
  encoders: LineEncoders,
  ingest: IngestPort,
  settled: () => Promise<unknown>,
): Promise<FedSample> {
  const file = path.join(stateDir, 'sample.json')
  const marker = (await readMarker(file)) ?? { endTs: Math.floor(nowTs), fed: false }
  const sample = generateSample(marker.endTs)
  if (!marker.fed) {
    await writeMarker(file, marker)
    await append(sample.observations, encoders.observation, ingest, marker.endTs)
    await settled()
    await append(sample.attackers, encoders.attacker, ingest, marker.endTs)
    await append(sample.techniqueTags, encoders.techniqueTag, ingest, marker.endTs)
    await writeMarker(file, { ...marker, fed: true })
  }
  return { fedNow: !marker.fed, sample }
}

async function append(
  records: readonly object[],
  encoder: LineEncoder,
  ingest: IngestPort,
  endTs: number,
): Promise<void> {
  for (let start = 0; start < records.length; start += APPEND_RECORDS) {
    const batch: IngestRecord[] = records.slice(start, start + APPEND_RECORDS).map((record) => ({
      ...encoder.encode(Buffer.from(JSON.stringify(record))),
      timestampMs: endTs * 1000,
    }))
    await ingest.append(encoder.topic, batch)
  }
}

async function readMarker(file: string): Promise<Marker | null> {
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
  try {
    const { endTs, fed } = JSON.parse(text) as Partial<Marker>
    if (typeof endTs === 'number' && typeof fed === 'boolean') return { endTs, fed }
  } catch {
    // Told below, like any other content that is not ours.
  }
  throw new CommandFailure(`${file} is damaged: remove ${path.dirname(file)} to start anew`)
}

/** By rename: a crash leaves the old marker or the new one. */
async function writeMarker(file: string, marker: Marker): Promise<void> {
  await mkdir(path.dirname(file), { recursive: true })
  const draft = `${file}.new`
  await writeFile(draft, `${JSON.stringify(marker)}\n`)
  await rename(draft, file)
}
