import { RecordBatch } from '../../broker/record-batch/record-batch.ts'
import type { RawRecord } from '../../broker/record-batch/record.ts'

/** A batch that ends before an offset: a range may end in the middle of one. */
export class ClippedBatch extends RecordBatch {
  readonly #whole: RecordBatch
  readonly #end: number

  constructor(whole: RecordBatch, end: number) {
    super(whole.buffer)
    this.#whole = whole
    this.#end = end
  }

  override forEach(each: (record: RawRecord) => void): void {
    this.#whole.forEach((record) => {
      if (record.offset < this.#end) each(record)
    })
  }
}
