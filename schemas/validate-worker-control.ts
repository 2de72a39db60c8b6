import { checkId, checkTs } from './validate-observation.ts'
import type { WorkerControl } from './worker-records.ts'

/** @throws {DeserializationError} names the first field that does not hold */
export function validateWorkerControl(control: WorkerControl): void {
  checkId(control.requested_by, 'requested_by')
  checkTs(control.ts, 'ts')
}
