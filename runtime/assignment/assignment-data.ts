import { packJson, textsOf, unpackJson } from './packed-json.ts'

/**
 * What a member is given in a generation, and where everything else is.
 *
 * Size: with 1,000 tasks, one standby each and 50 members under 10 KiB a member (a test holds
 * it), so a group's record at the broker stays below half of its 1 MiB.
 */
export interface AssignmentData {
  /** Tasks to run. What it runs and does not find here it gives back, then it joins again. */
  readonly active: readonly string[]
  /** Tasks whose state to keep warm. */
  readonly standby: readonly string[]
  /** Every member that has a task, itself included. */
  readonly hosts: readonly AssignedHost[]
  /**
   * TOPOLOGY_DIFFERS: the leader runs another topology, so none of its tasks may run here; the
   * instance must stop with a message that says so.
   */
  readonly error: 'TOPOLOGY_DIFFERS' | null
}

/** A member and the tasks that queries find there. */
export interface AssignedHost {
  readonly memberId: string
  readonly endpoint: string | null
  /** A task on its way to another member stays with its old owner until the next generation. */
  readonly active: readonly string[]
  readonly standby: readonly string[]
}

export function encodeAssignment(data: AssignmentData): Buffer {
  return packJson({
    active: data.active,
    standby: data.standby,
    hosts: data.hosts.map((host) => [host.memberId, host.endpoint, host.active, host.standby]),
    error: data.error ?? undefined,
  })
}

/** Bytes of a later version, or of another program, give nothing. */
export function decodeAssignment(bytes: Buffer): AssignmentData {
  const found = unpackJson<keyof AssignmentData>(bytes)
  return {
    active: textsOf(found.active),
    standby: textsOf(found.standby),
    hosts: Array.isArray(found.hosts) ? found.hosts.flatMap(hostOf) : [],
    error: found.error === 'TOPOLOGY_DIFFERS' ? found.error : null,
  }
}

function hostOf(value: unknown): AssignedHost[] {
  if (!Array.isArray(value)) return []
  const [memberId, endpoint, active, standby] = value as unknown[]
  if (typeof memberId !== 'string') return []
  return [
    {
      memberId,
      endpoint: typeof endpoint === 'string' ? endpoint : null,
      active: textsOf(active),
      standby: textsOf(standby),
    },
  ]
}
