import { AbortableError, RetriableError, UnknownOutcomeError } from '../../broker/errors.ts'
import type { Broker, Transaction } from '../../broker/port.ts'

/** What a network does to a transaction without anybody crashing. */
export type TransactionFault =
  | 'send-refused'
  | 'send-reply-lost'
  | 'offsets-refused'
  | 'commit-request-lost'
  | 'commit-reply-lost'
  | 'verdict-refused'

/** Where it may fail; `verdict` is the fencing after a commit of unknown outcome. */
export type FaultyStep = 'send' | 'offsets' | 'commit' | 'verdict'

export const FAULTS_OF_STEP: Readonly<Record<FaultyStep, readonly TransactionFault[]>> = {
  send: ['send-refused', 'send-reply-lost'],
  offsets: ['offsets-refused'],
  commit: ['commit-request-lost', 'commit-reply-lost'],
  verdict: ['verdict-refused'],
}

/**
 * A broker whose transactions fail now and then as a remote one's would.
 * @param faultFor asked before each step; the fault, if it is one of that step
 */
export function faultyBroker(
  broker: Broker,
  faultFor: (step: FaultyStep) => TransactionFault | null,
): Broker {
  const proxy: Broker = Object.create(broker) as Broker
  proxy.transaction = (id, options) => faulty(broker.transaction(id, options), faultFor)
  for (const name of [
    'describeTopics',
    'createTopics',
    'deleteTopics',
    'deleteRecords',
    'listOffsets',
    'producer',
    'fetcher',
    'group',
    'groupAdmin',
    'close',
  ] as const) {
    proxy[name] = broker[name].bind(broker) as never
  }
  return proxy
}

function faulty(
  inner: Transaction,
  faultFor: (step: FaultyStep) => TransactionFault | null,
): Transaction {
  let isUndecided = false
  return {
    async init() {
      if (isUndecided && faultFor('verdict') === 'verdict-refused') {
        throw new RetriableError('injected: coordinator away')
      }
      await inner.init()
      isUndecided = false
    },
    async send(records) {
      const fault = faultFor('send')
      if (fault === 'send-refused') throw new RetriableError('injected: not the leader')
      const acks = await inner.send(records)
      if (fault === 'send-reply-lost') throw new AbortableError('injected: request timed out')
      return acks
    },
    async sendOffsets(offsets, group) {
      if (faultFor('offsets') === 'offsets-refused') {
        throw new RetriableError('injected: coordinator loading')
      }
      await inner.sendOffsets(offsets, group)
    },
    async commit() {
      const fault = faultFor('commit')
      isUndecided = fault !== null
      if (fault === 'commit-request-lost') throw new UnknownOutcomeError('injected: no answer')
      await inner.commit()
      if (fault === 'commit-reply-lost') throw new UnknownOutcomeError('injected: no answer')
    },
    abort: () => inner.abort(),
    close: () => inner.close(),
  }
}
