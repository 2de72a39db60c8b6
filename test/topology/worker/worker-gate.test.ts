import { expect, test } from 'vitest'
import type { WorkerAction } from '../../../schemas/worker-records.ts'
import { WorkerGate } from '../../../topology/worker/worker-gate.ts'
import { workerStore } from '../../../topology/worker/worker-row.ts'
import { MemoryStore } from '../../support/memory-store.ts'

const MINUTE_MS = 60_000
const unchanged = { members: 0, groups: 0, failures: 0 }

function newGate() {
  const rows = new MemoryStore(workerStore('identify'))
  const gate = new WorkerGate('identify', rows)
  const tell = (action: WorkerAction) => gate.obey({ action, requested_by: 'local', ts: 1 })
  // Another gate over the same row is what a restart leaves.
  return { gate, tell, restarted: () => new WorkerGate('identify', rows) }
}

test('running, a pass is due once something was taken in, and not again after it', () => {
  const { gate } = newGate()
  expect(gate.isPassDue()).toBe(false)
  gate.took()
  gate.took()
  expect(gate.isPassDue()).toBe(true)
  gate.passed(5, unchanged)
  expect(gate.isPassDue()).toBe(false)
})

test('paused, nothing is due whatever is taken in; resumed, one pass is', () => {
  const { gate, restarted, tell } = newGate()
  tell('pause')
  for (let i = 0; i < 3; i++) gate.took()
  expect(gate.isPassDue()).toBe(false)
  expect(restarted().isPassDue()).toBe(false)
  tell('resume')
  expect(gate.isPassDue()).toBe(true)
  gate.passed(7, unchanged)
  expect(gate.isPassDue()).toBe(false)
})

test('of very much passes follow until nothing is left, also of a run while paused', () => {
  const { gate, tell } = newGate()
  tell('pause')
  gate.took()
  tell('run')
  gate.passed(1, unchanged, 7)
  expect(gate.isPassDue()).toBe(true)
  gate.passed(2, unchanged, 0)
  expect(gate.isPassDue()).toBe(false)
  tell('resume')
  gate.passed(3, unchanged, 2)
  expect(gate.isPassDue()).toBe(true)
})

test('a run makes one pass due even with nothing pending', () => {
  const { gate, tell } = newGate()
  tell('run')
  expect(gate.isPassDue()).toBe(true)
  gate.passed(1, unchanged)
  expect(gate.isPassDue()).toBe(false)
})

test('a run while paused is one pass, and the worker stays paused', () => {
  const { gate, restarted, tell } = newGate()
  tell('pause')
  gate.took()
  tell('run')
  expect(restarted().isPassDue()).toBe(true)
  restarted().passed(1, unchanged)
  gate.took()
  expect(gate.isPassDue()).toBe(false)
  expect(gate.heartbeat(2)).toMatchObject({ status: 'paused', passes: 1, pending: 1 })
})

test('a pause does not take back a run that was asked for before', () => {
  const { gate, tell } = newGate()
  tell('run')
  tell('pause')
  expect(gate.isPassDue()).toBe(true)
})

test('a heartbeat is due at first, a minute after each, and when a clock was set back', () => {
  const { gate, restarted } = newGate()
  const nowMs = 1_700_000_000_000
  expect(gate.heartbeat(nowMs)).not.toBeNull()
  expect(gate.heartbeat(nowMs)).toBeNull()
  expect(restarted().heartbeat(nowMs + MINUTE_MS - 1)).toBeNull()
  expect(gate.heartbeat(nowMs + MINUTE_MS)).not.toBeNull()
  expect(gate.heartbeat(nowMs + MINUTE_MS - 5_000)).not.toBeNull()
  expect(gate.heartbeat(nowMs + MINUTE_MS - 4_000)).toBeNull()
})

test('a change of status is told at once; a command that changes nothing is not', () => {
  const { gate, tell } = newGate()
  gate.heartbeat(1_000)
  tell('resume')
  expect(gate.heartbeat(1_001)).toBeNull()
  tell('pause')
  expect(gate.heartbeat(1_002)).toMatchObject({ status: 'paused', ts: 1.002 })
  tell('pause')
  tell('run')
  expect(gate.heartbeat(1_003)).toBeNull()
  tell('resume')
  expect(gate.heartbeat(1_004)).toMatchObject({ status: 'running' })
})

test('a heartbeat tells what the passes came to', () => {
  const { gate } = newGate()
  expect(gate.heartbeat(500)).toEqual({
    worker: 'identify',
    status: 'running',
    ts: 0.5,
    last_pass_ts: null,
    passes: 0,
    pending: 0,
    members: 0,
    groups: 0,
    failures: 0,
  })
  gate.took()
  gate.passed(10_000, { members: 5, groups: 4, failures: 1 })
  gate.passed(20_000, { members: 1, groups: -2, failures: 1 })
  gate.took()
  expect(gate.heartbeat(MINUTE_MS + 500)).toMatchObject({
    last_pass_ts: 20,
    passes: 2,
    pending: 1,
    members: 6,
    groups: 2,
    failures: 2,
  })
})
